//! The wall driver: the same actors and the same order as in virtual time, against a world that takes real time.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use mockdc_mocks::{Answer, Caller, HostName, Operation, Outcome, Port, SimTime, Span};

use super::life::{Next, latency, life, what_next};
use super::pace::{Effort, Pace, WallClock};
use super::stage::Stage;
use super::turns::{TaskId, Turns};
use super::world::{Performed, Trouble, World};
use super::{CallPath, Ending};
use crate::timeline::{ActorId, EventKind};

/// An operation that an actor has asked for.
struct Flight {
    actor: Option<ActorId>,
    performed: LocalBoxFuture<'static, Performed>,
    answer: Rc<Cell<Option<Outcome>>>,
}

/// The port to a world: it notes what is asked for, and the driver performs it.
struct WallPort {
    stage: Rc<Stage>,
    world: Rc<dyn World>,
    flights: RefCell<VecDeque<Flight>>,
}

impl Port for WallPort {
    fn call(&self, by: &Caller, operation: Operation) -> LocalBoxFuture<'static, Answer> {
        let asked = self.stage.now();
        let performed = self.world.call(asked, by, operation);
        let answer: Rc<Cell<Option<Outcome>>> = Rc::default();
        let flight = Flight { actor: self.stage.acting(), performed, answer: answer.clone() };
        self.flights.borrow_mut().push_back(flight);
        self.stage.under_way.set(self.stage.under_way.get() + 1);
        let stage = self.stage.clone();
        async move {
            // The driver polls the actor again once the answer is there: nobody needs to be woken.
            let outcome = poll_fn(|_| answer.take().map_or(Poll::Pending, Poll::Ready)).await;
            if outcome.takes > Span::ZERO {
                latency(&stage, asked + outcome.takes).await;
            }
            stage.seen.set(outcome.seen);
            outcome.answer
        }
        .boxed_local()
    }
}

/// Drives a stage on the wall clock, against any world.
///
/// The scenario's clock stands still while the world works, so that the instants of a run are those of the same run in
/// virtual time: what an operation takes on a busy machine decides nothing.
pub struct WallDriver {
    stage: Rc<Stage>,
    world: Rc<dyn World>,
    port: Rc<WallPort>,
    path: CallPath,
    turns: Turns,
    clock: WallClock,
}

impl WallDriver {
    /// A driver over a world. Its scenario starts now: make it in a tokio runtime, when the world is ready.
    pub fn new(stage: Rc<Stage>, world: Rc<dyn World>, pace: Pace) -> WallDriver {
        *stage.condemned.borrow_mut() = Some(Vec::new());
        let flights = RefCell::default();
        let port = Rc::new(WallPort { stage: stage.clone(), world: world.clone(), flights });
        let clock = WallClock::start(pace);
        let turns = Turns::on(&stage.present);
        WallDriver { stage, world, path: CallPath::Port(port.clone()), port, turns, clock }
    }

    /// Runs until `until`, until the curtain falls, until someone ends the stage, or until nothing can happen any
    /// more; the last event is recorded at `host`. Dropping the future stops the run where it is.
    ///
    /// # Errors
    ///
    /// When the world breaks down: there is no timeline then.
    pub async fn run(mut self, until: SimTime, host: HostName) -> Result<(Ending, Effort), Trouble> {
        self.stage.record_these(self.world.drain_facts());
        self.settle().await?;
        while self.stage.ended.get().is_none() {
            let last = until.min(self.stage.curtain());
            match what_next(&self.stage, self.world.next_timeout(), until) {
                Next::Play(next) => self.play(next).await?,
                Next::End(reason) => self.stage.end(reason),
                Next::FinishAndEnd(reason) => {
                    self.reach(last.max(self.stage.now())).await?;
                    self.stage.end(reason);
                }
            }
        }
        let reason = self.stage.ended.get().unwrap_or(crate::timeline::EndReason::Quiet);
        self.stage.record(host, None, None, EventKind::End { reason });
        let ending = Ending { events: self.stage.take_events(), reason, at: self.stage.now() };
        Ok((ending, self.clock.effort))
    }

    /// Everything that happens at one instant.
    async fn play(&mut self, now: SimTime) -> Result<(), Trouble> {
        self.reach(now).await?;
        while self.stage.ended.get().is_none() {
            let due = self.stage.timers.borrow_mut().pop_due(now);
            let Some(wakes) = due else { break };
            self.turns.wake(wakes);
            self.settle().await?;
        }
        Ok(())
    }

    /// Waits for an instant and lets the world move, then everyone who saw it.
    async fn reach(&mut self, now: SimTime) -> Result<(), Trouble> {
        self.clock.reach(now).await;
        self.stage.set_now(now);
        self.clock.effort.advances += 1;
        self.clock.work(now, self.world.advance(now)).await?;
        self.stage.record_these(self.world.drain_facts());
        self.settle().await
    }

    /// Lets every actor go on until all of them wait, newly born ones included.
    async fn settle(&mut self) -> Result<(), Trouble> {
        loop {
            while let Some(birth) = self.next_birth() {
                let life = life(birth, &self.stage, &self.path);
                self.turns.add(life);
            }
            while let Some(task) = self.turns.turn() {
                self.land(task).await?;
            }
            // A run that has been ended does not go on, however much is still about to happen.
            if self.stage.births.borrow().is_empty() || self.stage.ended.get().is_some() {
                return Ok(());
            }
        }
    }

    fn next_birth(&self) -> Option<super::stage::Birth> {
        self.stage.births.borrow_mut().pop_front()
    }

    /// Performs what a task has asked for in its turn, and lets it go on with the answer before anyone else has a turn.
    async fn land(&mut self, task: TaskId) -> Result<(), Trouble> {
        loop {
            let mut asked = false;
            while let Some(flight) = self.next_flight() {
                asked = true;
                self.clock.effort.calls += 1;
                let outcome = self.clock.work(self.stage.now(), flight.performed).await?;
                let acting = self.stage.set_acting(flight.actor);
                self.stage.record_these(self.world.drain_facts());
                self.stage.set_acting(acting);
                flight.answer.set(Some(outcome));
                self.stage.under_way.set(self.stage.under_way.get() - 1);
            }
            if !asked {
                return Ok(());
            }
            self.turns.go_on(task);
            self.end_the_condemned();
        }
    }

    fn next_flight(&self) -> Option<Flight> {
        self.port.flights.borrow_mut().pop_front()
    }

    fn end_the_condemned(&self) {
        let condemned = self.stage.condemned.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default();
        for doom in condemned {
            doom.come();
        }
    }
}
