//! The sentences, one of each kind.

use mockdc_mocks::{
    Attribute, Counter, FaultSpec, HostName, Occasions, Right, SimTime, Span, StateKey, Stream, SyncKind,
    SyncReason, Value, Verb, VerbKind,
};

use super::*;
use crate::{
    Claim, Comparison, Condition, LogLines, Measure, Moments, Occurrences, Pattern, Quantity, ScriptEnding,
    Timing,
};

fn at(minutes: i64) -> SimTime {
    SimTime(minutes * 60_000)
}

fn account(account: &str, at: &str, is: Comparison) -> Condition {
    Condition::State { at: at.into(), key: StateKey::Account { account: account.into() }, is }
}

fn deleted() -> Pattern {
    Pattern::AccountDeleted { account: Some("SMS#_BDC1".into()), at: Some("PDC1".into()) }
}

fn refused_call() -> Pattern {
    Pattern::Call {
        verb: None,
        at: Some("PDC1".into()),
        from: Some("BDC1".into()),
        by: Some("SMS#_BDC1".into()),
        subject: None,
        code: Some(1326),
    }
}

fn event(event: Pattern, count: Occurrences, timing: Vec<Timing>) -> String {
    claim_says(&Claim::Event { event, count, timing })
}

#[test]
fn accounts_at_several_controllers_become_one_sentence() {
    let condition = Condition::All(vec![
        account("SMS&_BDC1", "PDC1", Comparison::Present),
        account("SMS&_BDC1", "BDC1", Comparison::Present),
        Condition::Not(Box::new(account("SMS#_BDC1", "PDC1", Comparison::Present))),
    ]);
    let claim = Claim::State { condition: condition.clone(), when: Moments::At(at(54)) };
    assert_eq!(
        claim_says(&claim),
        "At 54m, SMS&_BDC1 is visible at PDC1 and at BDC1, and SMS#_BDC1 is not visible at PDC1"
    );
    assert_eq!(
        condition_should(&condition),
        "SMS&_BDC1 should be visible at PDC1 and at BDC1, and SMS#_BDC1 should not be visible at PDC1"
    );
}

#[test]
fn each_kind_of_condition() {
    let component = |name: &str| Condition::State {
        at: "WS1".into(),
        key: StateKey::Component { component: name.into() },
        is: Comparison::Equal(Value::Text("Installed".into())),
    };
    let holds = |right| Condition::State {
        at: "WS1".into(),
        key: StateKey::Right { account: "SVC".into(), right },
        is: Comparison::Present,
    };
    let not = |condition| Condition::Not(Box::new(condition));
    let happened = |count| Condition::Happened { event: deleted(), count };
    let result = |is| Condition::Result { script: None, step: "create".into(), is };
    for (condition, text) in [
        (Condition::All(vec![component("A"), component("B")]), "A and B are Installed on WS1"),
        (
            Condition::Any(vec![component("A"), account("X", "PDC1", Comparison::Absent)]),
            "A is Installed on WS1, or X is not visible at PDC1",
        ),
        (
            not(Condition::Any(vec![component("A"), component("B")])),
            "it is not so that A is Installed on WS1, or B is Installed on WS1",
        ),
        (
            Condition::All(vec![holds(Right::Tcb), holds(Right::Shutdown)]),
            "SVC holds the right \"Act as part of the operating system\" (SeTcbPrivilege) and the right \
             \"Shut down the system\" (SeShutdownPrivilege) on WS1",
        ),
        (result(Comparison::Equal(Value::Number(0))), "the step \"create\" has succeeded"),
        (result(Comparison::AtLeast(Value::Number(2))), "the code of the step \"create\" is at least 2"),
        (
            Condition::Kept {
                script: Some("boot".into()),
                name: "pw".into(),
                is: Comparison::Contains("x".into()),
            },
            "the kept value \"pw\" of the script \"boot\" is a text with \"x\"",
        ),
        (
            happened(Comparison::AtLeast(Value::Number(1))),
            "it has happened that SMS#_BDC1 is deleted at PDC1",
        ),
        (happened(Comparison::Absent), "it has not happened that SMS#_BDC1 is deleted at PDC1"),
        (
            Condition::Age { of: deleted(), at_least: Span::mins(5) },
            "it is at least 5m since the last time that SMS#_BDC1 is deleted at PDC1",
        ),
        (Condition::Clock { from: at(30) }, "it is 30m or later"),
    ] {
        assert_eq!(condition_says(&condition), text);
    }
    assert_eq!(condition_never(&component("A")), "A is never Installed on WS1");
    assert_eq!(condition_while(&not(Condition::Clock { from: at(30) })), "before 30m");
}

#[test]
fn each_kind_of_state() {
    let host = HostName::from("WS1");
    let says = |key: StateKey, is: Comparison| state_clause(&host, &key, &is).says();
    let yes = || Comparison::Equal(Value::Is(true));
    let locked = StateKey::Attribute { account: "A".into(), attribute: Attribute::LockedOut };
    assert_eq!(says(locked, yes()), "A is locked out at WS1");
    let comment = StateKey::Attribute { account: "A".into(), attribute: Attribute::Comment };
    assert_eq!(
        says(comment, Comparison::Contains("x".into())),
        "the comment of A at WS1 is a text with \"x\""
    );
    let member = StateKey::Member { group: "Admins".into(), member: "A".into() };
    assert_eq!(says(member, Comparison::Absent), "A is not a member of Admins at WS1");
    let service = || StateKey::Service { service: "Clisvc".into() };
    assert_eq!(
        says(service(), Comparison::Equal(Value::Text("start-pending".into()))),
        "the service Clisvc is starting on WS1"
    );
    assert_eq!(says(service(), Comparison::Absent), "the service Clisvc is not installed on WS1");
    let registry = StateKey::Registry { key: "HKLM\\X".into(), value: "Y".into() };
    assert_eq!(
        says(registry, Comparison::Unequal(Value::Number(1))),
        "the registry value HKLM\\X\\Y of WS1 is not 1"
    );
    assert_eq!(
        says(StateKey::File { path: "C:\\a".into() }, Comparison::Absent),
        "the file C:\\a does not exist on WS1"
    );
    assert_eq!(says(StateKey::Share { share: "S".into() }, yes()), "WS1 shares S");
    assert_eq!(
        says(StateKey::Reaches { to: "PDC1".into() }, Comparison::Equal(Value::Is(false))),
        "WS1 does not reach PDC1"
    );
    assert_eq!(says(StateKey::Up, yes()), "WS1 is up");
    assert_eq!(
        says(StateKey::Counter { counter: Counter::DeltasReceived }, Comparison::AtMost(Value::Number(3))),
        "the number of changes received by WS1 is at most 3"
    );
    assert_eq!(
        state_says(&host, &StateKey::Account { account: "A".into() }, None),
        "A is not visible at WS1"
    );
}

#[test]
fn each_kind_of_pattern() {
    let host = || Some(HostName::from("BDC1"));
    for (pattern, text) in [
        (Pattern::AccountCreated { account: None, at: None }, "an account is created"),
        (deleted(), "SMS#_BDC1 is deleted at PDC1"),
        (Pattern::Visible { account: Some("A".into()), at: host() }, "A becomes visible at BDC1"),
        (Pattern::Gone { account: Some("A".into()), at: host() }, "A ceases to be visible at BDC1"),
        (Pattern::LoaderStarted { host: None }, "a boot loader starts"),
        (Pattern::LoaderStopped { host: host() }, "the boot loader of BDC1 stops"),
        (refused_call(), "SMS#_BDC1 calls PDC1 from BDC1 and is answered 1326"),
        (
            Pattern::Call {
                verb: Some(VerbKind::UserAdd),
                at: None,
                from: host(),
                by: None,
                subject: Some("A".into()),
                code: Some(0),
            },
            "BDC1 calls a host to create A and succeeds",
        ),
        (
            Pattern::LogonRefused { account: Some("A".into()), at: host(), code: Some(1385) },
            "a logon of A is refused at BDC1 with 1385 (ERROR_LOGON_TYPE_NOT_GRANTED)",
        ),
        (Pattern::LockedOut { account: Some("A".into()), at: host() }, "A is locked out at BDC1"),
        (Pattern::ServiceStarted { host: host(), service: Some("S".into()) }, "the service S starts on BDC1"),
        (Pattern::ServiceStopped { host: host(), service: None }, "a service stops on BDC1"),
        (
            Pattern::ServiceFailed { host: host(), service: Some("S".into()), code: Some(1069), cause: None },
            "the service S on BDC1 fails to start with 1069 (ERROR_SERVICE_LOGON_FAILED)",
        ),
        (Pattern::ProcessStarted { host: host(), program: Some("a.exe".into()) }, "a.exe starts on BDC1"),
        (
            Pattern::ProcessEnded { host: host(), program: None, code: Some(0) },
            "a process ends on BDC1 with success",
        ),
        (
            Pattern::ComponentLaunched { host: host(), component: Some("C".into()), code: Some(0) },
            "C is launched on BDC1",
        ),
        (
            Pattern::ComponentLaunched { host: host(), component: None, code: Some(1314) },
            "the launch of a component on BDC1 fails with 1314 (ERROR_PRIVILEGE_NOT_HELD)",
        ),
        (
            Pattern::ComponentStatus { host: host(), component: Some("C".into()), status: Some("X".into()) },
            "the status of C on BDC1 becomes X",
        ),
        (
            Pattern::Synchronized {
                at: host(),
                kind: Some(SyncKind::Full),
                reason: Some(SyncReason::Forced),
                failed: Some(true),
            },
            "a forced full synchronisation of BDC1 fails",
        ),
        (
            Pattern::Replicated { at: host(), stream: Some(Stream::Lsa) },
            "a change of rights and secrets arrives at BDC1",
        ),
        (
            Pattern::PolicyApplied { host: host(), changed: Some(false) },
            "BDC1 applies policy that changes nothing",
        ),
        (Pattern::Machine { host: host(), up: true }, "BDC1 comes up"),
        (
            Pattern::Line { host: host(), file: Some("a.log".into()), text: "*1326*".into() },
            "the line \"…1326…\" is written to a.log of BDC1",
        ),
        (Pattern::AttemptBegan { client: None, attempt: None }, "an attempt begins"),
        (
            Pattern::AttemptEnded { client: host(), attempt: Some(2), code: Some(0) },
            "attempt 2 to install BDC1 succeeds",
        ),
        (Pattern::Step { id: "step-1".into() }, "the step \"step-1\" runs"),
        (
            Pattern::ScriptStep { script: Some("boot".into()), step: None, code: Some(5) },
            "a step of the script \"boot\" is answered 5",
        ),
        (Pattern::ScriptEnded { script: None, code: None }, "a script ends"),
        (Pattern::FaultTouched { fault: Some("cable".into()) }, "the fault \"cable\" touches something"),
    ] {
        assert_eq!(pattern_clause(&pattern).says(), text);
    }
}

#[test]
fn demands_and_denials() {
    let call = pattern_clause(&refused_call());
    assert_eq!(call.should(), "SMS#_BDC1 should call PDC1 from BDC1 and be answered 1326");
    assert_eq!(call.never(), "it never happens that SMS#_BDC1 calls PDC1 from BDC1 and is answered 1326");
    let stops = pattern_clause(&Pattern::LoaderStopped { host: Some("BDC1".into()) });
    assert_eq!(stops.never(), "the boot loader of BDC1 never stops");
    assert_eq!(stops.should_never(), "the boot loader of BDC1 should never stop");
    assert_eq!((stops.never_does(), call.does()), ("never does", "does"));
    assert_eq!(pattern_clause(&deleted()).never_does(), "never is");
}

#[test]
fn events_are_claimed_with_number_and_time() {
    let after = || Timing::After {
        event: Pattern::LoaderStopped { host: Some("BDC1".into()) },
        exactly: Some(Span::mins(15)),
        within: None,
        at_least: None,
    };
    for (count, timing, text) in [
        (
            Occurrences::Some,
            vec![after()],
            "SMS#_BDC1 is deleted at PDC1, exactly 15m after the boot loader of BDC1 stops",
        ),
        (Occurrences::Never, vec![Timing::From(at(9))], "SMS#_BDC1 is never deleted at PDC1, not before 9m"),
        (Occurrences::Exactly(2), vec![], "SMS#_BDC1 is deleted at PDC1 exactly twice"),
        (Occurrences::AtLeast(3), vec![], "SMS#_BDC1 is deleted at PDC1 at least 3 times"),
        (Occurrences::AtMost(1), vec![], "SMS#_BDC1 is deleted at PDC1 at most once"),
        (
            Occurrences::Nth(22),
            vec![Timing::At(at(9)), Timing::Until(at(10))],
            "The 22nd time that SMS#_BDC1 is deleted at PDC1 is at 9m and not after 10m",
        ),
        (
            Occurrences::Some,
            vec![Timing::Before { event: Pattern::Step { id: "x".into() } }],
            "SMS#_BDC1 is deleted at PDC1 before the step \"x\" runs",
        ),
    ] {
        assert_eq!(event(deleted(), count, timing), text);
    }
}

#[test]
fn each_kind_of_claim() {
    let installed = |client: &str| Claim::Installed { client: client.into(), attempt: Some(1) };
    let log = |lines| Claim::Log { host: "BDC1".into(), file: "a.log".into(), lines };
    let state = |when| Claim::State { condition: account("A", "BDC1", Comparison::Present), when };
    for (claim, text) in [
        (installed("BDC1"), "Attempt 1 installs the client on BDC1"),
        (Claim::Installed { client: "BDC1".into(), attempt: None }, "The client on BDC1 gets installed"),
        (
            Claim::AttemptFailed { client: "BDC1".into(), attempt: 1, code: Some(1326) },
            "Attempt 1 to install BDC1 fails with 1326 (ERROR_LOGON_FAILURE)",
        ),
        (Claim::InstallFailed { client: "BDC1".into(), code: None }, "The install of BDC1 fails for good"),
        (
            Claim::Script { script: "boot".into(), ended: ScriptEnding::StillWaiting },
            "The script \"boot\" still waits at the end",
        ),
        (
            log(LogLines::InOrder(vec!["a*".into(), "***b".into()])),
            "a.log of BDC1 shows, in this order, \"a…\" and \"***b\"",
        ),
        (log(LogLines::NoneOf(vec!["a".into(), "b".into()])), "a.log of BDC1 never shows \"a\" or \"b\""),
        (
            log(LogLines::Count { line: "a".into(), count: Occurrences::Exactly(1) }),
            "a.log of BDC1 shows \"a\" exactly once",
        ),
        (state(Moments::End), "At the end, A is visible at BDC1"),
        (
            state(Moments::JustBefore(deleted())),
            "Just before SMS#_BDC1 is deleted at PDC1, A is visible at BDC1",
        ),
        (
            state(Moments::JustAfter(deleted())),
            "Just after SMS#_BDC1 is deleted at PDC1, A is visible at BDC1",
        ),
        (state(Moments::Throughout { from: Some(at(1)), to: None }), "From 1m on, A is visible at BDC1"),
        (state(Moments::Never), "A is never visible at BDC1"),
        (state(Moments::Once), "At some moment, A is visible at BDC1"),
        (
            state(Moments::NeverWhile(account("B", "BDC1", Comparison::Present))),
            "A is never visible at BDC1 while B is visible at BDC1",
        ),
        (
            Claim::OfMany { claims: vec![installed("BDC1"), installed("BDC2")], hold: Quantity::Exactly(1) },
            "Attempt 1 installs the client on exactly 1 of these 2: BDC1 and BDC2",
        ),
        (
            Claim::OfMany { claims: vec![installed("BDC1")], hold: Quantity::None },
            "Attempt 1 does not install the client on BDC1",
        ),
        (
            Claim::Measure {
                measure: Measure::Bytes { at: Some("BDC1".into()), busy: true },
                is: Comparison::AtMost(Value::Number(9)),
            },
            "The number of bytes that BDC1 received in busy hours is at most 9",
        ),
    ] {
        assert_eq!(claim_says(&claim), text);
    }
}

#[test]
fn operations_and_templates() {
    let host = HostName::from("DC1");
    assert_eq!(
        verb_says(&Verb::Synchronize { full: false }, Some(&host)),
        "synchronises DC1 with its source"
    );
    let define =
        Verb::GpoDefineRight { gpo: "P".into(), right: Right::Tcb, holders: vec!["A".into(), "B".into()] };
    assert_eq!(
        verb_says(&define, Some(&host)),
        "defines in the policy \"P\" at DC1 that only A and B have the right \"Act as part of the operating \
         system\" (SeTcbPrivilege)"
    );
    let template =
        "[Unicode]\nUnicode=yes\n[Privilege Rights]\nSeTcbPrivilege =\nSeShutdownPrivilege = A,B\n";
    assert_eq!(template_words(template), "SeTcbPrivilege = nobody; SeShutdownPrivilege = A, B");
    for kind in VerbKind::ALL {
        assert!(!kind_words(*kind, None).contains("  "), "{kind}");
    }
}

#[test]
fn names_keep_their_letters_at_the_start_of_a_sentence() {
    assert_eq!(sentence("the boot loader stops"), "The boot loader stops");
    assert_eq!(sentence("a.exe starts"), "a.exe starts");
}

#[test]
fn faults_on_the_wire_say_what_becomes_of_which_operation_and_when() {
    let told = |kind: &str, count: Occasions| {
        let kind = serde_json::from_str(kind).unwrap();
        let (name, from, until) = ("f".into(), Span::ZERO, None);
        fault_says(&FaultSpec { name, kind, from, until, count, touches_nothing: false })
    };
    let all = Occasions::All;
    for (kind, count, sentence) in [
        (
            r#"{"wire": {"at": "PDC1", "operation": "bind", "result": 51, "text": "busy"}}"#,
            Occasions::First(2),
            "All the time, binds at the port of PDC1 are refused with the LDAP result 51 (\"busy\"), the first 2 times only \
             (fault \"f\")",
        ),
        (
            r#"{"wire": {"operation": "search", "hang": "30s"}}"#,
            Occasions::Nth(3),
            "All the time, searches at the port of every controller are answered 30s later, the third time only (fault \"f\")",
        ),
        (
            r#"{"wire": {"operation": "modify", "hang": "forever"}}"#,
            Occasions::After(2),
            "All the time, modifications at the port of every controller are never answered, but not the first 2 times \
             (fault \"f\")",
        ),
        (
            r#"{"wire": {"at": ["BDC1", "BDC2"], "drip": {"octets": 3, "pause": "200ms"}}}"#,
            all,
            "All the time, answers to requests of LDAP at the port of BDC1 and BDC2 come 3 octets at a time, one piece each \
             200ms (fault \"f\")",
        ),
        (
            r#"{"wire": {"at": "PDC1", "operation": "connect", "effect": "reset"}}"#,
            all,
            "All the time, connections to the port of PDC1 are reset at once (fault \"f\")",
        ),
        (
            r#"{"wire": {"at": "PDC1", "operation": "search", "effect": "reset"}}"#,
            all,
            "All the time, connections are reset in the midst of answers to searches at the port of PDC1 (fault \"f\")",
        ),
        (
            r#"{"close-port": {"at": "PDC1"}}"#,
            all,
            "All the time, the ports of PDC1 are closed (fault \"f\")",
        ),
    ] {
        assert_eq!(told(kind, count), sentence);
    }
}
