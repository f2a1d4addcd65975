//! Waits: the same line again and again, until another one of the same component comes.

use std::collections::BTreeMap;

use super::History;

/// A wait.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Wait {
    /// The machine, by its place in the history.
    pub machine: usize,
    /// Which client it concerns.
    pub about: Option<String>,
    /// The step: `waits` or `ccm-waits`.
    pub step: String,
    /// The code of the looks.
    pub code: Option<u32>,
    /// The first event, by its place in the history.
    pub first: usize,
    /// The last event.
    pub last: usize,
    /// How many looks the log shows.
    pub looks: u64,
    /// From the first look to the last, in milliseconds.
    pub lasted: i64,
    /// The event of the same component that ended it, if the log shows one.
    pub then: Option<usize>,
}

/// Longer gaps between two looks are two waits, in milliseconds.
const GAP: i64 = 20 * 60_000;

/// The waits of a history, in their order.
pub(super) fn waits(history: &History) -> Vec<Wait> {
    let mut waits: Vec<Wait> = Vec::new();
    // The wait that is open on each machine, by whom it concerns and the component.
    let mut open: BTreeMap<(usize, Option<&str>, &str), usize> = BTreeMap::new();
    for (number, event) in history.events.iter().enumerate() {
        let is_wait = event.step.as_deref().is_some_and(|step| matches!(step, "waits" | "ccm-waits"));
        let (machine, about) = (history.machine_of[number], history.about[number].as_deref());
        let whose = (machine, about, &*event.component);
        if let Some(place) = open.get(&whose) {
            let wait = &mut waits[*place];
            let begun = &history.events[wait.first];
            let gap = event.at.zip(history.events[wait.last].last_at).map_or(0, |(now, last)| now - last);
            if is_wait && begun.step == event.step && wait.code == event.code && gap <= GAP {
                wait.last = number;
                wait.looks += event.count;
                wait.lasted = event.last_at.zip(begun.at).map_or(0, |(last, first)| (last - first).max(0));
                continue;
            }
            if event.step.is_none() {
                continue;
            }
            wait.then = Some(number);
            open.remove(&whose);
        }
        if is_wait {
            open.insert(whose, waits.len());
            waits.push(Wait {
                machine,
                about: about.map(str::to_owned),
                step: event.step.as_deref().unwrap_or_default().to_owned(),
                code: event.code,
                first: number,
                last: number,
                looks: event.count,
                lasted: event.lasted(),
                then: None,
            });
        }
    }
    waits
}
