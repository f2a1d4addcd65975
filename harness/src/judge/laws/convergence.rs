//! Whether replicas show the same once changes and faults have ended.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{
    Attribute, DelaySpec, Distribution, Fact, FaultKind, HostName, Name, Replication, SimTime, Span,
    StateKey, Value,
};

use crate::judge::outline::{Mark, Outline};
use crate::judge::{Breach, Tested};
use crate::timeline::{EventKind, StateView};

/// A controller is judged once it must have everything: replication had the time that it may take since the last change
/// or fault, or, where only the primary was written to, a synchronisation with it began after that and has ended.
pub(super) fn replicas_converge(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let plan = outline.run.plan();
    if plan.world.dcs.len() < 2 {
        return tested;
    }
    let (Some(pdc), Some(quiet)) = (outline.pdc(), quiet_since(outline)) else { return tested };
    let due = slowest_replication(outline).is_some_and(|bound| quiet.at + bound < outline.end);
    let mut view = StateView::new();
    let mut open: BTreeMap<&HostName, Mark> = BTreeMap::new();
    let mut complete: BTreeSet<&HostName> = BTreeSet::new();
    let mut by_policy: BTreeSet<&StateKey> = BTreeSet::new();
    let mut only_primary = true;
    for event in &outline.run.events {
        match &event.kind {
            EventKind::Fact(Fact::State { key, version, .. }) if *key == StateKey::Up || shared(key) => {
                view.apply(event);
                if version.is_none() && matches!(key, StateKey::Right { .. }) && outline.is_dc(&event.host) {
                    by_policy.insert(key);
                }
            }
            EventKind::Fact(Fact::SyncBegan { .. }) => {
                open.insert(&event.host, Mark::of(event));
            }
            EventKind::Fact(Fact::SyncEnded { from, error, .. }) => {
                let began = open.remove(&event.host);
                let after = began.is_some_and(|began| began.at >= quiet.at && began.seq > quiet.seq);
                if after && error.is_none() && from == pdc {
                    complete.insert(&event.host);
                }
            }
            EventKind::Fact(Fact::Committed { .. }) => only_primary &= event.host == *pdc,
            _ => {}
        }
    }
    let source = replicated(&view, pdc, &by_policy);
    for host in plan.world.dcs.iter().map(|dc| &dc.name).filter(|host| *host != pdc) {
        let up = view.value(host, &StateKey::Up) != Some(Value::Is(false));
        let has_everything = due || only_primary && complete.contains(host);
        if up && !open.contains_key(host) && has_everything {
            tested.occasion();
            tested.extend(differs(&source, &replicated(&view, host, &by_policy), pdc, host));
        }
    }
    tested
}

type Replica<'a> = BTreeMap<&'a StateKey, (&'a Value, u64)>;

/// What of a controller's state every other one must come to show.
fn replicated<'a>(view: &'a StateView, host: &HostName, by_policy: &BTreeSet<&StateKey>) -> Replica<'a> {
    let states = view.states(host).filter(|(key, _)| shared(key) && !by_policy.contains(key));
    states.map(|(key, known)| (key, (&known.value, known.seq))).collect()
}

fn shared(key: &StateKey) -> bool {
    match key {
        StateKey::Account { .. } | StateKey::Member { .. } | StateKey::Right { .. } => true,
        // Bad passwords are counted by each controller; a lockout ends by each one's clock.
        StateKey::Attribute { attribute, .. } => {
            !matches!(attribute, Attribute::BadPasswords | Attribute::LockedOut)
        }
        _ => false,
    }
}

fn differs(source: &Replica<'_>, replica: &Replica<'_>, pdc: &HostName, host: &HostName) -> Option<Breach> {
    let here =
        source.iter().find(|(key, (value, _))| replica.get(*key).map(|(other, _)| other) != Some(value));
    if let Some((key, (value, seq))) = here {
        let other = replica.get(key);
        let shows = other.map_or("nothing".to_owned(), |(value, _)| format!("{value:?}"));
        let text = format!("{key:?} is {value:?} at {pdc} and {shows} at {host}, long after the last change");
        return Some(Breach::new(text, [Some(*seq), other.map(|(_, seq)| *seq)].into_iter().flatten()));
    }
    let (key, (value, seq)) = replica.iter().find(|(key, _)| !source.contains_key(*key))?;
    let text = format!("{key:?} is {value:?} at {host} and nothing at {pdc}, long after the last change");
    Some(Breach::new(text, [*seq]))
}

/// After which event and instant nothing is committed and no fault is at work; `None`: a fault lasts to the end.
fn quiet_since(outline: &Outline<'_>) -> Option<Mark> {
    let mut quiet = Mark { seq: 0, at: SimTime::START };
    for fault in &outline.run.plan().world.faults {
        if matters(&fault.kind) {
            quiet.at = quiet.at.max(SimTime::START + fault.until?);
        }
    }
    for event in &outline.run.events {
        match &event.kind {
            EventKind::Fact(
                Fact::Committed { .. }
                | Fact::Machine { .. }
                | Fact::FaultTouched { .. }
                | Fact::SyncEnded { error: Some(_), .. },
            )
            | EventKind::Lost { .. } => quiet = Mark { seq: event.seq, at: quiet.at.max(event.at) },
            _ => {}
        }
    }
    Some(quiet)
}

/// Whether a fault can keep changes from arriving.
fn matters(fault: &FaultKind) -> bool {
    !matches!(fault, FaultKind::ClockSkew { .. } | FaultKind::Refuse { .. } | FaultKind::Drop { .. })
}

/// The longest time that a change may take to every controller; `None`: without bound, or never.
fn slowest_replication(outline: &Outline<'_>) -> Option<Span> {
    let world = &outline.run.plan().world;
    // Links with a speed make the time depend on the volume; an hour is left for it below, unless they are slow.
    let slow = world.links.iter().any(|link| link.bits_per_second.is_some_and(|speed| speed < 9_600));
    if slow {
        return None;
    }
    let hour = Span::hours(1);
    match &world.domain.replication {
        Replication::Delay(delay) => {
            let mut bound = longest_delay(delay)?;
            for own in world.dcs.iter().filter_map(|dc| dc.delay.as_ref()) {
                bound = bound.max(longest_delay(own)?);
            }
            Some(if world.links.is_empty() { bound } else { bound + hour })
        }
        Replication::Nt4(nt4) => {
            let governors = world.dcs.iter().map(|dc| dc.nt4.as_ref().unwrap_or(&nt4.bdc));
            let slowest = governors.clone().map(|bdc| bdc.governor).min()?;
            if slowest == 0 || nt4.pulse_concurrency == 0 {
                return None;
            }
            let pause = governors.map(|bdc| bdc.randomize).max()?;
            let backups = i64::try_from(world.dcs.len()).ok()?;
            let first = nt4.first_pulse.unwrap_or(nt4.pulse);
            // Each cycle serves at least one batch; a dead partner holds a place for both time-outs.
            let turn = nt4.pulse + nt4.pulse_timeout1 + nt4.pulse_timeout2 + pause;
            Some(first + nt4.pulse_maximum + turn.times(backups) + hour.times(100 / i64::from(slowest)))
        }
        Replication::Ad(ad) => {
            let sites: BTreeSet<&Name> = world.dcs.iter().map(|dc| &dc.machine.site).collect();
            if !all_linked(&sites, ad.site_links.iter().map(|link| link.sites.as_slice())) {
                return None;
            }
            let controllers = i64::try_from(world.dcs.len()).ok()?;
            let first = ad.notify_first.unwrap_or(Span::secs(300));
            let next = ad.notify_next.unwrap_or(Span::secs(30));
            let hop = first + next.times(controllers) + ad.poll;
            let links = ad.site_links.iter();
            let schedules = links
                .fold(Span::ZERO, |sum, link| sum + link.interval.times(2) + link.first.unwrap_or_default());
            Some(hop.times(controllers) + schedules + hour)
        }
    }
}

fn longest_delay(delay: &DelaySpec) -> Option<Span> {
    let own = [&delay.sam, &delay.builtin, &delay.lsa];
    let mut longest = longest(&delay.all)?;
    for distribution in own.into_iter().flatten() {
        longest = longest.max(self::longest(distribution)?);
    }
    Some(longest)
}

fn longest(distribution: &Distribution) -> Option<Span> {
    match distribution {
        Distribution::Constant(span) => Some(*span),
        Distribution::Uniform { to, .. } => Some(*to),
        Distribution::Normal { to, .. } | Distribution::Exponential { to, .. } => *to,
    }
}

fn all_linked<'a>(sites: &BTreeSet<&'a Name>, links: impl Iterator<Item = &'a [Name]> + Clone) -> bool {
    let mut reached: BTreeSet<&Name> = sites.iter().copied().take(1).collect();
    loop {
        let before = reached.len();
        for link in links.clone() {
            if link.iter().any(|site| reached.contains(site)) {
                reached.extend(link.iter());
            }
        }
        if reached.len() == before {
            return sites.iter().all(|site| reached.contains(site));
        }
    }
}
