//! Machines as members of the domain: whether they belong to it, and how they find and trust a controller.

use serde::{Deserialize, Serialize};

/// What a machine belongs to at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Membership {
    /// The domain: it has joined long ago, and its password is the same on both sides.
    #[default]
    Domain,
    /// A workgroup: no account in the domain, no secret, and no Netlogon service that runs.
    Workgroup,
}

impl Membership {
    /// Whether it is the domain's.
    pub fn is_domain(&self) -> bool {
        *self == Membership::Domain
    }
}

/// Whether the accounts of machines stand in the directory (FACTS.md, "Computer accounts").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ComputerAccounts {
    /// They are taken for granted: each member's trust holds, costs nothing and shows nowhere.
    #[default]
    Implied,
    /// Each member and each controller has its account in the directory, and each secure channel is set up with it.
    Listed,
}

impl ComputerAccounts {
    /// Whether they are taken for granted.
    pub fn are_implied(&self) -> bool {
        *self == ComputerAccounts::Implied
    }
}

/// What no source settles of secure channels (FACTS.md, A51 to A53).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct SecureChannelSpec {
    /// A member that looks for a controller passes over those that do not have its account (A51).
    pub asks_for_account: bool,
    /// A controller whose copy of a machine's password does not fit asks the PDC for it (A52).
    pub checks_password_at_pdc: bool,
    /// Until its first secure channel stands, a machine that has joined turns to the controller that made its account
    /// first (A53).
    pub joining_controller_first: bool,
}

impl SecureChannelSpec {
    /// Whether nothing differs from the defaults.
    pub fn is_default(&self) -> bool {
        *self == SecureChannelSpec::default()
    }
}
