//! The facts of a run, in the order in which they happened.

use std::collections::BTreeMap;

use crate::{Counter, Fact, FactRecord, HostName, SimTime, StateKey, Value, Version};

/// Where every part of the model states its facts. Instants never run backwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    records: Vec<FactRecord>,
    latest: SimTime,
    counters: BTreeMap<(HostName, Counter), i64>,
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
        let total = match self.counters.get_mut(&(host.clone(), counter)) {
            Some(total) => total,
            None => self.counters.entry((host.clone(), counter)).or_default(),
        };
        *total = total.saturating_add(i64::try_from(add).unwrap_or(i64::MAX));
        let value = Value::Number(*total);
        self.state(at, host, StateKey::Counter { counter }, Some(value), None);
    }

    /// Takes the facts since the last call.
    pub(crate) fn drain(&mut self) -> Vec<FactRecord> {
        std::mem::take(&mut self.records)
    }
}
