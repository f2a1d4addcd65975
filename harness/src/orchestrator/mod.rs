//! The orchestrator: builds the world of a plan, casts the actors, gives the cues, and brings back the timeline, of a
//! run in virtual time or on the wall clock.

mod cast;
mod cues;
mod ending;
mod operator;
mod prepared;

pub use ending::{AFTERMATH, LONGEST};
pub use prepared::Prepared;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use futures::FutureExt;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use mockdc_mocks::{Domain, FaultKind, HostName, Language, SimTime, Span, SpecError, WorldSpec};
use mockdc_scenarios::{Plan, ScriptStart};

use self::cast::Cast;
use self::ending::Open;
use crate::actors;
use crate::run::{Effort, Margin, Opening, Pace, Stage, Trouble, WallDriver, World};
use crate::timeline::{Live, Timeline};

/// More events than this and [`EVENTS_OF_A_HOST`], and a run goes round in a circle: the longest catalogued scenario
/// has a hundredth of it.
pub const EVENT_LIMIT: usize = 5_000_000;

/// How many events more a run may have for each of its hosts: the install of a client takes some hundred.
pub const EVENTS_OF_A_HOST: usize = 10_000;

/// Why a plan cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The world is impossible. Remedy: as the message says; scenario files are checked before, so that a plan that
    /// was read is not refused here.
    #[error("the world of `{0}` cannot be built: {1}")]
    World(String, SpecError),
    /// The start is no date. Remedy: write `2002-08-06T09:00:00`.
    #[error("the start of `{0}` is no date and time: {1}")]
    Start(String, jiff::Error),
    /// Faults that only clients at ports meet. Remedy: `mockdc exec` or `mockdc serve`, which have such clients.
    #[error("{whose} met by clients at ports only: `mockdc exec {file}` and `mockdc serve {file}` have them")]
    AtPorts {
        /// The faults.
        whose: String,
        /// The scenario's file.
        file: String,
    },
}

/// Refuses a plan with faults that nobody in a run without ports would meet: they would be inert.
pub(crate) fn refuse_ports(plan: &Plan) -> Result<(), RunError> {
    let faults = plan.world.faults.iter().filter(|fault| fault.kind.is_at_ports());
    let names: Vec<String> = faults.map(|fault| format!("`{}`", fault.name)).collect();
    let whose = match names.as_slice() {
        [] => return Ok(()),
        [one] => format!("the fault {one} is"),
        names => format!("the faults {} are", names.join(", ")),
    };
    Err(RunError::AtPorts { whose, file: plan.file.clone() })
}

/// Runs a plan in virtual time with a seed. The same plan and seed give the same timeline, event by event.
pub fn run(plan: &Arc<Plan>, seed: u64) -> Result<Timeline, RunError> {
    Prepared::for_one_run(plan)?.run(seed)
}

/// Runs a plan in virtual time and measures how finely its events and deadlines lie side by side: a run on the wall
/// clock at a speed needs to know. `None`: no event and deadline that could change places.
pub fn rehearse(plan: &Arc<Plan>, seed: u64) -> Result<(Timeline, Option<Margin>), RunError> {
    Prepared::for_one_run(plan)?.rehearse(seed)
}

/// Runs a plan on the wall clock against a world that was built from [`world_of`] it. Polled in a tokio runtime;
/// dropping the future stops the run.
pub async fn run_on_the_wall(
    plan: &Arc<Plan>,
    seed: u64,
    world: Rc<dyn World>,
    pace: Pace,
) -> Result<(Timeline, Effort), Trouble> {
    let Set { stage, until, host } = set_up(plan, seed, None, None);
    let (ending, effort) = WallDriver::new(stage, world, pace).run(until, host).await?;
    Ok((Timeline::new(plan.clone(), seed, ending.events), effort))
}

/// The world of a plan at its start, with what its installed clients need.
pub fn world_of(plan: &Plan) -> WorldSpec {
    let mut world = plan.world.clone();
    for client in plan.clients.iter().filter(|client| client.installed) {
        actors::add_to_world(&mut world, client);
    }
    world
}

/// The domain model of a plan.
pub fn domain(plan: &Plan, seed: u64) -> Result<Domain, RunError> {
    Domain::new(&world_of(plan), since_monday(plan)?, seed)
        .map_err(|error| RunError::World(plan.name.clone(), error))
}

/// A stage that is set for a plan: the actors are cast, and each has its cue.
struct Set {
    stage: Rc<Stage>,
    until: SimTime,
    host: HostName,
}

/// A stage that is set for a live run.
pub struct LiveSet {
    /// The stage.
    pub stage: Rc<Stage>,
    /// The scenario's end, or the longest that it may last.
    pub until: SimTime,
}

/// Sets a stage for a live run, whose domain is not the stage's own. With a program the default end waits for it.
pub fn set_up_live(plan: &Arc<Plan>, seed: u64, waits_for_a_program: bool) -> LiveSet {
    let Set { stage, until, .. } = set_up_with(plan, seed, None, None, waits_for_a_program);
    LiveSet { stage, until }
}

/// Sets a stage. With an opening the world's start and what installed clients show at it are recorded already.
fn set_up(plan: &Arc<Plan>, seed: u64, domain: Option<Domain>, opening: Option<&Opening>) -> Set {
    set_up_with(plan, seed, domain, opening, false)
}

fn set_up_with(
    plan: &Arc<Plan>,
    seed: u64,
    domain: Option<Domain>,
    opening: Option<&Opening>,
    waits_for_a_program: bool,
) -> Set {
    let live = if opening.is_some() { Live::default() } else { Live::for_plan(plan) };
    let hosts = plan.world.dcs.len() + plan.world.machines.len();
    let stage = Stage::new(domain, live, seed, EVENT_LIMIT + hosts * EVENTS_OF_A_HOST);
    for fault in &plan.world.faults {
        if let FaultKind::ClockSkew { at, by } = &fault.kind {
            stage.skew(at.clone(), fault.from, fault.until, *by);
        }
    }

    let dcs = plan.world.dcs.iter().map(|dc| (&dc.name, dc.machine.language));
    let machines = plan.world.machines.iter().map(|machine| (&machine.name, machine.machine.language));
    for (host, language) in dcs.chain(machines).filter(|(_, language)| *language != Language::default()) {
        stage.speak(host.clone(), language);
    }

    let open = Open::of(plan);
    let open = Rc::new(RefCell::new(if waits_for_a_program { open.with_a_program() } else { open }));
    if plan.until.is_none() {
        ending::watch(&stage, &open);
    }
    let cast = Rc::new(Cast::new(plan.clone()));
    cast.register(&stage);
    match opening {
        Some(opening) => stage.open_with(opening),
        None => cast.show(&stage),
    }
    give_cues(&stage, &cast, &open);
    if let Some(opening) = opening {
        stage.follow_opening(opening);
    }
    let until = plan.until.unwrap_or(SimTime::START + LONGEST);
    Set { stage, until, host: cast.pdc().clone() }
}

/// Sets up an operator for each step, and a watcher for each script that waits for its cue.
fn give_cues(stage: &Rc<Stage>, cast: &Rc<Cast>, open: &Rc<RefCell<Open>>) {
    for step in &cast.plan.steps {
        let (cast, open, step) = (cast.clone(), open.clone(), step.clone());
        let start = operator::operator(&cast, &step.id);
        stage.spawn(
            start,
            Box::new(move |ctx| {
                async move {
                    let step = Rc::new(step);
                    cues::follow(&ctx, &step.id, &step.trigger, || {
                        let (cast, step) = (cast.clone(), step.clone());
                        let start = operator::operator(&cast, &step.id);
                        ctx.spawn(start, move |ctx| {
                            async move { operator::perform(ctx, &cast, &step).await }.boxed_local()
                        });
                    })
                    .await;
                    open.borrow_mut().step_done(&step.id);
                    0
                }
                .boxed_local()
            }),
        );
    }
    for script in &cast.plan.scripts {
        if let ScriptStart::Trigger(trigger) = &script.start {
            let (cast, name, trigger) = (cast.clone(), script.name.clone(), trigger.clone());
            let start = operator::operator(&cast, &name);
            stage.spawn(
                start,
                Box::new(move |ctx| {
                    async move {
                        cues::follow(&ctx, &name, &trigger, || cast.run_script(&ctx, &name)).await;
                        0
                    }
                    .boxed_local()
                }),
            );
        }
    }
}

/// The span from the last Monday's midnight to the scenario's start.
pub fn since_monday(plan: &Plan) -> Result<Span, RunError> {
    let start: DateTime = plan.start.parse().map_err(|error| RunError::Start(plan.name.clone(), error))?;
    let seconds =
        i64::from(start.hour()) * 3_600 + i64::from(start.minute()) * 60 + i64::from(start.second());
    Ok(Span::days(i64::from(start.weekday().to_monday_zero_offset())) + Span::secs(seconds))
}

/// The scenario's start in milliseconds since 1970, as if its clock showed UTC.
pub fn start_unix_ms(plan: &Plan) -> Result<i64, RunError> {
    let wrong = |error| RunError::Start(plan.name.clone(), error);
    let start: DateTime = plan.start.parse().map_err(wrong)?;
    Ok(start.to_zoned(TimeZone::UTC).map_err(wrong)?.timestamp().as_millisecond())
}
