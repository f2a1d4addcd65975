//! The facts of a run, in the order in which they happened.

use std::sync::Arc;

use super::HostMap;
use super::first_rights::{FirstRights, RightsByName};
use crate::directory::Database;
use crate::{Counter, Fact, FactRecord, HostName, SimTime, StateKey, Value, Version};

/// What is stated in many facts once they are taken.
#[derive(Clone, Debug)]
pub(crate) enum Deferred {
    /// Everything that a database shows.
    Database(Database),
    /// Rights.
    Rights(Arc<RightsByName>),
    /// Rights that are yet to be worked out.
    FirstRights(Arc<FirstRights>),
}

impl Deferred {
    fn state_all(&self, at: SimTime, host: &HostName, facts: &mut Facts) {
        let rights = match self {
            Deferred::Database(database) => return database.state_all(at, host, facts),
            Deferred::Rights(rights) => rights,
            Deferred::FirstRights(first) => first.known(),
        };
        for (account, rights) in rights.iter() {
            for right in rights.iter() {
                let key = StateKey::Right { account: account.clone(), right };
                facts.state(at, host, key, Some(Value::Is(true)), None);
            }
        }
    }
}

/// Facts that are made one host after the other, as they are taken: those of a large world's start are never there all
/// at once.
#[derive(Debug)]
pub struct FactsInTurn {
    start: std::vec::IntoIter<(usize, SimTime, HostName, Deferred)>,
    /// The next of the start, which come once so many of `records` have been taken.
    next: Option<(usize, SimTime, HostName, Deferred)>,
    made: std::vec::IntoIter<FactRecord>,
    records: std::vec::IntoIter<FactRecord>,
    taken: usize,
}

impl Iterator for FactsInTurn {
    type Item = FactRecord;

    fn next(&mut self) -> Option<FactRecord> {
        loop {
            if let Some(record) = self.made.next() {
                return Some(record);
            }
            match self.next.take_if(|(before, ..)| *before == self.taken) {
                None => {
                    self.taken += 1;
                    return self.records.next();
                }
                Some((_, at, host, what)) => {
                    let mut made = Facts::default();
                    what.state_all(at, &host, &mut made);
                    self.made = made.records.into_iter();
                    self.next = self.start.next();
                }
            }
        }
    }
}

/// Where every part of the model states its facts. Instants never run backwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    records: Vec<FactRecord>,
    /// What is stated of the start in many facts, as long as nobody has taken them: how many others come before, when and
    /// where it is, and what. Not everybody wants them.
    start: Vec<(usize, SimTime, HostName, Deferred)>,
    /// Whether facts are forgotten as they come.
    unwanted: bool,
    /// How many there were after the start.
    #[cfg(feature = "ldap")]
    count: u64,
    latest: SimTime,
    /// By the place of each counter in [`Counter`].
    counters: HostMap<[i64; 4]>,
    relocked: Vec<HostName>,
}

impl Facts {
    /// What is here will be stated at this place among the facts.
    pub(crate) fn defer(&mut self, at: SimTime, host: &HostName, what: Deferred) {
        if !self.unwanted {
            self.start.push((self.records.len(), at, host.clone(), what));
        }
    }

    /// Forgets the facts that wait, and from now on each as it comes.
    #[cfg(feature = "ldap")]
    pub(crate) fn forget(&mut self) {
        self.unwanted = true;
        self.start = Vec::new();
        self.records = Vec::new();
    }

    /// Forgets none that comes from now on.
    #[cfg(feature = "ldap")]
    pub(crate) fn want(&mut self) {
        self.unwanted = false;
    }

    /// States that `fact` happened at `host`.
    pub(crate) fn push(&mut self, at: SimTime, host: &HostName, fact: Fact) {
        debug_assert!(at >= self.latest, "a fact of {at} comes after one of {}", self.latest);
        self.latest = self.latest.max(at);
        #[cfg(feature = "ldap")]
        {
            self.count += 1;
        }
        if self.unwanted {
            return;
        }
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

    /// How many facts there were after those of the start.
    #[cfg(feature = "ldap")]
    pub(crate) fn pushed(&self) -> u64 {
        self.count
    }

    /// Takes the facts since the last call.
    pub(crate) fn drain(&mut self) -> Vec<FactRecord> {
        if self.start.is_empty() {
            return std::mem::take(&mut self.records);
        }
        self.in_turn().collect()
    }

    /// The same, each made when it is taken.
    pub(crate) fn in_turn(&mut self) -> FactsInTurn {
        let mut start = std::mem::take(&mut self.start).into_iter();
        let records = std::mem::take(&mut self.records).into_iter();
        FactsInTurn { next: start.next(), start, made: Vec::new().into_iter(), records, taken: 0 }
    }

    /// Takes the facts since the last call for those in `taken`, which are forgotten; their room is used again.
    pub(crate) fn swap(&mut self, taken: &mut Vec<FactRecord>) {
        taken.clear();
        if !self.start.is_empty() {
            *taken = self.drain();
            return;
        }
        std::mem::swap(&mut self.records, taken);
    }
}
