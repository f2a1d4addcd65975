//! Claims about events: how many, and when.

use mockdc_mocks::{SimTime, Span};
use mockdc_scenarios::{Occurrences, Pattern, Timing};
use serde_json::Value as Json;

use super::wording::worded;
use super::{ClaimResult, Reading};
use crate::timeline::{Event, matches};

pub(super) fn event(
    reading: &Reading<'_>,
    pattern: &Pattern,
    count: Occurrences,
    timing: &[Timing],
) -> ClaimResult {
    let hits = reading.hits(pattern);
    if count == Occurrences::Never && !timing.is_empty() {
        return never_so(reading, pattern, hits, timing);
    }
    if !counted(count, hits.len()) {
        return miscounted(reading, pattern, hits, count, timing);
    }
    let subject = match count {
        Occurrences::Nth(n) => hits.get((n as usize).saturating_sub(1)),
        _ => hits.first(),
    };
    let Some(subject) = subject else { return ClaimResult::holds() };
    for timing in timing {
        if let Err(wrong) = fits(reading, subject, timing) {
            let text = format!("{} happens at {}, {}", worded(pattern), subject.at, wrong.text);
            return ClaimResult::fails(text, [Some(subject.seq), wrong.other].into_iter().flatten());
        }
    }
    ClaimResult::holds()
}

/// No event that matches and that fits all timings.
fn never_so(reading: &Reading<'_>, pattern: &Pattern, hits: &[&Event], timing: &[Timing]) -> ClaimResult {
    let bad = hits.iter().find(|hit| timing.iter().all(|timing| fits(reading, hit, timing).is_ok()));
    if let Some(bad) = bad {
        let text = format!("{} should not happen then, and does at {}", worded(pattern), bad.at);
        return ClaimResult::fails(text, [bad.seq]);
    }
    match beyond(reading, timing) {
        Some(horizon) => ClaimResult::untold(
            format!(
                "the run ends at {}, and {} might happen until {horizon}",
                reading.end(),
                worded(pattern)
            ),
            [],
        ),
        None => ClaimResult::holds(),
    }
}

fn miscounted(
    reading: &Reading<'_>,
    pattern: &Pattern,
    hits: &[&Event],
    count: Occurrences,
    timing: &[Timing],
) -> ClaimResult {
    let few = too_many(count) > hits.len();
    if few && let Some(horizon) = beyond(reading, timing) {
        let text =
            format!("the run ends at {}, before {} could happen ({horizon})", reading.end(), worded(pattern));
        return ClaimResult::untold(text, []);
    }
    let mut evidence: Vec<u64> = hits.iter().map(|hit| hit.seq).take(too_many(count).max(3)).collect();
    let mut text =
        format!("{} should happen {}, and happens {} times", worded(pattern), worded(&count), hits.len());
    if hits.is_empty()
        && let Some((event, field)) = near_miss(reading, pattern)
    {
        text = format!("{text}; but for `{field}` it would be event {} at {}", event.seq, event.at);
        evidence.push(event.seq);
    }
    ClaimResult::fails(text, evidence)
}

/// An event that would match if one field were left open: the last such field of the pattern first.
fn near_miss<'a>(reading: &Reading<'a>, pattern: &Pattern) -> Option<(&'a Event, String)> {
    let Ok(Json::Object(variant)) = serde_json::to_value(pattern) else { return None };
    let (name, fields) = variant.iter().find_map(|(name, fields)| Some((name, fields.as_object()?)))?;
    for field in fields.iter().rev().filter(|(_, value)| !value.is_null()).map(|(field, _)| field) {
        let mut looser = fields.clone();
        looser.insert(field.clone(), Json::Null);
        let Ok(looser) = serde_json::from_value::<Pattern>(serde_json::json!({ name: looser })) else {
            continue;
        };
        if let Some(event) =
            reading.events().iter().find(|event| matches(&looser, event, Some(&reading.last)))
        {
            return Some((event, field.clone()));
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
                return Err(Wrong { text: format!("and {} never happens", worded(event)), other: None });
            };
            match hit.seq < other.seq {
                true => Ok(()),
                false => Err(Wrong {
                    text: format!("not before {} ({})", worded(event), other.at),
                    other: Some(other.seq),
                }),
            }
        }
        Timing::After { event, exactly, within, at_least } => {
            let Some(other) = reading.first(event) else {
                return Err(Wrong { text: format!("and {} never happens", worded(event)), other: None });
            };
            let gap = hit.at.since(other.at);
            let wrong = |how: String| {
                let text = format!("{how} {} ({}): {gap} lie between", worded(event), other.at);
                Err(Wrong { text, other: Some(other.seq) })
            };
            if hit.seq < other.seq {
                return wrong("before".to_owned());
            }
            if let Some(exactly) = exactly.filter(|exactly| gap != *exactly) {
                return wrong(format!("not exactly {exactly} after"));
            }
            if let Some(within) = within.filter(|within| gap > *within) {
                return wrong(format!("not within {within} after"));
            }
            if let Some(least) = at_least.filter(|least| gap < *least) {
                return wrong(format!("less than {least} after"));
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
