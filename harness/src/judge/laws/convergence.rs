//! Whether replicas show the same once changes and faults have ended.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasherDefault, Hasher};

use indexmap::{IndexMap, IndexSet};
use mockdc_mocks::{
    AdSpec, Attribute, DcSpec, DelaySpec, Distribution, Fact, FaultKind, HostName, Invocation, Name, Nt4Spec,
    Replication, SimTime, SiteLinkSpec, Span, StateKey, Value,
};

use crate::judge::outline::{Mark, Outline};
use crate::judge::{Breach, Tested};
use crate::timeline::{Classes, EventKind};

/// A controller is judged once it must have everything: replication had the time that it may take since the last change
/// or fault, or, where only the primary was written to, a synchronisation with it began after that and has ended.
pub(super) fn replicas_converge(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let plan = outline.run.plan();
    if plan.world.dcs.len() < 2 {
        return tested;
    }
    if let Replication::Ad(ad) = &plan.world.domain.replication
        && cut_off_for_too_long(outline, ad)
    {
        return tested;
    }
    if rolled_back(outline) {
        return tested;
    }
    let (Some(pdc), Some(quiet)) = (outline.pdc(), quiet_since(outline)) else { return tested };
    let due = slowest_replication(outline).is_some_and(|bound| quiet.at + bound < outline.end);
    let mut open: BTreeMap<HostName, Mark> = BTreeMap::new();
    let mut complete: BTreeSet<HostName> = BTreeSet::new();
    let mut only_primary = true;
    outline.register.replication.each(|event| {
        match &event.kind {
            EventKind::Fact(Fact::SyncBegan { .. }) => {
                open.insert(event.host.clone(), Mark::of(event));
            }
            EventKind::Fact(Fact::SyncEnded { from, error, .. }) => {
                let began = open.remove(&event.host);
                let after = began.is_some_and(|began| began.at >= quiet.at && began.seq > quiet.seq);
                if after && error.is_none() && from == pdc {
                    complete.insert(event.host.clone());
                }
            }
            EventKind::Fact(Fact::Committed { .. }) => only_primary &= event.host == *pdc,
            // What the primary had before it was restored, others may have.
            EventKind::Fact(Fact::Restored { .. }) => only_primary = false,
            _ => {}
        }
    });
    let others = plan.world.dcs.iter().map(|dc| &dc.name).filter(|host| *host != pdc);
    let has_everything =
        |host: &HostName| !open.contains_key(host) && (due || only_primary && complete.contains(host));
    let judged: Vec<&HostName> = others.filter(|host| has_everything(host)).collect();
    if judged.is_empty() {
        return tested;
    }
    let databases = Databases::at_the_end(outline, pdc, &judged);
    for (place, host) in judged.iter().enumerate().filter(|(place, _)| databases.up[*place + 1]) {
        tested.occasion();
        tested.extend(databases.difference(place + 1, pdc, host));
    }
    tested
}

/// A value that a controller shows, with the event that says so.
type Shown = Option<(Value, u64)>;

/// What controllers show at the end of a run: the primary in place 0, then those that are judged.
struct Databases {
    /// Keys that have changed since a start at which all controllers showed the same; all of them without one.
    shown: IndexMap<StateKey, Vec<Shown>, KeyHashes>,
    up: Vec<bool>,
}

impl Databases {
    fn at_the_end(outline: &Outline<'_>, pdc: &HostName, judged: &[&HostName]) -> Databases {
        let places: BTreeMap<&HostName, usize> =
            std::iter::once(pdc).chain(judged.iter().copied()).zip(0..).collect();
        let mut databases = Databases { shown: IndexMap::default(), up: vec![true; places.len()] };
        let mut by_policy: BTreeSet<StateKey> = BTreeSet::new();
        // Of each place here the one in what is known of the start.
        let mut at_start: Vec<usize> = Vec::new();
        if let Some(start) = outline.start {
            let dcs: IndexSet<&HostName> = outline.run.plan().world.dcs.iter().map(|dc| &dc.name).collect();
            let hosts = std::iter::once(pdc).chain(judged.iter().copied());
            at_start.extend(hosts.filter_map(|host| dcs.get_index_of(host)));
            databases.up = at_start.iter().map(|dc| start.up[*dc]).collect();
            by_policy.extend(start.by_policy.iter().cloned());
        }
        let before = |key: &StateKey| -> Vec<Shown> {
            match outline.start.and_then(|start| start.shown.get(key)) {
                Some(at) => at_start.iter().map(|dc| at[*dc].clone()).collect(),
                None => vec![None; places.len()],
            }
        };
        let mut last: Option<(HostName, Option<usize>)> = None;
        outline.register.states.each(|event| {
            let EventKind::Fact(Fact::State { key, value, version }) = &event.kind else { return };
            let up = *key == StateKey::Up;
            if !up && !shared(key) {
                return;
            }
            // What policy makes of rights is each controller's own affair, also of those that are not judged.
            let of_policy = version.is_none() && matches!(key, StateKey::Right { .. });
            if of_policy && outline.is_dc(&event.host) && !by_policy.contains(key) {
                by_policy.insert(key.clone());
            }
            let place = match &last {
                Some((host, place)) if *host == event.host => *place,
                _ => {
                    let place = places.get(&event.host).copied();
                    last = Some((event.host.clone(), place));
                    place
                }
            };
            let Some(place) = place else { return };
            if up {
                databases.up[place] = *value != Some(Value::Is(false));
                return;
            }
            let shown = value.clone().map(|value| (value, event.seq));
            match databases.shown.get_mut(key) {
                Some(at) => at[place] = shown,
                None => {
                    let mut at = before(key);
                    at[place] = shown;
                    databases.shown.insert(key.clone(), at);
                }
            }
        });
        databases.shown.retain(|key, _| !by_policy.contains(key));
        databases
    }

    /// The first difference between a controller and the primary, in the order of the keys: what the primary shows and
    /// the other does not come first.
    fn difference(&self, place: usize, pdc: &HostName, host: &HostName) -> Option<Breach> {
        fn value(at: &Shown) -> Option<&Value> {
            at.as_ref().map(|(value, _)| value)
        }
        let differing = self.shown.iter().filter(|(_, at)| value(&at[0]) != value(&at[place]));
        let (key, at) = differing.min_by_key(|(key, at)| (at[0].is_none(), *key))?;
        let shows = |at: &Shown| value(at).map_or("nothing".to_owned(), |value| format!("{value:?}"));
        let text = match at[0] {
            Some(_) => format!(
                "{key:?} is {} at {pdc} and {} at {host}, long after the last change",
                shows(&at[0]),
                shows(&at[place])
            ),
            None => format!(
                "{key:?} is {} at {host} and nothing at {pdc}, long after the last change",
                shows(&at[place])
            ),
        };
        Some(Breach::new(text, [&at[0], &at[place]].into_iter().flatten().map(|(_, seq)| *seq)))
    }
}

/// A hash of keys that is the same in every run: nobody chooses names to make tables slow.
pub(crate) type KeyHashes = BuildHasherDefault<KeyHasher>;

/// What [`KeyHashes`] makes.
#[derive(Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(8) {
            let mut word = [0_u8; 8];
            word[..piece.len()].copy_from_slice(piece);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// Whether controllers show this alike once they have replicated.
pub(crate) fn shared(key: &StateKey) -> bool {
    match key {
        StateKey::Account { .. } | StateKey::Member { .. } | StateKey::Right { .. } => true,
        // Bad passwords are counted by each controller; a lockout ends by each one's clock.
        StateKey::Attribute { attribute, .. } => {
            !matches!(attribute, Attribute::BadPasswords | Attribute::LockedOut)
        }
        _ => false,
    }
}

/// After which event and instant nothing is committed and no fault is at work; `None`: a fault lasts to the end.
fn quiet_since(outline: &Outline<'_>) -> Option<Mark> {
    let mut quiet = Mark { seq: 0, at: SimTime::START };
    for fault in &outline.run.plan().world.faults {
        if matters(&fault.kind) {
            quiet.at = quiet.at.max(SimTime::START + fault.until?);
        }
    }
    let mut open: BTreeSet<Name> = BTreeSet::new();
    outline.register.replication.each(|event| {
        if let EventKind::Intervention { adds, lifts, .. } = &event.kind {
            open.extend(adds.clone());
            if let Some(fault) = lifts {
                open.remove(fault);
            }
            quiet = Mark { seq: event.seq, at: quiet.at.max(event.at) };
        }
        match &event.kind {
            EventKind::Fact(
                Fact::Committed { .. }
                | Fact::Machine { .. }
                | Fact::Restored { .. }
                | Fact::FaultTouched { .. }
                | Fact::SyncEnded { error: Some(_), .. },
            )
            | EventKind::Lost { .. } => quiet = Mark { seq: event.seq, at: quiet.at.max(event.at) },
            _ => {}
        }
    });
    // A fault that somebody has added and not lifted may keep the databases apart.
    open.is_empty().then_some(quiet)
}

/// Whether a fault can keep changes from arriving.
fn matters(fault: &FaultKind) -> bool {
    !fault.is_at_ports()
        && !matches!(fault, FaultKind::ClockSkew { .. } | FaultKind::Refuse { .. } | FaultKind::Drop { .. })
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
        Replication::Nt4(nt4) => slowest_netlogon(nt4, &world.dcs),
        Replication::Ad(ad) => {
            let sites: BTreeSet<&Name> = world.dcs.iter().map(|dc| &dc.machine.site).collect();
            if !all_linked(&sites, ad.site_links.iter().map(|link| link.sites.as_slice())) {
                return None;
            }
            let netlogon = match &ad.mixed {
                Some(nt4) => slowest_netlogon(nt4, &world.dcs)?,
                None => Span::ZERO,
            };
            let controllers = i64::try_from(world.dcs.len()).ok()?;
            let first = ad.notify_first.unwrap_or(Span::secs(300));
            let next = ad.notify_next.unwrap_or(Span::secs(30));
            let hop = first + next.times(controllers) + ad.poll;
            let links = ad.site_links.iter();
            // Hours open once a day, those of some days once a week at least, and a link is at most as late as a quarter
            // of an hour or its own jitter.
            let late = |link: &SiteLinkSpec| {
                let closed = match () {
                    () if link.open.is_empty() => Span::ZERO,
                    () if link.open.iter().any(|hours| hours.days.is_every_day()) => Span::days(1),
                    () => Span::days(7),
                };
                closed + link.jitter.unwrap_or(Span::mins(15))
            };
            let schedules = links.fold(Span::ZERO, |sum, link| {
                sum + link.interval.times(2) + link.first.unwrap_or_default() + late(link)
            });
            Some(hop.times(controllers) + schedules + netlogon + hour)
        }
    }
}

fn slowest_netlogon(nt4: &Nt4Spec, dcs: &[DcSpec]) -> Option<Span> {
    let governors = dcs.iter().map(|dc| dc.nt4.as_ref().unwrap_or(&nt4.bdc));
    let slowest = governors.clone().map(|bdc| bdc.governor).min()?;
    if slowest == 0 || nt4.pulse_concurrency == 0 {
        return None;
    }
    let pause = governors.map(|bdc| bdc.randomize).max()?;
    let backups = i64::try_from(dcs.len()).ok()?;
    let first = nt4.first_pulse.unwrap_or(nt4.pulse);
    // Each cycle serves at least one batch; a dead partner holds a place for both time-outs.
    let turn = nt4.pulse + nt4.pulse_timeout1 + nt4.pulse_timeout2 + pause;
    Some(first + nt4.pulse_maximum + turn.times(backups) + Span::hours(1).times(100 / i64::from(slowest)))
}

/// Whether a controller heard nothing for longer than deletions are remembered: what was deleted meanwhile lingers there
/// (FACTS.md, "Active Directory replication").
fn cut_off_for_too_long(outline: &Outline<'_>, ad: &AdSpec) -> bool {
    let too_long = |span: Span| span > ad.tombstone_lifetime;
    let faults = outline.run.plan().world.faults.iter().filter(|fault| matters(&fault.kind));
    let by_fault = faults
        .map(|fault| fault.until.unwrap_or(outline.end.since(SimTime::START)) - fault.from)
        .any(too_long);
    let mut down: BTreeMap<HostName, SimTime> = BTreeMap::new();
    let mut by_machine = false;
    for event in outline.run.events.chosen(0, Classes::REPLICATION) {
        if let EventKind::Fact(Fact::Machine { up }) = event.kind {
            match up {
                true => {
                    let since = down.remove(&event.host);
                    by_machine |= since.is_some_and(|since| too_long(event.at.since(since)));
                }
                false => {
                    down.entry(event.host.clone()).or_insert(event.at);
                }
            }
        }
    }
    by_fault || by_machine
}

/// Whether a controller of Active Directory was put back under the invocation id that it had: what it writes under
/// numbers that its partners know stays there for ever (KB875495; FACTS.md, "Snapshots and restores").
fn rolled_back(outline: &Outline<'_>) -> bool {
    let ad = matches!(outline.run.plan().world.domain.replication, Replication::Ad(_));
    let kept = |kind: &EventKind| {
        matches!(kind, EventKind::Fact(Fact::Restored { invocation: Invocation::Kept, .. }))
    };
    ad && outline.register.replication.any(|event| kept(&event.kind))
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
