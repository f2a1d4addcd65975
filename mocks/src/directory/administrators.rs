//! The administrators of an account database: one remains.

use std::collections::BTreeSet;

use super::{Database, PrincipalKind, Rid};
use crate::{AccountFlag, Win32Error};

impl Database {
    /// Whether an enabled user of this database is left in Administrators when a user is deleted, disabled, or taken
    /// out of a group: 2452. One that has no administrator already may lose what it likes. `from`: the group that it
    /// leaves; `None`: it goes from all.
    pub(super) fn keeps_an_administrator(&self, without: Rid, from: Option<Rid>) -> Result<(), Win32Error> {
        let built_in = Rid::ADMINISTRATOR;
        let listed = self.listed(Rid::ADMINISTRATORS).is_some_and(|members| members.contains(&built_in));
        if without != built_in && listed && self.is_enabled_user(built_in) {
            return Ok(());
        }
        let left = !self.administrators(Some((without, from))).is_empty();
        match left || self.administrators(None).is_empty() {
            true => Ok(()),
            false => Err(Win32Error::LAST_ADMIN),
        }
    }

    fn is_enabled_user(&self, rid: Rid) -> bool {
        self.kind_of(rid) == Some(PrincipalKind::User)
            && !self.flags(rid).is_some_and(|flags| flags.contains(&AccountFlag::Disabled))
    }

    /// The enabled users in Administrators, directly or by a global group of this database.
    fn administrators(&self, without: Option<(Rid, Option<Rid>)>) -> BTreeSet<Rid> {
        let leaves = |member: Rid, group: Rid| {
            without.is_some_and(|(rid, from)| rid == member && from.is_none_or(|from| from == group))
        };
        let mut found = BTreeSet::new();
        for member in self.members(Rid::ADMINISTRATORS) {
            if leaves(member, Rid::ADMINISTRATORS) {
                continue;
            }
            match self.kind_of(member) {
                Some(PrincipalKind::User) => {
                    found.insert(member);
                }
                Some(PrincipalKind::Group) => {
                    found.extend(self.members(member).into_iter().filter(|user| !leaves(*user, member)));
                }
                _ => {}
            }
        }
        found.retain(|rid| self.is_enabled_user(*rid));
        found
    }
}
