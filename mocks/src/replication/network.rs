//! The network as replication and calls see it.

use crate::spec::within;
use crate::{HostName, LinkSpec, SimTime, Span};

/// What lies between hosts, faults included. Asking [`Network::reaches`], [`Network::held`] or
/// [`Network::transfer`] is an occasion for a fault: ask only when something is about to travel.
pub(crate) trait Network {
    /// Whether traffic gets from one host to the other now: both are up and answer, and nothing parts them.
    fn reaches(&mut self, now: SimTime, from: &HostName, to: &HostName) -> bool;

    /// Whether replication to this controller is held now.
    fn held(&mut self, now: SimTime, at: &HostName) -> bool;

    /// Whether the host is up and not paused.
    fn up(&self, host: &HostName) -> bool;

    /// How long `bytes` take from one host to the other when they start now, latency included.
    fn transfer(&mut self, now: SimTime, from: &HostName, to: &HostName, bytes: u64) -> Transfer;

    /// The latency of a call, one way.
    fn latency(&mut self, now: SimTime, from: &HostName, to: &HostName) -> Span;

    /// Whether a controller leaves a PDC emulator in another site alone: `AvoidPdcOnWan` (KB225511).
    fn avoids_pdc(&self, _at: &HostName) -> bool {
        false
    }
}

/// A transfer over a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// How long it takes.
    pub(crate) takes: Span,
    /// How many of its bytes move in busy hours.
    pub(crate) busy_bytes: u64,
}

/// The links of a world without faults: speeds, latencies, busy hours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    links: Vec<LinkSpec>,
    since_monday: Span,
}

const DAY: i64 = 86_400_000;

impl Links {
    /// The links as the world states them; `since_monday` is the span from the last Monday's midnight to the start.
    pub(crate) fn new(links: &[LinkSpec], since_monday: Span) -> Links {
        Links { links: links.to_vec(), since_monday }
    }

    /// The link between two hosts, in any order.
    pub(crate) fn between(&self, a: &HostName, b: &HostName) -> Option<&LinkSpec> {
        self.links.iter().find(|link| {
            let (x, y) = &link.between;
            (x == a && y == b) || (x == b && y == a)
        })
    }

    /// One way.
    pub(crate) fn latency(&self, a: &HostName, b: &HostName) -> Span {
        self.between(a, b).map_or(Span::ZERO, |link| link.latency)
    }

    /// The transfer of `bytes` starting now. A fault may slow it: its latency is added, its speed is a further bound.
    pub(crate) fn transfer(
        &self,
        now: SimTime,
        a: &HostName,
        b: &HostName,
        bytes: u64,
        slowed: Option<(Span, Option<u64>)>,
    ) -> Transfer {
        let link = self.between(a, b);
        let mut latency = link.map_or(Span::ZERO, |link| link.latency);
        let mut speed = link.and_then(|link| link.bits_per_second);
        if let Some((more, bound)) = slowed {
            latency = latency + more;
            speed = match (speed, bound) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        let busy = link.map_or(&[][..], |link| &link.busy);
        let start = now + latency;
        let Some(speed) = speed.filter(|speed| *speed > 0) else {
            // A link of unlimited speed moves everything at one instant of the day.
            let busy_bytes = if self.busy_at(busy, start).is_some() { bytes } else { 0 };
            return Transfer { takes: latency, busy_bytes };
        };
        // Millibits left to move, so that a millisecond moves exactly `speed` of them.
        let mut left = i128::from(bytes) * 8 * 1_000;
        let (mut at, mut busy_millibits) = (start, 0_i128);
        while left > 0 {
            let share = self.busy_at(busy, at);
            // At least a thousandth of the link is always ours, so that every transfer ends.
            let millis_rate = i128::from(speed) * i128::from(share.unwrap_or(100)).max(1) / 100;
            let millis_rate = millis_rate.max(1);
            let until = self.next_change(busy, at);
            let needed = (left + millis_rate - 1) / millis_rate;
            let span = match until {
                Some(until) => needed.min(i128::from(until.since(at).0)),
                None => needed,
            };
            let moved = (millis_rate * span).min(left);
            if share.is_some() {
                busy_millibits += moved;
            }
            left -= moved;
            at += Span(i64::try_from(span).unwrap_or(i64::MAX / 4));
        }
        Transfer { takes: at.since(now), busy_bytes: u64::try_from(busy_millibits / 8_000).unwrap_or(0) }
    }

    /// The time of the week: the span since a Monday's midnight.
    pub(crate) fn time_of_week(&self, at: SimTime) -> Span {
        Span(at.0.saturating_add(self.since_monday.0))
    }

    fn of_day(&self, at: SimTime) -> i64 {
        self.time_of_week(at).0.rem_euclid(DAY)
    }

    /// The share of the link that is left to us at a busy hour; `None` outside of them.
    fn busy_at(&self, busy: &[crate::BusyHours], at: SimTime) -> Option<u32> {
        let now = self.time_of_week(at);
        busy.iter()
            .filter(|hours| within(hours.days, hours.from, hours.to, now))
            .map(|hours| hours.left)
            .min()
    }

    /// The next instant at which busy hours begin or end, on whatever day.
    fn next_change(&self, busy: &[crate::BusyHours], at: SimTime) -> Option<SimTime> {
        let now = self.of_day(at);
        busy.iter()
            .flat_map(|hours| [hours.from.0, hours.to.0])
            .map(|edge| {
                let ahead = (edge - now).rem_euclid(DAY);
                at + Span(if ahead == 0 { DAY } else { ahead })
            })
            .min()
    }
}

/// A network in which everything is up and reachable, over the given links. For tests.
#[cfg(test)]
#[derive(Clone, Debug, Default)]
pub(crate) struct OpenNetwork {
    /// Its links.
    pub(crate) links: Links,
    /// Hosts that are down.
    pub(crate) down: std::collections::BTreeSet<HostName>,
    /// Controllers to which replication is held.
    pub(crate) held: std::collections::BTreeSet<HostName>,
    /// Pairs that do not reach each other, one way.
    pub(crate) parted: std::collections::BTreeSet<(HostName, HostName)>,
}

#[cfg(test)]
impl Network for OpenNetwork {
    fn reaches(&mut self, _now: SimTime, from: &HostName, to: &HostName) -> bool {
        self.up(from) && self.up(to) && !self.parted.contains(&(from.clone(), to.clone()))
    }

    fn held(&mut self, _now: SimTime, at: &HostName) -> bool {
        self.held.contains(at)
    }

    fn up(&self, host: &HostName) -> bool {
        !self.down.contains(host)
    }

    fn transfer(&mut self, now: SimTime, from: &HostName, to: &HostName, bytes: u64) -> Transfer {
        self.links.transfer(now, from, to, bytes, None)
    }

    fn latency(&mut self, _now: SimTime, from: &HostName, to: &HostName) -> Span {
        self.links.latency(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BusyHours;

    fn link(bits_per_second: Option<u64>, busy: Vec<BusyHours>) -> Links {
        let between = ("PDC1".into(), "BDC1".into());
        let spec = LinkSpec { between, bits_per_second, latency: Span::millis(50), busy };
        Links::new(&[spec], Span::hours(9))
    }

    #[test]
    fn a_kilobyte_over_9600_baud_takes_as_long_as_computed() {
        let links = link(Some(9_600), Vec::new());
        let transfer = links.transfer(SimTime::START, &"BDC1".into(), &"PDC1".into(), 1_200, None);
        assert_eq!(transfer, Transfer { takes: Span::millis(1_050), busy_bytes: 0 });
    }

    #[test]
    fn a_transfer_that_starts_in_busy_hours_speeds_up_when_they_end() {
        let busy =
            vec![BusyHours { from: Span::hours(8), to: Span::hours(10), days: Default::default(), left: 50 }];
        let links = link(Some(8_000), busy);
        let start = SimTime::START + Span::mins(59) + Span::millis(59_000 - 50);
        // One second at half speed moves 500 bytes; the other 500 move in half a second.
        let transfer = links.transfer(start, &"PDC1".into(), &"BDC1".into(), 1_000, None);
        assert_eq!(transfer, Transfer { takes: Span::millis(1_550), busy_bytes: 500 });
    }

    #[test]
    fn a_slowed_link_is_as_fast_as_its_slowest_bound() {
        let links = link(Some(64_000), Vec::new());
        let slowed = Some((Span::millis(100), Some(8_000)));
        let transfer = links.transfer(SimTime::START, &"PDC1".into(), &"BDC1".into(), 1_000, slowed);
        assert_eq!(transfer.takes, Span::millis(1_150));
    }
}
