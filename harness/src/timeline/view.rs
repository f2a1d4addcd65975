//! The state of a run as its events tell it: the same view while the run goes on and when it is judged.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{AccountName, Fact, HostName, Name, ProcessId, SimTime, StateKey, Value, Version};

use super::{ActorId, Event, EventKind, Role};

/// What is known after some first events of a run. It learns from [`StateView::apply`] alone.
#[derive(Clone, Debug, Default)]
pub struct StateView {
    states: BTreeMap<HostName, BTreeMap<StateKey, Known>>,
    blind: bool,
    results: BTreeMap<Name, BTreeMap<Name, u32>>,
    kept: BTreeMap<Name, BTreeMap<Name, String>>,
    profiles: BTreeMap<HostName, Name>,
    actors: BTreeMap<ActorId, ActorView>,
    /// Processes that actors play and that have not ended.
    played: BTreeSet<(ProcessId, ActorId)>,
    events: u64,
    now: SimTime,
    last: Last,
}

/// What the last event found, so that matching may ask before or after the view has taken it in.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    seq: Option<u64>,
    present: bool,
    changes: bool,
    actor_ended: bool,
}

/// A piece of state that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its value.
    pub value: Value,
    /// The commit that made it, where it comes from the directory.
    pub version: Option<Version>,
    /// Since when it has this value.
    pub since: SimTime,
    /// The event that said so.
    pub seq: u64,
}

/// An actor that has started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorView {
    /// What it plays.
    pub role: Role,
    /// Where.
    pub host: HostName,
    /// The client, script or site that it serves.
    pub subject: Name,
    /// The account it runs under; `None`: Local System.
    pub account: Option<AccountName>,
    /// Its process on the host.
    pub process: Option<ProcessId>,
    /// When it started.
    pub started: SimTime,
    /// When it, or its process, ended; `None`: it goes on.
    pub ended: Option<SimTime>,
}

impl StateView {
    /// The view before the first event.
    pub fn new() -> StateView {
        StateView::default()
    }

    /// A view that does not keep the state of hosts: cheaper, for runs in which nobody asks for it.
    pub fn without_states() -> StateView {
        StateView { blind: true, ..StateView::default() }
    }

    pub(crate) fn keep_states(&mut self) {
        self.blind = false;
    }

    /// A view that knows the actors and nothing else.
    pub(crate) fn actors_alone(&self) -> StateView {
        StateView {
            blind: true,
            actors: self.actors.clone(),
            played: self.played.clone(),
            ..StateView::default()
        }
    }

    /// Takes the next event in.
    pub fn apply(&mut self, event: &Event) {
        self.events += 1;
        self.now = self.now.max(event.at);
        self.last = Last { seq: Some(event.seq), ..Last::default() };
        match &event.kind {
            EventKind::Fact(fact) => self.apply_fact(event, fact),
            EventKind::ActorStarted { role, process, account, subject } => {
                if let Some(actor) = event.actor {
                    let view = ActorView {
                        role: *role,
                        host: event.host.clone(),
                        subject: subject.clone(),
                        account: account.clone(),
                        process: *process,
                        started: event.at,
                        ended: None,
                    };
                    self.played.extend(process.map(|process| (process, actor)));
                    self.actors.insert(actor, view);
                }
            }
            EventKind::ActorEnded { .. } => {
                if let Some(id) = event.actor
                    && let Some(actor) = self.actors.get_mut(&id)
                {
                    self.last.actor_ended = actor.ended.is_some();
                    actor.ended.get_or_insert(event.at);
                    if let Some(process) = actor.process {
                        self.played.remove(&(process, id));
                    }
                }
            }
            EventKind::ScriptStep { script, step, code } => {
                self.results.entry(script.clone()).or_default().insert(step.clone(), *code);
            }
            EventKind::ScriptKept { script, name, value } => {
                self.kept.entry(script.clone()).or_default().insert(name.clone(), value.clone());
            }
            EventKind::Upgraded { client, profile } => {
                self.profiles.insert(client.clone(), profile.clone());
            }
            _ => {}
        }
    }

    fn apply_fact(&mut self, event: &Event, fact: &Fact) {
        match fact {
            Fact::State { key, value, version } if !self.blind => {
                let known = value.as_ref().map(|value| Known {
                    value: value.clone(),
                    version: *version,
                    since: event.at,
                    seq: event.seq,
                });
                self.set(&event.host, key, known);
            }
            Fact::ProcessEnded { process, .. } => {
                let of_process = (*process, ActorId(0))..=(*process, ActorId(u32::MAX));
                let played = self.played.range(of_process).next().copied();
                if let Some(played) = played {
                    self.played.remove(&played);
                }
                match played.and_then(|(_, id)| self.actors.get_mut(&id)) {
                    Some(actor) => actor.ended = Some(event.at),
                    None => self.last.actor_ended = true,
                }
            }
            _ => {}
        }
    }

    fn set(&mut self, host: &HostName, key: &StateKey, known: Option<Known>) {
        let old = self.known(host, key).map(|known| &known.value);
        let (present, changes) = (old.is_some(), old != known.as_ref().map(|known| &known.value));
        self.last = Last { present, changes, ..self.last };
        if !self.states.contains_key(host) {
            self.states.insert(host.clone(), BTreeMap::new());
        }
        let Some(states) = self.states.get_mut(host) else { return };
        match known {
            None => {
                states.remove(key);
            }
            Some(known) => match states.get_mut(key) {
                Some(old) => *old = known,
                None => {
                    states.insert(key.clone(), known);
                }
            },
        }
    }

    /// A piece of state as the events left it; `None` when it is not there.
    pub fn known(&self, host: &HostName, key: &StateKey) -> Option<&Known> {
        self.states.get(host)?.get(key)
    }

    /// The value of a piece of state, with what absence means: a host reaches the others and is up, a counter
    /// stands at 0, anything else is not there.
    pub fn value(&self, host: &HostName, key: &StateKey) -> Option<Value> {
        if let Some(known) = self.known(host, key) {
            return Some(known.value.clone());
        }
        match key {
            StateKey::Reaches { .. } | StateKey::Up | StateKey::Joined => Some(Value::Is(true)),
            StateKey::Counter { .. } => Some(Value::Number(0)),
            _ => None,
        }
    }

    /// Whether the piece of state that `event` speaks of was there before it; `None` when states are not kept.
    pub(crate) fn was_present(&self, event: &Event, key: &StateKey) -> Option<bool> {
        match self.blind {
            true => None,
            false if self.last.seq == Some(event.seq) => Some(self.last.present),
            false => Some(self.known(&event.host, key).is_some()),
        }
    }

    /// Whether `event` gives the piece of state another value; `None` when states are not kept.
    pub(crate) fn is_change(&self, event: &Event, key: &StateKey, value: Option<&Value>) -> Option<bool> {
        match self.blind {
            true => None,
            false if self.last.seq == Some(event.seq) => Some(self.last.changes),
            false => Some(self.known(&event.host, key).map(|known| &known.value) != value),
        }
    }

    /// Whether the actor's end had been told before `event`.
    pub(crate) fn had_ended(&self, event: &Event, actor: Option<&ActorView>) -> bool {
        match self.last.seq == Some(event.seq) {
            true => self.last.actor_ended,
            false => actor.is_some_and(|actor| actor.ended.is_some()),
        }
    }

    /// Everything known of a host, in the order of the keys.
    pub fn states(&self, host: &HostName) -> impl Iterator<Item = (&StateKey, &Known)> {
        self.states.get(host).into_iter().flatten()
    }

    /// The last code of a script's step; `None` before the step has run.
    pub fn result(&self, script: &Name, step: &Name) -> Option<u32> {
        self.results.get(script)?.get(step).copied()
    }

    /// A value that a script keeps.
    pub fn kept(&self, script: &Name, name: &Name) -> Option<&str> {
        self.kept.get(script)?.get(name).map(String::as_str)
    }

    /// The profile that a client was upgraded to, if it was.
    pub fn upgraded_to(&self, client: &HostName) -> Option<&Name> {
        self.profiles.get(client)
    }

    /// An actor that has started.
    pub fn actor(&self, id: ActorId) -> Option<&ActorView> {
        self.actors.get(&id)
    }

    /// Every actor that has started, in the order of starting.
    pub fn actors(&self) -> impl Iterator<Item = (ActorId, &ActorView)> {
        self.actors.iter().map(|(id, actor)| (*id, actor))
    }

    /// The actor that a process stands for.
    pub fn actor_of(&self, process: ProcessId) -> Option<&ActorView> {
        self.actors.values().rev().find(|actor| actor.process == Some(process))
    }

    /// Events taken in.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The instant of the last event.
    pub fn now(&self) -> SimTime {
        self.now
    }
}
