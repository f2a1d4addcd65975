//! The domain model: controllers, machines, policies and faults behind three methods.

mod accounts;
mod authenticate;
mod authorise;
mod build;
mod builder;
mod clocks;
mod facts;
mod first_rights;
#[cfg(feature = "ldap")]
mod front;
mod host_map;
mod hosts;
mod interventions;
mod join;
mod members;
mod netlogon;
mod policies;
mod running;
mod secure_channel;
mod sessions;
mod snapshots;
mod start;
mod up_to_dateness;
mod wires;

#[cfg(test)]
mod codes_tests;
#[cfg(test)]
mod hosts_tests;
#[cfg(test)]
mod netlogon_tests;
#[cfg(test)]
mod policies_tests;
#[cfg(test)]
mod restores_tests;
#[cfg(test)]
mod restricted_groups_tests;
#[cfg(test)]
mod secure_channel_tests;
#[cfg(test)]
mod snapshots_tests;
#[cfg(test)]
mod tests;

pub use builder::*;
pub use facts::FactsInTurn;
pub use start::*;
pub use up_to_dateness::*;

pub(crate) use authenticate::Principal;
pub(crate) use facts::*;
pub(crate) use host_map::*;
pub(crate) use wires::*;

use std::sync::Arc;

use crate::directory::{Controllers, Database, DcIndex};
use crate::replication::{ReplicationModel, Timers};
use crate::{Answer, FactRecord, SimTime, Span, Version, WorldSpec};

/// The whole modelled world. It holds no clock, no socket and no thread: whoever drives it passes the time in.
///
/// Facts are in the order in which they happened; their instants never run backwards.
pub struct Domain {
    spec: Arc<WorldSpec>,
    controllers: Controllers,
    model: Box<dyn ReplicationModel>,
    wires: Wires,
    sessions: sessions::Sessions,
    /// In the order of the world: controllers, then machines.
    hosts: HostMap<Host>,
    /// When the next lockout at each host ends; by place in `hosts`.
    unlocks: Timers<usize>,
    machines: crate::machine::Hosts,
    policies: policies::Policies,
    members: members::Members,
    snapshots: snapshots::Snapshots,
    facts: Facts,
    now: SimTime,
}

/// A host of the world and its place in it.
#[derive(Clone)]
struct Host {
    /// Its place among the controllers; `None` for a member machine.
    controller: Option<DcIndex>,
    /// Its own account database; `None` for a controller.
    accounts: Option<Database>,
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
    /// Whether it got to the host: not when a fault, a host that is down or another session stopped it on its way.
    pub arrived: bool,
}

/// Why a world cannot be built. Scenario files are checked before; a builder in a test sees these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SpecError(pub String);

impl Domain {
    /// Takes the facts since the last call.
    pub fn drain_facts(&mut self) -> Vec<FactRecord> {
        self.facts.drain()
    }

    /// Puts the facts since the last call into `taken`, in place of what it held. Whoever asks after each operation
    /// gives the same list each time, and no memory is asked for.
    pub fn take_facts(&mut self, taken: &mut Vec<FactRecord>) {
        self.facts.swap(taken);
    }
}
