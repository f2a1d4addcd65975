//! What a verb is about.

use super::Verb;
use crate::Name;

impl Verb {
    /// The account, group, right's holder, object, service, program, key, file or share that it is about.
    pub fn subject(&self) -> Option<Name> {
        Some(match self {
            Verb::UserAdd { user, .. }
            | Verb::UserDelete { user }
            | Verb::UserInfo { user }
            | Verb::UserSetPassword { user, .. }
            | Verb::UserChangePassword { user, .. }
            | Verb::UserSetComment { user, .. }
            | Verb::UserSetFlags { user, .. }
            | Verb::UserSetExpiry { user, .. }
            | Verb::UserSetLogonLimits { user, .. }
            | Verb::UserRename { user, .. }
            | Verb::UserSetPrimaryGroup { user, .. }
            | Verb::GroupAddUser { user, .. }
            | Verb::GroupRemoveUser { user, .. } => user.name().clone(),
            Verb::GroupAdd { group }
            | Verb::GroupDelete { group }
            | Verb::GroupMembers { group }
            | Verb::LocalGroupAdd { group }
            | Verb::LocalGroupDelete { group }
            | Verb::LocalGroupMembers { group } => group.name().clone(),
            Verb::LocalGroupAddMember { member, .. } | Verb::LocalGroupRemoveMember { member, .. } => {
                member.name().clone()
            }
            Verb::LookupSid { sid, .. } => Name::from(sid.as_str()),
            Verb::LookupName { account, .. }
            | Verb::RightGrant { account, .. }
            | Verb::RightRevoke { account, .. }
            | Verb::RightsOf { account } => account.name().clone(),
            Verb::GpoWrite { gpo, .. }
            | Verb::GpoDefineRight { gpo, .. }
            | Verb::GpoAddToRight { gpo, .. }
            | Verb::GpoUndefineRight { gpo, .. }
            | Verb::GpoLink { gpo, .. }
            | Verb::GpoUnlink { gpo, .. } => gpo.name().clone(),
            Verb::Logon { credentials, .. } => credentials.user.name().clone(),
            Verb::ShareConnect { share } | Verb::ShareAdd { share } | Verb::ShareDelete { share } => {
                share.clone()
            }
            Verb::ServiceCreate { service, .. }
            | Verb::ServiceDelete { service }
            | Verb::ServiceSetAccount { service, .. }
            | Verb::ServiceStart { service }
            | Verb::ServiceStop { service }
            | Verb::ServiceQuery { service }
            | Verb::ServiceReport { service, .. } => service.name().clone(),
            Verb::ProcessLaunch { program, .. } => program.name().clone(),
            Verb::RegistryRead { value, .. }
            | Verb::RegistryWrite { value, .. }
            | Verb::RegistryDelete { value, .. } => value.clone(),
            Verb::FileRead { path } | Verb::FileWrite { path, .. } | Verb::FileDelete { path } => {
                path.clone()
            }
            Verb::SnapshotTake { name } | Verb::SnapshotRestore { name, .. } => name.clone(),
            Verb::DcFind { domain, .. } | Verb::DomainJoin { domain, .. } => return domain.clone(),
            Verb::SecureChannelReset { server } => {
                return server.as_ref().map(|server| server.name().clone());
            }
            Verb::MachinePasswordReset { server, .. } => server.name().clone(),
            Verb::AccountPolicySet { .. }
            | Verb::PolicyRefresh { .. }
            | Verb::DomainUnjoin { .. }
            | Verb::SecureChannelQuery {}
            | Verb::SecureChannelVerify {}
            | Verb::MachinePasswordChange {}
            | Verb::MachineSecretStore { .. }
            | Verb::ShareDisconnect {}
            | Verb::ServerInfo {}
            | Verb::ProcessExit { .. }
            | Verb::ProcessKill { .. }
            | Verb::Restart { .. }
            | Verb::Synchronize { .. }
            | Verb::SynchronizeDomain { .. }
            | Verb::Snapshot {} => return None,
        })
    }
}
