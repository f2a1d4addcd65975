//! What every driver does alike: an actor's life from birth to the end of its process, and what comes next in a run.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use mockdc_mocks::{Operation, ProcessId, ServiceName, ServiceState, SimTime, Span, Verb};

use super::stage::{Actor, Birth, Stage};
use super::{CallPath, Ctx};
use crate::timeline::{EndReason, EventKind};

/// The longest that a domain may let pass between two changes of its own: the slowest pulse is 48 hours, the slowest
/// site link a week.
const SLOWEST_ROUTINE: Span = Span::days(8);

/// What a driver does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Everything that happens at this instant.
    Play(SimTime),
    /// End the run where it is.
    End(EndReason),
    /// Bring the clock to the run's last instant, and end it there.
    FinishAndEnd(EndReason),
}

/// What comes next in a run that lasts until `until`. `model` is when the domain next moves by itself.
pub(super) fn what_next(stage: &Stage, model: Option<SimTime>, until: SimTime) -> Next {
    let last = until.min(stage.curtain());
    let stillness = || if stage.somebody_waits() { EndReason::Hang } else { EndReason::Quiet };
    match next_instant(stage, model) {
        Some(next) if next <= last => Next::Play(next),
        _ if last == SimTime::NEVER => Next::End(stillness()),
        Some(next) if next == SimTime::NEVER => Next::End(stillness()),
        None if stage.somebody_waits() => Next::End(EndReason::Hang),
        _ if stage.curtain() <= until => Next::FinishAndEnd(EndReason::Decided),
        _ => Next::FinishAndEnd(EndReason::Until),
    }
}

/// The next instant at which something can happen. `SimTime::NEVER` when only routine is left: the model goes round
/// in its circles and no actor has a timer.
fn next_instant(stage: &Stage, model: Option<SimTime>) -> Option<SimTime> {
    let timer = stage.timers.borrow().next_deadline();
    let next = match (timer, model) {
        (Some(timer), Some(model)) => timer.min(model),
        (Some(timer), None) => timer,
        (None, Some(model)) if model.since(stage.progress()) > SLOWEST_ROUTINE => SimTime::NEVER,
        (None, Some(model)) => model,
        (None, None) => return None,
    };
    Some(next.max(stage.now()))
}

/// Waits for the modelled latency of a call to pass: no deadline of an actor, and one that cannot be given up.
pub(super) async fn latency(stage: &Stage, due: SimTime) {
    let mut armed = None;
    poll_fn(|context| {
        let mut timers = stage.timers.borrow_mut();
        match armed {
            None => {
                armed = Some(timers.arm(due, stage.present.wakes(context.waker())));
                Poll::Pending
            }
            Some(id) if timers.is_armed(id) => {
                timers.renew(id, stage.present.wakes(context.waker()));
                Poll::Pending
            }
            Some(_) => Poll::Ready(()),
        }
    })
    .await;
}

/// Brings an actor up and gives the rest of its life.
pub(super) fn life(
    birth: Birth,
    stage: &Rc<Stage>,
    port: &CallPath,
) -> impl Future<Output = ()> + use<> + 'static {
    let Birth { id, start, service, run } = birth;
    let ctx = Ctx::new(stage.clone(), port.clone(), id, &start);
    ctx.record(EventKind::ActorStarted {
        role: start.role,
        process: start.process,
        account: start.caller.credentials().map(|credentials| credentials.user.clone()),
        subject: start.subject.clone(),
    });
    let body = run(ctx.clone());
    let role = start.role;
    let process = start.process;
    let whole = async move {
        let code = body.await;
        ctx.record(EventKind::ActorEnded { role, code });
        ctx.stage().actors.borrow_mut().remove(ctx.id());
        // A program that returns ends its process, as any program does.
        if let Some(process) = process {
            Box::pin(end_process(ctx, process, service, code)).await;
        }
    };
    let doom = Rc::new(Doom::default());
    stage.actors.borrow_mut().insert(id, Actor { role, process, doom: doom.clone() });
    // An actor that is ended from outside leaves no trace but the end of its process.
    until(doom, whole)
}

/// Ends the process of a program that has returned.
async fn end_process(ctx: Ctx, process: ProcessId, service: Option<ServiceName>, code: u32) {
    let verb = match service {
        Some(service) => Verb::ServiceReport { service, state: ServiceState::Stopped, code },
        None => Verb::ProcessExit { process, code },
    };
    let at = ctx.host().clone();
    let _ = ctx.stage().set_acting(Some(ctx.id()));
    let answer = ctx.ask(ctx.caller(), Operation { at, verb });
    ctx.stage().set_acting(None);
    let _ = answer.await;
}

/// The end of an actor from outside.
#[derive(Default)]
pub(super) struct Doom {
    has_come: Cell<bool>,
    /// The actor's, while it waits.
    waker: RefCell<Option<Waker>>,
}

impl Doom {
    /// Ends the actor: it does not go on, and what it holds is dropped at its next turn, for which it is woken.
    pub(super) fn come(&self) {
        self.has_come.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// A life that goes on until it is over or its doom comes.
async fn until(doom: Rc<Doom>, life: impl Future<Output = ()>) {
    let mut life = pin!(life);
    poll_fn(|context| {
        if doom.has_come.get() || life.as_mut().poll(context).is_ready() || doom.has_come.get() {
            return Poll::Ready(());
        }
        doom.waker.borrow_mut().get_or_insert_with(|| context.waker().clone());
        Poll::Pending
    })
    .await;
}
