//! Conditions and patterns over hand-made runs.

use mockdc_mocks::{Counter, Name, StateKey, Value, VerbKind};
use mockdc_scenarios::{Comparison, Condition, Pattern};

use super::story::{Story, account_key, span, time};
use super::*;

fn live(conditions: &[&Condition], story: &Story) -> Live {
    let mut live = Live::for_conditions(conditions.iter().copied());
    story.events.iter().for_each(|event| live.apply(event));
    live
}

fn state(at: &str, key: StateKey, is: Comparison) -> Condition {
    Condition::State { at: at.into(), key, is }
}

fn created(account: &str) -> Pattern {
    Pattern::AccountCreated { account: Some(account.into()), at: None }
}

#[test]
fn an_account_is_visible_only_where_it_has_arrived() {
    let mut story = Story::default();
    story.user("PDC1", "SMS&_BDC1");
    let here = state("pdc1", account_key("sms&_bdc1"), Comparison::Present);
    let there = state("BDC1", account_key("SMS&_BDC1"), Comparison::Present);
    let run = live(&[&here, &there], &story);
    assert!(holds(&here, &run, None));
    assert!(!holds(&there, &run, None));
    assert!(holds(&Condition::Not(Box::new(there.clone())), &run, None));
    assert!(holds(&Condition::Any(vec![there.clone(), here.clone()]), &run, None));
    assert!(!holds(&Condition::All(vec![here, there]), &run, None));
}

#[test]
fn hosts_reach_each_other_and_counters_stand_at_zero_until_told_otherwise() {
    let reach = state("BDC1", StateKey::Reaches { to: "PDC1".into() }, Comparison::Equal(Value::Is(true)));
    let zero = state(
        "BDC1",
        StateKey::Counter { counter: Counter::DeltasReceived },
        Comparison::Equal(Value::Number(0)),
    );
    let mut story = Story::default();
    let run = live(&[&reach, &zero], &story);
    assert!(holds(&reach, &run, None) && holds(&zero, &run, None));
    story.state("BDC1", StateKey::Reaches { to: "PDC1".into() }, Some(Value::Is(false)));
    story.state("BDC1", StateKey::Counter { counter: Counter::DeltasReceived }, Some(Value::Number(3)));
    let run = live(&[&reach, &zero], &story);
    assert!(!holds(&reach, &run, None) && !holds(&zero, &run, None));
}

#[test]
fn every_comparison_tells_a_value_from_its_neighbours() {
    let seven = Value::Number(7);
    let kept = |name: &str| (name == "n").then(|| "7".to_owned());
    let yes = |is: Comparison| compares(&is, Some(&seven), kept);
    assert!(yes(Comparison::Present) && !yes(Comparison::Absent));
    assert!(yes(Comparison::Equal(Value::Number(7))) && !yes(Comparison::Equal(Value::Number(8))));
    assert!(yes(Comparison::Equal(Value::Text("${n}".into()))));
    assert!(yes(Comparison::Unequal(Value::Number(8))) && !yes(Comparison::Unequal(Value::Number(7))));
    assert!(yes(Comparison::AtLeast(Value::Number(7))) && !yes(Comparison::AtLeast(Value::Number(8))));
    assert!(yes(Comparison::AtMost(Value::Number(7))) && !yes(Comparison::AtMost(Value::Number(6))));
    assert!(yes(Comparison::Contains("7".into())) && !yes(Comparison::Contains("8".into())));
    for is in
        [Comparison::Present, Comparison::Unequal(Value::Number(1)), Comparison::AtMost(Value::Number(1))]
    {
        assert!(!compares(&is, None, kept), "{is:?} does not hold of what is not there");
    }
    assert!(compares(&Comparison::Absent, None, kept));
    let text = Value::Text("Install Pending".into());
    assert!(compares(&Comparison::Equal(Value::Text("install pending".into())), Some(&text), kept));
    assert!(compares(&Comparison::Contains("PEND".into()), Some(&text), kept));
    assert!(compares(&Comparison::AtLeast(Value::Time(time("1m"))), Some(&Value::Time(time("2m"))), kept));
    assert!(!compares(&Comparison::AtLeast(Value::Time(time("3m"))), Some(&Value::Time(time("2m"))), kept));
}

#[test]
fn a_step_of_a_script_has_a_result_once_it_has_run() {
    let asked =
        Condition::Result { script: None, step: "add".into(), is: Comparison::Equal(Value::Number(2224)) };
    let mut story = Story::default();
    let me = Name::from("mine");
    assert!(!holds(&asked, &live(&[&asked], &story), Some(&me)));
    let ran = |code| EventKind::ScriptStep { script: "mine".into(), step: "add".into(), code };
    story.event("SMS1", ran(5));
    assert!(!holds(&asked, &live(&[&asked], &story), Some(&me)));
    story.event("SMS1", ran(2224));
    assert!(holds(&asked, &live(&[&asked], &story), Some(&me)));
    assert!(!holds(&asked, &live(&[&asked], &story), Some(&Name::from("other"))));
}

#[test]
fn a_kept_value_stands_in_the_names_of_a_condition() {
    let asked = state("BDC1", account_key("${who}"), Comparison::Present);
    let made = Condition::Happened { event: created("${who}"), count: Comparison::AtLeast(Value::Number(1)) };
    let me = Name::from("mine");
    let keep = |value: &str| EventKind::ScriptKept {
        script: "mine".into(),
        name: "who".into(),
        value: value.to_owned(),
    };
    let mut story = Story::default();
    story.call("SMS1", None, "PDC1", VerbKind::UserAdd, "ONE", 0).user("BDC1", "ONE");
    story.event("SMS1", keep("TWO"));
    let run = live(&[&asked, &made], &story);
    assert!(!holds(&asked, &run, Some(&me)) && !holds(&made, &run, Some(&me)));
    story.event("SMS1", keep("ONE"));
    let run = live(&[&asked, &made], &story);
    assert!(holds(&asked, &run, Some(&me)) && holds(&made, &run, Some(&me)));
    let is_one = Condition::Kept {
        script: None,
        name: "who".into(),
        is: Comparison::Equal(Value::Text("one".into())),
    };
    assert!(holds(&is_one, &run, Some(&me)));
    assert!(!holds(&is_one, &run, None));
}

#[test]
fn events_are_counted_and_age() {
    let twice = Condition::Happened { event: created("A"), count: Comparison::Equal(Value::Number(2)) };
    let never = Condition::Happened { event: created("A"), count: Comparison::Equal(Value::Number(0)) };
    let old = Condition::Age { of: created("A"), at_least: span("10m") };
    let all = [&twice, &never, &old];
    let mut story = Story::default();
    let run = live(&all, &story);
    assert!(holds(&never, &run, None) && !holds(&twice, &run, None) && !holds(&old, &run, None));
    story.at("1m").call("SMS1", None, "PDC1", VerbKind::UserAdd, "A", 2224);
    story.at("2m").call("SMS1", None, "PDC1", VerbKind::UserAdd, "A", 0);
    story.at("3m").call("SMS1", None, "PDC1", VerbKind::UserAdd, "A", 0);
    let mut run = live(&all, &story);
    assert!(holds(&twice, &run, None) && !holds(&never, &run, None));
    assert_eq!(next_look(&old, &run, None), Some(time("13m")));
    run.advance(time("12m59s"));
    assert!(!holds(&old, &run, None));
    run.advance(time("13m"));
    assert!(holds(&old, &run, None));
    assert_eq!(next_look(&old, &run, None), None);
}

#[test]
fn the_clock_is_a_condition() {
    let late = Condition::Clock { from: time("5m") };
    let mut run = Live::for_conditions([&late]);
    assert!(!holds(&late, &run, None));
    assert_eq!(next_look(&late, &run, None), Some(time("5m")));
    run.advance(time("5m"));
    assert!(holds(&late, &run, None));
}

#[test]
fn a_line_is_matched_whole_or_by_a_part() {
    let line = "ERROR: Could not create global group on PDC (1326)~";
    assert!(line_matches(line, line));
    assert!(line_matches("ERROR: Could not create global group on PDC (1326)", line));
    assert!(line_matches("*global group*", line));
    assert!(line_matches("ERROR: *", line));
    assert!(line_matches("*(1326)", line));
    assert!(!line_matches("global group", line));
    assert!(!line_matches("*global group", line));
    assert!(!line_matches("global group*", line));
    assert!(!line_matches("*(1327)*", line));
    assert!(line_matches("** Service Thread is ending **", "** Service Thread is ending **"));
}

#[test]
fn a_loader_that_is_killed_has_stopped_once() {
    let stopped = Pattern::LoaderStopped { host: Some("BDC1".into()) };
    let count = Condition::Happened { event: stopped.clone(), count: Comparison::Equal(Value::Number(1)) };
    let mut story = Story::default();
    story.starts(1, Role::BootLoader, "BDC1", Some("SMS#_BDC1"), Some(4), "BDC1");
    story.process_ends("BDC1", 4, "CCMBtLdr.exe", None);
    assert!(holds(&count, &live(&[&count], &story), None));
    story.ends(1, Role::BootLoader, "BDC1", 0);
    assert!(holds(&count, &live(&[&count], &story), None));
}

#[test]
fn the_end_of_a_script_is_known_by_its_actor() {
    let ended = |script: &str| Condition::Happened {
        event: Pattern::ScriptEnded { script: Some(script.into()), code: Some(0) },
        count: Comparison::Equal(Value::Number(1)),
    };
    let (mine, other) = (ended("mine"), ended("other"));
    let mut story = Story::default();
    story.starts(3, Role::Script, "SMS1", None, None, "mine").ends(3, Role::Script, "SMS1", 0);
    let run = live(&[&mine, &other], &story);
    assert!(holds(&mine, &run, None) && !holds(&other, &run, None));
}

#[test]
fn visibility_is_told_alike_before_and_after_the_view_has_taken_the_event_in() {
    let visible = Pattern::Visible { account: Some("A".into()), at: Some("BDC1".into()) };
    let gone = Pattern::Gone { account: Some("A".into()), at: Some("BDC1".into()) };
    let mut story = Story::default();
    story.user("BDC1", "A").user("BDC1", "A").gone("BDC1", "A").gone("BDC1", "A");
    let mut view = StateView::new();
    let mut told = Vec::new();
    for event in &story.events {
        let before = (matches(&visible, event, Some(&view)), matches(&gone, event, Some(&view)));
        view.apply(event);
        assert_eq!(before, (matches(&visible, event, Some(&view)), matches(&gone, event, Some(&view))));
        told.push(before);
    }
    assert_eq!(told, [(true, false), (false, false), (false, true), (false, false)]);
}
