//! Faults of the scenario, done to the containers as well.

use std::collections::BTreeSet;

use mockdc_mocks::{AccountName, FaultKind, FaultSpec, HostName, Occasions, SimTime};

use super::SambaError;
use super::world::World;
use crate::Place;

/// Which faults lie on the containers now.
#[derive(Clone, Debug, Default)]
pub(super) struct Mirror {
    faults: Vec<FaultSpec>,
    paused: BTreeSet<Place>,
    parted: BTreeSet<(Place, Place)>,
    down: BTreeSet<Place>,
}

impl Mirror {
    pub(super) fn new(faults: &[FaultSpec]) -> Mirror {
        let lasting = |fault: &&FaultSpec| fault.count == Occasions::All;
        Mirror { faults: faults.iter().filter(lasting).cloned().collect(), ..Mirror::default() }
    }

    /// When a fault next begins or ends.
    pub(super) fn next_edge(&self, after: SimTime) -> Option<SimTime> {
        let edges = self.faults.iter().flat_map(|fault| std::iter::once(fault.from).chain(fault.until));
        edges.map(|edge| SimTime::START + edge).filter(|edge| *edge > after).min()
    }

    /// Whether a controller is paused or down.
    pub(super) fn stands(&self, place: Place) -> bool {
        self.paused.contains(&place) || self.down.contains(&place)
    }

    fn wanted(&self, now: SimTime, place: impl Fn(&HostName) -> Option<Place>) -> Wanted {
        let mut wanted = Wanted::default();
        let open = |fault: &&FaultSpec| {
            SimTime::START + fault.from <= now && fault.until.is_none_or(|until| now < SimTime::START + until)
        };
        for fault in self.faults.iter().filter(open) {
            match &fault.kind {
                FaultKind::Pause { at } => wanted.paused.extend(place(at)),
                // Replication needs both directions, so that one that is cut cuts it.
                FaultKind::Partition { from, to, .. } => {
                    for one in from.iter().filter_map(&place) {
                        for other in to.iter().filter_map(&place).filter(|other| *other != one) {
                            wanted.parted.insert((one.min(other), one.max(other)));
                        }
                    }
                }
                _ => {}
            }
        }
        wanted
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    paused: BTreeSet<Place>,
    parted: BTreeSet<(Place, Place)>,
}

impl World {
    /// Pauses, parts and heals containers as the scenario has it now.
    pub(super) async fn mirror_faults(&mut self, now: SimTime) -> Result<(), SambaError> {
        if self.mirror.faults.is_empty() {
            return Ok(());
        }
        let places = self.places.clone();
        let wanted = self.mirror.wanted(now, |host| places.get(host).copied());
        let levers = self.levers.clone();
        for place in self.mirror.paused.difference(&wanted.paused).copied().collect::<Vec<_>>() {
            let doing = format!("letting {} go on", self.host(place));
            levers.resume(place).await.map_err(SambaError::lever(doing))?;
        }
        for (one, other) in wanted.parted.difference(&self.mirror.parted).copied().collect::<Vec<_>>() {
            let doing = format!("parting {} and {}", self.host(one), self.host(other));
            levers.part(one, other).await.map_err(SambaError::lever(doing))?;
        }
        for (one, other) in self.mirror.parted.difference(&wanted.parted).copied().collect::<Vec<_>>() {
            let doing = format!("joining {} and {}", self.host(one), self.host(other));
            levers.heal(one, other).await.map_err(SambaError::lever(doing))?;
        }
        for place in wanted.paused.difference(&self.mirror.paused).copied().collect::<Vec<_>>() {
            let doing = format!("pausing {}", self.host(place));
            levers.pause(place).await.map_err(SambaError::lever(doing))?;
        }
        self.mirror.paused = wanted.paused;
        self.mirror.parted = wanted.parted;
        Ok(())
    }

    /// Controllers that are down at the start are ended.
    pub(super) async fn power_at_start(&mut self) -> Result<(), SambaError> {
        let down = self.spec.dcs.iter().filter(|dc| !dc.machine.up).map(|dc| dc.name.clone());
        for host in down.collect::<Vec<_>>() {
            self.power(&host, false).await?;
        }
        Ok(())
    }

    /// A machine of the model went down or came up.
    pub(super) async fn power(&mut self, host: &HostName, up: bool) -> Result<(), SambaError> {
        let Some(place) = self.place(host) else { return Ok(()) };
        self.disconnect(place);
        if up && self.mirror.down.remove(&place) {
            let restarted = self.levers.restart(place).await;
            restarted.map_err(SambaError::lever(format!("starting {host}")))?;
        }
        if !up && self.mirror.down.insert(place) {
            let crashed = self.levers.crash(place).await;
            crashed.map_err(SambaError::lever(format!("ending {host}")))?;
        }
        Ok(())
    }

    /// A lockout has ended by itself in the model, whose time is not Samba's.
    pub(super) async fn unlock(&mut self, host: &HostName, user: &AccountName) -> Result<(), SambaError> {
        self.write_count(host, user, &[("lockoutTime", 0), ("badPwdCount", 0)]).await
    }

    /// A controller begins to count a user's bad passwords anew.
    pub(super) async fn forget_bad_passwords(
        &mut self,
        host: &HostName,
        user: &AccountName,
    ) -> Result<(), SambaError> {
        self.write_count(host, user, &[("badPwdCount", 0)]).await
    }

    /// Writes into a controller's own copy of a user that is there, and still is the one that the name has meant last.
    async fn write_count(
        &mut self,
        host: &HostName,
        user: &AccountName,
        values: &[(&'static str, i64)],
    ) -> Result<(), SambaError> {
        let Some(place) = self.place(host).filter(|place| !self.mirror.stands(*place)) else {
            return Ok(());
        };
        let Some(guid) = self.ledger.account(user.name()).map(|known| known.guid) else { return Ok(()) };
        if self.control(place).await?.find(user).await.ok().flatten().is_none_or(|found| found.guid != guid) {
            return Ok(());
        }
        let written = self.levers.write_local(place, guid, values).await;
        written.map_err(SambaError::lever(format!("unlocking {user} at {host}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mockdc_mocks::Span;

    #[test]
    fn a_window_is_open_from_its_beginning_until_before_its_end() {
        let fault = |kind| FaultSpec {
            name: "f".into(),
            kind,
            from: Span::mins(1),
            until: Some(Span::mins(2)),
            count: Occasions::All,
            touches_nothing: false,
        };
        let parted = FaultKind::Partition {
            from: vec!["PDC1".into(), "SMS1".into()],
            to: vec!["BDC1".into()],
            one_way: true,
        };
        let mirror = Mirror::new(&[fault(parted), fault(FaultKind::Pause { at: "BDC1".into() })]);
        let place = |host: &HostName| ["PDC1", "BDC1"].iter().position(|name| host.as_str() == *name);
        let at = |span| mirror.wanted(SimTime::START + span, place);
        assert_eq!(at(Span::secs(59)), Wanted::default());
        let open = Wanted { paused: BTreeSet::from([1]), parted: BTreeSet::from([(0, 1)]) };
        assert_eq!(at(Span::mins(1)), open);
        assert_eq!(at(Span::mins(2)), Wanted::default());
        assert_eq!(mirror.next_edge(SimTime::START), Some(SimTime::START + Span::mins(1)));
        assert_eq!(mirror.next_edge(SimTime::START + Span::mins(2)), None);
    }
}
