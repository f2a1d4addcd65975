//! What a stage does about processes and services: it starts the actors that play them, and wakes those who wait for
//! their end.

use std::collections::{BTreeMap, BTreeSet};
use std::task::Waker;

use mockdc_mocks::{Fact, HostName, ProcessId, ProgramName, ServiceName, StateKey, Token, Value};

use super::{ProgramStart, Stage};
use crate::timeline::{ActorId, Event, EventKind};

/// Processes and services that actors wait for, with what is known of their end.
#[derive(Default)]
pub(super) struct Waiting {
    ended: BTreeMap<ProcessId, Option<u32>>,
    running: BTreeSet<(HostName, ServiceName)>,
    processes: BTreeMap<ProcessId, Vec<Waker>>,
    services: BTreeMap<(HostName, ServiceName), Vec<Waker>>,
    changes: Vec<Waker>,
}

impl Stage {
    /// Keeps track of processes and services, and starts the actors that play them.
    pub(super) fn follow(&self, host: &HostName, fact: &Fact) {
        match fact {
            Fact::ServiceStarted { service, program, process, token } => {
                self.waiting.borrow_mut().running.insert((host.clone(), service.clone()));
                self.play(host, program, *process, token, Some(service));
            }
            Fact::ProcessStarted { process, program, token, .. } => {
                self.play(host, program, *process, token, None)
            }
            Fact::ProcessEnded { process, code, .. } => {
                self.process_gone(*process, *code);
            }
            Fact::ServiceStopped { service, .. } | Fact::ServiceFailed { service, .. } => {
                self.service_gone(host, service);
            }
            // A service that is deleted, or gone with its machine, has stopped as well.
            Fact::State { key: StateKey::Service { service }, value, .. } => {
                let stopped = match value {
                    None => true,
                    Some(Value::Text(state)) => &**state == "stopped",
                    Some(_) => false,
                };
                if stopped {
                    self.service_gone(host, service);
                }
            }
            _ => {}
        }
    }

    fn service_gone(&self, host: &HostName, service: &ServiceName) {
        let key = (host.clone(), service.clone());
        let mut waiting = self.waiting.borrow_mut();
        waiting.running.remove(&key);
        for waker in waiting.services.remove(&key).unwrap_or_default() {
            waker.wake();
        }
    }

    fn play(
        &self,
        host: &HostName,
        program: &ProgramName,
        process: ProcessId,
        token: &std::sync::Arc<Token>,
        service: Option<&ServiceName>,
    ) {
        let Some(factory) = self.programs.borrow().get(&(host.clone(), program.clone())).cloned() else {
            return;
        };
        // The service control manager reports both a service's start and its process: one actor plays both.
        let already = self.births.borrow().iter().any(|birth| birth.start.process == Some(process))
            || self.actors.borrow().playing(process).next().is_some();
        if already {
            return;
        }
        let start =
            ProgramStart { host: host.clone(), process, token: token.clone(), service: service.cloned() };
        let (actor, run) = factory(&start);
        self.spawn_service(actor, service.cloned(), run);
    }

    fn process_gone(&self, process: ProcessId, code: Option<u32>) {
        let mut waiting = self.waiting.borrow_mut();
        waiting.ended.insert(process, code);
        for waker in waiting.processes.remove(&process).unwrap_or_default() {
            waker.wake();
        }
        drop(waiting);
        self.births.borrow_mut().retain(|birth| birth.start.process != Some(process));
        let gone: Vec<ActorId> = self.actors.borrow().playing(process).collect();
        for id in gone {
            let Some(actor) = self.actors.borrow_mut().remove(id) else { continue };
            match self.condemned.borrow_mut().as_mut() {
                Some(condemned) if self.acting.get() == Some(id) => condemned.push(actor.doom),
                _ => actor.doom.come(),
            }
        }
    }

    pub(in crate::run) fn process_end(&self, process: ProcessId, waker: &Waker) -> Option<Option<u32>> {
        let mut waiting = self.waiting.borrow_mut();
        if let Some(code) = waiting.ended.get(&process) {
            return Some(*code);
        }
        waiting.processes.entry(process).or_default().push(waker.clone());
        None
    }

    pub(in crate::run) fn service_stop(&self, key: &(HostName, ServiceName), waker: &Waker) -> bool {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.running.contains(key) {
            return true;
        }
        waiting.services.entry(key.clone()).or_default().push(waker.clone());
        false
    }

    /// Wakes `waker` at the next event that changes state.
    pub(in crate::run) fn on_change(&self, waker: &Waker) {
        self.waiting.borrow_mut().changes.push(waker.clone());
    }

    pub(super) fn wake_on_change(&self, event: &Event) {
        if self.waiting.borrow().changes.is_empty() || matches!(event.kind, EventKind::WaitBegan { .. }) {
            return;
        }
        for waker in std::mem::take(&mut self.waiting.borrow_mut().changes) {
            waker.wake();
        }
    }
}

/// Whether [`Stage::follow`] does anything about a fact.
pub(super) fn is_followed(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::ServiceStarted { .. }
            | Fact::ProcessStarted { .. }
            | Fact::ProcessEnded { .. }
            | Fact::ServiceStopped { .. }
            | Fact::ServiceFailed { .. }
            | Fact::State { key: StateKey::Service { .. }, .. }
    )
}
