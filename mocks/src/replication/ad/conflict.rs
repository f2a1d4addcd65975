//! What becomes of changes that meet: the higher stamp stays, a deletion stays whatever came with it, and of two
//! accounts of one name the one made last keeps it (FACTS.md, "Active Directory replication").

use super::Ad;
use super::values::{Link, is_list};
use super::vectors::Item;
use crate::directory::{DcIndex, Part, REANIMATED, Record, RecordValue, Records, Rid, Stamp, account};
use crate::replication::ReplicationContext;
use crate::{AccountName, ChangeKind, SimTime, Span, Stream, Version};

/// What travels.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// A part with its value; of a list with linked values, the change that made it.
    Part(Part, Record),
    /// One member of a list.
    Link(Part, Rid, Link),
}

/// Whether one stamp stays against another: by version, then time in whole seconds, then originator.
pub(crate) fn outranks(one: &Stamp, other: &Stamp) -> bool {
    let rank = |stamp: &Stamp| {
        let seconds = stamp.at.as_millis().div_euclid(1_000);
        (stamp.revision, seconds, stamp.origin, stamp.usn)
    };
    rank(one) > rank(other)
}

/// The part by which the object of a part exists; `None` where a part stands for itself. Rights outlive their account,
/// as its identifier does.
pub(super) fn head(part: &Part) -> Option<Part> {
    match part {
        Part::User(rid)
        | Part::Password(rid)
        | Part::Comment(rid)
        | Part::Flags(rid)
        | Part::PrimaryGroup(rid)
        | Part::Expiry(rid)
        | Part::LogonLimits(rid)
        | Part::Lockout(rid) => Some(Part::User(*rid)),
        Part::Group(rid) | Part::GroupMembers(rid) => Some(Part::Group(*rid)),
        Part::LocalGroup(rid) | Part::LocalGroupMembers(rid) => Some(Part::LocalGroup(*rid)),
        // Whoever deletes an object deletes each of these parts.
        Part::Object(_) | Part::Attribute(..) => None,
        Part::Rights(_) | Part::AccountPolicy | Part::Gpo(_) | Part::Links(_) => None,
    }
}

/// The parts of an object beside the one by which it exists.
fn attributes(head: &Part) -> Vec<Part> {
    match head {
        Part::User(rid) => vec![
            Part::Password(*rid),
            Part::Comment(*rid),
            Part::Flags(*rid),
            Part::PrimaryGroup(*rid),
            Part::Expiry(*rid),
            Part::LogonLimits(*rid),
            Part::Lockout(*rid),
        ],
        Part::Group(rid) => vec![Part::GroupMembers(*rid)],
        Part::LocalGroup(rid) => vec![Part::LocalGroupMembers(*rid)],
        _ => Vec::new(),
    }
}

impl Ad {
    /// Puts what outranks what is there, and numbers it as the target's own write. Says whether anything changed.
    pub(super) fn apply(
        &mut self,
        now: SimTime,
        target: DcIndex,
        content: Vec<Content>,
        context: &mut ReplicationContext<'_>,
    ) -> bool {
        let mut any = false;
        let content = if self.readers.contains(&target) {
            in_order_of_names(content, target, context)
        } else {
            content
        };
        for content in content {
            any |= match content {
                Content::Part(part, record) if self.links_values && is_list(&part) => {
                    self.apply_list(now, target, part, record, context)
                }
                Content::Part(part, record) if head(&part).as_ref() == Some(&part) => {
                    self.apply_head(now, target, part, record, context)
                }
                Content::Part(part, record) => self.apply_part(now, target, part, record, context),
                Content::Link(part, member, link) => {
                    self.apply_link(now, target, part, member, link, context)
                }
            };
        }
        any
    }

    /// An attribute. One of a deleted object is stripped, whoever wrote it last.
    fn apply_part(
        &mut self,
        now: SimTime,
        target: DcIndex,
        part: Part,
        mut record: Record,
        context: &mut ReplicationContext<'_>,
    ) -> bool {
        let records = context.controllers.database(target).records();
        if records.record(&part).is_some_and(|old| !outranks(&record.stamp, &old.stamp)) {
            return false;
        }
        if record.value.is_some() && head(&part).is_some_and(|head| is_gone(records, &head)) {
            record.value = None;
        }
        self.put(now, target, part, record, context)
    }

    /// The name of an object, or its deletion. A deletion stays: no later write brings the object back but one that
    /// reanimates it.
    fn apply_head(
        &mut self,
        now: SimTime,
        target: DcIndex,
        part: Part,
        record: Record,
        context: &mut ReplicationContext<'_>,
    ) -> bool {
        let records = context.controllers.database(target).records();
        let old = records.record(&part);
        let higher = old.is_none_or(|old| outranks(&record.stamp, &old.stamp));
        match (&record.value, is_deleted(old)) {
            (Some(_), true) => {
                !is_gone(records, &part) && self.apply_name(now, target, part, record, context)
            }
            (None, true) if !higher => false,
            (None, _) if reanimated(records, &part) > Some(record.stamp.version) => false,
            (None, _) => {
                let deleted = record.stamp;
                let changed = self.put(now, target, part.clone(), record, context);
                self.strip(now, target, &part, deleted, context);
                changed
            }
            (Some(_), false) => higher && self.apply_name(now, target, part, record, context),
        }
    }

    /// Takes a deleted object's attributes away.
    pub(super) fn strip(
        &mut self,
        now: SimTime,
        target: DcIndex,
        head: &Part,
        deleted: Stamp,
        context: &mut ReplicationContext<'_>,
    ) {
        for part in attributes(head) {
            let old = context.controllers.database(target).records().record(&part).map(|old| old.stamp);
            let stamp = if self.links_values && is_list(&part) {
                self.replicas[usize::from(target.0)].lists.delete(&part, deleted);
                deleted
            } else if let Some(old) = old {
                old
            } else {
                continue;
            };
            context.put(now, target, part, Record { value: None, stamp });
        }
    }

    /// A name that another account bears here already: the account that was named first gives it up (KB218614).
    fn apply_name(
        &mut self,
        now: SimTime,
        target: DcIndex,
        part: Part,
        record: Record,
        context: &mut ReplicationContext<'_>,
    ) -> bool {
        let Some(RecordValue::Name(name)) = &record.value else { return false };
        let database = context.controllers.database(target);
        let rid = account(&part);
        let namesake = database.find(name).filter(|other| Some(*other) != rid).and_then(|other| {
            let heads = [Part::User(other), Part::Group(other), Part::LocalGroup(other)];
            heads.into_iter().find_map(|head| {
                let record = database.records().record(&head)?.clone();
                record.value.is_some().then_some((head, record))
            })
        });
        let Some((other, known)) = namesake else { return self.put(now, target, part, record, context) };
        // A read-only controller decides nothing: its source has done so, and tells of both.
        if self.readers.contains(&target) {
            return self.put(now, target, part, record, context);
        }
        if outranks(&record.stamp, &known.stamp) {
            self.rename_duplicate(now, target, other, known, context);
            self.put(now, target, part, record, context)
        } else {
            self.rename_duplicate(now, target, part, record, context);
            true
        }
    }

    /// The controller that sees two accounts of one name renames one, as a change of its own.
    fn rename_duplicate(
        &mut self,
        now: SimTime,
        at: DcIndex,
        part: Part,
        old: Record,
        context: &mut ReplicationContext<'_>,
    ) {
        let (Some(rid), Some(RecordValue::Name(name))) = (account(&part), &old.value) else { return };
        let stream = match part {
            Part::LocalGroup(_) => Stream::Builtin,
            _ => Stream::Sam,
        };
        let stamp = Stamp {
            revision: old.stamp.revision + 1,
            at: now,
            origin: at,
            usn: self.replicas[usize::from(at.0)].usn + 1,
            version: context.controllers.next_version(),
        };
        let value = Some(RecordValue::Name(duplicate_name(rid)));
        let change = (ChangeKind::UserRename, stream, name.name().clone());
        let parts = vec![(part, Record { value, stamp })];
        let version = context.controllers.originate(now, at, change, parts, false, context.facts);
        if let Some(commit) = context.controllers.commit(version).cloned() {
            self.write(now, &commit, context);
        }
    }

    /// That a list of members is there. That it is gone follows from its group.
    fn apply_list(
        &mut self,
        now: SimTime,
        target: DcIndex,
        part: Part,
        record: Record,
        context: &mut ReplicationContext<'_>,
    ) -> bool {
        let records = context.controllers.database(target).records();
        let gone = head(&part).is_some_and(|head| is_gone(records, &head));
        let old = records.record(&part).cloned();
        let lists = &mut self.replicas[usize::from(target.0)].lists;
        if gone || record.value.is_none() || !lists.take_made(&part, record.stamp) {
            return false;
        }
        let record = lists.record(&part, old.as_ref());
        self.put(now, target, part, record, context)
    }

    /// One member of a list.
    fn apply_link(
        &mut self,
        now: SimTime,
        target: DcIndex,
        part: Part,
        member: Rid,
        link: Link,
        context: &mut ReplicationContext<'_>,
    ) -> bool {
        let records = context.controllers.database(target).records();
        if head(&part).is_some_and(|head| is_gone(records, &head)) {
            return false;
        }
        let old = records.record(&part).cloned();
        let replica = &mut self.replicas[usize::from(target.0)];
        if !replica.lists.take(&part, member, link) {
            return false;
        }
        let record = replica.lists.record_with(&part, member, old.as_ref());
        replica.write([Item::Link(part.clone(), member)]);
        context.put(now, target, part, record);
        true
    }

    fn put(
        &mut self,
        now: SimTime,
        target: DcIndex,
        part: Part,
        record: Record,
        context: &mut ReplicationContext<'_>,
    ) -> bool {
        let changed = context.put(now, target, part.clone(), record);
        if changed {
            self.replicas[usize::from(target.0)].write([Item::Part(part)]);
        }
        changed
    }

    /// Whether a record is a tombstone that controllers have forgotten by now.
    pub(super) fn is_forgotten(&self, now: SimTime, record: &Record) -> bool {
        record.value.is_none() && now.since(record.stamp.at) > self.tombstone_lifetime
    }

    /// Whether a source refuses a target that has been cut off for longer than deletions are remembered: 8614.
    pub(super) fn is_too_late(&self, now: SimTime, cut_off: Option<SimTime>) -> bool {
        self.refuses_late && cut_off.is_some_and(|since| now.since(since) > self.tombstone_lifetime)
    }
}

/// An answer as a read-only controller takes it: who takes another's name comes behind that one, who has given it up in the
/// same answer.
fn in_order_of_names(
    content: Vec<Content>,
    target: DcIndex,
    context: &ReplicationContext<'_>,
) -> Vec<Content> {
    let database = context.controllers.database(target);
    let takes = |content: &Content| {
        let Content::Part(part, Record { value: Some(RecordValue::Name(name)), .. }) = content else {
            return false;
        };
        database.find(name).is_some_and(|other| Some(other) != account(part))
    };
    let (late, mut ordered): (Vec<Content>, Vec<Content>) = content.into_iter().partition(takes);
    // What belongs to a list of members comes behind every object.
    let links = ordered.iter().position(|content| matches!(content, Content::Link(..)));
    let place = links.unwrap_or(ordered.len());
    ordered.splice(place..place, late);
    ordered
}

fn is_deleted(record: Option<&Record>) -> bool {
    record.is_some_and(|record| record.value.is_none())
}

/// Whether an object is deleted and has not been reanimated since. What reanimates it says so first, and goes before all
/// else of the object.
fn is_gone(records: &Records, head: &Part) -> bool {
    records.record(head).is_some_and(|record| {
        record.value.is_none() && reanimated(records, head).is_none_or(|back| back <= record.stamp.version)
    })
}

/// The change that reanimated an account last, if one did and it was not deleted again.
fn reanimated(records: &Records, head: &Part) -> Option<Version> {
    let mark = records.record(&Part::Attribute(account(head)?, REANIMATED.into()))?;
    mark.value.is_some().then_some(mark.stamp.version)
}

/// What an account is called once another has its name; in the directory it stands as `CNF` and its identifier.
fn duplicate_name(rid: Rid) -> AccountName {
    format!("$DUPLICATE-{:x}", rid.0).as_str().into()
}

/// A day is the least that a deletion is remembered (FACTS.md, "Active Directory replication").
pub(super) fn lifetime(span: Span) -> Span {
    span.max(Span::days(1))
}
