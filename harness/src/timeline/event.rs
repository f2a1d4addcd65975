//! The one contract between a run and everything that looks at it afterwards.

use mockdc_mocks::{AccountName, Fact, HostName, Name, ProcessId, SimTime, Span, Stream, VerbKind, Version};
use mockdc_scenarios::{LdapOperation, ProgramEnding};
use serde::{Deserialize, Serialize};

/// Something that happened in a run. Events state facts, never conclusions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event {
    /// Its place in the run, from 0, without gaps.
    pub seq: u64,
    /// When.
    pub at: SimTime,
    /// Where.
    pub host: HostName,
    /// Which actor did it; `None`: the domain model by itself.
    pub actor: Option<ActorId>,
    /// The event that led to it, where one did.
    pub cause: Option<u64>,
    /// What.
    pub kind: EventKind,
}

/// An actor of a run, numbered in the order of starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ActorId(pub u32);

/// Kinds of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum EventKind {
    /// The domain model says so; a client's component status is stated the same way.
    Fact(Fact),
    /// A call to a host was answered.
    Call {
        /// The verb.
        verb: VerbKind,
        /// The host called; the event's host is the one that calls.
        at: HostName,
        /// The account that called; `None`: Local System.
        by: Option<AccountName>,
        /// The account, group, service, share, … that the call was about.
        subject: Option<Name>,
        /// The code: 0 for success.
        code: u32,
        /// What a read saw.
        seen: Option<Version>,
        /// How long the answer took.
        took: Span,
    },
    /// A controller answered an operation of LDAP; the event's host is the client's.
    Ldap(Box<LdapCall>),
    /// The user's own program ended. Its actor's end follows.
    ProgramEnded {
        /// How.
        ended: ProgramEnding,
    },
    /// Somebody changed the course of a live run from outside.
    Intervention {
        /// What was done, in words: `partition PDC1, BDC1`.
        what: String,
        /// The fault that was added.
        adds: Option<Name>,
        /// The fault that was lifted.
        lifts: Option<Name>,
    },
    /// A line was written to a log of the host.
    Log {
        /// The file: `Wnremote.log`.
        file: Name,
        /// The component that the suffix names.
        component: Name,
        /// The thread.
        thread: u32,
        /// The time that the host's clock showed, when it was not the run's.
        clock: Option<SimTime>,
        /// The message, with `~` where the product writes one.
        text: String,
    },
    /// An actor started.
    ActorStarted {
        /// What it plays.
        role: Role,
        /// Its process on the host.
        process: Option<ProcessId>,
        /// The account it runs under; `None`: Local System.
        account: Option<AccountName>,
        /// The client, script or site that it serves.
        subject: Name,
    },
    /// An actor ended.
    ActorEnded {
        /// What it played.
        role: Role,
        /// Its result: 0 for success.
        code: u32,
    },
    /// An actor began to wait for something.
    WaitBegan {
        /// For what.
        what: WaitFor,
        /// For how long at most; `None`: for ever.
        limit: Option<Span>,
    },
    /// The wait ended.
    WaitEnded {
        /// For what.
        what: WaitFor,
        /// How.
        how: WaitEnd,
        /// How long it lasted.
        lasted: Span,
    },
    /// An account serves a purpose from now on.
    Purpose {
        /// The account.
        account: AccountName,
        /// The purpose.
        purpose: AccountPurpose,
        /// The client that it serves.
        client: HostName,
        /// The host whose database holds it.
        at: HostName,
    },
    /// A request to install moved to a queue.
    Queued {
        /// The request's name.
        request: Name,
        /// The client.
        client: HostName,
        /// The queue.
        queue: Queue,
    },
    /// An attempt to install began.
    AttemptBegan {
        /// The client.
        client: HostName,
        /// Which, from 1.
        attempt: u32,
    },
    /// An attempt to install was decided.
    AttemptEnded {
        /// The client.
        client: HostName,
        /// Which, from 1.
        attempt: u32,
        /// 0: the client is installed; else the code that the installing program ended with.
        code: u32,
    },
    /// An install is over: done, or given up.
    InstallEnded {
        /// The client.
        client: HostName,
        /// Attempts made.
        attempts: u32,
        /// 0: installed.
        code: u32,
    },
    /// A client's component is due to launch: what it needs and what its account holds at this instant.
    ComponentDue {
        /// The component.
        component: Name,
        /// The account whose rights count; `None`: Local System.
        account: Option<AccountName>,
        /// The rights that this launch needs.
        needs: Vec<mockdc_mocks::Right>,
        /// Of these, the ones that count for the account now.
        holds: Vec<mockdc_mocks::Right>,
        /// Whether it needs membership of the local Administrators.
        needs_administrator: bool,
        /// Whether it has it.
        is_administrator: bool,
    },
    /// A client's component was launched, or was not.
    ComponentLaunched {
        /// The component.
        component: Name,
        /// The code: 0 for success.
        code: u32,
    },
    /// A client was upgraded to another profile.
    Upgraded {
        /// The client.
        client: HostName,
        /// The profile.
        profile: Name,
    },
    /// A step of the scenario ran.
    Step {
        /// Its id.
        id: Name,
        /// The code: 0 for success.
        code: u32,
    },
    /// A step of a script was answered.
    ScriptStep {
        /// The script.
        script: Name,
        /// The step's id.
        step: Name,
        /// The code: 0 for success.
        code: u32,
    },
    /// A script keeps a value.
    ScriptKept {
        /// The script.
        script: Name,
        /// The name.
        name: Name,
        /// The value; `***` for a drawn password.
        value: String,
    },
    /// A change was lost with its controller before it reached another.
    Lost {
        /// Which.
        version: Version,
        /// The database.
        stream: Stream,
    },
    /// The run ended.
    End {
        /// Why.
        reason: EndReason,
    },
}

/// An operation of LDAP that was answered. It lies apart from the event, which is smaller for that: few runs have any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LdapCall {
    /// The operation.
    pub operation: LdapOperation,
    /// The controller.
    pub at: HostName,
    /// The account that the connection was bound as; `None`: anonymous.
    pub by: Option<AccountName>,
    /// The connection's number at that controller, from 1.
    pub connection: u64,
    /// The entry: its distinguished name, a search's base, the name of an extended operation.
    pub entry: String,
    /// A search's filter; empty otherwise.
    pub filter: String,
    /// The account that it was about, when that is one.
    pub subject: Option<Name>,
    /// The result code of LDAP: 0 for success.
    pub result: u32,
    /// Entries given.
    pub entries: u32,
    /// What it saw or wrote of the account.
    pub seen: Option<Version>,
    /// For how long the oldest change had been committed that had not reached the controller: of the account that
    /// it was about, or any when it was about none. `None`: the controller lacked nothing.
    pub behind: Option<Span>,
}

/// What an actor plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The Client Configuration Manager of a site server, on one request.
    ClientConfigurationManager,
    /// The boot loader service on a target.
    BootLoader,
    /// The boot loader's child, which installs.
    Bootstrap,
    /// A manual or logon install.
    LogonInstall,
    /// The client service.
    ClientService,
    /// The client's maintenance: CCIM.
    Maintenance,
    /// A client that runs as Local System.
    AdvancedClient,
    /// An operator who performs a step.
    Operator,
    /// A script.
    Script,
    /// The user's own program.
    Program,
}

/// What is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum WaitFor {
    /// An account to reach a host's own copy of the directory.
    Account {
        /// The account.
        account: AccountName,
        /// The host.
        at: HostName,
    },
    /// A process to end.
    Process {
        /// The process.
        process: ProcessId,
    },
    /// A service to stop.
    Service {
        /// The service.
        service: mockdc_mocks::ServiceName,
        /// Its host.
        at: HostName,
    },
    /// A script's condition; the step's id.
    Condition {
        /// The step.
        step: Name,
    },
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitEnd {
    /// What was waited for happened.
    Met,
    /// The limit was over.
    TimedOut,
    /// The waiting actor was ended.
    Abandoned,
}

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountPurpose {
    /// Temporary: the boot loader and its child run under it.
    Bootstrap,
    /// The client service runs under it.
    ClientService,
    /// Agents run under its token.
    ClientToken,
}

/// Queues of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queue {
    /// None: no request is made, because the machine is excluded.
    NotMade,
    /// New requests.
    Incoming,
    /// Being worked on.
    Processing,
    /// Waiting for the next attempt.
    Retry,
    /// Done, or given up.
    Removed,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndReason {
    /// The scenario's `until`.
    Until,
    /// The default end: everything decided, and an hour more.
    Decided,
    /// Nothing was left that could happen.
    Quiet,
    /// No timer was armed, and an actor was still waiting.
    Hang,
    /// More events than the limit: the run goes round in a circle.
    Runaway,
    /// Somebody ended a live run.
    Stopped,
}
