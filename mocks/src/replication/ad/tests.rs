use proptest::prelude::*;

use super::Ad;
use crate::directory::{Part, RecordValue, Rid};
use crate::replication::lab::{Lab, dcs, dcs_in_sites};
use crate::{
    AdSpec, AdVersion, Counter, Fact, FunctionalLevel, LinkSpec, Right, SimTime, SiteLinkSpec, Span, Streams,
    SyncKind, SyncReason, Win32Error,
};

const RING: [&str; 4] = ["DC1", "DC2", "DC3", "DC4"];

pub(super) fn lab(names: &[&str]) -> Lab {
    let dcs = dcs(names);
    Lab::new(Ad::new(&AdSpec::default(), &dcs, Span::hours(9), Streams::new(1)), &dcs)
}

fn two_sites(first: Option<Span>) -> Lab {
    let dcs =
        dcs_in_sites(&[("DC1", "HQ"), ("DC2", "HQ"), ("DC3", "Branch"), ("DC4", "Branch"), ("DC5", "Moon")]);
    let link = SiteLinkSpec { first, ..wan(&["HQ", "Branch"]) };
    Lab::new(
        Ad::new(
            &AdSpec { site_links: vec![link], ..AdSpec::default() },
            &dcs,
            Span::hours(9),
            Streams::new(1),
        ),
        &dcs,
    )
}

/// Two controllers with a slow link between them.
fn over_a_link(bits_per_second: Option<u64>, latency: Span) -> Lab {
    let dcs = dcs(&["DC1", "DC2"]);
    let link = LinkSpec { between: ("DC1".into(), "DC2".into()), bits_per_second, latency, busy: Vec::new() };
    Lab::over(Ad::new(&AdSpec::default(), &dcs, Span::hours(9), Streams::new(1)), &dcs, &[link])
}

/// A site link as the product makes it, without jitter.
pub(super) fn wan(sites: &[&str]) -> SiteLinkSpec {
    SiteLinkSpec {
        name: "wan".into(),
        sites: sites.iter().map(|site| (*site).into()).collect(),
        interval: Span::mins(180),
        first: None,
        cost: 100,
        open: Vec::new(),
        jitter: Some(Span::ZERO),
        notify: false,
    }
}

fn seconds(n: i64) -> Option<Span> {
    Some(Span::secs(n))
}

#[test]
fn of_two_syncs_asked_for_during_a_third_the_fuller_is_done() {
    let mut lab = over_a_link(None, Span::secs(1));
    lab.add_user("DC1", "alice");
    for full in [false, true, false] {
        lab.synchronize("DC2", full).unwrap();
    }
    lab.run_to(Span::mins(1));
    let kinds: Vec<_> = lab
        .ended("DC2")
        .into_iter()
        .map(|(_, fact)| match fact {
            Fact::SyncEnded { kind, reason: SyncReason::Forced, .. } => kind,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, [SyncKind::Partial, SyncKind::Full]);
}

#[test]
fn partners_are_notified_one_after_the_other_and_pull() {
    let mut lab = lab(&RING);
    lab.add_user("DC1", "alice");
    lab.run_to(Span::hours(2));
    assert_eq!(lab.visible("DC2", "alice"), seconds(300));
    assert_eq!(lab.visible("DC4", "alice"), seconds(330));
    // DC3 hears of it from DC2, whose first partner it is.
    assert_eq!(lab.visible("DC3", "alice"), seconds(600));
    assert!(lab.converged());
}

#[test]
fn windows_2003_waits_fifteen_seconds_and_three() {
    let dcs = dcs(&RING);
    let spec = AdSpec { version: AdVersion::Windows2003, ..AdSpec::default() };
    let mut lab = Lab::new(Ad::new(&spec, &dcs, Span::hours(9), Streams::new(1)), &dcs);
    lab.add_user("DC1", "alice");
    lab.run_to(Span::mins(5));
    assert_eq!(lab.visible("DC2", "alice"), seconds(15));
    assert_eq!(lab.visible("DC4", "alice"), seconds(18));
    assert_eq!(lab.visible("DC3", "alice"), seconds(30));
}

#[test]
fn the_vector_keeps_a_change_from_arriving_twice() {
    let mut lab = lab(&RING);
    lab.add_user("DC1", "alice");
    lab.run_to(Span::hours(3));
    // DC3 has two partners that both hold the change; one of them delivers it.
    assert_eq!(lab.counter("DC3", Counter::DeltasReceived), 1);
    assert_eq!(lab.ended("DC3").len(), 1);
    assert_eq!(lab.counter("DC1", Counter::BytesReceived), 0);
    assert_eq!(lab.model.next_timeout(), None, "nothing ticks when all is told");
}

#[test]
fn the_later_of_two_writes_stays_everywhere() {
    let mut lab = lab(&RING);
    let alice = lab.add_user("DC1", "alice");
    lab.run_to(Span::mins(20));
    lab.comment("DC3", alice, "from DC3");
    lab.run_to(Span::mins(21));
    lab.comment("DC1", alice, "from DC1");
    lab.run_to(Span::hours(2));
    assert!(lab.converged());
    let comment = lab.database("DC2").into_iter().find(|(part, _)| *part == Part::Comment(alice)).unwrap().1;
    assert_eq!(comment.value, Some(RecordValue::Text("from DC1".into())));
}

#[test]
fn a_lockout_goes_through_the_site_at_once_and_waits_at_its_border() {
    let mut lab = two_sites(Some(Span::mins(30)));
    let alice = lab.add_user("DC2", "alice");
    lab.run_to(Span::mins(31));
    lab.lock_out("DC2", alice);
    lab.run_to(Span::mins(32));
    let locked = |lab: &Lab, at: &str| lab.database(at).iter().any(|(part, _)| *part == Part::Lockout(alice));
    assert!(locked(&lab, "DC1") && !locked(&lab, "DC3"));
    lab.run_to(Span::mins(211));
    assert!(locked(&lab, "DC3") && locked(&lab, "DC4"));
}

#[test]
fn a_site_link_opens_at_its_interval_and_no_link_means_never() {
    let mut lab = two_sites(None);
    lab.add_user("DC1", "alice");
    lab.run_to(Span::hours(8));
    assert_eq!(lab.visible("DC3", "alice"), Some(Span::mins(180)));
    assert_eq!(lab.visible("DC4", "alice"), Some(Span::mins(185)));
    assert!(!lab.shows("DC5", "alice"));
    assert!(matches!(lab.ended("DC3")[0].1, Fact::SyncEnded { reason: SyncReason::Schedule, .. }));
}

#[test]
fn a_password_goes_to_the_pdc_emulator_at_once_and_arrives_once() {
    let mut lab = lab(&RING);
    let alice = lab.add_user("DC3", "alice");
    lab.set_password("DC3", alice, 2);
    assert!(!lab.shows("DC1", "alice"), "an account that the emulator has not is left to replication");
    lab.run_to(Span::mins(20));
    lab.set_password("DC3", alice, 3);
    let version = |lab: &Lab, at: &str| {
        lab.database(at).into_iter().find_map(|(_, record)| match record.value {
            Some(RecordValue::Password(password)) => Some(password.version),
            _ => None,
        })
    };
    assert_eq!((version(&lab, "DC1"), version(&lab, "DC2")), (Some(3), Some(2)));
    lab.run_to(Span::hours(3));
    assert!(lab.converged());
    assert_eq!(lab.counter("DC1", Counter::DeltasReceived), 3);
}

#[test]
fn forcing_one_controller_pulls_from_its_partners_and_forcing_the_domain_reaches_all() {
    let mut lab = lab(&RING);
    lab.add_user("DC1", "alice");
    assert!(lab.synchronize("DC2", false).is_ok());
    assert!(lab.shows("DC2", "alice") && !lab.shows("DC3", "alice"));
    assert!(lab.synchronize_domain("DC1", false).is_ok());
    assert!(lab.converged());
    assert!(lab.synchronize("DC3", true).is_ok());
    assert!(lab.ended("DC3").iter().any(|(_, fact)| matches!(
        fact,
        Fact::SyncEnded { kind: SyncKind::Full, deltas: 0, bytes: 1_536, .. }
    )));
}

/// DC2 hears of DC1 over a slow link, and DC3 of DC1 by DC2 alone.
#[test]
fn a_sync_of_the_domain_that_waits_stays_one_when_a_controller_is_asked_for_as_well() {
    let dcs = dcs(&RING);
    let between = ("DC1".into(), "DC2".into());
    let link = LinkSpec { between, bits_per_second: None, latency: Span::secs(1), busy: Vec::new() };
    let ad = Ad::new(&AdSpec::default(), &dcs, Span::hours(9), Streams::new(1));
    let mut lab = Lab::over(ad, &dcs, &[link]);
    lab.part("DC1", "DC4");
    lab.add_user("DC1", "alice");
    let _ = lab.synchronize("DC2", false);
    // The source has read; its answer is on its way.
    lab.run_to(Span::millis(1_500));
    lab.add_user("DC1", "bob");
    let _ = lab.synchronize_domain("DC1", false);
    let _ = lab.synchronize("DC2", false);
    lab.run_to(Span::mins(1));
    assert_eq!(lab.visible("DC2", "alice"), Some(Span::secs(2)));
    assert_eq!(lab.visible("DC2", "bob"), Some(Span::secs(4)));
    assert_eq!(lab.visible("DC3", "bob"), Some(Span::secs(4)), "it goes on through the whole domain at once");
}

#[test]
fn what_a_partition_held_back_comes_with_the_hourly_poll() {
    let mut lab = lab(&["DC1", "DC2"]);
    lab.part("DC1", "DC2");
    lab.add_user("DC1", "alice");
    assert_eq!(lab.synchronize("DC2", false), Err(Win32Error::SERVER_UNAVAILABLE));
    lab.run_to(Span::mins(10));
    lab.heal();
    lab.run_to(Span::mins(61));
    assert_eq!(lab.visible("DC2", "alice"), Some(Span::mins(60)));
}

#[test]
fn held_replication_goes_on_when_it_is_released_and_a_restart_asks() {
    let mut lab = lab(&["DC1", "DC2"]);
    lab.hold("DC2");
    lab.add_user("DC1", "alice");
    lab.run_to(Span::mins(10));
    assert!(!lab.shows("DC2", "alice"));
    lab.heal();
    assert_eq!(lab.visible("DC2", "alice"), Some(Span::mins(10)));
    lab.take_down("DC2", false);
    lab.add_user("DC1", "bob");
    lab.run_to(Span::mins(20));
    lab.bring_up("DC2");
    assert_eq!(lab.visible("DC2", "bob"), Some(Span::mins(20)));
}

#[test]
fn a_crash_names_the_writes_that_nobody_else_has() {
    let mut lab = lab(&["DC1", "DC2"]);
    lab.add_user("DC2", "alice");
    lab.run_to(Span::mins(6));
    lab.add_user("DC2", "bob");
    assert_eq!(lab.take_down("DC2", true), vec![crate::Version(2)]);
}

#[test]
fn a_slow_link_delays_the_answer_and_leaves_a_trace_of_its_length() {
    let mut lab = over_a_link(Some(12_288), Span::millis(500));
    lab.add_user("DC1", "alice");
    lab.run_to(Span::mins(10));
    // The call takes 500 ms; 1,536 bytes take a second, and 500 ms more.
    assert_eq!(lab.visible("DC2", "alice"), Some(Span::secs(302)));
    assert!(matches!(lab.ended("DC2")[0].1, Fact::SyncEnded { bytes: 1_536, took: Span(1_500), .. }));
}

#[derive(Clone, Debug)]
enum Act {
    Add,
    Comment(usize),
    Delete(usize),
    Password(usize),
    Group(usize),
    Members(usize, usize),
    DeleteGroup(usize),
    Rename(usize, u8),
    Grant(usize),
    LockOut(usize),
    Pull,
    PullDomain,
    Part(usize),
    Heal,
}

fn acts() -> impl Strategy<Value = Vec<(i64, usize, Act)>> {
    let act = prop_oneof![
        3 => Just(Act::Add),
        3 => (0..6_usize).prop_map(Act::Comment),
        1 => (0..6_usize).prop_map(Act::Delete),
        1 => (0..6_usize).prop_map(Act::Password),
        1 => (0..6_usize).prop_map(Act::Group),
        3 => (0..6_usize, 0..6_usize).prop_map(|(group, user)| Act::Members(group, user)),
        1 => (0..6_usize).prop_map(Act::DeleteGroup),
        2 => (0..6_usize, 0..3_u8).prop_map(|(user, name)| Act::Rename(user, name)),
        1 => (0..6_usize).prop_map(Act::Grant),
        1 => (0..6_usize).prop_map(Act::LockOut),
        2 => Just(Act::Pull),
        1 => Just(Act::PullDomain),
        1 => (0..5_usize).prop_map(Act::Part),
        1 => Just(Act::Heal),
    ];
    prop::collection::vec((0..400_i64, 0..5_usize, act), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_order_of_writes_and_pulls_converges_and_the_costs_add_up(acts in acts(), linked in any::<bool>()) {
        const NAMES: [&str; 5] = ["DC1", "DC2", "DC3", "DC4", "DC5"];
        let dcs = dcs_in_sites(&[("DC1", "A"), ("DC2", "A"), ("DC3", "A"), ("DC4", "B"), ("DC5", "B")]);
        let link = SiteLinkSpec { interval: Span::mins(15), ..wan(&["A", "B"]) };
        let level = if linked { FunctionalLevel::Windows2003 } else { FunctionalLevel::Windows2000 };
        let spec =
            AdSpec { site_links: vec![link], functional_level: Some(level), ..AdSpec::default() };
        let mut lab = Lab::new(Ad::new(&spec, &dcs, Span::hours(9), Streams::new(1)), &dcs);
        let (mut users, mut groups): (Vec<Rid>, Vec<Rid>) = (Vec::new(), Vec::new());
        for (n, (wait, dc, act)) in acts.iter().enumerate() {
            let now = lab.now.since(SimTime::START);
            lab.run_to(now + Span::secs(*wait));
            let at = NAMES[*dc];
            // A verb finds only what its controller shows.
            let shown = |rid: &Rid| lab.controllers.database(lab.dc(at)).name(*rid).is_some();
            let user = |i: &usize| users.get(*i % users.len().max(1)).copied().filter(shown);
            let group = |i: &usize| groups.get(*i % groups.len().max(1)).copied().filter(shown);
            match act {
                Act::Add => users.push(lab.add_user(at, &format!("user{n}"))),
                Act::Comment(i) => user(i).into_iter().for_each(|rid| lab.comment(at, rid, &n.to_string())),
                Act::Delete(i) => user(i).into_iter().for_each(|rid| lab.delete_user(at, rid)),
                Act::Password(i) => user(i).into_iter().for_each(|rid| lab.set_password(at, rid, n as u64)),
                Act::Group(i) => user(i).into_iter().for_each(|rid| {
                    groups.push(lab.add_group(at, &format!("group{n}"), &[rid]));
                }),
                Act::Members(g, u) => group(g).zip(user(u)).into_iter().for_each(|(group, user)| {
                    lab.toggle_member(at, group, user);
                }),
                Act::DeleteGroup(g) => group(g).into_iter().for_each(|rid| lab.delete_group(at, rid)),
                Act::Rename(u, name) => user(u).into_iter().for_each(|rid| {
                    let name = format!("name{name}");
                    if !lab.shows(at, &name) {
                        lab.rename(at, rid, &name);
                    }
                }),
                Act::Grant(i) => user(i).into_iter().for_each(|rid| lab.grant(at, rid, Right::ServiceLogon)),
                Act::LockOut(i) => user(i).into_iter().for_each(|rid| lab.lock_out(at, rid)),
                Act::Pull => drop(lab.synchronize(at, n % 3 == 0)),
                Act::PullDomain => drop(lab.synchronize_domain(at, n % 3 == 0)),
                Act::Part(other) => lab.part(at, NAMES[*other]),
                Act::Heal => lab.heal(),
            }
        }
        lab.heal();
        let now = lab.now.since(SimTime::START);
        lab.run_to(now + Span::hours(6));
        for at in NAMES {
            for (one, other) in lab.database("DC1").into_iter().zip(lab.database(at)) {
                prop_assert_eq!(one, other, "DC1 and {}", at);
            }
        }
        prop_assert!(lab.converged());
        prop_assert_eq!(lab.model.next_timeout(), None);
        let commits = lab.controllers.commits().len();
        for (index, at) in NAMES.into_iter().enumerate() {
            let own = lab.controllers.commits().iter().filter(|commit| usize::from(commit.origin.0) == index);
            let foreign = commits - own.count();
            let (deltas, bytes) = lab.ended(at).iter().fold((0, 0), |(deltas, bytes), (_, fact)| match fact {
                Fact::SyncEnded { deltas: d, bytes: b, .. } => (deltas + d, bytes + b),
                _ => (deltas, bytes),
            });
            prop_assert_eq!(deltas, lab.counter(at, Counter::DeltasReceived));
            prop_assert_eq!(bytes, lab.counter(at, Counter::BytesReceived));
            prop_assert_eq!(deltas, foreign as u64, "each change arrives once");
            let began = lab.facts(at).filter(|(_, fact)| matches!(fact, Fact::SyncBegan { .. })).count();
            prop_assert_eq!(began, lab.ended(at).len());
            let names: Vec<String> = lab.controllers.database(lab.dc(at)).principals().map(|(_, p)| p.name.to_string()).collect();
            let unique: std::collections::BTreeSet<&String> = names.iter().collect();
            prop_assert_eq!(unique.len(), names.len(), "a name twice at {}: {:?}", at, names);
        }
    }
}
