//! What happens and what is expected, as it is written: steps, conditions, expectations, rules, scripts.

use mockdc_mocks::{AccountName, Counter, HostName, Name, Right, ServiceName, Span, Verb};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ConstantOr, Hosts, Located, RawCredentials, Scalar, Short, Word};
use crate::schema::{Breakable, OneOrMany, ProfileName, ProfileValues, Tolerated};
use crate::{Draw, InstallMethod, Measure, Pattern};

/// `[[step]]`. The operations of `do` are read from the tree, table by table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawStep {
    /// Its name, for `{ step = { id } }`; `step-N` otherwise, N counting from 1 in the file.
    pub(crate) id: Option<Word>,
    /// When: so long after the start.
    pub(crate) at: Option<Located<Span>>,
    /// When: again and again, so often.
    pub(crate) every: Option<Located<Span>>,
    /// With `every`: the first time; drawn from one period when absent.
    pub(crate) first: Option<Located<Span>>,
    /// With `every`: the last possible time.
    pub(crate) end: Option<Located<Span>>,
    /// With `every`: how often at most.
    pub(crate) count: Option<u32>,
    /// When: as soon as a condition comes true, an event happens, or a log line appears.
    pub(crate) when: Option<RawCondition>,
    /// With `when`: each time, and not only once.
    #[schemars(extend("default" = false))]
    pub(crate) each: Option<bool>,
    /// With `when`: so long after.
    #[schemars(extend("default" = "0s"))]
    pub(crate) after: Option<Span>,
    /// With `install`: each client so much later than the one before.
    #[schemars(extend("default" = "0s"))]
    pub(crate) stagger: Option<Located<Span>>,
    /// Installs clients.
    pub(crate) install: Option<RawInstall>,
    /// Upgrades installed clients to another product.
    pub(crate) upgrade: Option<RawUpgrade>,
    /// Runs the clients' maintenance cycle now.
    pub(crate) cycle: Option<Hosts>,
    /// Synchronises BDCs now, as Server Manager does; `"domain"` for all of them.
    pub(crate) synchronize: Option<Located<Short<RawSynchronize>>>,
    /// Stops a service and starts it again.
    pub(crate) restart_service: Option<RawRestartService>,
    /// Restarts machines.
    pub(crate) restart: Option<Short<RawRestart>>,
    /// Refreshes the policy of machines now.
    pub(crate) refresh_policy: Option<Short<RawRefreshPolicy>>,
    /// Edits a group policy object.
    pub(crate) edit_policy: Option<RawEditPolicy>,
    /// Performs operations of the port, one or a list of them.
    #[serde(rename = "do")]
    #[schemars(with = "Option<OneOrMany<Verb>>")]
    pub(crate) _operations: Option<serde::de::IgnoredAny>,
    /// With `do`: the hosts; the PDC when absent.
    pub(crate) at_host: Option<Hosts>,
    /// With `do`: under whom; the domain's Administrator when absent.
    #[serde(rename = "as")]
    pub(crate) user: Option<RawCredentials>,
    /// With `do`: the code that must come.
    #[schemars(extend("default" = 0))]
    pub(crate) require: Option<u32>,
    /// Starts a script.
    pub(crate) run: Option<Word>,
}

/// The trigger's part of a step or script.
pub(crate) struct RawTrigger {
    pub(crate) at: Option<Located<Span>>,
    pub(crate) every: Option<Located<Span>>,
    pub(crate) first: Option<Located<Span>>,
    pub(crate) end: Option<Located<Span>>,
    pub(crate) count: Option<u32>,
    pub(crate) when: Option<RawCondition>,
    pub(crate) each: Option<bool>,
    pub(crate) after: Option<Span>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstall {
    /// The clients.
    pub(crate) client: Hosts,
    /// The site server; may be left out where there is one.
    pub(crate) by: Option<Word>,
    /// How.
    #[serde(default)]
    pub(crate) method: InstallMethod,
    /// Under whom a manual or logon install runs; the domain's Administrator when absent.
    pub(crate) user: Option<RawCredentials>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUpgrade {
    /// The clients.
    pub(crate) client: Hosts,
    /// The profile that they have afterwards.
    #[schemars(with = "ProfileName")]
    pub(crate) profile: Word,
    /// Values of that profile, overridden.
    #[serde(default)]
    #[schemars(with = "ProfileValues")]
    pub(crate) overrides: toml::Table,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSynchronize {
    /// The BDCs, or `domain`.
    pub(crate) at: Hosts,
    /// A full synchronisation instead of a partial one.
    #[serde(default)]
    pub(crate) full: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRestartService {
    /// The machines.
    pub(crate) host: Hosts,
    /// The service.
    pub(crate) service: ServiceName,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRestart {
    /// The machines.
    pub(crate) host: Hosts,
    /// How long they are away beside booting.
    #[schemars(extend("default" = "0s"))]
    pub(crate) down: Option<Span>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRefreshPolicy {
    /// The machines.
    pub(crate) host: Hosts,
    /// Apply even what has not changed.
    #[serde(default)]
    pub(crate) force: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawEditPolicy {
    /// The object.
    pub(crate) policy: Word,
    /// At which controller; the PDC when absent.
    pub(crate) at: Option<Word>,
    /// Defines a right: its holders and no others.
    pub(crate) define_right: Option<RawDefineRight>,
    /// Adds a holder to a right that the object defines.
    pub(crate) add_to_right: Option<RawAddToRight>,
    /// Takes a right out of the object.
    pub(crate) undefine_right: Option<RawUndefineRight>,
    /// Writes a whole `GptTmpl.inf`.
    pub(crate) write: Option<Word>,
    /// Links the object to a container.
    pub(crate) link: Option<RawPolicyLink>,
    /// Takes a link away.
    pub(crate) unlink: Option<RawPolicyUnlink>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDefineRight {
    /// The right.
    pub(crate) right: Right,
    /// Names, or `*S-1-…`; empty: nobody.
    pub(crate) holders: Vec<Name>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAddToRight {
    /// The right.
    pub(crate) right: Right,
    /// A name, or `*S-1-…`.
    pub(crate) holder: Name,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUndefineRight {
    /// The right.
    pub(crate) right: Right,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicyLink {
    /// `domain`, `site:NAME` or the name of a unit.
    pub(crate) container: Word,
    /// Whether the link is enabled.
    #[schemars(extend("default" = true))]
    pub(crate) enabled: Option<bool>,
    /// Whether it is enforced (*No Override*).
    #[serde(default)]
    pub(crate) enforced: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicyUnlink {
    /// `domain`, `site:NAME` or the name of a unit.
    pub(crate) container: Word,
}

/// A condition, and what else a `when` can wait for.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawCondition {
    /// All of these hold.
    All(Vec<RawCondition>),
    /// One of these holds, or several.
    Any(Vec<RawCondition>),
    /// This does not hold.
    Not(Box<RawCondition>),
    /// The host's database shows the account.
    Visible(AccountAt),
    /// The host's database does not show the account.
    Gone(AccountAt),
    /// An attribute of an account compares so.
    Attribute(RawAttribute),
    /// The account is a member of the group.
    Member(RawMember),
    /// The right is effective for the account.
    Right(RawRightAt),
    /// The service is in a state; without `is`: it is installed.
    Service(RawServiceAt),
    /// A component of the client reports a status.
    Component(RawComponentAt),
    /// A registry value compares so; without `is`: it is there.
    Registry(RawRegistryAt),
    /// A file compares so; without `is`: it is there.
    File(RawFileAt),
    /// The share is there.
    Share(RawShareAt),
    /// Packets get from one host to the other.
    Reaches(RawReaches),
    /// The host is up.
    Up(RawUp),
    /// The machine belongs to the domain.
    Joined(RawUp),
    /// The machine's secure channel stands; with `is`: with this controller.
    SecureChannel(RawSecureChannel),
    /// A counter of the host compares so.
    Counter(RawCounter),
    /// The code of a script's step compares so.
    Result(RawResult),
    /// What a script keeps compares so; without `is`: it keeps something.
    Kept(RawKept),
    /// An event happened.
    Happened(RawHappened),
    /// The last such event is so old.
    Age(RawAge),
    /// The clock has reached this time since the start.
    Clock(Span),
    /// An event happens; only directly under `when`.
    Event(Pattern),
    /// A log line appears; only directly under `when`.
    Log(RawLogLine),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLogLine {
    /// The host.
    pub(crate) host: HostName,
    /// The log file.
    pub(crate) file: Name,
    /// The line; a part of it with `*` at an end.
    pub(crate) line: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AccountAt {
    /// The account.
    pub(crate) account: AccountName,
    /// The host whose database is looked at.
    pub(crate) at: HostName,
}

/// A comparison: a constant, or one of the comparing words.
pub(crate) type RawIs = ConstantOr<RawComparison>;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawComparison {
    /// It is there, or it is not.
    Present(bool),
    /// It is equal.
    Equal(Scalar),
    /// It is there and not equal.
    Unequal(Scalar),
    /// It is so much or more; sizes and durations may be texts with units.
    AtLeast(Scalar),
    /// It is so much or less; sizes and durations may be texts with units.
    AtMost(Scalar),
    /// Its text contains this.
    Contains(String),
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAttribute {
    /// The account.
    pub(crate) account: AccountName,
    /// The host whose database is looked at.
    pub(crate) at: HostName,
    /// Its comment.
    pub(crate) comment: Option<RawIs>,
    /// How often its password was set.
    pub(crate) password_version: Option<RawIs>,
    /// When its password was set, since the start.
    pub(crate) password_set: Option<RawIs>,
    /// Its primary group.
    pub(crate) primary_group: Option<RawIs>,
    /// Whether it is disabled.
    pub(crate) disabled: Option<RawIs>,
    /// Whether it is locked out.
    pub(crate) locked_out: Option<RawIs>,
    /// Bad passwords in a row.
    pub(crate) bad_passwords: Option<RawIs>,
    /// Whether its password must be changed at the next logon.
    pub(crate) must_change_password: Option<RawIs>,
    /// When it expires, since the start.
    pub(crate) expires: Option<RawIs>,
}

fn yes() -> bool {
    true
}

macro_rules! states {
    ($($id:ident {
        $(#[doc = $doc:literal] $field:ident: $type:ty,)*
    } $(#[doc = $is_doc:literal] is: $is:ty = $default:literal)?;)*) => {$(
        #[derive(Clone, Debug, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub(crate) struct $id {
            $(#[doc = $doc] pub(crate) $field: $type,)*
            $(#[doc = $is_doc] #[serde(default = $default)] pub(crate) is: $is,)?
        }
    )*};
}

states! {
    RawMember {
        /// The group.
        group: AccountName,
        /// The account.
        member: AccountName,
        /// The host whose database is looked at.
        at: HostName,
    }
    /// `false`: it is not.
    is: bool = "yes";
    RawRightAt {
        /// The account.
        account: AccountName,
        /// The right.
        right: Right,
        /// The host.
        at: HostName,
    }
    /// `false`: it is not.
    is: bool = "yes";
    RawShareAt {
        /// The host.
        host: HostName,
        /// The share.
        share: Name,
    }
    /// `false`: it is not.
    is: bool = "yes";
    RawReaches {
        /// The one host.
        from: HostName,
        /// The other.
        to: HostName,
    }
    /// `false`: it does not.
    is: bool = "yes";
    RawUp {
        /// The host.
        host: HostName,
    }
    /// `false`: it is down.
    is: bool = "yes";
    RawSecureChannel {
        /// The machine.
        host: HostName,
        /// The controller that it stands with; `{ present = false }`: none.
        is: Option<RawIs>,
    };
    RawServiceAt {
        /// The host.
        host: HostName,
        /// The service.
        service: ServiceName,
        /// `stopped`, `start-pending` or `running`; `{ present = false }`: not installed.
        is: Option<RawIs>,
    };
    RawComponentAt {
        /// The host.
        host: HostName,
        /// The component's or agent's name, as the client reports it.
        component: Name,
        /// The status that it reports.
        is: Option<RawIs>,
    };
    RawRegistryAt {
        /// The host.
        host: HostName,
        /// The key.
        key: Name,
        /// The name of the value.
        value: Name,
        /// The comparison of its data.
        is: Option<RawIs>,
    };
    RawFileAt {
        /// The host.
        host: HostName,
        /// The path.
        path: Name,
        /// The comparison of its content.
        is: Option<RawIs>,
    };
    RawCounter {
        /// The host.
        at: HostName,
        /// What is counted.
        counter: Counter,
        /// The comparison.
        is: RawIs,
    };
    RawResult {
        /// The script; inside a script its own when absent.
        script: Option<Name>,
        /// The step's id.
        step: Name,
        /// The comparison of its code; 0 is success.
        is: RawIs,
    };
    RawKept {
        /// The script; inside a script its own when absent.
        script: Option<Name>,
        /// The name under which it keeps the value.
        name: Name,
        /// The comparison.
        is: Option<RawIs>,
    };
    RawHappened {
        /// The event.
        event: Pattern,
        /// How often; at least once when absent.
        times: Option<RawIs>,
    };
    RawAge {
        /// The event.
        of: Pattern,
        /// Its least age.
        at_least: Span,
    };
}

/// `[[expect]]`, the claims of `of-many`, and the claim of a `[[rule]]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawExpect {
    /// Its name; only in a rule.
    pub(crate) name: Option<Word>,
    /// Why, in your words; reports show it.
    pub(crate) because: Option<String>,
    /// Of a claim about several hosts: how many of them it must hold for.
    #[schemars(extend("default" = "all"))]
    pub(crate) hold: Option<RawQuantity>,

    /// The client is installed at the end.
    pub(crate) installed: Option<Short<RawInstalled>>,
    /// One attempt to install the client failed.
    pub(crate) attempt_failed: Option<RawAttemptFailed>,
    /// The install failed for good: retries are exhausted.
    pub(crate) install_failed: Option<Short<RawInstallFailed>>,
    /// How a script ended.
    pub(crate) script: Option<RawScriptEnded>,
    /// How the user's own program ended.
    pub(crate) program: Option<RawProgramEnded>,
    /// An event happens, at least once.
    pub(crate) event: Option<Pattern>,
    /// Lines stand in a log, or do not.
    pub(crate) log: Option<Located<RawLog>>,
    /// A condition holds; at the end when no time is said.
    pub(crate) state: Option<RawCondition>,
    /// A number over the whole run compares so, with `is`.
    pub(crate) measure: Option<Measure>,
    /// The promises and rules of its own that the scenario breaks: all of them, and no other.
    #[schemars(with = "Option<Vec<Breakable>>")]
    pub(crate) violates: Option<Vec<Word>>,
    /// So many of several claims hold.
    pub(crate) of_many: Option<Located<RawOfMany>>,

    /// With `measure`: the comparison.
    pub(crate) is: Option<RawIs>,
    /// With `event`: it never happens. With `state`: at no moment.
    #[schemars(extend("default" = false))]
    pub(crate) never: Option<Located<bool>>,
    /// With `event`: how often, over the whole run.
    pub(crate) times: Option<Located<RawIs>>,
    /// With `event`: the n-th, from 1, exists, and timing speaks of it.
    pub(crate) nth: Option<Located<u32>>,
    /// With `event`: after the first such event.
    pub(crate) after: Option<Pattern>,
    /// With `after`: exactly so long.
    pub(crate) exactly: Option<Located<Span>>,
    /// With `after`: at most so long.
    pub(crate) within: Option<Located<Span>>,
    /// With `after`: at least so long.
    pub(crate) at_least: Option<Located<Span>>,
    /// With `event`: before the first such event, which must exist.
    pub(crate) before: Option<Pattern>,
    /// With `event`: at this instant. With `state`: then, after everything that happens at it.
    pub(crate) at: Option<Located<Span>>,
    /// With `event`: not before this instant.
    pub(crate) not_before: Option<Located<Span>>,
    /// With `event`: not after this instant.
    pub(crate) not_after: Option<Located<Span>>,
    /// With `state`: just before the first such event.
    pub(crate) just_before: Option<Pattern>,
    /// With `state`: just after the first such event.
    pub(crate) just_after: Option<Pattern>,
    /// With `state`: at every moment, or at every one between two instants.
    pub(crate) throughout: Option<Located<ConstantOr<RawThroughout>>>,
    /// With `state`: at some moment.
    #[schemars(extend("default" = false))]
    pub(crate) once: Option<Located<bool>>,
    /// With `state`: at no moment at which this condition holds.
    pub(crate) never_while: Option<RawCondition>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstalled {
    /// The clients.
    pub(crate) client: Hosts,
    /// By which attempt, from 1; any when absent.
    pub(crate) attempt: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAttemptFailed {
    /// The clients.
    pub(crate) client: Hosts,
    /// Which attempt, from 1.
    #[schemars(extend("default" = 1))]
    pub(crate) attempt: Option<Located<u32>>,
    /// Its Win32 code; any when absent.
    pub(crate) code: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstallFailed {
    /// The clients.
    pub(crate) client: Hosts,
    /// The Win32 code of the last attempt; any when absent.
    pub(crate) code: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScriptEnded {
    /// The script.
    pub(crate) name: Word,
    /// A code (0: success), `"still-waiting"` or `"never-started"`.
    pub(crate) ended: Located<Scalar>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawProgramEnded {
    /// An exit code (0: success), `"timed-out"` or `"killed"`.
    pub(crate) ended: Located<Scalar>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLog {
    /// The hosts.
    pub(crate) host: Hosts,
    /// The log file.
    pub(crate) file: Name,
    /// These lines stand in this order; others may stand between. A part of a line with `*` at an end.
    pub(crate) in_order: Option<Vec<String>>,
    /// None of these lines stands in it.
    pub(crate) none_of: Option<Vec<String>>,
    /// This line stands in it.
    pub(crate) line: Option<String>,
    /// With `line`: it does not.
    #[schemars(extend("default" = false))]
    pub(crate) never: Option<Located<bool>>,
    /// With `line`: how often.
    pub(crate) times: Option<Located<RawIs>>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawThroughout {
    /// From this instant; the start when absent.
    pub(crate) from: Option<Located<Span>>,
    /// To this instant; the end when absent.
    pub(crate) to: Option<Located<Span>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawOfMany {
    /// How many of them hold.
    pub(crate) hold: RawQuantity,
    /// The claims.
    pub(crate) claims: Vec<RawExpect>,
}

/// `"all"`, `"none"`, or a table.
pub(crate) type RawQuantity = crate::Quantity;

/// `[[script]]` without its steps.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScript {
    /// The name.
    pub(crate) name: Word,
    /// Where it runs; may be left out with `program`.
    pub(crate) host: Option<Word>,
    /// Under whom it calls; Local System of its host when absent.
    #[serde(rename = "user")]
    pub(crate) _user: Option<RawCredentials>,
    /// When: so long after the start.
    pub(crate) at: Option<Located<Span>>,
    /// When: again and again, so often.
    pub(crate) every: Option<Located<Span>>,
    /// With `every`: the first time; drawn from one period when absent.
    pub(crate) first: Option<Located<Span>>,
    /// With `every`: the last possible time.
    pub(crate) end: Option<Located<Span>>,
    /// With `every`: how often at most.
    pub(crate) count: Option<u32>,
    /// When: as soon as a condition comes true, an event happens, or a log line appears.
    pub(crate) when: Option<RawCondition>,
    /// With `when`: each time, and not only once.
    #[schemars(extend("default" = false))]
    pub(crate) each: Option<bool>,
    /// With `when`: so long after.
    #[schemars(extend("default" = "0s"))]
    pub(crate) after: Option<Span>,
    /// It is what services and launches of this program run, each time anew and under their token.
    pub(crate) program: Option<mockdc_mocks::ProgramName>,
    /// Its steps, one after the other.
    #[serde(rename = "step")]
    #[schemars(with = "Option<Vec<RawScriptStep>>")]
    pub(crate) _step: Option<serde::de::IgnoredAny>,
}

/// `[[script.step]]`. Inner steps are read one by one from the tree.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScriptStep {
    /// Its name, for `result` and reports; `SCRIPT-N` otherwise.
    pub(crate) id: Option<Word>,
    /// Performs an operation of the port.
    #[serde(rename = "do")]
    #[schemars(with = "Option<Verb>")]
    pub(crate) _operation: Option<serde::de::IgnoredAny>,
    /// With `do`: at which host; the script's own when absent.
    pub(crate) at: Option<Word>,
    /// With `do`: under whom; as the script when absent.
    #[serde(rename = "as")]
    pub(crate) user: Option<crate::ScriptUser>,
    /// Codes beside 0 with which the script goes on, or `"any"`; it ends with any other.
    #[serde(rename = "tolerate")]
    #[schemars(with = "Option<Tolerated>")]
    pub(crate) _tolerate: Option<serde::de::IgnoredAny>,
    /// The script goes on only with this code.
    pub(crate) require: Option<u32>,
    /// Keeps the reply, a text or number, under this name.
    pub(crate) keep: Option<Name>,
    /// Waits until a condition holds; 1460 when the limit is over.
    pub(crate) wait: Option<Located<RawWait>>,
    /// Lets time pass.
    pub(crate) pause: Option<Span>,
    /// Keeps a value.
    pub(crate) set: Option<RawSet>,
    /// Draws a value from the seed and keeps it.
    pub(crate) draw: Option<RawDraw>,
    /// Writes a line to a log.
    pub(crate) log: Option<RawWriteLog>,
    /// Branches: when this condition holds, `then`, otherwise `else`.
    #[serde(rename = "if")]
    pub(crate) condition: Option<RawCondition>,
    /// With `if`: steps when it holds.
    #[serde(rename = "then")]
    #[schemars(with = "Option<Vec<RawScriptStep>>")]
    pub(crate) _then: Option<serde::de::IgnoredAny>,
    /// With `if`: steps when it does not.
    #[serde(rename = "else")]
    #[schemars(with = "Option<Vec<RawScriptStep>>")]
    pub(crate) _otherwise: Option<serde::de::IgnoredAny>,
    /// Tries lists of steps in turn, until one of them ends without a refused step.
    #[serde(rename = "first-of")]
    #[schemars(with = "Option<Vec<OneOrMany<RawScriptStep>>>")]
    pub(crate) _first_of: Option<serde::de::IgnoredAny>,
    /// Runs another script to its end; the code of the step is that of the script.
    pub(crate) run: Option<Word>,
    /// As a service's program: the service runs, or has failed.
    pub(crate) report: Option<Short<RawReport>>,
    /// Ends the script with this code; 0 is success.
    pub(crate) end: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWait {
    /// The condition.
    pub(crate) until: RawCondition,
    /// How often it looks.
    pub(crate) every: Option<Located<Span>>,
    /// For how long at most; for ever when absent.
    pub(crate) limit: Option<Located<Span>>,
    /// A step that is performed before each look.
    #[serde(rename = "polling")]
    #[schemars(with = "Option<Box<RawScriptStep>>")]
    pub(crate) _polling: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSet {
    /// Its name.
    pub(crate) name: Name,
    /// The value; `${name}` stands for what is kept.
    pub(crate) value: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDraw {
    /// Its name.
    pub(crate) name: Name,
    /// What is drawn.
    pub(crate) kind: Draw,
    /// How many characters.
    pub(crate) length: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWriteLog {
    /// The log file.
    pub(crate) file: Name,
    /// The component.
    pub(crate) component: Name,
    /// The line. `${name}` stands for what is kept, `${text:NAME}` for the system text of a kept code.
    pub(crate) text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawReport {
    /// The service.
    pub(crate) service: ServiceName,
    /// It failed with this code, and the script ends; it runs when absent.
    pub(crate) failed: Option<u32>,
}
