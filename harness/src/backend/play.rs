//! A run from start to end, on one backend.

use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use mockdc_scenarios::Plan;

use super::Backend;
use super::ldap::Wired;
use super::samba::{self, Samba};
use super::wall::{MOST_ATTEMPTS, OnTheWall, PRECISION, allowed};
use crate::orchestrator::{self, Prepared, RunError};
use crate::run::{Effort, InProcess, Pace, Trouble};
use crate::timeline::Timeline;

/// A run that was made.
#[derive(Debug)]
pub struct Played {
    /// What happened.
    pub timeline: Timeline,
    /// What is told of it beside, on the wall clock; a run in virtual time has nothing of its machine in it.
    pub wall: Option<OnTheWall>,
}

/// Why there is no run.
#[derive(Debug)]
pub enum NoRun {
    /// The scenario cannot be run on this backend, or at this speed: why.
    Skip(String),
    /// It cannot be told what the run would have shown: why.
    Open(String),
    /// The backend broke down in the midst of the run, each time that it was tried: why.
    Broken(String),
    /// The environment lacks something: what, and the remedy.
    Environment(String),
    /// The plan cannot be run at all.
    Plan(RunError),
    /// Somebody interrupted or terminated the process.
    Interrupted,
}

/// Plays a scenario on a backend. Without a speed the fake plays in virtual time, and on any other backend the clock
/// jumps.
pub fn play(plan: &Arc<Plan>, seed: u64, backend: Backend, speed: Option<Pace>) -> Result<Played, NoRun> {
    play_from(&OnceLock::new(), plan, seed, backend, speed)
}

/// The same, from a start that is shared by all runs of the plan in virtual time.
pub fn play_from(
    start: &OnceLock<Prepared>,
    plan: &Arc<Plan>,
    seed: u64,
    backend: Backend,
    speed: Option<Pace>,
) -> Result<Played, NoRun> {
    // The LDAP backend's own client is the hand of a model that is called as well: what the wire does to one of the two
    // would part them.
    orchestrator::refuse_ports(plan).map_err(|error| NoRun::Skip(error.to_string()))?;
    match (backend, speed) {
        (Backend::Fake, None) => {
            let prepared = Prepared::shared(plan, start).map_err(NoRun::Plan)?;
            let timeline = prepared.run(seed).map_err(NoRun::Plan)?;
            Ok(Played { timeline, wall: None })
        }
        (_, speed) => on_the_wall(plan, seed, backend, speed.unwrap_or(Pace::Jump)),
    }
}

/// Waits until the containers of the runs that are under way are gone, when the process is about to end. No further run
/// on containers begins.
pub fn await_the_end_of_containers() {
    samba::last_turn();
}

fn on_the_wall(plan: &Arc<Plan>, seed: u64, backend: Backend, asked: Pace) -> Result<Played, NoRun> {
    let (rehearsed, margin) = orchestrator::rehearse(plan, seed).map_err(NoRun::Plan)?;
    if backend == Backend::Samba {
        let mut missing = samba::missing(plan);
        missing.extend(samba::met(&rehearsed));
        if !missing.is_empty() {
            return Err(NoRun::Skip(missing.join("; ")));
        }
    }
    let mut pace = allowed(asked, margin).map_err(NoRun::Skip)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| NoRun::Environment(format!("no runtime for the wall clock: {error}")))?;
    let _turn = (backend == Backend::Samba).then(|| samba::turn(pace));
    if backend == Backend::Samba && samba::closed() {
        return Err(NoRun::Interrupted);
    }
    let mut attempt = 1;
    loop {
        let tried = tokio::task::LocalSet::new().block_on(&runtime, async {
            tokio::select! {
                biased;
                () = interrupted() => Err(Broken::Off(NoRun::Interrupted)),
                tried = attempt_on(plan, seed, backend, pace) => tried,
            }
        });
        let Tried { timeline, mut wall, effort } = match tried {
            Ok(tried) => tried,
            Err(Broken::Off(why)) => return Err(why),
            Err(Broken::Down(_)) if attempt < MOST_ATTEMPTS => {
                attempt += 1;
                continue;
            }
            Err(Broken::Down(why)) => {
                let why =
                    format!("`{}` was tried {attempt} times on {backend}, the last time: {why}", plan.name);
                return Err(NoRun::Broken(why));
            }
        };
        // A run that was later than its margin allows may show what another machine would not: once more, slower.
        let late = matches!(pace, Pace::Times(_)) && effort.lag > PRECISION;
        if late && attempt < MOST_ATTEMPTS {
            attempt += 1;
            pace = slower(pace);
            continue;
        }
        if late {
            return Err(NoRun::Open(format!(
                "the machine is too busy: in {attempt} attempts, the last at {pace}, something was {:.1} s late on the \
                 wall clock, and {} s are allowed",
                effort.lag.as_secs_f64(),
                PRECISION.as_secs_f64()
            )));
        }
        wall.margin = margin;
        wall.attempts = attempt;
        wall.slowed_from = (pace != asked).then(|| asked.to_string());
        return Ok(Played { timeline, wall: Some(wall) });
    }
}

fn slower(pace: Pace) -> Pace {
    match pace {
        Pace::Times(times) => Pace::Times(times / 2.0),
        Pace::Jump => Pace::Jump,
    }
}

struct Tried {
    timeline: Timeline,
    wall: OnTheWall,
    effort: Effort,
}

/// Why an attempt gave no run.
pub(super) enum Broken {
    /// Another attempt would end in the same way.
    Off(NoRun),
    /// The backend broke down in the midst of it.
    Down(String),
}

async fn attempt_on(plan: &Arc<Plan>, seed: u64, backend: Backend, pace: Pace) -> Result<Tried, Broken> {
    let off = |error| Broken::Off(NoRun::Plan(error));
    match backend {
        Backend::Fake => {
            let world = Rc::new(InProcess::new(orchestrator::domain(plan, seed).map_err(off)?));
            let run = orchestrator::run_on_the_wall(plan, seed, world, pace).await;
            let (timeline, effort) = run.map_err(|Trouble(why)| Broken::Down(why))?;
            Ok(Tried { timeline, wall: OnTheWall::of(pace, effort), effort })
        }
        Backend::Ldap => {
            let wired = Wired::start(plan, seed).await?;
            let run = orchestrator::run_on_the_wall(plan, seed, Rc::new(wired.clone()), pace).await;
            let (timeline, effort) = run.map_err(|Trouble(why)| Broken::Down(why))?;
            let (differences, by_wire) = (wired.differences(), Some(wired.by_wire()));
            let wall = OnTheWall { differences, by_wire, ..OnTheWall::of(pace, effort) };
            Ok(Tried { timeline, wall, effort })
        }
        Backend::Samba => {
            let since_monday = orchestrator::since_monday(plan).map_err(off)?;
            let spec = orchestrator::world_of(plan);
            let samba = samba::start(&spec, since_monday, seed).await?;
            let run = orchestrator::run_on_the_wall(plan, seed, Rc::new(Samba(samba.clone())), pace).await;
            let mut told = run.map(|(timeline, effort)| {
                let wall = OnTheWall { retries: samba.retries(), ..OnTheWall::of(pace, effort) };
                Tried { timeline, wall, effort }
            });
            if let Ok(tried) = &mut told {
                let differences = samba.differences();
                tried.wall.differences = differences.iter().map(ToString::to_string).collect();
            }
            // What cannot be removed now is swept by the next start: the run is what it is.
            let stopped = samba.stop().await;
            tracing::debug!(?stopped, "the containers are gone");
            told.map_err(|Trouble(why)| Broken::Down(why))
        }
    }
}

/// Done when the process is interrupted or terminated. Where signals cannot be watched it is never done.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
