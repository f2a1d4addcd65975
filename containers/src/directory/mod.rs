//! Account verbs at one domain controller by LDAP.

mod entry;
mod groups;
mod modify;
mod policy;
mod read;
mod trust;
mod users;

pub use entry::*;
pub use trust::*;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapResult};
use mockdc_mocks::{Credentials, Reply, Verb, Win32Error};

use crate::{Act, Refusal, Scale, codes};

/// How long a controller may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A domain controller as a client on this machine reaches it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where it answers LDAP.
    pub ldap: SocketAddr,
    /// Where it answers SMB.
    pub smb: SocketAddr,
    /// The domain's NetBIOS name.
    pub domain: Arc<str>,
    /// The domain's distinguished name: `DC=corp,DC=test`.
    pub base: Arc<str>,
}

/// Why a directory operation failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DirectoryError {
    /// The controller refused, and a table says which Win32 code that is.
    #[error("{code}{}", .refusal.as_ref().map(|refusal| format!(" ({refusal})")).unwrap_or_default())]
    Refused {
        /// What the Net API gives for it.
        code: Win32Error,
        /// What the controller said; absent when a look-up found nothing.
        refusal: Option<Refusal>,
    },
    /// The controller refused in a way that no table knows: a gap in mockdc.
    #[error("{act:?} was refused in a way that has no Win32 code: {refusal}")]
    Unmapped {
        /// What was asked.
        act: Act,
        /// What the controller said.
        refusal: Refusal,
    },
    /// There was no connection, or no answer in time. The remedy is to look whether the container runs.
    #[error("the controller at {address} does not answer: {problem}")]
    Silent {
        /// Its address.
        address: SocketAddr,
        /// What went wrong.
        problem: String,
    },
    /// The controller answered with something that the protocol does not allow.
    #[error("the directory holds something unexpected: {0}")]
    Strange(String),
}

impl DirectoryError {
    /// What a Win32 caller gets: the code, 1722 when the controller is silent, 59 (unexpected network error) for what
    /// has no code.
    pub fn win32(&self) -> Win32Error {
        match self {
            DirectoryError::Refused { code, .. } => *code,
            DirectoryError::Silent { .. } => Win32Error::SERVER_UNAVAILABLE,
            DirectoryError::Unmapped { .. } | DirectoryError::Strange(_) => Win32Error(59),
        }
    }

    pub(crate) fn code(code: Win32Error) -> DirectoryError {
        DirectoryError::Refused { code, refusal: None }
    }
}

/// A connection to a controller's directory.
#[derive(Debug)]
pub struct Directory {
    ldap: Ldap,
    endpoint: Endpoint,
    scale: Scale,
}

impl Directory {
    /// Connects without saying who calls. `scale` is how instants and ages are written.
    pub async fn connect(endpoint: &Endpoint, scale: Scale) -> Result<Directory, DirectoryError> {
        let settings = LdapConnSettings::new();
        Directory::open(endpoint, scale, settings, format!("ldap://{}", endpoint.ldap)).await
    }

    /// Connects over TLS to a controller whose address for LDAP is one of LDAP over TLS, and whose certificate `trust`
    /// vouches for.
    pub async fn connect_over_tls(
        endpoint: &Endpoint,
        scale: Scale,
        trust: &Trust,
    ) -> Result<Directory, DirectoryError> {
        let settings = LdapConnSettings::new().set_config(trust.config());
        Directory::open(endpoint, scale, settings, format!("ldaps://{}", endpoint.ldap)).await
    }

    async fn open(
        endpoint: &Endpoint,
        scale: Scale,
        settings: LdapConnSettings,
        url: String,
    ) -> Result<Directory, DirectoryError> {
        let settings = settings.set_conn_timeout(PATIENCE);
        let opened = LdapConnAsync::with_settings(settings, &url).await;
        let (connection, ldap) = opened.map_err(|error| silent(endpoint, &error))?;
        // The driver ends with the last handle, and reports what it meets through the operations.
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "an LDAP connection ended");
            }
        });
        Ok(Directory::over(ldap, endpoint, scale))
    }

    /// A directory over a connection that is open already, one over TLS say, under whatever name is bound to it.
    pub fn over(ldap: Ldap, endpoint: &Endpoint, scale: Scale) -> Directory {
        Directory { ldap, endpoint: endpoint.clone(), scale }
    }

    /// Connects and binds: 1326, 1327, 1331, 1793, 1907, 1909 as the controller says.
    ///
    /// An empty password would be an anonymous bind, which always succeeds; it is refused here with 1326.
    pub async fn log_on(
        endpoint: &Endpoint,
        credentials: &Credentials,
        scale: Scale,
    ) -> Result<Directory, DirectoryError> {
        let mut directory = Directory::connect(endpoint, scale).await?;
        directory.bind_as(credentials).await?;
        Ok(directory)
    }

    /// Binds as somebody, or as somebody else than before: codes as for [`Directory::log_on`].
    pub async fn bind_as(&mut self, credentials: &Credentials) -> Result<(), DirectoryError> {
        let name = format!("{}\\{}", self.endpoint.domain, credentials.user);
        self.bind(&name, credentials.password.reveal()).await
    }

    pub(crate) async fn bind(&mut self, name: &str, password: &str) -> Result<(), DirectoryError> {
        if password.is_empty() {
            return Err(DirectoryError::code(Win32Error::LOGON_FAILURE));
        }
        let result = self.ldap().simple_bind(name, password).await;
        self.accept(Act::Logon, result)
    }

    /// The controller.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether the connection has ended.
    pub fn is_closed(&mut self) -> bool {
        self.ldap.is_closed()
    }

    pub(crate) fn scale(&self) -> Scale {
        self.scale
    }

    /// Performs a verb of the account database; `None` when the directory does not know it.
    ///
    /// Users, groups, local groups and account policy; rights, logons and snapshots are the business of others.
    pub async fn perform(&mut self, verb: &Verb) -> Option<Result<Reply, DirectoryError>> {
        let done = |result: Result<(), DirectoryError>| result.map(|()| Reply::Done);
        Some(match verb {
            Verb::UserAdd { user, password, comment, flags } => {
                done(self.user_add(user, password, comment.as_deref(), flags).await)
            }
            Verb::UserDelete { user } => done(self.delete(user, Kind::User).await),
            Verb::UserInfo { user } => {
                self.user_info(user).await.map(|info| Reply::User(Box::new(info.into_reply())))
            }
            Verb::UserSetPassword { user, password } => done(self.set_password(user, password).await),
            Verb::UserChangePassword { user, old, new } => done(self.change_password(user, old, new).await),
            Verb::UserSetComment { user, comment } => done(self.set_comment(user, comment).await),
            Verb::UserSetFlags { user, set, clear } => done(self.set_flags(user, set, clear).await),
            Verb::UserSetExpiry { user, expires } => {
                let at = expires.map(|span| mockdc_mocks::SimTime::START + span);
                done(self.set_expiry(user, at).await)
            }
            Verb::UserRename { user, to } => done(self.rename(user, to).await),
            Verb::UserSetPrimaryGroup { user, group } => done(self.set_primary_group(user, group).await),
            Verb::GroupAdd { group } => done(self.group_add(group, Kind::Group).await),
            Verb::GroupDelete { group } => done(self.delete(group, Kind::Group).await),
            Verb::GroupAddUser { group, user } => done(self.member(group, user, Membership::Join).await),
            Verb::GroupRemoveUser { group, user } => done(self.member(group, user, Membership::Leave).await),
            Verb::GroupMembers { group } => self.members(group, Kind::Group).await.map(Reply::Members),
            Verb::LocalGroupAdd { group } => done(self.group_add(group, Kind::LocalGroup).await),
            Verb::LocalGroupDelete { group } => done(self.delete(group, Kind::LocalGroup).await),
            Verb::LocalGroupAddMember { group, member } => {
                done(self.local_member(group, member, Membership::Join).await)
            }
            Verb::LocalGroupRemoveMember { group, member } => {
                done(self.local_member(group, member, Membership::Leave).await)
            }
            Verb::LocalGroupMembers { group } => {
                self.members(group, Kind::LocalGroup).await.map(Reply::Members)
            }
            Verb::LookupName { account, .. } => match self.find(account).await {
                Ok(Some(_)) => Ok(Reply::Done),
                Ok(None) => Err(DirectoryError::code(Win32Error::NONE_MAPPED)),
                Err(error) => Err(error),
            },
            Verb::AccountPolicySet { policy } => done(self.set_policy(policy).await),
            _ => return None,
        })
    }

    fn ldap(&mut self) -> &mut Ldap {
        self.ldap.with_timeout(PATIENCE)
    }

    fn accept(&self, act: Act, result: Result<LdapResult, ldap3::LdapError>) -> Result<(), DirectoryError> {
        let result = result.map_err(|error| silent(&self.endpoint, &error))?;
        if result.rc == 0 {
            return Ok(());
        }
        let refusal = Refusal::new(result.rc, result.text);
        Err(match codes::win32(act, &refusal) {
            Some(code) => DirectoryError::Refused { code, refusal: Some(refusal) },
            None => DirectoryError::Unmapped { act, refusal },
        })
    }
}

/// Whether a member comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Membership {
    Join,
    Leave,
}

fn silent(endpoint: &Endpoint, error: &ldap3::LdapError) -> DirectoryError {
    DirectoryError::Silent { address: endpoint.ldap, problem: error.to_string() }
}
