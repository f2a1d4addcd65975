//! Replication as a bare delay: each change of a stream becomes visible at each controller a fixed or drawn time
//! after its commit. One controller writes.

mod restore;

pub(crate) use restore::Kept;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ReplicaState, ReplicationContext, ReplicationModel};
use crate::directory::{Commit, Controllers, DcIndex, Part, Record};
use crate::{
    Answer, ChangeKind, Counter, DelaySpec, Distribution, Draws, Fact, Invocation, Reply, SimTime, Span,
    Stream, Streams, SyncKind, SyncReason, Version, Win32Error,
};

/// The delays between the writer and each of the others.
pub(crate) struct DelayModel {
    writer: DcIndex,
    lines: Vec<[Line; 3]>,
    serials: [u64; 3],
    /// How many parcels were made.
    sent: u64,
    due: BTreeMap<Place, Parcel>,
    stopped: BTreeMap<DcIndex, Stopped>,
    /// What has arrived at controllers of which a snapshot was taken, since the first of them, by number.
    arrived: BTreeMap<DcIndex, BTreeMap<u64, Parcel>>,
    /// Commits that the writer has lost by a restore or a crash.
    undone: BTreeSet<Version>,
    /// Those, and the commits that were among them once. A correction puts right whatever they have changed.
    unsettled: BTreeSet<Version>,
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

/// When something is due, and in which order among others of the instant: by its number.
type Place = (SimTime, u64, DcIndex);

/// What travels to a controller.
#[derive(Clone)]
struct Parcel {
    /// The commit that it brings; `None` for a correction after a restore of the writer.
    version: Option<Version>,
    /// Its stream; `None`: it comes after what was sent before in any stream.
    stream: Option<Stream>,
    /// The records, as they were when it was sent.
    records: Arc<[(Part, Record)]>,
    /// Another controller has had it, or it tells what the writer's restored disk has: no crash takes it back.
    safe: bool,
}

impl Parcel {
    /// One that says of a commit that it is there again.
    fn returned(version: Version) -> Parcel {
        Parcel { version: Some(version), stream: None, records: Arc::from([]), safe: true }
    }
}

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
            sent: 0,
            due: BTreeMap::new(),
            stopped: BTreeMap::new(),
            arrived: BTreeMap::new(),
            undone: BTreeSet::new(),
            unsettled: BTreeSet::new(),
        }
    }

    /// The number of the next parcel.
    fn number(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }

    /// Lets one parcel arrive, when nothing stops it.
    fn arrive(
        &mut self,
        now: SimTime,
        place: Place,
        parcel: &Parcel,
        context: &mut ReplicationContext<'_>,
    ) -> Arrival {
        let (_, number, to) = place;
        if !context.up(to) || !context.up(self.writer) || context.held(now, to) {
            return Arrival::Held;
        }
        if !context.reaches(now, self.writer, to) {
            return Arrival::Parted;
        }
        if let Some(version) = parcel.version {
            context.replicated(now, to, self.writer, version);
        }
        restore::put_all(now, to, parcel, context);
        if let Some(arrived) = self.arrived.get_mut(&to) {
            arrived.insert(number, parcel.clone());
        }
        Arrival::Done
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
        let records =
            commit.parts.iter().filter_map(|part| Some((part.clone(), records.record(part)?.clone())));
        let (version, stream) = (Some(commit.version), Some(commit.stream));
        let parcel = Parcel { version, stream, records: records.collect(), safe: false };
        let number = self.number();
        for to in context.controllers.indices().filter(|to| *to != commit.origin) {
            let line = &mut self.lines[usize::from(to.0)][commit.stream as usize];
            // A later change of the stream never overtakes an earlier one.
            let at = (now + line.draws.span(&line.delay)).max(line.latest);
            line.latest = at;
            self.due.insert((at, number, to), parcel.clone());
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
                deltas += u64::from(parcel.version.is_some());
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
        let stopped = self.stopped.values().flat_map(|stopped| stopped.parcels.values());
        for parcel in self.due.values().chain(stopped).filter(|parcel| !parcel.safe) {
            if let Some(version) = parcel.version {
                *waiting.entry(version).or_default() += 1;
            }
        }
        let lost: BTreeSet<Version> =
            waiting.into_iter().filter(|(_, count)| *count == others).map(|(version, _)| version).collect();
        self.drop_where(|parcel| parcel.version.is_some_and(|version| lost.contains(&version)));
        // A snapshot may have them yet.
        self.undone.extend(lost.iter().copied());
        self.unsettled.extend(lost.iter().copied());
        lost.into_iter().collect()
    }

    fn host_up(&mut self, now: SimTime, _at: DcIndex, context: &mut ReplicationContext<'_>) {
        self.network_changed(now, context);
    }

    fn snapshot(&mut self, at: DcIndex, controllers: &Controllers) -> ReplicaState {
        ReplicaState::Delay(self.keep(at, controllers))
    }

    fn restore(
        &mut self,
        now: SimTime,
        at: DcIndex,
        state: &ReplicaState,
        _invocation: Invocation,
        context: &mut ReplicationContext<'_>,
    ) {
        if let ReplicaState::Delay(kept) = state {
            self.go_back(now, at, kept, context);
        }
    }

    fn due(&self, at: DcIndex, commit: &Commit) -> Option<SimTime> {
        let is_it = |parcel: &Parcel| parcel.version == Some(commit.version);
        match self.stopped.get(&at).filter(|stopped| stopped.parcels.values().any(is_it)) {
            Some(stopped) => stopped.retry,
            None => {
                let mut due = self.due.iter();
                due.find(|(place, parcel)| place.2 == at && is_it(parcel)).map(|(place, _)| place.0)
            }
        }
    }

    fn network_changed(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        for stopped in std::mem::take(&mut self.stopped).into_values() {
            self.due.extend(stopped.parcels);
        }
        self.advance(now, context);
    }
}
