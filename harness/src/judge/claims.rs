//! Claims: what a scenario expects, and what a run says of it.

mod events;
mod installs;
mod logs;
mod moments;
mod programs;

use std::borrow::Cow;
use std::collections::BTreeMap;

use mockdc_mocks::{Counter, Fact, HostName, SimTime, StateKey, Value};
use mockdc_scenarios::wording::{measure_clause, quantity_words, sentence};
use mockdc_scenarios::{Claim, Measure, Moments, Pattern, Quantity, Timing};
use serde::Serialize;

use self::installs::Attempts;
use super::outline::Outline;
use crate::timeline::{Class, Classes, Event, EventKind, Events, StateView, compares, matches};

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClaimResult {
    /// Whether it holds.
    pub judged: Judged,
    /// What was expected and what was seen instead; empty when the claim holds.
    pub text: String,
    /// The events that show it, or come nearest.
    pub evidence: Vec<u64>,
}

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judged {
    /// It does.
    Holds,
    /// The run is too short, or did not come to it: nobody can tell.
    Untold,
    /// It does not.
    Fails,
}

impl ClaimResult {
    fn holds() -> ClaimResult {
        ClaimResult { judged: Judged::Holds, text: String::new(), evidence: Vec::new() }
    }

    fn fails(text: impl Into<String>, evidence: impl IntoIterator<Item = u64>) -> ClaimResult {
        ClaimResult { judged: Judged::Fails, text: text.into(), evidence: evidence.into_iter().collect() }
    }

    fn untold(text: impl Into<String>, evidence: impl IntoIterator<Item = u64>) -> ClaimResult {
        ClaimResult { judged: Judged::Untold, text: text.into(), evidence: evidence.into_iter().collect() }
    }
}

/// A run with the events that each pattern of the claims matches.
struct Reading<'a> {
    outline: &'a Outline<'a>,
    hits: Hits<'a>,
    last: StateView,
    attempts: BTreeMap<HostName, Attempts>,
}

type Hits<'a> = Vec<(&'a Pattern, Vec<Cow<'a, Event>>)>;

impl<'a> Reading<'a> {
    fn events(&self) -> &'a Events {
        &self.outline.run.events
    }

    fn end(&self) -> SimTime {
        self.outline.end
    }

    fn hits(&self, pattern: &Pattern) -> &[Cow<'a, Event>] {
        self.hits.iter().find(|(known, _)| *known == pattern).map_or(&[], |(_, hits)| hits)
    }

    fn first(&self, pattern: &Pattern) -> Option<&Event> {
        self.hits(pattern).first().map(|event| &**event)
    }
}

/// Judges claims in their order, over one replay of the run.
pub(crate) fn judge_claims<'a>(
    outline: &'a Outline<'a>,
    claims: impl Iterator<Item = &'a Claim>,
) -> Vec<ClaimResult> {
    let claims: Vec<&Claim> = claims.collect();
    if claims.is_empty() {
        return Vec::new();
    }
    let attempts = installs::attempts(outline);
    let mut reading = Reading { outline, hits: Vec::new(), last: StateView::new(), attempts };
    let mut states = Vec::new();
    for claim in &claims {
        gather(claim, &mut reading.hits, &mut states);
    }
    // What is asked of installs alone needs no replay.
    if !reading.hits.is_empty() || claims.iter().any(|claim| measures(claim)) {
        for event in outline.run.events.read() {
            let taken =
                reading.hits.iter_mut().filter(|(pattern, _)| matches(pattern, &event, Some(&reading.last)));
            taken.for_each(|(_, hits)| hits.push(event.clone()));
            reading.last.apply(&event);
        }
    }
    let mut told = moments::replay(&reading, &states).into_iter();
    claims.iter().map(|claim| judge_claim(claim, &reading, &mut told)).collect()
}

fn gather<'a>(claim: &'a Claim, hits: &mut Hits<'a>, states: &mut Vec<moments::StateClaim<'a>>) {
    let mut pattern = |pattern: &'a Pattern| {
        if !hits.iter().any(|(known, _)| *known == pattern) {
            hits.push((pattern, Vec::new()));
        }
    };
    match claim {
        Claim::Event { event, timing, .. } => {
            pattern(event);
            for timing in timing {
                if let Timing::After { event, .. } | Timing::Before { event } = timing {
                    pattern(event);
                }
            }
        }
        Claim::State { condition, when } => {
            if let Moments::JustBefore(event) | Moments::JustAfter(event) = when {
                pattern(event);
            }
            states.push(moments::StateClaim { claim, condition, when });
        }
        Claim::Measure { measure: Measure::Events { event }, .. } => pattern(event),
        Claim::OfMany { claims, .. } => claims.iter().for_each(|claim| gather(claim, hits, states)),
        _ => {}
    }
}

/// Whether a claim counts or adds up anything.
fn measures(claim: &Claim) -> bool {
    match claim {
        Claim::Measure { .. } => true,
        Claim::OfMany { claims, .. } => claims.iter().any(measures),
        _ => false,
    }
}

/// `states` are the results of the state claims, in the order in which claims are gone through.
fn judge_claim(
    claim: &Claim,
    reading: &Reading<'_>,
    states: &mut impl Iterator<Item = ClaimResult>,
) -> ClaimResult {
    match claim {
        Claim::Installed { client, attempt } => installs::installed(reading, client, *attempt),
        Claim::AttemptFailed { client, attempt, code } => {
            installs::attempt_failed(reading, client, *attempt, *code)
        }
        Claim::InstallFailed { client, code } => installs::install_failed(reading, client, *code),
        Claim::Script { script, ended } => installs::script_ended(reading, script, *ended),
        Claim::Program { ended } => programs::program_ended(reading, *ended),
        Claim::Event { event, count, timing } => events::event(reading, event, *count, timing),
        Claim::Log { host, file, lines } => logs::log(reading, host, file, lines),
        Claim::State { .. } => {
            states.next().unwrap_or_else(|| ClaimResult::untold("the state was not looked at", []))
        }
        Claim::OfMany { claims, hold } => {
            let results: Vec<ClaimResult> =
                claims.iter().map(|claim| judge_claim(claim, reading, states)).collect();
            of_many(&results, *hold)
        }
        Claim::Measure { measure, is } => {
            let number = measured(reading, measure);
            if compares(is, Some(&Value::Number(number)), |_| None) {
                return ClaimResult::holds();
            }
            let should = sentence(&measure_clause(measure, is).should());
            ClaimResult::fails(format!("{should}, and is {number}"), [])
        }
    }
}

fn of_many(results: &[ClaimResult], hold: Quantity) -> ClaimResult {
    let count = |judged| results.iter().filter(|result| result.judged == judged).count();
    let (holding, untold, all) = (count(Judged::Holds), count(Judged::Untold), results.len());
    let fits = |n: usize| match hold {
        Quantity::All => n == all,
        Quantity::None => n == 0,
        Quantity::Exactly(wanted) => n == wanted as usize,
        Quantity::AtLeast(wanted) => n >= wanted as usize,
        Quantity::AtMost(wanted) => n <= wanted as usize,
    };
    let mut possible = holding..=holding + untold;
    if possible.clone().all(fits) {
        return ClaimResult::holds();
    }
    let others = results.iter().filter(|result| result.judged != Judged::Holds);
    let why: Vec<&str> = others.clone().map(|result| result.text.as_str()).take(3).collect();
    let evidence: Vec<u64> = others.flat_map(|result| result.evidence.iter().copied()).take(6).collect();
    let mut text = format!(
        "Of these {all}, {} should be true, and {holding} {}",
        quantity_words(hold),
        if holding == 1 { "is" } else { "are" }
    );
    if !why.is_empty() {
        text = format!("{text}: {}", why.join("; "));
    }
    match possible.any(fits) {
        true => ClaimResult::untold(text, evidence),
        false => ClaimResult::fails(text, evidence),
    }
}

fn measured(reading: &Reading<'_>, measure: &Measure) -> i64 {
    match measure {
        Measure::Attempts { client } => {
            whole(reading.attempts.get(client).map_or(0, |attempts| attempts.begun.len()))
        }
        Measure::Commits => whole(reading.events().chosen(0, Classes::these(&[Class::Committed])).count()),
        Measure::Events { event } => whole(reading.hits(event).len()),
        Measure::Deltas { at } => received(reading, at.as_ref(), Counter::DeltasReceived),
        Measure::Bytes { at, busy: false } => received(reading, at.as_ref(), Counter::BytesReceived),
        Measure::Bytes { at, busy: true } => {
            let ends = reading.events().chosen(0, Classes::these(&[Class::Synchronisation]));
            let busy = ends.filter_map(|event| match &event.kind {
                EventKind::Fact(Fact::SyncEnded { busy_bytes, .. })
                    if at.as_ref().is_none_or(|at| *at == event.host) =>
                {
                    Some(*busy_bytes)
                }
                _ => None,
            });
            i64::try_from(busy.sum::<u64>()).unwrap_or(i64::MAX)
        }
    }
}

/// What controllers received: by their counters where they have them, else by the events that those count.
fn received(reading: &Reading<'_>, at: Option<&HostName>, counter: Counter) -> i64 {
    let mut sums: BTreeMap<HostName, (u64, u64)> = BTreeMap::new();
    for event in reading.events().chosen(0, Classes::SUMS) {
        let sum =
            match &event.kind {
                EventKind::Fact(Fact::SyncEnded { deltas, bytes, .. }) => {
                    if counter == Counter::DeltasReceived { *deltas } else { *bytes }
                }
                EventKind::Fact(Fact::Replicated { .. }) if counter == Counter::DeltasReceived => {
                    sums.entry(event.host.clone()).or_default().1 += 1;
                    continue;
                }
                _ => continue,
            };
        sums.entry(event.host.clone()).or_default().0 += sum;
    }
    let told = |host: &HostName| match reading.last.known(host, &StateKey::Counter { counter }) {
        Some(known) => match known.value {
            Value::Number(number) => number,
            _ => 0,
        },
        None => {
            let (synchronized, replicated) = sums.get(host).copied().unwrap_or_default();
            i64::try_from(if synchronized > 0 { synchronized } else { replicated }).unwrap_or(i64::MAX)
        }
    };
    match at {
        Some(host) => told(host),
        None => reading.outline.run.plan().world.dcs.iter().map(|dc| told(&dc.name)).sum(),
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
