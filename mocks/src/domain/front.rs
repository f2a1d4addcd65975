//! What the wire front sees and does of the domain model.

use super::Domain;
use crate::directory::{Change, Controllers, Database, DcIndex, Part, Rid};
use crate::fault::CallFate;
use crate::{
    AccountName, Authority, Credentials, DcRole, HostName, LogonType, Operation, Secret, SimTime, WorldSpec,
};
use crate::{Verb, Win32Error};

impl Domain {
    /// The controllers in the order of the world, with their roles.
    pub fn controllers(&self) -> Vec<(HostName, DcRole)> {
        let list = self.controllers.indices();
        list.map(|dc| (self.controllers.name(dc).clone(), self.controllers.controller(dc).role)).collect()
    }

    /// Whether a host of the world is up.
    pub fn is_up(&self, host: &HostName) -> bool {
        self.hosts.contains_key(host) && !self.wires.down.contains(host)
    }

    /// What changes when anything has happened: how many facts wait to be drained, when something is due next, and how
    /// many faults are open.
    pub(crate) fn pulse(&self) -> (usize, Option<SimTime>, usize) {
        (self.facts.waiting(), self.next_timeout(), self.wires.faults.open_count(self.now))
    }

    /// Whether a client's message and its answer get through to a controller now. Only the first look at a message is an
    /// occasion of the fault that parts the two.
    pub(crate) fn wire_reaches(
        &mut self,
        now: SimTime,
        client: &HostName,
        dc: &HostName,
        first: bool,
    ) -> bool {
        let faults = &mut self.wires.faults;
        let parted = match first {
            _ if client == dc => false,
            true => !faults.reaches(now, client, dc) || !faults.reaches(now, dc, client),
            false => faults.parted(now, client, dc) || faults.parted(now, dc, client),
        };
        self.advance(now);
        !parted && self.wires.answers(dc)
    }

    /// From now on remembers what commits replace: a crash that nobody has planned may take them back.
    pub(crate) fn keep_undo(&mut self) {
        self.controllers.keep_undo();
    }

    /// The world as it was at the start.
    pub(crate) fn world(&self) -> &WorldSpec {
        &self.spec
    }

    /// The controllers with their databases.
    pub(crate) fn directory(&self) -> &Controllers {
        &self.controllers
    }

    /// A controller's database, to write what does not replicate.
    pub(crate) fn database_mut(&mut self, dc: DcIndex) -> &mut Database {
        self.controllers.database_mut(dc).1
    }

    /// Whether the directory can be written at this controller.
    pub(crate) fn writable(&self, dc: DcIndex) -> bool {
        self.model.writable(dc)
    }

    /// Counts a wrong old password, as a refused logon is counted.
    pub(crate) fn wrong_password(&mut self, now: SimTime, dc: DcIndex, user: &AccountName) {
        self.wrong_old_password(now, dc, user);
        self.follow_locks();
        self.advance(now);
    }

    /// What a controller's database was put since the last time. Of accounts whose deletion has come from another
    /// controller it has by then what is left of them there.
    pub(crate) fn take_journal(&mut self, dc: DcIndex) -> Vec<(SimTime, Part)> {
        let journal = self.controllers.take_journal(dc);
        for (_, part) in &journal {
            let (Part::User(rid) | Part::Group(rid) | Part::LocalGroup(rid)) = part else { continue };
            let record = self.controllers.database(dc).records().record(part);
            let deleted = record.filter(|record| record.value.is_none()).map(|record| record.stamp.origin);
            let Some(origin) = deleted.filter(|origin| *origin != dc) else { continue };
            if let Some(remains) = self.controllers.database(origin).remains(*rid).cloned() {
                self.controllers.database_mut(dc).1.inherit(*rid, remains);
            }
        }
        journal
    }

    /// Uses up the number of an object that is no account.
    pub(crate) fn allocate_object(&mut self) -> Rid {
        self.controllers.allocate_object()
    }

    /// Uses up an account's identifier.
    pub(crate) fn allocate_rid(&mut self) -> Rid {
        self.controllers.allocate_rid()
    }

    /// Commits changes at a controller, one after the other.
    pub(crate) fn commit_all(&mut self, now: SimTime, dc: DcIndex, changes: Vec<Change>) {
        for change in changes {
            self.commit(now, dc, change);
        }
        self.controllers_may_have_other_rights(now);
        self.follow_locks();
        self.advance(now);
    }

    /// A logon over the wire: 1326, 1328 to 1331, 1793, 1807, 1808, 1907, 1909, and what faults say.
    pub(crate) fn wire_logon(
        &mut self,
        now: SimTime,
        dc: &HostName,
        from: &HostName,
        user: &AccountName,
        password: &Secret,
    ) -> Result<Rid, Win32Error> {
        let authority = Authority::Domain;
        let credentials = Credentials { authority, user: user.clone(), password: password.clone() };
        let verb = Verb::Logon { credentials: credentials.clone(), logon: LogonType::Network };
        self.wire_fault(now, dc, from, verb)?;
        let admitted = self.admit(now, &credentials, dc, from, LogonType::Network);
        self.follow_locks();
        self.advance(now);
        admitted?;
        let index = self.controllers.index(dc).ok_or(Win32Error::NO_LOGON_SERVERS)?;
        self.controllers.database(index).user(user).ok_or(Win32Error::LOGON_FAILURE)
    }

    /// What the scenario's faults make of an operation that comes over the wire.
    pub(crate) fn wire_fault(
        &mut self,
        now: SimTime,
        dc: &HostName,
        from: &HostName,
        verb: Verb,
    ) -> Result<(), Win32Error> {
        match self.wires.faults.call(now, from, &Operation::new(dc.clone(), verb)) {
            CallFate::Performed { .. } => Ok(()),
            CallFate::Lost { error, .. } => Err(error),
        }
    }

    /// Every group of an account at a controller, nested ones too.
    pub(crate) fn wire_groups(&self, dc: DcIndex, rid: Rid) -> Vec<Rid> {
        self.controllers.database(dc).groups_of(rid)
    }
}
