//! How changes reach the other domain controllers: one interface, three models.

mod ad;
mod delay;
#[cfg(test)]
mod distinguish;
#[cfg(test)]
mod lab;
mod network;
mod nt4;
mod timers;

pub(crate) use ad::Ad;
#[cfg(feature = "ldap")]
pub(crate) use ad::{outranks, partners};
pub(crate) use delay::*;
pub(crate) use network::*;
pub(crate) use nt4::Nt4;
pub(crate) use timers::Timers;

use crate::directory::{Commit, Controllers, DcIndex, Part, Record, Rid};
use crate::domain::Facts;
use crate::{Answer, ChangeKind, Counter, Fact, Invocation, SimTime, Stream, Version};

/// A model of replication. It holds no clock: [`crate::Domain`] calls [`ReplicationModel::advance`] at each instant
/// that [`ReplicationModel::next_timeout`] names.
pub(crate) trait ReplicationModel: Send + Sync {
    /// Whether accounts can be written at this controller; elsewhere a write is refused with 2226.
    fn writable(&self, at: DcIndex) -> bool;

    /// The serial number (nt4) or update sequence number (ad) of the next change that `at` commits to `stream`.
    fn next_serial(&mut self, at: DcIndex, stream: Stream) -> u64;

    /// Whether a change of this kind does not wait (Q154502).
    fn urgent(&self, change: ChangeKind) -> bool;

    /// A controller has committed a change; its database shows it already, and the facts say so.
    fn committed(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>);

    /// When the model next has something to do by itself.
    fn next_timeout(&self) -> Option<SimTime>;

    /// Does everything that is due up to and including `now`.
    fn advance(&mut self, now: SimTime, context: &mut ReplicationContext<'_>);

    /// One controller is told to synchronise now. The call returns at once; 1722 when it cannot reach its source.
    fn synchronize(
        &mut self,
        now: SimTime,
        at: DcIndex,
        full: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Answer;

    /// The whole domain is told to synchronise now, at the controller `by`.
    fn synchronize_domain(
        &mut self,
        now: SimTime,
        by: DcIndex,
        full: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Answer;

    /// A controller has gone down. With `loses_unreplicated` it forgets what it had committed and not passed on:
    /// the model says which commits those are, and the caller takes them back.
    fn host_down(
        &mut self,
        now: SimTime,
        at: DcIndex,
        loses_unreplicated: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Vec<Version>;

    /// A controller has come up again.
    fn host_up(&mut self, now: SimTime, at: DcIndex, context: &mut ReplicationContext<'_>);

    /// A fault's window has opened or closed: what was held or parted may travel now.
    fn network_changed(&mut self, now: SimTime, context: &mut ReplicationContext<'_>);

    /// What the model knows at a controller, for a copy of it.
    fn snapshot(&mut self, at: DcIndex, controllers: &Controllers) -> ReplicaState;

    /// A controller's database has been put back as it was when `state` was taken; it is down, and will come up.
    fn restore(
        &mut self,
        now: SimTime,
        at: DcIndex,
        state: &ReplicaState,
        invocation: Invocation,
        context: &mut ReplicationContext<'_>,
    );

    /// When the model next tries to bring a change to a controller that lacks it; `None`: it cannot say, since the
    /// change is held, or has not come to a source of this controller.
    fn due(&self, at: DcIndex, commit: &Commit) -> Option<SimTime>;

    /// What a controller knows of everybody's changes; `None` where nothing like it is kept.
    fn replica_numbers(&self, _at: DcIndex) -> Option<ReplicaNumbers> {
        None
    }
}

/// What a model keeps of a controller beside its database.
#[derive(Clone, Debug)]
pub(crate) enum ReplicaState {
    /// How far it had come by bare delays.
    Delay(delay::Kept),
    /// Its serial numbers, or the PDC's change log.
    Nt4(nt4::Kept),
    /// Its update sequence numbers and vectors.
    Ad(Box<ad::Kept>),
}

/// A controller's numbers under Active Directory; the lists are by the controllers' places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplicaNumbers {
    /// The highest update sequence number that it has given out.
    pub(crate) usn: u64,
    /// The highest number of a change that was made here.
    pub(crate) originated: u64,
    /// Of each originator, the highest originating number that is in here.
    pub(crate) vector: Vec<u64>,
    /// Of each source, the last of its numbers that has been taken.
    pub(crate) watermark: Vec<u64>,
}

/// What a model works on: the controllers' databases, the network between them, and the place for facts.
pub(crate) struct ReplicationContext<'a> {
    /// The controllers with their databases, and every commit of the run.
    pub(crate) controllers: &'a mut Controllers,
    /// The network.
    pub(crate) network: &'a mut dyn Network,
    /// The facts.
    pub(crate) facts: &'a mut Facts,
}

impl ReplicationContext<'_> {
    /// Whether traffic gets from one controller to the other now.
    pub(crate) fn reaches(&mut self, now: SimTime, from: DcIndex, to: DcIndex) -> bool {
        self.network.reaches(now, self.controllers.name(from), self.controllers.name(to))
    }

    /// Whether replication to the controller is held now.
    pub(crate) fn held(&mut self, now: SimTime, at: DcIndex) -> bool {
        self.network.held(now, self.controllers.name(at))
    }

    /// Whether the controller is up.
    pub(crate) fn up(&self, at: DcIndex) -> bool {
        self.network.up(self.controllers.name(at))
    }

    /// How long bytes take from one controller to the other.
    pub(crate) fn transfer(&mut self, now: SimTime, from: DcIndex, to: DcIndex, bytes: u64) -> Transfer {
        self.network.transfer(now, self.controllers.name(from), self.controllers.name(to), bytes)
    }

    /// States a fact at a controller.
    pub(crate) fn fact(&mut self, now: SimTime, at: DcIndex, fact: Fact) {
        self.facts.push(now, self.controllers.name(at), fact);
    }

    /// Adds to one of a controller's counters. `DeltasReceived` is counted by [`ReplicationContext::replicated`].
    pub(crate) fn count(&mut self, now: SimTime, at: DcIndex, counter: Counter, add: u64) {
        self.facts.count(now, self.controllers.name(at), counter, add);
    }

    /// States that `to` has taken the change `version` from `from`, and counts the delta. The records themselves
    /// are put by [`ReplicationContext::put`], after this.
    pub(crate) fn replicated(&mut self, now: SimTime, to: DcIndex, from: DcIndex, version: Version) {
        let Some(commit) = self.controllers.commit(version) else { return };
        let fact = Fact::Replicated {
            version,
            stream: commit.stream,
            from: self.controllers.name(from).clone(),
            committed: commit.at,
        };
        self.fact(now, to, fact);
        self.count(now, to, Counter::DeltasReceived, 1);
    }

    /// Puts a record into a controller's database; its indexes follow, and the facts say what became visible or
    /// ceased to be. Does nothing when the very same change is there already. Says whether it changed anything.
    pub(crate) fn put(&mut self, now: SimTime, to: DcIndex, part: Part, record: Record) -> bool {
        let (name, database) = self.controllers.database_mut(to);
        database.put(now, name, part, record, self.facts)
    }

    /// How many members a global or local group has at a controller, the uncounted ones of Domain Users included.
    pub(crate) fn member_count(&self, at: DcIndex, group: Rid) -> u64 {
        let further = if group == Rid::DOMAIN_USERS { self.controllers.further_users() } else { 0 };
        self.controllers.database(at).member_count(group) + u64::from(further)
    }
}

#[cfg(test)]
mod delay_tests;
