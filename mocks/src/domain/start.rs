//! A world at its start, prepared once for many runs.

use std::sync::Arc;

use super::build::Drawn;
use super::{Domain, Facts, SpecError};
use crate::{ComputerAccounts, FactRecord, Replication, SimTime, Span, WorldSpec};

/// A world at its start, from which domains are made for any number of seeds.
///
/// What every seed finds alike is built once: databases, machines, and the facts that state them. What draws is made
/// anew for each run. A world whose very start draws, passwords of computers or clocks of policy, is built from the
/// beginning for each seed.
pub struct WorldStart {
    spec: Arc<WorldSpec>,
    midnight: Span,
    shared: Option<Shared>,
}

/// What every seed finds alike.
struct Shared {
    world: Domain,
    facts: Vec<FactRecord>,
}

impl WorldStart {
    /// Prepares a world; `midnight` is the span from the last midnight to the start.
    ///
    /// # Errors
    ///
    /// When the world is impossible: then it is under every seed.
    pub fn new(spec: WorldSpec, midnight: Span) -> Result<WorldStart, SpecError> {
        let spec = Arc::new(spec);
        let mut world = Domain::at_start(&spec, midnight, 0)?;
        let shared = (!draws_at_the_start(&spec)).then(|| {
            let facts = world.drain_facts();
            Shared { world, facts }
        });
        Ok(WorldStart { spec, midnight, shared })
    }

    /// The facts that state the start, where they are the same for every seed: a domain that is made from this start
    /// does not state them again.
    pub fn facts(&self) -> Option<&[FactRecord]> {
        self.shared.as_ref().map(|shared| shared.facts.as_slice())
    }

    /// The world at its start under a seed.
    ///
    /// # Errors
    ///
    /// None that preparing the world has not met.
    pub fn domain(&self, seed: u64) -> Result<Domain, SpecError> {
        match &self.shared {
            Some(shared) => Ok(shared.world.under(self.midnight, seed)),
            None => Domain::at_start(&self.spec, self.midnight, seed),
        }
    }
}

impl Domain {
    /// This world, at its start and with its facts taken, under another seed.
    fn under(&self, midnight: Span, seed: u64) -> Domain {
        let Drawn { model, mut policies, mut members } =
            Drawn::new(&self.spec, &self.controllers, midnight, seed);
        policies.keep_stated(&self.policies);
        members.keep_channels(&self.members);
        Domain {
            spec: self.spec.clone(),
            controllers: self.controllers.clone(),
            model,
            wires: self.wires.clone(),
            sessions: self.sessions.clone(),
            hosts: self.hosts.clone(),
            unlocks: self.unlocks.clone(),
            machines: self.machines.clone(),
            policies,
            members,
            facts: Facts::default(),
            now: SimTime::START,
        }
    }
}

/// Whether the facts of a world's start depend on the seed, or what is built from them does.
fn draws_at_the_start(spec: &WorldSpec) -> bool {
    let policy = !spec.policies.is_empty()
        || matches!(&spec.domain.replication, Replication::Ad(ad) if ad.rights_in_policy);
    policy || spec.domain.computer_accounts == ComputerAccounts::Listed
}
