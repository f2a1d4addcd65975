//! Claims about states, at the moments of one replay.
//!
//! A moment is an instant after everything that happens at it. Between two events nothing changes but the clock and
//! the age of events, so that moments lie at the instants of events, at those that a claim names, and at those at
//! which a clock or an age comes true.

use std::collections::BTreeSet;

use mockdc_mocks::SimTime;
use mockdc_scenarios::{Claim, Condition, Moments};

use super::wording::worded;
use super::{ClaimResult, Reading};
use crate::timeline::{Live, holds, next_look};

/// A state claim to be looked at.
pub(super) struct StateClaim<'a> {
    pub(super) claim: &'a Claim,
    pub(super) condition: &'a Condition,
    pub(super) when: &'a Moments,
}

/// What becomes of each claim, in their order.
pub(super) fn replay(reading: &Reading<'_>, claims: &[StateClaim<'_>]) -> Vec<ClaimResult> {
    if claims.is_empty() {
        return Vec::new();
    }
    let mut live = Live::for_claims(claims.iter().map(|claim| claim.claim));
    let mut told: Vec<Option<ClaimResult>> = vec![None; claims.len()];
    let named: BTreeSet<SimTime> = claims.iter().flat_map(|claim| instants(claim.when)).collect();
    let events = reading.events();
    for (place, event) in events.iter().enumerate() {
        at_event(reading, claims, &mut told, &live, event.seq, true);
        live.apply(event);
        at_event(reading, claims, &mut told, &live, event.seq, false);
        let next = events.get(place + 1).map(|next| next.at);
        if next == Some(event.at) {
            continue;
        }
        at_moment(claims, &mut told, &live, event.seq);
        // Between here and the next event only the clock moves.
        while let Some(look) = next_moment(claims, &live, &named, next.unwrap_or(reading.end())) {
            live.advance(look);
            at_moment(claims, &mut told, &live, event.seq);
        }
    }
    claims
        .iter()
        .zip(told)
        .map(|(claim, told)| told.unwrap_or_else(|| at_end(reading, claim, &live)))
        .collect()
}

/// Instants that a claim names.
fn instants(when: &Moments) -> impl Iterator<Item = SimTime> {
    let (one, other) = match when {
        Moments::At(at) => (Some(*at), None),
        Moments::Throughout { from, to } => (*from, *to),
        _ => (None, None),
    };
    one.into_iter().chain(other)
}

fn next_moment(
    claims: &[StateClaim<'_>],
    live: &Live,
    named: &BTreeSet<SimTime>,
    before: SimTime,
) -> Option<SimTime> {
    let now = live.now();
    let by_clock = claims.iter().flat_map(|claim| {
        let other = match claim.when {
            Moments::NeverWhile(other) => next_look(other, live, None),
            _ => None,
        };
        next_look(claim.condition, live, None).into_iter().chain(other)
    });
    let by_name = named.iter().copied().find(|at| *at > now);
    by_clock.chain(by_name).filter(|at| *at > now && *at < before).min()
}

fn at_event(
    reading: &Reading<'_>,
    claims: &[StateClaim<'_>],
    told: &mut [Option<ClaimResult>],
    live: &Live,
    seq: u64,
    before: bool,
) {
    for (claim, told) in claims.iter().zip(told) {
        let pattern = match claim.when {
            Moments::JustBefore(pattern) if before => pattern,
            Moments::JustAfter(pattern) if !before => pattern,
            _ => continue,
        };
        if told.is_none() && reading.first(pattern).is_some_and(|event| event.seq == seq) {
            let side = if before { "just before" } else { "just after" };
            *told = Some(match holds(claim.condition, live, None) {
                true => ClaimResult::holds(),
                false => {
                    let text = format!(
                        "{} should hold {side} {}, and does not: {}",
                        worded(claim.condition),
                        worded(pattern),
                        seen(claim.condition, live)
                    );
                    ClaimResult::fails(text, evidence(claim.condition, live).chain([seq]))
                }
            });
        }
    }
}

fn at_moment(claims: &[StateClaim<'_>], told: &mut [Option<ClaimResult>], live: &Live, seq: u64) {
    let now = live.now();
    for (claim, told) in claims.iter().zip(told) {
        if told.is_some() {
            continue;
        }
        let condition = claim.condition;
        let result = match claim.when {
            Moments::At(at) if *at == now => Some(match holds(condition, live, None) {
                true => ClaimResult::holds(),
                false => missing(condition, live, format!("at {at}"), seq),
            }),
            Moments::Throughout { from, to }
                if from.is_none_or(|from| now >= from) && to.is_none_or(|to| now <= to) =>
            {
                match holds(condition, live, None) {
                    false => Some(missing(condition, live, format!("throughout, and at {now}"), seq)),
                    true if *to == Some(now) => Some(ClaimResult::holds()),
                    true => None,
                }
            }
            Moments::Never if holds(condition, live, None) => Some(unwanted(condition, live, None, seq)),
            Moments::Once if holds(condition, live, None) => Some(ClaimResult::holds()),
            Moments::NeverWhile(other) if holds(condition, live, None) && holds(other, live, None) => {
                Some(unwanted(condition, live, Some(other), seq))
            }
            _ => None,
        };
        *told = result;
    }
}

/// What is left to say of a claim when the run is over.
fn at_end(reading: &Reading<'_>, claim: &StateClaim<'_>, live: &Live) -> ClaimResult {
    let condition = claim.condition;
    let end = reading.end();
    let seq = reading.events().last().map_or(0, |event| event.seq);
    match claim.when {
        Moments::End if holds(condition, live, None) => ClaimResult::holds(),
        Moments::End => missing(condition, live, format!("at the end ({end})"), seq),
        // Before its first event a run shows nothing, and nothing changes after its last.
        Moments::At(at) => {
            ClaimResult::untold(format!("the run goes from the start to {end}, and {at} is not in it"), [])
        }
        Moments::JustBefore(pattern) | Moments::JustAfter(pattern) => ClaimResult::untold(
            format!("{} never happens, so that {} cannot be looked at", worded(pattern), worded(condition)),
            [],
        ),
        Moments::Throughout { from, to } => match from.iter().chain(to).find(|at| **at > end) {
            Some(at) => ClaimResult::untold(format!("the run ends at {end}, before {at}"), [seq]),
            None => ClaimResult::holds(),
        },
        Moments::Never | Moments::NeverWhile(_) => ClaimResult::holds(),
        Moments::Once => missing(condition, live, "at some moment".to_owned(), seq),
    }
}

fn missing(condition: &Condition, live: &Live, when: String, seq: u64) -> ClaimResult {
    let text = format!("{} should hold {when}, and does not: {}", worded(condition), seen(condition, live));
    ClaimResult::fails(text, evidence(condition, live).chain([seq]))
}

fn unwanted(condition: &Condition, live: &Live, other: Option<&Condition>, seq: u64) -> ClaimResult {
    let when = other.map_or("at no moment".to_owned(), |other| format!("never while {}", worded(other)));
    let text = format!(
        "{} should hold {when}, and does at {}: {}",
        worded(condition),
        live.now(),
        seen(condition, live)
    );
    ClaimResult::fails(text, evidence(condition, live).chain([seq]))
}

/// The pieces of state that a condition speaks of.
fn pieces<'a>(condition: &'a Condition, out: &mut Vec<&'a Condition>) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| pieces(part, out)),
        Condition::Not(part) => pieces(part, out),
        _ => out.push(condition),
    }
}

/// What the run shows instead, in words.
fn seen(condition: &Condition, live: &Live) -> String {
    let mut parts = Vec::new();
    pieces(condition, &mut parts);
    let told = parts.into_iter().map(|part| match part {
        Condition::State { at, key, .. } => match live.view().value(at, key) {
            Some(value) => format!("{} at {at} is {}", worded(key), worded(&value)),
            None => format!("{} is not there at {at}", worded(key)),
        },
        Condition::Result { script: Some(script), step, .. } => match live.view().result(script, step) {
            Some(code) => format!("step {step} of {script} ended with {code}"),
            None => format!("step {step} of {script} has not run"),
        },
        Condition::Kept { script: Some(script), name, .. } => match live.view().kept(script, name) {
            Some(value) => format!("{script} keeps {name} = {value}"),
            None => format!("{script} keeps no {name}"),
        },
        Condition::Happened { event, .. } => {
            format!("{} has happened {} times", worded(event), live.tally(event, |_| None).count)
        }
        Condition::Age { of, .. } => match live.age(of, |_| None) {
            Some(age) => format!("the last {} is {age} old", worded(of)),
            None => format!("{} has not happened", worded(of)),
        },
        _ => format!("it is {}", live.now()),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// The events that made the pieces of state what they are.
fn evidence(condition: &Condition, live: &Live) -> impl Iterator<Item = u64> {
    let mut parts = Vec::new();
    pieces(condition, &mut parts);
    let seqs = parts.into_iter().filter_map(|part| match part {
        Condition::State { at, key, .. } => live.view().known(at, key).map(|known| known.seq),
        _ => None,
    });
    let seqs: Vec<u64> = seqs.collect();
    seqs.into_iter()
}
