//! What the domain model says has happened. Facts never conclude; they are what events are made of.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    AccountName, GpoName, HostName, Invocation, LogonType, Name, ProcessId, ProgramName, Right, ServiceName,
    SimTime, Span, Token, Win32Error,
};

/// A fact with its place and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactRecord {
    /// When.
    pub at: SimTime,
    /// At which host.
    pub host: HostName,
    /// What.
    pub fact: Fact,
}

/// The three databases of a domain controller that replicate apart (Q153375, Q266729).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stream {
    /// Users and global groups.
    Sam,
    /// Local groups.
    Builtin,
    /// User rights, secrets, trusts.
    Lsa,
}

impl Stream {
    /// All three, in the order of their database index.
    pub const ALL: [Stream; 3] = [Stream::Sam, Stream::Builtin, Stream::Lsa];
}

/// A committed change, unique in a run: the n-th commit of the domain, from 1. 0 is the state at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

/// Something of a host's state that can be observed, waited for and expected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum StateKey {
    /// An account (user, global group or local group) in the host's database. Value: `user`, `group`, `local-group`.
    Account {
        /// The account.
        account: AccountName,
    },
    /// An attribute of an account in the host's database.
    Attribute {
        /// The account.
        account: AccountName,
        /// The attribute.
        attribute: Attribute,
    },
    /// Membership of a global or local group in the host's database. Value: `true`.
    Member {
        /// The group.
        group: AccountName,
        /// The member.
        member: AccountName,
    },
    /// A right that is effective for the account at this host. Value: `true`.
    Right {
        /// The account.
        account: AccountName,
        /// The right.
        right: Right,
    },
    /// A service's state. Value: `stopped`, `start-pending`, `running`; absent when not installed.
    Service {
        /// The service.
        service: ServiceName,
    },
    /// A client component's status, as the client reports it: `Installed`, `Install Pending`, …
    Component {
        /// The component's or agent's name.
        component: Name,
    },
    /// A registry value's data.
    Registry {
        /// The key.
        key: Name,
        /// The value's name.
        value: Name,
    },
    /// A file. Value: its content.
    File {
        /// The path.
        path: Name,
    },
    /// A share. Value: `true`.
    Share {
        /// The share.
        share: Name,
    },
    /// Whether this host reaches another. Value: `true` or `false`; absent means `true`.
    Reaches {
        /// The other host.
        to: HostName,
    },
    /// Whether the host is up. Value: `true` or `false`.
    Up,
    /// Whether the host belongs to the domain, by its own account of it. Value: `true` or `false`.
    Joined,
    /// The controller at the other end of the host's secure channel; absent while none is set up.
    SecureChannel,
    /// Counters of costs at this host, which only grow.
    Counter {
        /// The counter.
        counter: Counter,
    },
}

/// Attributes of an account that a scenario can observe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribute {
    /// Its comment. Text.
    Comment,
    /// How often its password was set. Number.
    PasswordVersion,
    /// When its password was set. Time.
    PasswordSet,
    /// Its primary group. Text.
    PrimaryGroup,
    /// Whether it is disabled. True or false.
    Disabled,
    /// Whether it is locked out at this host. True or false.
    LockedOut,
    /// Bad passwords counted at this host. Number.
    BadPasswords,
    /// Whether the password must be changed at the next logon. True or false.
    MustChangePassword,
    /// When it expires. Time.
    Expires,
}

/// What a host counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Counter {
    /// Changes applied from other domain controllers.
    DeltasReceived,
    /// Bytes of replication received.
    BytesReceived,
    /// Changes committed here.
    DeltasCommitted,
    /// Synchronisations completed.
    Synchronizations,
}

/// A value of state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// True or false.
    Is(bool),
    /// A number.
    Number(i64),
    /// Text.
    Text(Arc<str>),
    /// An instant.
    Time(SimTime),
}

/// What has happened at a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Fact {
    /// A piece of observable state has this value from now on; `None`: it is gone. The state at the start comes as
    /// facts at the first instant, or before it.
    State {
        /// Which piece.
        key: StateKey,
        /// Its value.
        value: Option<Value>,
        /// The commit that made it, where it comes from the directory.
        version: Option<Version>,
    },
    /// A domain controller committed a change.
    Committed {
        /// Which.
        version: Version,
        /// The database.
        stream: Stream,
        /// The change in the field's words: `user-add`, `group-member`, `right`, …
        change: ChangeKind,
        /// The account, group or policy that changed.
        subject: Name,
        /// The serial number that it got (nt4) or the local USN (ad).
        serial: u64,
        /// Whether it belongs to an urgent class.
        urgent: bool,
    },
    /// A domain controller has taken a change from another.
    Replicated {
        /// Which.
        version: Version,
        /// The database.
        stream: Stream,
        /// From which domain controller.
        from: HostName,
        /// When it was committed at its origin.
        committed: SimTime,
    },
    /// The PDC told a backup domain controller of changes (nt4), or a partner was notified (ad).
    Notified {
        /// Who was told.
        to: HostName,
    },
    /// A synchronisation of this host began.
    SyncBegan {
        /// From which domain controller.
        from: HostName,
        /// How it moves.
        kind: SyncKind,
        /// Why.
        reason: SyncReason,
    },
    /// A synchronisation of this host ended.
    SyncEnded {
        /// From which domain controller.
        from: HostName,
        /// How it moved.
        kind: SyncKind,
        /// Why it was made.
        reason: SyncReason,
        /// Changes applied.
        deltas: u64,
        /// Bytes moved.
        bytes: u64,
        /// Bytes that moved in busy hours.
        busy_bytes: u64,
        /// How long it took.
        took: Span,
        /// The error, when it failed.
        error: Option<Win32Error>,
    },
    /// A logon at this host was refused.
    LogonRefused {
        /// The account that was presented.
        account: AccountName,
        /// From which host.
        from: HostName,
        /// The type of logon.
        logon: LogonType,
        /// Why.
        error: Win32Error,
    },
    /// This member tried to set up its secure channel.
    SecureChannel {
        /// With which controller; `None` when it found none.
        to: Option<HostName>,
        /// Why it failed: 1311, 1786, 1787, 1789.
        error: Option<Win32Error>,
    },
    /// An account was locked out at this host.
    LockedOut {
        /// The account.
        account: AccountName,
    },
    /// The machine applied policy.
    PolicyApplied {
        /// Why.
        reason: RefreshReason,
        /// The objects that decided a value, strongest last.
        objects: Vec<GpoName>,
        /// Whether any effective value changed.
        changed: bool,
    },
    /// A service's program was started by the service control manager under a token.
    ServiceStarted {
        /// The service.
        service: ServiceName,
        /// The program that runs as the service from now on.
        program: ProgramName,
        /// The process.
        process: ProcessId,
        /// Its token.
        token: Arc<Token>,
    },
    /// A service ended.
    ServiceStopped {
        /// The service.
        service: ServiceName,
        /// Its exit code.
        code: u32,
    },
    /// A service could not be started.
    ServiceFailed {
        /// The service.
        service: ServiceName,
        /// What StartService answers.
        error: Win32Error,
        /// The cause beneath, as event 7000 or 7013 gives it.
        cause: Option<Win32Error>,
    },
    /// A process was launched.
    ProcessStarted {
        /// The process.
        process: ProcessId,
        /// Its program.
        program: ProgramName,
        /// Its token.
        token: Arc<Token>,
        /// Who launched it.
        parent: Option<ProcessId>,
    },
    /// A process ended.
    ProcessEnded {
        /// The process.
        process: ProcessId,
        /// Its program.
        program: ProgramName,
        /// Its exit code; `None` when it was ended from outside or with its machine.
        code: Option<u32>,
    },
    /// A copy was made of this domain controller's database.
    SnapshotTaken {
        /// Its name.
        snapshot: Name,
    },
    /// This domain controller's database was put back as it was; what it shows otherwise than before follows.
    Restored {
        /// The snapshot.
        snapshot: Name,
        /// When that was taken.
        taken: SimTime,
        /// Under which invocation id the controller goes on; without Active Directory it means nothing.
        invocation: Invocation,
    },
    /// The machine came up or went down.
    Machine {
        /// Whether it is up.
        up: bool,
    },
    /// An injected fault touched an operation, a replication or a machine.
    FaultTouched {
        /// The fault's name.
        fault: Name,
        /// What it touched.
        touched: String,
    },
}

/// Kinds of committed changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A user was created.
    UserAdd,
    /// A user was deleted.
    UserDelete,
    /// A user's attributes changed.
    UserChange,
    /// A user's password changed.
    Password,
    /// A user was renamed.
    UserRename,
    /// A user was locked out. An administrator's unlocking is a `user-change`.
    Lockout,
    /// A global group was created.
    GroupAdd,
    /// A global group was deleted.
    GroupDelete,
    /// A global group's members changed.
    GroupMember,
    /// A local group was created.
    LocalGroupAdd,
    /// A local group was deleted.
    LocalGroupDelete,
    /// A local group's members changed.
    LocalGroupMember,
    /// An account's rights changed.
    Rights,
    /// The account policy changed.
    AccountPolicy,
    /// A group policy object or its links changed.
    GroupPolicy,
    /// The password of a machine's account changed.
    MachinePassword,
    /// A secret changed.
    Secret,
    /// An object of the directory, or an attribute to which the model gives no meaning, was made, changed or deleted.
    Object,
}

/// How a synchronisation moves the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SyncKind {
    /// The changes since the last one.
    Partial,
    /// The whole database.
    Full,
}

/// Why a synchronisation was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SyncReason {
    /// A pulse or a change notification.
    Notification,
    /// An urgent change.
    Urgent,
    /// Someone forced it.
    Forced,
    /// The host started.
    Startup,
    /// A schedule, an interval or a poll.
    Schedule,
    /// What was wanted had left the change log.
    ChangeLogLost,
}

/// Why policy was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefreshReason {
    /// The machine started.
    Startup,
    /// The refresh interval.
    Interval,
    /// The 16-hour re-application of security settings.
    Reapplication,
    /// Someone forced it.
    Forced,
}
