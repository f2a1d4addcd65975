//! Which answers are Samba's, which the model's, and whether the two say the same.

use std::collections::BTreeSet;

use mockdc_mocks::{AccountFlag, Answer, Operation, Reply, SimTime, Verb, VerbKind, Win32Error};

use super::SambaError;
use super::world::World;
use crate::{Differs, DirectoryError};

/// Codes that the model alone can give: Samba knows no such rule, or its time is not the scenario's.
pub const MODEL_ALONE: &[Win32Error] = &[
    // Single master.
    Win32Error::NOT_PRIMARY,
    // Names of 20 characters, and which characters.
    Win32Error::BAD_USERNAME,
    // What the built-in accounts are protected from.
    Win32Error::SPECIAL_ACCOUNT,
    Win32Error::SPECIAL_GROUP_OPERATION,
    Win32Error::LAST_ADMIN,
    // A local group in another.
    Win32Error::INVALID_MEMBER,
    // No attribute of the directory.
    Win32Error::PASSWORD_CANT_CHANGE,
    // The clock of the scenario, and the name of the calling computer.
    Win32Error::INVALID_LOGON_HOURS,
    Win32Error::INVALID_WORKSTATION,
    Win32Error::TIME_DIFF_AT_DC,
    // A service of the machine.
    Win32Error::NETLOGON_NOT_STARTED,
    // Arguments that no call takes.
    Win32Error::INVALID_PARAMETER,
    Win32Error::NOT_SUPPORTED,
];

/// Whether Samba answers this verb at a controller; every other is answered by the model alone.
pub fn samba_knows(verb: VerbKind) -> bool {
    use VerbKind as V;
    matches!(
        verb,
        V::UserAdd
            | V::UserDelete
            | V::UserInfo
            | V::UserSetPassword
            | V::UserChangePassword
            | V::UserSetComment
            | V::UserSetFlags
            | V::UserSetExpiry
            | V::UserRename
            | V::UserSetPrimaryGroup
            | V::GroupAdd
            | V::GroupDelete
            | V::GroupAddUser
            | V::GroupRemoveUser
            | V::GroupMembers
            | V::LocalGroupAdd
            | V::LocalGroupDelete
            | V::LocalGroupAddMember
            | V::LocalGroupRemoveMember
            | V::LocalGroupMembers
            | V::LookupName
            | V::RightGrant
            | V::RightRevoke
            | V::RightsOf
            | V::AccountPolicySet
            | V::Logon
    )
}

/// Whether Samba answers the operation at a controller. Accounts of computers are the model's, and so is whatever is
/// done to one.
pub(super) fn samba_answers(verb: &Verb) -> bool {
    samba_knows(verb.kind()) && !verb.subject().is_some_and(|name| name.as_str().ends_with('$'))
}

impl World {
    /// Samba's reply, with what the directory does not hold: instants of the scenario, how often the password was
    /// set, a flag that is no attribute; and without what the model does not have.
    pub(super) fn complete(&self, samba: Answer, model: &Answer) -> Answer {
        match (samba?, model) {
            (Reply::User(mut shown), Ok(Reply::User(known))) => {
                shown.password_set = known.password_set;
                shown.password_version = known.password_version;
                if shown.expires.is_some() && known.expires.is_some() {
                    shown.expires = known.expires;
                }
                if known.flags.contains(&AccountFlag::CannotChangePassword) {
                    shown.flags.insert(AccountFlag::CannotChangePassword);
                }
                Ok(Reply::User(shown))
            }
            (Reply::Members(mut members), _) => {
                members.retain(|member| !self.hidden.contains(member));
                Ok(Reply::Members(members))
            }
            (reply, _) => Ok(reply),
        }
    }

    /// Compares the answers and gives Samba's.
    pub(super) fn settle(
        &mut self,
        now: SimTime,
        operation: &Operation,
        model: &Answer,
        samba: Answer,
    ) -> Answer {
        if same(model, &samba) {
            return samba;
        }
        let reads = matches!(
            operation.verb.kind(),
            VerbKind::UserInfo | VerbKind::GroupMembers | VerbKind::LocalGroupMembers
        );
        let subject = operation.verb.subject();
        let on_its_way = subject.clone().filter(|name| {
            let known = self.ledger.account(name);
            reads && known.is_some_and(|known| self.ledger.awaits(&operation.at, known.guid))
        });
        let what = match on_its_way {
            // The object has come whole, before some of its changes are due.
            Some(name) => Differs::Early { account: name.as_str().into() },
            None => Differs::Answer { verb: operation.verb.kind(), subject },
        };
        self.differs(now, &operation.at, what, said(model), said(&samba));
        match (&operation.verb, model) {
            (Verb::Logon { .. }, Err(code)) if samba.is_ok() => Err(*code),
            _ => samba,
        }
    }
}

/// A result of the directory as an answer, or as a trouble when it is none.
pub(super) fn code_of<T>(
    result: Result<T, DirectoryError>,
    doing: impl FnOnce() -> String,
) -> Result<Result<T, Win32Error>, SambaError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(DirectoryError::Refused { code, .. }) => Ok(Err(code)),
        Err(problem) => Err(SambaError::Directory { doing: doing(), problem }),
    }
}

/// Whether two answers say the same: identifiers and instants are each side's own, members have no order.
fn same(model: &Answer, samba: &Answer) -> bool {
    match (model, samba) {
        (Ok(Reply::User(model)), Ok(Reply::User(samba))) => {
            model.name == samba.name
                && model.comment == samba.comment
                && model.flags == samba.flags
                && model.primary_group == samba.primary_group
                && model.bad_passwords == samba.bad_passwords
                && model.expires.is_some() == samba.expires.is_some()
        }
        (Ok(Reply::Members(model)), Ok(Reply::Members(samba))) => {
            model.iter().collect::<BTreeSet<_>>() == samba.iter().collect::<BTreeSet<_>>()
        }
        (model, samba) => model == samba,
    }
}

fn said(answer: &Answer) -> String {
    match answer {
        Ok(reply) => format!("{reply:?}"),
        Err(code) => code.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_to_a_computers_account_is_answered_by_the_model() {
        let reset = |user: &str| Verb::UserSetPassword { user: user.into(), password: "ws1".into() };
        assert!(samba_answers(&reset("WS1")));
        assert!(!samba_answers(&reset("WS1$")));
    }
}
