//! Which change of the model stands for which object of the directory, and which changes a controller has not got yet.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{AccountName, ChangeKind, HostName, Name, Version};

use crate::Guid;

/// An account as the directory holds it, whatever its name is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) guid: Guid,
    pub(super) sid: String,
}

/// What of Samba a change of the model moves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moved {
    /// An object of the directory.
    Object(Guid),
    /// The rights of a security identifier.
    Rights(String),
}

/// A change of the model with what it moves.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) subject: Name,
    pub(super) change: ChangeKind,
    pub(super) moves: Vec<Moved>,
}

/// Every change of a run that Samba knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    accounts: BTreeMap<Name, Known>,
    head: Option<Guid>,
    entries: BTreeMap<Version, Entry>,
    has: BTreeMap<HostName, BTreeSet<Version>>,
}

impl Ledger {
    /// Notes the account that has a name from now on. Earlier changes keep what they meant.
    pub(super) fn know(&mut self, name: &AccountName, known: Known) {
        self.accounts.insert(name.name().clone(), known);
    }

    /// Notes the entry that holds the account policy.
    pub(super) fn know_head(&mut self, head: Guid) {
        self.head = Some(head);
    }

    /// The account that a name means, or has meant last.
    pub(super) fn account(&self, name: &Name) -> Option<&Known> {
        self.accounts.get(name)
    }

    /// A controller has committed a change; `further` accounts change with it in the directory.
    pub(super) fn committed(
        &mut self,
        at: &HostName,
        version: Version,
        change: ChangeKind,
        subject: &Name,
        further: &[Guid],
    ) {
        let mut moves = match change {
            ChangeKind::GroupPolicy
            | ChangeKind::Secret
            | ChangeKind::MachinePassword
            | ChangeKind::Object => Vec::new(),
            ChangeKind::AccountPolicy => self.head.map(Moved::Object).into_iter().collect(),
            ChangeKind::Rights => {
                self.account(subject).map(|known| Moved::Rights(known.sid.clone())).into_iter().collect()
            }
            _ => self.account(subject).map(|known| Moved::Object(known.guid)).into_iter().collect::<Vec<_>>(),
        };
        if change == ChangeKind::UserChange {
            moves.extend(further.iter().copied().map(Moved::Object));
        }
        if moves.is_empty() {
            return;
        }
        self.entries.insert(version, Entry { subject: subject.clone(), change, moves });
        self.has.entry(at.clone()).or_default().insert(version);
    }

    /// A controller has received a change. What it moves, when Samba knows it.
    pub(super) fn received(&mut self, at: &HostName, version: Version) -> Option<&Entry> {
        let entry = self.entries.get(&version)?;
        self.has.entry(at.clone()).or_default().insert(version);
        Some(entry)
    }

    /// Whether a controller has yet to get changes of an object, or of any group, which may be its primary group.
    pub(super) fn awaits(&self, at: &HostName, object: Guid) -> bool {
        let has = self.has.get(at);
        self.entries.iter().filter(|(version, _)| !has.is_some_and(|has| has.contains(version))).any(
            |(_, entry)| {
                matches!(entry.change, ChangeKind::GroupAdd) || entry.moves.contains(&Moved::Object(object))
            },
        )
    }

    /// Whether a controller has every change of the run.
    pub(super) fn has_everything(&self, at: &HostName) -> bool {
        self.has.get(at).map_or(0, BTreeSet::len) == self.entries.len()
    }
}

impl Entry {
    /// Accounts come before the groups that list them, and what goes comes last.
    pub(super) fn rank(&self) -> u8 {
        match self.change {
            ChangeKind::UserAdd
            | ChangeKind::UserChange
            | ChangeKind::UserRename
            | ChangeKind::Password
            | ChangeKind::Lockout => 0,
            ChangeKind::GroupAdd | ChangeKind::GroupMember => 1,
            ChangeKind::LocalGroupAdd | ChangeKind::LocalGroupMember => 2,
            ChangeKind::UserDelete | ChangeKind::GroupDelete | ChangeKind::LocalGroupDelete => 3,
            ChangeKind::Rights
            | ChangeKind::AccountPolicy
            | ChangeKind::GroupPolicy
            | ChangeKind::Secret
            | ChangeKind::MachinePassword
            | ChangeKind::Object => 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_keeps_the_object_that_its_name_meant_when_it_was_made() {
        let (first, second) = (Guid([1; 16]), Guid([2; 16]));
        let known = |guid| Known { guid, sid: String::new() };
        let (pdc, bdc) = ("PDC1".into(), "BDC1".into());
        let (alice, name) = (AccountName::from("alice"), Name::from("alice"));
        let mut ledger = Ledger::default();
        ledger.know(&alice, known(first));
        ledger.committed(&pdc, Version(1), ChangeKind::UserAdd, &name, &[]);
        ledger.committed(&pdc, Version(2), ChangeKind::UserDelete, &name, &[]);
        ledger.know(&alice, known(second));
        ledger.committed(&pdc, Version(3), ChangeKind::UserAdd, &name, &[]);
        ledger.committed(&pdc, Version(4), ChangeKind::GroupPolicy, &name, &[]);
        let moved = |ledger: &mut Ledger, version| {
            ledger.received(&bdc, Version(version)).map(|entry| entry.moves.clone())
        };
        assert_eq!(moved(&mut ledger, 2), Some(vec![Moved::Object(first)]));
        assert_eq!(moved(&mut ledger, 3), Some(vec![Moved::Object(second)]));
        assert_eq!(moved(&mut ledger, 4), None);
        assert!(ledger.has_everything(&pdc) && !ledger.has_everything(&bdc));
        assert!(moved(&mut ledger, 1).is_some() && ledger.has_everything(&bdc));
    }
}
