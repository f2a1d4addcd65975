//! One scenario, one question, and the answer for a setting of its values.

use std::ops::RangeInclusive;
use std::sync::Arc;

use mockdc_mocks::Win32Error;
use mockdc_scenarios::{Draft, Key, Plan, Setting, wording};
use serde::Serialize;

use crate::judge::{self, Judgement, Reason, ReasonKind, Verdict};
use crate::orchestrator::Prepared;
use crate::timeline::{EventKind, Timeline};

/// What is asked of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// Whether the scenario passes: its expectations, promises and rules.
    #[default]
    Verdict,
    /// Whether the first attempt of each install succeeds, whatever the scenario expects.
    Installed,
    /// Whether every promise is kept, whatever the scenario lists as broken.
    Promises,
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// What was asked holds.
    Holds,
    /// The scenario is not possible with these values.
    Refused,
    /// It cannot be told.
    Open,
    /// It does not hold.
    Fails,
    /// A law of mockdc is broken: a bug of mockdc.
    Bug,
}

impl Ends {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Ends::Holds => "holds",
            Ends::Refused => "not possible",
            Ends::Open => "open",
            Ends::Fails => "fails",
            Ends::Bug => "BUG",
        }
    }
}

/// The answer of a trial.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answer {
    /// How it ended.
    pub ends: Ends,
    /// Why it does not hold, in a sentence.
    pub why: Option<String>,
    /// What does not hold, without times and counts: a promise's name, what was expected, a kind of reason.
    pub about: Option<String>,
    /// The seed of the run that decided; nothing when there was no run.
    pub seed: Option<u64>,
}

impl Answer {
    pub(super) fn refused(why: impl Into<String>) -> Answer {
        Answer { ends: Ends::Refused, why: Some(why.into()), about: None, seed: None }
    }
}

/// A scenario and what is asked of it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The scenario.
    pub draft: Draft,
    /// The name of the plan in it: with `[case]` behind it for a case.
    pub name: String,
    /// The seeds of its runs. Several: it holds when it holds with each.
    pub seeds: RangeInclusive<u64>,
    /// What is asked.
    pub criterion: Criterion,
}

impl Trial {
    /// The plan with these settings.
    pub fn plan(&self, settings: &[(&Key, Setting)]) -> Result<Arc<Plan>, String> {
        let draft =
            settings.iter().fold(self.draft.clone(), |draft, (key, setting)| draft.with(key, setting));
        let plans = draft.plans().map_err(|report| {
            report.problems.first().map_or_else(String::new, |problem| problem.message.clone())
        })?;
        // A change of the scenario's own name changes nothing else.
        let named = plans.into_iter().find(|plan| plan.name == self.name);
        named.map(Arc::new).ok_or_else(|| format!("the scenario has no case `{}` any more", self.name))
    }

    /// The answer with these settings: the worst over all seeds.
    pub fn answer(&self, settings: &[(&Key, Setting)]) -> Answer {
        let answers = self.answers(settings);
        let worst =
            answers.into_iter().reduce(|worst, next| if next.ends > worst.ends { next } else { worst });
        worst.unwrap_or_else(|| Answer::refused("no seed is asked for"))
    }

    /// The answers with these settings, one for each seed; a single one where the scenario is not possible.
    pub fn answers(&self, settings: &[(&Key, Setting)]) -> Vec<Answer> {
        let prepared =
            self.plan(settings).and_then(|plan| Prepared::new(&plan).map_err(|error| error.to_string()));
        match prepared {
            Ok(start) => self.seeds.clone().map(|seed| ask(&start, seed, self.criterion)).collect(),
            Err(why) => vec![Answer::refused(why)],
        }
    }
}

/// Runs a plan and answers the question.
pub fn ask(start: &Prepared, seed: u64, criterion: Criterion) -> Answer {
    let timeline = match start.run(seed) {
        Ok(timeline) => timeline,
        Err(error) => return Answer::refused(error.to_string()),
    };
    let judgement = judge::judge(&timeline);
    let reason = first_reason(&judgement);
    let of_reason = |ends: Ends| {
        let about = reason.map(|reason| about(start.plan(), &judgement, reason));
        (ends, reason.map(|reason| reason.text.clone()), about)
    };
    let (ends, why, about) = match criterion {
        _ if judgement.shows_a_bug() => of_reason(Ends::Bug),
        Criterion::Verdict => match judgement.verdict {
            Verdict::Pass => (Ends::Holds, None, None),
            Verdict::Inconclusive => of_reason(Ends::Open),
            Verdict::Fail => of_reason(Ends::Fails),
        },
        Criterion::Installed => {
            let (ends, why) = installed(&timeline);
            let about = why.as_ref().map(|_| "the first attempt".to_owned());
            (ends, why, about)
        }
        Criterion::Promises => match judgement.promises.iter().find(|finding| finding.is_broken()) {
            Some(finding) => {
                let first = finding.breaches.first().map_or("", |breach| breach.text.as_str());
                let why = format!("promise {} is broken: {first}", finding.promise);
                (Ends::Fails, Some(why), Some(finding.promise.to_string()))
            }
            None => (Ends::Holds, None, None),
        },
    };
    Answer { ends, why, about, seed: Some(seed) }
}

/// The first of the gravest reasons.
fn first_reason(judgement: &Judgement) -> Option<&Reason> {
    let gravest = judgement.reasons.iter().map(|reason| reason.kind.verdict()).max();
    judgement.reasons.iter().find(|reason| Some(reason.kind.verdict()) == gravest)
}

/// What a reason is about, so that two runs can be said to fail in the same way.
fn about(plan: &Plan, judgement: &Judgement, reason: &Reason) -> String {
    match reason.kind {
        ReasonKind::Expectation | ReasonKind::Untold => {
            let expect = plan.expects.iter().find(|expect| Some(expect.line) == reason.line);
            expect.map_or_else(|| reason.text.clone(), |expect| wording::claim_says(&expect.claim))
        }
        ReasonKind::UnlistedPromise => {
            let broken = judgement.promises.iter().find(|finding| {
                finding.breaches.first().is_some_and(|breach| breach.evidence == reason.evidence)
            });
            broken.map_or_else(|| reason.text.clone(), |finding| finding.promise.to_string())
        }
        kind => format!("{kind:?}"),
    }
}

fn installed(timeline: &Timeline) -> (Ends, Option<String>) {
    let mut decided = 0;
    for event in &timeline.events {
        let EventKind::AttemptEnded { client, attempt: 1, code } = &event.kind else { continue };
        decided += 1;
        if *code != 0 {
            let why = format!("the first attempt on {client} ends with {}", Win32Error(*code));
            return (Ends::Fails, Some(why));
        }
    }
    let begun = timeline
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::AttemptBegan { attempt: 1, .. }))
        .count();
    match (decided, begun) {
        (0, 0) => (Ends::Open, Some("nothing is installed in this scenario".into())),
        (decided, begun) if decided < begun => {
            (Ends::Open, Some("a first attempt is not decided when the run ends".into()))
        }
        _ => (Ends::Holds, None),
    }
}
