//! What a journal says of one object at one instant.

use std::sync::Arc;

use super::history::Touched;
use super::plant::made;
use crate::SimTime;
use crate::directory::{Beside, Database, Object, Part, Put, Record, RecordValue, Rid};

/// The parts of one change that belong to one object.
#[derive(Debug)]
pub(super) struct Step {
    /// When it came.
    pub(super) at: SimTime,
    pub(super) rid: Rid,
    /// Whether the object may stand elsewhere, or be gone, from then on.
    pub(super) moves: bool,
    /// The record by which it exists from then on, or no longer.
    head: Option<Record>,
    /// Where it puts the object, when that is stated.
    pub(super) object: Option<Arc<Object>>,
    /// The name that it lost.
    pub(super) formerly: Option<String>,
    /// What changed of it.
    pub(super) touched: Vec<Touched>,
}

impl Step {
    /// The steps of a journal; the account policy belongs to the domain's object.
    pub(super) fn all(journal: Vec<Put>, domain: Rid) -> impl Iterator<Item = Step> {
        let mut put = journal.into_iter().filter_map(move |put| Step::of(put, domain)).peekable();
        std::iter::from_fn(move || {
            let mut step = put.next()?;
            while let Some(further) = put.next_if(|further| step.goes_on(further)) {
                step.moves |= further.moves;
                step.head = step.head.or(further.head);
                step.object = further.object.or(step.object);
                step.touched.extend(further.touched);
                step.formerly = further.formerly.or(step.formerly);
            }
            Some(step)
        })
    }

    /// How an object comes that was there before anybody followed the journal.
    pub(super) fn first(rid: Rid, database: &Database) -> Step {
        let at = made(rid, database).unwrap_or_default();
        Step { at, rid, moves: true, head: None, object: None, formerly: None, touched: Vec::new() }
    }

    fn of(mut put: Put, domain: Rid) -> Option<Step> {
        let touched = vec![Touched::by(&mut put)];
        let formerly = match &put.beside {
            Beside::Formerly(name) => Some(name.to_string()),
            _ => None,
        };
        let Put { at, part, head: record, .. } = put;
        let rid = subject(&part, domain)?;
        let is_head = match &part {
            Part::User(_) | Part::Group(_) | Part::LocalGroup(_) => true,
            Part::Object(rid) => rid.is_plain_object(),
            _ => false,
        };
        let object = match record.as_ref().and_then(|record| record.value.as_ref()) {
            Some(RecordValue::Object(object)) => Some(object.clone()),
            _ => None,
        };
        Some(Step {
            at,
            rid,
            moves: moves(&part),
            head: record.filter(|_| is_head),
            object,
            formerly,
            touched,
        })
    }

    /// Whether what comes next belongs to the same change; what is made and deleted at one instant comes twice.
    fn goes_on(&self, further: &Step) -> bool {
        let apart = self.head.is_some() && further.head.is_some();
        (further.at, further.rid) == (self.at, self.rid) && !apart
    }

    /// When the record was written by which the object exists or not.
    pub(super) fn made(&self) -> Option<SimTime> {
        self.head.as_ref().map(|head| head.stamp.at)
    }

    /// Whether the object is there by it.
    pub(super) fn makes(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.value.is_some())
    }

    /// Whether the object is gone by it.
    pub(super) fn deletes(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.value.is_none())
    }
}

/// The object that a part belongs to; the account policy is the domain's.
fn subject(part: &Part, domain: Rid) -> Option<Rid> {
    match part {
        Part::User(rid)
        | Part::Password(rid)
        | Part::Comment(rid)
        | Part::Flags(rid)
        | Part::PrimaryGroup(rid)
        | Part::Expiry(rid)
        | Part::LogonLimits(rid)
        | Part::Lockout(rid)
        | Part::Group(rid)
        | Part::GroupMembers(rid)
        | Part::LocalGroup(rid)
        | Part::LocalGroupMembers(rid)
        | Part::Object(rid)
        | Part::Attribute(rid, _) => Some(*rid),
        Part::AccountPolicy => Some(domain),
        Part::Rights(_) | Part::Gpo(_) | Part::Links(_) => None,
    }
}

/// Whether an object may stand elsewhere, or be gone, once a part of it was put.
fn moves(part: &Part) -> bool {
    matches!(part, Part::User(_) | Part::Group(_) | Part::LocalGroup(_) | Part::Object(_) | Part::Flags(_))
}
