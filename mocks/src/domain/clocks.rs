//! Clocks and reachability as faults bend them, and lockouts that end.

use std::collections::BTreeSet;

use super::Domain;
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
        let own = self.hosts.values().filter_map(|host| host.accounts.as_ref()?.next_timeout());
        let domain = self.controllers.indices().filter_map(|dc| self.controllers.database(dc).next_timeout());
        own.chain(domain).min()
    }

    /// Ends the lockouts that are due.
    pub(super) fn advance_unlocks(&mut self, now: SimTime) {
        for dc in self.controllers.indices() {
            let (host, database) = self.controllers.database_mut(dc);
            database.advance(now, host, &mut self.facts);
        }
        for (name, host) in &mut self.hosts {
            if let Some(database) = &mut host.accounts {
                database.advance(now, name, &mut self.facts);
            }
        }
    }
}
