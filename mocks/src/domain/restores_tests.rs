//! Controllers that are put back more than once, forward as well as back: all end alike.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::*;

const CONTROLLERS: [&str; 3] = ["PDC1", "BDC1", "BDC2"];
const USERS: [&str; 4] = ["u0", "u1", "u2", "u3"];

fn minute(n: i64) -> SimTime {
    SimTime::START + Span::mins(n)
}

fn ask(domain: &mut Domain, now: SimTime, host: &str, verb: Verb) -> Answer {
    let by = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    domain.apply(now, &by, &Operation::new(host, verb)).answer
}

/// What has to succeed.
fn go(domain: &mut Domain, n: i64, host: &str, verb: Verb) {
    let said = format!("{verb:?}");
    assert!(ask(domain, minute(n), host, verb).is_ok(), "{said} at {host}");
}

fn add(user: &str) -> Verb {
    let (user, password) = (user.into(), "Pa55-word!".into());
    Verb::UserAdd { user, password, comment: None, flags: BTreeSet::new() }
}

fn rename(user: &str, to: &str) -> Verb {
    Verb::UserRename { user: user.into(), to: to.into() }
}

fn comment(user: &str, comment: &str) -> Verb {
    Verb::UserSetComment { user: user.into(), comment: comment.into() }
}

fn grant(user: &str) -> Verb {
    Verb::RightGrant { account: user.into(), right: Right::ServiceLogon }
}

fn take(name: &str) -> Verb {
    Verb::SnapshotTake { name: name.into() }
}

fn restore(name: &str) -> Verb {
    Verb::SnapshotRestore { name: name.into(), invocation: Invocation::Kept }
}

/// The users of these that a controller shows at a minute.
fn shown(domain: &mut Domain, n: i64, host: &str) -> Vec<&'static str> {
    let mut there =
        |user: &&str| ask(domain, minute(n), host, Verb::UserInfo { user: (*user).into() }).is_ok();
    USERS.into_iter().filter(|user| there(user)).collect()
}

fn constant(minutes: i64) -> Replication {
    Replication::Delay(DelaySpec { all: Distribution::Constant(Span::mins(minutes)), ..DelaySpec::default() })
}

fn drawn() -> Replication {
    let all = Distribution::Uniform { from: Span::mins(1), to: Span::mins(90) };
    Replication::Delay(DelaySpec { all, ..DelaySpec::default() })
}

fn nt4() -> Replication {
    Replication::Nt4(Nt4Spec { pulse: Span::mins(5), ..Nt4Spec::default() })
}

fn crash(builder: DomainBuilder, from: i64) -> DomainBuilder {
    let kind = FaultKind::Crash { at: "PDC1".into(), loses_unreplicated: true };
    builder.fault(&format!("crash at {from}"), kind, Span::mins(from), Some(Span::mins(from + 5)))
}

fn domain(replication: Replication, seed: u64, crashes: &[i64]) -> Domain {
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").bdc("BDC2").replication(replication);
    let builder = crashes.iter().fold(builder, |builder, from| crash(builder, *from));
    builder.build(seed).unwrap()
}

/// What differs at a minute between the controllers.
fn differences(domain: &mut Domain, n: i64) -> Vec<String> {
    let mut found = Vec::new();
    for user in USERS {
        let info = || Verb::UserInfo { user: user.into() };
        let first = ask(domain, minute(n), "PDC1", info());
        for host in CONTROLLERS {
            let here = ask(domain, minute(n), host, info());
            if here != first {
                found.push(format!("{user}: {first:?} at PDC1, {here:?} at {host}"));
            }
        }
    }
    found
}

/// What differs at a minute between a controller and what all its facts say.
fn untold(domain: &mut Domain, n: i64) -> Vec<String> {
    domain.advance(minute(n));
    let mut told: BTreeMap<(String, String), bool> = BTreeMap::new();
    for record in domain.drain_facts() {
        if let Fact::State { key: StateKey::Account { account }, value, .. } = record.fact {
            told.insert((record.host.to_string(), account.to_string()), value.is_some());
        }
    }
    let mut found = Vec::new();
    for host in CONTROLLERS {
        let there = shown(domain, n, host);
        for user in USERS {
            let said = told.get(&(host.to_owned(), user.to_owned())).copied().unwrap_or(false);
            if said != there.contains(&user) {
                found.push(format!("{user} at {host}: told {said}"));
            }
        }
    }
    found
}

#[test]
fn what_a_writer_has_again_comes_to_the_others_again() {
    let mut domain = domain(constant(10), 1, &[]);
    go(&mut domain, 1, "PDC1", take("a"));
    go(&mut domain, 2, "PDC1", add("u0"));
    go(&mut domain, 3, "PDC1", take("b"));
    go(&mut domain, 20, "PDC1", restore("a"));
    go(&mut domain, 29, "PDC1", take("c"));
    assert_eq!(shown(&mut domain, 31, "BDC1"), [""; 0]);
    go(&mut domain, 40, "PDC1", restore("b"));
    assert_eq!(shown(&mut domain, 49, "BDC1"), [""; 0]);
    assert_eq!(shown(&mut domain, 50, "BDC1"), ["u0"]);
    // Without a commit in between it is gone once more, and in between nothing has arrived.
    go(&mut domain, 60, "PDC1", restore("c"));
    assert_eq!(shown(&mut domain, 70, "BDC2"), [""; 0]);
    go(&mut domain, 71, "PDC1", restore("b"));
    go(&mut domain, 75, "PDC1", restore("a"));
    go(&mut domain, 79, "PDC1", restore("b"));
    assert_eq!(shown(&mut domain, 89, "BDC2"), ["u0"]);
    let brought = |record: &FactRecord| {
        record.host == "BDC2" && matches!(record.fact, Fact::Replicated { version: Version(1), .. })
    };
    let facts = domain.drain_facts();
    let brought: Vec<SimTime> =
        facts.into_iter().filter(|record| brought(record)).map(|record| record.at).collect();
    assert_eq!(brought, [minute(12), minute(50), minute(89)]);
}

#[test]
fn names_that_changed_places_do_so_again_when_the_writer_goes_forward() {
    let mut domain = domain(constant(1), 1, &[]);
    go(&mut domain, 0, "PDC1", add("u0"));
    go(&mut domain, 1, "PDC1", add("u1"));
    go(&mut domain, 2, "PDC1", take("a"));
    go(&mut domain, 3, "PDC1", rename("u0", "u2"));
    go(&mut domain, 4, "PDC1", rename("u1", "u0"));
    go(&mut domain, 5, "PDC1", rename("u2", "u1"));
    go(&mut domain, 6, "PDC1", take("b"));
    go(&mut domain, 10, "PDC1", restore("a"));
    go(&mut domain, 20, "PDC1", restore("b"));
    assert_eq!(differences(&mut domain, 30), [""; 0]);
    assert_eq!(untold(&mut domain, 30), [""; 0]);
}

#[test]
fn a_controller_that_goes_forward_again_lacks_nothing_whatever_the_delays_drawn() {
    for seed in 1..=8 {
        let mut domain = domain(drawn(), seed, &[]);
        go(&mut domain, 1, "BDC1", take("a"));
        for (n, user) in USERS.into_iter().enumerate() {
            let n = 10 * n as i64;
            go(&mut domain, 15 + n, "PDC1", add(user));
            go(&mut domain, 16 + n, "PDC1", grant(user));
            go(&mut domain, 17 + n, "PDC1", comment(user, "new"));
        }
        go(&mut domain, 70, "BDC1", take("b"));
        go(&mut domain, 240, "BDC1", restore("a"));
        go(&mut domain, 480, "BDC1", restore("b"));
        assert_eq!(differences(&mut domain, 2_000), [""; 0], "seed {seed}");
        for user in USERS {
            let rights = |domain: &mut Domain, host| {
                ask(domain, minute(2_000), host, Verb::RightsOf { account: user.into() })
            };
            assert_eq!(rights(&mut domain, "BDC1"), rights(&mut domain, "PDC1"), "seed {seed}");
        }
    }
}

#[test]
fn a_crash_does_not_lose_what_a_restore_puts_right() {
    let mut domain = domain(constant(30), 1, &[130, 230]);
    go(&mut domain, 1, "PDC1", add("u0"));
    go(&mut domain, 10, "PDC1", take("a"));
    go(&mut domain, 20, "PDC1", add("u1"));
    go(&mut domain, 21, "PDC1", comment("u0", "new"));
    go(&mut domain, 120, "PDC1", restore("a"));
    assert_eq!(shown(&mut domain, 129, "BDC1"), ["u0", "u1"], "the correction is under way");
    assert_eq!(differences(&mut domain, 200), [""; 0]);
    // What a crash has taken is there again with an older disk.
    go(&mut domain, 225, "PDC1", add("u2"));
    go(&mut domain, 226, "PDC1", take("b"));
    assert_eq!(shown(&mut domain, 250, "PDC1"), ["u0"]);
    go(&mut domain, 251, "PDC1", restore("b"));
    for host in CONTROLLERS {
        assert_eq!(shown(&mut domain, 300, host), ["u0", "u2"], "{host}");
    }
}

#[test]
fn a_crash_does_not_lose_what_the_others_had_before_their_restore() {
    let mut domain = domain(constant(30), 1, &[130]);
    let others = CONTROLLERS.into_iter().filter(|host| *host != "PDC1");
    others.clone().for_each(|host| go(&mut domain, 1, host, take("a")));
    go(&mut domain, 10, "PDC1", add("u0"));
    for host in others.clone() {
        assert_eq!(shown(&mut domain, 110, host), ["u0"], "{host}");
    }
    others.clone().for_each(|host| go(&mut domain, 120, host, restore("a")));
    for host in others {
        assert_eq!(shown(&mut domain, 121, host), [""; 0], "{host}: it comes again");
    }
    for host in CONTROLLERS {
        assert_eq!(shown(&mut domain, 200, host), ["u0"], "{host}");
    }
}

#[test]
fn serial_numbers_that_were_given_out_twice_cost_a_full_synchronisation() {
    let mut domain = domain(nt4(), 1, &[]);
    go(&mut domain, 0, "PDC1", take("a"));
    go(&mut domain, 1, "PDC1", add("u0"));
    go(&mut domain, 2, "PDC1", comment("u0", "one"));
    go(&mut domain, 3, "PDC1", comment("u0", "two"));
    go(&mut domain, 20, "BDC1", take("a"));
    go(&mut domain, 21, "PDC1", take("b"));
    go(&mut domain, 30, "PDC1", restore("a"));
    for user in ["u1", "u2", "u3"] {
        go(&mut domain, 40, "PDC1", add(user));
    }
    // The snapshot knows these serial numbers as those of `u0`.
    go(&mut domain, 60, "BDC1", restore("a"));
    assert_eq!(shown(&mut domain, 80, "BDC1"), ["u1", "u2", "u3"]);
    // And the PDC forward: its numbers are other changes again.
    go(&mut domain, 90, "PDC1", restore("b"));
    go(&mut domain, 97, "PDC1", comment("u0", "new"));
    for host in CONTROLLERS {
        assert_eq!(shown(&mut domain, 120, host), ["u0"], "{host}");
    }
    assert_eq!(differences(&mut domain, 130), [""; 0]);
}

/// What an administrator may do next, after some minutes.
fn acts() -> impl Strategy<Value = Vec<(i64, usize, usize, usize)>> {
    prop::collection::vec((1..45_i64, 0..8_usize, 0..3_usize, 0..4_usize), 1..40)
}

fn act(domain: &mut Domain, now: i64, what: usize, host: usize, which: usize) {
    let (user, name) = (USERS[which], ["a", "b"][which % 2]);
    let (host, verb) = match what {
        0 | 1 => ("PDC1", add(user)),
        2 => ("PDC1", Verb::UserDelete { user: user.into() }),
        3 => ("PDC1", rename(user, USERS[(which + 1) % USERS.len()])),
        4 => ("PDC1", comment(user, &now.to_string())),
        5 => (CONTROLLERS[host], take(name)),
        _ => (CONTROLLERS[host], restore(name)),
    };
    // Whatever is refused is none of this test's concern. Disks are copied at the machine, whether it is on or off.
    let by = Caller::domain(host, "Administrator", "Adm1n-password!");
    let _ = domain.apply(minute(now), &by, &Operation::new(host, verb));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whoever_is_put_back_and_forth_all_end_alike(
        acts in acts(),
        model in 0..4_usize,
        seed in 0..1_000_u64,
        crashes in prop::collection::vec(1..900_i64, 0..3),
    ) {
        let replication = [constant(1), constant(60), drawn(), nt4()][model].clone();
        let crashes: BTreeSet<i64> = crashes.into_iter().map(|at| at / 10 * 10).collect();
        let crashes: Vec<i64> = crashes.into_iter().filter(|_| model < 3).collect();
        let mut domain = domain(replication, seed, &crashes);
        let mut now = 0;
        for (after, what, host, which) in acts {
            now += after;
            act(&mut domain, now, what, host, which);
        }
        let end = now.max(1_000) + 5_000;
        let mut found = differences(&mut domain, end);
        if model < 3 {
            found.extend(untold(&mut domain, end));
        }
        prop_assert!(found.is_empty(), "{found:#?}");
    }
}
