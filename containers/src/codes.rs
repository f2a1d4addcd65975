//! From what a controller answers to the Win32 code that the Net API gives for the same act.

use mockdc_mocks::Win32Error;

use crate::Refusal;

/// What was asked when the controller refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// A bind or another logon.
    Logon,
    /// Creating or renaming an account of any kind.
    Create,
    /// Deleting a user or a group.
    Delete,
    /// An administrator's new password, alone or with a new account.
    SetPassword,
    /// A user's new password, with the old one.
    ChangePassword,
    /// Writing another attribute.
    Write,
    /// A user's primary group.
    PrimaryGroup,
    /// A new member of a global group.
    AddMember,
    /// A member less in a global group.
    RemoveMember,
    /// A new member of a local group.
    AddLocalMember,
    /// A member less in a local group.
    RemoveLocalMember,
}

use Act as A;
use Win32Error as W;

/// LDAP result codes (RFC 4511, 4.1.9).
mod result {
    pub(super) const NO_SUCH_ATTRIBUTE: u32 = 16;
    pub(super) const CONSTRAINT: u32 = 19;
    pub(super) const VALUE_EXISTS: u32 = 20;
    pub(super) const NO_SUCH_OBJECT: u32 = 32;
    pub(super) const CREDENTIALS: u32 = 49;
    pub(super) const ACCESS: u32 = 50;
    pub(super) const UNWILLING: u32 = 53;
    pub(super) const ENTRY_EXISTS: u32 = 68;
}

/// Logons: `data` of a refused bind, seen from Samba 4.17 in each of these states.
const BIND_DATA: &[(u32, Win32Error)] = &[
    (0x525, W::LOGON_FAILURE),
    (0x52e, W::LOGON_FAILURE),
    (0x52f, W::ACCOUNT_RESTRICTION),
    (0x530, W::INVALID_LOGON_HOURS),
    (0x531, W::INVALID_WORKSTATION),
    (0x532, W::PASSWORD_EXPIRED),
    (0x533, W::ACCOUNT_DISABLED),
    (0x569, W::LOGON_TYPE_NOT_GRANTED),
    (0x701, W::ACCOUNT_EXPIRED),
    (0x773, W::PASSWORD_MUST_CHANGE),
    (0x775, W::ACCOUNT_LOCKED_OUT),
];

/// Words in the text of a refused password, which has one number for all (Samba, `password_hash`; the Net API codes
/// are those of FACTS.md, A18 and A19).
const PASSWORD_WORDS: &[(&str, Win32Error)] = &[
    ("too young", W::ACCOUNT_RESTRICTION),
    ("too short", W::PASSWORD_TOO_SHORT),
    ("complexity", W::PASSWORD_TOO_SHORT),
    ("history", W::PASSWORD_TOO_SHORT),
];

/// Everything else: act, result, number at the beginning of the text where it decides, code. The first row that fits
/// counts. The Net API codes are those of FACTS.md, "Codes"; the LDAP side was seen from Samba 4.17.
const ROWS: &[(Act, u32, Option<u32>, Win32Error)] = &[
    (A::Create, result::ENTRY_EXISTS, None, W::NERR_USER_EXISTS),
    (A::Create, result::CONSTRAINT, Some(0x524), W::NERR_USER_EXISTS),
    (A::SetPassword, result::CONSTRAINT, Some(0x52d), W::PASSWORD_TOO_SHORT),
    (A::SetPassword, result::UNWILLING, Some(0x52d), W::PASSWORD_TOO_SHORT),
    (A::ChangePassword, result::CONSTRAINT, Some(0x56), W::LOGON_FAILURE),
    (A::ChangePassword, result::CONSTRAINT, Some(0x775), W::ACCOUNT_LOCKED_OUT),
    (A::ChangePassword, result::CONSTRAINT, Some(0x52d), W::PASSWORD_TOO_SHORT),
    (A::ChangePassword, result::UNWILLING, Some(0x52d), W::PASSWORD_TOO_SHORT),
    (A::PrimaryGroup, result::UNWILLING, None, W::USER_NOT_IN_GROUP),
    (A::AddMember, result::ENTRY_EXISTS, None, W::USER_IN_GROUP),
    (A::AddMember, result::VALUE_EXISTS, None, W::USER_IN_GROUP),
    (A::AddMember, result::NO_SUCH_OBJECT, None, W::USER_NOT_FOUND),
    (A::RemoveMember, result::UNWILLING, None, W::USER_NOT_IN_GROUP),
    (A::RemoveMember, result::NO_SUCH_ATTRIBUTE, None, W::USER_NOT_IN_GROUP),
    (A::AddLocalMember, result::ENTRY_EXISTS, None, W::MEMBER_IN_ALIAS),
    (A::AddLocalMember, result::VALUE_EXISTS, None, W::MEMBER_IN_ALIAS),
    (A::AddLocalMember, result::NO_SUCH_OBJECT, None, W::NO_SUCH_MEMBER),
    (A::RemoveLocalMember, result::UNWILLING, None, W::MEMBER_NOT_IN_ALIAS),
    (A::RemoveLocalMember, result::NO_SUCH_ATTRIBUTE, None, W::MEMBER_NOT_IN_ALIAS),
    (A::Delete, result::NO_SUCH_OBJECT, None, W::USER_NOT_FOUND),
    (A::Delete, result::UNWILLING, None, W::MEMBERS_PRIMARY_GROUP),
    (A::Delete, result::ENTRY_EXISTS, None, W::MEMBERS_PRIMARY_GROUP),
];

/// The code for a refused act; `None` when no table knows the refusal, which is then reported as it stands.
pub fn win32(act: Act, refusal: &Refusal) -> Option<Win32Error> {
    if refusal.result == result::CREDENTIALS {
        let data = refusal.data?;
        return BIND_DATA.iter().find(|row| row.0 == data).map(|row| row.1);
    }
    if refusal.result == result::ACCESS {
        return Some(W::ACCESS_DENIED);
    }
    if matches!(act, A::SetPassword | A::ChangePassword) && refusal.code == Some(0x52d) {
        let said = PASSWORD_WORDS.iter().find(|row| refusal.says(row.0));
        if let Some((_, code)) = said {
            return Some(*code);
        }
    }
    let fits = |row: &&(Act, u32, Option<u32>, Win32Error)| {
        row.0 == act && row.1 == refusal.result && (row.2.is_none() || row.2 == refusal.code)
    };
    ROWS.iter().find(fits).map(|row| row.3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(act: Act, result: u32, text: &str) -> Option<u32> {
        win32(act, &Refusal::new(result, text)).map(W::code)
    }

    #[test]
    fn a_bind_is_refused_with_the_code_in_its_text() {
        let text = |data| format!("80090308: LdapErr: DSID-0C0903A9, comment: error, data {data}, v1db1");
        for (data, expected) in [("52e", 1326), ("533", 1331), ("701", 1793), ("773", 1907), ("775", 1909)] {
            assert_eq!(code(A::Logon, 49, &text(data)), Some(expected), "{data}");
        }
        assert_eq!(code(A::Logon, 49, &text("999")), None);
        assert_eq!(code(A::Write, 50, "00002098: insufficient access"), Some(5));
    }

    #[test]
    fn a_password_is_refused_by_what_the_text_says() {
        for (words, expected) in [
            ("the password is too young to change", 1327),
            ("the password is too short. It should be longer", 2245),
            ("the password does not meet the complexity criteria", 2245),
            ("the password was already used (in history)", 2245),
        ] {
            assert_eq!(code(A::ChangePassword, 19, &format!("0000052D: {words}")), Some(expected), "{words}");
        }
        assert_eq!(code(A::ChangePassword, 19, "00000056: old password wrong"), Some(1326));
        assert_eq!(code(A::ChangePassword, 19, "00000775: locked"), Some(1909));
    }

    #[test]
    fn the_same_result_means_another_code_for_another_act() {
        let acts = [(A::Create, 2224), (A::AddMember, 2236), (A::AddLocalMember, 1378), (A::Delete, 1374)];
        for (act, expected) in acts {
            assert_eq!(code(act, 68, "00002071: exists"), Some(expected), "{act:?}");
        }
        assert_eq!(code(A::Write, 80, "other"), None);
    }

    #[test]
    fn every_code_of_the_tables_is_a_code_that_mockdc_knows() {
        let words = PASSWORD_WORDS.iter().map(|row| row.1);
        let codes = ROWS.iter().map(|row| row.3).chain(BIND_DATA.iter().map(|row| row.1)).chain(words);
        assert!(codes.into_iter().all(|code| code.name().is_some()));
    }
}
