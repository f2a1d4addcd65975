//! Active Directory replication (FACTS.md, "Active Directory replication").
//!
//! Every controller writes, numbers its writes, and tells its partners; a partner pulls what it has not yet seen, and
//! of two writes of one part the higher stamp stays. What a group's members are is one part: of two edits of one
//! group at two controllers one is lost, as under Windows 2000.

mod pull;
#[cfg(test)]
mod tests;
mod topology;
mod vectors;

use std::collections::BTreeSet;

use pull::{Pull, Request};
use topology::{Connection, ConnectionKind, connections};
use vectors::Replica;

use super::{ReplicationContext, ReplicationModel, Timers};
use crate::directory::{Commit, DcIndex};
use crate::{
    AdSpec, AdVersion, Answer, ChangeKind, DcRole, DcSpec, Fact, Reply, SimTime, Span, Stream, SyncKind,
    SyncReason, Version, Win32Error,
};

/// The model: each controller's numbers, and what goes on between partners.
#[derive(Debug)]
pub(crate) struct Ad {
    pdc: DcIndex,
    replicas: Vec<Replica>,
    links: Vec<Link>,
    notify_first: Span,
    notify_next: Span,
    poll: Span,
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
    /// The model for these controllers, one of which is the PDC emulator.
    pub(crate) fn new(spec: &AdSpec, dcs: &[DcSpec]) -> Ad {
        let pdc = dcs.iter().position(|dc| dc.role == DcRole::Pdc).unwrap_or(0);
        let (first, next) = match spec.version {
            AdVersion::Windows2000 => (Span::secs(300), Span::secs(30)),
            AdVersion::Windows2003 => (Span::secs(15), Span::secs(3)),
        };
        let links = connections(spec, dcs)
            .into_iter()
            .map(|connection| Link { connection, urgent: false, pull: None, again: None, error: None })
            .collect();
        Ad {
            pdc: DcIndex(pdc as u16),
            replicas: vec![Replica::new(dcs.len()); dcs.len()],
            links,
            notify_first: spec.notify_first.unwrap_or(first),
            notify_next: spec.notify_next.unwrap_or(next),
            poll: spec.poll.max(Span::millis(1)),
            pushed: BTreeSet::new(),
            timers: Timers::default(),
        }
    }

    /// Whether the source of a link has something for its target.
    fn lags(&self, link: usize) -> bool {
        let Connection { source, target, .. } = self.links[link].connection;
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
            } else if let ConnectionKind::Notified { rank } = connection.kind {
                let wait = if urgent { Span::ZERO } else { self.notify_first + self.notify_next.times(rank) };
                self.links[link].urgent |= urgent;
                self.timers.arm_by(Timer::Notify(link), now + wait);
            }
            self.await_window(now, link);
        }
    }

    /// Sees to it that a link's next poll or window takes place.
    fn await_window(&mut self, now: SimTime, link: usize) {
        let (first, interval) = match self.links[link].connection.kind {
            ConnectionKind::Notified { .. } => (SimTime::START + self.poll, self.poll),
            ConnectionKind::Scheduled { first, interval } => (first, interval),
        };
        if !self.timers.is_armed(Timer::Window(link)) {
            let passed = (now.since(first).as_millis().div_euclid(interval.as_millis()) + 1).max(0);
            self.timers.arm(Timer::Window(link), first + interval.times(passed));
        }
    }

    /// The source tells its partner, which pulls at once. A partner that cannot be told is left to its poll.
    fn notify(&mut self, now: SimTime, link: usize, context: &mut ReplicationContext<'_>) {
        let urgent = std::mem::take(&mut self.links[link].urgent);
        let Connection { source, target, .. } = self.links[link].connection;
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

    /// Links over which a controller pulls.
    fn inbound(&self, at: DcIndex) -> Vec<usize> {
        (0..self.links.len()).filter(|link| self.links[*link].connection.target == at).collect()
    }
}

impl ReplicationModel for Ad {
    fn writable(&self, _at: DcIndex) -> bool {
        true
    }

    fn next_serial(&mut self, at: DcIndex, _stream: Stream) -> u64 {
        self.replicas[usize::from(at.0)].usn + 1
    }

    fn urgent(&self, change: ChangeKind) -> bool {
        urgent(change)
    }

    fn committed(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>) {
        let replica = &mut self.replicas[usize::from(commit.origin.0)];
        replica.write(commit.origin, commit.parts.iter().cloned());
        replica.originated.push((replica.usn, commit.version));
        self.changed(now, commit.origin, urgent(commit.change), false);
        if commit.change == ChangeKind::Password && commit.origin != self.pdc {
            self.push(now, commit, context);
        }
    }

    fn next_timeout(&self) -> Option<SimTime> {
        self.timers.next()
    }

    fn advance(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        while let Some((at, timer)) = self.timers.pop(now) {
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
        let kind = if full { SyncKind::Full } else { SyncKind::Partial };
        let inbound = self.inbound(at);
        for link in &inbound {
            self.links[*link].error = None;
            self.request(now, *link, Request { kind, reason: SyncReason::Forced, domain: false });
        }
        self.advance(now, context);
        let unreached = inbound.iter().all(|link| self.links[*link].error.is_some());
        if unreached && !inbound.is_empty() { Err(Win32Error::SERVER_UNAVAILABLE) } else { Ok(Reply::Done) }
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
            let Connection { source, target, .. } = self.links[link].connection;
            if source == at || target == at {
                self.break_off(now, link, context);
            }
        }
        if !loses_unreplicated {
            return Vec::new();
        }
        let own = usize::from(at.0);
        let others = self.replicas.iter().enumerate().filter(|(index, _)| *index != own);
        let known = others.map(|(_, replica)| replica.vector[own]).max().unwrap_or(0);
        let pushed = &self.pushed;
        let mut lost = Vec::new();
        self.replicas[own].originated.retain(|(usn, version)| {
            let kept = *usn <= known || pushed.contains(version);
            if !kept {
                lost.push(*version);
            }
            kept
        });
        lost
    }

    fn host_up(&mut self, now: SimTime, at: DcIndex, context: &mut ReplicationContext<'_>) {
        for link in self.inbound(at) {
            if !self.lags(link) {
                continue;
            }
            if let ConnectionKind::Notified { .. } = self.links[link].connection.kind {
                let reason = SyncReason::Startup;
                self.request(now, link, Request { kind: SyncKind::Partial, reason, domain: false });
            }
            self.await_window(now, link);
        }
        self.advance(now, context);
    }

    fn network_changed(&mut self, now: SimTime, context: &mut ReplicationContext<'_>) {
        for link in 0..self.links.len() {
            if self.links[link].pull.as_ref().is_some_and(Pull::is_stalled) {
                self.timers.arm(Timer::Pull(link), now);
            }
        }
        self.advance(now, context);
    }
}

/// Lockout, policy of lockout and passwords, secrets: told at once inside a site (KB232690).
fn urgent(change: ChangeKind) -> bool {
    matches!(change, ChangeKind::AccountPolicy | ChangeKind::Lockout | ChangeKind::Secret)
}
