//! The virtual driver: one thread, a table of timers, a local executor, and never a system call.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures::FutureExt;
use futures::executor::{LocalPool, LocalSpawner};
use futures::future::LocalBoxFuture;
use futures::task::LocalSpawnExt;
use mockdc_mocks::{Answer, Caller, HostName, Operation, Port, SimTime, Span};

use super::life::{Next, life, what_next};
use super::stage::{Birth, Stage};
use crate::timeline::{EndReason, Event, EventKind};

/// The port to the domain model, called directly, in virtual time.
pub struct VirtualPort {
    stage: Rc<Stage>,
}

impl Port for VirtualPort {
    fn call(&self, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Answer> {
        let now = self.stage.now();
        let outcome = {
            let mut domain = self.stage.domain.borrow_mut();
            match domain.as_mut() {
                Some(domain) => domain.apply(now, by, &operation),
                None => return async { Err(mockdc_mocks::Win32Error::NOT_SUPPORTED) }.boxed_local(),
            }
        };
        self.stage.record_facts();
        let stage = self.stage.clone();
        if outcome.takes <= Span::ZERO {
            // The actor that called looks at `seen` before anyone else is polled.
            let mut outcome = Some(outcome);
            return poll_fn(move |_| match outcome.take() {
                Some(outcome) => {
                    stage.seen.set(outcome.seen);
                    Poll::Ready(outcome.answer)
                }
                None => Poll::Pending,
            })
            .boxed_local();
        }
        let due = now + outcome.takes;
        async move {
            let mut armed = None;
            poll_fn(|context| {
                let mut timers = stage.timers.borrow_mut();
                match armed {
                    None => {
                        armed = Some(timers.arm(due, context.waker().clone()));
                        Poll::Pending
                    }
                    Some(id) if timers.is_armed(id) => {
                        timers.renew(id, context.waker());
                        Poll::Pending
                    }
                    Some(_) => Poll::Ready(()),
                }
            })
            .await;
            stage.seen.set(outcome.seen);
            outcome.answer
        }
        .boxed_local()
    }
}

/// How a run ended, with all that happened.
pub struct Ending {
    /// The events.
    pub events: Vec<Event>,
    /// Why it ended.
    pub reason: EndReason,
    /// The instant at which it ended.
    pub at: SimTime,
}

/// Drives a stage in virtual time.
pub struct Driver {
    stage: Rc<Stage>,
    port: Rc<dyn Port>,
    pool: LocalPool,
    spawner: LocalSpawner,
}

impl Driver {
    /// A driver over the stage's own domain model.
    pub fn new(stage: Rc<Stage>) -> Driver {
        let port = Rc::new(VirtualPort { stage: stage.clone() });
        Driver::with_port(stage, port)
    }

    /// A driver over any port. Time moves by the actors' timers alone when the stage has no domain model.
    pub fn with_port(stage: Rc<Stage>, port: Rc<dyn Port>) -> Driver {
        let pool = LocalPool::new();
        let spawner = pool.spawner();
        Driver { stage, port, pool, spawner }
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
            match due {
                Some(waker) => {
                    waker.wake();
                    self.settle();
                }
                None => break,
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
                self.bring_up(birth);
            }
            self.pool.run_until_stalled();
            // A run that has been ended does not go on, however much is still about to happen.
            if self.stage.births.borrow().is_empty() || self.stage.ended.get().is_some() {
                return;
            }
        }
    }

    fn next_birth(&self) -> Option<Birth> {
        self.stage.births.borrow_mut().pop_front()
    }

    fn bring_up(&self, birth: Birth) {
        let life = life(birth, &self.stage, &self.port);
        let spawned = self.spawner.spawn_local(life);
        // The pool lives as long as the driver, so that spawning cannot fail.
        debug_assert!(spawned.is_ok());
    }
}
