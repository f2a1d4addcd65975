//! A Samba domain under somebody else's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mockdc_mocks::{Caller, Domain, FactRecord, Operation, Outcome, SimTime, Span, WorldSpec};
use tokio::sync::Mutex;

use super::SambaError;
use super::world::World;
use crate::{Difference, Levers, PASSWORD, Scale};

/// The greatest number of BDCs beside the PDC.
pub const MOST_BDCS: usize = 3;

/// A domain of Samba controllers with the model beside it. Clones are the same domain.
///
/// It has no clock: whoever drives it says which instant of the scenario it is, and the scenario's clock stands still
/// until the future is done. [`crate::SambaDomain`] is the same with a clock of its own.
#[derive(Clone)]
pub struct DrivenSamba(Arc<Shared>);

struct Shared {
    world: Mutex<World>,
    /// What can be said without waiting for whatever is under way.
    said: std::sync::Mutex<Said>,
    retries: AtomicU64,
}

#[derive(Default)]
struct Said {
    facts: Vec<FactRecord>,
    differences: Vec<Difference>,
    next_timeout: Option<SimTime>,
}

impl DrivenSamba {
    /// Makes a world on running controllers: the first is the PDC. `since_monday` and `seed` are as for
    /// [`Domain::new`].
    pub async fn start(
        spec: &WorldSpec,
        since_monday: Span,
        seed: u64,
        levers: Arc<dyn Levers>,
    ) -> Result<DrivenSamba, SambaError> {
        let model = Domain::new(spec, since_monday, seed)?;
        if spec.dcs.len() != levers.controllers() {
            return Err(SambaError::Controllers { most: MOST_BDCS, found: spec.dcs.len() });
        }
        // Instants of the scenario lie in a distant future of Samba's clock until the scenario has reached them.
        let scale = Scale::starting_now(1.0).later(DISTANT);
        let mut world = World::new(spec.clone(), model, levers, scale);
        world.populate(PASSWORD).await?;
        world.power_at_start().await?;
        world.take_facts(SimTime::START, &[]).await?;
        let shared =
            Shared { world: Mutex::new(world), said: Default::default(), retries: AtomicU64::new(0) };
        let domain = DrivenSamba(Arc::new(shared));
        domain.say(&mut *domain.0.world.lock().await);
        Ok(domain)
    }

    /// Performs an operation at `now`. Everything due up to and including `now` happens first; what the operation
    /// brought about is among the facts when the future is done. An operation goes on to its end even when its future
    /// is dropped, so that model and Samba stay together.
    ///
    /// # Errors
    ///
    /// When Samba or the way to it is broken, which is no answer of a domain.
    pub async fn perform_at(
        &self,
        now: SimTime,
        by: &Caller,
        operation: Operation,
    ) -> Result<Outcome, SambaError> {
        let (domain, by) = (self.clone(), by.clone());
        let work = tokio::spawn(async move {
            let mut world = domain.0.world.lock().await;
            let outcome = world.perform(now, &by, &operation).await;
            domain.say(&mut world);
            outcome
        });
        work.await.map_err(|_| SambaError::Stopped)?
    }

    /// Lets everything happen that is due up to and including `now`; the future is done when the controllers show it.
    ///
    /// # Errors
    ///
    /// As for [`DrivenSamba::perform_at`].
    pub async fn advance_to(&self, now: SimTime) -> Result<(), SambaError> {
        let domain = self.clone();
        let work = tokio::spawn(async move {
            let mut world = domain.0.world.lock().await;
            let done = world.advance(now).await;
            domain.say(&mut world);
            done
        });
        work.await.map_err(|_| SambaError::Stopped)?
    }

    /// When the domain next has something to do by itself.
    pub fn next_timeout(&self) -> Option<SimTime> {
        self.said().next_timeout
    }

    /// Takes what has happened since the last call, in order.
    pub fn drain_facts(&self) -> Vec<FactRecord> {
        std::mem::take(&mut self.said().facts)
    }

    /// Where Samba and the model have differed so far.
    pub fn differences(&self) -> Vec<Difference> {
        self.said().differences.clone()
    }

    /// How often something had to be tried again at Samba.
    pub fn retries(&self) -> u64 {
        self.0.retries.load(Ordering::Relaxed)
    }

    /// Ends and removes the containers.
    ///
    /// # Errors
    ///
    /// When a container cannot be removed; `mockdc clean` does it later.
    pub async fn stop(self) -> Result<(), SambaError> {
        let levers = self.0.world.lock().await.levers.clone();
        levers.stop().await.map_err(SambaError::lever("stopping the containers"))
    }

    pub(super) async fn endpoint(&self, place: crate::Place) -> crate::Endpoint {
        self.0.world.lock().await.levers.endpoint(place)
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.0.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn say(&self, world: &mut World) {
        let mut said = self.said();
        said.facts.append(&mut world.facts);
        said.differences.clone_from(&world.differences);
        said.next_timeout = [world.model.next_timeout(), world.next_edge()].into_iter().flatten().min();
        self.0.retries.store(world.retries, Ordering::Relaxed);
    }
}

/// Ten years: no run lasts as long on the wall.
const DISTANT: std::time::Duration = std::time::Duration::from_secs(315_360_000);
