//! The verdict: everything that speaks for and against a run, put together.

use std::fmt;

use mockdc_mocks::{Fact, HostName, Name, ServiceName, Win32Error};
use mockdc_scenarios::{Action, Broken, Claim, Pattern, ProgramEnding, Violation};
use serde::Serialize;

use super::claims::{ClaimResult, Judged, judge_claims};
use super::outline::Outline;
use super::{Finding, LawFinding, Start, check_laws, check_promises};
use crate::report::describe;
use crate::timeline::{Class, Classes, EndReason, Event, EventKind, Timeline};

/// What is to be said of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything held that could be said.
    Pass,
    /// Something could not be said, and nothing failed. Not green.
    Inconclusive,
    /// Something did not hold.
    Fail,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Pass => "pass",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Fail => "fail",
        })
    }
}

/// A run, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not a pass: laws first, then the run's end, expectations in their order, promises, rules, faults.
    pub reasons: Vec<Reason>,
    /// What the run says of the laws. A broken one is a bug of mockdc, whatever else the verdict says.
    pub laws: Vec<LawFinding>,
    /// Every promise, in the order of the list.
    pub promises: Vec<Finding>,
    /// The scenario's own rules, in its order.
    pub rules: Vec<RuleResult>,
    /// The scenario's expectations, in its order.
    pub expectations: Vec<ExpectationResult>,
}

impl Judgement {
    /// Whether the run shows a bug of mockdc (exit code 8).
    pub fn shows_a_bug(&self) -> bool {
        self.laws.iter().any(|finding| !finding.breaches.is_empty())
    }
}

/// A reason for a verdict that is no pass.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reason {
    /// Of which kind.
    pub kind: ReasonKind,
    /// The line of the scenario that it speaks of, from 1.
    pub line: Option<u32>,
    /// What is wrong, as a sentence.
    pub text: String,
    /// Why the author expected otherwise, in the author's words.
    pub because: Option<String>,
    /// The events that show it, in order.
    pub evidence: Vec<u64>,
}

/// Kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonKind {
    /// A law is broken: a bug of mockdc.
    Law,
    /// No timer was armed, and an actor was still waiting.
    Hang,
    /// The run went round in a circle.
    Runaway,
    /// The record breaks off before the run's end.
    BrokenOff,
    /// An expectation is not met.
    Expectation,
    /// Of an expectation the run cannot tell.
    Untold,
    /// A promise is broken that the scenario does not list.
    UnlistedPromise,
    /// A rule is broken that the scenario does not list.
    UnlistedRule,
    /// A promise or rule that the scenario lists as broken is kept.
    ListedButKept,
    /// An operation of a step was refused, and the step does not require that.
    RefusedStep,
    /// The user's own program failed, and no expectation speaks of its end.
    FailedProgram,
    /// A fault touched nothing.
    InertFault,
    /// A fault that should touch nothing touched something.
    TouchingFault,
}

impl ReasonKind {
    /// What this reason makes of the verdict.
    pub fn verdict(self) -> Verdict {
        match self {
            ReasonKind::Untold | ReasonKind::BrokenOff => Verdict::Inconclusive,
            _ => Verdict::Fail,
        }
    }
}

/// A rule of the scenario, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RuleResult {
    /// Its name.
    pub rule: Name,
    /// The line of the scenario.
    pub line: u32,
    /// What became of it.
    pub result: ClaimResult,
}

/// An expectation, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExpectationResult {
    /// The line of the scenario.
    pub line: u32,
    /// What became of it.
    pub result: ClaimResult,
}

/// Judges a run by its record alone.
pub fn judge(run: &Timeline) -> Judgement {
    judge_from(run, None)
}

/// The same, of a run whose first events are known.
pub(crate) fn judge_from(run: &Timeline, start: Option<&Start>) -> Judgement {
    let plan = run.plan();
    let outline = Outline::from_start(run, start);
    // A record that breaks off says nothing of sums and limits.
    let laws = if run.end_reason().is_some() { check_laws(&outline) } else { Vec::new() };
    let promises = check_promises(&outline);
    let claims =
        plan.expects.iter().map(|expect| &expect.claim).chain(plan.rules.iter().map(|rule| &rule.claim));
    let mut results = judge_claims(&outline, claims).into_iter();
    let expectations: Vec<ExpectationResult> = plan
        .expects
        .iter()
        .zip(results.by_ref())
        .map(|(expect, result)| ExpectationResult { line: expect.line, result })
        .collect();
    let rules: Vec<RuleResult> = plan
        .rules
        .iter()
        .zip(results)
        .map(|(rule, result)| RuleResult { rule: rule.name.clone(), line: rule.line, result })
        .collect();

    let mut reasons = Vec::new();
    for finding in &laws {
        for breach in &finding.breaches {
            let text = format!("law {}: {}", finding.law, breach.text);
            reasons.push(reason(ReasonKind::Law, None, text, breach.evidence.clone()));
        }
    }
    reasons.extend(end_reason(run));
    for (expect, judged) in plan.expects.iter().zip(&expectations) {
        let kind = match judged.result.judged {
            Judged::Holds => continue,
            Judged::Fails => ReasonKind::Expectation,
            Judged::Untold => ReasonKind::Untold,
        };
        let (text, evidence) = (judged.result.text.clone(), judged.result.evidence.clone());
        reasons.push(Reason {
            because: expect.because.clone(),
            ..reason(kind, Some(expect.line), text, evidence)
        });
    }
    for finding in promises.iter().filter(|finding| finding.is_broken()) {
        if listed(&plan.violates, &Broken::Promise(finding.promise)).is_none() {
            let text = format!("promise {} is broken: {}", finding.promise, breaches_in_short(finding));
            let evidence = finding.breaches[0].evidence.clone();
            reasons.push(reason(ReasonKind::UnlistedPromise, None, text, evidence));
        }
    }
    for judged in &rules {
        let kind = match judged.result.judged {
            Judged::Holds => continue,
            Judged::Untold => ReasonKind::Untold,
            Judged::Fails if listed(&plan.violates, &Broken::Rule(judged.rule.clone())).is_some() => continue,
            Judged::Fails => ReasonKind::UnlistedRule,
        };
        let text = format!("rule {}: {}", judged.rule, judged.result.text);
        reasons.push(reason(kind, Some(judged.line), text, judged.result.evidence.clone()));
    }
    reasons
        .extend(plan.violates.iter().filter_map(|violation| listed_but_kept(violation, &promises, &rules)));
    reasons.extend(refused_steps(&outline));
    reasons.extend(failed_program(run));
    reasons.extend(faults(run));

    let verdict = reasons.iter().map(|reason| reason.kind.verdict()).max().unwrap_or(Verdict::Pass);
    Judgement { verdict, reasons, laws, promises, rules, expectations }
}

fn reason(kind: ReasonKind, line: Option<u32>, text: String, evidence: Vec<u64>) -> Reason {
    Reason { kind, line, text, because: None, evidence }
}

fn listed<'a>(violates: &'a [Violation], broken: &Broken) -> Option<&'a Violation> {
    violates.iter().find(|violation| violation.broken == *broken)
}

fn breaches_in_short(finding: &Finding) -> String {
    match finding.breaches.as_slice() {
        [] => String::new(),
        [one] => one.text.clone(),
        [first, more @ ..] => format!("{}, and {} more", first.text, more.len()),
    }
}

fn end_reason(run: &Timeline) -> Option<Reason> {
    let (kind, text) = match run.end_reason() {
        Some(EndReason::Hang) => {
            (ReasonKind::Hang, "the run hangs: an actor waits, and nothing can happen any more")
        }
        Some(EndReason::Runaway) => {
            (ReasonKind::Runaway, "the run goes round in a circle: it has too many events")
        }
        Some(EndReason::Until | EndReason::Decided | EndReason::Quiet | EndReason::Stopped) => return None,
        None => (ReasonKind::BrokenOff, "the record breaks off before the end of the run"),
    };
    Some(reason(kind, None, text.to_owned(), run.events.last().map(|event| event.seq).into_iter().collect()))
}

fn listed_but_kept(violation: &Violation, promises: &[Finding], rules: &[RuleResult]) -> Option<Reason> {
    let text = match &violation.broken {
        Broken::Promise(id) => {
            let finding = promises.iter().find(|finding| finding.promise == *id)?;
            match finding.occasions {
                _ if finding.is_broken() => return None,
                0 => format!("promise {id} is listed as broken, and nothing in the run puts it to the test"),
                n => format!("promise {id} is listed as broken, and is kept on all {n} occasions"),
            }
        }
        Broken::Rule(name) => match rules.iter().find(|rule| rule.rule == *name) {
            Some(rule) if rule.result.judged != Judged::Holds => return None,
            Some(_) => format!("rule {name} is listed as broken, and holds"),
            None => format!("rule {name} is listed as broken, and the scenario has no such rule"),
        },
    };
    let because = violation.because.clone();
    Some(Reason { because, ..reason(ReasonKind::ListedButKept, Some(violation.line), text, Vec::new()) })
}

/// What a step does must succeed, or be refused as the step requires: an operator whose command failed unnoticed would
/// make the rest of a scenario mean something else. A restart that the service itself cannot follow is the service's
/// failure, which the scenario may be about.
fn refused_steps(outline: &Outline<'_>) -> Vec<Reason> {
    let run = outline.run;
    let mut reasons = Vec::new();
    outline.register.steps.each(|event| {
        let EventKind::Step { id, code } = &event.kind else { return };
        if *code == 0 {
            return;
        }
        let Some(step) = run.plan().steps.iter().find(|step| step.id == *id) else { return };
        let refused = Win32Error(*code);
        let text = match &step.action {
            Action::Do { operation, require: Some(required), .. } => {
                let verb = operation.verb.kind();
                format!("step {id} requires {required} of {verb}, which answered otherwise")
            }
            Action::Do { operation, require: None, .. } => {
                format!("step {id}: {} at {} was refused with {refused}", operation.verb.kind(), operation.at)
            }
            Action::RestartService { host, service } if could_not_start(run, event, host, service) => return,
            _ => format!("step {id} ended with {refused}"),
        };
        // The call itself stands just before the step's own event.
        let evidence = vec![event.seq.saturating_sub(1), event.seq];
        reasons.push(reason(ReasonKind::RefusedStep, Some(step.line), text, evidence));
    });
    reasons
}

/// A program that fails unnoticed would make the rest of a scenario mean something else.
fn failed_program(run: &Timeline) -> Option<Reason> {
    fn speaks_of_it(claim: &Claim) -> bool {
        match claim {
            Claim::Program { .. } | Claim::Event { event: Pattern::ProgramEnded { .. }, .. } => true,
            Claim::OfMany { claims, .. } => claims.iter().any(speaks_of_it),
            _ => false,
        }
    }
    let plan = run.plan();
    if plan
        .expects
        .iter()
        .map(|expect| &expect.claim)
        .chain(plan.rules.iter().map(|rule| &rule.claim))
        .any(speaks_of_it)
    {
        return None;
    }
    let mut ends = run.events.chosen(0, Classes::these(&[Class::Program]));
    let (seq, text) = ends.find_map(|event| match event.kind {
        EventKind::ProgramEnded { ended: ProgramEnding::Code(0) } => None,
        EventKind::ProgramEnded { .. } => Some((event.seq, describe(&event))),
        _ => None,
    })?;
    let line = plan.program.as_ref().map(|program| program.line);
    Some(reason(ReasonKind::FailedProgram, line, text, vec![seq]))
}

fn could_not_start(run: &Timeline, step: &Event, host: &HostName, service: &ServiceName) -> bool {
    let before = run.events.before(step.seq).rev();
    before.take_while(|event| event.at == step.at).any(|event| {
        event.host == *host
            && matches!(&event.kind, EventKind::Fact(Fact::ServiceFailed { service: failed, .. }) if failed == service)
    })
}

fn faults(run: &Timeline) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for spec in &run.plan().world.faults {
        let mut events = run.events.chosen(0, Classes::these(&[Class::Disturbance]));
        let touch = events.find_map(|event| match &event.kind {
            EventKind::Fact(Fact::FaultTouched { fault, touched }) if *fault == spec.name => {
                Some((event.seq, touched.clone()))
            }
            _ => None,
        });
        match (touch, spec.touches_nothing) {
            (None, false) => {
                let text = format!("fault {} touched nothing: it tests nothing", spec.name);
                reasons.push(reason(ReasonKind::InertFault, None, text, Vec::new()));
            }
            (Some((seq, touched)), true) => {
                let text = format!("fault {} should touch nothing, and touched {touched}", spec.name);
                reasons.push(reason(ReasonKind::TouchingFault, None, text, vec![seq]));
            }
            _ => {}
        }
    }
    reasons
}

#[cfg(test)]
mod tests;
