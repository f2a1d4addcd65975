//! How a refusal looks on the wire of Active Directory (FACTS.md, "Codes"): what the fake would have sent.

use mockdc_mocks::{VerbKind, Win32Error};

use crate::acts::Act;
use crate::sequence::Way;

/// The refusal of an operation with a code, as LDAP or a session set-up says it: `ldap 49 data 52e`, `nt c000006d`.
/// Nothing where a client finds out by looking and the controller refuses nothing.
pub(crate) fn expected(act: &Act, kind: VerbKind, code: Win32Error) -> String {
    if let Act::Logon { by, .. } = act {
        return match by {
            Way::Bind => format!("ldap 49 data {:x}", code.code()),
            Way::Session => status(code),
        };
    }
    use VerbKind as V;
    let refused = match (kind, code) {
        (V::UserAdd | V::UserSetPassword, Win32Error::PASSWORD_TOO_SHORT) => "ldap 53 0000052d",
        (V::UserChangePassword, Win32Error::PASSWORD_TOO_SHORT | Win32Error::ACCOUNT_RESTRICTION) => {
            "ldap 19 0000052d"
        }
        (V::UserChangePassword, Win32Error::LOGON_FAILURE) => "ldap 19 00000056",
        (V::UserChangePassword, Win32Error::ACCOUNT_LOCKED_OUT) => "ldap 19 00000775",
        (V::GroupAddUser, Win32Error::USER_IN_GROUP) => "ldap 68 00000562",
        (V::LocalGroupAddMember, Win32Error::MEMBER_IN_ALIAS) => "ldap 68 00000562",
        (V::GroupRemoveUser, Win32Error::MEMBERS_PRIMARY_GROUP) => "ldap 53 0000055e",
        (V::GroupRemoveUser, Win32Error::USER_NOT_IN_GROUP) => "ldap 53 00000561",
        (V::LocalGroupRemoveMember, Win32Error::MEMBER_NOT_IN_ALIAS) => "ldap 53 00000561",
        (V::UserSetPrimaryGroup, Win32Error::USER_NOT_IN_GROUP) => "ldap 53 00000561",
        _ => "",
    };
    refused.to_owned()
}

/// The NTSTATUS of a refused logon.
fn status(code: Win32Error) -> String {
    let status = mockdc_containers::NtStatus::known().find(|status| {
        status.win32() == Some(code) && *status != mockdc_containers::NtStatus::WRONG_PASSWORD
    });
    status.map_or_else(|| format!("no status for {code}"), |status| format!("nt {:08x}", status.0))
}
