//! Situations of the bare delay.

use std::collections::BTreeSet;

use crate::*;

fn minute(n: i64) -> SimTime {
    SimTime::START + Span::mins(n)
}

fn go(domain: &mut Domain, now: SimTime, host: &str, verb: Verb) -> u32 {
    let by = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    domain.apply(now, &by, &Operation::new(host, verb)).answer.err().map_or(0, Win32Error::code)
}

fn add(user: &str) -> Verb {
    Verb::UserAdd { user: user.into(), password: "p".into(), comment: None, flags: BTreeSet::new() }
}

fn info(user: &str) -> Verb {
    Verb::UserInfo { user: user.into() }
}

#[test]
fn each_stream_has_its_own_delay() {
    let constant = |minutes| Distribution::Constant(Span::mins(minutes));
    let delay = DelaySpec { all: constant(10), builtin: Some(constant(2)), ..DelaySpec::default() };
    let mut domain =
        Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::Delay(delay)).build(1).unwrap();
    go(&mut domain, minute(0), "PDC1", add("a"));
    go(&mut domain, minute(0), "PDC1", Verb::LocalGroupAdd { group: "L".into() });
    let members = || Verb::LocalGroupMembers { group: "L".into() };
    assert_eq!(go(&mut domain, minute(2), "BDC1", members()), 0);
    assert_eq!(go(&mut domain, minute(2), "BDC1", info("a")), 2221);
    assert_eq!(go(&mut domain, minute(10), "BDC1", info("a")), 0);
}

#[test]
fn a_membership_that_arrives_before_its_account_shows_with_the_account() {
    let constant = |minutes| Distribution::Constant(Span::mins(minutes));
    let delay = DelaySpec { all: constant(10), builtin: Some(constant(2)), ..DelaySpec::default() };
    let mut domain =
        Domain::builder().pdc("PDC1").bdc("BDC1").replication(Replication::Delay(delay)).build(1).unwrap();
    go(&mut domain, minute(0), "PDC1", add("a"));
    let join = Verb::LocalGroupAddMember { group: "Administrators".into(), member: "a".into() };
    go(&mut domain, minute(0), "PDC1", join);
    domain.advance(minute(60));
    let key = StateKey::Member { group: "Administrators".into(), member: "a".into() };
    let shown = domain.drain_facts().into_iter().filter(|record| record.host == "BDC1");
    let shown: Vec<SimTime> = shown
        .filter(|record| matches!(&record.fact, Fact::State { key: k, .. } if *k == key))
        .map(|record| record.at)
        .collect();
    assert_eq!(shown, [minute(10)]);
}

#[test]
fn a_controller_can_have_its_own_delay() {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").bdc("BDC2").delay(Span::mins(5));
    let all = Distribution::Constant(Span::mins(50));
    builder.spec().dcs[2].delay = Some(DelaySpec { all, ..DelaySpec::default() });
    let mut domain = builder.build(1).unwrap();
    go(&mut domain, minute(0), "PDC1", add("a"));
    assert_eq!(go(&mut domain, minute(5), "BDC1", info("a")), 0);
    assert_eq!(go(&mut domain, minute(49), "BDC2", info("a")), 2221);
    assert_eq!(go(&mut domain, minute(50), "BDC2", info("a")), 0);
}

#[test]
fn a_later_change_never_overtakes_an_earlier_one() {
    let all = Distribution::Uniform { from: Span::ZERO, to: Span::hours(2) };
    let delay = Replication::Delay(DelaySpec { all, ..DelaySpec::default() });
    for seed in 0..20 {
        let mut domain =
            Domain::builder().pdc("PDC1").bdc("BDC1").replication(delay.clone()).build(seed).unwrap();
        for n in 0..20 {
            go(&mut domain, minute(n), "PDC1", add(&format!("u{n}")));
        }
        domain.advance(minute(1_000));
        let versions: Vec<u64> = domain
            .drain_facts()
            .into_iter()
            .filter_map(|record| match record.fact {
                Fact::Replicated { version, .. } => Some(version.0),
                _ => None,
            })
            .collect();
        assert_eq!(versions, (1..=20).collect::<Vec<_>>());
    }
}

#[test]
fn forcing_one_controller_brings_everything_that_is_pending_there_at_once() {
    let mut domain =
        Domain::builder().pdc("PDC1").bdc("BDC1").bdc("BDC2").delay(Span::hours(9)).build(1).unwrap();
    go(&mut domain, minute(0), "PDC1", add("a"));
    go(&mut domain, minute(1), "PDC1", add("b"));
    assert_eq!(go(&mut domain, minute(2), "BDC1", Verb::Synchronize { full: false }), 0);
    assert_eq!(go(&mut domain, minute(2), "BDC1", info("a")), 0);
    assert_eq!(go(&mut domain, minute(2), "BDC1", info("b")), 0);
    assert_eq!(go(&mut domain, minute(2), "BDC2", info("a")), 2221);
    // What is committed afterwards takes its time again.
    go(&mut domain, minute(3), "PDC1", add("c"));
    assert_eq!(go(&mut domain, minute(4), "BDC1", info("c")), 2221);
    assert_eq!(go(&mut domain, minute(5), "BDC2", Verb::SynchronizeDomain { full: false }), 2226);
    assert_eq!(go(&mut domain, minute(5), "PDC1", Verb::SynchronizeDomain { full: false }), 0);
    assert_eq!(go(&mut domain, minute(5), "BDC2", info("c")), 0);
}

#[test]
fn what_is_held_arrives_in_order_when_the_hold_ends() {
    let hold = FaultKind::Hold { at: vec!["BDC1".into()] };
    let mut domain = Domain::builder()
        .pdc("PDC1")
        .bdc("BDC1")
        .delay(Span::mins(1))
        .fault("hold", hold, Span::ZERO, Some(Span::hours(1)))
        .build(1)
        .unwrap();
    go(&mut domain, minute(0), "PDC1", add("a"));
    go(&mut domain, minute(1), "PDC1", Verb::UserRename { user: "a".into(), to: "b".into() });
    assert_eq!(go(&mut domain, minute(59), "BDC1", info("a")), 2221);
    assert_eq!(go(&mut domain, minute(60), "BDC1", info("b")), 0);
}

#[test]
fn the_same_seed_draws_the_same_delays_and_another_seed_others() {
    let all = Distribution::Normal {
        mean: Span::mins(30),
        deviation: Span::mins(10),
        from: Span::mins(1),
        to: Some(Span::hours(1)),
    };
    let delay = Replication::Delay(DelaySpec { all, ..DelaySpec::default() });
    let arrival = |seed| {
        let mut domain =
            Domain::builder().pdc("PDC1").bdc("BDC1").replication(delay.clone()).build(seed).unwrap();
        go(&mut domain, minute(0), "PDC1", add("a"));
        domain.next_timeout()
    };
    assert_eq!(arrival(1), arrival(1));
    assert_ne!(arrival(1), arrival(2));
}

#[test]
fn forced_synchronisation_counts_what_it_brings() {
    let mut domain = Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::hours(9)).build(1).unwrap();
    for user in ["a", "b", "c"] {
        go(&mut domain, minute(0), "PDC1", add(user));
    }
    domain.drain_facts();
    go(&mut domain, minute(1), "BDC1", Verb::Synchronize { full: false });
    let ended = domain.drain_facts().into_iter().find_map(|record| match record.fact {
        Fact::SyncEnded { deltas, error, .. } => Some((deltas, error)),
        _ => None,
    });
    assert_eq!(ended, Some((3, None)));
}

#[test]
fn each_controller_says_when_a_change_is_due_there() {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").bdc("BDC2").delay(Span::mins(5));
    let all = Distribution::Constant(Span::mins(50));
    builder.spec().dcs[2].delay = Some(DelaySpec { all, ..DelaySpec::default() });
    let mut domain = builder.build(1).unwrap();
    domain.drain_facts();
    go(&mut domain, minute(0), "PDC1", add("a"));
    let committed = domain.drain_facts().into_iter().find_map(|record| match record.fact {
        Fact::Committed { version, .. } => Some(version),
        _ => None,
    });
    let due = |host: &str| domain.arrives_next(&host.into(), committed.expect("a commit"));
    assert_eq!([due("BDC1"), due("BDC2"), due("PDC1")], [Some(minute(5)), Some(minute(50)), None]);
}
