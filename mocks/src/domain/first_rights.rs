//! The rights that are effective at a host: worked out when somebody wants them, and compared with those before.

use std::cmp::Ordering;
use std::sync::OnceLock;

use crate::directory::{Database, PrincipalKind, Rid, groups_at};
use crate::{AccountName, RightSet};

/// Rights by the names of those who have any, in the order of the names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RightsByName(Box<[(AccountName, RightSet)]>);

impl RightsByName {
    /// The rights that are effective at a host by its own accounts and the domain's.
    pub(super) fn at(own: &Database, domain: Option<&Database>) -> RightsByName {
        // In the order of the holders.
        let held: Vec<(Rid, RightSet)> = own.all_rights().collect();
        let of = |rid: Rid| {
            held.binary_search_by_key(&rid, |(holder, _)| *holder)
                .map_or_else(|_| RightSet::default(), |at| held[at].1)
        };
        let everyone = of(Rid::EVERYONE);
        let mut effective = Vec::new();
        for (rid, principal) in own.principals() {
            let direct = of(rid);
            if direct.is_empty() && !matches!(principal.kind, PrincipalKind::User | PrincipalKind::Foreign) {
                continue;
            }
            let groups = groups_at(own, domain, rid);
            let rights: RightSet = [direct, everyone].into_iter().chain(groups.into_iter().map(of)).collect();
            if !rights.is_empty() {
                effective.push((principal.name.clone(), rights));
            }
        }
        effective.sort_by(|(one, _), (other, _)| one.cmp(other));
        effective.dedup_by(|(name, rights), (kept, all)| {
            let same = name == kept;
            if same {
                all.extend(*rights);
            }
            same
        });
        RightsByName(effective.into())
    }

    /// Who has which rights.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&AccountName, RightSet)> {
        self.0.iter().map(|(name, rights)| (name, *rights))
    }

    /// Whose rights are others than before, with those before and those now, in the order of the names.
    pub(super) fn changes<'a>(
        before: &'a RightsByName,
        after: &'a RightsByName,
    ) -> Vec<(&'a AccountName, RightSet, RightSet)> {
        let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
        let none = RightSet::default();
        let mut changes = Vec::new();
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return changes,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((one, _)), Some((other, _))) => one.cmp(other),
            };
            let gone = if order == Ordering::Greater { None } else { old.next() };
            let come = if order == Ordering::Less { None } else { new.next() };
            let (was, is) =
                (gone.map_or(none, |(_, rights)| rights), come.map_or(none, |(_, rights)| rights));
            if was != is {
                changes.extend(gone.or(come).map(|(name, _)| (name, was, is)));
            }
        }
    }
}

/// The rights that a controller's database gave at the start.
#[derive(Debug)]
pub(crate) struct FirstRights {
    /// As it was then: a clone that shares everything.
    database: Database,
    known: OnceLock<RightsByName>,
}

impl FirstRights {
    /// Those that a controller's database gives now.
    pub(super) fn of(database: &Database) -> FirstRights {
        FirstRights { database: database.clone(), known: OnceLock::new() }
    }

    /// The rights.
    pub(crate) fn known(&self) -> &RightsByName {
        self.known.get_or_init(|| RightsByName::at(&self.database, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Right;

    fn rights(held: &[(&str, RightSet)]) -> RightsByName {
        RightsByName(held.iter().map(|(name, rights)| (AccountName::from(*name), *rights)).collect())
    }

    #[test]
    fn what_came_went_and_changed_is_told_in_the_order_of_names() {
        let (one, two) = (RightSet::from([Right::Tcb]), RightSet::from([Right::Tcb, Right::Backup]));
        let before = rights(&[("Alice", one), ("Bob", one), ("Carol", two)]);
        let after = rights(&[("bob", two), ("carol", two), ("Dave", one)]);
        let none = RightSet::default();
        let told: Vec<(String, RightSet, RightSet)> = RightsByName::changes(&before, &after)
            .into_iter()
            .map(|(name, was, is)| (name.to_string(), was, is))
            .collect();
        let expected = [("Alice", one, none), ("Bob", one, two), ("Dave", none, one)]
            .map(|(n, w, i)| (n.to_owned(), w, i));
        assert_eq!(told, expected);
    }
}
