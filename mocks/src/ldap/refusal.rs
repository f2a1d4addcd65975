//! Refusals that a scenario states, as the directory writes those of the same Win32 code (FACTS.md, "Faults at the
//! ports").

use super::account::password_refused;
use super::{LdapError, Problem, ResultCode};
use crate::{Verb, Win32Error};

type W = Win32Error;

/// Where the refusals of a scenario come from, in the place of the directory's own.
const DSID: u32 = 0x0310_0000;

/// What the directory says about a logon of an account: a bind is refused with 49, and the code stands in its text.
const OF_THE_ACCOUNT: &[Win32Error] = &[
    W::LOGON_FAILURE,
    W::ACCOUNT_RESTRICTION,
    W::INVALID_LOGON_HOURS,
    W::INVALID_WORKSTATION,
    W::PASSWORD_EXPIRED,
    W::ACCOUNT_DISABLED,
    W::LOGON_TYPE_NOT_GRANTED,
    W::ACCOUNT_EXPIRED,
    W::PASSWORD_MUST_CHANGE,
    W::ACCOUNT_LOCKED_OUT,
];

/// Somebody whom the controller needs does not answer.
const NOT_THERE: &[Win32Error] = &[
    W::BAD_NETPATH,
    W::NO_LOGON_SERVERS,
    W::SERVER_UNAVAILABLE,
    W::NETLOGON_NOT_STARTED,
    W::DOMAIN_CONTROLLER_NOT_FOUND,
    W::DC_NOT_FOUND,
];

/// ERROR_BUSY: the resource is in use.
const BUSY: u32 = 170;

/// Codes of the Net API beside the numbers that the directory has for the same.
const NUMBERS: &[(Win32Error, u32)] = &[
    (W::USER_EXISTS, 0x524),
    (W::NERR_USER_EXISTS, 0x524),
    (W::GROUP_EXISTS, 0x526),
    (W::NERR_GROUP_EXISTS, 0x526),
    (W::ALIAS_EXISTS, 0x563),
    (W::MEMBER_IN_GROUP, 0x562),
    (W::MEMBER_IN_ALIAS, 0x562),
    (W::USER_IN_GROUP, 0x562),
    (W::MEMBER_NOT_IN_GROUP, 0x561),
    (W::MEMBER_NOT_IN_ALIAS, 0x561),
    (W::USER_NOT_IN_GROUP, 0x561),
];

impl LdapError {
    /// A refused bind: with 49 when the reason is the account's, whose sub-code stands behind `data`; otherwise the
    /// controller is not available, which says nothing about the password.
    pub(super) fn bind_refused(error: Win32Error, known: bool) -> LdapError {
        match OF_THE_ACCOUNT.contains(&error) {
            true => LdapError::bind(error, known),
            false => LdapError::unavailable(error),
        }
    }

    /// What an operation is refused with that a scenario refuses with a Win32 code.
    pub(super) fn refused(verb: &Verb, code: Win32Error) -> LdapError {
        if matches!(verb, Verb::Logon { .. }) && OF_THE_ACCOUNT.contains(&code) {
            return LdapError::bind(code, true);
        }
        if NOT_THERE.contains(&code) || code.code() == BUSY {
            return LdapError::unavailable(code);
        }
        let number = NUMBERS.iter().find(|row| row.0 == code).map(|row| row.1);
        match code {
            W::ACCESS_DENIED => LdapError::access_denied(),
            W::USER_NOT_FOUND | W::GROUP_NOT_FOUND | W::NO_SUCH_ALIAS | W::NO_SUCH_MEMBER => {
                LdapError::no_object("")
            }
            W::PASSWORD_RESTRICTION
            | W::PASSWORD_TOO_SHORT
            | W::PASSWORD_HISTORY_CONFLICT
            | W::PASSWORD_TOO_RECENT => password_refused(match verb {
                Verb::UserChangePassword { .. } => ResultCode::CONSTRAINT_VIOLATION,
                _ => ResultCode::UNWILLING_TO_PERFORM,
            }),
            W::LOGON_FAILURE if matches!(verb, Verb::UserChangePassword { .. }) => {
                let problem = (1005, "CONSTRAINT_ATT_TYPE");
                LdapError::attribute(ResultCode::CONSTRAINT_VIOLATION, 0x56, problem, 0x9005a, "unicodePwd")
            }
            _ => match number {
                Some(number @ (0x524 | 0x526 | 0x562 | 0x563)) => LdapError::exists(number, DSID),
                Some(number) => LdapError::unwilling(number, DSID),
                None => LdapError::unwilling(code.code(), DSID),
            },
        }
    }

    /// The controller cannot serve anybody now: it is busy, or lacks whom it needs.
    fn unavailable(code: Win32Error) -> LdapError {
        let (result, problem) = match code.code() {
            BUSY => (ResultCode::BUSY, Problem("SvcErr", 5001, "BUSY")),
            _ => (ResultCode::UNAVAILABLE, Problem("SvcErr", 5002, "UNAVAILABLE")),
        };
        LdapError::service(result, code.code(), DSID, problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_the_accounts_own_refuses_a_bind_as_a_wrong_password_does() {
        for code in OF_THE_ACCOUNT {
            assert_eq!(LdapError::bind_refused(*code, true).code, ResultCode::INVALID_CREDENTIALS, "{code}");
        }
        for code in [W::SERVER_UNAVAILABLE, W::NO_LOGON_SERVERS, W::ACCESS_DENIED, Win32Error(4711)] {
            let error = LdapError::bind_refused(code, true);
            assert_eq!(error.code, ResultCode::UNAVAILABLE, "{code}");
            assert!(!error.text.contains("data 6ba"), "{}", error.text);
        }
        assert_eq!(LdapError::bind_refused(Win32Error(BUSY), true).code, ResultCode::BUSY);
    }

    #[test]
    fn a_code_without_a_result_of_its_own_stands_in_the_text() {
        let verb = Verb::UserDelete { user: "SVC".into() };
        let refused = |code| LdapError::refused(&verb, Win32Error(code));
        let (error, text) =
            (refused(1314), "00000522: SvcErr: DSID-03100000, problem 5003 (WILL_NOT_PERFORM)");
        assert_eq!(error.code, ResultCode::UNWILLING_TO_PERFORM);
        assert!(error.text.starts_with(text), "{}", error.text);
        assert_eq!(refused(5).code, ResultCode::INSUFFICIENT_ACCESS_RIGHTS);
        assert_eq!(refused(2221).code, ResultCode::NO_SUCH_OBJECT);
        assert_eq!(refused(2224).code, ResultCode::ENTRY_ALREADY_EXISTS);
        assert_eq!(refused(2237).code, ResultCode::UNWILLING_TO_PERFORM);
        let error = refused(1722);
        assert!(error.text.starts_with("000006BA: SvcErr: "), "{}", error.text);
        assert_eq!(error.code, ResultCode::UNAVAILABLE);
    }
}
