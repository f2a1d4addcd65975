//! Replication as a bare delay: each change of a stream becomes visible at each controller a fixed or drawn time
//! after its commit. One controller writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ReplicaState, ReplicationContext, ReplicationModel};
use crate::directory::{Commit, Controllers, DcIndex, Part, Record, Stamp};
use crate::{
    Answer, ChangeKind, Counter, DelaySpec, Distribution, Draws, Fact, Invocation, Reply, SimTime, Span,
    Stream, Streams, SyncKind, SyncReason, Version, Win32Error,
};

/// The delays between the writer and each of the others.
pub(crate) struct DelayModel {
    writer: DcIndex,
    lines: Vec<[Line; 3]>,
    serials: [u64; 3],
    due: BTreeMap<Place, Parcel>,
    stopped: BTreeMap<DcIndex, Stopped>,
    /// What has arrived at controllers of which a snapshot was taken, since the first of them.
    arrived: BTreeMap<DcIndex, Vec<(Version, Parcel)>>,
    /// Commits that the writer has lost by a restore. A parcel of such a version puts back what they had changed.
    undone: BTreeSet<Version>,
    /// Those of them under whose number that parcel travels.
    corrections: BTreeSet<Version>,
}

/// How far a controller had come.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    /// The writer: its serial numbers, and the next commit.
    Writer([u64; 3], Version),
    /// Another: how much of what arrives there is on record.
    Replica(usize),
}

/// What waits for one controller.
#[derive(Default)]
struct Stopped {
    parcels: BTreeMap<Place, Parcel>,
    retry: Option<SimTime>,
}

/// Whether a parcel arrived.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// It did.
    Done,
    /// Held, or a host is down: it goes on when the network changes.
    Held,
    /// It did not get through: it is tried again.
    Parted,
}

/// After how long a change that did not get through is tried again.
const RETRY: Span = Span::mins(5);

/// One stream on its way to one controller.
struct Line {
    delay: Distribution,
    draws: Draws,
    latest: SimTime,
}

/// When something is due, and in which order among others of the instant.
type Place = (SimTime, Version, DcIndex);

/// The records of a change, as they were when it was committed.
type Parcel = Arc<[(Part, Record)]>;

impl DelayModel {
    /// The model at the start. `own` gives the delays of the controllers that have their own.
    pub(crate) fn new<'a>(
        spec: &DelaySpec,
        own: impl Fn(DcIndex) -> Option<&'a DelaySpec>,
        controllers: &Controllers,
        streams: Streams,
    ) -> DelayModel {
        let lines = controllers.indices().map(|at| {
            let streams = streams.child(controllers.name(at).as_str());
            Stream::ALL.map(|stream| Line {
                delay: delay_of(own(at).unwrap_or(spec), stream).clone(),
                draws: streams.child(["sam", "builtin", "lsa"][stream as usize]).draws(),
                latest: SimTime(i64::MIN),
            })
        });
        DelayModel {
            writer: controllers.pdc(),
            lines: lines.collect(),
            serials: [0; 3],
            due: BTreeMap::new(),
            stopped: BTreeMap::new(),
            arrived: BTreeMap::new(),
            undone: BTreeSet::new(),
            corrections: BTreeSet::new(),
        }
    }

    /// Lets one parcel arrive, when nothing stops it.
    fn arrive(
        &mut self,
        now: SimTime,
        place: Place,
        parcel: &Parcel,
        context: &mut ReplicationContext<'_>,
    ) -> Arrival {
        let (_, version, to) = place;
        if !context.up(to) || !context.up(self.writer) || context.held(now, to) {
            return Arrival::Held;
        }
        if !context.reaches(now, self.writer, to) {
            return Arrival::Parted;
        }
        if !self.undone.contains(&version) {
            context.replicated(now, to, self.writer, version);
        }
        if let Some(arrived) = self.arrived.get_mut(&to) {
            arrived.push((version, parcel.clone()));
        }
        for (part, record) in parcel.iter() {
            context.put(now, to, part.clone(), record.clone());
        }
        Arrival::Done
    }

    /// The writer has lost its commits from `first` on. What of them is under way is lost as well; where they have
    /// arrived, what they changed is put back after the usual delay.
    fn undo(&mut self, now: SimTime, first: Version, context: &ReplicationContext<'_>) {
        let lost: Vec<Version> = (first.0..context.controllers.next_version().0).map(Version).collect();
        let commits = lost.iter().filter_map(|version| context.controllers.commit(*version));
        let parts: BTreeSet<Part> = commits.flat_map(|commit| commit.parts.iter().cloned()).collect();
        self.undone.extend(lost.iter().copied());
        self.due.retain(|place, _| !lost.contains(&place.1));
        for stopped in self.stopped.values_mut() {
            stopped.parcels.retain(|place, _| !lost.contains(&place.1));
        }
        let Some(last) = lost.last().copied() else { return };
        self.corrections.insert(last);
        let records = context.controllers.database(self.writer).records();
        let gone = Record { value: None, stamp: Stamp::default() };
        let parcel: Parcel = parts
            .into_iter()
            .map(|part| (part.clone(), records.record(&part).unwrap_or(&gone).clone()))
            .collect();
        for to in context.controllers.indices().filter(|to| *to != self.writer) {
            let lines = &mut self.lines[usize::from(to.0)];
            let sam = &mut lines[Stream::Sam as usize];
            let at = now + sam.draws.span(&sam.delay);
            let at = lines.iter().map(|line| line.latest).fold(at, SimTime::max);
            lines.iter_mut().for_each(|line| line.latest = at);
            self.due.insert((at, last, to), parcel.clone());
        }
    }

    /// What has arrived at a controller after a snapshot comes again, and what is under way comes after it.
    fn deliver_again(&mut self, now: SimTime, to: DcIndex, kept: usize, controllers: &Controllers) {
        let mut again: BTreeMap<Version, Parcel> = BTreeMap::new();
        if let Some(arrived) = self.arrived.get_mut(&to) {
            again.extend(arrived.drain(kept.min(arrived.len())..));
        }
        // Of what the writer has lost only that comes again which put it back; it was the last under its number.
        again.retain(|version, _| !self.undone.contains(version) || self.corrections.contains(version));
        let waiting = self.take_all(to);
        let lines = &mut self.lines[usize::from(to.0)];
        lines.iter_mut().for_each(|line| line.latest = now);
        let waiting = waiting.into_iter().map(|(place, parcel)| (place.1, (Some(place.0), parcel)));
        let mut all: BTreeMap<Version, (Option<SimTime>, Parcel)> =
            again.into_iter().map(|(version, parcel)| (version, (None, parcel))).collect();
        all.extend(waiting);
        for (version, (due, parcel)) in all {
            let stream = controllers.commit(version).map_or(Stream::Sam, |commit| commit.stream);
            let line = &mut lines[stream as usize];
            let at = due.unwrap_or_else(|| now + line.draws.span(&line.delay)).max(line.latest).max(now);
            line.latest = at;
            self.due.insert((at, version, to), parcel);
        }
    }

    /// Everything on its way to a controller, in the order of the commits.
    fn take_all(&mut self, to: DcIndex) -> Vec<(Place, Parcel)> {
        let places: Vec<Place> = self.due.keys().filter(|place| place.2 == to).copied().collect();
        let mut all: Vec<(Place, Parcel)> = places
            .into_iter()
            .filter_map(|place| self.due.remove(&place).map(|parcel| (place, parcel)))
            .collect();
        all.extend(self.stopped.remove(&to).into_iter().flat_map(|stopped| stopped.parcels));
        all.sort_by_key(|(place, _)| place.1);
        all
    }
}

fn delay_of(spec: &DelaySpec, stream: Stream) -> &Distribution {
    let own = match stream {
        Stream::Sam => &spec.sam,
        Stream::Builtin => &spec.builtin,
        Stream::Lsa => &spec.lsa,
    };
    own.as_ref().unwrap_or(&spec.all)
}

impl ReplicationModel for DelayModel {
    fn writable(&self, at: DcIndex) -> bool {
        at == self.writer
    }

    fn next_serial(&mut self, _at: DcIndex, stream: Stream) -> u64 {
        self.serials[stream as usize] += 1;
        self.serials[stream as usize]
    }

    /// A delay knows no urgency: whoever wants it, sets it.
    fn urgent(&self, _change: ChangeKind) -> bool {
        false
    }

    fn committed(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>) {
        let records = context.controllers.database(commit.origin).records();
        let parcel: Parcel = commit
            .parts
            .iter()
            .filter_map(|part| Some((part.clone(), records.record(part)?.clone())))
            .collect();
        for to in context.controllers.indices().filter(|to| *to != commit.origin) {
            let line = &mut self.lines[usize::from(to.0)][commit.stream as usize];
            // A later change of the stream never overtakes an earlier one.
            let at = (now + line.draws.span(&line.delay)).max(line.latest);
            line.latest = at;
            self.due.insert((at, commit.version, to), parcel.clone());
        }
    }

    fn next_timeout(&self) -> Option<SimTime> {
        let due = self.due.keys().next().map(|place| place.0);
        due.into_iter().chain(self.stopped.values().filter_map(|stopped| stopped.retry)).min()
    }

    fn advance(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        let ripe = |stopped: &Stopped| stopped.retry.is_some_and(|retry| retry <= now);
        while let Some(to) = self.stopped.iter().find(|(_, stopped)| ripe(stopped)).map(|(to, _)| *to) {
            self.due.extend(self.stopped.remove(&to).into_iter().flat_map(|stopped| stopped.parcels));
        }
        while let Some(entry) = self.due.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let (place, parcel) = entry.remove_entry();
            if let Some(stopped) = self.stopped.get_mut(&place.2) {
                stopped.parcels.insert(place, parcel);
                continue;
            }
            let arrival = self.arrive(now, place, &parcel, context);
            if arrival != Arrival::Done {
                let retry = (arrival == Arrival::Parted).then_some(now + RETRY);
                self.stopped.insert(place.2, Stopped { parcels: BTreeMap::from([(place, parcel)]), retry });
            }
        }
    }

    fn synchronize(
        &mut self,
        now: SimTime,
        at: DcIndex,
        full: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Answer {
        if at == self.writer {
            return Ok(Reply::Done);
        }
        if !context.reaches(now, at, self.writer) {
            return Err(Win32Error::SERVER_UNAVAILABLE);
        }
        let kind = if full { SyncKind::Full } else { SyncKind::Partial };
        let reason = SyncReason::Forced;
        let from = context.controllers.name(self.writer).clone();
        context.fact(now, at, Fact::SyncBegan { from: from.clone(), kind, reason });
        let mut deltas = 0;
        let mut stopped = Stopped::default();
        for (place, parcel) in self.take_all(at) {
            let arrival = match stopped.parcels.is_empty() {
                true => self.arrive(now, place, &parcel, context),
                false => Arrival::Held,
            };
            if arrival == Arrival::Done {
                deltas += u64::from(!self.undone.contains(&place.1));
                continue;
            }
            if arrival == Arrival::Parted {
                stopped.retry = Some(now + RETRY);
            }
            stopped.parcels.insert(place, parcel);
        }
        let error = (!stopped.parcels.is_empty()).then_some(Win32Error::SERVER_UNAVAILABLE);
        if error.is_some() {
            self.stopped.insert(at, stopped);
        } else {
            for line in &mut self.lines[usize::from(at.0)] {
                line.latest = now;
            }
            context.count(now, at, Counter::Synchronizations, 1);
        }
        context.fact(
            now,
            at,
            Fact::SyncEnded { from, kind, reason, deltas, bytes: 0, busy_bytes: 0, took: Span::ZERO, error },
        );
        Ok(Reply::Done)
    }

    fn synchronize_domain(
        &mut self,
        now: SimTime,
        _by: DcIndex,
        full: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Answer {
        for at in context.controllers.indices() {
            // One that cannot be reached does not keep the others from it.
            let _ = self.synchronize(now, at, full, context);
        }
        Ok(Reply::Done)
    }

    fn host_down(
        &mut self,
        _now: SimTime,
        at: DcIndex,
        loses_unreplicated: bool,
        _context: &mut ReplicationContext<'_>,
    ) -> Vec<Version> {
        if at != self.writer || !loses_unreplicated {
            return Vec::new();
        }
        let others = self.lines.len().saturating_sub(1);
        let mut waiting: BTreeMap<Version, usize> = BTreeMap::new();
        for place in self.due.keys().chain(self.stopped.values().flat_map(|stopped| stopped.parcels.keys())) {
            *waiting.entry(place.1).or_default() += 1;
        }
        let lost: BTreeSet<Version> =
            waiting.into_iter().filter(|(_, count)| *count == others).map(|(version, _)| version).collect();
        self.due.retain(|place, _| !lost.contains(&place.1));
        for stopped in self.stopped.values_mut() {
            stopped.parcels.retain(|place, _| !lost.contains(&place.1));
        }
        lost.into_iter().collect()
    }

    fn host_up(&mut self, now: SimTime, _at: DcIndex, context: &mut ReplicationContext<'_>) {
        self.network_changed(now, context);
    }

    fn snapshot(&mut self, at: DcIndex, controllers: &Controllers) -> ReplicaState {
        ReplicaState::Delay(match at == self.writer {
            true => Kept::Writer(self.serials, controllers.next_version()),
            false => Kept::Replica(self.arrived.entry(at).or_default().len()),
        })
    }

    fn restore(
        &mut self,
        now: SimTime,
        at: DcIndex,
        state: &ReplicaState,
        _invocation: Invocation,
        context: &mut ReplicationContext<'_>,
    ) {
        match state {
            ReplicaState::Delay(Kept::Writer(serials, next)) => {
                self.serials = *serials;
                self.undo(now, *next, context);
            }
            ReplicaState::Delay(Kept::Replica(kept)) => {
                self.deliver_again(now, at, *kept, context.controllers);
            }
            ReplicaState::Nt4(_) | ReplicaState::Ad(_) => {}
        }
    }

    fn due(&self, at: DcIndex, commit: &Commit) -> Option<SimTime> {
        let is_it = |place: &Place| place.1 == commit.version && place.2 == at;
        match self.stopped.get(&at).filter(|stopped| stopped.parcels.keys().any(is_it)) {
            Some(stopped) => stopped.retry,
            None => self.due.keys().find(|place| is_it(place)).map(|place| place.0),
        }
    }

    fn network_changed(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        for stopped in std::mem::take(&mut self.stopped).into_values() {
            self.due.extend(stopped.parcels);
        }
        self.advance(now, context);
    }
}
