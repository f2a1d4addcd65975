//! Copies of a controller's database, and what it is to put one back (FACTS.md, "Snapshots and restores").

use super::accounts::done;
use super::{Domain, Outcome};
use crate::directory::{DcIndex, Disk};
use crate::replication::{ReplicaState, ReplicationContext};
use crate::{Answer, Fact, HostName, Invocation, Name, Reply, SimTime, Span, Verb, Version, Win32Error};

/// A controller's database as it was, with what replication knew there.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    taken: SimTime,
    disk: Disk,
    replica: ReplicaState,
}

/// The snapshots of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Snapshots {
    /// How many were taken.
    taken: u32,
    /// By controller and name.
    list: std::collections::BTreeMap<(DcIndex, Name), Snapshot>,
}

impl Domain {
    /// Takes a snapshot or puts one back; `None` when the verb is neither.
    pub(super) fn snapshot_verb(&mut self, now: SimTime, at: &HostName, verb: &Verb) -> Option<Outcome> {
        Some(done(match verb {
            Verb::SnapshotTake { name } => self.take_snapshot(now, at, name),
            Verb::SnapshotRestore { name, invocation } => self.restore(now, at, name, *invocation),
            _ => return None,
        }))
    }

    /// The names of a controller's snapshots, with when each was taken.
    pub fn snapshots(&self, at: &HostName) -> Vec<(Name, SimTime)> {
        let dc = self.controllers.index(at);
        let own = self.snapshots.list.iter().filter(|((of, _), _)| Some(*of) == dc);
        own.map(|((_, name), snapshot)| (name.clone(), snapshot.taken)).collect()
    }

    /// How many snapshots were taken in the run.
    #[cfg(feature = "ldap")]
    pub(crate) fn snapshots_taken(&self) -> u32 {
        self.snapshots.taken
    }

    /// The numbers of the snapshots that there are, with their controllers.
    #[cfg(feature = "ldap")]
    pub(crate) fn disks(&self) -> impl Iterator<Item = (u32, DcIndex)> {
        self.snapshots.list.iter().map(|((dc, _), snapshot)| (snapshot.disk.number, *dc))
    }

    /// When replication next tries to bring a change to a controller that lacks it; `None`: nobody can say, since the
    /// change is held or parted from it, has not come to a source of this controller, or never will.
    pub fn arrives_next(&self, at: &HostName, version: Version) -> Option<SimTime> {
        let dc = self.controllers.index(at)?;
        self.model.due(dc, self.controllers.commit(version)?)
    }

    /// A member machine has no database that replicates: 50.
    fn take_snapshot(&mut self, now: SimTime, at: &HostName, name: &Name) -> Answer {
        let dc = self.controllers.index(at).ok_or(Win32Error::NOT_SUPPORTED)?;
        self.snapshots.taken += 1;
        let disk = self.controllers.database(dc).disk(self.snapshots.taken);
        let replica = self.model.snapshot(dc, &self.controllers);
        self.snapshots.list.insert((dc, name.clone()), Snapshot { taken: now, disk, replica });
        self.facts.push(now, at, Fact::SnapshotTaken { snapshot: name.clone() });
        Ok(Reply::Done)
    }

    /// The controller goes down, its database is another, and it boots with that. One that is off stays off, and has that
    /// database when it comes up.
    fn restore(&mut self, now: SimTime, at: &HostName, name: &Name, invocation: Invocation) -> Answer {
        let dc = self.controllers.index(at).ok_or(Win32Error::NOT_SUPPORTED)?;
        let snapshot = self.snapshots.list.get(&(dc, name.clone())).cloned();
        let snapshot = snapshot.ok_or(Win32Error::FILE_NOT_FOUND)?;
        let boot = self.machines.find(at).map_or(Span::ZERO, |machine| machine.boot).max(Span::ZERO);
        let boots = self.machines.find(at).is_some_and(|machine| machine.boots_at().is_some());
        let is_off = self.wires.down.contains(at);
        if is_off {
            self.machines.take_down(now, at, None, &mut self.facts);
        } else {
            self.machine_down(now, at, false);
        }
        let fact = Fact::Restored { snapshot: name.clone(), taken: snapshot.taken, invocation };
        self.facts.push(now, at, fact);
        let (host, database) = self.controllers.database_mut(dc);
        database.go_back_to(now, host, &snapshot.disk, invocation, &mut self.facts);
        let mut context = ReplicationContext {
            controllers: &mut self.controllers,
            network: &mut self.wires,
            facts: &mut self.facts,
        };
        self.model.restore(now, dc, &snapshot.replica, invocation, &mut context);
        self.controllers_may_have_other_rights(now);
        self.follow_locks();
        if boots || !is_off {
            self.machines.boot_at(at, now + boot);
        }
        Ok(Reply::Done)
    }
}
