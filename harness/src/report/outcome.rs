//! A run with its judgement, and the summary that is made of both.

use mockdc_scenarios::{Broken, Plan};
use serde::Serialize;

use super::cast::Cast;
use super::summary::{Break, Evidence, LawSummary, Measures, PromiseSummary, Reason, RunResult, Summary};
use crate::backend::Backend;
use crate::judge::{Judged, Judgement, Verdict};
use crate::timeline::Timeline;

/// A run that was made and judged.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What happened.
    pub timeline: Timeline,
    /// What is to be said of it.
    pub judgement: Judgement,
    /// The command that repeats it.
    pub rerun: String,
}

impl Outcome {
    /// What came of it, in one word.
    pub fn result(&self) -> RunResult {
        match self.judgement.verdict {
            _ if self.judgement.shows_a_bug() => RunResult::Bug,
            Verdict::Pass => RunResult::Pass,
            Verdict::Inconclusive => RunResult::Inconclusive,
            Verdict::Fail => RunResult::Fail,
        }
    }

    /// What is told of it.
    pub fn summary(&self) -> Summary {
        let events = &self.timeline.events;
        let cast = Cast::of(events);
        let shown = |evidence: &[u64]| -> Vec<Evidence> {
            evidence.iter().filter_map(|seq| Evidence::of(*seq, events, &cast)).collect()
        };
        let reasons = self.judgement.reasons.iter().map(|reason| Reason {
            kind: name_of(reason.kind),
            line: reason.line,
            text: reason.text.clone(),
            because: reason.because.clone(),
            evidence: shown(&reason.evidence),
        });
        let promises = self.judgement.promises.iter().map(|finding| PromiseSummary {
            name: finding.promise.to_string(),
            occasions: finding.occasions,
            breaches: u32::try_from(finding.breaches.len()).unwrap_or(u32::MAX),
        });
        let laws = self.judgement.laws.iter();
        let laws =
            laws.map(|finding| LawSummary { name: finding.law.to_string(), occasions: finding.occasions });
        Summary {
            result: self.result(),
            reasons: reasons.collect(),
            breaks_as_stated: self.breaks_as_stated(shown),
            promises: promises.collect(),
            laws: laws.collect(),
            expectations: self.judgement.expectations.len() as u64,
            measures: Measures::of(events),
            ended: self.timeline.end_reason(),
            ..Summary::unrun(self.timeline.plan(), self.timeline.header.seed, self.rerun.clone())
        }
    }

    fn breaks_as_stated(&self, shown: impl Fn(&[u64]) -> Vec<Evidence>) -> Vec<Break> {
        let mut breaks = Vec::new();
        for violation in &self.timeline.plan().violates {
            match &violation.broken {
                Broken::Promise(promise) => {
                    let of = self.judgement.promises.iter().filter(|finding| finding.promise == *promise);
                    breaks.extend(of.flat_map(|finding| &finding.breaches).map(|breach| Break {
                        name: promise.to_string(),
                        text: breach.text.clone(),
                        evidence: shown(&breach.evidence),
                    }));
                }
                Broken::Rule(name) => {
                    let failed = self.judgement.rules.iter();
                    let failed =
                        failed.filter(|rule| rule.rule == *name && rule.result.judged == Judged::Fails);
                    breaks.extend(failed.map(|rule| Break {
                        name: name.to_string(),
                        text: rule.result.text.clone(),
                        evidence: shown(&rule.result.evidence),
                    }));
                }
            }
        }
        breaks
    }
}

impl Summary {
    /// Of a scenario that was not run, with the reason.
    pub fn skipped(plan: &Plan, seed: u64, why: impl Into<String>, rerun: String) -> Summary {
        Summary::without_a_run(plan, seed, RunResult::Skipped, "skipped", why.into(), rerun)
    }

    /// Of a scenario that was run and of which nothing can be told, with the reason.
    pub fn open(plan: &Plan, seed: u64, why: impl Into<String>, rerun: String) -> Summary {
        Summary::without_a_run(plan, seed, RunResult::Inconclusive, "too-late", why.into(), rerun)
    }

    /// Of a scenario whose backend broke down each time that it was tried, with the reason.
    pub fn broken(plan: &Plan, seed: u64, why: impl Into<String>, rerun: String) -> Summary {
        Summary::without_a_run(plan, seed, RunResult::Inconclusive, BROKEN, why.into(), rerun)
    }

    /// Whether it ended because its backend broke down.
    pub fn is_broken(&self) -> bool {
        self.reasons.iter().any(|reason| reason.kind == BROKEN)
    }

    fn without_a_run(
        plan: &Plan,
        seed: u64,
        result: RunResult,
        kind: &str,
        why: String,
        rerun: String,
    ) -> Summary {
        let reason = Reason { kind: kind.into(), line: None, text: why, because: None, evidence: Vec::new() };
        Summary { result, reasons: vec![reason], ..Summary::unrun(plan, seed, rerun) }
    }

    pub(crate) fn unrun(plan: &Plan, seed: u64, rerun: String) -> Summary {
        Summary {
            name: plan.name.clone(),
            title: plan.title.clone(),
            file: plan.file.clone(),
            seed,
            backend: Backend::Fake,
            result: RunResult::Skipped,
            reasons: Vec::new(),
            breaks_as_stated: Vec::new(),
            promises: Vec::new(),
            laws: Vec::new(),
            expectations: 0,
            measures: Measures::default(),
            ended: None,
            rerun,
            wall: None,
        }
    }
}

/// The kind of the reason that a backend broke down.
const BROKEN: &str = "environment";

/// The name of a kind in files: `unlisted-promise`.
fn name_of(kind: impl Serialize) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
