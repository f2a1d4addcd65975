//! Changes: what a verb wants written, before it has a number, and how it enters a database.

use super::{Commit, Controllers, Database, DcIndex, Members, Part, Record, RecordValue, Rid, Stamp};
use crate::domain::Facts;
use crate::{AccountName, ChangeKind, Counter, Fact, HostName, Name, SimTime, Stream, Version};

/// A change that a verb wants written: one delta.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    /// What kind of change.
    pub(crate) kind: ChangeKind,
    /// The account, group or policy.
    pub(crate) subject: Name,
    /// The parts with their new values; `None` deletes.
    pub(crate) parts: Vec<(Part, Option<RecordValue>)>,
}

impl Change {
    /// A change of one part.
    pub(crate) fn of(kind: ChangeKind, subject: &AccountName, part: Part, value: RecordValue) -> Change {
        Change { kind, subject: subject.name().clone(), parts: vec![(part, Some(value))] }
    }

    /// The database that the change belongs to (Q153375, Q266729).
    pub(crate) fn stream(&self) -> Stream {
        stream_of(self.kind)
    }
}

/// The database that a kind of change belongs to.
pub(crate) fn stream_of(kind: ChangeKind) -> Stream {
    match kind {
        ChangeKind::LocalGroupAdd | ChangeKind::LocalGroupDelete | ChangeKind::LocalGroupMember => {
            Stream::Builtin
        }
        ChangeKind::Rights | ChangeKind::Secret | ChangeKind::GroupPolicy => Stream::Lsa,
        ChangeKind::UserAdd
        | ChangeKind::UserDelete
        | ChangeKind::UserChange
        | ChangeKind::Password
        | ChangeKind::MachinePassword
        | ChangeKind::UserRename
        | ChangeKind::Lockout
        | ChangeKind::GroupAdd
        | ChangeKind::GroupDelete
        | ChangeKind::GroupMember
        | ChangeKind::Object
        | ChangeKind::AccountPolicy => Stream::Sam,
    }
}

impl Database {
    /// Writes changes into a machine's own database, which does not replicate.
    pub(crate) fn write_local(
        &mut self,
        now: SimTime,
        host: &HostName,
        changes: Vec<Change>,
        facts: &mut Facts,
    ) {
        for (part, value) in changes.into_iter().flat_map(|change| change.parts) {
            let stamp = Stamp { at: now, ..Stamp::default() };
            self.put(now, host, part, Record { value, stamp }, facts);
        }
    }
}

impl Controllers {
    /// Commits a change at a controller: its database shows it, the facts say so. Telling the replication model is
    /// the caller's next step.
    pub(crate) fn commit_at(
        &mut self,
        now: SimTime,
        at: DcIndex,
        change: Change,
        serial: u64,
        urgent: bool,
        facts: &mut Facts,
    ) -> Version {
        let version = self.next_version();
        let records = self.database(at).records();
        let stamped = |(part, value): (Part, Option<RecordValue>)| {
            let revision = records.record(&part).map_or(0, |old| old.stamp.revision) + 1;
            (part, Record { value, stamp: Stamp { revision, at: now, origin: at, usn: serial, version } })
        };
        let (stream, kind) = (change.stream(), change.kind);
        let parts = change.parts.into_iter().map(stamped).collect();
        self.originate(now, at, (kind, stream, change.subject), parts, urgent, facts)
    }

    /// Commits records whose stamps are made already, as a controller does that settles a conflict.
    pub(crate) fn originate(
        &mut self,
        now: SimTime,
        at: DcIndex,
        (kind, stream, subject): (ChangeKind, Stream, Name),
        parts: Vec<(Part, Record)>,
        urgent: bool,
        facts: &mut Facts,
    ) -> Version {
        let version = self.next_version();
        let serial = parts.first().map_or(0, |(_, record)| record.stamp.usn);
        let commit = Commit {
            version,
            parts: parts.iter().map(|(part, _)| part.clone()).collect(),
            members: self.members_changed(at, &parts),
            stream,
            change: kind,
            subject: subject.clone(),
            origin: at,
            at: now,
        };
        self.remember(version, at, parts.iter().map(|(part, _)| part.clone()));
        self.enter(commit);
        #[cfg(feature = "ldap")]
        let deleted = parts.iter().filter(|(_, record)| record.value.is_none());
        #[cfg(feature = "ldap")]
        let deleted = deleted.filter_map(|(part, _)| account(part)).collect();
        let (host, database) = self.database_mut(at);
        facts.push(now, host, Fact::Committed { version, stream, change: kind, subject, serial, urgent });
        facts.count(now, host, Counter::DeltasCommitted, 1);
        for (part, record) in parts {
            database.put(now, host, part, record, facts);
        }
        #[cfg(feature = "ldap")]
        self.remember_remains(version, at, deleted);
        version
    }

    /// Which members records would add to lists of members, or take from them.
    pub(crate) fn members_changed(&self, at: DcIndex, parts: &[(Part, Record)]) -> Vec<(Part, Rid, bool)> {
        let mut changed = Vec::new();
        for (part, record) in parts {
            let Some(RecordValue::Members(new)) = &record.value else { continue };
            let old = match self.database(at).records().value(part) {
                Some(RecordValue::Members(old)) => old,
                _ => &Members::default(),
            };
            let changes = old.changes(new).into_iter();
            changed.extend(changes.map(|(member, joined)| (part.clone(), member, joined)));
        }
        changed
    }
}

/// The account that exists by a part.
pub(crate) fn account(part: &Part) -> Option<Rid> {
    match part {
        Part::User(rid) | Part::Group(rid) | Part::LocalGroup(rid) => Some(*rid),
        _ => None,
    }
}
