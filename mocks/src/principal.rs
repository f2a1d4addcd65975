//! Who acts: credentials, tokens and callers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{AccountName, HostName, RightSet, Secret, SimTime};

/// The account database that an account name belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// The domain, whichever domain controller answers.
    #[default]
    Domain,
    /// The local account database of a member server or workstation.
    Local(HostName),
}

/// A user name with its password, as a program presents them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Credentials {
    /// Where the account lives; the domain unless said otherwise.
    #[serde(default)]
    pub authority: Authority,
    /// The account.
    pub user: AccountName,
    /// Its password, as the caller believes it to be.
    pub password: Secret,
}

/// What a logon gives: the account and the rights and groups that it held at that moment.
///
/// A token keeps its rights for its lifetime; a later change of policy does not touch it (FACTS.md, A22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Token {
    /// The credentials that were presented; `None` for Local System.
    pub credentials: Option<Credentials>,
    /// The machine on which the token is valid.
    pub host: HostName,
    /// How the logon was made.
    pub logon: LogonType,
    /// The rights that were effective at the logon.
    pub rights: RightSet,
    /// Local and global groups at the logon, in the order of their names.
    pub groups: Box<[AccountName]>,
    /// Whether the token carries membership of the machine's Administrators.
    pub administrator: bool,
    /// When the logon was made.
    pub issued: SimTime,
}

/// The types of logon that need a right each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LogonType {
    /// `SeInteractiveLogonRight`
    Interactive,
    /// `SeNetworkLogonRight`
    Network,
    /// `SeBatchLogonRight`
    Batch,
    /// `SeServiceLogonRight`
    Service,
}

/// Under whose name a call is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// Local System of the calling host; across the network it is the machine's own account.
    System,
    /// Explicit credentials, checked anew by each remote host that is called.
    Credentials(Credentials),
    /// A process's token. Its own host trusts it as it stands; a remote host checks its credentials anew, so
    /// that a deleted account is refused.
    Token(Arc<Token>),
}

/// The host and the principal that make a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Where the calling program runs.
    pub host: HostName,
    /// Under whose name.
    pub who: Who,
}

impl Caller {
    /// Local System on `host`.
    pub fn system(host: impl Into<HostName>) -> Caller {
        Caller { host: host.into(), who: Who::System }
    }

    /// A domain account, calling from `host`.
    pub fn domain(
        host: impl Into<HostName>,
        user: impl Into<AccountName>,
        password: impl Into<Secret>,
    ) -> Caller {
        let credentials =
            Credentials { authority: Authority::Domain, user: user.into(), password: password.into() };
        Caller { host: host.into(), who: Who::Credentials(credentials) }
    }

    /// A process under `token`, on the token's host.
    pub fn token(token: Arc<Token>) -> Caller {
        Caller { host: token.host.clone(), who: Who::Token(token) }
    }

    /// The credentials that a remote host would check; `None` for Local System.
    pub fn credentials(&self) -> Option<&Credentials> {
        match &self.who {
            Who::System => None,
            Who::Credentials(credentials) => Some(credentials),
            Who::Token(token) => token.credentials.as_ref(),
        }
    }
}
