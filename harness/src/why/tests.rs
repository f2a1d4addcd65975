use std::sync::Arc;

use mockdc_scenarios::read_str;

use super::*;
use crate::orchestrator;

fn run(text: &str) -> Timeline {
    let plans = read_str("test.toml", text).unwrap_or_else(|report| panic!("{}", report.render(100)));
    orchestrator::run(&Arc::new(plans.into_iter().next().unwrap()), 1).unwrap()
}

fn find(run: &Timeline, wanted: impl Fn(&Event) -> bool) -> &Event {
    run.events.iter().find(|event| wanted(event)).expect("the event")
}

fn answer(run: &Timeline, event: &Event) -> String {
    why(run, event.seq).unwrap().lines().join("\n")
}

const SLOW_BDC: &str = r#"format = 1
name = "slow-bdc"

[domain]
replication = { nt4 = { pulse = "50m", first-pulse = "2m" } }

[[dc]]
name = "PDC1"
role = "pdc"

[[dc]]
name = "BDC1"

[[site-server]]
name = "SMS1"
site = "ABC"

[[client]]
machine = "BDC1"
profile = "sms-2.0-sp3"

[[step]]
at = "0s"
install = { client = "BDC1", by = "SMS1" }
"#;

#[test]
fn a_stale_read_names_what_was_written_where_and_when_it_got_through() {
    let run = run(SLOW_BDC);
    let read = find(&run, |event| {
        event.host.as_str() == "BDC1" && matches!(event.kind, EventKind::Call { code: 2221, .. })
    });
    let told = answer(&run, read);
    let written = find(
        &run,
        |event| matches!(&event.kind, EventKind::Fact(Fact::Committed { subject, .. }) if *subject == *"SMS&_BDC1"),
    );
    let EventKind::Fact(Fact::Committed { version, .. }) = &written.kind else { unreachable!() };
    let received = find(&run, |event| {
        event.host.as_str() == "BDC1"
            && matches!(&event.kind, EventKind::Fact(Fact::Replicated { version: of, .. }) if of == version)
    });
    assert!(told.contains("SMS&_BDC1 was written at PDC1 at 00:04:00.000"), "{told}");
    assert!(told.contains("it came from PDC1 at 00:52:"), "{told}");
    assert!(told.contains(&format!("[#{} #{}]", written.seq, received.seq)), "{told}");
    assert!(told.contains("tells its backup controllers every 50m"), "{told}");
}

#[test]
fn a_refused_caller_is_traced_to_whoever_deleted_its_account_and_why() {
    let run = run(SLOW_BDC);
    let refused = find(&run, |event| matches!(event.kind, EventKind::Call { code: 1326, .. }));
    let told = answer(&run, refused);
    for part in [
        "SMS#_BDC1 did not exist any more when it called PDC1",
        "SMS#_BDC1 was deleted at PDC1 at 00:33:00.000",
        "CCM at SMS1 deleted it",
        "the boot loader at BDC1 had ended at 00:18:00.000, 15m before",
        "bootstrap on the same host was still waiting",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    // The attempt's own end leads to the same.
    let ended = find(&run, |event| matches!(event.kind, EventKind::AttemptEnded { code: 1326, .. }));
    assert!(answer(&run, ended).contains("SMS#_BDC1 was deleted at PDC1"), "{}", answer(&run, ended));
}

#[test]
fn a_wait_says_what_ended_it_and_one_that_timed_out_what_came_too_late() {
    let run = run(SLOW_BDC);
    let over = |how: crate::timeline::WaitEnd| {
        run.events.iter().find(move |event| {
            matches!(&event.kind, EventKind::WaitEnded { how: ended, what: crate::timeline::WaitFor::Account { .. }, .. }
                if *ended == how)
        })
    };
    let met = over(crate::timeline::WaitEnd::Met).unwrap();
    let told = answer(&run, met);
    assert!(told.contains("what it waited for came about at 00:02:") && told.contains("it looked"), "{told}");
    let late = self::run(
        &SLOW_BDC
            .replace("pulse = \"50m\", first-pulse = \"2m\"", "pulse = \"40h\", first-pulse = \"2m\"")
            .replace("name = \"slow-bdc\"\n", "name = \"slow-bdc\"\nuntil = \"50h\"\n"),
    );
    let timed_out = find(&late, |event| {
        matches!(
            event.kind,
            EventKind::WaitEnded {
                how: crate::timeline::WaitEnd::TimedOut,
                what: crate::timeline::WaitFor::Account { .. },
                ..
            }
        )
    });
    let told = answer(&late, timed_out);
    assert!(told.contains("may last 1h") && told.contains("came about only at 1d 16:02:"), "{told}");
}

const TAKEN: &str = r#"format = 1
name = "taken"
until = "2h"

[[dc]]
name = "DC1"
role = "pdc"
os = "windows-2000"

[[machine]]
name = "WS1"
os = "windows-2000"
refresh = { every = "90m", first = "10m" }

[[client]]
machine = "WS1"
profile = "sms-2003-legacy"
installed = true

[[step]]
id = "edit"
at = "5m"
edit-policy = { policy = "Default Domain Policy", define-right = { right = "SeTcbPrivilege", holders = ["Administrator"] } }

[[step]]
at = "30m"
restart-service = { host = "WS1", service = "Clisvc" }
"#;

#[test]
fn a_missing_right_names_the_object_that_won_and_the_setting() {
    let run = run(TAKEN);
    let refused =
        find(&run, |event| matches!(&event.kind, EventKind::ComponentLaunched { code, .. } if *code != 0));
    let told = answer(&run, refused);
    assert!(told.contains("lacks SeTcbPrivilege"), "{told}");
    assert!(told.contains("lost SeTcbPrivilege at WS1 at 00:10:00.000"), "{told}");
    assert!(
        told.contains("Default Domain Policy won") && told.contains("`SeTcbPrivilege = Administrator`"),
        "{told}"
    );
    let edit = find(&run, |event| matches!(&event.kind, EventKind::Step { id, .. } if *id == *"edit"));
    assert!(told.contains(&format!("it was edited so at 00:05:00.000  [#{}]", edit.seq)), "{told}");
}

#[test]
fn every_event_of_a_run_has_an_answer_and_names_only_events_that_there_are() {
    for text in [SLOW_BDC, TAKEN] {
        let run = run(text);
        for event in &run.events {
            let told = why(&run, event.seq).unwrap();
            let mut rest = vec![&told];
            while let Some(next) = rest.pop() {
                assert!(next.events.iter().all(|seq| *seq < run.events.len() as u64), "{next:?}");
                rest.extend(&next.because);
            }
        }
        assert_eq!(why(&run, run.events.len() as u64), None);
    }
}
