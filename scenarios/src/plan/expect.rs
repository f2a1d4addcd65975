//! Expectations, and the patterns of events that they, `when` steps and rules speak of.

use mockdc_mocks::{
    AccountName, HostName, Name, ProgramName, ServiceName, SimTime, Span, Stream, SyncKind, SyncReason,
    VerbKind,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Comparison, Condition, LdapOperation, ProgramEnding, PromiseId};

/// Something that must hold of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Expectation {
    /// The line of the file in which it begins, from 1.
    pub line: u32,
    /// Why, in the author's words.
    pub because: Option<String>,
    /// What.
    pub claim: Claim,
}

/// What an expectation claims.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Claim {
    /// The client is installed at the end, by the given attempt when one is given.
    Installed {
        /// The client.
        client: HostName,
        /// The attempt, from 1.
        attempt: Option<u32>,
    },
    /// One attempt of an install failed.
    AttemptFailed {
        /// The client.
        client: HostName,
        /// The attempt, from 1.
        attempt: u32,
        /// Its code; any when absent.
        code: Option<u32>,
    },
    /// The install failed for good: its retries are exhausted.
    InstallFailed {
        /// The client.
        client: HostName,
        /// The code of the last attempt; any when absent.
        code: Option<u32>,
    },
    /// A script ended, with a code (0: success), or is still waiting at the end.
    Script {
        /// The script.
        script: Name,
        /// How it ended.
        ended: ScriptEnding,
    },
    /// The user's own program ended so.
    Program {
        /// How it ended.
        ended: ProgramEnding,
    },
    /// Events.
    Event {
        /// Which.
        event: Pattern,
        /// How many.
        count: Occurrences,
        /// When; of the n-th with `Occurrences::Nth`, of the first otherwise.
        timing: Vec<Timing>,
    },
    /// Lines of a log.
    Log {
        /// The host.
        host: HostName,
        /// The file: `Wnremote.log`.
        file: Name,
        /// What of it.
        lines: LogLines,
    },
    /// A state of the run.
    State {
        /// The state.
        condition: Condition,
        /// When it must hold.
        when: Moments,
    },
    /// So many of several claims hold.
    OfMany {
        /// The claims.
        claims: Vec<Claim>,
        /// How many of them.
        hold: Quantity,
    },
    /// A number over the whole run: counted or summed.
    Measure {
        /// What is counted.
        measure: Measure,
        /// The comparison.
        is: Comparison,
    },
}

/// How a script ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScriptEnding {
    /// It ended with this code; 0 is success.
    Code(u32),
    /// It had not ended.
    StillWaiting,
    /// It never started.
    NeverStarted,
}

/// How many events are expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occurrences {
    /// At least one.
    #[default]
    Some,
    /// None.
    Never,
    /// Exactly so many.
    Exactly(u32),
    /// At least so many.
    AtLeast(u32),
    /// At most so many.
    AtMost(u32),
    /// The n-th, from 1, exists; timing speaks of it.
    Nth(u32),
}

/// When an event happens, in relation to another or to the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Timing {
    /// After the first match of another event: so long after, within so long, or merely after.
    After {
        /// The other event.
        event: Pattern,
        /// Exactly so long after.
        exactly: Option<Span>,
        /// At most so long after.
        within: Option<Span>,
        /// At least so long after.
        at_least: Option<Span>,
    },
    /// Before the first match of another event. That one must exist.
    Before {
        /// The other event.
        event: Pattern,
    },
    /// At an instant.
    At(SimTime),
    /// Not before an instant.
    From(SimTime),
    /// Not after an instant.
    Until(SimTime),
}

/// What is claimed of a log's lines. Lines match as a whole, or as a part with `*` at an end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum LogLines {
    /// These lines stand in this order, others may stand between.
    InOrder(Vec<String>),
    /// So many lines match.
    Count {
        /// The line.
        line: String,
        /// How many.
        count: Occurrences,
    },
    /// None of these lines stands in it.
    NoneOf(Vec<String>),
}

/// The moments at which a state must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Moments {
    /// At the end of the run.
    End,
    /// At an instant, after everything that happens at it.
    At(SimTime),
    /// Just before the first match of an event.
    JustBefore(Pattern),
    /// Just after the first match of an event.
    JustAfter(Pattern),
    /// At every moment between two instants, both included.
    Throughout {
        /// From; the start when absent.
        from: Option<SimTime>,
        /// To; the end when absent.
        to: Option<SimTime>,
    },
    /// At no moment.
    Never,
    /// At some moment.
    Once,
    /// At no moment at which another condition holds.
    NeverWhile(Condition),
}

/// How many of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// All of them.
    All,
    /// None of them.
    None,
    /// Exactly so many.
    Exactly(u32),
    /// At least so many.
    AtLeast(u32),
    /// At most so many.
    AtMost(u32),
}

/// A number over the whole run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Measure {
    /// Attempts made to install the client.
    Attempts {
        /// The client.
        client: HostName,
    },
    /// Changes that the controller received; of all controllers when absent.
    Deltas {
        /// The controller.
        at: Option<HostName>,
    },
    /// Bytes of replication that the controller received; of all when absent.
    Bytes {
        /// The controller.
        at: Option<HostName>,
        /// Only those that moved in busy hours.
        #[serde(default)]
        busy: bool,
    },
    /// Changes committed in the domain.
    Commits,
    /// Events that match.
    Events {
        /// The event.
        event: Pattern,
    },
}

/// Matches events. Fields that are absent match anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Pattern {
    /// An account was created at a host: a successful `user-add`.
    AccountCreated {
        /// The account.
        #[serde(default, deserialize_with = "bare")]
        account: Option<AccountName>,
        /// The host.
        at: Option<HostName>,
    },
    /// An account was deleted at a host: a successful `user-delete`.
    AccountDeleted {
        /// The account.
        #[serde(default, deserialize_with = "bare")]
        account: Option<AccountName>,
        /// The host.
        at: Option<HostName>,
    },
    /// An account became visible at a host.
    Visible {
        /// The account.
        #[serde(default, deserialize_with = "bare")]
        account: Option<AccountName>,
        /// The host.
        at: Option<HostName>,
    },
    /// An account ceased to be visible at a host.
    Gone {
        /// The account.
        #[serde(default, deserialize_with = "bare")]
        account: Option<AccountName>,
        /// The host.
        at: Option<HostName>,
    },
    /// A boot loader started.
    LoaderStarted {
        /// The host.
        host: Option<HostName>,
    },
    /// A boot loader stopped.
    LoaderStopped {
        /// The host.
        host: Option<HostName>,
    },
    /// A call to a host was answered.
    Call {
        /// The verb.
        verb: Option<VerbKind>,
        /// The host called.
        at: Option<HostName>,
        /// The host calling.
        from: Option<HostName>,
        /// The account that called.
        #[serde(default, deserialize_with = "bare")]
        by: Option<AccountName>,
        /// The account, group, service, … that the call was about.
        subject: Option<Name>,
        /// The code: 0 for success.
        code: Option<u32>,
    },
    /// A controller answered an operation of LDAP.
    Ldap {
        /// The operation.
        operation: Option<LdapOperation>,
        /// The controller.
        at: Option<HostName>,
        /// The host of the client.
        from: Option<HostName>,
        /// The account that the connection is bound as.
        #[serde(default, deserialize_with = "bare")]
        by: Option<AccountName>,
        /// The account that it was about.
        subject: Option<Name>,
        /// The result code of LDAP: 0 for success, 32 for no such object.
        result: Option<u32>,
        /// Whether changes that were committed elsewhere had not reached the controller: of the account that it was
        /// about, or any when it was about none.
        stale: Option<bool>,
    },
    /// The user's own program ended.
    ProgramEnded {
        /// Its exit code; 0 is success.
        code: Option<u32>,
    },
    /// A logon was refused.
    LogonRefused {
        /// The account.
        #[serde(default, deserialize_with = "bare")]
        account: Option<AccountName>,
        /// Where.
        at: Option<HostName>,
        /// The code.
        code: Option<u32>,
    },
    /// A member tried to set up its secure channel.
    SecureChannel {
        /// The member.
        host: Option<HostName>,
        /// The controller.
        to: Option<HostName>,
        /// The code: 0 for success.
        code: Option<u32>,
    },
    /// An account was locked out.
    LockedOut {
        /// The account.
        #[serde(default, deserialize_with = "bare")]
        account: Option<AccountName>,
        /// Where.
        at: Option<HostName>,
    },
    /// A service started.
    ServiceStarted {
        /// The host.
        host: Option<HostName>,
        /// The service.
        service: Option<ServiceName>,
    },
    /// A service stopped.
    ServiceStopped {
        /// The host.
        host: Option<HostName>,
        /// The service.
        service: Option<ServiceName>,
    },
    /// A service could not be started.
    ServiceFailed {
        /// The host.
        host: Option<HostName>,
        /// The service.
        service: Option<ServiceName>,
        /// What StartService answered.
        code: Option<u32>,
        /// The cause beneath.
        cause: Option<u32>,
    },
    /// A process was launched.
    ProcessStarted {
        /// The host.
        host: Option<HostName>,
        /// Its program.
        program: Option<ProgramName>,
    },
    /// A process ended.
    ProcessEnded {
        /// The host.
        host: Option<HostName>,
        /// Its program.
        program: Option<ProgramName>,
        /// Its exit code.
        code: Option<u32>,
    },
    /// A client launched, or failed to launch, a component.
    ComponentLaunched {
        /// The host.
        host: Option<HostName>,
        /// The component.
        component: Option<Name>,
        /// The code: 0 for success.
        code: Option<u32>,
    },
    /// A component's status changed.
    ComponentStatus {
        /// The host.
        host: Option<HostName>,
        /// The component.
        component: Option<Name>,
        /// The new status.
        status: Option<Name>,
    },
    /// A synchronisation ended at a host.
    Synchronized {
        /// The host.
        at: Option<HostName>,
        /// How.
        kind: Option<SyncKind>,
        /// Why.
        reason: Option<SyncReason>,
        /// Failed (`true`) or not.
        failed: Option<bool>,
    },
    /// A change of a stream arrived at a host.
    Replicated {
        /// The host.
        at: Option<HostName>,
        /// The database.
        stream: Option<Stream>,
    },
    /// A machine applied policy.
    PolicyApplied {
        /// The host.
        host: Option<HostName>,
        /// Whether something changed.
        changed: Option<bool>,
    },
    /// A machine came up or went down.
    Machine {
        /// The host.
        host: Option<HostName>,
        /// Up or down.
        up: bool,
    },
    /// A line was written to a log.
    Line {
        /// The host.
        host: Option<HostName>,
        /// The file.
        file: Option<Name>,
        /// The line; a part of it with `*` at an end.
        text: String,
    },
    /// An attempt to install a client began.
    AttemptBegan {
        /// The client.
        client: Option<HostName>,
        /// Which, from 1.
        attempt: Option<u32>,
    },
    /// An attempt to install a client ended.
    AttemptEnded {
        /// The client.
        client: Option<HostName>,
        /// Which, from 1.
        attempt: Option<u32>,
        /// Its code: 0 for success.
        code: Option<u32>,
    },
    /// A step of the scenario ran.
    Step {
        /// Its id.
        id: Name,
    },
    /// A step of a script was answered.
    ScriptStep {
        /// The script.
        script: Option<Name>,
        /// The step's id.
        step: Option<Name>,
        /// Its code: 0 for success.
        code: Option<u32>,
    },
    /// A script ended.
    ScriptEnded {
        /// The script.
        script: Option<Name>,
        /// Its code: 0 for success.
        code: Option<u32>,
    },
    /// A fault touched something.
    FaultTouched {
        /// The fault.
        fault: Option<Name>,
    },
}

/// A promise, or a rule of the scenario's own, that the scenario says is broken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Violation {
    /// The line of the file, from 1.
    pub line: u32,
    /// What is broken.
    pub broken: Broken,
    /// Why, in the author's words.
    pub because: Option<String>,
}

/// What can be broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Broken {
    /// A promise of mockdc's list.
    Promise(PromiseId),
    /// A rule of the scenario.
    Rule(Name),
}

/// A scenario's own rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rule {
    /// Its name.
    pub name: Name,
    /// The line of the file, from 1.
    pub line: u32,
    /// What must hold.
    pub claim: Claim,
}

/// `HOST\\NAME` or `DOMAIN\\NAME` as events name it: which database it belongs to, the host of the event says.
fn bare<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<AccountName>, D::Error> {
    let account = Option::<AccountName>::deserialize(deserializer)?;
    Ok(account.map(|account| match account.as_str().rsplit_once('\\') {
        Some((_, name)) => name.into(),
        None => account,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_may_be_named_with_its_host() {
        let pattern: Pattern =
            toml::from_str(r"account-created = { account = 'WS1\SVC', at = 'WS1' }").unwrap();
        assert_eq!(pattern, Pattern::AccountCreated { account: Some("SVC".into()), at: Some("WS1".into()) });
        let pattern: Pattern = toml::from_str("account-created = {}").unwrap();
        assert_eq!(pattern, Pattern::AccountCreated { account: None, at: None });
    }
}
