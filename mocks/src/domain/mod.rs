//! The domain model: controllers, machines, policies and faults behind three methods.

mod facts;

pub(crate) use facts::*;

use crate::{Answer, Caller, FactRecord, Operation, SimTime, Span, Version, WorldSpec};

/// The whole modelled world. It holds no clock, no socket and no thread: whoever drives it passes the time in.
///
/// Facts are in the order in which they happened; their instants never run backwards.
pub struct Domain {
    _spec: WorldSpec,
}

/// The answer to an operation, with what only the driver needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The reply, or the code.
    pub answer: Answer,
    /// How long the caller waits for it: latency, a time-out. The operation itself takes effect at once.
    pub takes: Span,
    /// What a read saw: the version of the account or group that it was about.
    pub seen: Option<Version>,
}

/// Why a world cannot be built. Scenario files are checked before; a builder in a test sees these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(pub String);

impl Domain {
    /// Builds the world at the scenario's start. `midnight` is the span from the last midnight to the start (busy
    /// hours need it); every draw comes from `seed`.
    pub fn new(spec: &WorldSpec, midnight: Span, seed: u64) -> Result<Domain, SpecError> {
        let _ = (midnight, seed);
        Ok(Domain { _spec: spec.clone() })
    }

    /// Performs an operation at `now`. Everything due up to and including `now` happens first.
    pub fn apply(&mut self, now: SimTime, by: &Caller, operation: &Operation) -> Outcome {
        let _ = (now, by, operation);
        Outcome { answer: Err(crate::Win32Error::NOT_SUPPORTED), takes: Span::ZERO, seen: None }
    }

    /// Lets everything happen that is due up to and including `now`.
    pub fn advance(&mut self, now: SimTime) {
        let _ = now;
    }

    /// When the model next has something to do by itself.
    pub fn next_timeout(&self) -> Option<SimTime> {
        None
    }

    /// Takes the facts since the last call.
    pub fn drain_facts(&mut self) -> Vec<FactRecord> {
        Vec::new()
    }
}
