//! What a domain is made of at the start. Plain data, read from scenario files or built by [`crate::DomainBuilder`].

mod fault;
mod machine;
mod membership;
mod octets;
mod policy;
pub mod rate;
mod replication;
mod week;
mod wire;

pub use fault::*;
pub use machine::*;
pub use membership::*;
pub use octets::*;
pub use policy::*;
pub use replication::*;
pub use week::*;
pub use wire::*;

use serde::{Deserialize, Serialize};

use crate::Name;

/// A whole world: the domain, its controllers, its machines, and what goes wrong.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct WorldSpec {
    /// The domain.
    pub domain: DomainSpec,
    /// Its controllers; exactly one is the PDC.
    pub dcs: Vec<DcSpec>,
    /// Member servers, workstations and site servers.
    pub machines: Vec<MachineSpec>,
    /// Network links between hosts whose speed matters.
    pub links: Vec<LinkSpec>,
    /// Domain accounts beside the built-in ones.
    pub users: Vec<UserSpec>,
    /// Groups beside the built-in ones.
    pub groups: Vec<GroupSpec>,
    /// Rights held at the start beside the defaults.
    pub rights: Vec<RightSpec>,
    /// Group policy objects.
    pub policies: Vec<GpoSpec>,
    /// Organisational units.
    pub units: Vec<UnitSpec>,
    /// Faults.
    pub faults: Vec<FaultSpec>,
}

/// The domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DomainSpec {
    /// Its NetBIOS name.
    pub name: Name,
    /// The numbers a, b and c of its security identifiers, S-1-5-21-a-b-c; made of its name when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<[u32; 3]>,
    /// How changes reach the other controllers.
    pub replication: Replication,
    /// Password and lockout policy.
    pub account_policy: AccountPolicy,
    /// The password of the built-in Administrator, under which operators act.
    pub administrator_password: crate::Secret,
    /// Members of Domain Users beside the accounts that the scenario names; they only cost (Q238191).
    pub further_users: u32,
    /// Refresh of group policy.
    pub refresh: RefreshSpec,
    /// Whether the accounts of machines stand in the directory.
    #[serde(skip_serializing_if = "ComputerAccounts::are_implied")]
    pub computer_accounts: ComputerAccounts,
    /// How members find and trust a controller.
    #[serde(skip_serializing_if = "SecureChannelSpec::is_default")]
    pub secure_channel: SecureChannelSpec,
}

impl Default for DomainSpec {
    fn default() -> DomainSpec {
        DomainSpec {
            name: "CORP".into(),
            sid: None,
            replication: Replication::default(),
            account_policy: AccountPolicy::default(),
            administrator_password: "Adm1n-password!".into(),
            further_users: 0,
            refresh: RefreshSpec::default(),
            computer_accounts: ComputerAccounts::default(),
            secure_channel: SecureChannelSpec::default(),
        }
    }
}
