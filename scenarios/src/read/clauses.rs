//! What happens and what is expected, as it is written: steps, conditions, expectations, rules, scripts.

use mockdc_mocks::{AccountName, Counter, HostName, Name, Right, ServiceName, Span};
use serde::Deserialize;

use super::{ConstantOr, Hosts, Located, RawCredentials, Scalar, Short, Word};
use crate::{Draw, InstallMethod, Measure, Pattern};

/// `[[step]]`. The operations of `do` are read from the tree, table by table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawStep {
    pub(crate) id: Option<Word>,
    pub(crate) at: Option<Located<Span>>,
    pub(crate) every: Option<Located<Span>>,
    pub(crate) first: Option<Located<Span>>,
    pub(crate) end: Option<Located<Span>>,
    pub(crate) count: Option<u32>,
    pub(crate) when: Option<RawCondition>,
    pub(crate) each: Option<bool>,
    pub(crate) after: Option<Span>,
    pub(crate) stagger: Option<Located<Span>>,
    pub(crate) install: Option<RawInstall>,
    pub(crate) upgrade: Option<RawUpgrade>,
    pub(crate) cycle: Option<Hosts>,
    pub(crate) synchronize: Option<Located<Short<RawSynchronize>>>,
    pub(crate) restart_service: Option<RawRestartService>,
    pub(crate) restart: Option<Short<RawRestart>>,
    pub(crate) refresh_policy: Option<Short<RawRefreshPolicy>>,
    pub(crate) edit_policy: Option<RawEditPolicy>,
    #[serde(rename = "do")]
    pub(crate) _operations: Option<serde::de::IgnoredAny>,
    pub(crate) at_host: Option<Hosts>,
    #[serde(rename = "as")]
    pub(crate) user: Option<RawCredentials>,
    pub(crate) require: Option<u32>,
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

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstall {
    pub(crate) client: Hosts,
    pub(crate) by: Option<Word>,
    #[serde(default)]
    pub(crate) method: InstallMethod,
    pub(crate) user: Option<RawCredentials>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUpgrade {
    pub(crate) client: Hosts,
    pub(crate) profile: Word,
    #[serde(default)]
    pub(crate) overrides: toml::Table,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSynchronize {
    pub(crate) at: Hosts,
    #[serde(default)]
    pub(crate) full: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRestartService {
    pub(crate) host: Hosts,
    pub(crate) service: ServiceName,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRestart {
    pub(crate) host: Hosts,
    pub(crate) down: Option<Span>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRefreshPolicy {
    pub(crate) host: Hosts,
    #[serde(default)]
    pub(crate) force: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawEditPolicy {
    pub(crate) policy: Word,
    pub(crate) at: Option<Word>,
    pub(crate) define_right: Option<RawDefineRight>,
    pub(crate) add_to_right: Option<RawAddToRight>,
    pub(crate) undefine_right: Option<RawUndefineRight>,
    pub(crate) write: Option<Word>,
    pub(crate) link: Option<RawPolicyLink>,
    pub(crate) unlink: Option<RawPolicyUnlink>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDefineRight {
    pub(crate) right: Right,
    pub(crate) holders: Vec<Name>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAddToRight {
    pub(crate) right: Right,
    pub(crate) holder: Name,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUndefineRight {
    pub(crate) right: Right,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicyLink {
    pub(crate) container: Word,
    pub(crate) enabled: Option<bool>,
    #[serde(default)]
    pub(crate) enforced: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicyUnlink {
    pub(crate) container: Word,
}

/// A condition, and what else a `when` can wait for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawCondition {
    All(Vec<RawCondition>),
    Any(Vec<RawCondition>),
    Not(Box<RawCondition>),
    Visible(AccountAt),
    Gone(AccountAt),
    Attribute(RawAttribute),
    Member(RawMember),
    Right(RawRightAt),
    Service(RawServiceAt),
    Component(RawComponentAt),
    Registry(RawRegistryAt),
    File(RawFileAt),
    Share(RawShareAt),
    Reaches(RawReaches),
    Up(RawUp),
    Joined(RawUp),
    SecureChannel(RawSecureChannel),
    Counter(RawCounter),
    Result(RawResult),
    Kept(RawKept),
    Happened(RawHappened),
    Age(RawAge),
    Clock(Span),
    /// Only directly under `when`.
    Event(Pattern),
    /// Only directly under `when`.
    Log(RawLogLine),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLogLine {
    pub(crate) host: HostName,
    pub(crate) file: Name,
    pub(crate) line: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AccountAt {
    pub(crate) account: AccountName,
    pub(crate) at: HostName,
}

/// A comparison: a constant, or one of the comparing words.
pub(crate) type RawIs = ConstantOr<RawComparison>;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RawComparison {
    Present(bool),
    Equal(Scalar),
    Unequal(Scalar),
    AtLeast(Scalar),
    AtMost(Scalar),
    Contains(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAttribute {
    pub(crate) account: AccountName,
    pub(crate) at: HostName,
    pub(crate) comment: Option<RawIs>,
    pub(crate) password_version: Option<RawIs>,
    pub(crate) password_set: Option<RawIs>,
    pub(crate) primary_group: Option<RawIs>,
    pub(crate) disabled: Option<RawIs>,
    pub(crate) locked_out: Option<RawIs>,
    pub(crate) bad_passwords: Option<RawIs>,
    pub(crate) must_change_password: Option<RawIs>,
    pub(crate) expires: Option<RawIs>,
}

fn yes() -> bool {
    true
}

macro_rules! states {
    ($($id:ident { $($field:ident: $type:ty,)* } $(is: $is:ty = $default:literal)?;)*) => {$(
        #[derive(Clone, Debug, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub(crate) struct $id {
            $(pub(crate) $field: $type,)*
            $(#[serde(default = $default)] pub(crate) is: $is,)?
        }
    )*};
}

states! {
    RawMember { group: AccountName, member: AccountName, at: HostName, } is: bool = "yes";
    RawRightAt { account: AccountName, right: Right, at: HostName, } is: bool = "yes";
    RawShareAt { host: HostName, share: Name, } is: bool = "yes";
    RawReaches { from: HostName, to: HostName, } is: bool = "yes";
    RawUp { host: HostName, } is: bool = "yes";
    RawSecureChannel { host: HostName, is: Option<RawIs>, };
    RawServiceAt { host: HostName, service: ServiceName, is: Option<RawIs>, };
    RawComponentAt { host: HostName, component: Name, is: Option<RawIs>, };
    RawRegistryAt { host: HostName, key: Name, value: Name, is: Option<RawIs>, };
    RawFileAt { host: HostName, path: Name, is: Option<RawIs>, };
    RawCounter { at: HostName, counter: Counter, is: RawIs, };
    RawResult { script: Option<Name>, step: Name, is: RawIs, };
    RawKept { script: Option<Name>, name: Name, is: Option<RawIs>, };
    RawHappened { event: Pattern, times: Option<RawIs>, };
    RawAge { of: Pattern, at_least: Span, };
}

/// `[[expect]]`, the claims of `of-many`, and the claim of a `[[rule]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawExpect {
    /// Only in a rule.
    pub(crate) name: Option<Word>,
    pub(crate) because: Option<String>,
    pub(crate) hold: Option<RawQuantity>,

    pub(crate) installed: Option<Short<RawInstalled>>,
    pub(crate) attempt_failed: Option<RawAttemptFailed>,
    pub(crate) install_failed: Option<Short<RawInstallFailed>>,
    pub(crate) script: Option<RawScriptEnded>,
    pub(crate) event: Option<Pattern>,
    pub(crate) log: Option<Located<RawLog>>,
    pub(crate) state: Option<RawCondition>,
    pub(crate) measure: Option<Measure>,
    pub(crate) violates: Option<Vec<Word>>,
    pub(crate) of_many: Option<Located<RawOfMany>>,

    pub(crate) is: Option<RawIs>,
    pub(crate) never: Option<Located<bool>>,
    pub(crate) times: Option<Located<RawIs>>,
    pub(crate) nth: Option<Located<u32>>,
    pub(crate) after: Option<Pattern>,
    pub(crate) exactly: Option<Located<Span>>,
    pub(crate) within: Option<Located<Span>>,
    pub(crate) at_least: Option<Located<Span>>,
    pub(crate) before: Option<Pattern>,
    pub(crate) at: Option<Located<Span>>,
    pub(crate) not_before: Option<Located<Span>>,
    pub(crate) not_after: Option<Located<Span>>,
    pub(crate) just_before: Option<Pattern>,
    pub(crate) just_after: Option<Pattern>,
    pub(crate) throughout: Option<Located<ConstantOr<RawThroughout>>>,
    pub(crate) once: Option<Located<bool>>,
    pub(crate) never_while: Option<RawCondition>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstalled {
    pub(crate) client: Hosts,
    pub(crate) attempt: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAttemptFailed {
    pub(crate) client: Hosts,
    pub(crate) attempt: Option<Located<u32>>,
    pub(crate) code: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstallFailed {
    pub(crate) client: Hosts,
    pub(crate) code: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScriptEnded {
    pub(crate) name: Word,
    pub(crate) ended: Located<Scalar>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLog {
    pub(crate) host: Hosts,
    pub(crate) file: Name,
    pub(crate) in_order: Option<Vec<String>>,
    pub(crate) none_of: Option<Vec<String>>,
    pub(crate) line: Option<String>,
    pub(crate) never: Option<Located<bool>>,
    pub(crate) times: Option<Located<RawIs>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawThroughout {
    pub(crate) from: Option<Located<Span>>,
    pub(crate) to: Option<Located<Span>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawOfMany {
    pub(crate) hold: RawQuantity,
    pub(crate) claims: Vec<RawExpect>,
}

/// `"all"`, `"none"`, or a table.
pub(crate) type RawQuantity = crate::Quantity;

/// `[[script]]` without its steps.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScript {
    pub(crate) name: Word,
    pub(crate) host: Option<Word>,
    /// Read again as it stands, for it may hold placeholders.
    #[serde(rename = "user")]
    pub(crate) _user: Option<RawCredentials>,
    pub(crate) at: Option<Located<Span>>,
    pub(crate) every: Option<Located<Span>>,
    pub(crate) first: Option<Located<Span>>,
    pub(crate) end: Option<Located<Span>>,
    pub(crate) count: Option<u32>,
    pub(crate) when: Option<RawCondition>,
    pub(crate) each: Option<bool>,
    pub(crate) after: Option<Span>,
    pub(crate) program: Option<mockdc_mocks::ProgramName>,
    /// The steps, read one by one from the tree.
    #[serde(rename = "step")]
    pub(crate) _step: Option<serde::de::IgnoredAny>,
}

/// `[[script.step]]`. Inner steps are read one by one from the tree.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScriptStep {
    pub(crate) id: Option<Word>,
    #[serde(rename = "do")]
    pub(crate) _operation: Option<serde::de::IgnoredAny>,
    pub(crate) at: Option<Word>,
    #[serde(rename = "as")]
    pub(crate) user: Option<crate::ScriptUser>,
    #[serde(rename = "tolerate")]
    pub(crate) _tolerate: Option<serde::de::IgnoredAny>,
    pub(crate) require: Option<u32>,
    pub(crate) keep: Option<Name>,
    pub(crate) wait: Option<Located<RawWait>>,
    pub(crate) pause: Option<Span>,
    pub(crate) set: Option<RawSet>,
    pub(crate) draw: Option<RawDraw>,
    pub(crate) log: Option<RawWriteLog>,
    #[serde(rename = "if")]
    pub(crate) condition: Option<RawCondition>,
    #[serde(rename = "then")]
    pub(crate) _then: Option<serde::de::IgnoredAny>,
    #[serde(rename = "else")]
    pub(crate) _otherwise: Option<serde::de::IgnoredAny>,
    #[serde(rename = "first-of")]
    pub(crate) _first_of: Option<serde::de::IgnoredAny>,
    pub(crate) run: Option<Word>,
    pub(crate) report: Option<Short<RawReport>>,
    pub(crate) end: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWait {
    pub(crate) until: RawCondition,
    pub(crate) every: Option<Located<Span>>,
    pub(crate) limit: Option<Located<Span>>,
    #[serde(rename = "polling")]
    pub(crate) _polling: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSet {
    pub(crate) name: Name,
    pub(crate) value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDraw {
    pub(crate) name: Name,
    pub(crate) kind: Draw,
    pub(crate) length: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWriteLog {
    pub(crate) file: Name,
    pub(crate) component: Name,
    pub(crate) text: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawReport {
    pub(crate) service: ServiceName,
    pub(crate) failed: Option<u32>,
}
