//! Passwords go to the PDC emulator ahead of replication (KB225511).

use super::conflict::Content;
use super::pull::count;
use super::{Ad, Timer};
use crate::directory::{Commit, Part};
use crate::replication::ReplicationContext;
use crate::{ChangeKind, Fact, SimTime, Span, SyncKind, SyncReason, Version};

impl Ad {
    /// A new password goes straight to the PDC emulator, where it can be reached (KB225511).
    pub(super) fn push(&mut self, now: SimTime, commit: &Commit, context: &mut ReplicationContext<'_>) {
        let site = |dc| &context.controllers.controller(dc).site;
        let wan = site(commit.origin) != site(self.pdc);
        if wan && context.network.avoids_pdc(context.controllers.name(commit.origin)) {
            return;
        }
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
        let records = context.controllers.database(origin).records();
        let record = commit.parts.first().and_then(|part| records.record(part));
        let stamp = record.map(|record| record.stamp).unwrap_or_default();
        let identity = self.identity_of(origin, stamp.version);
        let seen = stamp.usn <= self.replicas[usize::from(pdc.0)].vector[identity];
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
                bytes += self.weight(part, record, origin, context);
                content.push(Content::Part(part.clone(), record.clone()));
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
        self.feed(now, pdc, &[version], context);
    }
}
