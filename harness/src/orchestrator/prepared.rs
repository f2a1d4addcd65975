//! A plan whose start is prepared once, for any number of runs.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mockdc_mocks::WorldStart;
use mockdc_scenarios::Plan;

use super::{RunError, Set, refuse_ports, set_up, since_monday, world_of};
use crate::judge::{Judgement, Start, judge_from};
use crate::run::{Driver, Margin, Opening, Pulse};
use crate::timeline::Timeline;

/// The world of a plan at its start.
enum World {
    /// Each run makes its own from this.
    Shared(WorldStart),
    /// The first run takes it; a further one builds its own.
    ForOne(Mutex<Option<WorldStart>>),
}

/// A plan with what all of its runs begin with: the world at its start, the events that state it, and the view of
/// whoever has seen them. Runs under different seeds share it, on any number of threads.
pub struct Prepared {
    plan: Arc<Plan>,
    world: World,
    /// Absent where the start itself draws from the seed: then each run states its own.
    opening: Option<Opening>,
    /// What judging needs of it.
    start: Option<Start>,
    /// To whom its runs tell how far they have got.
    pulse: OnceLock<Arc<Pulse>>,
}

impl Prepared {
    /// Prepares a plan.
    ///
    /// # Errors
    ///
    /// When the plan's world cannot be built, its start is no date, or it has faults that only clients at ports meet.
    pub fn new(plan: &Arc<Plan>) -> Result<Prepared, RunError> {
        Prepared::with(plan, World::Shared)
    }

    /// The same for a plan that will be run once: the run takes the world over, which saves the memory of a second one. A
    /// further run is the same as from [`Prepared::new`], and builds its world anew.
    ///
    /// # Errors
    ///
    /// As [`Prepared::new`].
    pub fn for_one_run(plan: &Arc<Plan>) -> Result<Prepared, RunError> {
        Prepared::with(plan, |world| World::ForOne(Mutex::new(Some(world))))
    }

    fn with(plan: &Arc<Plan>, keep: impl FnOnce(WorldStart) -> World) -> Result<Prepared, RunError> {
        refuse_ports(plan)?;
        let mut world = start_of(plan)?;
        let opening = world.take_facts().map(|facts| {
            let Set { stage, .. } = set_up(plan, 0, None, None);
            stage.opening(facts)
        });
        let start = opening.as_ref().and_then(|opening: &Opening| Start::of(plan, &opening.events));
        Ok(Prepared { plan: plan.clone(), world: keep(world), opening, start, pulse: OnceLock::new() })
    }

    /// What `shared` holds; the first who asks prepares it.
    ///
    /// # Errors
    ///
    /// As [`Prepared::new`].
    pub fn shared<'s>(plan: &Arc<Plan>, shared: &'s OnceLock<Prepared>) -> Result<&'s Prepared, RunError> {
        if let Some(prepared) = shared.get() {
            return Ok(prepared);
        }
        let prepared = Prepared::new(plan)?;
        Ok(shared.get_or_init(|| prepared))
    }

    /// The plan.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Has its runs tell how far they have got. The first who asks is told.
    pub fn tell(&self, pulse: &Arc<Pulse>) {
        self.pulse.get_or_init(|| pulse.clone());
    }

    /// Runs the plan in virtual time with a seed. The same plan and seed give the same timeline, event by event.
    ///
    /// # Errors
    ///
    /// None that [`Prepared::new`] has not met.
    pub fn run(&self, seed: u64) -> Result<Timeline, RunError> {
        let Set { stage, until, host } = self.set_up(seed)?;
        if let Some(pulse) = self.pulse.get() {
            stage.tell(pulse.clone());
        }
        let ending = Driver::new(stage).run(until, host);
        Ok(Timeline::new(self.plan.clone(), seed, ending.events))
    }

    /// Judges a run that was made from here, as [`judge::judge`](crate::judge::judge) does, and faster.
    pub fn judge(&self, run: &Timeline) -> Judgement {
        let start = self.start.as_ref();
        let begins_here = self.opening.as_ref().is_some_and(|opening| run.events.begin_with(&opening.events));
        judge_from(run, start.filter(|_| begins_here))
    }

    /// As [`Prepared::run`], and measures how finely events and deadlines lie side by side: a run on the wall clock at a speed
    /// needs to know. `None`: no event and deadline that could change places.
    ///
    /// # Errors
    ///
    /// None that [`Prepared::new`] has not met.
    pub fn rehearse(&self, seed: u64) -> Result<(Timeline, Option<Margin>), RunError> {
        let Set { stage, until, host } = self.set_up(seed)?;
        stage.watch();
        let ending = Driver::new(stage.clone()).run(until, host);
        Ok((Timeline::new(self.plan.clone(), seed, ending.events), stage.margin()))
    }

    fn set_up(&self, seed: u64) -> Result<Set, RunError> {
        let domain = match &self.world {
            World::Shared(start) => start.domain(seed),
            World::ForOne(start) => {
                let first = start.lock().unwrap_or_else(PoisonError::into_inner).take();
                // A world that is built anew has an opening of its own: tokens are known by where they lie.
                let Some(start) = first else { return Prepared::for_one_run(&self.plan)?.set_up(seed) };
                start.into_domain(seed)
            }
        };
        let domain = domain.map_err(|error| RunError::World(self.plan.name.clone(), error))?;
        Ok(set_up(&self.plan, seed, Some(domain), self.opening.as_ref()))
    }
}

fn start_of(plan: &Plan) -> Result<WorldStart, RunError> {
    WorldStart::new(world_of(plan), since_monday(plan)?)
        .map_err(|error| RunError::World(plan.name.clone(), error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::judge;
    use crate::timeline::Events;

    const SCENARIO: &str = r#"
        format = 1
        name = "three-clients"
        until = "4h"

        [domain]
        replication = { delay = "15m" }

        [[dc]]
        name = "PDC1"
        role = "pdc"

        [[dc]]
        name = "BDC1"

        [[site-server]]
        name = "SMS1"
        site = "ABC"

        [[machine]]
        name = "WS{n}"
        count = 3

        [[client]]
        machine = "WS*"
        profile = "sms-2003-legacy"
        installed = true

        [[step]]
        at = "1m"
        restart-service = { host = "WS1", service = "Clisvc" }
    "#;

    fn plan() -> Arc<Plan> {
        let mut plans =
            mockdc_scenarios::read_str("three.toml", SCENARIO).unwrap_or_else(|report| panic!("{report}"));
        Arc::new(plans.remove(0))
    }

    #[test]
    fn runs_that_begin_in_pages_are_those_that_begin_in_memory() {
        let plan = plan();
        let whole = Prepared::new(&plan).expect("a sound plan");
        let run = whole.run(1).expect("a sound plan");
        let judged = whole.judge(&run);
        assert!(judged == judge(&run), "{:#?}", judged.reasons);
        for page in [1, 2, 7, 64] {
            let mut paged = Prepared::new(&plan).expect("a sound plan");
            let opening = paged.opening.as_mut().expect("nothing is drawn at the start");
            let events: Events = opening.events.to_vec().into_iter().collect();
            opening.events = events.in_pages(page);
            assert!(opening.events.are_paged());
            paged.start = Start::of(&plan, &opening.events);
            assert!(paged.start.is_some());
            let again = paged.run(1).expect("a sound plan");
            // Passwords are masked in pages.
            let [one, other] = [&run.events, &again.events].map(|events| serde_json::to_string(events).ok());
            assert!(one.is_some() && one == other, "in pages of {page} it is another run");
            assert!(paged.judge(&again) == judged, "in pages of {page} it is judged otherwise");
        }
    }

    #[test]
    fn a_plan_that_is_prepared_for_one_run_runs_as_any_other_and_again() {
        let plan = plan();
        let shared = Prepared::new(&plan).expect("a sound plan").run(7).expect("a sound plan");
        let prepared = Prepared::for_one_run(&plan).expect("a sound plan");
        for _ in 0..2 {
            let run = prepared.run(7).expect("a sound plan");
            assert!(run == shared);
            assert!(!prepared.judge(&run).shows_a_bug());
        }
    }
}
