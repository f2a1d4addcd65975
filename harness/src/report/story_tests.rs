//! What events and states say.

use std::sync::Arc;

use mockdc_mocks::{
    Attribute, ChangeKind, Counter, Fact, HostName, LogonType, ProcessId, RefreshReason, Right, SimTime,
    Span, StateKey, Stream, SyncKind, SyncReason, Value, VerbKind, Version, Win32Error,
};

use super::*;
use crate::timeline::{AccountPurpose, ActorId, Event, EventKind, Queue, Role, WaitEnd, WaitFor};

fn event(kind: EventKind) -> Event {
    Event { seq: 0, at: SimTime::START, host: "BDC1".into(), actor: None, cause: None, kind }
}

fn said(kind: EventKind) -> String {
    describe(&event(kind))
}

fn stated(key: StateKey, value: Option<Value>) -> String {
    said(EventKind::Fact(Fact::State { key, value, version: None }))
}

#[test]
fn calls_say_verb_subject_host_account_and_code() {
    let call = |at: &str, code, took| {
        said(EventKind::Call {
            verb: VerbKind::GroupAdd,
            at: at.into(),
            by: Some("SMS#_BDC1".into()),
            subject: Some("SMSInternalCliGrp".into()),
            code,
            seen: None,
            took,
        })
    };
    assert_eq!(
        call("PDC1", 1326, Span::ZERO),
        "group-add SMSInternalCliGrp at PDC1 as SMS#_BDC1: 1326 ERROR_LOGON_FAILURE"
    );
    assert_eq!(call("BDC1", 0, Span::secs(2)), "group-add SMSInternalCliGrp as SMS#_BDC1: success, after 2s");
}

#[test]
fn states_are_sentences_both_ways() {
    let account = || StateKey::Account { account: "A".into() };
    assert_eq!(stated(account(), Some(Value::Text("user".into()))), "user A is visible");
    assert_eq!(stated(account(), None), "account A is not visible any more");
    let right = || StateKey::Right { account: "A".into(), right: Right::ServiceLogon };
    assert_eq!(stated(right(), Some(Value::Is(true))), "A holds SeServiceLogonRight");
    assert_eq!(stated(right(), None), "A does not hold SeServiceLogonRight");
    let reaches = || StateKey::Reaches { to: HostName::from("PDC1") };
    assert_eq!(stated(reaches(), Some(Value::Is(false))), "does not reach PDC1");
    assert_eq!(stated(reaches(), None), "reaches PDC1");
    assert_eq!(stated(StateKey::Up, Some(Value::Is(false))), "is down");
    let locked = StateKey::Attribute { account: "A".into(), attribute: Attribute::LockedOut };
    assert_eq!(stated(locked, Some(Value::Is(true))), "A is locked out");
    let counter = StateKey::Counter { counter: Counter::BytesReceived };
    assert_eq!(stated(counter, Some(Value::Number(9))), "bytes received stand at 9");
    let component = StateKey::Component { component: "Remote Control Agent".into() };
    assert_eq!(
        stated(component, Some(Value::Text("Install Pending".into()))),
        "Remote Control Agent: Install Pending"
    );
}

#[test]
fn facts_of_replication_name_change_stream_and_cost() {
    assert_eq!(
        said(EventKind::Fact(Fact::Committed {
            version: Version(3),
            stream: Stream::Sam,
            change: ChangeKind::UserAdd,
            subject: "A".into(),
            serial: 17,
            urgent: true,
        })),
        "commits change 3: user add A (sam serial 17, urgent)"
    );
    let ended = |error| {
        said(EventKind::Fact(Fact::SyncEnded {
            from: "PDC1".into(),
            kind: SyncKind::Partial,
            reason: SyncReason::Forced,
            deltas: 4,
            bytes: 900,
            busy_bytes: 0,
            took: Span::secs(1),
            error,
        }))
    };
    assert_eq!(ended(None), "partial synchronisation from PDC1 (forced) is done: 4 changes, 900 bytes, 1s");
    assert!(ended(Some(Win32Error::SERVER_UNAVAILABLE)).ends_with("failed: 1722 RPC_S_SERVER_UNAVAILABLE"));
}

#[test]
fn what_hosts_do_is_said_with_its_cause() {
    assert_eq!(
        said(EventKind::Fact(Fact::ServiceFailed {
            service: "clisvc".into(),
            error: Win32Error::SERVICE_LOGON_FAILED,
            cause: Some(Win32Error::LOGON_TYPE_NOT_GRANTED),
        })),
        "service clisvc does not start: 1069 ERROR_SERVICE_LOGON_FAILED, because of \
         1385 ERROR_LOGON_TYPE_NOT_GRANTED"
    );
    assert_eq!(
        said(EventKind::Fact(Fact::LogonRefused {
            account: "A".into(),
            from: "WS1".into(),
            logon: LogonType::Network,
            error: Win32Error::LOGON_FAILURE,
        })),
        "refuses a network logon of A from WS1: 1326 ERROR_LOGON_FAILURE"
    );
    assert_eq!(
        said(EventKind::Fact(Fact::PolicyApplied {
            reason: RefreshReason::Interval,
            objects: vec![],
            changed: false
        })),
        "applies policy (interval): no object; nothing changed"
    );
    assert_eq!(
        said(EventKind::Fact(Fact::ProcessEnded {
            process: ProcessId(7),
            program: "Ccmboot.exe".into(),
            code: None
        })),
        "process 7 is ended from outside: Ccmboot.exe"
    );
}

#[test]
fn a_component_that_is_due_says_what_its_account_lacks() {
    let due = |holds: Vec<Right>, is_administrator| {
        said(EventKind::ComponentDue {
            component: "Agent".into(),
            account: Some("SMSCliToknAcct&".into()),
            needs: vec![Right::Tcb, Right::IncreaseQuota],
            holds,
            needs_administrator: true,
            is_administrator,
        })
    };
    assert_eq!(
        due(vec![Right::Tcb], false),
        "Agent is due; SMSCliToknAcct& lacks SeIncreaseQuotaPrivilege, Administrators"
    );
    assert_eq!(
        due(vec![Right::IncreaseQuota, Right::Tcb], true),
        "Agent is due; SMSCliToknAcct& holds what it needs"
    );
}

#[test]
fn actors_waits_and_attempts_are_told() {
    let what = WaitFor::Account { account: "SMS&_BDC1".into(), at: "BDC1".into() };
    for (kind, text) in [
        (
            EventKind::WaitBegan { what: what.clone(), limit: Some(Span::mins(60)) },
            "waits for account SMS&_BDC1 to reach BDC1, 1h at most",
        ),
        (
            EventKind::WaitEnded { what, how: WaitEnd::TimedOut, lasted: Span::mins(60) },
            "wait for account SMS&_BDC1 to reach BDC1 timed out after 1h",
        ),
        (
            EventKind::AttemptEnded { client: "BDC1".into(), attempt: 2, code: 1326 },
            "attempt 2 on BDC1 is decided: 1326 ERROR_LOGON_FAILURE",
        ),
        (
            EventKind::InstallEnded { client: "BDC1".into(), attempts: 1, code: 0 },
            "install of BDC1 is over after 1 attempt: success",
        ),
        (
            EventKind::Queued { request: "01MOLQGI".into(), client: "BDC1".into(), queue: Queue::Retry },
            "request 01MOLQGI for BDC1: queue retry",
        ),
        (
            EventKind::Purpose {
                account: "A".into(),
                purpose: AccountPurpose::ClientService,
                client: "BDC1".into(),
                at: "PDC1".into(),
            },
            "A at PDC1 is the client service account of BDC1",
        ),
        (
            EventKind::Log {
                file: "Wnremote.log".into(),
                component: "CliEx32.dll".into(),
                thread: 108,
                clock: None,
                text: "first\nsecond".into(),
            },
            "Wnremote.log: first second",
        ),
        (
            EventKind::ScriptKept { script: "s".into(), name: "pw".into(), value: "***".into() },
            "s keeps pw = ***",
        ),
    ] {
        assert_eq!(said(kind), text);
    }
}

#[test]
fn events_stand_in_columns() {
    let start = |id, role, subject: &str| Event {
        actor: Some(ActorId(id)),
        ..event(EventKind::ActorStarted { role, process: None, account: None, subject: subject.into() })
    };
    let mut late = event(EventKind::Fact(Fact::Machine { up: true }));
    late.at = SimTime(90_061_001);
    late.host = "PRINTSERVER".into();
    let events = [start(0, Role::ClientConfigurationManager, "BDC1"), start(1, Role::Script, "probe"), late];
    let cast = Cast::of(&events.to_vec().into());
    let widths = cast.widths(&events);
    let lines: Vec<String> = events.iter().map(|event| cast.line(event, widths)).collect();
    assert_eq!(
        lines,
        [
            "   00:00:00.000  BDC1         CCM           starts, for BDC1 as Local System",
            "   00:00:00.000  BDC1         script probe  starts, for probe as Local System",
            "1d 01:01:01.001  PRINTSERVER                comes up",
        ]
    );
}

#[test]
fn instants_before_the_start_are_negative() {
    assert_eq!(instant(SimTime(-90_000)), "-00:01:30.000");
    assert_eq!(value_text(&Value::Text(Arc::from("a\tb"))), "a b");
}
