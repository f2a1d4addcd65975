//! The network of a running domain: links, faults, and hosts that are down.

use std::collections::BTreeSet;

use crate::fault::Faults;
use crate::replication::{Links, Network, Transfer};
use crate::{HostName, SimTime, Span};

/// What lies between the hosts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wires {
    pub(crate) links: Links,
    pub(crate) faults: Faults,
    pub(crate) down: BTreeSet<HostName>,
    /// Pairs that the facts say do not reach each other, one way.
    pub(crate) parted: BTreeSet<(HostName, HostName)>,
}

impl Network for Wires {
    fn reaches(&mut self, now: SimTime, from: &HostName, to: &HostName) -> bool {
        self.up(from) && self.up(to) && (from == to || self.faults.reaches(now, from, to))
    }

    fn held(&mut self, now: SimTime, at: &HostName) -> bool {
        self.faults.held(now, at)
    }

    fn up(&self, host: &HostName) -> bool {
        !self.down.contains(host) && !self.faults.paused(host)
    }

    fn transfer(&mut self, now: SimTime, from: &HostName, to: &HostName, bytes: u64) -> Transfer {
        let slowed = self.faults.slowed(now, from, to);
        self.links.transfer(now, from, to, bytes, slowed)
    }

    fn latency(&mut self, _now: SimTime, from: &HostName, to: &HostName) -> Span {
        self.links.latency(from, to)
    }
}
