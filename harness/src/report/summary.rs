//! What is told of a run: the one form from which console, JSON and results folder are written.

use mockdc_mocks::SimTime;
use serde::{Deserialize, Serialize};

use super::{Cast, describe, instant};
use crate::backend::{Backend, OnTheWall};
use crate::timeline::{Class, Classes, EndReason, EventKind, Events};

/// A run in short. It serialises as `summary.json` and as an entry of `--format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// The scenario, with `[case]` behind it for a case.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// The file, as the user named it.
    pub file: String,
    /// The seed that made the run.
    pub seed: u64,
    /// What it was run against.
    #[serde(default)]
    pub backend: Backend,
    /// What came of it.
    pub result: RunResult,
    /// Why it did not pass.
    pub reasons: Vec<Reason>,
    /// Promises and rules that were broken and that the scenario says are broken.
    pub breaks_as_stated: Vec<Break>,
    /// Every promise, and how often the run put it to the test.
    pub promises: Vec<PromiseSummary>,
    /// The laws of every run, with what it had to say of them.
    #[serde(default)]
    pub laws: Vec<LawSummary>,
    /// Expectations that were judged.
    pub expectations: u64,
    /// Counts and sums over the run.
    pub measures: Measures,
    /// Why the run ended; nothing when it was skipped.
    pub ended: Option<EndReason>,
    /// The command that repeats it.
    pub rerun: String,
    /// What is told of a run on the wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<OnTheWall>,
}

impl Summary {
    /// The scenario's name, with the backend behind it where that is not the fake: `q304961-sp3 @samba`.
    pub fn label(&self) -> String {
        label(&self.name, self.backend)
    }
}

/// A scenario's name on a backend.
pub fn label(name: &str, backend: Backend) -> String {
    match backend {
        Backend::Fake => name.to_owned(),
        other => format!("{name} @{other}"),
    }
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunResult {
    /// All expectations and promises hold.
    Pass,
    /// An expectation or a promise does not hold.
    Fail,
    /// It cannot be told.
    Inconclusive,
    /// A law of the harness itself is broken: a bug of mockdc.
    Bug,
    /// It was not run: the backend cannot do what it needs.
    Skipped,
}

impl RunResult {
    /// The word that begins the scenario's line.
    pub fn word(self) -> &'static str {
        match self {
            RunResult::Pass => "pass",
            RunResult::Fail => "FAIL",
            RunResult::Inconclusive => "open",
            RunResult::Bug => "BUG",
            RunResult::Skipped => "skip",
        }
    }
}

/// Why a run did not pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reason {
    /// Of which kind: `expectation`, `unlisted-promise`, `inert-fault`, …
    pub kind: String,
    /// The line of the file that is concerned, from 1.
    pub line: Option<u32>,
    /// What is wrong.
    pub text: String,
    /// Why it was expected, in the author's words.
    pub because: Option<String>,
    /// Events that show it.
    pub evidence: Vec<Evidence>,
}

/// What a run says of a promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PromiseSummary {
    /// Its name.
    pub name: String,
    /// How often the run put it to the test; 0: nobody in it makes this promise.
    pub occasions: u32,
    /// On how many of these it was broken.
    pub breaches: u32,
}

/// What a run says of a law of mockdc itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LawSummary {
    /// Its name.
    pub name: String,
    /// How often the run put it to the test; 0: nothing in it could have broken the law.
    pub occasions: u32,
}

/// A promise or rule that was broken, as the scenario states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Break {
    /// The promise's or rule's name.
    pub name: String,
    /// What happened.
    pub text: String,
    /// Events that show it.
    pub evidence: Vec<Evidence>,
}

/// An event that shows something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Evidence {
    /// Its number in `events.jsonl`.
    pub event: u64,
    /// When: `00:10:00.000` since the start.
    pub at: String,
    /// Where.
    pub host: String,
    /// Who; empty for the domain model by itself.
    pub actor: String,
    /// What.
    pub what: String,
}

impl Evidence {
    /// The event with this number; `None` when the run has no such event.
    pub fn of(seq: u64, events: &Events, cast: &Cast) -> Option<Evidence> {
        let event = events.get(usize::try_from(seq).ok()?)?;
        Some(Evidence {
            event: seq,
            at: instant(event.at),
            host: event.host.to_string(),
            actor: cast.role(event),
            what: describe(event),
        })
    }
}

/// Counts and sums over a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Measures {
    /// Events.
    pub events: u64,
    /// The length of the run.
    pub lasted: mockdc_mocks::Span,
    /// Attempts to install, over all clients.
    pub attempts: u64,
    /// Clients installed.
    pub installed: u64,
    /// Changes committed in the domain.
    pub commits: u64,
    /// Changes received by controllers.
    pub deltas: u64,
    /// Bytes of replication received.
    pub bytes: u64,
    /// Of these, bytes that moved in busy hours.
    pub busy_bytes: u64,
}

impl Measures {
    /// Counted over all events of a run.
    pub fn of(events: &Events) -> Measures {
        use mockdc_mocks::Fact;
        let mut measures = Measures { events: events.len() as u64, ..Measures::default() };
        let counted = Classes::SUMS.and(Classes::these(&[Class::Request]));
        for event in events.chosen(0, counted) {
            match &event.kind {
                EventKind::AttemptBegan { .. } => measures.attempts += 1,
                EventKind::InstallEnded { code: 0, .. } => measures.installed += 1,
                EventKind::Fact(Fact::Committed { .. }) => measures.commits += 1,
                EventKind::Fact(Fact::Replicated { .. }) => measures.deltas += 1,
                EventKind::Fact(Fact::SyncEnded { bytes, busy_bytes, .. }) => {
                    measures.bytes += bytes;
                    measures.busy_bytes += busy_bytes;
                }
                _ => {}
            }
        }
        measures.lasted = events.last().map_or(SimTime::START, |event| event.at).since(SimTime::START);
        measures
    }
}

/// How many runs ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Totals {
    /// Passed.
    pub passed: u64,
    /// Failed.
    pub failed: u64,
    /// Neither.
    pub inconclusive: u64,
    /// Bugs of mockdc.
    pub bugs: u64,
    /// Not run.
    pub skipped: u64,
}

impl Totals {
    /// Counts one more.
    pub fn add(&mut self, result: RunResult) {
        let count = match result {
            RunResult::Pass => &mut self.passed,
            RunResult::Fail => &mut self.failed,
            RunResult::Inconclusive => &mut self.inconclusive,
            RunResult::Bug => &mut self.bugs,
            RunResult::Skipped => &mut self.skipped,
        };
        *count += 1;
    }

    /// Counted over these.
    pub fn of<'a>(summaries: impl IntoIterator<Item = &'a Summary>) -> Totals {
        let mut totals = Totals::default();
        summaries.into_iter().for_each(|summary| totals.add(summary.result));
        totals
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} inconclusive, {} skipped",
            self.passed, self.failed, self.inconclusive, self.skipped
        )?;
        match self.bugs {
            0 => Ok(()),
            bugs => write!(f, ", {bugs} that show a bug of mockdc"),
        }
    }
}
