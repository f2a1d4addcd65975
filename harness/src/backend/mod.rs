//! What a scenario can be run against, and a run from start to end on either.
//!
//! The fake runs in virtual time, or with a speed on the wall clock; the ports of the fake and Samba run on the wall clock
//! only.

mod ldap;
mod play;
mod samba;
mod wall;

pub use ldap::{LdapDomain, LdapDomainBuilder, LdapDomainError};
pub use play::{NoRun, Played, await_the_end_of_containers, play, play_from};
pub use wall::{MOST_ATTEMPTS, OnTheWall, PRECISION};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// What performs the operations of a run.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// The domain model, in this process.
    #[default]
    Fake,
    /// The domain model at the ports of its mock controllers, called by an LDAP client over TCP for what LDAP can say.
    Ldap,
    /// Samba Active Directory in containers, with the model beside it for what Samba does not know.
    Samba,
}

impl Backend {
    /// All of them.
    pub const ALL: [Backend; 3] = [Backend::Fake, Backend::Ldap, Backend::Samba];

    /// Its name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Fake => "fake",
            Backend::Ldap => "ldap",
            Backend::Samba => "samba",
        }
    }
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}
