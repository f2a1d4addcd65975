//! A world at its start, prepared once for many runs.

use std::sync::Arc;

use super::build::model;
use super::members::password_streams;
use super::{Domain, Facts, FactsInTurn, SpecError};
use crate::{SimTime, Span, Streams, Version, WorldSpec};

/// A world at its start, from which domains are made for any number of seeds.
///
/// What every seed finds alike is built once: databases, machines, and the facts that state them. What draws is made
/// anew for each run. A world whose very start depends on the seed, by passwords of computers above all, is built from
/// the beginning for each.
pub struct WorldStart {
    spec: Arc<WorldSpec>,
    since_monday: Span,
    /// What every seed finds alike.
    shared: Option<Domain>,
    facts: Option<FactsInTurn>,
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
        let is_shared = !world.draws_at_the_start();
        let facts = is_shared.then(|| world.facts.in_turn());
        let shared = is_shared.then_some(world);
        Ok(WorldStart { spec, since_monday, shared, facts })
    }

    /// Takes the facts that state the start, where they are the same for every seed: a domain that is made from this
    /// start does not state them again. `None` where they are not, and from the second call on.
    pub fn take_facts(&mut self) -> Option<FactsInTurn> {
        self.facts.take()
    }

    /// The world at its start under a seed.
    ///
    /// # Errors
    ///
    /// None that preparing the world has not met.
    pub fn domain(&self, seed: u64) -> Result<Domain, SpecError> {
        match &self.shared {
            Some(world) => Ok(world.copy_under(self.since_monday, seed)),
            None => Domain::at_start(&self.spec, self.since_monday, seed),
        }
    }

    /// The same for the last run: it takes over what is here.
    ///
    /// # Errors
    ///
    /// None that preparing the world has not met.
    pub fn into_domain(self, seed: u64) -> Result<Domain, SpecError> {
        match self.shared {
            Some(world) => Ok(world.under(self.since_monday, seed)),
            None => Domain::at_start(&self.spec, self.since_monday, seed),
        }
    }
}

impl Domain {
    /// A copy of this world, at its start and with its facts taken, under another seed.
    fn copy_under(&self, since_monday: Span, seed: u64) -> Domain {
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
            policies: self.policies.clone().under(streams.child("policy")),
            members: self.members.clone().under(password_streams(seed)),
            snapshots: Default::default(),
            facts: Facts::default(),
            now: SimTime::START,
        }
    }

    /// This world itself, in the same way.
    fn under(self, since_monday: Span, seed: u64) -> Domain {
        let streams = Streams::new(seed);
        Domain {
            model: model(&self.spec, &self.controllers, since_monday, streams.child("replication")),
            policies: self.policies.under(streams.child("policy")),
            members: self.members.under(password_streams(seed)),
            facts: Facts::default(),
            ..self
        }
    }

    /// Whether what this world is at its start depends on the seed, but for clocks of policy: passwords of computers
    /// do, and what a start has committed is on its way by delays that were drawn.
    fn draws_at_the_start(&self) -> bool {
        self.members.listed || self.controllers.next_version() != Version(1)
    }
}
