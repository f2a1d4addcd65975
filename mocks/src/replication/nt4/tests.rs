use proptest::prelude::*;

use super::Nt4;
use crate::directory::Rid;
use crate::replication::lab::{Lab, dcs};
use crate::{
    BusyHours, Counter, DeltaSizes, Fact, LinkSpec, Nt4BdcSpec, Nt4Spec, Right, Slots, Span, StateKey,
    Streams, SyncKind, SyncReason, Win32Error,
};

/// A pulse of five minutes, the first after one; BDCs answer at once.
fn spec() -> Nt4Spec {
    let bdc = Nt4BdcSpec { randomize: Span::ZERO, ..Nt4BdcSpec::default() };
    Nt4Spec { first_pulse: Some(Span::mins(1)), bdc, ..Nt4Spec::default() }
}

fn lab(spec: &Nt4Spec, names: &[&str]) -> Lab {
    lab_over(spec, names, &[])
}

fn lab_over(spec: &Nt4Spec, names: &[&str], links: &[LinkSpec]) -> Lab {
    let dcs = dcs(names);
    Lab::over(Nt4::new(spec, &dcs, Streams::new(1)), &dcs, links)
}

fn link(bits_per_second: u64, latency: Span) -> LinkSpec {
    let between = ("PDC1".into(), "BDC1".into());
    LinkSpec { between, bits_per_second: Some(bits_per_second), latency, busy: Vec::new() }
}

const PAIR: [&str; 2] = ["PDC1", "BDC1"];

#[test]
fn an_account_shows_at_the_bdc_with_the_next_pulse() {
    let mut lab = lab(&spec(), &PAIR);
    lab.run_to(Span::secs(61));
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(10));
    assert_eq!(lab.visible("BDC1", "alice"), Some(Span::mins(6)));
    let reasons: Vec<_> = lab.ended("BDC1");
    let Fact::SyncEnded { kind, reason, deltas, bytes, error, .. } = &reasons[0].1 else { panic!() };
    assert_eq!((*kind, *reason), (SyncKind::Partial, SyncReason::Notification));
    assert_eq!((*deltas, *bytes, *error), (1, 1_024, None));
}

#[test]
fn a_group_weighs_as_a_group_and_its_members() {
    let mut lab = lab(&spec(), &PAIR);
    lab.run_to(Span::secs(61));
    let users = ["a", "b", "c"].map(|name| lab.add_user("PDC1", name));
    lab.run_to(Span::mins(7));
    lab.add_group("PDC1", "staff", &users);
    lab.run_to(Span::mins(12));
    let sizes = DeltaSizes::default();
    let Fact::SyncEnded { bytes, .. } = lab.ended("BDC1")[1].1 else { panic!() };
    assert_eq!(bytes, sizes.group + 3 * sizes.member);
}

#[test]
fn a_synchronisation_that_moved_nothing_counts_no_bytes() {
    let mut lab = lab(&spec(), &PAIR);
    lab.run_to(Span::secs(61));
    lab.part("PDC1", "BDC1");
    assert_eq!(lab.synchronize("BDC1", false), Err(Win32Error::SERVER_UNAVAILABLE));
    lab.run_to(Span::mins(2));
    assert!(matches!(lab.ended("BDC1")[..], [(_, Fact::SyncEnded { bytes: 0, error: Some(_), .. })]));
    let bytes = StateKey::Counter { counter: Counter::BytesReceived };
    let counted = lab.facts("BDC1").any(|(_, fact)| matches!(fact, Fact::State { key, .. } if *key == bytes));
    assert!(!counted);
}

#[test]
fn a_bdc_answers_after_a_pause_within_its_randomize() {
    let spec = Nt4Spec { bdc: Nt4BdcSpec { randomize: Span::secs(1), ..spec().bdc }, ..spec() };
    let mut lab = lab(&spec, &PAIR);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(2));
    let visible = lab.visible("BDC1", "alice").unwrap();
    assert!((Span::mins(1)..=Span::secs(61)).contains(&visible), "{visible}");
}

#[test]
fn without_a_first_pulse_a_whole_pulse_passes() {
    let mut lab = lab(&Nt4Spec { first_pulse: None, ..spec() }, &PAIR);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(10));
    assert_eq!(lab.visible("BDC1", "alice"), Some(Span::mins(5)));
}

#[test]
fn nothing_wakes_an_idle_domain_before_the_pulse_maximum() {
    let mut lab = lab(&spec(), &PAIR);
    // Pulses come at 1, 6, 11, … minutes; the last one within 120 minutes of the start is at 116.
    assert_eq!(lab.model.next_timeout().map(|at| at.since(crate::SimTime::START)), Some(Span::mins(116)));
    lab.run_to(Span::mins(240));
    assert_eq!(lab.notified("PDC1", "BDC1"), vec![Span::mins(116), Span::mins(236)]);
    assert_eq!(lab.facts("BDC1").count(), 0);
}

#[test]
fn a_lockout_is_announced_at_once_and_takes_what_waits_with_it() {
    let mut lab = lab(&spec(), &PAIR);
    lab.run_to(Span::mins(2));
    let alice = lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(3));
    lab.lock_out("PDC1", alice);
    lab.run_to(Span::mins(4));
    lab.comment("PDC1", alice, "not urgent");
    lab.run_to(Span::mins(20));
    assert_eq!(lab.visible("BDC1", "alice"), Some(Span::mins(3)));
    // The rhythm of the pulses has not moved.
    assert_eq!(lab.notified("PDC1", "BDC1"), vec![Span::mins(3), Span::mins(6)]);
    assert!(lab.converged());
}

#[test]
fn a_forced_synchronisation_does_not_wait() {
    let mut lab = lab(&spec(), &["PDC1", "BDC1", "BDC2"]);
    lab.run_to(Span::mins(2));
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(3));
    assert!(lab.synchronize("BDC1", false).is_ok());
    assert!(lab.shows("BDC1", "alice") && !lab.shows("BDC2", "alice"));
    assert!(lab.synchronize_domain("PDC1", true).is_ok());
    lab.run_to(Span::mins(4));
    assert!(lab.shows("BDC2", "alice"));
    assert!(matches!(
        lab.ended("BDC2")[0].1,
        Fact::SyncEnded { kind: SyncKind::Full, reason: SyncReason::Forced, deltas: 1, .. }
    ));
}

#[test]
fn a_change_that_has_left_the_log_costs_a_full_synchronisation() {
    let spec = Nt4Spec { change_log_size: 32 * 4, ..spec() };
    let mut lab = lab(&spec, &PAIR);
    let alice = lab.add_user("PDC1", "alice");
    for n in 0..4 {
        lab.comment("PDC1", alice, &n.to_string());
    }
    lab.run_to(Span::mins(2));
    let ended = lab.ended("BDC1");
    assert!(matches!(
        ended[0].1,
        Fact::SyncEnded { kind: SyncKind::Partial, error: Some(Win32Error::SYNC_REQUIRED), deltas: 0, .. }
    ));
    assert!(matches!(
        ended[1].1,
        Fact::SyncEnded {
            kind: SyncKind::Full,
            reason: SyncReason::ChangeLogLost,
            deltas: 5,
            error: None,
            ..
        }
    ));
    assert!(lab.converged());
}

#[test]
fn a_delta_carries_the_object_as_it_is_when_fetched() {
    // The first of two deltas of one user brings the content of the second.
    let slow = [link(8_192, Span::ZERO)];
    let spec = Nt4Spec { bdc: Nt4BdcSpec { governor: 1, ..spec().bdc }, ..spec() };
    let mut lab = lab_over(&spec, &PAIR, &slow);
    let alice = lab.add_user("PDC1", "alice");
    lab.comment("PDC1", alice, "later");
    lab.run_to(Span::mins(1) + Span::secs(2));
    let comment = crate::directory::Part::Comment(alice);
    assert!(lab.controllers.database(lab.dc("BDC1")).records().value(&comment).is_some());
    assert_eq!(lab.counter("BDC1", Counter::DeltasReceived), 1);
    lab.run_to(Span::mins(10));
    assert_eq!(lab.counter("BDC1", Counter::DeltasReceived), 2);
}

#[test]
fn a_slow_link_takes_bits_over_bandwidth_and_busy_bytes_count_apart() {
    let busy =
        vec![BusyHours { from: Span::hours(8), to: Span::hours(17), days: Default::default(), left: 50 }];
    let links = [LinkSpec { busy, ..link(8_192, Span::millis(100)) }];
    let mut lab = lab_over(&spec(), &PAIR, &links);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(2));
    // The message and the call take 100 ms each; 1,024 bytes at half of 8,192 bit/s take 2 s, and 100 ms more.
    assert_eq!(lab.visible("BDC1", "alice"), Some(Span::mins(1) + Span::millis(2_300)));
    let Fact::SyncEnded { bytes, busy_bytes, took, .. } = lab.ended("BDC1")[0].1 else { panic!() };
    assert_eq!((bytes, busy_bytes, took), (1_024, 1_024, Span::millis(2_200)));
}

#[test]
fn a_governed_bdc_rests_between_its_calls() {
    let spec = Nt4Spec { bdc: Nt4BdcSpec { governor: 50, ..spec().bdc }, ..spec() };
    let mut lab = lab_over(&spec, &PAIR, &[link(524_288, Span::ZERO)]);
    for n in 0..128 {
        lab.add_user("PDC1", &format!("user{n}"));
    }
    lab.run_to(Span::mins(4));
    // Two chunks of 64 KB, a second each, with a second of rest between them.
    assert_eq!(lab.visible("BDC1", "user63"), Some(Span::secs(61)));
    assert_eq!(lab.visible("BDC1", "user127"), Some(Span::secs(63)));
}

#[test]
fn a_governor_of_nothing_never_replicates_and_frees_its_place() {
    let dcs = {
        let mut dcs = dcs(&["PDC1", "BDC1", "BDC2"]);
        dcs[2].nt4 = Some(Nt4BdcSpec { governor: 0, ..spec().bdc });
        dcs
    };
    let spec = Nt4Spec { pulse_concurrency: 1, ..spec() };
    let mut lab = Lab::new(Nt4::new(&spec, &dcs, Streams::new(1)), &dcs);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(30));
    // BDC2 stands first on the list and is given ten seconds.
    assert_eq!(lab.visible("BDC1", "alice"), Some(Span::secs(70)));
    assert!(!lab.shows("BDC2", "alice"));
}

#[test]
fn a_dead_bdc_keeps_its_place_for_its_time_out_and_asks_when_it_is_back() {
    let spec = Nt4Spec { pulse_concurrency: 1, pulse_timeout1: Span::secs(20), ..spec() };
    let mut lab = lab(&spec, &["PDC1", "BDC1", "BDC2"]);
    lab.take_down("BDC2", false);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(3));
    assert_eq!(lab.visible("BDC1", "alice"), Some(Span::secs(80)));
    lab.bring_up("BDC2");
    assert_eq!(lab.visible("BDC2", "alice"), Some(Span::mins(3)));
    assert!(matches!(lab.ended("BDC2")[0].1, Fact::SyncEnded { reason: SyncReason::Startup, .. }));
}

#[test]
fn full_at_start_makes_the_restart_a_full_synchronisation() {
    let spec = Nt4Spec { bdc: Nt4BdcSpec { full_at_start: true, ..spec().bdc }, ..spec() };
    let mut lab = lab(&spec, &PAIR);
    lab.take_down("BDC1", false);
    lab.run_to(Span::mins(3));
    lab.bring_up("BDC1");
    assert!(matches!(lab.ended("BDC1")[0].1, Fact::SyncEnded { kind: SyncKind::Full, error: None, .. }));
}

/// Six BDCs over links of two seconds and more, the last on the list being the slowest to answer.
fn six(slots: Slots) -> Lab {
    let names = ["PDC1", "B1", "B2", "B3", "B4", "B5", "B6"];
    let links: Vec<_> = (1..=6)
        .map(|n| LinkSpec {
            between: ("PDC1".into(), format!("B{n}").into()),
            bits_per_second: None,
            latency: Span::secs(if n == 6 { 3 } else { 1 }),
            busy: Vec::new(),
        })
        .collect();
    let mut lab = lab_over(&Nt4Spec { pulse_concurrency: 2, slots, ..spec() }, &names, &links);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(3));
    lab
}

#[test]
fn sliding_places_are_filled_as_soon_as_one_is_free() {
    let lab = six(Slots::Sliding);
    // Told in reverse alphabetical order. B5 is done after 3 s, B6 after 9 s.
    let told: Vec<_> = (1..=6).map(|n| lab.notified("PDC1", &format!("B{n}"))[0]).collect();
    let seconds = |n: i64| Span::secs(60 + n);
    assert_eq!(told, [9, 9, 6, 3, 0, 0].map(seconds).to_vec());
}

#[test]
fn a_batch_is_over_when_all_of_it_are_done() {
    let lab = six(Slots::Batch);
    let told: Vec<_> = (1..=6).map(|n| lab.notified("PDC1", &format!("B{n}"))[0]).collect();
    let seconds = |n: i64| Span::secs(60 + n);
    assert_eq!(told, [12, 12, 9, 9, 0, 0].map(seconds).to_vec());
}

#[test]
fn the_engine_resumes_where_it_stopped_and_late_changes_reach_those_served_later() {
    let spec = Nt4Spec { pulse_concurrency: 1, bdc: Nt4BdcSpec { governor: 0, ..spec().bdc }, ..spec() };
    let mut lab = lab(&spec, &["PDC1", "B1", "B2", "B3"]);
    lab.run_to(Span::mins(1));
    lab.add_user("PDC1", "alice");
    // Nobody answers: B3, B2 and B1 keep the only place for ten seconds each.
    lab.run_to(Span::mins(6) + Span::secs(5));
    lab.run_to(Span::mins(12));
    let first: Vec<_> = ["B3", "B2", "B1"].iter().map(|bdc| lab.notified("PDC1", bdc)[0]).collect();
    assert_eq!(first, [360, 370, 380].map(Span::secs).to_vec());
    assert_eq!(lab.notified("PDC1", "B3")[1], Span::mins(11));
}

#[test]
fn a_change_made_during_a_cycle_reaches_the_bdcs_served_later_in_it() {
    let links: Vec<_> = ["B1", "B2"]
        .map(|bdc| LinkSpec {
            between: ("PDC1".into(), bdc.into()),
            bits_per_second: None,
            latency: Span::secs(2),
            busy: Vec::new(),
        })
        .to_vec();
    let spec = Nt4Spec { pulse_concurrency: 1, ..spec() };
    let mut lab = lab_over(&spec, &["PDC1", "B1", "B2"], &links);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::secs(65));
    lab.add_user("PDC1", "bob");
    lab.run_to(Span::mins(8));
    assert_eq!(lab.visible("B1", "bob"), Some(Span::secs(72)));
    assert_eq!(lab.visible("B2", "bob"), Some(Span::secs(360 + 6)));
    assert_eq!(lab.visible("B2", "alice"), Some(Span::secs(66)));
}

#[test]
fn a_cycle_that_lasts_longer_than_a_pulse_is_followed_at_once() {
    let spec = Nt4Spec {
        pulse_concurrency: 1,
        pulse: Span::secs(60),
        pulse_timeout1: Span::secs(90),
        bdc: Nt4BdcSpec { governor: 0, ..spec().bdc },
        ..spec()
    };
    let mut lab = lab(&spec, &PAIR);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(5));
    assert_eq!(lab.notified("PDC1", "BDC1"), [60, 150, 240].map(Span::secs).to_vec());
}

#[test]
fn a_partition_fails_the_synchronisation_and_the_next_pulse_makes_up_for_it() {
    let mut lab = lab_over(&spec(), &PAIR, &[link(8_192, Span::ZERO)]);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(1));
    lab.part("PDC1", "BDC1");
    assert_eq!(
        lab.synchronize("BDC1", true),
        Ok(crate::Reply::Done),
        "it is queued behind the one under way"
    );
    lab.run_to(Span::mins(7));
    let Fact::SyncEnded { error, deltas, .. } = &lab.ended("BDC1")[0].1 else { panic!() };
    assert_eq!((*error, *deltas), (Some(Win32Error::SERVER_UNAVAILABLE), 0));
    assert_eq!(lab.synchronize("BDC1", false), Err(Win32Error::SERVER_UNAVAILABLE));
    lab.run_to(Span::mins(8));
    lab.heal();
    lab.run_to(Span::mins(12));
    assert_eq!(lab.visible("BDC1", "alice"), Some(Span::mins(11) + Span::secs(1)));
    assert!(lab.converged());
}

#[test]
fn held_replication_goes_on_when_it_is_released() {
    let mut lab = lab(&spec(), &PAIR);
    lab.hold("BDC1");
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(3));
    assert!(!lab.shows("BDC1", "alice"));
    lab.heal();
    assert_eq!(lab.visible("BDC1", "alice"), Some(Span::mins(3)));
}

#[test]
fn a_pdc_that_loses_what_it_had_not_passed_on_names_it() {
    let mut lab = lab(&spec(), &PAIR);
    lab.add_user("PDC1", "alice");
    lab.run_to(Span::mins(2));
    let bob = lab.add_user("PDC1", "bob");
    lab.grant("PDC1", bob, Right::ServiceLogon);
    let lost = lab.take_down("PDC1", true);
    assert_eq!(lost, [2, 3].map(crate::Version).to_vec());
    lab.bring_up("PDC1");
    lab.add_user("PDC1", "carol");
    lab.run_to(Span::mins(7));
    assert!(lab.shows("BDC1", "carol"));
}

/// What a test does at the PDC or to a BDC, in turn, with minutes between.
#[derive(Clone, Debug)]
enum Act {
    Add,
    Comment(usize),
    Delete(usize),
    Grant(usize),
    Group(usize),
    LockOut(usize),
    Force(bool),
    ForceDomain(bool),
    Part,
    Heal,
}

fn acts() -> impl Strategy<Value = Vec<(i64, Act)>> {
    let act = prop_oneof![
        4 => Just(Act::Add),
        3 => (0..8_usize).prop_map(Act::Comment),
        1 => (0..8_usize).prop_map(Act::Delete),
        2 => (0..8_usize).prop_map(Act::Grant),
        1 => (0..8_usize).prop_map(Act::Group),
        1 => (0..8_usize).prop_map(Act::LockOut),
        1 => any::<bool>().prop_map(Act::Force),
        1 => any::<bool>().prop_map(Act::ForceDomain),
        1 => Just(Act::Part),
        1 => Just(Act::Heal),
    ];
    prop::collection::vec((0..200_i64, act), 1..40)
}

fn perform(lab: &mut Lab, acts: &[(i64, Act)], forcing: bool) {
    let mut users: Vec<Rid> = Vec::new();
    for (n, (seconds, act)) in acts.iter().enumerate() {
        let now = lab.now.since(crate::SimTime::START);
        lab.run_to(now + Span::secs(*seconds));
        let user = |i: &usize| users.get(*i % users.len().max(1)).copied();
        match act {
            Act::Add => {
                let rid = lab.add_user("PDC1", &format!("user{n}"));
                users.push(rid);
            }
            Act::Comment(i) => user(i).into_iter().for_each(|rid| lab.comment("PDC1", rid, &n.to_string())),
            Act::Grant(i) => {
                user(i).into_iter().for_each(|rid| lab.grant("PDC1", rid, Right::ServiceLogon));
            }
            Act::Group(i) => user(i).into_iter().for_each(|rid| {
                lab.add_group("PDC1", &format!("group{n}"), &[rid]);
            }),
            Act::LockOut(i) => user(i).into_iter().for_each(|rid| lab.lock_out("PDC1", rid)),
            Act::Delete(i) => {
                if let Some(rid) = user(i) {
                    lab.delete_user("PDC1", rid);
                    users.retain(|user| *user != rid);
                }
            }
            Act::Force(full) if forcing => drop(lab.synchronize("BDC1", *full)),
            Act::ForceDomain(full) if forcing => drop(lab.synchronize_domain("PDC1", *full)),
            Act::Part if forcing => lab.part("PDC1", "BDC1"),
            Act::Heal if forcing => lab.heal(),
            _ => {}
        }
    }
}

fn sums(lab: &Lab, at: &str) -> (u64, u64) {
    lab.ended(at).iter().fold((0, 0), |(deltas, bytes), (_, fact)| match fact {
        Fact::SyncEnded { deltas: d, bytes: b, .. } => (deltas + d, bytes + b),
        _ => (deltas, bytes),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_happens_the_bdcs_end_equal_and_the_costs_add_up(acts in acts(), log in 1..40_u64, speed in prop::option::of(2_000..64_000_u64)) {
        let spec = Nt4Spec { change_log_size: 32 * log, bdc: Nt4BdcSpec::default(), ..spec() };
        let links: Vec<_> = speed.map(|speed| link(speed, Span::millis(40))).into_iter().collect();
        let mut lab = lab_over(&spec, &["PDC1", "BDC1", "BDC2"], &links);
        perform(&mut lab, &acts, true);
        lab.heal();
        let end = lab.now.since(crate::SimTime::START) + Span::mins(30);
        lab.run_to(end);
        prop_assert!(lab.converged());
        let commits = lab.controllers.commits().len() as u64;
        for bdc in ["BDC1", "BDC2"] {
            let (deltas, bytes) = sums(&lab, bdc);
            prop_assert_eq!(deltas, lab.counter(bdc, Counter::DeltasReceived));
            prop_assert_eq!(bytes, lab.counter(bdc, Counter::BytesReceived));
            prop_assert_eq!(deltas, commits, "each change arrives once");
            let began = lab.facts(bdc).filter(|(_, fact)| matches!(fact, Fact::SyncBegan { .. })).count();
            prop_assert_eq!(began, lab.ended(bdc).len());
        }
    }

    #[test]
    fn a_full_synchronisation_gives_the_same_database_as_partial_ones(acts in acts()) {
        let names = ["PDC1", "BDC1"];
        let mut partial = lab(&spec(), &names);
        perform(&mut partial, &acts, false);
        let end = partial.now.since(crate::SimTime::START) + Span::mins(10);
        partial.run_to(end);
        let never = Nt4Spec { first_pulse: Some(Span::days(30)), ..spec() };
        let mut full = lab(&never, &names);
        perform(&mut full, &acts, false);
        prop_assert!(full.synchronize("BDC1", true).is_ok());
        prop_assert_eq!(partial.database("BDC1"), full.database("BDC1"));
    }

    #[test]
    fn a_forced_synchronisation_never_makes_an_account_visible_later(
        made in 0..900_i64, forced in 0..900_i64, full in any::<bool>(), domain in any::<bool>(),
    ) {
        let spec = Nt4Spec { bdc: Nt4BdcSpec::default(), ..spec() };
        let visible = |force: bool| {
            let mut lab = lab(&spec, &PAIR);
            let mut steps = [(made, false), (forced, true)];
            steps.sort();
            for (at, forces) in steps {
                lab.run_to(Span::secs(at));
                if !forces {
                    lab.add_user("PDC1", "alice");
                } else if force && domain {
                    let _ = lab.synchronize_domain("PDC1", full);
                } else if force {
                    let _ = lab.synchronize("BDC1", full);
                }
            }
            lab.run_to(Span::mins(30));
            lab.visible("BDC1", "alice").unwrap()
        };
        let pause = if domain && forced >= made { Span::secs(1) } else { Span::ZERO };
        prop_assert!(visible(true) <= visible(false).max(Span::secs(forced) + pause));
    }
}
