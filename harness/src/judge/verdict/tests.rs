//! Verdicts over hand-made runs.

use mockdc_mocks::{FaultKind, FaultSpec, Span, VerbKind};
use mockdc_scenarios::{Claim, Expectation, Occurrences, Pattern, Plan, PromiseId, Rule, Timing};

use super::*;
use crate::timeline::story::{Story, plan, time, timeline};
use crate::timeline::{Role, WaitEnd, WaitFor};

/// A run in which nothing is wrong: A is created at the PDC.
fn sound(reason: EndReason) -> Story {
    let mut story = Story::default();
    story.call("SMS1", None, "PDC1", VerbKind::UserAdd, "A", 0);
    story.at("1h").event("PDC1", EventKind::End { reason });
    story
}

fn kinds(plan: Plan, story: &Story) -> (Verdict, Vec<ReasonKind>) {
    let judgement = judge(&timeline(plan, story));
    let kinds = judgement.reasons.iter().map(|reason| reason.kind).collect();
    assert!(judgement.reasons.iter().all(|reason| !reason.text.is_empty()));
    (judgement.verdict, kinds)
}

fn created(account: &str, count: Occurrences, timing: Vec<Timing>) -> Claim {
    let event = Pattern::AccountCreated { account: Some(account.into()), at: None };
    Claim::Event { event, count, timing }
}

fn expecting(claim: Claim) -> Plan {
    let because = Some("the article says so".to_owned());
    Plan { expects: vec![Expectation { line: 12, because, claim }], ..plan() }
}

#[test]
fn a_run_without_fault_passes() {
    let plan = expecting(created("A", Occurrences::Some, Vec::new()));
    assert_eq!(kinds(plan, &sound(EndReason::Until)), (Verdict::Pass, vec![]));
}

#[test]
fn an_expectation_that_is_not_met_fails_with_its_line() {
    let plan = expecting(created("B", Occurrences::Some, Vec::new()));
    let judgement = judge(&timeline(plan, &sound(EndReason::Until)));
    assert_eq!(judgement.verdict, Verdict::Fail);
    let reason = &judgement.reasons[0];
    assert_eq!((reason.kind, reason.line), (ReasonKind::Expectation, Some(12)));
    assert_eq!(reason.because.as_deref(), Some("the article says so"));
}

#[test]
fn what_cannot_be_told_is_not_green() {
    let later = vec![Timing::At(time("2h"))];
    let telling = expecting(created("B", Occurrences::Some, later));
    assert_eq!(kinds(telling, &sound(EndReason::Until)), (Verdict::Inconclusive, vec![ReasonKind::Untold]));
    let mut broken_off = sound(EndReason::Until);
    broken_off.events.pop();
    assert_eq!(kinds(plan(), &broken_off), (Verdict::Inconclusive, vec![ReasonKind::BrokenOff]));
}

#[test]
fn a_run_that_hangs_or_runs_away_fails() {
    assert_eq!(kinds(plan(), &sound(EndReason::Hang)), (Verdict::Fail, vec![ReasonKind::Hang]));
    assert_eq!(kinds(plan(), &sound(EndReason::Runaway)), (Verdict::Fail, vec![ReasonKind::Runaway]));
    assert_eq!(kinds(plan(), &sound(EndReason::Quiet)), (Verdict::Pass, vec![]));
    assert_eq!(kinds(plan(), &sound(EndReason::Decided)), (Verdict::Pass, vec![]));
}

/// The wait for an account times out: a promise is broken.
fn times_out(how: WaitEnd) -> Story {
    let what = WaitFor::Account { account: "SMS&_BDC1".into(), at: "BDC1".into() };
    let mut story = Story::default();
    story.starts(1, Role::Bootstrap, "BDC1", None, None, "BDC1");
    story.event("BDC1", EventKind::WaitBegan { what: what.clone(), limit: Some(Span::hours(1)) });
    story.at("1h").event("BDC1", EventKind::WaitEnded { what, how, lasted: Span::hours(1) });
    story.at("2h").event("PDC1", EventKind::End { reason: EndReason::Until });
    story
}

fn violating(broken: Broken) -> Plan {
    Plan { violates: vec![Violation { line: 30, broken, because: None }], ..plan() }
}

#[test]
fn promises_are_broken_as_listed_and_no_others() {
    let listed = || violating(Broken::Promise(PromiseId::WaitEndsWithinItsMaximum));
    assert_eq!(
        kinds(plan(), &times_out(WaitEnd::TimedOut)),
        (Verdict::Fail, vec![ReasonKind::UnlistedPromise])
    );
    assert_eq!(kinds(listed(), &times_out(WaitEnd::TimedOut)), (Verdict::Pass, vec![]));
    assert_eq!(kinds(listed(), &times_out(WaitEnd::Met)), (Verdict::Fail, vec![ReasonKind::ListedButKept]));
    assert_eq!(kinds(listed(), &sound(EndReason::Until)), (Verdict::Fail, vec![ReasonKind::ListedButKept]));
}

#[test]
fn own_rules_are_checked_like_promises() {
    let ruled = |account, plan: Plan| {
        let claim = created(account, Occurrences::Never, Vec::new());
        Plan { rules: vec![Rule { name: "nobody-creates".into(), line: 40, claim }], ..plan }
    };
    let listed = || violating(Broken::Rule("nobody-creates".into()));
    let story = sound(EndReason::Until);
    assert_eq!(kinds(ruled("B", plan()), &story), (Verdict::Pass, vec![]));
    assert_eq!(kinds(ruled("A", plan()), &story), (Verdict::Fail, vec![ReasonKind::UnlistedRule]));
    assert_eq!(kinds(ruled("A", listed()), &story), (Verdict::Pass, vec![]));
    assert_eq!(kinds(ruled("B", listed()), &story), (Verdict::Fail, vec![ReasonKind::ListedButKept]));
}

#[test]
fn a_fault_touches_something_or_is_declared_not_to() {
    let faulty = |touches_nothing| {
        let mut plan = plan();
        plan.world.faults.push(FaultSpec {
            name: "pause".into(),
            kind: FaultKind::Pause { at: "BDC1".into() },
            from: Span::ZERO,
            until: None,
            count: Default::default(),
            touches_nothing,
        });
        plan
    };
    let untouched = sound(EndReason::Until);
    let mut touched = Story::default();
    let touch = Fact::FaultTouched { fault: "pause".into(), touched: "a call of SMS1".into() };
    touched.fact("BDC1", touch).event("PDC1", EventKind::End { reason: EndReason::Until });
    assert_eq!(kinds(faulty(false), &touched), (Verdict::Pass, vec![]));
    assert_eq!(kinds(faulty(false), &untouched), (Verdict::Fail, vec![ReasonKind::InertFault]));
    assert_eq!(kinds(faulty(true), &untouched), (Verdict::Pass, vec![]));
    assert_eq!(kinds(faulty(true), &touched), (Verdict::Fail, vec![ReasonKind::TouchingFault]));
}

#[test]
fn a_broken_law_is_a_bug_of_mockdc() {
    let mut story = sound(EndReason::Until);
    story.events[0].at = time("3h");
    let judgement = judge(&timeline(plan(), &story));
    assert!(judgement.shows_a_bug());
    assert_eq!((judgement.verdict, judgement.reasons[0].kind), (Verdict::Fail, ReasonKind::Law));
    assert!(!judge(&timeline(plan(), &sound(EndReason::Until))).shows_a_bug());
}

#[test]
fn no_install_in_any_model_of_replication_breaks_a_law() {
    use mockdc_mocks::{DelaySpec, Distribution, Replication};
    use mockdc_scenarios::{Action, InstallMethod, Step, Trigger};
    let all = Distribution::Constant(Span::mins(5));
    let models = [
        Replication::Delay(DelaySpec { all, ..Default::default() }),
        Replication::Nt4(Default::default()),
        Replication::Ad(Default::default()),
    ];
    for model in models {
        let mut plan = Plan { until: Some(time("12h")), ..plan() };
        plan.world.domain.replication = model;
        plan.world
            .machines
            .push(mockdc_mocks::MachineSpec::new("SMS1", mockdc_mocks::MachineKind::MemberServer));
        let administrator = mockdc_mocks::Credentials {
            authority: Default::default(),
            user: "Administrator".into(),
            password: plan.world.domain.administrator_password.clone(),
        };
        plan.site_servers[0].service_account = administrator;
        let install = Action::Install {
            client: "BDC1".into(),
            by: Some("SMS1".into()),
            method: InstallMethod::Remote,
            user: None,
        };
        plan.steps.push(Step {
            id: "install".into(),
            line: 1,
            trigger: Trigger::At(time("0s")),
            action: install,
        });
        let run = crate::orchestrator::run(&std::sync::Arc::new(plan), 7).unwrap();
        let judgement = judge(&run);
        assert!(!judgement.shows_a_bug(), "{:?}: {:?}", run.plan().world.domain.replication, judgement.laws);
        let attempts = run.events.iter().filter(|event| matches!(event.kind, EventKind::AttemptEnded { .. }));
        assert!(attempts.count() > 0, "an attempt is decided");
    }
}

#[test]
fn a_step_that_is_refused_fails_unless_it_requires_that() {
    use mockdc_mocks::{Operation, Verb};
    use mockdc_scenarios::{Action, Step, Trigger};
    let planned = |require| {
        let operation = Operation::new("PDC1", Verb::UserDelete { user: "A".into() });
        let action = Action::Do { operation, user: None, require };
        let trigger = Trigger::At(mockdc_mocks::SimTime::START);
        Plan { steps: vec![Step { id: "clean-up".into(), line: 9, trigger, action }], ..plan() }
    };
    let ran = |code| {
        let mut story = Story::default();
        story.call("SMS1", None, "PDC1", VerbKind::UserAdd, "A", 0);
        story.at("1h").event("PDC1", EventKind::Step { id: "clean-up".into(), code });
        story.event("PDC1", EventKind::End { reason: EndReason::Until });
        story
    };
    assert_eq!(kinds(planned(None), &ran(0)), (Verdict::Pass, vec![]));
    assert_eq!(kinds(planned(None), &ran(2221)), (Verdict::Fail, vec![ReasonKind::RefusedStep]));
    // The orchestrator turns a required code into success, and anything else into a failure.
    assert_eq!(kinds(planned(Some(2221)), &ran(0)), (Verdict::Pass, vec![]));
    assert_eq!(kinds(planned(Some(2221)), &ran(1003)), (Verdict::Fail, vec![ReasonKind::RefusedStep]));
}

#[test]
fn a_program_that_fails_unnoticed_fails_the_run() {
    let ended = |ended| {
        let mut story = Story::default();
        story.starts(1, Role::Program, "SMS1", None, None, "program");
        story.at("1m").event("SMS1", EventKind::ProgramEnded { ended });
        story.at("1h").by(None).event("PDC1", EventKind::End { reason: EndReason::Stopped });
        story
    };
    assert_eq!(kinds(plan(), &ended(ProgramEnding::Code(0))), (Verdict::Pass, vec![]));
    let failed = (Verdict::Fail, vec![ReasonKind::FailedProgram]);
    assert_eq!(kinds(plan(), &ended(ProgramEnding::Code(3))), failed);
    assert_eq!(kinds(plan(), &ended(ProgramEnding::TimedOut)), failed);
    let expected = || expecting(Claim::Program { ended: ProgramEnding::Code(3) });
    assert_eq!(kinds(expected(), &ended(ProgramEnding::Code(3))), (Verdict::Pass, vec![]));
    let not_met = (Verdict::Fail, vec![ReasonKind::Expectation]);
    assert_eq!(kinds(expected(), &ended(ProgramEnding::Code(0))), not_met);
    let not_run = (Verdict::Inconclusive, vec![ReasonKind::Untold]);
    assert_eq!(kinds(expected(), &sound(EndReason::Until)), not_run);
}
