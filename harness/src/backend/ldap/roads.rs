//! Which way an operation goes: over the wire, or directly to the served domain.

use mockdc_mocks::{
    AccountFlag, Caller, Credentials, LogonType, Operation, Outcome, Verb, VerbKind, Who, Win32Error,
};

/// How an operation reaches the served domain.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Road {
    /// Not at all: it was stopped on its way to the host.
    Nowhere,
    /// Without the wire.
    Direct,
    /// By LDAP, bound with these credentials.
    Wire(Credentials),
}

/// Codes that a bind over the wire cannot meet: the wire does not carry the calling computer's name and clock.
const OF_THE_CALLING_COMPUTER: &[Win32Error] =
    &[Win32Error::INVALID_WORKSTATION, Win32Error::TIME_DIFF_AT_DC];

/// The way of an operation whose outcome at the model is `outcome`. `writable`: whether the host is a controller, and
/// then whether it takes writes.
pub(super) fn road(by: &Caller, operation: &Operation, outcome: &Outcome, writable: Option<bool>) -> Road {
    if !outcome.arrived {
        return Road::Nowhere;
    }
    let Some(writable) = writable else { return Road::Direct };
    // A controller's own host trusts its programs, and there is no password to bind with.
    let trusted = match &by.who {
        Who::System => true,
        Who::Token(token) => by.host == operation.at && token.host == operation.at,
        Who::Credentials(_) => false,
    };
    let codes = matches!(outcome.answer, Err(code) if OF_THE_CALLING_COMPUTER.contains(&code));
    if trusted || codes || !ldap_says(&operation.verb, writable) {
        return Road::Direct;
    }
    match by.credentials() {
        // A bind without a password is an anonymous one.
        Some(credentials) if !credentials.password.reveal().is_empty() => Road::Wire(credentials.clone()),
        _ => Road::Direct,
    }
}

/// Whether LDAP can say a verb to a controller.
fn ldap_says(verb: &Verb, writable: bool) -> bool {
    // Accounts of computers are set up by calls of their own, with names and secrets that this client does not write.
    if verb.subject().is_some_and(|name| name.as_str().ends_with('$')) {
        return false;
    }
    // An entry of a security descriptor, which the front does not take apart.
    let descriptor =
        |flags: &std::collections::BTreeSet<AccountFlag>| flags.contains(&AccountFlag::CannotChangePassword);
    match verb {
        Verb::UserAdd { flags, password, .. } => !descriptor(flags) && !password.reveal().is_empty(),
        Verb::UserSetPassword { password, .. } => !password.reveal().is_empty(),
        Verb::UserSetFlags { set, clear, .. } => !descriptor(set) && !descriptor(clear),
        // A controller that only copies refers the client before it looks at the old password.
        Verb::UserChangePassword { .. } => writable,
        Verb::LookupName { buffer, .. } => buffer.is_none(),
        Verb::Logon { credentials, logon } => {
            *logon == LogonType::Network && !credentials.password.reveal().is_empty()
        }
        verb => matches!(
            verb.kind(),
            VerbKind::UserDelete
                | VerbKind::UserInfo
                | VerbKind::UserSetComment
                | VerbKind::UserSetExpiry
                | VerbKind::UserRename
                | VerbKind::UserSetPrimaryGroup
                | VerbKind::GroupAdd
                | VerbKind::GroupDelete
                | VerbKind::GroupAddUser
                | VerbKind::GroupRemoveUser
                | VerbKind::GroupMembers
                | VerbKind::LocalGroupAdd
                | VerbKind::LocalGroupDelete
                | VerbKind::LocalGroupAddMember
                | VerbKind::LocalGroupRemoveMember
                | VerbKind::LocalGroupMembers
                | VerbKind::AccountPolicySet
        ),
    }
}
