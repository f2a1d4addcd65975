//! Claims about events: how many, and when.

use std::borrow::Cow;

use mockdc_mocks::{SimTime, Span};
use mockdc_scenarios::wording::{event_should, pattern_clause, sentence, times};
use mockdc_scenarios::{Occurrences, Pattern, Timing};
use serde_json::Value as Json;

use super::{ClaimResult, Reading};
use crate::report::describe;
use crate::timeline::{Event, EventKind, matches};

pub(super) fn event(
    reading: &Reading<'_>,
    pattern: &Pattern,
    count: Occurrences,
    timings: &[Timing],
) -> ClaimResult {
    let hits = reading.hits(pattern);
    if count == Occurrences::Never && !timings.is_empty() {
        return never_so(reading, pattern, hits, timings);
    }
    if !counted(count, hits.len()) {
        return miscounted(reading, pattern, hits, count, timings);
    }
    let subject = match count {
        Occurrences::Nth(n) => hits.get((n as usize).saturating_sub(1)),
        _ => hits.first(),
    };
    let Some(subject) = subject else { return ClaimResult::holds() };
    for timing in timings {
        if let Err(wrong) = fits(reading, subject, timing) {
            let text = format!(
                "{}, and {} at {}, {}",
                sentence(&event_should(pattern, count, timings)),
                pattern_clause(pattern).does(),
                subject.at,
                wrong.text
            );
            return ClaimResult::fails(text, [Some(subject.seq), wrong.other].into_iter().flatten());
        }
    }
    ClaimResult::holds()
}

/// No event that matches and that fits all timings.
fn never_so(
    reading: &Reading<'_>,
    pattern: &Pattern,
    hits: &[Cow<'_, Event>],
    timing: &[Timing],
) -> ClaimResult {
    let bad = hits.iter().find(|hit| timing.iter().all(|timing| fits(reading, hit, timing).is_ok()));
    if let Some(bad) = bad {
        let should = sentence(&event_should(pattern, Occurrences::Never, timing));
        let text = format!("{should}, and {} at {}", pattern_clause(pattern).does(), bad.at);
        return ClaimResult::fails(text, [bad.seq]);
    }
    match beyond(reading, timing) {
        Some(horizon) => ClaimResult::untold(
            format!(
                "{}, and the run ends at {}, before {horizon}",
                sentence(&event_should(pattern, Occurrences::Never, timing)),
                reading.end()
            ),
            [],
        ),
        None => ClaimResult::holds(),
    }
}

fn miscounted(
    reading: &Reading<'_>,
    pattern: &Pattern,
    hits: &[Cow<'_, Event>],
    count: Occurrences,
    timing: &[Timing],
) -> ClaimResult {
    let few = too_many(count) > hits.len();
    if few && let Some(horizon) = beyond(reading, timing) {
        let should = sentence(&event_should(pattern, count, timing));
        let text = format!("{should}, and the run ends at {}, before {horizon}", reading.end());
        return ClaimResult::untold(text, []);
    }
    let mut evidence: Vec<u64> = hits.iter().map(|hit| hit.seq).take(too_many(count).max(3)).collect();
    let mut text = sentence(&event_should(pattern, count, timing));
    text.push_str(&match hits {
        [] => format!(", and {}", pattern_clause(pattern).never_does()),
        [hit] if count == Occurrences::Never => {
            format!(", and {} at {}", pattern_clause(pattern).does(), hit.at)
        }
        hits => format!(
            ", and {} {}",
            pattern_clause(pattern).does(),
            times(u32::try_from(hits.len()).unwrap_or(u32::MAX))
        ),
    });
    if hits.is_empty()
        && let Some(event) = near_miss(reading, pattern)
    {
        text = format!(
            "{text}; nearest: event {} at {}, {}",
            event.seq,
            event.at,
            nearest_words(&event, pattern)
        );
        evidence.push(event.seq);
    }
    ClaimResult::fails(text, evidence)
}

/// What an event that does not quite match says: for a call that differs by its answer, that answer.
fn nearest_words(event: &Event, pattern: &Pattern) -> String {
    match (&event.kind, pattern) {
        (EventKind::Call { code, .. }, Pattern::Call { code: Some(wanted), .. }) if code != wanted => {
            match code {
                0 => "which succeeds".to_owned(),
                code => format!("answered {code}"),
            }
        }
        _ => format!("on {}: {}", event.host, describe(event)),
    }
}

/// An event that would match if one field were left open: the last such field of the pattern first.
fn near_miss<'a>(reading: &Reading<'a>, pattern: &Pattern) -> Option<Cow<'a, Event>> {
    let Ok(Json::Object(variant)) = serde_json::to_value(pattern) else { return None };
    let (name, fields) = variant.iter().find_map(|(name, fields)| Some((name, fields.as_object()?)))?;
    for field in fields.iter().rev().filter(|(_, value)| !value.is_null()).map(|(field, _)| field) {
        let mut looser = fields.clone();
        looser.insert(field.clone(), Json::Null);
        let Ok(looser) = serde_json::from_value::<Pattern>(serde_json::json!({ name: looser })) else {
            continue;
        };
        if let Some(event) =
            reading.events().read().find(|event| matches(&looser, event, Some(&reading.last)))
        {
            return Some(event);
        }
    }
    None
}

/// Whether `n` is as many as wanted.
pub(super) fn counted(count: Occurrences, n: usize) -> bool {
    match count {
        Occurrences::Some => n > 0,
        Occurrences::Never => n == 0,
        Occurrences::Exactly(wanted) => n == wanted as usize,
        Occurrences::AtLeast(wanted) | Occurrences::Nth(wanted) => n >= wanted as usize,
        Occurrences::AtMost(wanted) => n <= wanted as usize,
    }
}

/// How many show that there are too many; below, when too many is no matter, as many as are needed.
pub(super) fn too_many(count: Occurrences) -> usize {
    match count {
        Occurrences::Some | Occurrences::Never => 1,
        Occurrences::Exactly(n) | Occurrences::AtLeast(n) | Occurrences::Nth(n) => n.max(1) as usize,
        Occurrences::AtMost(_) => 0,
    }
}

struct Wrong {
    text: String,
    other: Option<u64>,
}

fn fits(reading: &Reading<'_>, hit: &Event, timing: &Timing) -> Result<(), Wrong> {
    let alone = |ok: bool, text: String| if ok { Ok(()) } else { Err(Wrong { text, other: None }) };
    match timing {
        Timing::At(at) => alone(hit.at == *at, format!("not at {at}")),
        Timing::From(from) => alone(hit.at >= *from, format!("before {from}")),
        Timing::Until(until) => alone(hit.at <= *until, format!("after {until}")),
        Timing::Before { event } => {
            let Some(other) = reading.first(event) else {
                return Err(Wrong {
                    text: format!("but it never happens that {}", pattern_clause(event).says()),
                    other: None,
                });
            };
            match hit.seq < other.seq {
                true => Ok(()),
                false => Err(Wrong {
                    text: format!("not before {}, which is at {}", pattern_clause(event).says(), other.at),
                    other: Some(other.seq),
                }),
            }
        }
        Timing::After { event, exactly, within, at_least } => {
            let Some(other) = reading.first(event) else {
                return Err(Wrong {
                    text: format!("but it never happens that {}", pattern_clause(event).says()),
                    other: None,
                });
            };
            let gap = hit.at.since(other.at);
            let wrong = |how: String| {
                let text = format!("{how} {}, which is at {}", pattern_clause(event).says(), other.at);
                Err(Wrong { text, other: Some(other.seq) })
            };
            if hit.seq < other.seq {
                return wrong("before the time at which".to_owned());
            }
            if exactly.is_some_and(|exactly| gap != exactly) {
                return wrong(format!("{gap} after"));
            }
            if within.is_some_and(|within| gap > within) {
                return wrong(format!("{gap} after"));
            }
            if at_least.is_some_and(|least| gap < least) {
                return wrong(format!("only {gap} after"));
            }
            Ok(())
        }
    }
}

/// The instant that a timing speaks of, when the run ends before it.
fn beyond(reading: &Reading<'_>, timing: &[Timing]) -> Option<SimTime> {
    let horizon = |timing: &Timing| match timing {
        Timing::At(at) | Timing::From(at) | Timing::Until(at) => Some(*at),
        Timing::Before { .. } => None,
        Timing::After { event, exactly, within, at_least } => {
            let longest: Span = [exactly, within, at_least].into_iter().copied().flatten().max()?;
            Some(reading.first(event)?.at + longest)
        }
    };
    timing.iter().filter_map(horizon).filter(|horizon| *horizon > reading.end()).max()
}
