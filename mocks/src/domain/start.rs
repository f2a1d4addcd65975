//! A world at its start, prepared once for many runs.

use std::sync::Arc;

use super::build::model;
use super::members::password_streams;
use super::{Domain, Facts, SpecError};
use crate::{FactRecord, SimTime, Span, Streams, Version, WorldSpec};

/// A world at its start, from which domains are made for any number of seeds.
///
/// What every seed finds alike is built once: databases, machines, and the facts that state them. What draws is made
/// anew for each run. A world whose very start depends on the seed, by passwords of computers above all, is built from
/// the beginning for each.
pub struct WorldStart {
    spec: Arc<WorldSpec>,
    since_monday: Span,
    shared: Option<Shared>,
}

/// What every seed finds alike.
struct Shared {
    world: Domain,
    facts: Vec<FactRecord>,
}

impl WorldStart {
    /// Prepares a world; `since_monday` is the span from the last Monday's midnight to the start.
    ///
    /// # Errors
    ///
    /// When the world is impossible: then it is under every seed.
    pub fn new(spec: WorldSpec, since_monday: Span) -> Result<WorldStart, SpecError> {
        let spec = Arc::new(spec);
        let mut world = Domain::at_start(&spec, since_monday, 0)?;
        let shared = (!world.draws_at_the_start()).then(|| {
            let facts = world.drain_facts();
            Shared { world, facts }
        });
        Ok(WorldStart { spec, since_monday, shared })
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
            Some(shared) => Ok(shared.world.under(self.since_monday, seed)),
            None => Domain::at_start(&self.spec, self.since_monday, seed),
        }
    }
}

impl Domain {
    /// This world, at its start and with its facts taken, under another seed.
    fn under(&self, since_monday: Span, seed: u64) -> Domain {
        let streams = Streams::new(seed);
        Domain {
            spec: self.spec.clone(),
            controllers: self.controllers.clone(),
            model: model(&self.spec, &self.controllers, since_monday, streams.child("replication")),
            wires: self.wires.clone(),
            sessions: self.sessions.clone(),
            hosts: self.hosts.clone(),
            unlocks: self.unlocks.clone(),
            machines: self.machines.clone(),
            policies: self.policies.under(streams.child("policy")),
            members: self.members.under(password_streams(seed)),
            snapshots: Default::default(),
            facts: Facts::default(),
            now: SimTime::START,
        }
    }

    /// Whether what this world is at its start depends on the seed, but for clocks of policy: passwords of computers
    /// do, and what a start has committed is on its way by delays that were drawn.
    fn draws_at_the_start(&self) -> bool {
        self.members.listed || self.controllers.next_version() != Version(1)
    }
}
