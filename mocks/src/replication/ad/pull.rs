//! A pull: a call to the source, its answer with everything that the target has not seen, and what becomes of it.

use super::{Ad, Connection, Timer, urgent};
use crate::directory::{Commit, DcIndex, Part, Record};
use crate::replication::ReplicationContext;
use crate::{
    ChangeKind, Counter, DeltaSizes, Fact, SimTime, Span, SyncKind, SyncReason, Version, Win32Error,
};

/// What a pull is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) kind: SyncKind,
    pub(super) reason: SyncReason,
    /// What comes of it goes on at once through the whole domain.
    pub(super) domain: bool,
}

/// A pull under way.
#[derive(Debug)]
pub(super) struct Pull {
    request: Request,
    phase: Phase,
    /// When it was said to have begun; a pull that finds nothing leaves no trace.
    began: Option<SimTime>,
}

#[derive(Debug)]
enum Phase {
    /// It may begin.
    Ready,
    /// The target is paused or held.
    Stalled,
    /// The call is on its way to the source.
    Asking,
    /// The answer is on its way.
    Receiving(Answer),
}

/// What the source answers.
#[derive(Debug)]
struct Answer {
    content: Vec<(Part, Record)>,
    bytes: u64,
    busy_bytes: u64,
    /// The source's number and vector when it read.
    usn: u64,
    vector: Vec<u64>,
}

impl Pull {
    /// Whether it waits for a fault to pass.
    pub(super) fn is_stalled(&self) -> bool {
        matches!(self.phase, Phase::Stalled)
    }
}

impl Ad {
    /// Asks for a pull over a link, as soon as the one under way is done.
    pub(super) fn request(&mut self, now: SimTime, link: usize, request: Request) {
        let place = &mut self.links[link];
        match &mut place.pull {
            None => {
                place.pull = Some(Pull { request, phase: Phase::Ready, began: None });
                self.timers.arm(Timer::Pull(link), now);
            }
            Some(_) if request.reason == SyncReason::Forced => {
                let (kind, domain) = place.again.map_or((request.kind, request.domain), |again| {
                    (again.kind.max(request.kind), again.domain || request.domain)
                });
                place.again = Some(Request { kind, domain, ..request });
            }
            // What has come since the source read is left to the next notification, poll or window.
            Some(_) => {}
        }
    }

    /// Goes on with a pull until it has to wait.
    pub(super) fn step(&mut self, now: SimTime, link: usize, context: &mut ReplicationContext<'_>) {
        let Connection { source, target, .. } = self.links[link].connection;
        loop {
            let Some(pull) = &mut self.links[link].pull else { return };
            let wait = match &mut pull.phase {
                Phase::Ready | Phase::Stalled => {
                    if !context.up(target) || context.held(now, target) {
                        pull.phase = Phase::Stalled;
                        return;
                    }
                    pull.phase = Phase::Asking;
                    if pull.request.reason == SyncReason::Forced && !pull.request.domain {
                        self.say_began(now, link, context);
                    }
                    if !context.reaches(now, target, source) {
                        return self.end(now, link, None, context);
                    }
                    let (from, to) = (context.controllers.name(target), context.controllers.name(source));
                    context.network.latency(now, from, to)
                }
                Phase::Asking => {
                    let full = pull.request.kind == SyncKind::Full;
                    let mut answer = self.read(source, target, full, context);
                    if !answer.content.is_empty() || self.brings(target, &answer).next().is_some() {
                        self.say_began(now, link, context);
                    }
                    let transfer = context.transfer(now, source, target, answer.bytes);
                    answer.busy_bytes = transfer.busy_bytes;
                    if let Some(pull) = &mut self.links[link].pull {
                        pull.phase = Phase::Receiving(answer);
                    }
                    transfer.takes
                }
                Phase::Receiving(_) => {
                    let phase = std::mem::replace(&mut pull.phase, Phase::Ready);
                    let Phase::Receiving(answer) = phase else { return };
                    let arrives = context.reaches(now, source, target);
                    return self.end(now, link, arrives.then_some(answer), context);
                }
            };
            if wait > Span::ZERO {
                self.timers.arm(Timer::Pull(link), now + wait);
                return;
            }
        }
    }

    /// What the source has that the target has not: written after the high-watermark, and of an originating write
    /// that the up-to-dateness vector does not cover. In full: everything.
    fn read(&self, source: DcIndex, target: DcIndex, full: bool, context: &ReplicationContext<'_>) -> Answer {
        let from = &self.replicas[usize::from(source.0)];
        let to = &self.replicas[usize::from(target.0)];
        let records = context.controllers.database(source).records();
        let mut content = Vec::new();
        let mut bytes = 0;
        let mut take = |part: &Part, record: &Record| {
            bytes += weight(part, record, source, context);
            content.push((part.clone(), record.clone()));
        };
        if full {
            records.iter().for_each(|(part, record)| take(part, record));
        } else {
            for part in from.written_after(to.watermark[usize::from(source.0)]) {
                let Some(record) = records.record(part) else { continue };
                if record.stamp.usn > to.vector[usize::from(record.stamp.origin.0)] {
                    take(part, record);
                }
            }
        }
        Answer { content, bytes, busy_bytes: 0, usn: from.usn, vector: from.vector.clone() }
    }

    /// The commits that an answer adds to what the vector of the target covers.
    fn brings<'a>(&'a self, target: DcIndex, answer: &'a Answer) -> impl Iterator<Item = Version> + 'a {
        let here = &self.replicas[usize::from(target.0)].vector;
        let origins = here.iter().zip(&answer.vector).enumerate();
        origins
            .filter(|(_, (here, there))| here < there)
            .flat_map(|(origin, (here, there))| self.replicas[origin].originated_in(*here, *there))
    }

    /// Applies an answer, or gives up where none comes.
    fn end(
        &mut self,
        now: SimTime,
        link: usize,
        answer: Option<Answer>,
        context: &mut ReplicationContext<'_>,
    ) {
        let Connection { source, target, .. } = self.links[link].connection;
        let error = answer.is_none().then_some(Win32Error::SERVER_UNAVAILABLE);
        if error.is_some() {
            self.say_began(now, link, context);
        }
        self.links[link].error = error;
        let Some(pull) = self.links[link].pull.take() else { return };
        let (mut deltas, mut bytes, mut busy_bytes) = (0, 0, 0);
        let mut onward = None;
        if let Some(answer) = answer {
            let mut versions: Vec<Version> = self.brings(target, &answer).collect();
            // Partners must hear even of what is no news here: their vectors do not cover it yet.
            let covers_more = !versions.is_empty();
            versions.retain(|version| target != self.pdc || !self.pushed.contains(version));
            versions.sort();
            (deltas, bytes, busy_bytes) = (versions.len() as u64, answer.bytes, answer.busy_bytes);
            let urgent = versions.iter().any(|version| {
                context.controllers.commit(*version).is_some_and(|commit| urgent(commit.change))
            });
            for version in &versions {
                context.replicated(now, target, source, *version);
            }
            let put = self.apply(now, target, answer.content, context);
            let replica = &mut self.replicas[usize::from(target.0)];
            replica.watermark[usize::from(source.0)] = answer.usn;
            for (here, there) in replica.vector.iter_mut().zip(&answer.vector) {
                *here = (*here).max(*there);
            }
            onward = (put || covers_more).then_some(urgent);
        }
        if let Some(began) = pull.began {
            let Request { kind, reason, .. } = pull.request;
            let (from, took) = (context.controllers.name(source).clone(), now.since(began));
            let fact = Fact::SyncEnded { from, kind, reason, deltas, bytes, busy_bytes, took, error };
            context.fact(now, target, fact);
            count(now, target, bytes, error, context);
        }
        if let Some(urgent) = onward {
            self.changed(now, target, urgent, pull.request.domain);
        }
        if let Some(again) = self.links[link].again.take() {
            self.request(now, link, again);
        }
        if self.lags(link) {
            self.await_window(now, link);
        }
    }

    /// Puts what carries a higher stamp than what is there, and numbers it as the target's own write.
    fn apply(
        &mut self,
        now: SimTime,
        target: DcIndex,
        content: Vec<(Part, Record)>,
        context: &mut ReplicationContext<'_>,
    ) -> bool {
        let mut any = false;
        for (part, record) in content {
            let old = context.controllers.database(target).records().record(&part);
            if old.is_some_and(|old| old.stamp >= record.stamp) {
                continue;
            }
            if context.put(now, target, part.clone(), record) {
                self.replicas[usize::from(target.0)].write(target, [part]);
                any = true;
            }
        }
        any
    }

    /// A new password goes straight to the PDC emulator, where it can be reached (KB225511).
    pub(super) fn push(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>) {
        if !context.reaches(now, commit.origin, self.pdc) {
            return;
        }
        let (from, to) = (context.controllers.name(commit.origin), context.controllers.name(self.pdc));
        let latency = context.network.latency(now, from, to);
        if latency > Span::ZERO {
            self.timers.arm(Timer::Push(commit.version), now + latency);
        } else {
            self.arrive(now, commit.version, context);
        }
    }

    /// A password reaches the PDC emulator. One of an account that is not there yet is left to replication.
    pub(super) fn arrive(&mut self, now: SimTime, version: Version, context: &mut ReplicationContext<'_>) {
        let Some(commit) = context.controllers.commit(version).cloned() else { return };
        let (pdc, origin) = (self.pdc, commit.origin);
        let records = context.controllers.database(pdc).records();
        let known = commit.parts.iter().all(|part| match part {
            Part::Password(rid) => records.value(&Part::User(*rid)).is_some(),
            _ => true,
        });
        let usn = context.controllers.database(origin).records();
        let usn = commit.parts.first().and_then(|part| usn.record(part)).map_or(0, |record| record.stamp.usn);
        let seen = usn <= self.replicas[usize::from(pdc.0)].vector[usize::from(origin.0)];
        if !known || seen || !context.up(pdc) || commit.change != ChangeKind::Password {
            return;
        }
        let from = context.controllers.name(origin).clone();
        let (kind, reason) = (SyncKind::Partial, SyncReason::Urgent);
        context.fact(now, pdc, Fact::SyncBegan { from: from.clone(), kind, reason });
        context.replicated(now, pdc, origin, version);
        self.pushed.insert(version);
        let mut bytes = 0;
        let mut content = Vec::new();
        for part in &commit.parts {
            if let Some(record) = context.controllers.database(origin).records().record(part) {
                bytes += weight(part, record, origin, context);
                content.push((part.clone(), record.clone()));
            }
        }
        let changed = self.apply(now, pdc, content, context);
        let took = Span::ZERO;
        let fact = Fact::SyncEnded { from, kind, reason, deltas: 1, bytes, busy_bytes: 0, took, error: None };
        context.fact(now, pdc, fact);
        count(now, pdc, bytes, None, context);
        if changed {
            self.changed(now, pdc, false, false);
        }
    }

    /// A pull is cut off because one of the two has gone down.
    pub(super) fn break_off(&mut self, now: SimTime, link: usize, context: &mut ReplicationContext<'_>) {
        self.timers.disarm(Timer::Pull(link));
        self.links[link].again = None;
        match &self.links[link].pull {
            Some(pull) if pull.began.is_some() => self.end(now, link, None, context),
            Some(_) => {
                self.links[link].pull = None;
                self.await_window(now, link);
            }
            None => {}
        }
    }

    fn say_began(&mut self, now: SimTime, link: usize, context: &mut ReplicationContext<'_>) {
        let Connection { source, target, .. } = self.links[link].connection;
        let Some(pull) = &mut self.links[link].pull else { return };
        if pull.began.is_none() {
            pull.began = Some(now);
            let Request { kind, reason, .. } = pull.request;
            let from = context.controllers.name(source).clone();
            context.fact(now, target, Fact::SyncBegan { from, kind, reason });
        }
    }
}

fn count(
    now: SimTime,
    at: DcIndex,
    bytes: u64,
    error: Option<Win32Error>,
    context: &mut ReplicationContext<'_>,
) {
    if bytes > 0 {
        context.count(now, at, Counter::BytesReceived, bytes);
    }
    if error.is_none() {
        context.count(now, at, Counter::Synchronizations, 1);
    }
}

/// Bytes of a part on the wire. Active Directory moves attributes, for which nothing better than Netlogon's rules of
/// thumb is known: an object's existence weighs as the object, a list of members by its length, all else as a right.
fn weight(part: &Part, record: &Record, source: DcIndex, context: &ReplicationContext<'_>) -> u64 {
    let sizes = DeltaSizes::default();
    match part {
        _ if record.value.is_none() => sizes.member,
        Part::User(_) => sizes.user,
        Part::Group(_) => sizes.group,
        Part::GroupMembers(rid) | Part::LocalGroupMembers(rid) => {
            sizes.member * context.member_count(source, *rid).max(1)
        }
        Part::LocalGroup(_) => sizes.local_group,
        _ => sizes.rights,
    }
}
