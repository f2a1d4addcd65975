//! Order and time of events; lives of processes.

use std::collections::BTreeMap;

use mockdc_mocks::{Fact, ProcessId};

use crate::judge::Tested;
use crate::judge::outline::{Mark, Outline};
use crate::timeline::{Event, EventKind, Events, Forward, Stretch};

pub(super) fn runs_forward(outline: &Outline<'_>) -> Tested {
    let events = &outline.run.events;
    let mut order = match outline.start.filter(|_| !events.are_paged()) {
        Some(start) => Order::known(events, start.length),
        None => Order::default(),
    };
    match order.place {
        0 => order.take_all(events),
        known => events.range(known..).for_each(|event| order.take(event)),
    }
    order.tested.occasions(events.len());
    order.tested
}

/// Whether events run forward.
pub(crate) fn run_forward(events: &Events) -> bool {
    let mut order = Order::default();
    order.take_all(events);
    order.tested.breaches.is_empty()
}

/// Goes through events in their places.
#[derive(Default)]
struct Order {
    place: usize,
    /// The last event, and whether it was the end of the run.
    before: Option<(Mark, bool)>,
    tested: Tested,
}

fn is_end(event: &Event) -> bool {
    matches!(event.kind, EventKind::End { .. })
}

impl Order {
    /// So many events are known to run forward.
    fn known(events: &Events, length: usize) -> Order {
        let last = length.checked_sub(1).and_then(|last| events.get(last));
        let before = last.map(|event| (Mark::of(event), is_end(event)));
        Order { place: length, before, tested: Tested::default() }
    }

    fn take_all(&mut self, events: &Events) {
        for stretch in events.stretches() {
            match stretch {
                Stretch::Events(events) => events.iter().for_each(|event| self.take(event)),
                Stretch::Forward(forward) => self.skip(forward),
            }
        }
    }

    fn take(&mut self, event: &Event) {
        self.follows(Mark::of(event));
        if event.cause.is_some_and(|cause| cause >= event.seq) {
            self.tested.broken(format!("event {} has a cause that comes after it", event.seq), [event.seq]);
        }
        self.before = Some((Mark::of(event), is_end(event)));
        self.place += 1;
    }

    /// The same of events that are known to run forward among themselves.
    fn skip(&mut self, forward: &Forward) {
        self.follows(Mark { seq: forward.first, at: forward.since });
        let last = Mark { seq: forward.first + forward.length as u64 - 1, at: forward.until };
        self.before = Some((last, forward.ends));
        self.place += forward.length;
    }

    fn follows(&mut self, next: Mark) {
        if next.seq != self.place as u64 {
            self.tested.broken(format!("event {} stands in place {}", next.seq, self.place), [next.seq]);
        }
        let Some((before, was_end)) = self.before else { return };
        if next.at < before.at {
            let text = format!("time runs backwards from {} to {}", before.at, next.at);
            self.tested.broken(text, [before.seq, next.seq]);
        }
        if was_end {
            self.tested.broken("an event follows the end of the run", [before.seq, next.seq]);
        }
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
