//! Each promise, kept and broken, over hand-made runs.

use mockdc_mocks::{
    ChangeKind, Fact, Name, ProcessId, Right, StateKey, Stream, Value, VerbKind, Version, Win32Error,
};
use mockdc_scenarios::LdapOperation;

use super::*;
use crate::timeline::story::{Story, plan, span, timeline, token};
use crate::timeline::{AccountPurpose, EndReason, EventKind, LdapCall, Queue, Role, WaitEnd, WaitFor};

const BOOT: &str = "SMS#_BDC1";

/// Occasions and breaches of one promise.
fn tested(promise: PromiseId, story: &Story) -> (u32, usize) {
    let findings = promises(&timeline(plan(), story));
    let finding = findings.into_iter().find(|finding| finding.promise == promise).unwrap();
    (finding.occasions, finding.breaches.len())
}

fn end(story: &mut Story, at: &str) {
    story.at(at).by(None).event("PDC1", EventKind::End { reason: EndReason::Until });
}

/// The manager of the site server makes the bootstrap account; loader (process 1) and child (process 2) start.
fn install() -> Story {
    let mut story = Story::default();
    story.starts(1, Role::ClientConfigurationManager, "SMS1", Some("SMSService"), None, "BDC1");
    story.event("SMS1", EventKind::AttemptBegan { client: "BDC1".into(), attempt: 1 });
    story.call("SMS1", Some("SMSService"), "PDC1", VerbKind::UserAdd, BOOT, 0).user("PDC1", BOOT);
    let purpose = AccountPurpose::Bootstrap;
    story.event(
        "SMS1",
        EventKind::Purpose { account: BOOT.into(), purpose, client: "BDC1".into(), at: "PDC1".into() },
    );
    story.by(None).at("2m").fact(
        "BDC1",
        Fact::ServiceStarted {
            service: "CCMBtLdr".into(),
            program: "CCMBtLdr.exe".into(),
            process: ProcessId(1),
            token: token(Some(BOOT), "BDC1"),
        },
    );
    story.starts(2, Role::BootLoader, "BDC1", Some(BOOT), Some(1), "BDC1");
    story.fact(
        "BDC1",
        Fact::ProcessStarted {
            process: ProcessId(2),
            program: "Ccmboot.exe".into(),
            token: token(Some(BOOT), "BDC1"),
            parent: Some(ProcessId(1)),
        },
    );
    story.starts(3, Role::Bootstrap, "BDC1", Some(BOOT), Some(2), "BDC1");
    story
}

fn loader_stops(story: &mut Story, at: &str) {
    story.at(at).ends(2, Role::BootLoader, "BDC1", 0).process_ends("BDC1", 1, "CCMBtLdr.exe", Some(0));
}

fn child_ends(story: &mut Story, at: &str) {
    story.at(at).ends(3, Role::Bootstrap, "BDC1", 0).process_ends("BDC1", 2, "Ccmboot.exe", Some(0));
}

fn deletes(story: &mut Story, at: &str) {
    story.at(at).by(Some(1)).gone("PDC1", BOOT);
    story.call("SMS1", Some("SMSService"), "PDC1", VerbKind::UserDelete, BOOT, 0);
}

#[test]
fn no_call_as_a_deleted_account() {
    let promise = PromiseId::NoCallAsADeletedAccount;
    let mut story = install();
    story.at("30m").by(Some(3)).call("BDC1", Some(BOOT), "PDC1", VerbKind::UserAdd, "SMS&_BDC1", 0);
    assert_eq!(tested(promise, &story), (2, 0));
    deletes(&mut story, "32m");
    assert_eq!(tested(promise, &story), (3, 0));
    story.at("40m").by(Some(3)).call("BDC1", Some(BOOT), "PDC1", VerbKind::GroupAdd, "G", 1326);
    assert_eq!(tested(promise, &story), (4, 1));
    story.call("BDC1", Some(BOOT), "BDC1", VerbKind::UserInfo, "G", 0);
    assert_eq!(tested(promise, &story).1, 1, "the other controller has not lost it");
    story.by(Some(9)).call("BDC1", Some(BOOT), "PDC1", VerbKind::GroupAdd, "G", 1326);
    assert_eq!(tested(promise, &story).1, 1, "an operator promises nothing");
    story.by(Some(1)).user("PDC1", BOOT);
    story.at("50m").by(Some(3)).call("BDC1", Some(BOOT), "PDC1", VerbKind::GroupAdd, "G", 0);
    assert_eq!(tested(promise, &story).1, 1, "it was made anew");
}

#[test]
fn a_call_that_was_under_way_when_its_account_went_is_no_call_as_a_deleted_account() {
    let promise = PromiseId::NoCallAsADeletedAccount;
    let mut story = install();
    deletes(&mut story, "32m");
    story.at("32m5s").by(Some(3)).call("BDC1", Some(BOOT), "PDC1", VerbKind::GroupAdd, "G", 0);
    let last = story.events.len() - 1;
    let mut took = |text: &str| {
        let EventKind::Call { took, .. } = &mut story.events[last].kind else { panic!() };
        *took = span(text);
        tested(promise, &story).1
    };
    assert_eq!(took("10s"), 0);
    assert_eq!(took("4s"), 1);
}

#[test]
fn the_bootstrap_account_outlives_its_processes() {
    let promise = PromiseId::BootstrapAccountOutlivesItsProcesses;
    let mut story = install();
    loader_stops(&mut story, "17m");
    child_ends(&mut story, "20m");
    deletes(&mut story, "32m");
    assert_eq!(tested(promise, &story), (1, 0));
    let mut story = install();
    loader_stops(&mut story, "17m");
    deletes(&mut story, "32m");
    child_ends(&mut story, "40m");
    assert_eq!(tested(promise, &story), (1, 1));
}

#[test]
fn the_bootstrap_account_is_deleted_on_time() {
    let promise = PromiseId::BootstrapAccountDeletedOnTime;
    let run = |at: Option<&str>, until: &str| {
        let mut story = install();
        child_ends(&mut story, "16m");
        loader_stops(&mut story, "17m");
        if let Some(at) = at {
            deletes(&mut story, at);
        }
        end(&mut story, until);
        tested(promise, &story)
    };
    assert_eq!(run(Some("32m"), "1h"), (1, 0));
    assert_eq!(run(Some("31m"), "1h"), (1, 1), "too early");
    assert_eq!(run(Some("33m"), "1h"), (1, 1), "too late");
    assert_eq!(run(None, "1h"), (1, 1), "not at all");
    assert_eq!(run(None, "30m"), (0, 0), "its time has not come");
}

#[test]
fn no_temporary_account_is_left_over() {
    let promise = PromiseId::NoTemporaryAccountLeftOver;
    let run = |deleted: bool, over: bool, until: &str| {
        let mut story = install();
        child_ends(&mut story, "16m");
        loader_stops(&mut story, "17m");
        if over {
            story
                .by(Some(1))
                .event("SMS1", EventKind::InstallEnded { client: "BDC1".into(), attempts: 1, code: 0 });
        }
        if deleted {
            deletes(&mut story, "32m");
        }
        end(&mut story, until);
        tested(promise, &story)
    };
    assert_eq!(run(true, true, "1h"), (1, 0));
    assert_eq!(run(false, true, "1h"), (1, 1));
    assert_eq!(run(false, false, "1h"), (0, 0), "the install goes on");
    assert_eq!(run(false, true, "30m"), (0, 0), "its time has not come");
}

#[test]
fn the_loader_outlives_its_child() {
    let promise = PromiseId::LoaderOutlivesItsChild;
    let mut story = install();
    child_ends(&mut story, "16m");
    loader_stops(&mut story, "17m");
    assert_eq!(tested(promise, &story), (1, 0));
    let mut story = install();
    loader_stops(&mut story, "17m");
    child_ends(&mut story, "18m");
    assert_eq!(tested(promise, &story), (1, 1));
    let mut killed = install();
    killed.at("17m").process_ends("BDC1", 1, "CCMBtLdr.exe", None);
    assert_eq!(tested(promise, &killed), (0, 0), "ended from outside");
}

#[test]
fn retries_stay_within_their_bound() {
    let promise = PromiseId::RetriesStayWithinTheirBound;
    let run = |starts: &[&str]| {
        let mut story = Story::default();
        for (place, at) in starts.iter().enumerate() {
            let attempt = place as u32 + 1;
            story.at(at).event("SMS1", EventKind::AttemptBegan { client: "BDC1".into(), attempt });
        }
        tested(promise, &story)
    };
    assert_eq!(run(&["0s", "1h", "2h"]), (2, 0));
    assert_eq!(run(&["0s", "59m", "2h"]), (2, 1));
    assert_eq!(run(&["0s", "1h", "7d"]), (2, 1));
    let mut again = Story::default();
    again.event("SMS1", EventKind::AttemptBegan { client: "BDC1".into(), attempt: 1 });
    let (request, client, queue) = ("r".into(), "BDC1".into(), Queue::Incoming);
    again.at("10m").event("SMS1", EventKind::Queued { request, client, queue });
    again.event("SMS1", EventKind::AttemptBegan { client: "BDC1".into(), attempt: 2 });
    assert_eq!(tested(promise, &again), (0, 0), "a new request is no retry");
}

#[test]
fn a_wait_for_an_account_ends_within_its_maximum() {
    let promise = PromiseId::WaitEndsWithinItsMaximum;
    let run = |how| {
        let mut story = install();
        let what = WaitFor::Account { account: "SMS&_BDC1".into(), at: "BDC1".into() };
        story.at("63m").event("BDC1", EventKind::WaitEnded { what, how, lasted: span("60m") });
        tested(promise, &story)
    };
    assert_eq!(run(WaitEnd::Met), (1, 0));
    assert_eq!(run(WaitEnd::TimedOut), (1, 1));
}

#[test]
fn a_wait_that_no_replication_ends_tells_what_its_last_look_found() {
    let told = |code| {
        let mut story = install();
        let what = WaitFor::Account { account: "SMS&_BDC1".into(), at: "BDC1".into() };
        story.at("63m").call("BDC1", Some(BOOT), "BDC1", VerbKind::UserChangePassword, "SMS&_BDC1", code);
        let (how, lasted) = (WaitEnd::TimedOut, span("60m"));
        story.event("BDC1", EventKind::WaitEnded { what, how, lasted });
        let findings = promises(&timeline(plan(), &story));
        let of_wait = |finding: &&Finding| finding.promise == PromiseId::WaitEndsWithinItsMaximum;
        findings.iter().find(of_wait).unwrap().breaches[0].text.clone()
    };
    assert_eq!(told(2221), "SMS&_BDC1 has not reached BDC1 in 1h, the longest wait");
    let refused = told(1327);
    assert!(refused.starts_with("SMS&_BDC1 is at BDC1, and the wait for it is not met in 1h"), "{refused}");
    assert!(refused.contains("1327"), "{refused}");
}

#[test]
fn the_service_waits_for_its_token_account_within_a_limit_of_its_own() {
    let mut story = install();
    story.starts(4, Role::ClientService, "BDC1", Some("SMS&_BDC1"), None, "BDC1");
    let what = WaitFor::Account { account: "SMSCliToknAcct&".into(), at: "BDC1".into() };
    let (how, lasted) = (WaitEnd::TimedOut, span("60m"));
    story.at("63m").event("BDC1", EventKind::WaitEnded { what, how, lasted });
    assert_eq!(tested(PromiseId::WaitEndsWithinItsMaximum, &story), (0, 0));
}

const AGENT: &str = "Software Inventory Agent";

fn due(account: Option<&str>, holds: bool, administrator: bool) -> EventKind {
    EventKind::ComponentDue {
        component: AGENT.into(),
        account: account.map(Into::into),
        needs: vec![Right::AssignPrimaryToken],
        holds: if holds { vec![Right::AssignPrimaryToken] } else { Vec::new() },
        needs_administrator: true,
        is_administrator: administrator,
    }
}

fn launched(code: u32) -> EventKind {
    EventKind::ComponentLaunched { component: AGENT.into(), code }
}

#[test]
fn a_component_launches_when_it_has_its_rights() {
    let promise = PromiseId::ComponentLaunchesWithItsRights;
    let run = |kinds: Vec<EventKind>| {
        let mut story = Story::default();
        story.starts(1, Role::ClientService, "WS1", Some("SMSCliSvcAcct&"), None, "WS1");
        for kind in kinds {
            story.event("WS1", kind);
        }
        tested(promise, &story)
    };
    let ready = || due(Some("SMSCliSvcAcct&"), true, true);
    assert_eq!(run(vec![ready(), launched(0)]), (1, 0));
    assert_eq!(run(vec![ready(), launched(1314)]), (1, 1));
    assert_eq!(run(vec![due(Some("S"), false, true), launched(1314)]), (0, 0));
    assert_eq!(run(vec![due(Some("S"), true, false), launched(5)]), (0, 0));
    assert_eq!(run(vec![ready(), ready(), launched(0)]), (1, 1), "it was passed over once");
}

#[test]
fn the_rights_of_a_component_are_kept() {
    let promise = PromiseId::ComponentRightsAreKept;
    let run = |account, holds, administrator| {
        let mut story = Story::default();
        story.event("WS1", due(account, holds, administrator));
        tested(promise, &story)
    };
    assert_eq!(run(Some("S"), true, true), (1, 0));
    assert_eq!(run(Some("S"), false, true), (1, 1));
    assert_eq!(run(Some("S"), true, false), (1, 1));
    assert_eq!(run(None, false, false), (0, 0), "Local System makes another promise");
}

#[test]
fn a_client_of_local_system_needs_no_policy() {
    let promise = PromiseId::LocalSystemNeedsNoPolicy;
    let run = |holds, code| {
        let mut story = Story::default();
        story.starts(1, Role::AdvancedClient, "WS1", None, None, "WS1");
        story.event("WS1", due(None, holds, true)).event("WS1", launched(code));
        tested(promise, &story)
    };
    assert_eq!(run(true, 0), (2, 0));
    assert_eq!(run(false, 0), (2, 1));
    assert_eq!(run(true, 1314), (2, 1));
}

#[test]
fn a_failed_launch_is_reported() {
    let promise = PromiseId::FailedLaunchIsReported;
    let run = |line: &str, key: &str, status: &str| {
        let mut story = Story::default();
        let component = StateKey::Component { component: Name::from(key) };
        // A machine whose agents the plan knows.
        story.event("BDC1", due(Some("S"), false, true)).event("BDC1", launched(1314));
        story.line("BDC1", "Clisvc.log", line);
        story.state("BDC1", component, Some(Value::Text(status.into())));
        end(&mut story, "1h");
        tested(promise, &story)
    };
    let (agent, pending) = ("Software Inventory Client Agent", "Install Pending");
    assert_eq!(run("\"sinv32.exe \" - Error : 1314", agent, pending), (1, 0));
    assert_eq!(run("Error launching (#0x522)!", agent, pending), (1, 0));
    assert_eq!(run("all is well", agent, pending), (1, 1));
    assert_eq!(run("Error : 1314", agent, "Installed"), (1, 1));
    assert_eq!(run("Error : 1314", "Hardware Inventory Client Agent", pending), (1, 1));
}

/// The client's service on BDC1 is refused its logon in minute 30, an hour before the end.
fn refused_start(cause: u32, installed: bool, status_then: Option<&str>) -> Story {
    let mut story = Story::default();
    let key = || StateKey::Component { component: "Software Inventory Client Agent".into() };
    if installed {
        story.state("BDC1", key(), Some(Value::Text("Installed".into())));
    }
    let service = "Clisvc".into();
    let (error, cause) = (Win32Error::SERVICE_LOGON_FAILED, Some(Win32Error(cause)));
    story.at("30m").fact("BDC1", Fact::ServiceFailed { service, error, cause });
    if let Some(status) = status_then {
        story.at("40m").state("BDC1", key(), Some(Value::Text(status.into())));
    }
    end(&mut story, "90m");
    story
}

#[test]
fn a_client_service_that_cannot_log_on_launches_nothing() {
    let of = |story: &Story| {
        [
            PromiseId::ComponentRightsAreKept,
            PromiseId::ComponentLaunchesWithItsRights,
            PromiseId::FailedLaunchIsReported,
        ]
        .map(|promise| tested(promise, story))
    };
    assert_eq!(of(&refused_start(1385, true, None)), [(1, 1), (0, 0), (1, 1)], "the right is lost");
    assert_eq!(of(&refused_start(1909, true, None)), [(0, 0), (1, 1), (1, 1)], "the account is locked");
    assert_eq!(of(&refused_start(1385, true, Some("Install Pending"))), [(1, 1), (0, 0), (1, 0)]);
    assert_eq!(of(&refused_start(1385, false, None)), [(0, 0); 3], "it is not installed yet");
    let mut other = refused_start(1385, true, None);
    if let EventKind::Fact(Fact::ServiceFailed { service, .. }) = &mut other.events[1].kind {
        *service = "Spooler".into();
    }
    assert_eq!(of(&other), [(0, 0); 3], "another service");
}

#[test]
fn every_promise_is_looked_at_in_every_run() {
    let findings = promises(&timeline(plan(), &Story::default()));
    assert_eq!(findings.iter().map(|finding| finding.promise).collect::<Vec<_>>(), PromiseId::ALL);
    assert!(findings.iter().all(|finding| finding.occasions == 0 && !finding.is_broken()));
}

fn ldap(story: &mut Story, operation: LdapOperation, at: &str, result: u32) {
    story.by(Some(9)).event(
        "WS1",
        EventKind::Ldap(Box::new(LdapCall {
            operation,
            at: at.into(),
            by: Some("Administrator".into()),
            connection: 1,
            entry: "CN=SVC,CN=Users,DC=corp,DC=example".into(),
            filter: String::new(),
            subject: Some("SVC".into()),
            result,
            entries: 0,
            seen: None,
            behind: None,
        })),
    );
}

fn committed(story: &mut Story, at: &str, version: u64) {
    story.by(None).fact(
        at,
        Fact::Committed {
            version: Version(version),
            stream: Stream::Sam,
            change: ChangeKind::UserAdd,
            subject: "SVC".into(),
            serial: version,
            urgent: false,
        },
    );
}

#[test]
fn a_bind_as_a_deleted_account_is_a_call_as_one() {
    let promise = PromiseId::NoCallAsADeletedAccount;
    let mut story = Story::default();
    story.starts(9, Role::Program, "WS1", Some("Administrator"), None, "program");
    story.by(None).user("PDC1", "SVC");
    story.by(None).user("BDC1", "SVC");
    ldap(&mut story, LdapOperation::Bind, "PDC1", 0);
    assert_eq!(tested(promise, &story), (1, 0));
    story.at("5m").by(None).gone("PDC1", "SVC");
    story.at("6m");
    ldap(&mut story, LdapOperation::Bind, "BDC1", 0);
    assert_eq!(tested(promise, &story), (2, 0), "the backup has not lost it");
    ldap(&mut story, LdapOperation::Search, "PDC1", 0);
    assert_eq!(tested(promise, &story), (2, 0), "to look for it is no bind");
    ldap(&mut story, LdapOperation::Bind, "PDC1", 49);
    assert_eq!(tested(promise, &story), (3, 1));
}

#[test]
fn the_last_read_shows_own_writes() {
    let promise = PromiseId::LastReadShowsOwnWrites;
    let mut story = Story::default();
    story.starts(9, Role::Program, "WS1", Some("Administrator"), None, "program");
    ldap(&mut story, LdapOperation::Search, "BDC1", 0);
    assert_eq!(tested(promise, &story), (0, 0), "nothing was written yet");
    committed(&mut story, "PDC1", 1);
    ldap(&mut story, LdapOperation::Add, "PDC1", 0);
    ldap(&mut story, LdapOperation::Search, "PDC1", 0);
    assert_eq!(tested(promise, &story), (1, 0));
    story.at("1m");
    ldap(&mut story, LdapOperation::Search, "BDC1", 0);
    assert_eq!(tested(promise, &story), (2, 1), "it has not arrived there");
    let arrives = Fact::Replicated {
        version: Version(1),
        stream: Stream::Sam,
        from: "PDC1".into(),
        committed: mockdc_mocks::SimTime::START,
    };
    story.at("2m").by(None).fact("BDC1", arrives);
    ldap(&mut story, LdapOperation::Search, "BDC1", 0);
    assert_eq!(tested(promise, &story), (2, 0), "who asks again until it is there does well");
    committed(&mut story, "PDC1", 2);
    ldap(&mut story, LdapOperation::Modify, "PDC1", 50);
    ldap(&mut story, LdapOperation::Search, "BDC1", 0);
    assert_eq!(tested(promise, &story), (2, 0), "a refused write is none");
}
