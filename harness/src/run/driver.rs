//! The virtual driver: one thread, a table of timers, actors in turns, and never a system call.

use std::rc::Rc;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_mocks::{Answer, Caller, HostName, Operation, Outcome, Port, SimTime, Span};

use super::life::{Next, latency, life, what_next};
use super::stage::{Birth, Stage};
use super::turns::Turns;
use crate::timeline::{EndReason, EventKind, Events};

/// The port to the domain model, called directly, in virtual time.
///
/// Actors of a [`Driver`] over the stage's own model ask the model without it: an answer that takes no time needs no
/// future. It serves whoever wants a [`Port`].
pub struct VirtualPort {
    stage: Rc<Stage>,
}

impl Port for VirtualPort {
    fn call(&self, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Answer> {
        let stage = self.stage.clone();
        let outcome = stage.perform(by, &operation);
        async move { answered(&stage, outcome).await }.boxed_local()
    }
}

/// How actors get at hosts.
#[derive(Clone)]
pub(super) enum CallPath {
    /// The stage's own model is asked at once.
    Model,
    /// Any port.
    Port(Rc<dyn Port>),
}

/// The answer of the stage's model, once it is there. The actor that called looks at `seen` before anyone else has a
/// turn.
pub(super) async fn answered(stage: &Stage, outcome: Outcome) -> Answer {
    if outcome.takes > Span::ZERO {
        // What the model does it has done; only the answer is on its way.
        let due = stage.now() + outcome.takes;
        latency(stage, due).await;
    }
    stage.seen.set(outcome.seen);
    outcome.answer
}

/// How a run ended, with all that happened.
pub struct Ending {
    /// The events.
    pub events: Events,
    /// Why it ended.
    pub reason: EndReason,
    /// The instant at which it ended.
    pub at: SimTime,
}

/// Drives a stage in virtual time.
pub struct Driver {
    stage: Rc<Stage>,
    path: CallPath,
    turns: Turns,
}

impl Driver {
    /// A driver over the stage's own domain model.
    pub fn new(stage: Rc<Stage>) -> Driver {
        let turns = Turns::on(&stage.present);
        Driver { stage, path: CallPath::Model, turns }
    }

    /// A driver over any port. Time moves by the actors' timers alone when the stage has no domain model.
    pub fn with_port(stage: Rc<Stage>, port: Rc<dyn Port>) -> Driver {
        let turns = Turns::on(&stage.present);
        Driver { stage, path: CallPath::Port(port), turns }
    }

    /// Runs until `until`, until the curtain falls, until someone ends the stage, or until nothing can happen any more.
    /// The last event is recorded at `host`.
    ///
    /// At equal instants the model moves first, then actors in the order in which their timers were armed.
    pub fn run(mut self, until: SimTime, host: HostName) -> Ending {
        self.stage.record_facts();
        self.settle();
        while self.stage.ended.get().is_none() {
            let last = until.min(self.stage.curtain());
            let model = self.stage.domain.borrow().as_ref().and_then(mockdc_mocks::Domain::next_timeout);
            match what_next(&self.stage, model, until) {
                Next::Play(next) => self.play(next),
                Next::End(reason) => self.stage.end(reason),
                Next::FinishAndEnd(reason) => {
                    self.finish(last);
                    self.stage.end(reason);
                }
            }
        }
        let reason = self.stage.ended.get().unwrap_or(EndReason::Quiet);
        self.stage.record(host, None, None, EventKind::End { reason });
        Ending { events: self.stage.take_events(), reason, at: self.stage.now() }
    }

    /// Everything that happens at one instant.
    fn play(&mut self, now: SimTime) {
        self.stage.set_now(now);
        self.advance_model(now);
        self.settle();
        while self.stage.ended.get().is_none() {
            let due = self.stage.timers.borrow_mut().pop_due(now);
            let Some(wakes) = due else { break };
            // Everyone has waited since the last one: there is nobody to let go before. Those whom it wakes come before
            // those whom it starts, as in `settle`.
            self.turns.wake_alone(wakes);
            self.turns.all();
            if !self.stage.births.borrow().is_empty() {
                self.settle();
            }
        }
    }

    /// Brings the clock to the end of a run in which nothing is left to happen before it.
    fn finish(&mut self, last: SimTime) {
        let last = last.max(self.stage.now());
        self.stage.set_now(last);
        self.advance_model(last);
        self.settle();
    }

    fn advance_model(&self, now: SimTime) {
        if let Some(domain) = self.stage.domain.borrow_mut().as_mut() {
            domain.advance(now);
        }
        self.stage.record_facts();
    }

    /// Lets every actor go on until all of them wait, newly born ones included.
    fn settle(&mut self) {
        loop {
            while let Some(birth) = self.next_birth() {
                self.turns.add(life(birth, &self.stage, &self.path));
            }
            // A large estate begins with very many, once.
            self.stage.births.borrow_mut().shrink_to(1_024);
            self.turns.all();
            // A run that has been ended does not go on, however much is still about to happen.
            if self.stage.births.borrow().is_empty() || self.stage.ended.get().is_some() {
                return;
            }
        }
    }

    fn next_birth(&self) -> Option<Birth> {
        self.stage.births.borrow_mut().pop_front()
    }
}
