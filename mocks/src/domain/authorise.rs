//! Who may do what.

use super::Principal;
use crate::{Verb, VerbKind};

/// Whether the principal may perform the verb at the host that has let it in; 5 when not.
pub(super) fn may(principal: &Principal, verb: &Verb) -> bool {
    if principal.administrator {
        return true;
    }
    match verb {
        // Whoever knows the old password may change it.
        Verb::UserChangePassword { .. } => true,
        // The administrative share is the administrators'.
        Verb::ShareConnect { share } => !share.as_str().ends_with('$'),
        // A program reports on itself, starts what its own token may, and ends what it has started.
        Verb::ServiceReport { .. }
        | Verb::ProcessLaunch { .. }
        | Verb::ProcessExit { .. }
        | Verb::ProcessKill { .. }
        | Verb::PolicyRefresh { .. } => !principal.remote,
        Verb::FileWrite { .. } | Verb::FileDelete { .. } => !principal.remote,
        verb => reads(verb.kind()),
    }
}

/// Whether a verb only looks.
pub(super) fn reads(verb: VerbKind) -> bool {
    matches!(
        verb,
        VerbKind::UserInfo
            | VerbKind::GroupMembers
            | VerbKind::LocalGroupMembers
            | VerbKind::LookupSid
            | VerbKind::LookupName
            | VerbKind::RightsOf
            | VerbKind::Logon
            | VerbKind::DcFind
            | VerbKind::SecureChannelQuery
            | VerbKind::ServerInfo
            | VerbKind::ServiceQuery
            | VerbKind::RegistryRead
            | VerbKind::FileRead
            | VerbKind::Snapshot
    )
}
