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
use crate::timeline::{Live, holds, matches};

/// Cues that have been given and not yet taken.
#[derive(Default)]
struct Given {
    at: VecDeque<SimTime>,
    waker: Option<Waker>,
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
                note(&notes, stage.now());
            }
        })),
        Cause::Condition(condition) => {
            let held = RefCell::new(stage.live(|live| holds(&condition, live, None)));
            if *held.borrow() {
                note(&given, stage.now());
            }
            stage.observe(Rc::new(move |stage, _| {
                let holds_now = stage.live(|live| holds(&condition, live, None));
                if holds_now && !held.replace(holds_now) {
                    note(&notes, stage.now());
                } else {
                    held.replace(holds_now);
                }
            }));
        }
    }
    given
}

fn note(given: &RefCell<Given>, at: SimTime) {
    let mut given = given.borrow_mut();
    given.at.push_back(at);
    if let Some(waker) = given.waker.take() {
        waker.wake();
    }
}

/// Waits for the next occasion. A condition that time alone makes true is looked at when that time comes.
async fn next_cue(ctx: &Ctx, given: &Rc<RefCell<Given>>, what: &Cause) -> SimTime {
    loop {
        let ripens = match what {
            Cause::Condition(condition) => ctx.view(|live| ripens(condition, live, ctx.now())),
            Cause::Event(_) => None,
        };
        let cue = poll_fn(|context| {
            let mut given = given.borrow_mut();
            match given.at.pop_front() {
                Some(at) => Poll::Ready(at),
                None => {
                    given.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        });
        match ripens {
            None => return cue.await,
            Some(at) => {
                if let Some(cue) = ctx.within(at.since(ctx.now()), cue).await {
                    return cue;
                }
                let Cause::Condition(condition) = what else { continue };
                if ctx.view(|live| holds(condition, live, None)) {
                    return ctx.now();
                }
            }
        }
    }
}

/// The next instant at which a condition may come true by the passing of time alone.
fn ripens(condition: &Condition, live: &Live, now: SimTime) -> Option<SimTime> {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().filter_map(|part| ripens(part, live, now)).min()
        }
        Condition::Not(part) => ripens(part, live, now),
        Condition::Clock { from } => Some(*from).filter(|from| *from > now),
        Condition::Age { of, at_least } => {
            let age = live.age(of, |_| None)?;
            Some(now + (*at_least - age)).filter(|_| *at_least > age)
        }
        _ => None,
    }
}
