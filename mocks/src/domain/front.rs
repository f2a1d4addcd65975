//! What the wire front sees and does of the domain model.

use super::Domain;
use crate::directory::{Beside, Change, Controllers, Database, DcIndex, Put, Rid, account};
use crate::fault::{ClientMessage, MessageFate};
use crate::{
    AccountName, Authority, Credentials, DcRole, HostName, LogonType, Secret, SimTime, Win32Error,
    WireEffect, WorldSpec,
};

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

    /// Forgets the facts that wait, and from now on each as it comes: nobody takes them.
    pub fn forget_facts(&mut self) {
        self.facts.forget();
    }

    /// From now on facts wait until somebody takes them, as they do from the beginning.
    pub fn want_facts(&mut self) {
        self.facts.want();
    }

    /// What changes when anything has happened: how many facts there were, when something is due next, and how
    /// often the window of a fault has opened or closed.
    pub(crate) fn pulse(&self) -> (u64, Option<SimTime>, u64) {
        (self.facts.pushed(), self.next_timeout(), self.wires.faults.turned())
    }

    /// Whether there was ever a fault.
    pub(crate) fn has_faults(&self) -> bool {
        self.wires.faults.are_any()
    }

    /// Whether a client's message and its answer get through to a controller now: both hosts stand, and nothing parts
    /// them. Only the first look at a message is an occasion of the faults that keep it; `kept` then names the pauses
    /// whose end it waits for.
    pub(crate) fn wire_reaches(
        &mut self,
        now: SimTime,
        message: &ClientMessage<'_>,
        first: bool,
        kept: &mut Vec<usize>,
    ) -> bool {
        let (client, dc) = (message.from, message.to);
        let faults = &mut self.wires.faults;
        if first {
            *kept = faults.pauses(now, message);
        }
        let parted = match (client.filter(|client| *client != dc), first) {
            (None, _) => false,
            (Some(client), true) => !faults.reaches(now, client, dc) || !faults.reaches(now, dc, client),
            (Some(client), false) => faults.parted(now, client, dc) || faults.parted(now, dc, client),
        };
        let waits = faults.waits(now, message, kept);
        self.advance(now);
        !parted && !waits && !self.wires.down.contains(dc)
    }

    /// What faults make of a connection, before anything is read from it.
    pub(crate) fn wire_connection(
        &mut self,
        now: SimTime,
        message: &ClientMessage<'_>,
    ) -> Option<WireEffect> {
        let effect = self.wires.faults.connection(now, message);
        self.advance(now);
        effect
    }

    /// Whether nobody listens at a controller's ports now.
    pub(crate) fn wire_closed(&mut self, now: SimTime, dc: &HostName) -> bool {
        let closed = self.wires.faults.closes_port(now, dc);
        self.advance(now);
        closed
    }

    /// A client was there when nobody listened at a controller's ports any more.
    pub(crate) fn wire_turned_away(&mut self, now: SimTime, message: &ClientMessage<'_>) {
        self.wires.faults.turns_away(now, message);
        self.advance(now);
    }

    /// What faults make of a message that has got to its controller.
    pub(crate) fn wire_fate(&mut self, now: SimTime, message: &ClientMessage<'_>) -> MessageFate {
        let fate = self.wires.faults.message(now, message);
        self.advance(now);
        fate
    }

    /// Whoever drives the domain comes by at this instant, when nothing else is due then.
    pub(crate) fn wake_at(&mut self, at: SimTime) {
        self.wires.wakes.insert(at);
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

    /// What a controller's database was put since the last time. Of accounts that are deleted it has by then what is left
    /// of them where that was done, even if it is here, and before the disk was copied that the controller has now.
    pub(crate) fn take_journal(&mut self, dc: DcIndex) -> Vec<Put> {
        let mut journal = self.controllers.take_journal(dc);
        for Put { part, head, beside, .. } in &mut journal {
            let Some(rid) = account(part) else { continue };
            if let Some(name) = head.as_ref().and_then(|record| self.controllers.lost_name(record)) {
                *beside = Beside::Formerly(name);
            }
            let record = self.controllers.database(dc).records().record(part);
            let Some(record) = record.filter(|record| record.value.is_none()) else { continue };
            if let Some(remains) = self.controllers.remains(record.stamp.version, rid).cloned() {
                self.controllers.database_mut(dc).1.inherit(rid, remains);
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

    /// A logon over the wire: 1326, 1328 to 1331, 1793, 1907, 1909.
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
        // Computers prove themselves over LDAP as anybody does.
        let admitted = self.admit_or_computer(now, &credentials, dc, from, LogonType::Network, true);
        self.follow_locks();
        self.advance(now);
        admitted?;
        let index = self.controllers.index(dc).ok_or(Win32Error::NO_LOGON_SERVERS)?;
        self.controllers.database(index).user(user).ok_or(Win32Error::LOGON_FAILURE)
    }

    /// Every group of an account at a controller, nested ones too.
    pub(crate) fn wire_groups(&self, dc: DcIndex, rid: Rid) -> Vec<Rid> {
        self.controllers.database(dc).groups_of(rid)
    }
}
