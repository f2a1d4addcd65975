use mockdc_mocks::{Fact, ServiceName, StateKey, Value};

use super::*;
use crate::actors::maintenance;
use crate::run::ProgramStart;

/// The statuses, the launches and the log of a client whose account lacks rights or membership, at a start of its
/// service and at a cycle an hour later.
fn service(name: &str, without: &[Right], administrator: bool) -> Vec<Event> {
    let profile = profile(name, "client-service.cycle = \"1h\"");
    let double = Rc::new(Double::default());
    double.rights.borrow_mut().extend(Right::ALL.iter().copied().filter(|right| !without.contains(right)));
    double.administrator.set(administrator);
    let stage = Stage::new(None, Live::default(), 1, 1_000_000);
    assert!(double.stage.set(stage.clone()).is_ok());
    let realm = Realm::new("CORP".into(), "PDC1".into());
    let client = Installation::installed("WKS1".into(), false, profile.clone(), realm);
    let token = std::sync::Arc::new(mockdc_mocks::Token {
        credentials: (name != "sms-2003-advanced").then(|| Credentials {
            authority: Authority::Local("WKS1".into()),
            user: "SMSCliSvcAcct&".into(),
            password: "x".into(),
        }),
        host: "WKS1".into(),
        logon: mockdc_mocks::LogonType::Service,
        rights: *double.rights.borrow(),
        groups: Default::default(),
        administrator,
        issued: SimTime::START,
    });
    let process = mockdc_mocks::ProcessId(1000);
    let service: ServiceName = profile.client_service.service.clone();
    let program = ProgramStart { host: "WKS1".into(), process, token: token.clone(), service: Some(service) };
    let start = ActorStart {
        role: Role::ClientService,
        host: "WKS1".into(),
        caller: Caller::token(token),
        process: None,
        subject: "WKS1".into(),
    };
    let advanced = profile.kind == mockdc_scenarios::ProductKind::Advanced;
    stage.spawn(
        start,
        Box::new(move |ctx| match advanced {
            true => crate::actors::advanced_client::run(ctx, program, client).boxed_local(),
            false => crate::actors::client_service::run(ctx, program, client).boxed_local(),
        }),
    );
    Driver::with_port(stage, Rc::new(Shared(double))).run(SimTime(3_600_000), "WKS1".into()).events.to_vec()
}

/// The agents that turn pending, in order.
fn pending(events: &[Event]) -> Vec<&str> {
    fn turns_pending(event: &EventKind) -> Option<&str> {
        match event {
            EventKind::Fact(Fact::State {
                key: StateKey::Component { component },
                value: Some(value),
                ..
            }) if *value == Value::Text("Install Pending".into()) => Some(component.as_str()),
            _ => None,
        }
    }
    events.iter().map(|event| &event.kind).filter_map(turns_pending).collect()
}

const TWO: [&str; 2] = ["Advertised Programs Client Agent", "Software Inventory Client Agent"];

#[test]
fn a_lost_right_leaves_two_agents_pending_and_no_other() {
    for right in [Right::Tcb, Right::IncreaseQuota, Right::AssignPrimaryToken, Right::Shutdown] {
        let events = service("sms-2003-legacy", &[right], true);
        assert_eq!(pending(&events), TWO, "{right}");
    }
    assert!(pending(&service("sms-2003-legacy", &[], true)).is_empty());
    assert_eq!(pending(&service("sms-2003-legacy", &[], false)), TWO);
}

#[test]
fn a_refused_launch_writes_the_lines_of_the_article() {
    let events = service("sms-2003-legacy", &[Right::AssignPrimaryToken], true);
    let lines = lines(&events, "Clisvc.log");
    let first =
        r#"***ERROR: Unable to launch "C:\WINNT\MS\SMS\clicomp\SWDist32\bin\ODPUSR32.exe " - Error : 1314"#;
    let at = lines.iter().position(|line| *line == first).unwrap();
    assert_eq!(lines[at + 1], "*** WNet User Groups Offer Data Provider - Error launching (#0x3EB)");
    assert_eq!(lines[at + 2], "!!!WARNING: Problem starting App (1003). Doing App Verify.");
    // Once at the start of the service and once in the cycle.
    assert_eq!(lines.iter().filter(|line| **line == first).count(), 2);
}

#[test]
fn without_the_right_to_shut_down_everything_launches_and_the_verification_fails() {
    let events = service("sms-2003-legacy", &[Right::Shutdown], true);
    let refused =
        |event: &&Event| matches!(event.kind, EventKind::ComponentLaunched { code, .. } if code != 0);
    assert_eq!(events.iter().filter(refused).count(), 0);
    let lines = lines(&events, "Clisvc.log");
    assert!(lines.contains(&"**ERROR: AppVerify(Software Inventory Agent) returned 1314~"));
}

#[test]
fn a_client_that_runs_as_local_system_does_not_care_for_rights() {
    let events = service("sms-2003-advanced", Right::ALL, false);
    assert!(pending(&events).is_empty());
    let launched = |event: &&Event| matches!(event.kind, EventKind::ComponentLaunched { code: 0, .. });
    assert_eq!(events.iter().filter(launched).count(), 8);
}

#[test]
fn a_missed_cycle_is_due_one_period_after_the_machine_is_up_again() {
    let realm = Realm::new("CORP".into(), "PDC1".into());
    let client = Installation::installed("WKS1".into(), false, profile("sms-2.0-sp3", ""), realm);
    let hours = |n| SimTime::START + mockdc_mocks::Span::hours(n);
    assert_eq!(maintenance::due(&client, hours(5)), hours(23));
    assert_eq!(maintenance::due(&client, hours(30)), hours(53));
    // A restart in between does not put it off again.
    assert_eq!(maintenance::due(&client, hours(31)), hours(53));
}
