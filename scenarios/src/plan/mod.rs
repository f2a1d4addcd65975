//! A scenario after resolving: every name known, every value typed. What the orchestrator runs.

mod condition;
mod expect;
mod program;
mod promise;
mod script;

pub use condition::*;
pub use expect::*;
pub use program::*;
pub use promise::*;
pub use script::*;

use std::sync::Arc;

use mockdc_mocks::{Credentials, HostName, Name, Operation, ProgramName, SimTime, Span, WorldSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Profile;

/// One scenario, or one case of one, ready to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// Its name, unique among what is run together: `q304961-sp3-slow-bdc`, with `[case]` behind it for a case.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// A longer description.
    pub description: String,
    /// The articles that it stands on: `Q304961`.
    pub cites: Vec<String>,
    /// Words to select by.
    pub tags: Vec<String>,
    /// The file that it was read from, as the user named it.
    pub file: String,
    /// The start, as a civil date and time: `2002-08-06T09:00:00`.
    pub start: String,
    /// The full name of the time zone that servers write into logs: `Pacific Standard Time`.
    pub time_zone: String,
    /// The seed, where the scenario states one.
    pub seed: Option<u64>,
    /// The end; by default an hour after the first attempt of each install is decided, and after the last step.
    pub until: Option<SimTime>,
    /// The domain, its machines and faults.
    pub world: WorldSpec,
    /// What was read from exports of a directory; it stands in the world.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<Import>,
    /// Site servers: each is also a machine of the world.
    pub site_servers: Vec<SiteServer>,
    /// Clients to install or already installed.
    pub clients: Vec<Client>,
    /// Script actors.
    pub scripts: Vec<Script>,
    /// The user's own program, which `mockdc exec` runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Program>,
    /// What happens, beside what the actors do of themselves.
    pub steps: Vec<Step>,
    /// What is expected.
    pub expects: Vec<Expectation>,
    /// The promises that this scenario breaks: all of them, and no other.
    pub violates: Vec<Violation>,
    /// Rules of its own, checked like promises.
    pub rules: Vec<Rule>,
}

/// The password of accounts from an export, unless the scenario states one.
pub const IMPORTED_PASSWORD: &str = "Imp0rted-password!";

/// What was read from one export of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Import {
    /// The file, as the scenario names it.
    pub file: String,
    /// Users that are no computers.
    pub users: usize,
    /// Groups.
    pub groups: usize,
    /// Computers.
    pub computers: usize,
    /// Organisational units.
    pub units: usize,
    /// What was left out, each with how often it was met.
    pub left_out: std::collections::BTreeMap<String, usize>,
}

impl std::fmt::Display for Import {
    /// `customer.ldif: 12 users, 3 groups; left out: attribute thumbnailPhoto (4)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counts = [
            (self.users, "user"),
            (self.groups, "group"),
            (self.computers, "computer"),
            (self.units, "organisational unit"),
        ];
        let counted = |(count, what): (usize, &str)| {
            let plural = if count == 1 { "" } else { "s" };
            format!("{count} {what}{plural}")
        };
        let taken: Vec<String> = counts.into_iter().filter(|(count, _)| *count > 0).map(counted).collect();
        let taken = if taken.is_empty() { "nothing".to_owned() } else { taken.join(", ") };
        write!(f, "{}: {taken}", self.file)?;
        let left: Vec<String> =
            self.left_out.iter().map(|(what, count)| format!("{what} ({count})")).collect();
        if left.is_empty() { Ok(()) } else { write!(f, "; left out: {}", left.join(", ")) }
    }
}

/// A site server with its Client Configuration Manager.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SiteServer {
    /// The machine.
    pub machine: HostName,
    /// The three-letter site code.
    pub site: Name,
    /// The profile that its server side follows.
    pub profile: Arc<Profile>,
    /// The account that its services run under, and with which it connects.
    pub service_account: Credentials,
    /// Client remote installation accounts, tried first, in order.
    pub connection_accounts: Vec<Credentials>,
    /// Machines for which no request is made.
    pub excluded: Vec<HostName>,
}

/// A client: a machine with the product that it gets or has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Client {
    /// The machine; a domain controller or not.
    pub machine: HostName,
    /// The product and its version, with the scenario's overrides applied.
    pub profile: Arc<Profile>,
    /// The client is installed at the start, with its accounts, rights and services.
    pub installed: bool,
}

/// Something that happens at a time, in intervals, or when something else does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// Its name: as given, or `step-N`.
    pub id: Name,
    /// The line of the file in which it begins, from 1.
    pub line: u32,
    /// When.
    pub trigger: Trigger,
    /// What.
    pub action: Action,
}

/// When a step or a script runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Trigger {
    /// At an instant.
    At(SimTime),
    /// Periodically.
    Every {
        /// The period.
        every: Span,
        /// The first time; drawn from one period when absent.
        first: Option<SimTime>,
        /// The last possible time.
        end: Option<SimTime>,
        /// How often at most.
        count: Option<u32>,
    },
    /// When something comes true or happens.
    When {
        /// What.
        what: Cause,
        /// Each time, instead of once.
        each: bool,
        /// How long after.
        after: Span,
    },
}

/// What a `when` waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A condition comes true (each: each time that it turns from false to true).
    Condition(Condition),
    /// An event happens: a log line among others.
    Event(Pattern),
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Action {
    /// Starts an install.
    Install {
        /// The client's machine.
        client: HostName,
        /// The site server that does it; absent for a manual or logon install.
        by: Option<HostName>,
        /// How.
        method: InstallMethod,
        /// Under whom a manual or logon install runs; the domain's Administrator when absent.
        user: Option<Credentials>,
    },
    /// Upgrades an installed client to another product.
    Upgrade {
        /// The client's machine.
        client: HostName,
        /// The profile it has afterwards.
        profile: Arc<Profile>,
    },
    /// Runs the client's maintenance cycle now.
    Cycle {
        /// The client's machine.
        client: HostName,
    },
    /// Performs any operation of the port, as an operator would: synchronise, edit a policy, restart a service.
    Do {
        /// The operation.
        operation: Operation,
        /// Under whom; the domain's Administrator when absent (the machine's own system on a non-DC).
        user: Option<Credentials>,
        /// Operations of a list are performed one after the other; this code is required of each.
        require: Option<u32>,
    },
    /// Stops a service and starts it again.
    RestartService {
        /// The machine.
        host: HostName,
        /// The service.
        service: mockdc_mocks::ServiceName,
    },
    /// Starts a script.
    Run {
        /// Its name.
        script: Name,
    },
}

/// How an install is started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InstallMethod {
    /// By the Client Configuration Manager of a site server.
    #[default]
    Remote,
    /// By an administrator at the machine: Smsman.exe.
    Manual,
    /// By a logon script: Boot32wn.exe.
    Logon,
}

/// The program that a script stands for: started by a service or a launch, it runs the script.
pub type ScriptProgram = ProgramName;
