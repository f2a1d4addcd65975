//! What becomes of changes that were made at two controllers before they heard of each other.

use super::Ad;
use super::tests::{lab, wan};
use crate::directory::{Part, RecordValue, Rid};
use crate::replication::lab::{Lab, dcs, dcs_in_sites};
use crate::{
    AdSpec, AdVersion, ChangeKind, Fact, FunctionalLevel, SiteLinkSpec, Span, Stream, Streams, SyncReason,
    Win32Error,
};

const PAIR: [&str; 2] = ["DC1", "DC2"];

fn level(level: FunctionalLevel) -> Lab {
    let dcs = dcs(&["DC1", "DC2", "DC3"]);
    let spec = AdSpec { version: AdVersion::Windows2003, functional_level: Some(level), ..AdSpec::default() };
    Lab::new(Ad::new(&spec, &dcs, Span::ZERO, Streams::new(1)), &dcs)
}

fn members(lab: &Lab, at: &str, group: Rid) -> Vec<u32> {
    let value = lab.controllers.database(lab.dc(at)).records().value(&Part::GroupMembers(group));
    match value {
        Some(RecordValue::Members(members)) => members.iter().map(|rid| rid.0).collect(),
        _ => Vec::new(),
    }
}

fn name(lab: &Lab, at: &str, rid: Rid) -> Option<String> {
    lab.controllers.database(lab.dc(at)).name(rid).map(|name| name.as_str().to_owned())
}

fn settle(lab: &mut Lab) {
    for _ in 0..4 {
        lab.synchronize_domain("DC1", false).unwrap();
    }
    assert!(lab.converged());
}

/// A group with one member everywhere; then another joins at each of two controllers, which cannot hear of each other.
fn two_join_at_once(mut lab: Lab) -> (Lab, Rid, [u32; 3]) {
    let [a, b, c] = ["a", "b", "c"].map(|name| lab.add_user("DC1", name));
    let group = lab.add_group("DC1", "staff", &[a]);
    settle(&mut lab);
    lab.part("DC1", "DC2");
    lab.set_members("DC1", group, &[a, b]);
    lab.run_to(Span::secs(5));
    lab.set_members("DC2", group, &[a, c]);
    lab.heal();
    settle(&mut lab);
    (lab, group, [a.0, b.0, c.0])
}

#[test]
fn under_windows_2000_one_of_two_edits_of_a_group_is_lost() {
    let (lab, group, [a, _, c]) = two_join_at_once(level(FunctionalLevel::Windows2000));
    assert_eq!(members(&lab, "DC3", group), vec![a, c], "the later list as a whole");
}

#[test]
fn from_the_interim_level_on_both_edits_of_a_group_stay() {
    for at in [FunctionalLevel::Windows2003Interim, FunctionalLevel::Windows2003] {
        let (lab, group, all) = two_join_at_once(level(at));
        assert_eq!(members(&lab, "DC3", group), all.to_vec());
    }
}

#[test]
fn of_a_joining_and_a_leaving_of_one_member_the_one_written_more_often_stays() {
    for (often, once) in [("DC1", "DC2"), ("DC2", "DC1")] {
        let mut lab = level(FunctionalLevel::Windows2003);
        let [a, b] = ["a", "b"].map(|name| lab.add_user("DC1", name));
        let group = lab.add_group("DC1", "staff", &[a]);
        settle(&mut lab);
        lab.part("DC1", "DC2");
        // Edits of another member give a controller's version of `a` no greater weight.
        lab.set_members(once, group, &[a, b]);
        lab.set_members(once, group, &[a]);
        lab.set_members(once, group, &[]);
        lab.run_to(Span::secs(2));
        lab.set_members(often, group, &[]);
        lab.set_members(often, group, &[a]);
        lab.heal();
        settle(&mut lab);
        assert_eq!(members(&lab, "DC3", group), vec![a.0], "written twice at {often}, once at {once}");
    }
}

#[test]
fn a_linked_value_travels_without_the_rest_of_the_list() {
    let bytes = |at| {
        let mut lab = level(at);
        let rids: Vec<Rid> = (0..50).map(|n| lab.add_user("DC1", &format!("u{n}"))).collect();
        let group = lab.add_group("DC1", "staff", &rids[..49]);
        settle(&mut lab);
        lab.set_members("DC1", group, &rids);
        lab.run_to(Span::mins(5));
        match lab.ended("DC2").last() {
            Some((_, Fact::SyncEnded { bytes, deltas: 1, .. })) => *bytes,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(bytes(FunctionalLevel::Windows2000), 50 * 8);
    assert_eq!(bytes(FunctionalLevel::Windows2003), 8);
}

#[test]
fn the_making_of_a_list_without_values_is_handed_on() {
    let mut lab = level(FunctionalLevel::Windows2003);
    lab.part("DC1", "DC3");
    let group = lab.add_group("DC1", "staff", &[]);
    lab.run_to(Span::hours(1));
    let made = |at: &str| {
        lab.database(at).into_iter().filter(|(part, _)| *part == Part::GroupMembers(group)).count()
    };
    assert_eq!((made("DC2"), made("DC3")), (1, 1), "DC3 hears of it from DC2");
}

#[test]
fn a_deletion_stays_whatever_was_written_later_elsewhere() {
    let mut lab = lab(&PAIR);
    let alice = lab.add_user("DC1", "alice");
    settle(&mut lab);
    lab.part("DC1", "DC2");
    lab.delete_user("DC1", alice);
    lab.run_to(Span::secs(10));
    lab.comment("DC2", alice, "later");
    lab.rename("DC2", alice, "alicia");
    lab.rename("DC2", alice, "aline");
    lab.heal();
    settle(&mut lab);
    for at in PAIR {
        assert_eq!(name(&lab, at, alice), None);
        let records = lab.controllers.database(lab.dc(at)).records();
        assert_eq!(records.value(&Part::Comment(alice)), None, "a tombstone keeps no comment");
    }
}

#[test]
fn a_group_that_was_deleted_takes_no_members_from_elsewhere() {
    for at in [FunctionalLevel::Windows2000, FunctionalLevel::Windows2003] {
        let mut lab = level(at);
        let a = lab.add_user("DC1", "a");
        let group = lab.add_group("DC1", "staff", &[]);
        settle(&mut lab);
        lab.part("DC1", "DC2");
        lab.delete_group("DC1", group);
        lab.run_to(Span::secs(10));
        lab.set_members("DC2", group, &[a]);
        lab.heal();
        settle(&mut lab);
        assert_eq!((name(&lab, "DC2", group), members(&lab, "DC2", group)), (None, Vec::new()));
    }
}

#[test]
fn of_two_accounts_of_one_name_the_one_made_last_keeps_it() {
    let mut lab = lab(&PAIR);
    lab.part("DC1", "DC2");
    let first = lab.add_user("DC1", "alice");
    lab.run_to(Span::secs(1));
    let last = lab.add_user("DC2", "alice");
    lab.heal();
    settle(&mut lab);
    for at in PAIR {
        assert_eq!(name(&lab, at, last).as_deref(), Some("alice"));
        assert_eq!(name(&lab, at, first), Some(format!("$DUPLICATE-{:x}", first.0)));
        let known = lab.controllers.database(lab.dc(at)).user(&"alice".into());
        assert_eq!(known, Some(last));
    }
    let renamed = lab.controllers.commits().iter().filter(|commit| commit.change == ChangeKind::UserRename);
    assert!(renamed.count() >= 1, "the controller that sees both writes the new name");
}

#[test]
fn a_name_that_was_given_up_in_time_is_no_conflict() {
    let mut lab = lab(&PAIR);
    lab.part("DC1", "DC2");
    let first = lab.add_user("DC1", "alice");
    lab.rename("DC1", first, "alicia");
    let last = lab.add_user("DC2", "alice");
    lab.heal();
    settle(&mut lab);
    assert_eq!(
        (name(&lab, "DC2", first).as_deref(), name(&lab, "DC1", last).as_deref()),
        (Some("alicia"), Some("alice"))
    );
}

#[test]
fn the_time_of_a_stamp_counts_in_seconds_and_then_the_originator() {
    for (apart, stays) in [(Span::millis(999), "from DC2"), (Span::millis(1_000), "from DC1")] {
        let mut lab = lab(&PAIR);
        let alice = lab.add_user("DC1", "alice");
        settle(&mut lab);
        lab.part("DC1", "DC2");
        lab.comment("DC2", alice, "from DC2");
        lab.run_to(apart);
        lab.comment("DC1", alice, "from DC1");
        lab.heal();
        settle(&mut lab);
        let comment = lab.controllers.database(lab.dc("DC1")).records().value(&Part::Comment(alice)).cloned();
        assert_eq!(comment, Some(RecordValue::Text(stays.into())), "{apart} apart");
    }
}

#[test]
fn a_version_counts_before_the_time() {
    let mut lab = lab(&PAIR);
    let alice = lab.add_user("DC1", "alice");
    settle(&mut lab);
    lab.part("DC1", "DC2");
    lab.comment("DC1", alice, "once");
    lab.comment("DC1", alice, "twice");
    lab.run_to(Span::mins(1));
    lab.comment("DC2", alice, "later, and once");
    lab.heal();
    settle(&mut lab);
    let comment = lab.controllers.database(lab.dc("DC2")).records().value(&Part::Comment(alice)).cloned();
    assert_eq!(comment, Some(RecordValue::Text("twice".into())));
}

/// DC2 is away from a minute after the deletion until `days` after it.
fn back_after(version: AdVersion, days: i64) -> (Lab, Rid) {
    let dcs = dcs(&PAIR);
    let spec = AdSpec { version, ..AdSpec::default() };
    let mut lab = Lab::new(Ad::new(&spec, &dcs, Span::ZERO, Streams::new(1)), &dcs);
    let alice = lab.add_user("DC1", "alice");
    settle(&mut lab);
    lab.take_down("DC2", false);
    lab.delete_user("DC1", alice);
    lab.run_to(Span::days(days));
    lab.bring_up("DC2");
    (lab, alice)
}

#[test]
fn a_controller_that_comes_back_within_the_tombstones_lifetime_hears_of_the_deletion() {
    for version in [AdVersion::Windows2000, AdVersion::Windows2003] {
        let (lab, alice) = back_after(version, 60);
        assert_eq!(name(&lab, "DC2", alice), None);
        assert!(lab.converged());
    }
}

#[test]
fn after_the_lifetime_an_object_lingers_and_windows_2003_refuses_the_controller() {
    let (mut lab, alice) = back_after(AdVersion::Windows2000, 61);
    lab.add_user("DC1", "bob");
    assert!(lab.synchronize("DC2", false).is_ok());
    assert!(name(&lab, "DC2", alice).is_some() && lab.shows("DC2", "bob"), "the deletion is forgotten");
    let (mut lab, alice) = back_after(AdVersion::Windows2003, 61);
    assert_eq!(lab.synchronize("DC2", false), Err(Win32Error::REPL_LIFETIME_EXCEEDED));
    assert!(name(&lab, "DC2", alice).is_some());
}

fn over_the_wan(link: SiteLinkSpec, version: AdVersion) -> Lab {
    let dcs = dcs_in_sites(&[("DC1", "HQ"), ("DC2", "Branch")]);
    let spec = AdSpec { version, site_links: vec![link], ..AdSpec::default() };
    Lab::new(Ad::new(&spec, &dcs, Span::hours(9), Streams::new(1)), &dcs)
}

#[test]
fn a_schedule_lets_changes_pass_in_its_hours_only() {
    let open = vec![crate::OpenHours { from: Span::hours(22), to: Span::hours(4), days: Default::default() }];
    let link = SiteLinkSpec { open, jitter: None, ..wan(&["HQ", "Branch"]) };
    let mut lab = over_the_wan(link, AdVersion::Windows2003);
    lab.add_user("DC1", "alice");
    lab.run_to(Span::hours(15));
    lab.add_user("DC1", "bob");
    lab.run_to(Span::hours(20));
    lab.add_user("DC1", "carol");
    lab.run_to(Span::hours(48));
    // The run starts at 9:00; the window opens at 22:00, and every three hours in it.
    assert_eq!(lab.visible("DC2", "alice"), Some(Span::hours(13)));
    assert_eq!(lab.visible("DC2", "bob"), Some(Span::hours(16)));
    assert_eq!(lab.visible("DC2", "carol"), Some(Span::hours(37)));
}

#[test]
fn windows_2000_adds_one_to_fifteen_minutes_between_sites() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let dcs = dcs_in_sites(&[("DC1", "HQ"), ("DC2", "Branch")]);
        let link = SiteLinkSpec { jitter: None, ..wan(&["HQ", "Branch"]) };
        let spec = AdSpec { site_links: vec![link], ..AdSpec::default() };
        let mut lab = Lab::new(Ad::new(&spec, &dcs, Span::ZERO, Streams::new(seed)), &dcs);
        lab.add_user("DC1", "alice");
        lab.run_to(Span::hours(8));
        let late = lab.visible("DC2", "alice").unwrap() - Span::hours(3);
        assert!((Span::mins(1)..=Span::mins(15)).contains(&late), "{late}");
        seen.insert(late);
    }
    assert!(seen.len() > 10, "{seen:?}");
}

#[test]
fn notification_over_a_site_link_tells_of_urgent_changes_at_once() {
    for (notify, locked) in [(true, true), (false, false)] {
        let link = SiteLinkSpec { notify, ..wan(&["HQ", "Branch"]) };
        let mut lab = over_the_wan(link, AdVersion::Windows2003);
        let alice = lab.add_user("DC1", "alice");
        lab.synchronize("DC2", false).unwrap();
        lab.lock_out("DC1", alice);
        lab.run_to(Span::secs(1));
        let records = lab.controllers.database(lab.dc("DC2")).records();
        assert_eq!(records.value(&Part::Lockout(alice)).is_some(), locked);
        lab.comment("DC1", alice, "seen");
        lab.run_to(Span::mins(1));
        let told = lab.ended("DC2").iter().any(|(at, fact)| {
            *at == Span::secs(16) && matches!(fact, Fact::SyncEnded { reason: SyncReason::Notification, .. })
        });
        assert_eq!(told, notify);
    }
}

#[test]
fn rights_of_an_account_outlive_it_as_its_identifier_does() {
    let mut lab = lab(&PAIR);
    let alice = lab.add_user("DC1", "alice");
    lab.commit(
        "DC1",
        Stream::Lsa,
        ChangeKind::Rights,
        vec![(Part::Rights(alice), Some(RecordValue::Rights([crate::Right::ServiceLogon].into())))],
    );
    lab.delete_user("DC1", alice);
    settle(&mut lab);
    let records = lab.controllers.database(lab.dc("DC2")).records();
    assert!(records.value(&Part::Rights(alice)).is_some());
}
