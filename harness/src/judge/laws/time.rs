//! Order and time of events; lives of processes.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use mockdc_mocks::{Fact, ProcessId};

use crate::judge::Tested;
use crate::judge::outline::{Mark, Outline};
use crate::timeline::{Classes, Event, EventKind};

pub(super) fn runs_forward(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    tested.occasions(outline.run.events.len());
    let events = &outline.run.events;
    let known = outline.start.map_or(0, |start| start.length);
    let before = known.checked_sub(1).and_then(|last| events.get(last));
    runs_forward_from(before, known, events.chosen(known, Classes::ALL), &mut tested);
    tested
}

/// The same of the events from a place on; those before it are known to run forward.
pub(crate) fn runs_forward_from(
    before: Option<&Event>,
    from: usize,
    events: impl IntoIterator<Item = impl Borrow<Event>>,
    tested: &mut Tested,
) {
    let is_end = |event: &Event| matches!(event.kind, EventKind::End { .. });
    let mut before = before.map(|event| (Mark::of(event), is_end(event)));
    for (place, event) in (from..).zip(events) {
        let event = event.borrow();
        if event.seq != place as u64 {
            tested.broken(format!("event {} stands in place {place}", event.seq), [event.seq]);
        }
        if event.cause.is_some_and(|cause| cause >= event.seq) {
            tested.broken(format!("event {} has a cause that comes after it", event.seq), [event.seq]);
        }
        if let Some((before, was_end)) = before {
            if event.at < before.at {
                let text = format!("time runs backwards from {} to {}", before.at, event.at);
                tested.broken(text, [before.seq, event.seq]);
            }
            if was_end {
                tested.broken("an event follows the end of the run", [before.seq, event.seq]);
            }
        }
        before = Some((Mark::of(event), is_end(event)));
    }
}

pub(super) fn processes_end_once(outline: &Outline<'_>) -> Tested {
    let mut tested = Tested::default();
    let mut ends: BTreeMap<ProcessId, u64> = BTreeMap::new();
    let mut starts: BTreeMap<(ProcessId, bool), u64> = BTreeMap::new();
    outline.register.processes.each(|event| {
        let EventKind::Fact(fact) = &event.kind else { return };
        match fact {
            // A service's program is told twice: as a service and as a process.
            Fact::ProcessStarted { process, .. } | Fact::ServiceStarted { process, .. } => {
                let as_service = matches!(fact, Fact::ServiceStarted { .. });
                if let Some(first) = starts.insert((*process, as_service), event.seq) {
                    let text = format!("process {} starts twice", process.0);
                    tested.broken(text, [first, event.seq]);
                } else if let Some(end) = ends.get(process) {
                    let text = format!("process {} starts after it has ended", process.0);
                    tested.broken(text, [*end, event.seq]);
                }
            }
            Fact::ProcessEnded { process, .. } => {
                tested.occasion();
                if let Some(first) = ends.insert(*process, event.seq) {
                    let text = format!("process {} ends twice", process.0);
                    tested.broken(text, [first, event.seq]);
                }
            }
            _ => {}
        }
    });
    tested
}
