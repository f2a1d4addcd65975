//! Claims about states, at the moments of one replay.
//!
//! A moment is an instant after everything that happens at it. Between two events nothing changes but the clock and
//! the age of events, so that moments lie at the instants of events, at those that a claim names, and at those at
//! which a clock or an age comes true.

use std::collections::BTreeSet;

use mockdc_mocks::SimTime;
use mockdc_scenarios::wording::{
    condition_says, condition_should, condition_should_never, condition_while, moments_say, pattern_clause,
    sentence, state_says, times,
};
use mockdc_scenarios::{Claim, Condition, Moments};

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
    let mut events = reading.events().read().peekable();
    while let Some(event) = events.next() {
        at_event(reading, claims, &mut told, &live, event.seq, true);
        live.apply(&event);
        at_event(reading, claims, &mut told, &live, event.seq, false);
        let next = events.peek().map(|next| next.at);
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
            *told = Some(match holds(claim.condition, live, None) {
                true => ClaimResult::holds(),
                false => {
                    let text = should(claim.condition, claim.when, live);
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
                false => missing(condition, live, claim.when, seq),
            }),
            Moments::Throughout { from, to }
                if from.is_none_or(|from| now >= from) && to.is_none_or(|to| now <= to) =>
            {
                match holds(condition, live, None) {
                    false => Some(missing(condition, live, claim.when, seq)),
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
        Moments::End => missing(condition, live, claim.when, seq),
        // Before its first event a run shows nothing, and nothing changes after its last.
        Moments::At(at) => {
            ClaimResult::untold(format!("the run goes from the start to {end}, and {at} is not in it"), [])
        }
        Moments::JustBefore(pattern) | Moments::JustAfter(pattern) => ClaimResult::untold(
            format!(
                "it never happens that {}, so that nobody can tell whether {}",
                pattern_clause(pattern).says(),
                condition_says(condition)
            ),
            [],
        ),
        Moments::Throughout { from, to } => match from.iter().chain(to).find(|at| **at > end) {
            Some(at) => ClaimResult::untold(format!("the run ends at {end}, before {at}"), [seq]),
            None => ClaimResult::holds(),
        },
        Moments::Never | Moments::NeverWhile(_) => ClaimResult::holds(),
        Moments::Once => {
            let text = format!(
                "{}, {}, and at none it is so; at the end, {}",
                sentence(&moments_say(claim.when)),
                condition_should(condition),
                seen(condition, live)
            );
            ClaimResult::fails(text, evidence(condition, live).chain([seq]))
        }
    }
}

fn missing(condition: &Condition, live: &Live, when: &Moments, seq: u64) -> ClaimResult {
    let text = should(condition, when, live);
    ClaimResult::fails(text, evidence(condition, live).chain([seq]))
}

fn unwanted(condition: &Condition, live: &Live, other: Option<&Condition>, seq: u64) -> ClaimResult {
    let when = other.map_or(String::new(), |other| format!(" {}", condition_while(other)));
    let never = sentence(&condition_should_never(condition));
    let text = format!("{never}{when}; but at {}, {}", live.now(), seen(condition, live));
    ClaimResult::fails(text, evidence(condition, live).chain([seq]))
}

/// What should hold, and what the run shows instead.
fn should(condition: &Condition, when: &Moments, live: &Live) -> String {
    let at = match when {
        Moments::Throughout { .. } => format!("at {}, ", live.now()),
        _ => String::new(),
    };
    let moment = sentence(&moments_say(when));
    format!("{moment}, {}; but {at}{}", condition_should(condition), seen(condition, live))
}

/// The parts of a condition that do not hold, or all of one that does.
fn wanting<'a>(condition: &'a Condition, live: &Live) -> Vec<&'a Condition> {
    match condition {
        Condition::All(parts) if !holds(condition, live, None) => parts
            .iter()
            .filter(|part| !holds(part, live, None))
            .flat_map(|part| wanting(part, live))
            .collect(),
        _ => {
            let mut parts = Vec::new();
            pieces(condition, &mut parts);
            parts
        }
    }
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
    let told = wanting(condition, live).into_iter().map(|part| match part {
        Condition::State { at, key, .. } => state_says(at, key, live.view().value(at, key).as_ref()),
        Condition::Result { script: Some(script), step, .. } => match live.view().result(script, step) {
            Some(0) => format!("the step \"{step}\" of the script \"{script}\" has succeeded"),
            Some(code) => format!("the step \"{step}\" of the script \"{script}\" has ended with {code}"),
            None => format!("the step \"{step}\" of the script \"{script}\" has not run"),
        },
        Condition::Kept { script: Some(script), name, .. } => match live.view().kept(script, name) {
            Some(value) => format!("the script \"{script}\" keeps \"{value}\" as {name}"),
            None => format!("the script \"{script}\" keeps no {name}"),
        },
        Condition::Happened { event, .. } => {
            let told = pattern_clause(event).says();
            match live.tally(event, |_| None).count {
                0 => format!("it has not happened that {told}"),
                n => format!("it has happened {} that {told}", times(u32::try_from(n).unwrap_or(u32::MAX))),
            }
        }
        Condition::Age { of, .. } => {
            let told = pattern_clause(of).says();
            match live.age(of, |_| None) {
                Some(age) => format!("it is {age} since the last time that {told}"),
                None => format!("it has not happened that {told}"),
            }
        }
        _ => format!("it is {}", live.now()),
    });
    told.collect::<Vec<_>>().join(", and ")
}

/// The events that made the pieces of state what they are.
fn evidence(condition: &Condition, live: &Live) -> impl Iterator<Item = u64> {
    let seqs = wanting(condition, live).into_iter().filter_map(|part| match part {
        Condition::State { at, key, .. } => live.view().known(at, key).map(|known| known.seq),
        _ => None,
    });
    let seqs: Vec<u64> = seqs.collect();
    seqs.into_iter()
}
