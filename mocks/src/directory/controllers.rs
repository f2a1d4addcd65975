//! The domain's controllers with their databases, and every commit of the run.

use indexmap::IndexMap;

use super::{Commit, Database, DcIndex, Rid};
use crate::{DcRole, HostName, Name, Version};

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
    list: IndexMap<HostName, Controller>,
    commits: Vec<Commit>,
    pdc: DcIndex,
    next_rid: u32,
    further_users: u32,
}

impl Controllers {
    /// No controllers yet; `further_users` are members of Domain Users that only cost.
    pub(crate) fn new(next_rid: Rid, further_users: u32) -> Controllers {
        Controllers { next_rid: next_rid.0.max(Rid::FIRST.0), further_users, ..Controllers::default() }
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

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
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
        let (name, controller) =
            self.list.get_index_mut(usize::from(at.0)).expect("a DcIndex is a place in this list");
        (name, &mut controller.database)
    }

    fn entry(&self, at: DcIndex) -> (&HostName, &Controller) {
        self.list.get_index(usize::from(at.0)).expect("a DcIndex is a place in this list")
    }

    /// A commit of the run; `None` for the state at the start.
    pub(crate) fn commit(&self, version: Version) -> Option<&Commit> {
        self.commits.get(usize::try_from(version.0).ok()?.checked_sub(1)?)
    }

    /// Every commit of the run, in order: versions 1, 2, 3, …
    pub(crate) fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// The version of the next commit.
    pub(crate) fn next_version(&self) -> Version {
        Version(self.commits.len() as u64 + 1)
    }

    /// Enters a commit whose version is [`Controllers::next_version`].
    pub(crate) fn enter(&mut self, commit: Commit) {
        debug_assert_eq!(commit.version, self.next_version());
        self.commits.push(commit);
    }

    /// A fresh identifier, never used again.
    pub(crate) fn allocate_rid(&mut self) -> Rid {
        let rid = Rid(self.next_rid);
        self.next_rid += 1;
        rid
    }

    /// Members of Domain Users that have no record of their own and only cost.
    pub(crate) fn further_users(&self) -> u32 {
        self.further_users
    }
}
