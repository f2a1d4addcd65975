//! Controllers that are put back to an earlier state, under each model of replication.

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
    let (user, password) = (user.into(), "Pa55-word!".into());
    Verb::UserAdd { user, password, comment: None, flags: BTreeSet::new() }
}

fn join(user: &str) -> Verb {
    Verb::GroupAddUser { group: "Domain Admins".into(), user: user.into() }
}

fn take() -> Verb {
    Verb::SnapshotTake { name: "before".into() }
}

fn restore(invocation: Invocation) -> Verb {
    Verb::SnapshotRestore { name: "before".into(), invocation }
}

/// The users of these that a controller shows at an instant.
fn shown(domain: &mut Domain, now: SimTime, host: &str, users: &[&str]) -> Vec<String> {
    let there = |user: &&&str| go(domain, now, host, Verb::UserInfo { user: (**user).into() }) == 0;
    users.iter().filter(there).map(|user| (*user).to_owned()).collect()
}

/// A PDC and a BDC, whose machines boot in two minutes.
fn domain(replication: Replication) -> Domain {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").replication(replication);
    builder.spec().dcs.iter_mut().for_each(|dc| dc.machine.boot = Span::mins(2));
    builder.build(1).unwrap()
}

fn delay(minutes: i64) -> Replication {
    Replication::Delay(DelaySpec { all: Distribution::Constant(Span::mins(minutes)), ..DelaySpec::default() })
}

fn nt4() -> Replication {
    Replication::Nt4(Nt4Spec { pulse: Span::mins(5), ..Nt4Spec::default() })
}

/// The synchronisations that ended at a host since an instant: how each moved and what it brought.
fn synchronizations(domain: &mut Domain, host: &str, since: SimTime) -> Vec<(SyncKind, u64)> {
    let facts = domain.drain_facts().into_iter().filter(|record| record.host == host && record.at >= since);
    facts
        .filter_map(|record| match record.fact {
            Fact::SyncEnded { kind, deltas, error: None, .. } => Some((kind, deltas)),
            _ => None,
        })
        .collect()
}

#[test]
fn by_a_bare_delay_what_had_arrived_arrives_again() {
    let mut domain = domain(delay(10));
    go(&mut domain, minute(0), "PDC1", add("a"));
    assert_eq!(go(&mut domain, minute(15), "BDC1", take()), 0);
    go(&mut domain, minute(16), "PDC1", add("b"));
    go(&mut domain, minute(33), "PDC1", add("c"));
    assert_eq!(shown(&mut domain, minute(40), "BDC1", &["a", "b", "c"]), ["a", "b"]);
    assert_eq!(go(&mut domain, minute(41), "BDC1", restore(Invocation::Kept)), 0);
    assert_eq!(go(&mut domain, minute(42), "BDC1", Verb::UserInfo { user: "a".into() }), 1722, "it boots");
    // `c` was under way and does not overtake `b`, which comes ten minutes after the restore.
    assert_eq!(shown(&mut domain, minute(50), "BDC1", &["a", "b", "c"]), ["a"]);
    assert_eq!(shown(&mut domain, minute(51), "BDC1", &["a", "b", "c"]), ["a", "b", "c"]);
}

#[test]
fn what_a_restored_writer_has_lost_is_taken_back_after_the_delay() {
    let mut domain = domain(delay(10));
    go(&mut domain, minute(0), "PDC1", add("a"));
    go(&mut domain, minute(15), "PDC1", take());
    go(&mut domain, minute(16), "PDC1", add("b"));
    go(&mut domain, minute(17), "PDC1", join("a"));
    go(&mut domain, minute(30), "PDC1", add("c"));
    go(&mut domain, minute(35), "PDC1", restore(Invocation::Kept));
    assert_eq!(shown(&mut domain, minute(38), "PDC1", &["a", "b", "c"]), ["a"]);
    assert_eq!(shown(&mut domain, minute(44), "BDC1", &["a", "b", "c"]), ["a", "b"], "`c` never arrives");
    assert_eq!(shown(&mut domain, minute(45), "BDC1", &["a", "b", "c"]), ["a"]);
    assert_eq!(go(&mut domain, minute(46), "PDC1", add("b")), 0, "the name is free");
    assert_eq!(shown(&mut domain, minute(56), "BDC1", &["a", "b", "c"]), ["a", "b"]);
    // Both are put back once more, and end alike.
    go(&mut domain, minute(57), "BDC1", take());
    go(&mut domain, minute(58), "PDC1", restore(Invocation::Kept));
    assert_eq!(shown(&mut domain, minute(70), "BDC1", &["a", "b"]), ["a"]);
    go(&mut domain, minute(71), "BDC1", restore(Invocation::Kept));
    assert_eq!(shown(&mut domain, minute(74), "BDC1", &["a", "b"]), ["a", "b"]);
    assert_eq!(shown(&mut domain, minute(90), "BDC1", &["a", "b"]), ["a"]);
}

#[test]
fn a_bdc_of_windows_nt_asks_for_what_its_serial_numbers_lack() {
    let mut domain = domain(nt4());
    go(&mut domain, minute(0), "PDC1", add("a"));
    go(&mut domain, minute(10), "BDC1", take());
    go(&mut domain, minute(11), "PDC1", add("b"));
    assert_eq!(shown(&mut domain, minute(20), "BDC1", &["a", "b"]), ["a", "b"]);
    go(&mut domain, minute(21), "BDC1", restore(Invocation::Kept));
    domain.drain_facts();
    // It asks when it has booted, and the change log still holds what it wants.
    assert_eq!(shown(&mut domain, minute(23), "BDC1", &["a", "b"]), ["a", "b"]);
    assert_eq!(synchronizations(&mut domain, "BDC1", minute(21)), [(SyncKind::Partial, 1)]);
}

#[test]
fn a_bdc_older_than_the_change_log_synchronises_fully() {
    let small = Nt4Spec { pulse: Span::mins(5), change_log_size: 64, ..Nt4Spec::default() };
    let mut domain = domain(Replication::Nt4(small));
    go(&mut domain, minute(10), "BDC1", take());
    for user in ["a", "b", "c"] {
        go(&mut domain, minute(11), "PDC1", add(user));
    }
    go(&mut domain, minute(30), "BDC1", restore(Invocation::Kept));
    assert_eq!(shown(&mut domain, minute(40), "BDC1", &["a", "b", "c"]), ["a", "b", "c"]);
    let brought = synchronizations(&mut domain, "BDC1", minute(30));
    assert!(brought.contains(&(SyncKind::Full, 3)), "{brought:?}");
}

#[test]
fn a_pdc_of_windows_nt_behind_its_bdc_has_it_read_everything_anew() {
    let mut domain = domain(nt4());
    go(&mut domain, minute(0), "PDC1", add("a"));
    go(&mut domain, minute(10), "PDC1", take());
    go(&mut domain, minute(11), "PDC1", add("b"));
    go(&mut domain, minute(12), "PDC1", join("a"));
    assert_eq!(shown(&mut domain, minute(20), "BDC1", &["a", "b"]), ["a", "b"]);
    go(&mut domain, minute(21), "PDC1", restore(Invocation::Kept));
    domain.advance(minute(40));
    let brought = synchronizations(&mut domain, "BDC1", minute(21));
    assert_eq!(brought, [(SyncKind::Full, 0)]);
    assert_eq!(shown(&mut domain, minute(40), "BDC1", &["a", "b"]), ["a"]);
    let members = Verb::GroupMembers { group: "Domain Admins".into() };
    let by = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let answer = domain.apply(minute(40), &by, &Operation::new("BDC1", members)).answer;
    assert_eq!(answer, Ok(Reply::Members(vec!["Administrator".into()])));
}

/// A controller makes five users after its snapshot, everybody has them, and it is put back.
fn rolled_back(invocation: Invocation) -> Domain {
    let mut domain = domain(Replication::Ad(AdSpec::default()));
    go(&mut domain, minute(0), "BDC1", add("a"));
    go(&mut domain, minute(10), "BDC1", take());
    for user in ["x1", "x2", "x3", "x4", "x5"] {
        assert_eq!(go(&mut domain, minute(11), "BDC1", add(user)), 0);
    }
    assert_eq!(shown(&mut domain, minute(30), "PDC1", &["a", "x1", "x5"]), ["a", "x1", "x5"]);
    assert_eq!(go(&mut domain, minute(60), "BDC1", restore(invocation)), 0);
    assert_eq!(shown(&mut domain, minute(60), "PDC1", &["x1", "x5"]), ["x1", "x5"]);
    domain
}

#[test]
fn numbers_that_roll_back_keep_new_changes_from_ever_going_out() {
    let mut domain = rolled_back(Invocation::Kept);
    // What the controller had made comes to it no more: its own changes nobody offers it (KB875495).
    assert_eq!(shown(&mut domain, minute(300), "BDC1", &["a", "x1", "x5"]), ["a"]);
    let new = ["y1", "y2", "y3", "y4", "y5", "y6", "y7"];
    for user in new {
        assert_eq!(go(&mut domain, minute(301), "BDC1", add(user)), 0);
    }
    // Five numbers are given out a second time; only from the sixth on the PDC hears of anything.
    assert_eq!(shown(&mut domain, minute(1_000), "PDC1", &new), ["y6", "y7"]);
    assert_eq!(shown(&mut domain, minute(1_000), "BDC1", &new), new);
    // The other way everything comes.
    go(&mut domain, minute(1_001), "PDC1", add("z"));
    assert_eq!(shown(&mut domain, minute(1_100), "BDC1", &["z"]), ["z"]);
    let numbers = domain.up_to_dateness(&"PDC1".into()).unwrap();
    assert!(numbers.vector[&"BDC1".into()] > 0, "{numbers:?}");
}

#[test]
fn under_a_new_invocation_id_everything_comes_back_and_goes_out() {
    let mut domain = rolled_back(Invocation::New);
    assert_eq!(shown(&mut domain, minute(300), "BDC1", &["a", "x1", "x5"]), ["a", "x1", "x5"]);
    assert_eq!(go(&mut domain, minute(301), "BDC1", add("y1")), 0);
    assert_eq!(shown(&mut domain, minute(400), "PDC1", &["a", "x1", "x5", "y1"]), ["a", "x1", "x5", "y1"]);
    // A second restore of the same snapshot, and again under a new one.
    assert_eq!(go(&mut domain, minute(401), "BDC1", restore(Invocation::New)), 0);
    let all = ["a", "x1", "x5", "y1", "y2"];
    // It asks its partner as soon as it has booted.
    assert_eq!(shown(&mut domain, minute(403), "BDC1", &all), ["a", "x1", "x5", "y1"]);
    go(&mut domain, minute(501), "BDC1", add("y2"));
    assert_eq!(shown(&mut domain, minute(600), "PDC1", &all), all);
}

#[test]
fn a_disk_copied_back_brings_the_invocation_id_that_it_had() {
    let mut domain = domain(Replication::Ad(AdSpec::default()));
    go(&mut domain, minute(10), "BDC1", take());
    go(&mut domain, minute(20), "BDC1", add("x"));
    assert_eq!(go(&mut domain, minute(60), "BDC1", restore(Invocation::New)), 0);
    for user in ["y1", "y2", "y3"] {
        assert_eq!(go(&mut domain, minute(120), "BDC1", add(user)), 0);
    }
    assert_eq!(shown(&mut domain, minute(200), "PDC1", &["x", "y1", "y3"]), ["x", "y1", "y3"]);
    // The copied disk does not know of the other id: what was made under it comes back, and `x` does not.
    assert_eq!(go(&mut domain, minute(240), "BDC1", restore(Invocation::Kept)), 0);
    let old = ["x", "y1", "y2", "y3"];
    assert_eq!(shown(&mut domain, minute(500), "BDC1", &old), ["y1", "y2", "y3"]);
    // The numbers go on from the old one, and into those that were given out under the other id.
    let new = ["z1", "z2", "z3", "z4", "z5", "z6", "z7", "z8"];
    for user in new {
        assert_eq!(go(&mut domain, minute(501), "BDC1", add(user)), 0);
    }
    let known = shown(&mut domain, minute(600), "PDC1", &new);
    assert!(known.ends_with(&["z7".into(), "z8".into()]), "{known:?}");
    assert_eq!(shown(&mut domain, minute(600), "BDC1", &new), new);
    // Under a third id everything goes out and comes back.
    assert_eq!(go(&mut domain, minute(601), "BDC1", restore(Invocation::New)), 0);
    assert_eq!(go(&mut domain, minute(660), "BDC1", add("last")), 0);
    assert_eq!(shown(&mut domain, minute(800), "BDC1", &old), old);
    assert_eq!(shown(&mut domain, minute(800), "BDC1", &known_names(&known)), known);
    assert_eq!(shown(&mut domain, minute(800), "PDC1", &["last"]), ["last"]);
}

fn known_names(known: &[String]) -> Vec<&str> {
    known.iter().map(String::as_str).collect()
}

#[test]
fn a_third_controller_hears_of_lost_changes_from_whoever_has_them() {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").bdc("BDC2");
    builder = builder.replication(Replication::Ad(AdSpec::default()));
    let mut domain = builder.build(1).unwrap();
    go(&mut domain, minute(0), "BDC1", take());
    domain.add_fault(minute(1), lasting("hold", FaultKind::Hold { at: vec!["BDC2".into()] })).unwrap();
    go(&mut domain, minute(2), "BDC1", add("x"));
    assert_eq!(shown(&mut domain, minute(60), "PDC1", &["x"]), ["x"]);
    go(&mut domain, minute(61), "BDC1", restore(Invocation::New));
    go(&mut domain, minute(90), "BDC1", add("y"));
    assert!(domain.lift_fault(minute(120), &"hold".into()));
    assert_eq!(shown(&mut domain, minute(300), "BDC2", &["x", "y"]), ["x", "y"]);
    let taken = |record: &FactRecord| matches!(record.fact, Fact::Replicated { .. }) && record.host == "BDC2";
    assert_eq!(domain.drain_facts().iter().filter(|record| taken(record)).count(), 2);
}

#[test]
fn of_two_changes_under_one_number_a_third_controller_takes_what_it_was_sent() {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").bdc("BDC2");
    builder = builder.replication(Replication::Ad(AdSpec::default()));
    let mut domain = builder.build(1).unwrap();
    let parted = FaultKind::Partition { from: vec!["BDC1".into()], to: vec!["BDC2".into()], one_way: false };
    go(&mut domain, minute(0), "BDC1", take());
    domain.add_fault(minute(1), lasting("hold", FaultKind::Hold { at: vec!["BDC2".into()] })).unwrap();
    domain.add_fault(minute(1), lasting("parted", parted)).unwrap();
    go(&mut domain, minute(2), "BDC1", add("x"));
    assert_eq!(shown(&mut domain, minute(60), "PDC1", &["x"]), ["x"]);
    // The copied disk gives the number of `x` to `z`, which nobody asks for: PDC1 believes that it has it.
    go(&mut domain, minute(61), "BDC1", restore(Invocation::Kept));
    assert_eq!(go(&mut domain, minute(90), "BDC1", add("z")), 0);
    assert!(domain.lift_fault(minute(120), &"hold".into()));
    assert_eq!(shown(&mut domain, minute(300), "BDC2", &["x", "z"]), ["x"]);
    let taken = |record: &FactRecord| matches!(record.fact, Fact::Replicated { .. }) && record.host == "BDC2";
    assert_eq!(domain.drain_facts().iter().filter(|record| taken(record)).count(), 1);
}

/// A fault that lasts until it is lifted.
fn lasting(name: &str, kind: FaultKind) -> FaultSpec {
    let (name, count) = (name.into(), Occasions::All);
    FaultSpec { name, kind, from: Span::ZERO, until: None, count, touches_nothing: false }
}

/// A crash that lasts until it is lifted.
fn crash(domain: &mut Domain, now: SimTime, host: &str) {
    let crash = FaultKind::Crash { at: host.into(), loses_unreplicated: false };
    domain.add_fault(now, lasting("crash", crash)).unwrap();
}

/// The same as the domain's administrator who stands at the machine.
fn at_the_machine(domain: &mut Domain, now: SimTime, host: &str, verb: Verb) -> u32 {
    let by = Caller::domain(host, "Administrator", "Adm1n-password!");
    domain.apply(now, &by, &Operation::new(host, verb)).answer.err().map_or(0, Win32Error::code)
}

#[test]
fn a_controller_that_is_off_comes_up_with_the_disk_that_was_copied_back() {
    for replication in [delay(10), nt4(), Replication::Ad(AdSpec::default())] {
        let mut domain = domain(replication);
        go(&mut domain, minute(0), "PDC1", add("a"));
        go(&mut domain, minute(60), "PDC1", take());
        go(&mut domain, minute(61), "PDC1", add("b"));
        go(&mut domain, minute(62), "PDC1", Verb::UserDelete { user: "a".into() });
        assert_eq!(shown(&mut domain, minute(120), "BDC1", &["a", "b"]), ["b"]);
        crash(&mut domain, minute(121), "PDC1");
        assert_eq!(at_the_machine(&mut domain, minute(130), "PDC1", restore(Invocation::New)), 0);
        // It is off until somebody switches it on, and then it boots.
        assert_eq!(at_the_machine(&mut domain, minute(180), "PDC1", add("c")), 1722);
        assert!(domain.lift_fault(minute(200), &"crash".into()));
        assert_eq!(at_the_machine(&mut domain, minute(201), "PDC1", add("c")), 1722);
        let up = |record: &FactRecord| record.fact == Fact::Machine { up: true } && record.at > minute(1);
        domain.advance(minute(203));
        let booted: Vec<SimTime> =
            domain.drain_facts().iter().filter(|fact| up(fact)).map(|fact| fact.at).collect();
        assert_eq!(booted, [minute(202)]);
        let both = [shown(&mut domain, minute(400), "PDC1", &["a", "b"]), {
            shown(&mut domain, minute(400), "BDC1", &["a", "b"])
        }];
        assert_eq!(both[0], both[1]);
    }
}

#[test]
fn a_controller_that_boots_begins_anew_with_the_other_disk() {
    let mut domain = domain(delay(10));
    go(&mut domain, minute(0), "BDC1", take());
    go(&mut domain, minute(0), "PDC1", add("a"));
    assert_eq!(shown(&mut domain, minute(20), "BDC1", &["a"]), ["a"]);
    crash(&mut domain, minute(21), "BDC1");
    assert!(domain.lift_fault(minute(30), &"crash".into()));
    assert_eq!(at_the_machine(&mut domain, minute(31), "BDC1", restore(Invocation::Kept)), 0);
    assert_eq!(go(&mut domain, minute(32), "BDC1", Verb::UserInfo { user: "Guest".into() }), 1722);
    assert_eq!(shown(&mut domain, minute(33), "BDC1", &["a", "Guest"]), ["Guest"]);
    assert_eq!(shown(&mut domain, minute(45), "BDC1", &["a"]), ["a"]);
}

#[test]
fn the_disk_of_a_controller_that_is_off_is_out_of_reach_from_elsewhere() {
    let mut domain = domain(delay(10));
    go(&mut domain, minute(0), "BDC1", take());
    crash(&mut domain, minute(1), "BDC1");
    assert_eq!(go(&mut domain, minute(2), "BDC1", restore(Invocation::Kept)), 1722);
    // A copy of the disk can be made as well.
    go(&mut domain, minute(3), "PDC1", add("a"));
    let later = Verb::SnapshotTake { name: "later".into() };
    assert_eq!(at_the_machine(&mut domain, minute(4), "BDC1", later), 0);
    assert_eq!(domain.snapshots(&"BDC1".into()).len(), 2);
    let unknown = Verb::SnapshotRestore { name: "unknown".into(), invocation: Invocation::Kept };
    assert_eq!(at_the_machine(&mut domain, minute(5), "BDC1", unknown), 2);
    assert!(domain.lift_fault(minute(6), &"crash".into()));
    assert_eq!(shown(&mut domain, minute(30), "BDC1", &["a"]), ["a"]);
}

#[test]
fn what_is_no_snapshot_of_the_controller_is_refused() {
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").workstation("WS1").delay(Span::mins(1));
    let mut domain = builder.build(1).unwrap();
    assert_eq!(go(&mut domain, minute(1), "PDC1", take()), 0);
    assert_eq!(go(&mut domain, minute(2), "BDC1", restore(Invocation::Kept)), 2);
    assert_eq!(domain.snapshots(&"PDC1".into()), [("before".into(), minute(1))]);
    let by = Caller::system("WS1");
    assert_eq!(
        domain.apply(minute(3), &by, &Operation::new("WS1", take())).answer,
        Err(Win32Error::NOT_SUPPORTED)
    );
    let user = Caller::domain("PDC1", "Guest", "");
    assert!(domain.apply(minute(3), &user, &Operation::new("PDC1", take())).answer.is_err());
}

#[test]
fn names_and_members_are_as_they_were() {
    let mut domain = domain(delay(1));
    go(&mut domain, minute(0), "PDC1", add("a"));
    go(&mut domain, minute(0), "PDC1", add("b"));
    go(&mut domain, minute(1), "PDC1", join("a"));
    go(&mut domain, minute(2), "PDC1", take());
    // The names change places, and a third account gets one of them.
    for (user, to) in [("a", "t"), ("b", "a"), ("t", "b")] {
        let verb = Verb::UserRename { user: user.into(), to: to.into() };
        assert_eq!(go(&mut domain, minute(3), "PDC1", verb), 0);
    }
    go(&mut domain, minute(4), "PDC1", Verb::UserDelete { user: "a".into() });
    go(&mut domain, minute(4), "PDC1", add("a"));
    let by = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let rid = |domain: &mut Domain, now, user: &str| match domain
        .apply(now, &by, &Operation::new("PDC1", Verb::UserInfo { user: user.into() }))
        .answer
    {
        Ok(Reply::User(info)) => info.rid,
        other => panic!("{other:?}"),
    };
    let third = rid(&mut domain, minute(5), "a");
    go(&mut domain, minute(6), "PDC1", restore(Invocation::Kept));
    let (a, b) = (rid(&mut domain, minute(9), "a"), rid(&mut domain, minute(9), "b"));
    assert!(a < b && b < third, "{a} {b} {third}");
    let members = Verb::GroupMembers { group: "Domain Admins".into() };
    let answer = domain.apply(minute(9), &by, &Operation::new("PDC1", members)).answer;
    assert_eq!(answer, Ok(Reply::Members(vec!["Administrator".into(), "a".into()])));
    // What the facts say in the end is what is there.
    let mut last = std::collections::BTreeMap::new();
    for record in domain.drain_facts().into_iter().filter(|record| record.host == "PDC1") {
        if let Fact::State { key: StateKey::Account { account }, value, .. } = record.fact {
            last.insert(account, value.is_some());
        }
    }
    assert_eq!((last.get(&"a".into()), last.get(&"b".into())), (Some(&true), Some(&true)));
    assert_ne!(last.get(&"t".into()), Some(&true));
}
