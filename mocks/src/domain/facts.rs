//! The facts of a run, in the order in which they happened.

use super::HostMap;
use crate::{Counter, Fact, FactRecord, HostName, SimTime, StateKey, Value, Version};

/// Where every part of the model states its facts. Instants never run backwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    records: Vec<FactRecord>,
    latest: SimTime,
    /// By the place of each counter in [`Counter`].
    counters: HostMap<[i64; 4]>,
    relocked: Vec<HostName>,
}

impl Facts {
    /// States that `fact` happened at `host`.
    pub(crate) fn push(&mut self, at: SimTime, host: &HostName, fact: Fact) {
        debug_assert!(at >= self.latest, "a fact of {at} comes after one of {}", self.latest);
        self.latest = self.latest.max(at);
        self.records.push(FactRecord { at: self.latest, host: host.clone(), fact });
    }

    /// States a piece of state; `None`: it is gone.
    pub(crate) fn state(
        &mut self,
        at: SimTime,
        host: &HostName,
        key: StateKey,
        value: Option<Value>,
        version: Option<Version>,
    ) {
        self.push(at, host, Fact::State { key, value, version });
    }

    /// Adds to a counter of costs and states its new value.
    pub(crate) fn count(&mut self, at: SimTime, host: &HostName, counter: Counter, add: u64) {
        let counters = match self.counters.get_mut(host) {
            Some(counters) => counters,
            None => self.counters.entry(host.clone()).or_default(),
        };
        let total = &mut counters[counter as usize];
        *total = total.saturating_add(i64::try_from(add).unwrap_or(i64::MAX));
        let value = Value::Number(*total);
        self.state(at, host, StateKey::Counter { counter }, Some(value), None);
    }

    /// Notes that the next lockout of a host ends at another instant now.
    pub(crate) fn locks_changed(&mut self, host: &HostName) {
        self.relocked.push(host.clone());
    }

    /// Takes the hosts that [`Facts::locks_changed`] has noted.
    pub(crate) fn drain_relocked(&mut self) -> Vec<HostName> {
        std::mem::take(&mut self.relocked)
    }

    /// How many facts wait to be drained.
    #[cfg(feature = "ldap")]
    pub(crate) fn waiting(&self) -> usize {
        self.records.len()
    }

    /// Takes the facts since the last call.
    pub(crate) fn drain(&mut self) -> Vec<FactRecord> {
        std::mem::take(&mut self.records)
    }

    /// Takes the facts since the last call for those in `taken`, which are forgotten; their room is used again.
    pub(crate) fn swap(&mut self, taken: &mut Vec<FactRecord>) {
        taken.clear();
        std::mem::swap(&mut self.records, taken);
    }
}
