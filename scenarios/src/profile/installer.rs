//! The boot loader, the installing program, and manual and logon installs.

use mockdc_mocks::{Name, ProgramName, ServiceName, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MaximumWait;

/// The boot loader service on a target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LoaderRules {
    /// Its service.
    pub service: ServiceName,
    /// Its program (Q308945).
    pub program: ProgramName,
    /// Files that are copied to the target before it starts.
    pub files: Vec<Name>,
    /// The list of servers that it reads first (Q260168).
    pub server_list: Name,
    /// What ends its wait for its child (Q304961).
    pub waits_for_child: ChildWait,
    /// Its own time-out, with `waits-for-child = "time-out"` (A1: never published).
    pub time_out: Span,
}

/// What ends the boot loader's wait for the installing program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChildWait {
    /// Its end, or the time-out (until SP3).
    TimeOut,
    /// Its end only (since SP4).
    UntilExit,
}

/// The installing program (Ccmboot.exe) with the account library (CliEx32.dll).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BootstrapRules {
    /// Its program.
    pub program: ProgramName,
    /// The wait for a client service that might be there already: 1 minute (Q221218).
    pub first_wait: Span,
    /// The longest wait for an account to replicate, each time anew (A3).
    pub maximum_wait: MaximumWait,
    /// How it looks whether the account is there.
    pub probe: Probe,
    /// How often (A4).
    pub probe_interval: Span,
    /// When it calls the PDC again (A28).
    pub pdc_calls: PdcCalls,
    /// Which comes first at the PDC (A17).
    pub order: SetupOrder,
    /// Whether the accounts leave Domain Users once another group is primary (Q311127).
    pub leaves_users_group: bool,
    /// What is already as wanted is not done again (Q311127; since the SP4 hotfix rollup).
    pub skips_what_is_done: bool,
    /// Whether the PDC's registry can keep accounts in Domain Users (Q311127; since the SP4 hotfix rollup).
    pub reads_users_group_switch: bool,
    /// The key of that switch.
    pub users_group_key: Name,
    /// The name of its DWORD; not zero: accounts stay in Domain Users.
    pub users_group_value: Name,
}

/// How a wait looks for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// It looks the account up at the target.
    LookUp,
    /// It also changes the account's password, which a minimum age refuses (Q221218; RTM).
    LookUpAndChange,
}

/// When the installing program calls the PDC beside the first time (A28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PdcCalls {
    /// Once more when the wait is met.
    AfterTheWait,
    /// With each probe.
    AtEachProbe,
    /// Not again.
    Once,
}

/// Which comes first at the PDC (A17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SetupOrder {
    /// The global group, then the account.
    GroupFirst,
    /// The account, then the global group.
    AccountFirst,
}

/// Installs at the machine itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogonInstallRules {
    /// From a failed attempt of the logon script to its next: 10 minutes (Q264976).
    pub retry_every: Span,
    /// How often it tries again: 7 times (Q264976).
    pub retries: u32,
    /// Whether a user without administrator's rights leaves the install to the site server (Q265270, Q299772).
    pub asks_site_server: bool,
}
