//! What all runs of a plan begin with, looked at once for all of them.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use mockdc_mocks::{Fact, HostName, StateKey, Value};
use mockdc_scenarios::Plan;

use super::laws::{KeyHashes, run_forward, shared};
use crate::timeline::{Event, EventKind, Events};

/// The first events of every run of a plan, as judging needs them: it goes through them once and not for each run.
pub(crate) struct Start {
    /// How many events.
    pub(crate) length: usize,
    /// Those that actors, processes, accounts and sums are told by: all but other states. None where they lie in pages;
    /// of a run in pages they are read by class.
    pub(crate) told: Vec<Event>,
    /// What each controller shows, by the plan's list of controllers.
    pub(crate) shown: IndexMap<StateKey, Vec<Option<(Value, u64)>>, KeyHashes>,
    /// Whether controllers are up, by the same list.
    pub(crate) up: Vec<bool>,
    /// Rights that policy gives somewhere.
    pub(crate) by_policy: BTreeSet<StateKey>,
}

impl Start {
    /// Of these first events; `None` when they do not stand in the order of their numbers, or when two controllers do
    /// not show the same: then each run is looked at as a whole.
    pub(crate) fn of(plan: &Plan, events: &Events) -> Option<Start> {
        if !run_forward(events) {
            return None;
        }
        let dcs: BTreeMap<&HostName, usize> = plan.world.dcs.iter().map(|dc| &dc.name).zip(0..).collect();
        let mut start = Start {
            length: events.len(),
            told: Vec::new(),
            shown: IndexMap::default(),
            up: vec![true; dcs.len()],
            by_policy: BTreeSet::new(),
        };
        for event in events.read() {
            let state = match &event.kind {
                EventKind::Fact(Fact::State { key, value, version }) => Some((key, value, version)),
                _ => None,
            };
            let is_told = match state {
                Some((StateKey::Account { .. } | StateKey::Counter { .. }, ..)) => true,
                Some((_, _, version)) => version.is_some_and(|version| version.0 != 0),
                None => true,
            };
            if let (Some((key, value, version)), Some(dc)) = (state, dcs.get(&event.host)) {
                if *key == StateKey::Up {
                    start.up[*dc] = *value != Some(Value::Is(false));
                } else if shared(key) {
                    if version.is_none() && matches!(key, StateKey::Right { .. }) {
                        start.by_policy.insert(key.clone());
                    }
                    let at = start.shown.entry(key.clone()).or_insert_with(|| vec![None; dcs.len()]);
                    at[*dc] = value.clone().map(|value| (value, event.seq));
                }
            }
            if is_told && !events.are_paged() {
                start.told.push(event.into_owned());
            }
        }
        start.told.shrink_to_fit();
        let value = |at: &Option<(Value, u64)>| at.as_ref().map(|(value, _)| value.clone());
        let alike = |at: &[Option<(Value, u64)>]| at.iter().all(|other| value(other) == value(&at[0]));
        let ordinary = |key: &StateKey| !start.by_policy.contains(key);
        start.shown.iter().all(|(key, at)| !ordinary(key) || alike(at)).then_some(start)
    }
}
