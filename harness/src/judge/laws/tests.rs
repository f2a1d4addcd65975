//! Each law, kept and broken, over hand-made runs.

use mockdc_mocks::{
    AdSpec, ChangeKind, Counter, Distribution, Fact, Invocation, OpenHours, Replication, Right, SiteLinkSpec,
    Span, StateKey, Stream, SyncKind, SyncReason, Value, Version, Weekday,
};
use mockdc_scenarios::Plan;

use super::*;
use crate::timeline::story::{Story, account_key, plan, span, time, timeline, token};
use crate::timeline::{EndReason, EventKind, Role, WaitEnd, WaitFor};

/// The laws that a story breaks, each once.
fn broken_of(plan: Plan, story: &Story) -> Vec<LawId> {
    let found = laws(&timeline(plan, story));
    found.iter().filter(|finding| !finding.breaches.is_empty()).map(|finding| finding.law).collect()
}

fn broken(story: &Story) -> Vec<LawId> {
    broken_of(plan(), story)
}

fn end(story: &mut Story, at: &str) {
    story.at(at).by(None).event("PDC1", EventKind::End { reason: EndReason::Until });
}

fn commit(version: u64) -> Fact {
    Fact::Committed {
        version: Version(version),
        stream: Stream::Sam,
        change: ChangeKind::UserAdd,
        subject: "A".into(),
        serial: version,
        urgent: false,
    }
}

fn replicated(version: u64, committed: &str) -> Fact {
    Fact::Replicated {
        version: Version(version),
        stream: Stream::Sam,
        from: "PDC1".into(),
        committed: time(committed),
    }
}

#[test]
fn time_runs_forward_and_ends() {
    let mut story = Story::default();
    story.user("PDC1", "A").at("1m").user("PDC1", "B");
    end(&mut story, "2m");
    assert_eq!(broken(&story), []);
    let mut back = Story::default();
    back.at("2m").user("PDC1", "A").at("1m").user("PDC1", "B");
    assert_eq!(broken(&back), [LawId::TimeRunsForward]);
    story.user("PDC1", "C");
    assert_eq!(broken(&story), [LawId::TimeRunsForward]);
    let mut gap = Story::default();
    gap.user("PDC1", "A").user("PDC1", "B");
    gap.events[1].seq = 2;
    assert_eq!(broken(&gap), [LawId::TimeRunsForward]);
}

#[test]
fn a_process_ends_once() {
    let mut story = Story::default();
    let started = Fact::ProcessStarted {
        process: mockdc_mocks::ProcessId(4),
        program: "Ccmboot.exe".into(),
        token: token(None, "BDC1"),
        parent: None,
    };
    story.fact("BDC1", started.clone()).process_ends("BDC1", 4, "Ccmboot.exe", Some(0));
    assert_eq!(broken(&story), []);
    story.process_ends("BDC1", 4, "Ccmboot.exe", None);
    assert_eq!(broken(&story), [LawId::ProcessEndsOnce]);
    let mut twice = Story::default();
    twice.fact("BDC1", started.clone()).fact("BDC1", started);
    assert_eq!(broken(&twice), [LawId::ProcessEndsOnce]);
}

fn delayed(delay: &str) -> Plan {
    let mut plan = plan();
    let all = Distribution::Constant(span(delay));
    plan.world.domain.replication = Replication::Delay(mockdc_mocks::DelaySpec { all, ..Default::default() });
    plan
}

/// A user made at the PDC in minute 1; at the BDC it shows as stated. The run lasts 5 hours.
fn replica(shows: Option<&str>, delay: &str, until: &str) -> Vec<LawId> {
    let mut story = Story::default();
    story.at("1m").fact("PDC1", commit(1));
    story.versioned("PDC1", account_key("A"), Some(Value::Text("user".into())), 1);
    if let Some(shows) = shows {
        story.at("10m").fact("BDC1", replicated(1, "1m"));
        story.versioned("BDC1", account_key("A"), Some(Value::Text(shows.into())), 1);
    }
    end(&mut story, until);
    broken_of(delayed(delay), &story)
}

#[test]
fn replicas_converge_when_they_have_had_the_time() {
    assert_eq!(replica(Some("user"), "30m", "5h"), []);
    assert_eq!(replica(None, "30m", "5h"), [LawId::ReplicasConverge]);
    assert_eq!(replica(Some("group"), "30m", "5h"), [LawId::ReplicasConverge]);
    assert_eq!(replica(None, "30m", "31m1s"), [LawId::ReplicasConverge]);
    assert_eq!(replica(None, "30m", "31m"), [], "too short to tell");
    assert_eq!(replica(None, "6h", "5h"), [], "a delay longer than the run");
    let mut left = Story::default();
    left.user("BDC1", "OLD");
    end(&mut left, "5h");
    assert_eq!(broken_of(delayed("1m"), &left), [LawId::ReplicasConverge], "a deletion that did not arrive");
}

#[test]
fn a_restored_controller_converges_anew_unless_its_numbers_roll_back() {
    let run = |plan: Plan, invocation, until: &str| {
        let mut story = Story::default();
        story.user("PDC1", "A").user("BDC1", "A");
        let restored = Fact::Restored { snapshot: "s".into(), taken: time("0s"), invocation };
        story.at("1h").fact("BDC1", restored);
        story.state("BDC1", account_key("A"), None);
        end(&mut story, until);
        broken_of(plan, &story)
    };
    assert_eq!(run(delayed("30m"), Invocation::Kept, "90m"), [], "the delay has begun anew");
    assert_eq!(run(delayed("30m"), Invocation::Kept, "91m"), [LawId::ReplicasConverge]);
    let mut ad = plan();
    ad.world.domain.replication = Replication::Ad(Default::default());
    assert_eq!(run(ad.clone(), Invocation::Kept, "12h"), [], "it never will");
    assert_eq!(run(ad, Invocation::New, "12h"), [LawId::ReplicasConverge]);
}

#[test]
fn a_controller_that_has_synchronised_since_the_last_change_has_everything() {
    let run = |began: &str, shows: bool, error: Option<mockdc_mocks::Win32Error>| {
        let mut story = Story::default();
        let begins = Fact::SyncBegan {
            from: "PDC1".into(),
            kind: SyncKind::Partial,
            reason: SyncReason::Notification,
        };
        let mut ends = synchronized(1, 8);
        if let Fact::SyncEnded { error: of, .. } = &mut ends {
            *of = error;
        }
        if began == "before" {
            story.fact("BDC1", begins.clone());
        }
        story.at("1m").fact("PDC1", commit(1));
        story.versioned("PDC1", account_key("A"), Some(Value::Text("user".into())), 1);
        if began == "after" {
            story.fact("BDC1", begins);
        }
        if shows {
            story.fact("BDC1", replicated(1, "1m"));
            story.versioned("BDC1", account_key("A"), Some(Value::Text("user".into())), 1);
        }
        story.fact("BDC1", ends);
        end(&mut story, "2m");
        broken(&story)
    };
    assert_eq!(run("after", true, None), []);
    assert_eq!(run("after", false, None), [LawId::ReplicasConverge]);
    assert_eq!(run("before", false, None), [], "it may have looked before the change");
    assert_eq!(run("after", false, Some(mockdc_mocks::Win32Error::SERVER_UNAVAILABLE)), [], "it failed");
}

#[test]
fn rights_of_the_directory_converge_and_those_of_a_policy_are_its_own_affair() {
    let run = |arrives: bool, by_policy: bool| {
        let right = || StateKey::Right { account: "A".into(), right: Right::Tcb };
        let mut story = Story::default();
        story.at("1m").fact("PDC1", commit(1)).versioned("PDC1", right(), Some(Value::Is(true)), 1);
        if arrives {
            story.at("2m").fact("BDC1", replicated(1, "1m"));
            story.versioned("BDC1", right(), Some(Value::Is(true)), 1);
        }
        if by_policy {
            story.state("PDC1", right(), Some(Value::Is(true)));
        }
        end(&mut story, "5h");
        broken_of(delayed("1m"), &story)
    };
    assert_eq!(run(true, false), []);
    assert_eq!(run(false, false), [LawId::ReplicasConverge]);
    assert_eq!(run(false, true), []);
}

#[test]
fn convergence_waits_for_every_model_and_for_faults() {
    let mut story = Story::default();
    story.at("1m").fact("PDC1", commit(1)).user("PDC1", "A");
    end(&mut story, "9h");
    assert_eq!(broken(&story), [LawId::ReplicasConverge], "nt4");
    let mut ad = plan();
    ad.world.domain.replication = Replication::Ad(Default::default());
    assert_eq!(broken_of(ad.clone(), &story), [LawId::ReplicasConverge], "ad");
    ad.world.dcs[1].machine.site = "Elsewhere".into();
    assert_eq!(broken_of(ad, &story), [], "no site link: it never replicates");
    let mut weekly = plan();
    let hours = |days: &[Weekday]| OpenHours {
        from: Span::hours(22),
        to: Span::hours(6),
        days: days.iter().copied().collect(),
    };
    let link = |open| SiteLinkSpec {
        name: "wan".into(),
        sites: vec!["Default-First-Site-Name".into(), "Elsewhere".into()],
        interval: Span::mins(180),
        first: None,
        cost: 100,
        open,
        jitter: None,
        notify: false,
    };
    let over = |open| AdSpec { site_links: vec![link(open)], ..AdSpec::default() };
    weekly.world.dcs[0].machine.site = "Default-First-Site-Name".into();
    weekly.world.dcs[1].machine.site = "Elsewhere".into();
    let mut days = Story::default();
    days.at("1m").fact("PDC1", commit(1)).user("PDC1", "A");
    end(&mut days, "4d");
    weekly.world.domain.replication = Replication::Ad(over(vec![hours(&[Weekday::Sat, Weekday::Sun])]));
    assert_eq!(broken_of(weekly.clone(), &days), [], "it opens at the weekend");
    weekly.world.domain.replication = Replication::Ad(over(vec![hours(&Weekday::ALL)]));
    assert_eq!(broken_of(weekly, &days), [LawId::ReplicasConverge], "it opens every night");
    let mut cut = plan();
    cut.world.faults.push(mockdc_mocks::FaultSpec {
        name: "cable".into(),
        kind: mockdc_mocks::FaultKind::Hold { at: vec!["BDC1".into()] },
        from: Span::ZERO,
        until: None,
        count: Default::default(),
        touches_nothing: false,
    });
    assert_eq!(broken_of(cut, &story), [], "held for ever");
}

#[test]
fn a_replica_shows_only_what_was_committed() {
    let mut story = Story::default();
    story.at("1m").fact("PDC1", commit(1)).at("2m").fact("BDC1", replicated(1, "1m"));
    assert_eq!(broken(&story), []);
    let mut early = Story::default();
    early.fact("BDC1", replicated(1, "1m")).at("1m").fact("PDC1", commit(1));
    assert_eq!(broken(&early), [LawId::ReplicasShowOnlyCommits]);
    let mut foreign = Story::default();
    foreign.fact("BDC1", replicated(9, "0s"));
    assert_eq!(broken(&foreign), [LawId::ReplicasShowOnlyCommits]);
    let mut misdated = Story::default();
    misdated.at("1m").fact("PDC1", commit(1)).at("2m").fact("BDC1", replicated(1, "30s"));
    assert_eq!(broken(&misdated), [LawId::ReplicasShowOnlyCommits]);
    let mut shown = Story::default();
    shown.versioned("BDC1", account_key("A"), Some(Value::Text("user".into())), 3);
    assert_eq!(broken(&shown), [LawId::ReplicasShowOnlyCommits]);
}

fn wait(limit: Option<&str>, ended: Option<(&str, WaitEnd)>, until: &str) -> Vec<LawId> {
    let what = WaitFor::Account { account: "A".into(), at: "BDC1".into() };
    let mut story = Story::default();
    story.starts(1, Role::Bootstrap, "BDC1", None, None, "BDC1");
    story.event("BDC1", EventKind::WaitBegan { what: what.clone(), limit: limit.map(span) });
    if let Some((at, how)) = ended {
        story.at(at).event("BDC1", EventKind::WaitEnded { what, how, lasted: span(at) });
    }
    end(&mut story, until);
    broken(&story)
}

#[test]
fn a_wait_ends_by_its_limit() {
    assert_eq!(wait(Some("60m"), Some(("60m", WaitEnd::TimedOut)), "2h"), []);
    assert_eq!(wait(Some("60m"), Some(("10m", WaitEnd::Met)), "2h"), []);
    assert_eq!(wait(Some("60m"), None, "30m"), []);
    assert_eq!(wait(None, None, "9h"), []);
    let law = [LawId::WaitsEndByTheirLimit];
    assert_eq!(wait(Some("60m"), Some(("61m", WaitEnd::Met)), "2h"), law);
    assert_eq!(wait(Some("60m"), Some(("59m", WaitEnd::TimedOut)), "2h"), law);
    assert_eq!(wait(None, Some(("1m", WaitEnd::TimedOut)), "2h"), law);
    assert_eq!(wait(Some("60m"), None, "2h"), law);
}

#[test]
fn a_last_look_may_be_answered_after_the_limit() {
    let what = WaitFor::Account { account: "A".into(), at: "BDC1".into() };
    let run = |took: &str| {
        let mut story = Story::default();
        story.starts(1, Role::Bootstrap, "BDC1", None, None, "BDC1");
        story.event("BDC1", EventKind::WaitBegan { what: what.clone(), limit: Some(span("60m")) });
        story.at("60m2s").call("BDC1", None, "PDC1", mockdc_mocks::VerbKind::UserInfo, "A", 0);
        if let EventKind::Call { took: of, .. } = &mut story.events[2].kind {
            *of = span(took);
        }
        let how = WaitEnd::Met;
        story.event("BDC1", EventKind::WaitEnded { what: what.clone(), how, lasted: span("60m2s") });
        broken(&story)
    };
    assert_eq!(run("2s"), []);
    assert_eq!(run("1s"), [LawId::WaitsEndByTheirLimit]);
}

fn synchronized(deltas: u64, bytes: u64) -> Fact {
    Fact::SyncEnded {
        from: "PDC1".into(),
        kind: SyncKind::Partial,
        reason: SyncReason::Notification,
        deltas,
        bytes,
        busy_bytes: 0,
        took: Span::ZERO,
        error: None,
    }
}

#[test]
fn counters_add_up() {
    let run = |told: i64| {
        let mut story = Story::default();
        let key = StateKey::Counter { counter: Counter::DeltasReceived };
        story.fact("BDC1", synchronized(2, 2_048)).fact("BDC1", synchronized(3, 1_024));
        story.state("BDC1", key, Some(Value::Number(told)));
        broken(&story)
    };
    assert_eq!(run(5), []);
    assert_eq!(run(4), [LawId::SumsAddUp]);
    let mut falls = Story::default();
    let key = StateKey::Counter { counter: Counter::BytesReceived };
    falls.state("BDC1", key.clone(), Some(Value::Number(9))).state("BDC1", key, Some(Value::Number(8)));
    assert_eq!(broken(&falls), [LawId::SumsAddUp]);
}

/// With a plain delay changes arrive by themselves before and after one that is forced.
#[test]
fn changes_that_arrive_outside_of_a_synchronisation_count_too() {
    let run = |told: i64| {
        let mut story = Story::default();
        let key = StateKey::Counter { counter: Counter::DeltasReceived };
        story.fact("PDC1", commit(1)).fact("BDC1", replicated(1, "0s"));
        story.fact("BDC1", synchronized(2, 0)).state("BDC1", key, Some(Value::Number(told)));
        broken(&story)
    };
    assert_eq!(run(3), []);
    assert_eq!(run(2), [LawId::SumsAddUp]);
}

#[test]
fn attempts_add_up() {
    let began = |attempt| EventKind::AttemptBegan { client: "BDC1".into(), attempt };
    let ended = |attempt| EventKind::AttemptEnded { client: "BDC1".into(), attempt, code: 5 };
    let over = |attempts| EventKind::InstallEnded { client: "BDC1".into(), attempts, code: 5 };
    let run = |kinds: Vec<EventKind>| {
        let mut story = Story::default();
        for kind in kinds {
            story.event("SMS1", kind);
        }
        broken(&story)
    };
    assert_eq!(run(vec![began(1), ended(1), began(2), ended(2), over(2), began(3)]), []);
    assert_eq!(run(vec![began(1), ended(1), over(2)]), [LawId::SumsAddUp]);
    assert_eq!(run(vec![began(2)]), [LawId::SumsAddUp]);
    assert_eq!(run(vec![began(1), ended(1), ended(1)]), [LawId::SumsAddUp]);
}

/// Two requests for one machine: each counts its own attempts.
#[test]
fn attempts_of_two_requests_add_up() {
    let run = |first: u32, second: u32| {
        let client = || mockdc_mocks::HostName::from("BDC1");
        let began = |attempt| EventKind::AttemptBegan { client: client(), attempt };
        let ended = |attempt| EventKind::AttemptEnded { client: client(), attempt, code: 5 };
        let over = |attempts| EventKind::InstallEnded { client: client(), attempts, code: 5 };
        let mut story = Story::default();
        story.by(Some(1)).event("SMS1", began(1)).by(Some(2)).event("SMS1", began(2));
        story.by(Some(1)).event("SMS1", ended(1)).event("SMS1", began(3)).event("SMS1", ended(3));
        story.event("SMS1", over(first)).by(Some(2)).event("SMS1", ended(2)).event("SMS1", over(second));
        broken(&story)
    };
    assert_eq!(run(2, 1), []);
    assert_eq!(run(3, 1), [LawId::SumsAddUp]);
    assert_eq!(run(2, 3), [LawId::SumsAddUp]);
}

#[test]
fn a_launch_finds_the_rights_that_policy_gives() {
    let run = |stated: bool, found: bool| {
        let mut story = Story::default();
        let right = StateKey::Right { account: "SMSCliSvcAcct&".into(), right: Right::Tcb };
        story.state("WS1", right, stated.then_some(Value::Is(true)));
        let due = EventKind::ComponentDue {
            component: "Software Inventory Agent".into(),
            account: Some("SMSCliSvcAcct&".into()),
            needs: vec![Right::Tcb],
            holds: if found { vec![Right::Tcb] } else { Vec::new() },
            needs_administrator: false,
            is_administrator: false,
        };
        story.event("WS1", due);
        broken(&story)
    };
    assert_eq!(run(true, true), []);
    assert_eq!(run(false, false), []);
    assert_eq!(run(true, false), [LawId::EffectiveRights]);
    assert_eq!(run(false, true), [LawId::EffectiveRights]);
}
