//! Scripts against a double of the port.

use std::cell::RefCell;

use futures::future::{pending, ready};
use mockdc_mocks::{
    Answer, Authority, LogonType, MockPort, Operation, ProcessId, Reply, SimTime, Span, StateKey, Token,
    Value, VerbKind,
};
use mockdc_scenarios::{Comparison, Condition, Draw, ScriptStart, ScriptUser};

use super::*;
use crate::run::{Rehearsal, Rehearsed};
use crate::timeline::{EndReason, EventKind, WaitEnd};

type Calls = Rc<RefCell<Vec<(Caller, Operation)>>>;

fn step(id: &str, act: ScriptAct) -> ScriptStep {
    ScriptStep { id: id.into(), line: 1, act, tolerate: Some(vec![]), require: None, keep: None }
}

fn operation(id: &str, verb: VerbKind, arguments: &str) -> ScriptStep {
    let arguments = toml::from_str(arguments).unwrap();
    step(id, ScriptAct::Do { at: Some("PDC1".into()), user: None, verb, arguments })
}

fn info(id: &str) -> ScriptStep {
    operation(id, VerbKind::UserInfo, "user = 'A'")
}

fn log(text: &str) -> ScriptStep {
    step("log", ScriptAct::Log { file: "Probe.log".into(), component: "probe".into(), text: text.into() })
}

fn wait(until: Condition, polling: Option<ScriptStep>, every: Span, limit: Option<Span>) -> ScriptStep {
    step("wait", ScriptAct::Wait { until, polling: polling.map(Box::new), every, limit })
}

fn found() -> Condition {
    Condition::Result { script: None, step: "look".into(), is: Comparison::Equal(Value::Number(0)) }
}

fn script(name: &str, steps: Vec<ScriptStep>) -> Script {
    Script {
        name: name.into(),
        line: 1,
        host: Some("WS1".into()),
        user: None,
        start: ScriptStart::OnDemand,
        steps,
    }
}

fn scripts(all: Vec<Script>) -> Scripts {
    let by_name = all.into_iter().map(|script| (script.name.clone(), script)).collect();
    Scripts::new(Rc::new(by_name), "CORP".into())
}

/// A port that answers at once, and notes who called what.
fn port(mut answer: impl FnMut(&Operation) -> Answer + 'static) -> (MockPort, Calls) {
    let calls = Calls::default();
    let noted = calls.clone();
    let mut port = MockPort::new();
    port.expect_call().returning_st(move |by, operation| {
        let answer = answer(&operation);
        noted.borrow_mut().push((by.clone(), operation));
        ready(answer).boxed_local()
    });
    (port, calls)
}

fn done(_: &Operation) -> Answer {
    Ok(Reply::Done)
}

fn play_all(all: Vec<Script>, answer: impl FnMut(&Operation) -> Answer + 'static) -> (Rehearsed, Calls) {
    let (port, calls) = port(answer);
    let scripts = scripts(all);
    let start = scripts.start(&"main".into(), None).unwrap();
    let rehearsed = Rehearsal::new(port)
        .limit(Span::days(1))
        .play(start, move |ctx| scripts.play(ctx, "main".into(), None).boxed_local());
    (rehearsed, calls)
}

fn play(steps: Vec<ScriptStep>, answer: impl FnMut(&Operation) -> Answer + 'static) -> (Rehearsed, Calls) {
    play_all(vec![script("main", steps)], answer)
}

/// `step: code` and `name = value`, in order.
fn told(rehearsed: &Rehearsed) -> Vec<String> {
    let told = rehearsed.events.iter().filter_map(|event| match &event.kind {
        EventKind::ScriptStep { step, code, .. } => Some(format!("{step}: {code}")),
        EventKind::ScriptKept { name, value, .. } => Some(format!("{name} = {value}")),
        EventKind::Log { text, .. } => Some(text.clone()),
        _ => None,
    });
    told.collect()
}

fn at_millis(rehearsed: &Rehearsed, wanted: impl Fn(&EventKind) -> bool) -> Vec<i64> {
    let events = rehearsed.events.iter().filter(|event| wanted(&event.kind));
    events.map(|event| event.at.as_millis()).collect()
}

#[test]
fn what_one_step_keeps_the_next_ones_use() {
    let mut lookup = operation("name", VerbKind::LookupSid, "sid = 'S-1-5-32-544'");
    lookup.keep = Some("admins".into());
    let add = operation("add", VerbKind::LocalGroupAddMember, "group = '${admins}'\nmember = 'SMS_${host}'");
    let (rehearsed, calls) = play(vec![lookup, add], |operation| match operation.verb {
        Verb::LookupSid { .. } => Ok(Reply::Text("Administrateurs".into())),
        _ => Ok(Reply::Done),
    });
    assert_eq!(rehearsed.code, Some(0));
    assert_eq!(told(&rehearsed), ["admins = Administrateurs", "name: 0", "add: 0"]);
    assert_eq!(
        calls.borrow()[1].1,
        Operation::new(
            "PDC1",
            Verb::LocalGroupAddMember { group: "Administrateurs".into(), member: "SMS_WS1".into() }
        )
    );
}

#[test]
fn every_known_code_reaches_the_step_that_requires_it() {
    for error in mockdc_mocks::Win32Error::known() {
        let mut required = info("look");
        required.require = Some(error.code());
        required.keep = Some("code".into());
        let (rehearsed, _) = play(vec![required, log("${code}: ${text:code}")], move |_| Err(error));
        assert_eq!(rehearsed.code, Some(0), "{error}");
        assert_eq!(told(&rehearsed)[2], format!("{}: {}", error.code(), error.text()));
    }
}

#[test]
fn a_step_goes_on_with_what_it_tolerates_or_requires_and_with_nothing_else() {
    let none: Option<&[u32]> = Some(&[]);
    // tolerate, require, code of the call, code of the script
    let table = [
        (none, None, 0, 0),
        (none, None, 2224, 2224),
        (Some(&[2224]), None, 2224, 0),
        (Some(&[2224]), None, 5, 5),
        (None, None, 5, 0),
        (none, Some(1326), 1326, 0),
        (Some(&[5]), Some(1326), 5, 5),
        (None, Some(1326), 0, Win32Error::CAN_NOT_COMPLETE.code()),
    ];
    for (tolerate, require, called, ended) in table {
        let looking = ScriptStep { tolerate: tolerate.map(<[u32]>::to_vec), require, ..info("look") };
        let (rehearsed, _) = play(vec![looking], move |_| match called {
            0 => Ok(Reply::Done),
            code => Err(Win32Error(code)),
        });
        assert_eq!(rehearsed.code, Some(ended), "{tolerate:?} {require:?} {called}");
    }
}

#[test]
fn after_a_refused_step_nothing_is_done() {
    let (rehearsed, calls) = play(vec![info("look"), info("again")], |_| Err(Win32Error::ACCESS_DENIED));
    assert_eq!(rehearsed.code, Some(5));
    assert_eq!(calls.borrow().len(), 1);
}

#[test]
fn a_wait_looks_at_each_interval_until_its_condition_holds() {
    let mut looks = 0;
    let until = wait(found(), Some(info("look")), Span::secs(60), Some(Span::mins(60)));
    let (rehearsed, _) = play(vec![until], move |_| {
        looks += 1;
        if looks > 3 { Ok(Reply::Done) } else { Err(Win32Error::USER_NOT_FOUND) }
    });
    assert_eq!(rehearsed.code, Some(0));
    let steps = at_millis(&rehearsed, |kind| matches!(kind, EventKind::Call { .. }));
    assert_eq!(steps, [0, 60_000, 120_000, 180_000]);
    assert!(rehearsed.events.iter().any(|event| matches!(
        event.kind,
        EventKind::WaitEnded { how: WaitEnd::Met, lasted, .. } if lasted == Span::mins(3)
    )));
}

#[test]
fn the_deadline_of_a_wait_still_counts_and_a_millisecond_later_does_not() {
    for (true_from, code) in [(100_000, 0), (100_001, Win32Error::TIMEOUT.code())] {
        let until = Condition::Clock { from: SimTime(true_from) };
        let limited = wait(until, None, Span::secs(30), Some(Span::secs(100)));
        let (rehearsed, _) = play(vec![limited], done);
        assert_eq!(rehearsed.code, Some(code));
        let ended = at_millis(&rehearsed, |kind| matches!(kind, EventKind::WaitEnded { .. }));
        assert_eq!(ended, [100_000]);
    }
}

#[test]
fn a_wait_without_a_limit_may_still_wait_at_the_end() {
    let until = Condition::State {
        at: "BDC1".into(),
        key: StateKey::Account { account: "A".into() },
        is: Comparison::Present,
    };
    let (rehearsed, _) = play(vec![wait(until, None, Span::mins(1), None)], done);
    assert_eq!(rehearsed.code, None);
    assert_eq!(rehearsed.reason, EndReason::Until);
    assert_eq!(told(&rehearsed), [] as [&str; 0]);
}

#[test]
fn a_polling_step_that_never_answers_is_given_up_at_the_deadline() {
    let mut port = MockPort::new();
    port.expect_call().returning_st(|_, _| pending().boxed_local());
    let scripts = scripts(vec![script(
        "main",
        vec![wait(found(), Some(info("look")), Span::secs(1), Some(Span::secs(90)))],
    )]);
    let start = scripts.start(&"main".into(), None).unwrap();
    let rehearsed =
        Rehearsal::new(port).play(start, move |ctx| scripts.play(ctx, "main".into(), None).boxed_local());
    assert_eq!(rehearsed.code, Some(Win32Error::TIMEOUT.code()));
    assert_eq!(at_millis(&rehearsed, |kind| matches!(kind, EventKind::WaitEnded { .. })), [90_000]);
}

/// A look, a wait of ten minutes that looks each minute, and another look, against a port of which one call is answered
/// otherwise; `None`: never.
fn with_one_wrong(at: usize, wrong: Option<Win32Error>) -> Rehearsed {
    let mut port = MockPort::new();
    let mut calls = 0;
    port.expect_call().returning_st(move |_, _| {
        calls += 1;
        match wrong {
            Some(code) if calls == at + 1 => ready(Err(code)).boxed_local(),
            None if calls == at + 1 => pending().boxed_local(),
            _ => ready(Ok(Reply::Done)).boxed_local(),
        }
    });
    let patient = wait(found(), Some(info("look")), Span::mins(1), Some(Span::mins(10)));
    let scripts = scripts(vec![script("main", vec![info("one"), patient, info("two")])]);
    let start = scripts.start(&"main".into(), None).unwrap();
    let play = Rehearsal::new(port).limit(Span::days(1));
    play.play(start, move |ctx| scripts.play(ctx, "main".into(), None).boxed_local())
}

#[test]
fn a_script_bears_any_answer_at_any_step_and_hides_none() {
    for (at, step) in ["one", "look", "two"].into_iter().enumerate() {
        for code in Win32Error::known().chain([Win32Error(4_000_000)]) {
            let rehearsed = with_one_wrong(at, Some(code));
            assert!(told(&rehearsed).contains(&format!("{step}: {}", code.code())), "{step} {code}");
            // Who waits looks again; who does not ends with the code.
            let expected = if step == "look" { 0 } else { code.code() };
            assert_eq!(rehearsed.code, Some(expected), "{step} {code}");
            assert!(!matches!(rehearsed.reason, EndReason::Hang | EndReason::Runaway), "{step} {code}");
        }
        let never = with_one_wrong(at, None);
        let expected = if step == "look" { Some(Win32Error::TIMEOUT.code()) } else { None };
        assert_eq!(never.code, expected, "{step}");
        assert_ne!(never.reason, EndReason::Runaway, "{step}");
    }
}

#[test]
fn a_polling_step_ends_the_wait_only_with_a_code_that_it_says_it_does_not_tolerate() {
    let polling = |tolerate| {
        let look = ScriptStep { tolerate, ..info("look") };
        wait(found(), Some(look), Span::secs(1), Some(Span::secs(1)))
    };
    let denied = |_: &Operation| Err(Win32Error::ACCESS_DENIED);
    let (rehearsed, _) = play(vec![polling(Some(vec![2221]))], denied);
    assert_eq!(told(&rehearsed), ["look: 5", "wait: 5"]);
    let (rehearsed, _) = play(vec![polling(Some(vec![]))], denied);
    assert_eq!(told(&rehearsed), ["look: 5", "look: 5", "wait: 1460"]);
}

#[test]
fn a_drawn_password_reaches_the_port_and_no_event() {
    let draw = |name: &str, kind| step("draw", ScriptAct::Draw { name: name.into(), kind, length: 14 });
    let keep = step("keep", ScriptAct::Keep { name: "copy".into(), value: "${pw}".into() });
    let add = operation("add", VerbKind::UserAdd, "user = '${user}'\npassword = '${copy}'");
    let steps =
        vec![draw("pw", Draw::Password), draw("user", Draw::Name), keep, add, log("made with ${copy}")];
    let (rehearsed, calls) = play(steps, done);
    let Verb::UserAdd { user, password, .. } = calls.borrow()[0].1.verb.clone() else { panic!() };
    assert_eq!((user.as_str().len(), password.reveal().len()), (14, 14));
    let told = told(&rehearsed);
    assert_eq!(told[0], "pw = ***");
    assert_eq!(told[4], "copy = ***");
    assert_eq!(told.last().unwrap(), "log: 0");
    assert!(told.contains(&"made with ***".to_owned()));
    assert!(!serde_json::to_string(&rehearsed.events).unwrap().contains(password.reveal()));
}

#[test]
fn arguments_that_make_no_verb_fail_with_the_reason_kept_as_error() {
    let wrong = operation("kill", VerbKind::ProcessKill, "process = '${pw}'");
    let draw = step("draw", ScriptAct::Draw { name: "pw".into(), kind: Draw::Password, length: 9 });
    let (rehearsed, calls) = play(vec![draw, wrong], done);
    assert_eq!(rehearsed.code, Some(Win32Error::INVALID_PARAMETER.code()));
    assert!(calls.borrow().is_empty());
    assert_eq!(told(&rehearsed)[2], "error = kill: invalid type: string \"***\", expected a number");
    let (rehearsed, _) = play(vec![log("${nothing}")], done);
    assert_eq!(told(&rehearsed), ["error = log: nothing has been kept as `nothing`", "log: 87"]);
}

#[test]
fn branches_follow_results_and_kept_values() {
    let is = |name: &str| Condition::Kept {
        script: None,
        name: name.into(),
        is: Comparison::Equal(Value::Text("${host}".into())),
    };
    let branch = |condition| {
        let (then, otherwise) = (vec![log("yes")], vec![log("no")]);
        step("if", ScriptAct::If { condition, then, otherwise })
    };
    let steps = vec![
        branch(is("host")),
        branch(is("where")),
        branch(Condition::Not(Box::new(found()))),
        info("look"),
        branch(Condition::All(vec![found(), is("host")])),
    ];
    let (rehearsed, _) = play(steps, done);
    let lines: Vec<_> = told(&rehearsed).into_iter().filter(|text| !text.contains(':')).collect();
    assert_eq!(lines, ["yes", "no", "yes", "yes"]);
}

#[test]
fn alternatives_are_tried_until_one_is_not_refused() {
    let first = vec![vec![info("one"), log("not here")], vec![info("two")], vec![info("three")]];
    let answers = |operation: &Operation| match operation.at.as_str() {
        "PDC1" => Err(Win32Error::ACCESS_DENIED),
        _ => Ok(Reply::Done),
    };
    let mut elsewhere = first.clone();
    if let ScriptAct::Do { at, .. } = &mut elsewhere[1][0].act {
        *at = None;
    }
    let (rehearsed, _) = play(vec![step("first", ScriptAct::FirstOf(elsewhere))], answers);
    assert_eq!(told(&rehearsed), ["one: 5", "two: 0", "first: 0"]);
    let (rehearsed, _) = play(vec![step("first", ScriptAct::FirstOf(first))], answers);
    assert_eq!(told(&rehearsed), ["one: 5", "two: 5", "three: 5", "first: 5"]);
    assert_eq!(rehearsed.code, Some(5));
}

#[test]
fn a_sub_script_has_a_memory_of_its_own_and_gives_its_code() {
    let keep = |id: &str, value: &str| step(id, ScriptAct::Keep { name: "word".into(), value: value.into() });
    let mut run = step("run", ScriptAct::Run { script: "sub".into() });
    run.tolerate = Some(vec![7]);
    run.keep = Some("result".into());
    let main = vec![keep("keep", "mine"), run, log("${word} ${result}")];
    let pause = step("pause", ScriptAct::Pause(Span::secs(5)));
    let sub = vec![
        log("sub: ${word}"),
        keep("sub-keep", "theirs"),
        pause,
        step("end", ScriptAct::End(7)),
        log("x"),
    ];
    let (rehearsed, _) = play_all(vec![script("main", main), script("sub", sub)], done);
    assert_eq!(rehearsed.code, Some(0));
    let told = told(&rehearsed);
    assert!(told.contains(&"sub: mine".to_owned()), "{told:?}");
    assert!(told.contains(&"end: 7".to_owned()) && told.contains(&"run: 7".to_owned()));
    assert_eq!(told[told.len() - 2], "mine 7");
    assert_eq!(at_millis(&rehearsed, |kind| matches!(kind, EventKind::ActorEnded { code: 7, .. })), [5_000]);
}

#[test]
fn a_sub_script_that_is_not_there_or_runs_itself_for_ever_fails() {
    let run = |name: &str| vec![step("run", ScriptAct::Run { script: name.into() })];
    let (rehearsed, _) = play(run("sub"), done);
    assert_eq!(rehearsed.code, Some(87));
    assert_eq!(told(&rehearsed)[0], "error = run: there is no script `sub`");
    let (rehearsed, _) = play(run("main"), done);
    assert_eq!(rehearsed.code, Some(87));
    assert!(told(&rehearsed)[0].contains("32 deep"));
}

#[test]
fn a_sub_script_ends_when_its_caller_gives_up() {
    let run = step("look", ScriptAct::Run { script: "sub".into() });
    let main = vec![wait(found(), Some(run), Span::secs(1), Some(Span::secs(10)))];
    let sub = vec![step("pause", ScriptAct::Pause(Span::hours(1))), info("late")];
    let (rehearsed, calls) = play_all(vec![script("main", main), script("sub", sub)], done);
    assert_eq!(rehearsed.code, Some(Win32Error::TIMEOUT.code()));
    assert!(calls.borrow().is_empty());
    let ends = at_millis(&rehearsed, |kind| matches!(kind, EventKind::ActorEnded { .. }));
    assert_eq!(ends, [10_000, 10_000]);
}

#[test]
fn credentials_of_a_script_and_of_a_step_are_filled_and_placed() {
    let user = |user: &str| Some(ScriptUser { user: user.into(), password: "p".into() });
    let mut local = info("look");
    if let ScriptAct::Do { user: by, .. } = &mut local.act {
        *by = user("${host}\\Installer");
    }
    let mut main = script("main", vec![local, info("again")]);
    main.user = user("CORP\\Operator");
    let (_, calls) = play_all(vec![main], done);
    let calls = calls.borrow();
    let by = |at: usize| calls[at].0.credentials().cloned().unwrap();
    assert_eq!((by(0).authority, by(0).user), (Authority::Local("WS1".into()), "Installer".into()));
    assert_eq!((by(1).authority, by(1).user), (Authority::Domain, "Operator".into()));
    assert_eq!(calls[0].0.host, "WS1");
}

fn play_program(steps: Vec<ScriptStep>) -> (Rehearsed, Vec<Operation>) {
    let mut main = script("main", steps);
    main.host = None;
    let token = Token {
        credentials: None,
        host: "BDC1".into(),
        logon: LogonType::Service,
        rights: Default::default(),
        groups: Default::default(),
        administrator: true,
        issued: SimTime::START,
    };
    let start = ProgramStart {
        host: "BDC1".into(),
        process: ProcessId(4),
        token: token.into(),
        service: Some("probe".into()),
    };
    let (port, calls) = port(done);
    let (actor, run) = scripts(vec![main]).program(&"main".into())(&start);
    assert!(matches!(&actor.caller.who, Who::Token(_)));
    assert_eq!((&actor.host, actor.process), (&"BDC1".into(), Some(ProcessId(4))));
    let rehearsed = Rehearsal::new(port).play(actor, run);
    let calls = calls.take().into_iter().map(|(_, operation)| operation).collect();
    (rehearsed, calls)
}

fn reported(state: ServiceState, code: u32) -> Operation {
    Operation::new("BDC1", Verb::ServiceReport { service: "probe".into(), state, code })
}

#[test]
fn a_service_whose_script_reports_nothing_runs_from_its_start() {
    let (_, calls) = play_program(vec![step("pause", ScriptAct::Pause(Span::secs(1)))]);
    assert_eq!(calls[0], reported(ServiceState::Running, 0));
}

#[test]
fn a_service_whose_script_reports_runs_when_it_says_so() {
    let report = |failed| step("report", ScriptAct::Report { service: "probe".into(), failed });
    let pause = || step("pause", ScriptAct::Pause(Span::secs(40)));
    let (rehearsed, calls) = play_program(vec![pause(), report(None)]);
    assert_eq!(calls[0], reported(ServiceState::Running, 0));
    assert_eq!(at_millis(&rehearsed, |kind| matches!(kind, EventKind::Call { .. })), [40_000]);

    let (rehearsed, calls) = play_program(vec![pause(), report(Some(1069)), log("not reached")]);
    assert_eq!(calls[0], reported(ServiceState::Stopped, 1069));
    assert_eq!(rehearsed.code, Some(1069));
    assert_eq!(told(&rehearsed), ["pause: 0", "report: 1069"]);
}
