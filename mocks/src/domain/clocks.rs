//! Clocks and reachability as faults bend them, and lockouts that end.

use std::collections::BTreeSet;

use super::Domain;
use crate::directory::Database;
use crate::{FaultKind, HostName, Replication, SimTime, Span, StateKey, Value};

impl Domain {
    /// How far the host's clock is ahead of the run's; negative: behind. Its log lines show it.
    pub fn clock_skew(&self, now: SimTime, host: &HostName) -> Span {
        self.wires.faults.skew(now, host)
    }

    /// Whether a controller of Active Directory refuses a logon because of the caller's clock: 2457.
    pub(super) fn clock_is_wrong(&self, now: SimTime, from: &HostName, at: &HostName) -> bool {
        matches!(self.spec.domain.replication, Replication::Ad(_))
            && self.controllers.index(at).is_some()
            && self.wires.faults.clocks_differ(now, from, at)
    }

    /// States which hosts do not reach which others any more, or do again.
    pub(super) fn state_reachability(&mut self, now: SimTime) {
        let mut pairs: BTreeSet<(&HostName, &HostName)> = BTreeSet::new();
        for fault in &self.spec.faults {
            if let FaultKind::Partition { from, to, .. } = &fault.kind {
                for (a, b) in from.iter().flat_map(|a| to.iter().map(move |b| (a, b))) {
                    pairs.extend([(a, b), (b, a)]);
                }
            }
        }
        for (from, to) in pairs {
            let parted = self.wires.faults.parted(now, from, to);
            let pair = (from.clone(), to.clone());
            let changed = match parted {
                true => self.wires.parted.insert(pair),
                false => self.wires.parted.remove(&pair),
            };
            if changed {
                let key = StateKey::Reaches { to: to.clone() };
                self.facts.state(now, from, key, Some(Value::Is(!parted)), None);
            }
        }
    }

    /// When the next lockout ends by itself.
    pub(super) fn next_unlock(&self) -> Option<SimTime> {
        debug_assert_eq!(
            self.unlocks.next(),
            (0..self.hosts.len()).filter_map(|place| self.unlock_at(place)).min(),
            "a lockout has changed and its timer has not"
        );
        self.unlocks.next()
    }

    /// Sets the timers of the lockouts that are there at the start.
    pub(super) fn arm_unlocks(&mut self) {
        (0..self.hosts.len()).for_each(|place| self.arm_unlock(place));
    }

    /// Sets the timers of hosts whose lockouts have changed.
    pub(super) fn follow_locks(&mut self) {
        for host in self.facts.drain_relocked() {
            if let Some(place) = self.hosts.get_index_of(&host) {
                self.arm_unlock(place);
            }
        }
    }

    /// Ends the lockouts that are due.
    pub(super) fn advance_unlocks(&mut self, now: SimTime) {
        for place in self.unlocks.pop_all(now) {
            let Some((name, host)) = self.hosts.get_index_mut(place) else { continue };
            match (host.controller, &mut host.accounts) {
                (Some(dc), _) => {
                    let (host, database) = self.controllers.database_mut(dc);
                    database.advance(now, host, &mut self.facts);
                }
                (None, Some(database)) => database.advance(now, name, &mut self.facts),
                (None, None) => {}
            }
            self.arm_unlock(place);
        }
    }

    fn arm_unlock(&mut self, place: usize) {
        self.unlocks.set(place, self.unlock_at(place));
    }

    fn unlock_at(&self, place: usize) -> Option<SimTime> {
        let (_, host) = self.hosts.get_index(place)?;
        let database = match host.controller {
            Some(dc) => Some(self.controllers.database(dc)),
            None => host.accounts.as_ref(),
        };
        database.and_then(Database::next_timeout)
    }
}
