//! Replication as a bare delay: each change of a stream becomes visible at each controller a fixed or drawn time
//! after its commit. One controller writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ReplicationContext, ReplicationModel};
use crate::directory::{Commit, Controllers, DcIndex, Part, Record};
use crate::{
    Answer, ChangeKind, Counter, DelaySpec, Distribution, Draws, Fact, Reply, SimTime, Span, Stream, Streams,
    SyncKind, SyncReason, Version, Win32Error,
};

/// The delays between the writer and each of the others.
pub(crate) struct DelayModel {
    writer: DcIndex,
    lines: Vec<[Line; 3]>,
    serials: [u64; 3],
    due: BTreeMap<Place, Parcel>,
    stopped: BTreeMap<DcIndex, Stopped>,
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
        context.replicated(now, to, self.writer, version);
        for (part, record) in parcel.iter() {
            context.put(now, to, part.clone(), record.clone());
        }
        Arrival::Done
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
                deltas += 1;
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

    fn network_changed(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        for stopped in std::mem::take(&mut self.stopped).into_values() {
            self.due.extend(stopped.parcels);
        }
        self.advance(now, context);
    }
}
