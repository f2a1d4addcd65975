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
    /// Instants that somebody outside waits for.
    pub(crate) wakes: BTreeSet<SimTime>,
    /// Pairs that the facts say do not reach each other, one way.
    pub(crate) parted: BTreeSet<(HostName, HostName)>,
    /// Hosts whose Netlogon service does not run: they validate no domain logon, and no locator finds them.
    pub(crate) without_netlogon: BTreeSet<HostName>,
    /// Controllers that leave a PDC emulator in another site alone.
    pub(crate) avoids_pdc: BTreeSet<HostName>,
    /// Whether the Netlogon service replicates as well, as in Windows NT 4.0.
    pub(crate) netlogon_replicates: bool,
}

impl Wires {
    /// Whether the host is up and not paused, whatever its services do.
    pub(crate) fn answers(&self, host: &HostName) -> bool {
        !self.down.contains(host) && !self.faults.paused(host)
    }

    /// Whether the service that replicates runs at the host.
    pub(crate) fn replicates(&self, host: &HostName) -> bool {
        !self.netlogon_replicates || !self.without_netlogon.contains(host)
    }

    /// Whether a host finds a controller that logs on: both answer, nothing parts them, and the controller's Netlogon
    /// service runs.
    pub(crate) fn finds(&mut self, now: SimTime, from: &HostName, controller: &HostName) -> bool {
        self.answers(from)
            && self.answers(controller)
            && !self.without_netlogon.contains(controller)
            && self.connects(now, from, controller)
    }

    fn connects(&mut self, now: SimTime, from: &HostName, to: &HostName) -> bool {
        from == to || self.faults.reaches(now, from, to)
    }
}

/// The network as replication sees it.
impl Network for Wires {
    fn reaches(&mut self, now: SimTime, from: &HostName, to: &HostName) -> bool {
        self.up(from) && self.up(to) && self.connects(now, from, to)
    }

    fn held(&mut self, now: SimTime, at: &HostName) -> bool {
        self.faults.held(now, at)
    }

    fn up(&self, host: &HostName) -> bool {
        self.answers(host) && self.replicates(host)
    }

    fn transfer(&mut self, now: SimTime, from: &HostName, to: &HostName, bytes: u64) -> Transfer {
        let slowed = self.faults.slowed(now, from, to);
        self.links.transfer(now, from, to, bytes, slowed)
    }

    fn latency(&mut self, _now: SimTime, from: &HostName, to: &HostName) -> Span {
        self.links.latency(from, to)
    }

    fn avoids_pdc(&self, at: &HostName) -> bool {
        self.avoids_pdc.contains(at)
    }
}
