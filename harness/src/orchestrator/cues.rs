//! When steps and scripts run: at a time, in intervals, or when something happens.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use mockdc_mocks::{Name, SimTime};
use mockdc_scenarios::{Cause, Condition, Trigger};
use rand::Rng;

use crate::run::{Ctx, Stage};
use crate::timeline::{holds, matches, next_look};

/// Cues that have been given and not yet taken.
#[derive(Default)]
struct Given {
    at: VecDeque<SimTime>,
    /// Whether the condition held when it was last looked at.
    held: bool,
    /// When time alone may make the condition true.
    ripens: Option<SimTime>,
    waker: Option<Waker>,
}

impl Given {
    fn note(&mut self, at: SimTime) {
        self.at.push_back(at);
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Calls `fire` each time that the trigger says, and returns when it will not say so again.
pub(super) async fn follow(ctx: &Ctx, id: &Name, trigger: &Trigger, fire: impl Fn()) {
    match trigger {
        Trigger::At(at) => {
            ctx.sleep_until(*at).await;
            fire();
        }
        Trigger::Every { every, first, end, count } => {
            let phase = || {
                let mut stream = ctx.stage().stream(&format!("phase/{id}"));
                SimTime(stream.random_range(0..every.as_millis().max(1)))
            };
            let mut next = first.unwrap_or_else(phase);
            let mut fired = 0;
            while count.is_none_or(|count| fired < count) && end.is_none_or(|end| next <= end) {
                ctx.sleep_until(next).await;
                fire();
                fired += 1;
                next += *every;
            }
        }
        Trigger::When { what, each, after } => {
            let given = watch(ctx.stage(), what);
            loop {
                let at = next_cue(ctx, &given, what).await;
                ctx.sleep_until(at + *after).await;
                fire();
                if !each {
                    return;
                }
            }
        }
    }
}

/// Notes each occasion of a cause from now on.
fn watch(stage: &Rc<Stage>, what: &Cause) -> Rc<RefCell<Given>> {
    let given: Rc<RefCell<Given>> = Rc::default();
    let notes = given.clone();
    match what.clone() {
        Cause::Event(pattern) => stage.witness(Rc::new(move |stage, event| {
            if stage.live(|live| matches(&pattern, event, Some(live.view()))) {
                notes.borrow_mut().note(stage.now());
            }
        })),
        Cause::Condition(condition) => {
            look(stage, &given, &condition);
            stage.observe(Rc::new(move |stage, _| look(stage, &notes, &condition)));
        }
    }
    given
}

/// Looks at a condition: notes that it has come true, and when time alone may make it true.
fn look(stage: &Stage, given: &RefCell<Given>, condition: &Condition) {
    let (holds_now, ripens) =
        stage.live(|live| (holds(condition, live, None), next_look(condition, live, None)));
    let mut given = given.borrow_mut();
    let held = std::mem::replace(&mut given.held, holds_now);
    if holds_now && !held {
        given.note(stage.now());
    }
    if given.ripens != ripens {
        given.ripens = ripens;
        given.wake();
    }
}

/// Waits for the next occasion. A condition that time alone may make true is looked at when that time comes.
async fn next_cue(ctx: &Ctx, given: &Rc<RefCell<Given>>, what: &Cause) -> SimTime {
    loop {
        let ripens = given.borrow().ripens;
        let change = poll_fn(|context| {
            let mut given = given.borrow_mut();
            if let Some(at) = given.at.pop_front() {
                return Poll::Ready(Some(at));
            }
            if given.ripens != ripens {
                return Poll::Ready(None);
            }
            given.waker = Some(context.waker().clone());
            Poll::Pending
        });
        let cue = match ripens {
            None => change.await,
            Some(at) => ctx.within(at.since(ctx.now()), change).await.flatten(),
        };
        match (cue, what) {
            (Some(at), _) => return at,
            (None, Cause::Condition(condition)) => look(ctx.stage(), given, condition),
            (None, Cause::Event(_)) => {}
        }
    }
}
