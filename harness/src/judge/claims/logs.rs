//! Claims about log files.

use std::borrow::Cow;

use mockdc_mocks::{HostName, Name};
use mockdc_scenarios::wording::{line_words, often, times};
use mockdc_scenarios::{LogLines, Occurrences};

use super::events::{counted, too_many};
use super::{ClaimResult, Reading};
use crate::timeline::{Class, Classes, Event, EventKind, line_matches};

struct Line<'a> {
    seq: u64,
    text: &'a str,
}

pub(super) fn log(reading: &Reading<'_>, host: &HostName, file: &Name, lines: &LogLines) -> ClaimResult {
    let all = reading.events().chosen(0, Classes::these(&[Class::Log]));
    let written: Vec<Cow<'_, Event>> = all.filter(|event| event.host == *host).collect();
    let log: Vec<Line<'_>> = written
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Log { file: of, text, .. } if of == file => Some(Line { seq: event.seq, text }),
            _ => None,
        })
        .collect();
    match lines {
        LogLines::InOrder(wanted) => in_order(&log, host, file, wanted),
        LogLines::Count { line, count } => {
            let found: Vec<u64> =
                log.iter().filter(|other| line_matches(line, other.text)).map(|other| other.seq).collect();
            if counted(*count, found.len()) {
                return ClaimResult::holds();
            }
            let text = format!(
                "{file} of {host} should {}, and shows it {}{}",
                match count {
                    Occurrences::Never => format!("never show {}", line_words(line)),
                    count => format!("show {} {}", line_words(line), often(*count)),
                },
                if found.is_empty() {
                    "never".to_owned()
                } else {
                    times(u32::try_from(found.len()).unwrap_or(u32::MAX))
                },
                if found.is_empty() { nearest(&log, line) } else { String::new() }
            );
            ClaimResult::fails(text, found.into_iter().take(too_many(*count).max(3)))
        }
        LogLines::NoneOf(unwanted) => {
            let found = log.iter().find(|line| unwanted.iter().any(|text| line_matches(text, line.text)));
            match found {
                None => ClaimResult::holds(),
                Some(line) => {
                    let text = format!("{file} of {host} should never show \"{}\"", line.text);
                    ClaimResult::fails(text, [line.seq])
                }
            }
        }
    }
}

fn in_order(log: &[Line<'_>], host: &HostName, file: &Name, wanted: &[String]) -> ClaimResult {
    let mut from = 0;
    let mut found: Vec<u64> = Vec::new();
    for (place, line) in wanted.iter().enumerate() {
        match log[from..].iter().position(|other| line_matches(line, other.text)) {
            Some(at) => {
                found.push(log[from + at].seq);
                from += at + 1;
            }
            None => {
                let behind = match place {
                    0 => String::new(),
                    _ => format!(" after {}", line_words(&wanted[place - 1])),
                };
                let instead = match log.iter().find(|other| line_matches(line, other.text)) {
                    Some(earlier) => {
                        found.push(earlier.seq);
                        ", where it stands before that line".to_owned()
                    }
                    None => nearest(log, line),
                };
                let text = format!(
                    "{file} of {host} should show {}{behind}, and does not{instead}",
                    line_words(line)
                );
                return ClaimResult::fails(text, found);
            }
        }
    }
    ClaimResult::holds()
}

/// The line that shares most words with the one that is missing.
fn nearest(log: &[Line<'_>], wanted: &str) -> String {
    if log.is_empty() {
        return "; the log is empty".to_owned();
    }
    let shared = |line: &&Line<'_>| wanted.split_whitespace().filter(|word| line.text.contains(word)).count();
    match log.iter().max_by_key(shared).filter(|line| shared(line) > 0) {
        Some(line) => format!("; the nearest line is \"{}\" (event {})", line.text, line.seq),
        None => format!("; its {} lines have nothing in common with it", log.len()),
    }
}
