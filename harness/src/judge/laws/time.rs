//! Order and time of events; lives of processes.

use std::collections::BTreeMap;

use mockdc_mocks::{Fact, ProcessId};

use crate::judge::Breach;
use crate::judge::outline::Outline;
use crate::timeline::{Event, EventKind};

pub(super) fn runs_forward(outline: &Outline<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut before: Option<&Event> = None;
    for (place, event) in outline.run.events.iter().enumerate() {
        if event.seq != place as u64 {
            breaches.push(Breach::new(format!("event {} stands in place {place}", event.seq), [event.seq]));
        }
        if event.cause.is_some_and(|cause| cause >= event.seq) {
            breaches.push(Breach::new(
                format!("event {} has a cause that comes after it", event.seq),
                [event.seq],
            ));
        }
        if let Some(before) = before {
            if event.at < before.at {
                breaches.push(Breach::new(
                    format!("time runs backwards from {} to {}", before.at, event.at),
                    [before.seq, event.seq],
                ));
            }
            if matches!(before.kind, EventKind::End { .. }) {
                breaches.push(Breach::new("an event follows the end of the run", [before.seq, event.seq]));
            }
        }
        before = Some(event);
    }
    breaches
}

pub(super) fn processes_end_once(outline: &Outline<'_>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut ends: BTreeMap<ProcessId, u64> = BTreeMap::new();
    let mut starts: BTreeMap<(ProcessId, bool), u64> = BTreeMap::new();
    for event in &outline.run.events {
        let EventKind::Fact(fact) = &event.kind else { continue };
        match fact {
            // A service's program is told twice: as a service and as a process.
            Fact::ProcessStarted { process, .. } | Fact::ServiceStarted { process, .. } => {
                let as_service = matches!(fact, Fact::ServiceStarted { .. });
                if let Some(first) = starts.insert((*process, as_service), event.seq) {
                    let text = format!("process {} starts twice", process.0);
                    breaches.push(Breach::new(text, [first, event.seq]));
                } else if let Some(end) = ends.get(process) {
                    let text = format!("process {} starts after it has ended", process.0);
                    breaches.push(Breach::new(text, [*end, event.seq]));
                }
            }
            Fact::ProcessEnded { process, .. } => {
                if let Some(first) = ends.insert(*process, event.seq) {
                    let text = format!("process {} ends twice", process.0);
                    breaches.push(Breach::new(text, [first, event.seq]));
                }
            }
            _ => {}
        }
    }
    breaches
}
