//! Each kind of claim, holding, failing and untold, over hand-made runs.

use mockdc_mocks::{Fact, Name, Span, StateKey, Stream, SyncKind, SyncReason, VerbKind, Version};
use mockdc_scenarios::{Comparison, Condition, LogLines, Occurrences, ScriptEnding};

use super::Judged::{Fails, Holds, Untold};
use super::*;
use crate::timeline::story::{Story, account_key, plan, span, time, timeline};
use crate::timeline::{EndReason, Role};

fn result(story: &Story, claim: Claim) -> ClaimResult {
    let run = timeline(plan(), story);
    let outline = Outline::of(&run);
    judge_claims(&outline, [&claim].into_iter()).remove(0)
}

fn judged(story: &Story, claim: Claim) -> Judged {
    let result = result(story, claim);
    assert_eq!(result.text.is_empty(), result.judged == Holds, "{result:?}");
    result.judged
}

fn end(story: &mut Story, at: &str) {
    story.at(at).by(None).event("PDC1", EventKind::End { reason: EndReason::Until });
}

/// Attempts with their codes, one an hour; `over`: the code of the whole install.
fn attempts(codes: &[Option<u32>], over: Option<u32>) -> Story {
    let mut story = Story::default();
    for (place, code) in codes.iter().enumerate() {
        let attempt = place as u32 + 1;
        story
            .at(&format!("{place}h"))
            .event("SMS1", EventKind::AttemptBegan { client: "BDC1".into(), attempt });
        if let Some(code) = *code {
            story.event("SMS1", EventKind::AttemptEnded { client: "BDC1".into(), attempt, code });
        }
    }
    if let Some(code) = over {
        let attempts = codes.len() as u32;
        story.event("SMS1", EventKind::InstallEnded { client: "BDC1".into(), attempts, code });
    }
    end(&mut story, "200h");
    story
}

#[test]
fn an_installed_client() {
    let installed =
        |story: &Story, attempt| judged(story, Claim::Installed { client: "BDC1".into(), attempt });
    let second = attempts(&[Some(1326), Some(0)], Some(0));
    assert_eq!(installed(&second, None), Holds);
    assert_eq!(installed(&second, Some(2)), Holds);
    assert_eq!(installed(&second, Some(1)), Fails);
    assert_eq!(installed(&second, Some(3)), Fails);
    assert_eq!(installed(&attempts(&[Some(1326)], None), None), Fails);
    assert_eq!(installed(&attempts(&[Some(1326)], None), Some(2)), Untold);
    assert_eq!(installed(&attempts(&[None], None), None), Untold);
    assert_eq!(installed(&attempts(&[], None), None), Untold);
}

#[test]
fn a_failed_attempt() {
    let failed = |story: &Story, attempt, code| {
        judged(story, Claim::AttemptFailed { client: "BDC1".into(), attempt, code })
    };
    let story = attempts(&[Some(1326), Some(0)], Some(0));
    assert_eq!(failed(&story, 1, Some(1326)), Holds);
    assert_eq!(failed(&story, 1, None), Holds);
    assert_eq!(failed(&story, 1, Some(1327)), Fails);
    assert_eq!(failed(&story, 2, None), Fails);
    assert_eq!(failed(&story, 3, None), Fails);
    assert_eq!(failed(&attempts(&[None], None), 1, None), Untold);
}

#[test]
fn an_install_that_failed_for_good() {
    let failed = |story: &Story, code| judged(story, Claim::InstallFailed { client: "BDC1".into(), code });
    let over = attempts(&[Some(5), Some(53)], Some(53));
    assert_eq!(failed(&over, None), Holds);
    assert_eq!(failed(&over, Some(53)), Holds);
    assert_eq!(failed(&over, Some(5)), Fails);
    assert_eq!(failed(&attempts(&[Some(0)], Some(0)), None), Fails);
    assert_eq!(failed(&attempts(&[Some(5)], None), None), Untold);
}

#[test]
fn the_end_of_a_script() {
    let claim = |ended| Claim::Script { script: "boot".into(), ended };
    let none = Story::default();
    assert_eq!(judged(&none, claim(ScriptEnding::NeverStarted)), Holds);
    assert_eq!(judged(&none, claim(ScriptEnding::Code(0))), Fails);
    let mut waits = Story::default();
    waits.starts(1, Role::Script, "WS1", None, Some(7), "boot");
    assert_eq!(judged(&waits, claim(ScriptEnding::StillWaiting)), Holds);
    assert_eq!(judged(&waits, claim(ScriptEnding::NeverStarted)), Fails);
    assert_eq!(judged(&waits, claim(ScriptEnding::Code(0))), Fails);
    let mut killed = Story::default();
    killed.starts(1, Role::Script, "WS1", None, Some(7), "boot").process_ends("WS1", 7, "boot.exe", None);
    assert_eq!(judged(&killed, claim(ScriptEnding::StillWaiting)), Fails);
    waits.ends(1, Role::Script, "WS1", 1460);
    assert_eq!(judged(&waits, claim(ScriptEnding::Code(1460))), Holds);
    assert_eq!(judged(&waits, claim(ScriptEnding::Code(0))), Fails);
    assert_eq!(judged(&waits, claim(ScriptEnding::StillWaiting)), Fails);
}

fn deleted(account: &str) -> Pattern {
    Pattern::AccountDeleted { account: Some(account.into()), at: None }
}

/// A is deleted in minutes 10, 20 and 30; B in minute 15. The run ends after an hour.
fn deletions() -> Story {
    let mut story = Story::default();
    for (at, account) in [("10m", "A"), ("15m", "B"), ("20m", "A"), ("30m", "A")] {
        story.at(at).call("SMS1", None, "PDC1", VerbKind::UserDelete, account, 0);
    }
    end(&mut story, "1h");
    story
}

fn event(account: &str, count: Occurrences, timing: Vec<Timing>) -> Claim {
    Claim::Event { event: deleted(account), count, timing }
}

#[test]
fn events_are_counted() {
    let story = deletions();
    let times = |account, count| judged(&story, event(account, count, Vec::new()));
    assert_eq!(times("A", Occurrences::Some), Holds);
    assert_eq!(times("C", Occurrences::Some), Fails);
    assert_eq!(times("C", Occurrences::Never), Holds);
    assert_eq!(times("A", Occurrences::Never), Fails);
    assert_eq!(times("A", Occurrences::Exactly(3)), Holds);
    assert_eq!(times("A", Occurrences::Exactly(2)), Fails);
    assert_eq!(times("A", Occurrences::AtLeast(3)), Holds);
    assert_eq!(times("A", Occurrences::AtLeast(4)), Fails);
    assert_eq!(times("A", Occurrences::AtMost(3)), Holds);
    assert_eq!(times("A", Occurrences::AtMost(2)), Fails);
    assert_eq!(times("A", Occurrences::Nth(3)), Holds);
    assert_eq!(times("A", Occurrences::Nth(4)), Fails);
}

#[test]
fn a_missing_event_is_told_with_the_one_that_comes_nearest() {
    let mut story = Story::default();
    story.call("BDC1", Some("SMS#_BDC1"), "PDC1", VerbKind::UserAdd, "SMS&_BDC1", 1326);
    let wanted = Pattern::Call {
        verb: Some(VerbKind::UserAdd),
        at: Some("PDC1".into()),
        from: None,
        by: None,
        subject: Some("SMS&_BDC1".into()),
        code: Some(0),
    };
    let claim = Claim::Event { event: wanted, count: Occurrences::Some, timing: Vec::new() };
    let result = result(&story, claim);
    assert_eq!((result.judged, result.evidence), (Fails, vec![0]));
    assert!(
        result.text.ends_with("and never does; nearest: event 0 at 0s, answered 1326"),
        "{}",
        result.text
    );
}

#[test]
fn events_have_their_time() {
    let story = deletions();
    let so = |account, timing| judged(&story, event(account, Occurrences::Some, vec![timing]));
    assert_eq!(so("A", Timing::At(time("10m"))), Holds);
    assert_eq!(so("A", Timing::At(time("11m"))), Fails);
    assert_eq!(so("A", Timing::From(time("10m"))), Holds);
    assert_eq!(so("A", Timing::From(time("11m"))), Fails);
    assert_eq!(so("A", Timing::Until(time("10m"))), Holds);
    assert_eq!(so("A", Timing::Until(time("9m"))), Fails);
    assert_eq!(so("C", Timing::At(time("30m"))), Fails);
    assert_eq!(so("C", Timing::At(time("2h"))), Untold, "the run is too short");
    assert_eq!(so("A", Timing::Before { event: deleted("B") }), Holds);
    assert_eq!(so("B", Timing::Before { event: deleted("A") }), Fails);
    assert_eq!(so("A", Timing::Before { event: deleted("C") }), Fails, "what never happens has no before");
    let third = |timing| judged(&story, event("A", Occurrences::Nth(3), vec![timing]));
    assert_eq!(third(Timing::At(time("30m"))), Holds);
    assert_eq!(third(Timing::At(time("10m"))), Fails);
    let never = |timing| judged(&story, event("A", Occurrences::Never, vec![timing]));
    assert_eq!(never(Timing::From(time("31m"))), Holds);
    assert_eq!(never(Timing::From(time("30m"))), Fails);
    assert_eq!(never(Timing::From(time("2h"))), Untold);
}

#[test]
fn events_follow_each_other() {
    let story = deletions();
    let after =
        |event: &str, exactly: Option<&str>, within: Option<&str>, at_least: Option<&str>| Timing::After {
            event: deleted(event),
            exactly: exactly.map(span),
            within: within.map(span),
            at_least: at_least.map(span),
        };
    let so = |timing| judged(&story, event("B", Occurrences::Some, vec![timing]));
    assert_eq!(so(after("A", None, None, None)), Holds);
    assert_eq!(so(after("A", Some("5m"), None, None)), Holds);
    assert_eq!(so(after("A", Some("6m"), None, None)), Fails);
    assert_eq!(so(after("A", None, Some("5m"), None)), Holds);
    assert_eq!(so(after("A", None, Some("4m"), None)), Fails);
    assert_eq!(so(after("A", None, None, Some("5m"))), Holds);
    assert_eq!(so(after("A", None, None, Some("6m"))), Fails);
    assert_eq!(so(after("C", None, None, None)), Fails);
    let early = judged(&story, event("A", Occurrences::Some, vec![after("B", None, None, None)]));
    assert_eq!(early, Fails, "the first one comes before");
    let open = judged(&story, event("C", Occurrences::Some, vec![after("B", Some("2h"), None, None)]));
    assert_eq!(open, Untold);
}

#[test]
fn lines_of_a_log() {
    let mut story = Story::default();
    story.line("BDC1", "Wnremote.log", "Waiting for PDC/BDC Sync (2221)~");
    story.line("BDC1", "Wnremote.log", "Waiting for PDC/BDC Sync (2221)~");
    story.line("BDC1", "Wnremote.log", "ERROR: Could not create global group on PDC (1326)~");
    story.line("BDC2", "Wnremote.log", "elsewhere");
    let log = |lines| result(&story, Claim::Log { host: "BDC1".into(), file: "Wnremote.log".into(), lines });
    let order =
        |lines: &[&str]| log(LogLines::InOrder(lines.iter().map(|line| (*line).to_owned()).collect()));
    assert_eq!(order(&["Waiting*", "*global group*"]).judged, Holds);
    let turned = order(&["*global group*", "Waiting*"]);
    assert_eq!(turned.judged, Fails);
    assert!(turned.text.contains("stands before that line"), "{}", turned.text);
    let missing = order(&["ERROR: Could not create local group on PDC (5)"]);
    assert!(
        missing.text.contains("the nearest line is \"ERROR: Could not create global group"),
        "{}",
        missing.text
    );
    assert_eq!(order(&["elsewhere"]).judged, Fails);
    let count = |line: &str, count| log(LogLines::Count { line: line.to_owned(), count }).judged;
    assert_eq!(count("Waiting*", Occurrences::Exactly(2)), Holds);
    assert_eq!(count("Waiting*", Occurrences::Exactly(3)), Fails);
    assert_eq!(count("Waiting*", Occurrences::Never), Fails);
    let none = |line: &str| log(LogLines::NoneOf(vec![line.to_owned()])).judged;
    assert_eq!(none("*1314*"), Holds);
    assert_eq!(none("*1326*"), Fails);
}

fn shows(account: &str) -> Condition {
    Condition::State { at: "BDC1".into(), key: account_key(account), is: Comparison::Present }
}

/// A is visible at BDC1 from minute 10 to minute 20; X is deleted at the PDC in minute 15. The run lasts an hour.
fn visible() -> Story {
    let mut story = Story::default();
    story.user("BDC1", "OLD").at("10m").user("BDC1", "A");
    story.at("15m").call("SMS1", None, "PDC1", VerbKind::UserDelete, "X", 0);
    story.at("20m").gone("BDC1", "A");
    end(&mut story, "1h");
    story
}

#[test]
fn a_state_at_its_moments() {
    let story = visible();
    let so = |condition, when| judged(&story, Claim::State { condition, when });
    assert_eq!(so(shows("OLD"), Moments::End), Holds);
    assert_eq!(so(shows("A"), Moments::End), Fails);
    assert_eq!(so(shows("A"), Moments::At(time("10m"))), Holds, "after what happens at it");
    assert_eq!(so(shows("A"), Moments::At(time("12m"))), Holds, "between two events");
    assert_eq!(so(shows("A"), Moments::At(time("9m"))), Fails);
    assert_eq!(so(shows("A"), Moments::At(time("20m"))), Fails);
    assert_eq!(so(shows("OLD"), Moments::At(time("2h"))), Untold);
    assert_eq!(so(shows("A"), Moments::JustBefore(deleted("X"))), Holds);
    assert_eq!(so(shows("A"), Moments::JustAfter(deleted("X"))), Holds);
    let gone = || Pattern::Gone { account: Some("A".into()), at: None };
    assert_eq!(so(shows("A"), Moments::JustBefore(gone())), Holds);
    assert_eq!(so(shows("A"), Moments::JustAfter(gone())), Fails);
    let comes = || Pattern::Visible { account: Some("A".into()), at: None };
    assert_eq!(so(shows("A"), Moments::JustBefore(comes())), Fails);
    assert_eq!(so(shows("A"), Moments::JustAfter(comes())), Holds);
    assert_eq!(so(shows("A"), Moments::JustAfter(deleted("Y"))), Untold);
}

#[test]
fn a_state_over_its_moments() {
    let story = visible();
    let so = |condition, when| judged(&story, Claim::State { condition, when });
    let throughout =
        |from: Option<&str>, to: Option<&str>| Moments::Throughout { from: from.map(time), to: to.map(time) };
    assert_eq!(so(shows("OLD"), throughout(None, None)), Holds);
    assert_eq!(so(shows("A"), throughout(None, None)), Fails);
    assert_eq!(so(shows("A"), throughout(Some("10m"), Some("19m"))), Holds);
    assert_eq!(so(shows("A"), throughout(Some("10m"), Some("20m"))), Fails);
    assert_eq!(so(shows("A"), throughout(Some("9m"), Some("9m30s"))), Fails, "no event lies in it");
    assert_eq!(so(shows("OLD"), throughout(Some("10m"), Some("2h"))), Untold);
    assert_eq!(so(shows("B"), Moments::Never), Holds);
    assert_eq!(so(shows("A"), Moments::Never), Fails);
    assert_eq!(so(shows("A"), Moments::Once), Holds);
    assert_eq!(so(shows("B"), Moments::Once), Fails);
    assert_eq!(so(shows("OLD"), Moments::NeverWhile(shows("B"))), Holds);
    assert_eq!(so(shows("OLD"), Moments::NeverWhile(shows("A"))), Fails);
}

#[test]
fn a_state_that_only_the_clock_changes_is_seen_between_events() {
    let story = visible();
    let so = |condition, when| judged(&story, Claim::State { condition, when });
    let aged = || Condition::Age { of: deleted("X"), at_least: span("2m") };
    assert_eq!(so(Condition::All(vec![aged(), shows("A")]), Moments::Once), Holds, "from minute 17 to 20");
    let older = Condition::Age { of: deleted("X"), at_least: span("5m") };
    assert_eq!(so(Condition::All(vec![older, shows("A")]), Moments::Once), Fails);
    let late = Condition::Clock { from: time("18m") };
    assert_eq!(so(shows("A"), Moments::NeverWhile(late)), Fails);
}

#[test]
fn a_failed_state_is_told_with_what_is_there() {
    let mut story = Story::default();
    let component = StateKey::Component { component: Name::from("Agent") };
    story.state("BDC1", component.clone(), Some(Value::Text("Install Pending".into())));
    let is = Comparison::Equal(Value::Text("Installed".into()));
    let condition = Condition::State { at: "BDC1".into(), key: component, is };
    let result = result(&story, Claim::State { condition, when: Moments::End });
    assert!(result.text.contains("Install Pending"), "{}", result.text);
    assert_eq!(result.evidence[0], 0);
}

#[test]
fn so_many_of_many() {
    let story = visible();
    let state = |account| Claim::State { condition: shows(account), when: Moments::End };
    let untold = || Claim::State { condition: shows("OLD"), when: Moments::At(time("2h")) };
    let of = |claims, hold| judged(&story, Claim::OfMany { claims, hold });
    let one = || vec![state("OLD"), state("A")];
    assert_eq!(of(vec![state("OLD")], Quantity::All), Holds);
    assert_eq!(of(one(), Quantity::All), Fails);
    assert_eq!(of(vec![state("A")], Quantity::None), Holds);
    assert_eq!(of(one(), Quantity::None), Fails);
    assert_eq!(of(one(), Quantity::Exactly(1)), Holds);
    assert_eq!(of(one(), Quantity::Exactly(2)), Fails);
    assert_eq!(of(one(), Quantity::AtLeast(1)), Holds);
    assert_eq!(of(one(), Quantity::AtLeast(2)), Fails);
    assert_eq!(of(one(), Quantity::AtMost(1)), Holds);
    assert_eq!(of(one(), Quantity::AtMost(0)), Fails);
    assert_eq!(of(vec![state("OLD"), untold()], Quantity::All), Untold);
    assert_eq!(of(vec![state("A"), untold()], Quantity::All), Fails);
}

#[test]
fn measures() {
    let mut story = attempts(&[Some(1326), Some(0)], Some(0));
    story.events.pop();
    story.by(None);
    for (host, deltas, bytes, busy_bytes) in
        [("BDC1", 2, 2_048, 1_024), ("BDC1", 1, 512, 0), ("PDC1", 4, 10, 10)]
    {
        story.fact(
            host,
            Fact::SyncEnded {
                from: "PDC1".into(),
                kind: SyncKind::Partial,
                reason: SyncReason::Notification,
                deltas,
                bytes,
                busy_bytes,
                took: Span::ZERO,
                error: None,
            },
        );
    }
    story.fact(
        "PDC1",
        Fact::Committed {
            version: Version(1),
            stream: Stream::Sam,
            change: mockdc_mocks::ChangeKind::UserAdd,
            subject: "A".into(),
            serial: 1,
            urgent: false,
        },
    );
    let at = || Some(HostName::from("BDC1"));
    let failing = Pattern::AttemptEnded { client: None, attempt: None, code: Some(1326) };
    let cases = [
        (Measure::Attempts { client: "BDC1".into() }, 2),
        (Measure::Attempts { client: "BDC2".into() }, 0),
        (Measure::Deltas { at: at() }, 3),
        (Measure::Deltas { at: None }, 7),
        (Measure::Bytes { at: at(), busy: false }, 2_560),
        (Measure::Bytes { at: at(), busy: true }, 1_024),
        (Measure::Bytes { at: None, busy: true }, 1_034),
        (Measure::Commits, 1),
        (Measure::Events { event: failing }, 1),
    ];
    for (measure, number) in cases {
        let is = |n| Claim::Measure { measure: measure.clone(), is: Comparison::Equal(Value::Number(n)) };
        assert_eq!(judged(&story, is(number)), Holds, "{measure:?}");
        assert_eq!(judged(&story, is(number + 1)), Fails, "{measure:?}");
    }
}
