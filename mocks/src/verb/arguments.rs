//! What verbs take beside names and numbers.

use serde::{Deserialize, Serialize};

/// Flags of a user account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AccountFlag {
    /// The account is disabled: 1331.
    Disabled,
    /// The password must be changed at the next logon: 1907.
    MustChangePassword,
    /// The user may not change the password: 2243.
    CannotChangePassword,
    /// The password never expires.
    PasswordNeverExpires,
    /// The account is locked out: 1909.
    LockedOut,
    /// The account of a member server or workstation: its name ends with `$`, and nobody logs on under it (1807).
    WorkstationTrustAccount,
    /// The account of a domain controller: nobody logs on under it (1808).
    ServerTrustAccount,
}

/// When a service starts by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StartMode {
    /// With the machine.
    Automatic,
    /// On demand.
    #[default]
    Manual,
    /// Not at all.
    Disabled,
}

/// A service's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ServiceState {
    /// Not running.
    Stopped,
    /// Started, and not yet reported as running.
    StartPending,
    /// Running.
    Running,
}

/// Which rights a launch consults (FACTS.md, A30).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RightsChecked {
    /// Those of the caller's token, fixed at its logon.
    #[default]
    AtLogon,
    /// Those that are effective for the caller's account now.
    Now,
}

/// Under which invocation id a controller of Active Directory goes on that was restored (KB875495).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Invocation {
    /// Under the one that it had, as when a disk or a virtual machine is copied back: its update sequence numbers roll
    /// back, and partners take what it writes under a number that they know for old.
    #[default]
    Kept,
    /// Under a new one, as a restore from a backup does: everything that it lacks comes again, and what it writes goes
    /// out.
    New,
}

/// Registry data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Data {
    /// REG_DWORD
    Dword(u32),
    /// REG_SZ
    Text(String),
    /// REG_MULTI_SZ
    List(Vec<String>),
}

/// A process on a host; unique in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct ProcessId(pub u32);
