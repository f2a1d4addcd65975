//! The order of events about one client, of one attempt or one round of launches, so that two histories can be
//! compared.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::diagnose::history::{History, Part};
use crate::diagnose::read::Reader;
use crate::diagnose::rules::Diagnosis;
use crate::diagnose::{Collector, Lexicon};
use crate::logs::{LogFormat, StartError};
use crate::timeline::{EventKind, Timeline};

/// Something that happened, without names and times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Where.
    pub part: Part,
    /// The step.
    pub step: Arc<str>,
    /// Its code.
    pub code: Option<u32>,
    /// The program or queue that it names.
    pub what: String,
}

/// An item of a trace.
#[derive(Clone, Debug)]
pub struct Item {
    /// What can be compared.
    pub key: Key,
    /// The event, by its place in the history.
    pub event: usize,
    /// How long its repetitions last, in milliseconds.
    pub lasted: i64,
}

/// Events of two machines that are nearer to each other than this have no order, in milliseconds.
pub(super) const NEAR: i64 = 60_000;

/// Steps that differ without any meaning: which accounts are tried, and what happens every day.
const LEFT_OUT: [&str; 11] = [
    "ccm-received",
    "ccm-tries-accounts",
    "ccm-connects",
    "ccm-thread",
    "component-begins",
    "component-launches",
    "component-verifies",
    "cycle-installs",
    "cycle-verifies",
    "cycle-done",
    "verification-goes-on",
];

/// The history that a run's logs amount to.
pub fn history_of(lexicon: &Lexicon, timeline: &Timeline) -> Result<History, StartError> {
    let format = LogFormat::of(timeline.plan())?;
    let mut logs: std::collections::BTreeMap<String, Vec<u8>> = std::collections::BTreeMap::new();
    for event in &timeline.events {
        if let (EventKind::Log { file, .. }, Some(line)) = (&event.kind, format.line(event)) {
            let log = logs.entry(format!("{}/{}", event.host.as_str(), file.as_str())).or_default();
            log.extend_from_slice(line.as_bytes());
            log.extend_from_slice(b"\r\n");
        }
    }
    let (mut files, mut events) = (Vec::new(), Vec::new());
    for (number, (path, bytes)) in logs.into_iter().enumerate() {
        let mut collector = Collector::new(lexicon, number, path, usize::MAX);
        let mut reader = Reader::new();
        reader.push(&bytes, &mut |piece| collector.take(piece));
        let lines = reader.finish(&mut |piece| collector.take(piece));
        let (file, more) = collector.finish(bytes.len() as u64, lines);
        files.push(file);
        events.extend(more);
    }
    Ok(History::merge(files, events))
}

/// The trace of the attempt, or of the round of launches, in which a diagnosis found its symptom; of the first one
/// when there is none. Each machine's part is in the order of its own log.
pub fn trace(history: &History, diagnosis: &Diagnosis<'_>) -> Vec<Item> {
    let evidence = diagnosis.situations.first().and_then(|situation| situation.evidence.first());
    let events = evidence.map_or(&[][..], |evidence| &evidence.grounds.events);
    let symptom = events.first().copied().zip(events.last().copied());
    let of = |part: Part| -> Vec<usize> {
        history
            .about_client(&diagnosis.client)
            .filter(|number| history.machines[history.machine_of[*number]].part == part)
            .filter(|number| history.events[*number].step.is_some())
            .collect()
    };
    let (server, mut client) = (of(Part::SiteServer), of(Part::Client));
    let mut items = window(history, &server, symptom, Part::SiteServer);
    if let Some(ends) = symptom.and_then(|(_, last)| attempt_ends(history, &server, last, &items)) {
        client.retain(|number| history.when(*number).is_none_or(|at| at <= ends));
    }
    items.extend(window(history, &client, symptom, Part::Client));
    items
}

/// When the attempt in which the site server's log has the symptom is over for the client too: the next one has begun,
/// by clocks that are known. A machine that the attempt did not reach begins whenever it is reached.
fn attempt_ends(history: &History, server: &[usize], last: usize, items: &[Item]) -> Option<i64> {
    let reached = items.iter().any(|item| &*item.key.step == "ccm-connected");
    let next = server.iter().find(|number| **number > last && history.events[**number].is("ccm-begins"))?;
    if !reached || !server.contains(&last) {
        return None;
    }
    let client = history.about[last].as_deref()?;
    Some(history.when(*next)? + history.looseness(client)? + NEAR)
}

/// The events of one machine that belong together, waits folded: from the attempt with the first of a symptom's events
/// to that with the last.
fn window(history: &History, own: &[usize], symptom: Option<(usize, usize)>, part: Part) -> Vec<Item> {
    let begins = |number: usize| {
        let event = &history.events[number];
        match part {
            Part::SiteServer => event.is("ccm-begins"),
            Part::Client => event.is("not-registered"),
        }
    };
    let ends = |number: usize| history.events[number].is("list-done");
    // The symptom's place among this machine's events; the site server's is the last one before it.
    let at = symptom.map_or(0, |(symptom, _)| own.partition_point(|number| *number < symptom).min(own.len()));
    let start = match symptom {
        Some(_) => own[..at].iter().rposition(|number| begins(*number)).unwrap_or_else(|| {
            let before = own[..at].iter().rposition(|number| ends(*number)).map(|end| end + 1);
            before.unwrap_or(0)
        }),
        None => own.iter().position(|number| begins(*number)).unwrap_or(0),
    };
    // Launches come in rounds; a round that fails is told by itself.
    let start = match own[start..at.max(start)].iter().rposition(|number| ends(*number)) {
        Some(end) if symptom.is_some() && part == Part::Client => start + end + 1,
        _ => start,
    };
    let rest = own.get(start..).unwrap_or_default();
    let later = |number: usize| symptom.is_none_or(|(_, last)| number > last);
    let after = rest.iter().skip(1).position(|number| begins(*number) && later(*number));
    let after = after.map_or(rest.len(), |next| next + 1);
    let round = (part == Part::Client)
        .then(|| {
            rest.iter().position(|number| symptom.is_some_and(|(_, last)| *number >= last) && ends(*number))
        })
        .flatten()
        .map_or(rest.len(), |end| end + 1);
    let mut items: Vec<Item> = Vec::new();
    for number in &rest[..after.min(round)] {
        let event = &history.events[*number];
        let Some(step) = event.step.clone().filter(|step| !LEFT_OUT.contains(&&**step)) else { continue };
        let what = match &*step {
            "launch-refused" => {
                let path = event.value("path").unwrap_or_default();
                path.rsplit(['\\', '/']).next().unwrap_or_default().trim().to_ascii_lowercase()
            }
            "ccm-stored" if event.value("queue") != Some("Retry") => continue,
            "verification-failed" | "component-failed" => {
                event.value("component").unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        let key = Key { part, step, code: event.code, what };
        let waits = matches!(&*key.step, "waits" | "ccm-waits");
        // A wait stays one when another component's line falls into it.
        let open = items.iter_mut().rev().take(2).find(|item| waits && item.key == key);
        match open {
            Some(item) => {
                let first = &history.events[item.event];
                item.lasted = event.last_at.zip(first.at).map_or(0, |(last, first)| last - first);
            }
            None => items.push(Item { key, event: *number, lasted: event.lasted() }),
        }
    }
    items
}

/// Which items of two traces belong together, in order; `None` on the side that lacks one.
pub fn align(left: &[Item], right: &[Item]) -> Vec<(Option<usize>, Option<usize>)> {
    let (rows, columns) = (left.len(), right.len());
    let mut longest = vec![vec![0u32; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            longest[row][column] = match left[row].key == right[column].key {
                true => longest[row + 1][column + 1] + 1,
                false => longest[row + 1][column].max(longest[row][column + 1]),
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut pairs = VecDeque::new();
    while row < rows || column < columns {
        if row < rows && column < columns && left[row].key == right[column].key {
            pairs.push_back((Some(row), Some(column)));
            (row, column) = (row + 1, column + 1);
        } else if column == columns || (row < rows && longest[row + 1][column] >= longest[row][column + 1]) {
            pairs.push_back((Some(row), None));
            row += 1;
        } else {
            pairs.push_back((None, Some(column)));
            column += 1;
        }
    }
    pairs.into()
}
