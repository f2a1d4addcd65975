//! Active Directory replication (FACTS.md, "Active Directory replication").
//!
//! Every controller writes, numbers its writes, and tells its partners; a partner pulls what it has not yet seen, and
//! of two writes of one part the higher stamp stays. A group's members are one part under Windows 2000, so that of two
//! edits at two controllers one is lost; from the interim level of Windows Server 2003 on each member is one.

mod conflict;
#[cfg(test)]
mod conflict_tests;
mod mixed;
#[cfg(test)]
mod mixed_tests;
mod pull;
mod push;
mod restore;
mod schedule;
#[cfg(test)]
mod tests;
mod topology;
mod values;
mod vectors;

#[cfg(feature = "ldap")]
pub(crate) use conflict::outranks;
pub(crate) use restore::Kept;
#[cfg(feature = "ldap")]
pub(crate) use topology::pairs as partners;

use std::collections::{BTreeMap, BTreeSet};

use pull::{Pull, Request};
use restore::Identity;
use topology::{Connection, connections};
use vectors::{Item, Replica};

use super::{Nt4, ReplicaNumbers, ReplicaState, ReplicationContext, ReplicationModel, Timers};
use crate::directory::{Commit, Controllers, DcIndex};
use crate::{
    AdSpec, AdVersion, Answer, ChangeKind, DcRole, DcSpec, Draws, Fact, Invocation, Reply, SimTime, Span,
    Stream, Streams, SyncKind, SyncReason, Version, Win32Error,
};

/// The model: each controller's numbers, and what goes on between partners.
#[derive(Debug)]
pub(crate) struct Ad {
    pdc: DcIndex,
    replicas: Vec<Replica>,
    /// Invocation ids: the controllers' first ones in their order, then those that restored controllers took.
    identities: Vec<Identity>,
    /// The places of those under which commits were made, where it is not their origin's first one.
    made_under: BTreeMap<Version, usize>,
    links: Vec<Link>,
    notify_first: Span,
    notify_next: Span,
    /// Whether each member of a group replicates by itself.
    links_values: bool,
    tombstone_lifetime: Span,
    /// Whether a controller that has been cut off for longer than that is refused, as from Windows Server 2003 on.
    refuses_late: bool,
    /// Netlogon at the PDC emulator in mixed mode, and the BDCs that it serves.
    netlogon: Option<Nt4>,
    fed: BTreeSet<DcIndex>,
    /// Controllers that only pull.
    readers: BTreeSet<DcIndex>,
    /// Passwords that reached the PDC emulator ahead of replication.
    pushed: BTreeSet<Version>,
    timers: Timers<Timer>,
}

/// A connection and what goes on over it.
#[derive(Debug)]
struct Link {
    connection: Connection,
    /// The notification that is due is urgent.
    urgent: bool,
    pull: Option<Pull>,
    /// Asked for while a pull was under way.
    again: Option<Request>,
    /// How the last pull ended.
    error: Option<Win32Error>,
    /// Since when pulls fail, or do not come about.
    cut_off: Option<SimTime>,
    draws: Draws,
}

/// What the model waits for; numbers are places in the list of links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    /// A password on its way to the PDC emulator.
    Push(Version),
    /// The next step of a pull.
    Pull(usize),
    /// The source tells its partner.
    Notify(usize),
    /// The hourly poll, or the site link's window.
    Window(usize),
}

impl Ad {
    /// The model for these controllers, one of which is the PDC emulator. `since_monday` is the span from the last Monday's midnight
    /// to the start of the run.
    pub(crate) fn new(spec: &AdSpec, dcs: &[DcSpec], since_monday: Span, streams: Streams) -> Ad {
        let pdc = dcs.iter().position(|dc| dc.role == DcRole::Pdc).unwrap_or(0);
        let (first, next) = match spec.version {
            AdVersion::Windows2000 => (Span::secs(300), Span::secs(30)),
            AdVersion::Windows2003 => (Span::secs(15), Span::secs(3)),
        };
        let links = connections(spec, dcs, since_monday)
            .into_iter()
            .map(|connection| {
                let name = |dc: DcIndex| dcs[usize::from(dc.0)].name.as_str();
                let path = streams.child(name(connection.source)).child(name(connection.target));
                Link {
                    connection,
                    urgent: false,
                    pull: None,
                    again: None,
                    error: None,
                    cut_off: None,
                    draws: path.draws(),
                }
            })
            .collect();
        let fed: BTreeSet<DcIndex> = (0..dcs.len())
            .filter(|index| spec.feeds(&dcs[*index]))
            .map(|index| DcIndex(index as u16))
            .collect();
        let netlogon = spec.mixed.as_ref().filter(|_| !fed.is_empty());
        Ad {
            pdc: DcIndex(pdc as u16),
            replicas: (0..dcs.len()).map(|own| Replica::new(dcs.len(), own)).collect(),
            identities: (0..dcs.len()).map(|own| Identity::first(DcIndex(own as u16))).collect(),
            made_under: BTreeMap::new(),
            links,
            notify_first: spec.notify_first.unwrap_or(first),
            notify_next: spec.notify_next.unwrap_or(next),
            links_values: spec.level().links_values(),
            tombstone_lifetime: conflict::lifetime(spec.tombstone_lifetime),
            refuses_late: spec.version == AdVersion::Windows2003,
            netlogon: netlogon
                .map(|nt4| Nt4::serving(nt4, dcs, streams.child("netlogon"), |dc| fed.contains(&dc))),
            fed,
            readers: (0..dcs.len())
                .filter(|index| dcs[*index].role == DcRole::Rodc)
                .map(|index| DcIndex(index as u16))
                .collect(),
            pushed: BTreeSet::new(),
            timers: Timers::default(),
        }
    }

    fn ends(&self, link: usize) -> (DcIndex, DcIndex) {
        let connection = &self.links[link].connection;
        (connection.source, connection.target)
    }

    /// Whether the source of a link has something for its target.
    fn lags(&self, link: usize) -> bool {
        let (source, target) = self.ends(link);
        let target = &self.replicas[usize::from(target.0)];
        self.replicas[usize::from(source.0)].is_ahead_of(source, target)
    }

    /// A controller's database has changed: its partners will hear of it, and polls and windows have work. `forced`
    /// makes the change go on through the whole domain at once.
    fn changed(&mut self, now: SimTime, at: DcIndex, urgent: bool, forced: bool) {
        for link in 0..self.links.len() {
            let connection = &self.links[link].connection;
            if connection.source != at {
                continue;
            }
            if forced {
                let request = Request { kind: SyncKind::Partial, reason: SyncReason::Forced, domain: true };
                self.request(now, link, request);
            } else if let Some(rank) = connection.notified {
                let wait = if urgent { Span::ZERO } else { self.notify_first + self.notify_next.times(rank) };
                self.links[link].urgent |= urgent;
                self.timers.arm_by(Timer::Notify(link), now + wait);
            }
            self.await_window(now, link);
        }
    }

    /// Sees to it that a link's next poll or window takes place.
    fn await_window(&mut self, now: SimTime, link: usize) {
        if self.timers.is_armed(Timer::Window(link)) {
            return;
        }
        let Link { connection, draws, .. } = &mut self.links[link];
        let opens = connection.schedule.after(now);
        if opens < SimTime::NEVER {
            let least = connection.jitter.min(Span::mins(1));
            self.timers.arm(Timer::Window(link), opens + least + draws.span_up_to(connection.jitter - least));
        }
    }

    /// The source tells its partner, which pulls at once. A partner that cannot be told is left to its poll.
    fn notify(&mut self, now: SimTime, link: usize, context: &mut ReplicationContext<'_>) {
        let urgent = std::mem::take(&mut self.links[link].urgent);
        let (source, target) = self.ends(link);
        if !self.lags(link) || !context.up(source) {
            return;
        }
        let to = context.controllers.name(target).clone();
        context.fact(now, source, Fact::Notified { to });
        if context.reaches(now, source, target) {
            let reason = if urgent { SyncReason::Urgent } else { SyncReason::Notification };
            self.request(now, link, Request { kind: SyncKind::Partial, reason, domain: false });
        }
    }

    fn window(&mut self, now: SimTime, link: usize) {
        if self.lags(link) {
            let reason = SyncReason::Schedule;
            self.request(now, link, Request { kind: SyncKind::Partial, reason, domain: false });
        }
    }

    /// Numbers a commit at its origin, and lets it go its ways.
    fn write(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>) {
        let origin = commit.origin;
        for head in commit.parts.iter().filter(|part| conflict::head(part).as_ref() == Some(part)) {
            let record = context.controllers.database(origin).records().record(head);
            if let Some(stamp) = record.filter(|record| record.value.is_none()).map(|record| record.stamp) {
                self.strip(now, origin, head, stamp, context);
            }
        }
        let replica = &mut self.replicas[usize::from(origin.0)];
        let mut items: Vec<Item> = commit.parts.iter().cloned().map(Item::Part).collect();
        if self.links_values {
            let records = context.controllers.database(origin).records();
            let written = replica.lists.write(commit, |part| records.record(part).cloned());
            items.retain(|item| !matches!(item, Item::Part(part) if values::is_list(part)));
            items.extend(written.lists.into_iter().map(Item::Part));
            items.extend(written.values.into_iter().map(|(part, member)| Item::Link(part, member)));
        }
        replica.write(items);
        replica.originated(replica.usn, commit.version);
        if replica.identity != usize::from(origin.0) {
            self.made_under.insert(commit.version, replica.identity);
        }
        self.changed(now, origin, urgent(commit.change), false);
        self.feed(now, origin, &[commit.version], context);
    }

    /// Links over which a controller pulls.
    fn inbound(&self, at: DcIndex) -> Vec<usize> {
        (0..self.links.len()).filter(|link| self.links[*link].connection.target == at).collect()
    }
}

impl ReplicationModel for Ad {
    fn writable(&self, at: DcIndex) -> bool {
        !self.is_fed(at) && !self.readers.contains(&at)
    }

    fn next_serial(&mut self, at: DcIndex, _stream: Stream) -> u64 {
        self.replicas[usize::from(at.0)].usn + 1
    }

    fn urgent(&self, change: ChangeKind) -> bool {
        urgent(change)
    }

    fn committed(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>) {
        self.write(now, commit, context);
        if commit.change == ChangeKind::Password && commit.origin != self.pdc {
            self.push(now, commit, context);
        }
    }

    fn next_timeout(&self) -> Option<SimTime> {
        let netlogon = self.netlogon.as_ref().and_then(Nt4::next_timeout);
        self.timers.next().into_iter().chain(netlogon).min()
    }

    fn advance(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        // What reaches the PDC emulator at the instant of a pulse may have missed it: the next one takes it.
        while let Some(next) = self.next_timeout().filter(|next| *next <= now) {
            let Some((at, timer)) = self.timers.pop(next) else {
                self.netlogon.iter_mut().for_each(|netlogon| netlogon.advance(next, context));
                continue;
            };
            match timer {
                Timer::Push(version) => self.arrive(at, version, context),
                Timer::Pull(link) => self.step(at, link, context),
                Timer::Notify(link) => self.notify(at, link, context),
                Timer::Window(link) => self.window(at, link),
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
        if let Some(netlogon) = self.netlogon.as_mut().filter(|_| self.fed.contains(&at)) {
            return netlogon.synchronize(now, at, full, context);
        }
        let kind = if full { SyncKind::Full } else { SyncKind::Partial };
        let inbound = self.inbound(at);
        for link in &inbound {
            self.links[*link].error = None;
            self.request(now, *link, Request { kind, reason: SyncReason::Forced, domain: false });
        }
        self.advance(now, context);
        let errors: Option<Vec<Win32Error>> = inbound.iter().map(|link| self.links[*link].error).collect();
        match errors.and_then(|errors| errors.into_iter().max()) {
            Some(error) => Err(error),
            None => Ok(Reply::Done),
        }
    }

    fn synchronize_domain(
        &mut self,
        now: SimTime,
        _by: DcIndex,
        full: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Answer {
        let kind = if full { SyncKind::Full } else { SyncKind::Partial };
        for link in 0..self.links.len() {
            if full || self.lags(link) {
                self.request(now, link, Request { kind, reason: SyncReason::Forced, domain: true });
            }
        }
        self.advance(now, context);
        if let Some(netlogon) = &mut self.netlogon {
            netlogon.synchronize_domain(now, self.pdc, full, context)?;
        }
        Ok(Reply::Done)
    }

    fn host_down(
        &mut self,
        now: SimTime,
        at: DcIndex,
        loses_unreplicated: bool,
        context: &mut ReplicationContext<'_>,
    ) -> Vec<Version> {
        for link in 0..self.links.len() {
            let (source, target) = self.ends(link);
            if source == at || target == at {
                self.break_off(now, link, context);
            }
        }
        if let Some(netlogon) = self.netlogon.as_mut().filter(|_| at == self.pdc || self.fed.contains(&at)) {
            netlogon.host_down(now, at, false, context);
        }
        if !loses_unreplicated {
            return Vec::new();
        }
        let own = usize::from(at.0);
        let identity = self.replicas[own].identity;
        let others = self.replicas.iter().enumerate().filter(|(index, _)| *index != own);
        let known = others.map(|(_, replica)| replica.vector[identity]).max().unwrap_or(0);
        let (pushed, made_under) = (&self.pushed, &self.made_under);
        // What it made under an earlier identity it has from its disk, or from a partner.
        let earlier = |version: &Version| made_under.get(version).copied().unwrap_or(own) != identity;
        let mut lost = Vec::new();
        self.replicas[own].originated.retain(|(usn, version)| {
            let kept = *usn <= known || pushed.contains(version) || earlier(version);
            if !kept {
                lost.push(*version);
            }
            kept
        });
        self.replicas[own].lists.forget(|stamp| lost.contains(&stamp.version));
        if let Some(netlogon) = self.netlogon.as_mut().filter(|_| at == self.pdc && !lost.is_empty()) {
            netlogon.forget(&lost);
        }
        lost
    }

    fn host_up(&mut self, now: SimTime, at: DcIndex, context: &mut ReplicationContext<'_>) {
        for link in 0..self.links.len() {
            if self.links[link].pull.as_ref().is_some_and(Pull::is_stalled) {
                self.timers.arm(Timer::Pull(link), now);
            }
        }
        for link in self.inbound(at) {
            if !self.lags(link) {
                continue;
            }
            if self.links[link].connection.notified.is_some() {
                let reason = SyncReason::Startup;
                self.request(now, link, Request { kind: SyncKind::Partial, reason, domain: false });
            }
            self.await_window(now, link);
        }
        if let Some(netlogon) = self.netlogon.as_mut().filter(|_| at == self.pdc || self.fed.contains(&at)) {
            netlogon.host_up(now, at, context);
        }
        self.advance(now, context);
    }

    fn snapshot(&mut self, at: DcIndex, _controllers: &Controllers) -> ReplicaState {
        ReplicaState::Ad(Box::new(self.keep(at)))
    }

    fn restore(
        &mut self,
        _now: SimTime,
        at: DcIndex,
        state: &ReplicaState,
        invocation: Invocation,
        _context: &mut ReplicationContext<'_>,
    ) {
        if let ReplicaState::Ad(kept) = state {
            self.go_back(at, kept, invocation);
        }
    }

    fn due(&self, at: DcIndex, commit: &Commit) -> Option<SimTime> {
        self.comes_next(at, commit)
    }

    fn network_changed(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        for link in 0..self.links.len() {
            if self.links[link].pull.as_ref().is_some_and(Pull::is_stalled) {
                self.timers.arm(Timer::Pull(link), now);
            }
        }
        self.netlogon.iter_mut().for_each(|netlogon| netlogon.network_changed(now, context));
        self.advance(now, context);
    }

    fn replica_numbers(&self, at: DcIndex) -> Option<ReplicaNumbers> {
        let replica = (!self.is_fed(at)).then(|| &self.replicas[usize::from(at.0)])?;
        let vector = self.replicas.iter().map(|other| replica.vector[other.identity]).collect();
        let watermark = replica.watermark.clone();
        let originated = replica.originated.last().map_or(0, |(number, _)| *number);
        Some(ReplicaNumbers { usn: replica.usn, originated, vector, watermark })
    }
}

/// Lockout, policy of lockout and passwords, secrets: told at once inside a site (KB232690).
fn urgent(change: ChangeKind) -> bool {
    matches!(change, ChangeKind::AccountPolicy | ChangeKind::Lockout | ChangeKind::Secret)
}
