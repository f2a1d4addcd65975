//! The domain's controllers with their databases, and every commit of the run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Commit, Database, DcIndex, Part, Record, Rid, Stamp};
#[cfg(feature = "ldap")]
use super::{Put, Remains};
use crate::domain::{Facts, HostMap};
use crate::{DcRole, HostName, Name, SimTime, Version};

/// One controller.
#[derive(Clone, Debug)]
pub(crate) struct Controller {
    /// Its role.
    pub(crate) role: DcRole,
    /// Its site.
    pub(crate) site: Name,
    /// Its replica of the domain's account database.
    pub(crate) database: Database,
}

/// The controllers, in the order of the world's list; a [`DcIndex`] is a place in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controllers {
    list: HostMap<Controller>,
    /// Controllers whose databases may have been written since somebody asked.
    touched: BTreeSet<DcIndex>,
    /// How often a part of which rights are made had been put when somebody last asked.
    rights_seen: BTreeMap<DcIndex, u64>,
    commits: Vec<Arc<Commit>>,
    pdc: DcIndex,
    next_rid: u32,
    /// How many objects that are no accounts were made.
    #[cfg(feature = "ldap")]
    objects: u32,
    further_users: u32,
    keeps_undo: bool,
    undo: BTreeMap<Version, Vec<(Part, Option<Record>)>>,
    /// What accounts left where they were deleted, by the commits that did it: a tombstone brings that with it wherever
    /// it comes, also to the controller that has made it and was put back since.
    #[cfg(feature = "ldap")]
    remains: BTreeMap<(Version, Rid), Remains>,
}

impl Controllers {
    /// No controllers yet; `further_users` are members of Domain Users that only cost.
    pub(crate) fn new(next_rid: Rid, further_users: u32) -> Controllers {
        Controllers { next_rid: next_rid.0.max(Rid::FIRST.0), further_users, ..Controllers::default() }
    }

    /// From now on remembers what commits replace, so that a crash can take them back.
    pub(crate) fn keep_undo(&mut self) {
        self.keeps_undo = true;
    }

    /// Adds a controller.
    pub(crate) fn insert(&mut self, name: HostName, controller: Controller) -> DcIndex {
        let index = DcIndex(u16::try_from(self.list.len()).unwrap_or(u16::MAX));
        if controller.role == DcRole::Pdc {
            self.pdc = index;
        }
        self.list.insert(name, controller);
        index
    }

    /// Every place in the list.
    pub(crate) fn indices(&self) -> impl Iterator<Item = DcIndex> + use<> {
        (0..self.list.len()).map(|index| DcIndex(index as u16))
    }

    /// The place of the primary domain controller, or the PDC emulator.
    pub(crate) fn pdc(&self) -> DcIndex {
        self.pdc
    }

    /// The place of a host; `None` when it is no controller.
    pub(crate) fn index(&self, name: &HostName) -> Option<DcIndex> {
        self.list.get_index_of(name).map(|index| DcIndex(index as u16))
    }

    /// A controller's name.
    pub(crate) fn name(&self, at: DcIndex) -> &HostName {
        self.entry(at).0
    }

    /// A controller.
    pub(crate) fn controller(&self, at: DcIndex) -> &Controller {
        self.entry(at).1
    }

    /// A controller's database.
    pub(crate) fn database(&self, at: DcIndex) -> &Database {
        &self.entry(at).1.database
    }

    /// A controller's database to write to, with the controller's name.
    pub(crate) fn database_mut(&mut self, at: DcIndex) -> (&HostName, &mut Database) {
        self.touched.insert(at);
        let (name, controller) =
            self.list.get_index_mut(usize::from(at.0)).expect("a DcIndex is a place in this list");
        (name, &mut controller.database)
    }

    /// A controller's database to ask what it remembers of those whom it has let in, or to note
    /// that it has: nothing is written that replicates or that rights are made of.
    pub(crate) fn database_to_ask(&mut self, at: DcIndex) -> &mut Database {
        let (_, controller) =
            self.list.get_index_mut(usize::from(at.0)).expect("a DcIndex is a place in this list");
        &mut controller.database
    }

    /// Takes the controllers at which accounts' groups or rights may have become others since the last call.
    pub(crate) fn take_touched(&mut self) -> Vec<DcIndex> {
        let mut touched = Vec::new();
        for dc in std::mem::take(&mut self.touched) {
            let made = self.database(dc).rights_made;
            if self.rights_seen.insert(dc, made) != Some(made) {
                touched.push(dc);
            }
        }
        touched
    }

    /// The name that an account had until a conflict took it away, when its name is one that a conflict gave.
    #[cfg(feature = "ldap")]
    pub(crate) fn lost_name(&self, record: &super::Record) -> Option<crate::Name> {
        let given = matches!(&record.value, Some(super::RecordValue::Name(name)) if is_given_up(name));
        given.then(|| Some(self.commit(record.stamp.version)?.subject.clone())).flatten()
    }

    fn entry(&self, at: DcIndex) -> (&HostName, &Controller) {
        self.list.get_index(usize::from(at.0)).expect("a DcIndex is a place in this list")
    }

    /// A commit of the run; `None` for the state at the start.
    pub(crate) fn commit(&self, version: Version) -> Option<&Arc<Commit>> {
        self.commits.get(usize::try_from(version.0).ok()?.checked_sub(1)?)
    }

    /// Every commit of the run, in order: versions 1, 2, 3, …
    #[cfg(test)]
    pub(crate) fn commits(&self) -> &[Arc<Commit>] {
        &self.commits
    }

    /// The version of the next commit.
    pub(crate) fn next_version(&self) -> Version {
        Version(self.commits.len() as u64 + 1)
    }

    /// Enters a commit whose version is [`Controllers::next_version`].
    pub(crate) fn enter(&mut self, commit: Commit) {
        debug_assert_eq!(commit.version, self.next_version());
        self.commits.push(Arc::new(commit));
    }

    /// Remembers what a commit replaces, when a crash may take it back.
    pub(crate) fn remember(&mut self, version: Version, at: DcIndex, parts: impl Iterator<Item = Part>) {
        if self.keeps_undo {
            let records = self.database(at).records();
            let before = parts.map(|part| {
                let record = records.record(&part).cloned();
                (part, record)
            });
            let before = before.collect();
            self.undo.insert(version, before);
        }
    }

    /// Takes commits back that a controller has lost in a crash, the latest first. What it replaced shows again; what
    /// was not there is gone.
    pub(crate) fn take_back(&mut self, now: SimTime, at: DcIndex, lost: &[Version], facts: &mut Facts) {
        for version in lost.iter().rev() {
            for (part, before) in self.undo.remove(version).into_iter().flatten() {
                let (host, database) = self.database_mut(at);
                if database.version(&part) == Some(*version) {
                    let gone = Record { value: None, stamp: Stamp::default() };
                    database.put(now, host, part, before.unwrap_or(gone), facts);
                }
            }
        }
    }

    /// The identifier that the next account gets.
    pub(crate) fn next_rid(&self) -> Rid {
        Rid(self.next_rid)
    }

    /// A fresh identifier, never used again.
    pub(crate) fn allocate_rid(&mut self) -> Rid {
        let rid = Rid(self.next_rid);
        self.next_rid += 1;
        rid
    }

    /// What a controller's database was put since the last call.
    #[cfg(feature = "ldap")]
    pub(crate) fn take_journal(&mut self, at: DcIndex) -> Vec<Put> {
        let entry = self.list.get_index_mut(usize::from(at.0));
        entry.map(|(_, controller)| controller.database.take_journal()).unwrap_or_default()
    }

    /// Remembers what the accounts left at a controller that a commit of its own has deleted.
    #[cfg(feature = "ldap")]
    pub(super) fn remember_remains(&mut self, version: Version, at: DcIndex, deleted: Vec<Rid>) {
        for rid in deleted {
            if let Some(remains) = self.database(at).remains(rid).cloned() {
                self.remains.insert((version, rid), remains);
            }
        }
    }

    /// What an account left where this commit has deleted it.
    #[cfg(feature = "ldap")]
    pub(crate) fn remains(&self, version: Version, rid: Rid) -> Option<&Remains> {
        self.remains.get(&(version, rid))
    }

    /// The version of the run's last commit; `None` before the first.
    #[cfg(feature = "ldap")]
    pub(crate) fn commit_count(&self) -> Option<Version> {
        self.commits.last().map(|commit| commit.version)
    }

    /// A fresh number for an object that is no account.
    #[cfg(feature = "ldap")]
    pub(crate) fn allocate_object(&mut self) -> Rid {
        self.objects += 1;
        Rid(Rid::FIRST_OBJECT.0 + self.objects)
    }

    /// Members of Domain Users that have no record of their own and only cost.
    pub(crate) fn further_users(&self) -> u32 {
        self.further_users
    }
}

/// Whether an account bears the name that it gets when another takes its own.
#[cfg(feature = "ldap")]
pub(crate) fn is_given_up(name: &crate::AccountName) -> bool {
    name.as_str().starts_with("$DUPLICATE-")
}
