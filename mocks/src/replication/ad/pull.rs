//! A pull: a call to the source, its answer with everything that the target has not seen, and what becomes of it.

use super::conflict::Content;
use super::values::is_list;
use super::vectors::{Item, Replica};
use super::{Ad, Timer, urgent};
use crate::directory::{DcIndex, Part, Record, RecordValue, Stamp};
use crate::replication::ReplicationContext;
use crate::{Counter, DeltaSizes, Fact, SimTime, Span, SyncKind, SyncReason, Version, Win32Error};

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
    content: Vec<Content>,
    bytes: u64,
    busy_bytes: u64,
    /// The source's number and vector when it read.
    usn: u64,
    vector: Vec<u64>,
}

impl Answer {
    /// Whether something in it was written by a commit.
    fn holds(&self, version: Version) -> bool {
        self.content.iter().any(|content| match content {
            Content::Part(_, record) => record.stamp.version == version,
            Content::Link(_, _, link) => link.stamp.version == version,
        })
    }
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
        let (source, target) = self.ends(link);
        loop {
            let Some(pull) = &mut self.links[link].pull else { return };
            let wait = match &mut pull.phase {
                Phase::Ready | Phase::Stalled => {
                    if !context.up(target) || context.held(now, target) {
                        pull.phase = Phase::Stalled;
                        self.links[link].cut_off.get_or_insert(now);
                        return;
                    }
                    pull.phase = Phase::Asking;
                    if pull.request.reason == SyncReason::Forced && !pull.request.domain {
                        self.say_began(now, link, context);
                    }
                    if !context.reaches(now, target, source) {
                        return self.end(now, link, Err(Win32Error::SERVER_UNAVAILABLE), context);
                    }
                    let (from, to) = (context.controllers.name(target), context.controllers.name(source));
                    context.network.latency(now, from, to)
                }
                Phase::Asking => {
                    let full = pull.request.kind == SyncKind::Full;
                    if self.is_too_late(now, self.links[link].cut_off) {
                        return self.end(now, link, Err(Win32Error::REPL_LIFETIME_EXCEEDED), context);
                    }
                    let mut answer = self.read(now, source, target, full, context);
                    if !answer.content.is_empty() || !self.brings(target, &answer).is_empty() {
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
                    let answer = if arrives { Ok(answer) } else { Err(Win32Error::SERVER_UNAVAILABLE) };
                    return self.end(now, link, answer, context);
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
    fn read(
        &self,
        now: SimTime,
        source: DcIndex,
        target: DcIndex,
        full: bool,
        context: &ReplicationContext<'_>,
    ) -> Answer {
        let from = &self.replicas[usize::from(source.0)];
        let to = &self.replicas[usize::from(target.0)];
        let records = context.controllers.database(source).records();
        let mut content = Vec::new();
        let mut bytes = 0;
        // A list with linked values travels as its making and its values.
        let whole = |part: &Part, record: &Record| match (self.links_values && is_list(part), &record.value) {
            (true, Some(_)) => {
                Record { value: Some(RecordValue::Members(Default::default())), stamp: from.lists.made(part) }
            }
            _ => record.clone(),
        };
        if full {
            for (part, record) in records.iter() {
                let record = whole(&part, record);
                if !self.is_forgotten(now, &record) {
                    bytes += self.weight(&part, &record, source, context);
                    content.push(Content::Part(part, record));
                }
            }
            for (part, member, link) in from.lists.links() {
                bytes += DeltaSizes::default().member;
                content.push(Content::Link(part.clone(), member, link));
            }
        } else {
            // The values of lists come behind all objects of an answer (MS-DRSR 4.1.10; seen from Samba 4.17).
            let mut links = Vec::new();
            let seen = |stamp: &Stamp| {
                let identity = self.identity_of(stamp.origin, stamp.version);
                identity == to.identity || stamp.usn <= to.vector[identity]
            };
            for item in from.written_after(to.watermark[usize::from(source.0)]) {
                match item {
                    Item::Part(part) => {
                        let Some(record) = records.record(part).map(|record| whole(part, record)) else {
                            continue;
                        };
                        if !seen(&record.stamp) && !self.is_forgotten(now, &record) {
                            bytes += self.weight(part, &record, source, context);
                            content.push(Content::Part(part.clone(), record));
                        }
                    }
                    Item::Link(part, member) => {
                        let Some(link) = from.lists.link(part, *member).filter(|link| !seen(&link.stamp))
                        else {
                            continue;
                        };
                        bytes += DeltaSizes::default().member;
                        links.push(Content::Link(part.clone(), *member, link));
                    }
                }
            }
            content.append(&mut links);
        }
        Answer { content, bytes, busy_bytes: 0, usn: from.usn, vector: from.vector.clone() }
    }

    /// The commits that an answer adds to what the vector of the target covers.
    fn brings(&self, target: DcIndex, answer: &Answer) -> Vec<Version> {
        let Replica { vector, identity: own, .. } = &self.replicas[usize::from(target.0)];
        let mut versions = Vec::new();
        for (place, (here, there)) in vector.iter().zip(&answer.vector).enumerate() {
            if here < there && place != *own {
                let identity = &self.identities[place];
                let origin = &self.replicas[usize::from(identity.owner.0)];
                let made = origin.originated_in(*here, *there);
                let made = made.filter(|version| self.identity_of(identity.owner, *version) == place);
                // Two commits may bear one number: then only what is in the answer tells which of them it brings.
                versions.extend(made.filter(|version| !identity.reused || answer.holds(*version)));
            }
        }
        versions
    }

    /// Applies an answer, or gives up where none comes.
    fn end(
        &mut self,
        now: SimTime,
        link: usize,
        answer: Result<Answer, Win32Error>,
        context: &mut ReplicationContext<'_>,
    ) {
        let (source, target) = self.ends(link);
        let error = answer.as_ref().err().copied();
        if error.is_some() {
            self.say_began(now, link, context);
        }
        self.links[link].error = error;
        match error {
            None => self.links[link].cut_off = None,
            Some(_) => {
                self.links[link].cut_off.get_or_insert(now);
            }
        }
        let Some(pull) = self.links[link].pull.take() else { return };
        let (mut deltas, mut bytes, mut busy_bytes) = (0, 0, 0);
        let mut onward = None;
        let mut arrived = Vec::new();
        if let Ok(answer) = answer {
            let mut versions = self.brings(target, &answer);
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
            let own = replica.identity;
            for (place, (here, there)) in replica.vector.iter_mut().zip(&answer.vector).enumerate() {
                if place != own {
                    *here = (*here).max(*there);
                }
            }
            onward = (put || covers_more).then_some(urgent);
            arrived = versions;
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
        self.feed(now, target, &arrived, context);
        if let Some(again) = self.links[link].again.take() {
            self.request(now, link, again);
        }
        if self.lags(link) {
            self.await_window(now, link);
        }
    }

    /// A pull is cut off because one of the two has gone down.
    pub(super) fn break_off(&mut self, now: SimTime, link: usize, context: &mut ReplicationContext<'_>) {
        self.timers.disarm(Timer::Pull(link));
        self.links[link].again = None;
        match &self.links[link].pull {
            Some(pull) if pull.began.is_some() => {
                self.end(now, link, Err(Win32Error::SERVER_UNAVAILABLE), context);
            }
            Some(_) => {
                self.links[link].pull = None;
                self.await_window(now, link);
            }
            None => {}
        }
    }

    fn say_began(&mut self, now: SimTime, link: usize, context: &mut ReplicationContext<'_>) {
        let (source, target) = self.ends(link);
        let Some(pull) = &mut self.links[link].pull else { return };
        if pull.began.is_none() {
            pull.began = Some(now);
            let Request { kind, reason, .. } = pull.request;
            let from = context.controllers.name(source).clone();
            context.fact(now, target, Fact::SyncBegan { from, kind, reason });
        }
    }
}

pub(super) fn count(
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

impl Ad {
    /// Bytes of a part on the wire. Active Directory moves attributes, for which nothing better than Netlogon's rules
    /// of thumb is known: an object's existence weighs as the object, a list of members by its length where it travels
    /// whole, all else as a right.
    pub(super) fn weight(
        &self,
        part: &Part,
        record: &Record,
        source: DcIndex,
        context: &ReplicationContext<'_>,
    ) -> u64 {
        let sizes = DeltaSizes::default();
        match part {
            _ if record.value.is_none() => sizes.member,
            Part::User(_) => sizes.user,
            Part::Group(_) => sizes.group,
            Part::GroupMembers(_) | Part::LocalGroupMembers(_) if self.links_values => sizes.member,
            Part::GroupMembers(rid) | Part::LocalGroupMembers(rid) => {
                sizes.member * context.member_count(source, *rid).max(1)
            }
            Part::LocalGroup(_) => sizes.local_group,
            _ => sizes.rights,
        }
    }
}
