//! A plan whose start is prepared once, for any number of runs.

use std::sync::{Arc, OnceLock};

use mockdc_mocks::WorldStart;
use mockdc_scenarios::Plan;

use super::{RunError, Set, refuse_ports, set_up, since_monday, world_of};
use crate::judge::{Judgement, Start, judge_from};
use crate::run::{Driver, Margin, Opening, Pulse};
use crate::timeline::Timeline;

/// A plan with what all of its runs begin with: the world at its start, the events that state it, and the view of
/// whoever has seen them. Runs under different seeds share it, on any number of threads.
pub struct Prepared {
    plan: Arc<Plan>,
    world: WorldStart,
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
        refuse_ports(plan)?;
        let refused = |error| RunError::World(plan.name.clone(), error);
        let world = WorldStart::new(world_of(plan), since_monday(plan)?).map_err(refused)?;
        let opening = world.facts().map(|facts| {
            let Set { stage, .. } = set_up(plan, 0, None, None);
            stage.record_these(facts.iter().cloned());
            stage.opening()
        });
        let start = opening.as_ref().and_then(|opening: &Opening| Start::of(plan, &opening.events));
        Ok(Prepared { plan: plan.clone(), world, opening, start, pulse: OnceLock::new() })
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
        let refused = |error| RunError::World(self.plan.name.clone(), error);
        let domain = self.world.domain(seed).map_err(refused)?;
        Ok(set_up(&self.plan, seed, Some(domain), self.opening.as_ref()))
    }
}
