//! A BDC's synchronisation: a pause, then calls for a chunk each until it has everything (Q238191, Q140422).

use super::change_log::Overwritten;
use super::cost::{Content, Gathered, Reader};
use super::{Nt4, Timer};
use crate::directory::DcIndex;
use crate::replication::ReplicationContext;
use crate::{
    Counter, Draws, Fact, Nt4BdcSpec, SimTime, Span, Stream, SyncKind, SyncReason, Version, Win32Error,
};

/// Bytes of a call for changes at a governor of 100 per cent (Q140422).
const CHUNK: u64 = 128 * 1_024;

/// A backup domain controller.
#[derive(Debug)]
pub(super) struct Bdc {
    pub(super) dc: DcIndex,
    pub(super) spec: Nt4BdcSpec,
    /// Serial numbers of SAM, BUILTIN and LSA here.
    pub(super) has: [u64; 3],
    /// A full synchronisation was broken off: the next one is full again.
    pub(super) wants_full: bool,
    /// When the PDC last told it anything.
    pub(super) told: SimTime,
    /// Whether it takes one of the PDC's places.
    pub(super) has_place: bool,
    /// Forced while a synchronisation was under way.
    pub(super) again: Option<SyncKind>,
    session: Option<Session>,
    draws: Draws,
}

#[derive(Debug)]
struct Session {
    kind: SyncKind,
    reason: SyncReason,
    phase: Phase,
    /// It cannot go on: the BDC is paused, or replication to it is held.
    stalled: bool,
    began: SimTime,
    deltas: u64,
    bytes: u64,
    busy_bytes: u64,
    /// The database under way; three when all have been read.
    database: usize,
    /// Of a full synchronisation: the bytes of that database that are still to come.
    left: Option<u64>,
}

#[derive(Debug)]
enum Phase {
    /// It will answer the PDC, or has come to ask by itself.
    Answering,
    /// It may make its next call.
    Ready,
    /// Its call is on the way to the PDC since this instant.
    Asking(SimTime),
    /// The PDC's answer is on its way.
    Receiving(SimTime, Chunk),
}

/// The answer to a call.
#[derive(Debug)]
struct Chunk {
    stream: Stream,
    /// The serial number that the BDC has with it.
    serial: u64,
    bytes: u64,
    busy_bytes: u64,
    versions: Vec<Version>,
    content: Content,
}

impl Bdc {
    pub(super) fn new(dc: DcIndex, spec: Nt4BdcSpec, draws: Draws) -> Bdc {
        Bdc {
            dc,
            spec,
            has: [0; 3],
            wants_full: false,
            told: SimTime::START,
            has_place: false,
            again: None,
            session: None,
            draws,
        }
    }

    /// Whether a synchronisation has begun and not ended.
    pub(super) fn transfers(&self) -> bool {
        self.session.as_ref().is_some_and(|session| !matches!(session.phase, Phase::Answering))
    }

    /// Whether a synchronisation waits for a fault to pass.
    pub(super) fn is_stalled(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.stalled)
    }

    fn begin(&mut self, kind: SyncKind, reason: SyncReason, now: SimTime) {
        self.session = Some(Session {
            kind,
            reason,
            phase: Phase::Answering,
            stalled: false,
            began: now,
            deltas: 0,
            bytes: 0,
            busy_bytes: 0,
            database: 0,
            left: None,
        });
    }

    /// At a governor of nothing a BDC never replicates (Q140552).
    pub(super) fn never(&self) -> bool {
        self.spec.governor == 0
    }
}

impl Nt4 {
    /// The PDC's message reaches the BDC, which answers after a pause drawn from its `randomize`.
    pub(super) fn answer_later(
        &mut self,
        now: SimTime,
        place: usize,
        kind: SyncKind,
        reason: SyncReason,
        context: &mut ReplicationContext<'_>,
    ) {
        let pdc = context.controllers.name(self.pdc);
        let latency = context.network.latency(now, pdc, context.controllers.name(self.bdcs[place].dc));
        let bdc = &mut self.bdcs[place];
        if bdc.never() {
            return;
        }
        match &bdc.session {
            None => {
                let pause = bdc.draws.span_up_to(bdc.spec.randomize);
                bdc.begin(kind, reason, now);
                self.timers.arm(Timer::Session(place), now + latency + pause);
            }
            Some(_) if reason == SyncReason::Forced => {
                bdc.again = Some(bdc.again.map_or(kind, |k| k.max(kind)))
            }
            Some(_) => {}
        }
    }

    /// The BDC asks by itself, now. What the PDC told it before is answered with that.
    pub(super) fn ask(
        &mut self,
        now: SimTime,
        place: usize,
        kind: SyncKind,
        reason: SyncReason,
        context: &mut ReplicationContext<'_>,
    ) -> Option<Win32Error> {
        let bdc = &mut self.bdcs[place];
        if bdc.never() {
            return None;
        }
        if bdc.transfers() {
            bdc.again = Some(bdc.again.map_or(kind, |again| again.max(kind)));
            return None;
        }
        bdc.begin(kind, reason, now);
        self.timers.disarm(Timer::Session(place));
        self.step(now, place, context)
    }

    /// Goes on with a synchronisation until it has to wait. Says with which error it ended, if it did.
    pub(super) fn step(
        &mut self,
        now: SimTime,
        place: usize,
        context: &mut ReplicationContext<'_>,
    ) -> Option<Win32Error> {
        loop {
            let dc = self.bdcs[place].dc;
            let lags = self.lags(place);
            let bdc = &mut self.bdcs[place];
            let session = bdc.session.as_mut()?;
            session.stalled = false;
            match &mut session.phase {
                Phase::Answering | Phase::Ready if !context.up(dc) || context.held(now, dc) => {
                    session.stalled = true;
                    return None;
                }
                Phase::Answering => {
                    let told = matches!(session.reason, SyncReason::Notification | SyncReason::Urgent);
                    if told && !lags {
                        // It came to have everything meanwhile.
                        bdc.session = None;
                        self.free_place(now, place, context);
                        return None;
                    }
                    if bdc.wants_full {
                        session.kind = SyncKind::Full;
                    }
                    session.began = now;
                    session.phase = Phase::Ready;
                    let (kind, reason) = (session.kind, session.reason);
                    self.say_began(now, dc, kind, reason, context);
                }
                Phase::Ready => {
                    session.phase = Phase::Asking(now);
                    if !context.reaches(now, dc, self.pdc) {
                        return self.fail(now, place, context);
                    }
                    let (from, to) = (context.controllers.name(dc), context.controllers.name(self.pdc));
                    let latency = context.network.latency(now, from, to);
                    if latency > Span::ZERO {
                        self.timers.arm(Timer::Session(place), now + latency);
                        return None;
                    }
                }
                Phase::Asking(since) => {
                    let since = *since;
                    match self.read(place, context) {
                        Err(Overwritten) => self.turn_to_full(now, place, context),
                        Ok(None) => return self.end(now, place, None, context),
                        Ok(Some(chunk)) => {
                            if let Some(wait) = self.send(now, place, since, chunk, context) {
                                self.timers.arm(Timer::Session(place), now + wait);
                                return None;
                            }
                        }
                    }
                }
                Phase::Receiving(..) => {
                    if !context.reaches(now, self.pdc, dc) {
                        return self.fail(now, place, context);
                    }
                    if let Some(wait) = self.receive(now, place, context) {
                        self.timers.arm(Timer::Session(place), now + wait);
                        return None;
                    }
                }
            }
        }
    }

    /// The PDC reads what the call is about: the next changes of the first database that lags, or the next piece of
    /// the whole. `None`: there is nothing more.
    fn read(
        &mut self,
        place: usize,
        context: &mut ReplicationContext<'_>,
    ) -> Result<Option<Chunk>, Overwritten> {
        let bdc = &mut self.bdcs[place];
        let Some(session) = bdc.session.as_mut() else { return Ok(None) };
        let reader = Reader { context, sizes: &self.spec.sizes, pdc: self.pdc, bdc: bdc.dc };
        let limit = (CHUNK * u64::from(bdc.spec.governor.min(100)) / 100).max(1);
        let mut versions = Vec::new();
        let mut content = Content::new();
        if session.kind == SyncKind::Full {
            let Some(&stream) = Stream::ALL.get(session.database) else { return Ok(None) };
            let left = session.left.unwrap_or_else(|| reader.database_bytes(stream));
            let bytes = left.min(limit);
            let mut serial = bdc.has[stream as usize];
            if left == bytes {
                // The last piece of this database: what the BDC will have is what the PDC has now.
                content = reader.database(stream);
                versions.extend(self.log.ever_after(stream, serial));
                serial = self.log.serial(stream);
                session.left = None;
                session.database += 1;
            } else {
                session.left = Some(left - bytes);
            }
            return Ok(Some(Chunk { stream, serial, bytes, busy_bytes: 0, versions, content }));
        }
        // One pass over the three databases: what comes to one of them after it was read waits for the next pulse.
        let mut gathered = Gathered::default();
        for stream in Stream::ALL.into_iter().skip(session.database) {
            let mut serial = bdc.has[stream as usize];
            let mut bytes = 0;
            for version in self.log.after(stream, serial)? {
                let Some(commit) = reader.context.controllers.commit(version) else { continue };
                let before = gathered.mark();
                let delta = reader.delta(commit, &mut gathered);
                if bytes > 0 && bytes + delta > limit {
                    gathered.back_to(before);
                    break;
                }
                bytes += delta;
                serial += 1;
                versions.push(version);
            }
            let complete = serial == self.log.serial(stream);
            session.database = stream as usize + usize::from(complete);
            if !versions.is_empty() {
                let content = gathered.content;
                return Ok(Some(Chunk { stream, serial, bytes, busy_bytes: 0, versions, content }));
            }
        }
        Ok(None)
    }

    /// Sends a chunk on its way; `None` when it arrives at once.
    fn send(
        &mut self,
        now: SimTime,
        place: usize,
        since: SimTime,
        mut chunk: Chunk,
        context: &mut ReplicationContext<'_>,
    ) -> Option<Span> {
        let bdc = &mut self.bdcs[place];
        let transfer = context.transfer(now, self.pdc, bdc.dc, chunk.bytes);
        chunk.busy_bytes = transfer.busy_bytes;
        if bdc.has_place {
            self.timers.arm(Timer::Slot(place), now + self.spec.pulse_timeout2);
        }
        bdc.session.as_mut()?.phase = Phase::Receiving(since, chunk);
        (transfer.takes > Span::ZERO).then_some(transfer.takes)
    }

    /// Applies a chunk. Returns the rest that the governor asks for before the next call, if any.
    fn receive(&mut self, now: SimTime, place: usize, context: &mut ReplicationContext<'_>) -> Option<Span> {
        let bdc = &mut self.bdcs[place];
        let session = bdc.session.as_mut()?;
        let Phase::Receiving(since, chunk) = std::mem::replace(&mut session.phase, Phase::Ready) else {
            return None;
        };
        session.deltas += chunk.versions.len() as u64;
        session.bytes += chunk.bytes;
        session.busy_bytes += chunk.busy_bytes;
        bdc.has[chunk.stream as usize] = chunk.serial;
        for version in chunk.versions {
            context.replicated(now, bdc.dc, self.pdc, version);
        }
        for (part, record) in chunk.content {
            context.put(now, bdc.dc, part, record);
        }
        let (governor, database, kind) = (bdc.spec.governor, session.database, session.kind);
        let serials = self.log.serials();
        let more = match kind {
            SyncKind::Full => database < serials.len(),
            SyncKind::Partial => serials[database..] != self.bdcs[place].has[database..],
        };
        if !more {
            // The answer to the last call said that there is no more.
            let _ = self.end(now, place, None, context);
            return None;
        }
        let governor = i64::from(governor.clamp(1, 100));
        let rest = Span::millis(now.since(since).as_millis() * (100 - governor) / governor);
        (rest > Span::ZERO).then_some(rest)
    }

    /// What was wanted has left the change log: the whole database must travel (Q244396).
    fn turn_to_full(&mut self, now: SimTime, place: usize, context: &mut ReplicationContext<'_>) {
        self.say_ended(now, place, Some(Win32Error::SYNC_REQUIRED), context);
        let bdc = &mut self.bdcs[place];
        bdc.begin(SyncKind::Full, SyncReason::ChangeLogLost, now);
        if let Some(session) = &mut bdc.session {
            session.phase = Phase::Ready;
        }
        self.say_began(now, self.bdcs[place].dc, SyncKind::Full, SyncReason::ChangeLogLost, context);
    }

    fn fail(
        &mut self,
        now: SimTime,
        place: usize,
        context: &mut ReplicationContext<'_>,
    ) -> Option<Win32Error> {
        self.end(now, place, Some(Win32Error::SERVER_UNAVAILABLE), context)
    }

    /// Ends a synchronisation. The PDC knows of a good end only: a place is kept until its time-out otherwise.
    fn end(
        &mut self,
        now: SimTime,
        place: usize,
        error: Option<Win32Error>,
        context: &mut ReplicationContext<'_>,
    ) -> Option<Win32Error> {
        self.say_ended(now, place, error, context);
        let again = self.bdcs[place].again.take();
        match error {
            None => self.free_place(now, place, context),
            Some(_) => self.schedule(now),
        }
        match again {
            Some(kind) => self.ask(now, place, kind, SyncReason::Forced, context).or(error),
            None => error,
        }
    }

    /// A synchronisation is cut off because one of the two has gone down.
    pub(super) fn break_off(&mut self, now: SimTime, place: usize, context: &mut ReplicationContext<'_>) {
        self.timers.disarm(Timer::Session(place));
        if self.bdcs[place].transfers() {
            self.say_ended(now, place, Some(Win32Error::SERVER_UNAVAILABLE), context);
        }
        self.bdcs[place].session = None;
    }

    fn say_began(
        &self,
        now: SimTime,
        dc: DcIndex,
        kind: SyncKind,
        reason: SyncReason,
        context: &mut ReplicationContext<'_>,
    ) {
        let from = context.controllers.name(self.pdc).clone();
        context.fact(now, dc, Fact::SyncBegan { from, kind, reason });
    }

    fn say_ended(
        &mut self,
        now: SimTime,
        place: usize,
        error: Option<Win32Error>,
        context: &mut ReplicationContext<'_>,
    ) {
        let bdc = &mut self.bdcs[place];
        let Some(session) = bdc.session.take() else { return };
        let Session { kind, reason, deltas, bytes, busy_bytes, began, .. } = session;
        if kind == SyncKind::Full {
            bdc.wants_full = error.is_some();
        }
        let from = context.controllers.name(self.pdc).clone();
        let took = now.since(began);
        let fact = Fact::SyncEnded { from, kind, reason, deltas, bytes, busy_bytes, took, error };
        context.fact(now, bdc.dc, fact);
        if bytes > 0 {
            context.count(now, bdc.dc, Counter::BytesReceived, bytes);
        }
        if error.is_none() {
            context.count(now, bdc.dc, Counter::Synchronizations, 1);
        }
    }
}
