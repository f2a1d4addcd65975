//! The domain as a caller meets it.

use std::collections::BTreeSet;

use crate::*;

const T0: SimTime = SimTime::START;

fn at(span: Span) -> SimTime {
    T0 + span
}

fn admin(host: &str) -> Caller {
    Caller::domain(host, "Administrator", "Adm1n-password!")
}

fn call(domain: &mut Domain, now: SimTime, by: &Caller, host: &str, verb: Verb) -> Result<Reply, u32> {
    domain.apply(now, by, &Operation::new(host, verb)).answer.map_err(Win32Error::code)
}

fn user_add(user: &str) -> Verb {
    Verb::UserAdd { user: user.into(), password: "Secret-1".into(), comment: None, flags: BTreeSet::new() }
}

fn info(user: &str) -> Verb {
    Verb::UserInfo { user: user.into() }
}

fn two(delay: Span) -> Domain {
    Domain::builder().pdc("PDC1").bdc("BDC1").delay(delay).build(1).unwrap()
}

#[test]
fn a_bdc_answers_2221_until_the_change_arrives() {
    let mut domain = two(Span::mins(40));
    let by = admin("PDC1");
    assert_eq!(call(&mut domain, T0, &by, "PDC1", user_add("SMS&_BDC1")), Ok(Reply::Done));
    assert!(call(&mut domain, T0, &by, "PDC1", info("sms&_bdc1")).is_ok());
    assert_eq!(domain.next_timeout(), Some(at(Span::mins(40))));
    let before = at(Span::mins(40) - Span::millis(1));
    assert_eq!(call(&mut domain, before, &by, "BDC1", info("SMS&_BDC1")), Err(2221));
    assert!(call(&mut domain, at(Span::mins(40)), &by, "BDC1", info("SMS&_BDC1")).is_ok());
    // The deletion takes as long.
    let delete = Verb::UserDelete { user: "SMS&_BDC1".into() };
    let deleted = at(Span::mins(50));
    assert_eq!(call(&mut domain, deleted, &by, "PDC1", delete), Ok(Reply::Done));
    let gone = deleted + Span::mins(40);
    assert!(call(&mut domain, gone - Span::millis(1), &by, "BDC1", info("SMS&_BDC1")).is_ok());
    assert_eq!(call(&mut domain, gone, &by, "BDC1", info("SMS&_BDC1")), Err(2221));
}

#[test]
fn a_read_says_which_version_it_saw() {
    let mut domain = two(Span::mins(1));
    let by = admin("PDC1");
    call(&mut domain, T0, &by, "PDC1", user_add("a")).unwrap();
    let seen =
        |domain: &mut Domain, now, host: &str| domain.apply(now, &by, &Operation::new(host, info("a"))).seen;
    assert_eq!(seen(&mut domain, T0, "PDC1"), Some(Version(1)));
    assert_eq!(seen(&mut domain, T0, "BDC1"), None);
    let set = Verb::UserSetPassword { user: "a".into(), password: "Other-2".into() };
    call(&mut domain, at(Span::secs(30)), &by, "PDC1", set).unwrap();
    assert_eq!(seen(&mut domain, at(Span::mins(1)), "PDC1"), Some(Version(2)));
    assert_eq!(seen(&mut domain, at(Span::mins(1)), "BDC1"), Some(Version(1)));
}

#[test]
fn a_deleted_account_is_refused_by_the_next_remote_call() {
    let mut domain =
        Domain::builder().pdc("PDC1").bdc("BDC1").user("boot", "p", &["Domain Admins"]).delay(Span::mins(5));
    let mut domain = std::mem::take(&mut domain).build(1).unwrap();
    let boot = Caller::domain("BDC1", "boot", "p");
    let group = |name: &str| Verb::GroupAdd { group: name.into() };
    assert_eq!(call(&mut domain, T0, &boot, "PDC1", group("G1")), Ok(Reply::Done));
    let delete = Verb::UserDelete { user: "boot".into() };
    call(&mut domain, T0, &admin("PDC1"), "PDC1", delete).unwrap();
    assert_eq!(call(&mut domain, T0, &boot, "PDC1", group("G2")), Err(1326));
    // The BDC has not heard of it yet.
    assert!(call(&mut domain, T0, &boot, "BDC1", info("boot")).is_ok());
    let refused = domain
        .drain_facts()
        .into_iter()
        .any(|record| matches!(record.fact, Fact::LogonRefused { error: Win32Error::LOGON_FAILURE, .. }));
    assert!(refused);
}

#[test]
fn writes_at_a_bdc_are_refused_with_2226_and_strangers_with_5() {
    let mut domain =
        Domain::builder().pdc("PDC1").bdc("BDC1").user("u", "p", &[]).delay(Span::ZERO).build(1).unwrap();
    assert_eq!(call(&mut domain, T0, &admin("BDC1"), "BDC1", user_add("a")), Err(2226));
    assert_eq!(call(&mut domain, T0, &Caller::domain("BDC1", "u", "p"), "PDC1", user_add("a")), Err(5));
    assert_eq!(call(&mut domain, T0, &Caller::system("BDC1"), "PDC1", user_add("a")), Err(5));
    assert!(call(&mut domain, T0, &Caller::system("BDC1"), "PDC1", info("u")).is_ok());
    assert_eq!(call(&mut domain, T0, &Caller::domain("BDC1", "u", "x"), "PDC1", info("u")), Err(1326));
    assert_eq!(call(&mut domain, T0, &admin("PDC1"), "NOWHERE", info("u")), Err(1722));
}

#[test]
fn every_code_of_users_and_groups_can_be_had() {
    let mut domain = two(Span::ZERO);
    let by = admin("PDC1");
    let mut go = |verb| call(&mut domain, T0, &by, "PDC1", verb).err().unwrap_or(0);
    let group = |name: &str| Verb::GroupAdd { group: name.into() };
    let add = |group: &str, user: &str| Verb::GroupAddUser { group: group.into(), user: user.into() };
    let remove = |group: &str, user: &str| Verb::GroupRemoveUser { group: group.into(), user: user.into() };
    let primary =
        |user: &str, group: &str| Verb::UserSetPrimaryGroup { user: user.into(), group: group.into() };
    assert_eq!(go(user_add("a name of 21 letters.")), 2202);
    assert_eq!(go(user_add("a name of 20 letters")), 0);
    assert_eq!(go(user_add("slash/")), 2202);
    assert_eq!(go(user_add("u")), 0);
    assert_eq!(go(user_add("U")), 2224);
    assert_eq!(go(user_add("Domain Users")), 2223);
    assert_eq!(go(user_add("Administrators")), 1379);
    assert_eq!(go(Verb::UserDelete { user: "nobody".into() }), 2221);
    assert_eq!(go(group("G")), 0);
    assert_eq!(go(group("g")), 2223);
    assert_eq!(go(primary("u", "G")), 2237);
    assert_eq!(go(remove("Domain Users", "u")), 1374);
    assert_eq!(go(add("G", "nobody")), 2221);
    assert_eq!(go(add("nothing", "u")), 2220);
    assert_eq!(go(add("G", "u")), 0);
    assert_eq!(go(add("G", "u")), 2236);
    assert_eq!(go(primary("u", "G")), 0);
    assert_eq!(go(remove("G", "u")), 1374);
    assert_eq!(go(remove("Domain Users", "u")), 0);
    assert_eq!(go(remove("Domain Users", "u")), 2237);
    assert_eq!(go(Verb::GroupDelete { group: "Domain Users".into() }), 2234);
    assert_eq!(go(Verb::GroupDelete { group: "G".into() }), 1374);
    assert_eq!(go(Verb::UserDelete { user: "Administrator".into() }), 1371);
    assert_eq!(go(Verb::UserRename { user: "u".into(), to: "Guest".into() }), 2224);
    assert_eq!(go(Verb::UserRename { user: "u".into(), to: "v".into() }), 0);
    assert_eq!(go(info("u")), 2221);
    assert_eq!(go(info("v")), 0);
}

#[test]
fn every_code_of_local_groups_rights_and_lookups_can_be_had() {
    let mut domain = two(Span::ZERO);
    let by = admin("PDC1");
    let mut go = |verb| call(&mut domain, T0, &by, "PDC1", verb).err().unwrap_or(0);
    let add =
        |group: &str, member: &str| Verb::LocalGroupAddMember { group: group.into(), member: member.into() };
    let remove = |group: &str, member: &str| Verb::LocalGroupRemoveMember {
        group: group.into(),
        member: member.into(),
    };
    assert_eq!(go(user_add("u")), 0);
    assert_eq!(go(Verb::LocalGroupAdd { group: "L".into() }), 0);
    assert_eq!(go(Verb::LocalGroupAdd { group: "L".into() }), 1379);
    assert_eq!(go(add("M", "u")), 1376);
    assert_eq!(go(add("L", "nobody")), 1387);
    assert_eq!(go(add("L", "Administrators")), 1388);
    assert_eq!(go(add("L", "u")), 0);
    assert_eq!(go(add("L", "u")), 1378);
    assert_eq!(go(remove("L", "u")), 0);
    assert_eq!(go(remove("L", "u")), 1377);
    assert_eq!(go(Verb::LocalGroupDelete { group: "L".into() }), 0);
    assert_eq!(go(Verb::LocalGroupMembers { group: "L".into() }), 1376);
    assert_eq!(go(Verb::RightGrant { account: "nobody".into(), right: Right::Tcb }), 1332);
    assert_eq!(go(Verb::RightGrant { account: "u".into(), right: Right::Tcb }), 0);
    assert_eq!(go(Verb::LookupName { account: "nobody".into(), buffer: None }), 1332);
    let sid = |buffer| Verb::LookupSid { sid: "S-1-5-32-544".into(), buffer };
    assert_eq!(go(sid(Some(14))), 122);
    assert_eq!(go(sid(Some(15))), 0);
    assert_eq!(go(Verb::LookupSid { sid: "S-1-5-32-999".into(), buffer: None }), 1332);
    assert_eq!(go(Verb::LookupSid { sid: "x".into(), buffer: None }), 87);
}

#[test]
fn a_german_machine_names_its_administrators_in_german() {
    let mut builder = Domain::builder().pdc("PDC1").workstation("WKS1").delay(Span::ZERO);
    builder.spec().machines[0].machine.language = Language::German;
    let mut domain = builder.build(1).unwrap();
    let sid = Verb::LookupSid { sid: "S-1-5-32-544".into(), buffer: None };
    let name = call(&mut domain, T0, &admin("WKS1"), "WKS1", sid.clone());
    assert_eq!(name, Ok(Reply::Text("Administratoren".to_owned())));
    assert_eq!(
        call(&mut domain, T0, &admin("PDC1"), "PDC1", sid),
        Ok(Reply::Text("Administrators".to_owned()))
    );
    let members = |group: &str| Verb::LocalGroupMembers { group: group.into() };
    assert_eq!(call(&mut domain, T0, &admin("WKS1"), "WKS1", members("Administrators")), Err(1376));
    let Ok(Reply::Members(members)) =
        call(&mut domain, T0, &admin("WKS1"), "WKS1", members("Administratoren"))
    else {
        panic!("the group is there");
    };
    assert!(members.contains(&"Domain Admins".into()));
}

#[test]
fn a_domain_account_joins_a_machines_administrators_and_may_then_write_there() {
    let mut domain = Domain::builder()
        .pdc("PDC1")
        .workstation("WKS1")
        .user("u", "p", &[])
        .delay(Span::ZERO)
        .build(1)
        .unwrap();
    let u = Caller::domain("PDC1", "u", "p");
    assert_eq!(call(&mut domain, T0, &u, "WKS1", user_add("local")), Err(5));
    let join = Verb::LocalGroupAddMember { group: "Administrators".into(), member: "u".into() };
    assert_eq!(call(&mut domain, T0, &admin("PDC1"), "WKS1", join.clone()), Ok(Reply::Done));
    assert_eq!(call(&mut domain, T0, &admin("PDC1"), "WKS1", join), Err(1378));
    assert_eq!(call(&mut domain, T0, &u, "WKS1", user_add("local")), Ok(Reply::Done));
    let shown = domain.drain_facts().into_iter().any(|record| {
        let key = StateKey::Member { group: "Administrators".into(), member: "u".into() };
        record.host == "WKS1" && matches!(&record.fact, Fact::State { key: k, .. } if *k == key)
    });
    assert!(shown);
}

fn policy(change: impl FnOnce(&mut AccountPolicy)) -> Domain {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").user("u", "Old-pass1", &[]);
    builder = builder.delay(Span::mins(30));
    change(&mut builder.spec().domain.account_policy);
    builder.build(1).unwrap()
}

fn change(old: &str, new: &str) -> Verb {
    Verb::UserChangePassword { user: "u".into(), old: old.into(), new: new.into() }
}

#[test]
fn a_change_meets_age_history_and_length_but_a_set_only_length() {
    let mut domain = policy(|policy| {
        policy.minimum_age = Span::days(1);
        policy.history = 2;
        policy.minimum_length = 7;
    });
    let by = admin("PDC1");
    let day = |n| at(Span::days(n));
    let mut go = |now, verb| call(&mut domain, now, &by, "PDC1", verb).err().unwrap_or(0);
    assert_eq!(go(day(0), change("Old-pass1", "New-pass2")), 1327);
    assert_eq!(go(day(1), change("wrong", "New-pass2")), 1326);
    assert_eq!(go(day(1), change("Old-pass1", "short")), 2245);
    assert_eq!(go(day(1), change("Old-pass1", "New-pass2")), 0);
    assert_eq!(go(day(2), change("New-pass2", "Old-pass1")), 2245);
    let set = |new: &str| Verb::UserSetPassword { user: "u".into(), password: new.into() };
    assert_eq!(go(day(2), set("short")), 2245);
    assert_eq!(go(day(2), set("Old-pass1")), 0);
}

#[test]
fn complexity_wants_three_classes_and_no_user_name() {
    let mut domain = policy(|policy| policy.complexity = true);
    let by = admin("PDC1");
    let mut go = |name: &str, password: &str| {
        let verb = Verb::UserAdd {
            user: name.into(),
            password: password.into(),
            comment: None,
            flags: BTreeSet::new(),
        };
        call(&mut domain, T0, &by, "PDC1", verb).err().unwrap_or(0)
    };
    assert_eq!(go("smith", "lowercase1"), 2245);
    assert_eq!(go("smith", "Ab-1"), 2245);
    assert_eq!(go("smith", "1-SMITH-a"), 2245);
    assert_eq!(go("smith", "Lower-case"), 0);
}

#[test]
fn an_expired_disabled_or_unchanged_password_is_refused_with_its_own_code() {
    let mut domain = policy(|policy| policy.maximum_age = Some(Span::days(42)));
    let u = Caller::domain("BDC1", "u", "Old-pass1");
    let by = admin("PDC1");
    let flags = |set: &[AccountFlag], clear: &[AccountFlag]| Verb::UserSetFlags {
        user: "u".into(),
        set: set.iter().copied().collect(),
        clear: clear.iter().copied().collect(),
    };
    let mut now = T0;
    let mut go = |by: &Caller, verb| {
        now += Span::secs(1);
        call(&mut domain, now, by, "PDC1", verb).err().unwrap_or(0)
    };
    assert_eq!(go(&u, info("u")), 0);
    assert_eq!(go(&by, flags(&[AccountFlag::Disabled], &[])), 0);
    assert_eq!(go(&u, info("u")), 1331);
    assert_eq!(go(&by, flags(&[AccountFlag::MustChangePassword], &[AccountFlag::Disabled])), 0);
    assert_eq!(go(&u, info("u")), 1907);
    assert_eq!(go(&by, flags(&[], &[AccountFlag::MustChangePassword])), 0);
    let expire = |expires| Verb::UserSetExpiry { user: "u".into(), expires };
    assert_eq!(go(&by, expire(Some(Span::secs(1)))), 0);
    assert_eq!(go(&u, info("u")), 1793);
    assert_eq!(go(&by, expire(None)), 0);
    assert_eq!(go(&u, info("u")), 0);
    assert_eq!(call(&mut domain, at(Span::days(42)), &u, "PDC1", info("u")).err(), Some(1330));
}

#[test]
fn three_bad_passwords_lock_the_account_until_the_duration_is_over() {
    let mut domain = policy(|policy| {
        policy.lockout_threshold = 3;
        policy.lockout_duration = Some(Span::mins(20));
        policy.lockout_reset = Span::mins(10);
    });
    let good = Caller::domain("BDC1", "u", "Old-pass1");
    let bad = Caller::domain("BDC1", "u", "wrong");
    let minute = |n| at(Span::mins(n));
    let mut go = |now, by: &Caller| call(&mut domain, now, by, "PDC1", info("u")).err().unwrap_or(0);
    assert_eq!(go(minute(0), &bad), 1326);
    assert_eq!(go(minute(0), &bad), 1326);
    // Ten minutes later the count begins anew.
    assert_eq!(go(minute(10), &bad), 1326);
    assert_eq!(go(minute(10), &good), 0);
    for _ in 0..3 {
        assert_eq!(go(minute(11), &bad), 1326);
    }
    assert_eq!(go(minute(11), &good), 1909);
    assert_eq!(go(minute(31) - Span::millis(1), &good), 1909);
    assert_eq!(go(minute(31), &good), 0);
    let facts = domain.drain_facts();
    let locked = facts.iter().filter(|record| matches!(record.fact, Fact::LockedOut { .. })).count();
    assert_eq!(locked, 1);
    let key = StateKey::Attribute { account: "u".into(), attribute: Attribute::LockedOut };
    let states: Vec<(SimTime, Option<Value>)> = facts
        .into_iter()
        .filter_map(|record| match record.fact {
            Fact::State { key: k, value, .. } if k == key && record.host == "PDC1" => {
                Some((record.at, value))
            }
            _ => None,
        })
        .collect();
    let is = |locked| Some(Value::Is(locked));
    assert_eq!(states, [(T0, is(false)), (minute(11), is(true)), (minute(31), is(false))]);
}

#[test]
fn a_partition_shows_as_reachability_while_it_lasts() {
    let partition =
        FaultKind::Partition { from: vec!["BDC1".into()], to: vec!["PDC1".into()], one_way: true };
    let mut domain = Domain::builder()
        .pdc("PDC1")
        .bdc("BDC1")
        .delay(Span::ZERO)
        .fault("cut", partition, Span::mins(1), Some(Span::mins(10)))
        .build(1)
        .unwrap();
    domain.advance(at(Span::mins(60)));
    let facts: Vec<(SimTime, HostName, Option<Value>)> = domain
        .drain_facts()
        .into_iter()
        .filter_map(|record| match record.fact {
            Fact::State { key: StateKey::Reaches { .. }, value, .. } => Some((record.at, record.host, value)),
            _ => None,
        })
        .collect();
    let is = |reaches| Some(Value::Is(reaches));
    let expected =
        [(at(Span::mins(1)), "BDC1".into(), is(false)), (at(Span::mins(10)), "BDC1".into(), is(true))];
    assert_eq!(facts, expected);
}

#[test]
fn the_pdc_knows_a_new_password_that_the_bdc_has_not_and_counts_the_bad_ones() {
    let mut domain = policy(|policy| policy.lockout_threshold = 2);
    let set = Verb::UserSetPassword { user: "u".into(), password: "New-pass2".into() };
    call(&mut domain, T0, &admin("PDC1"), "PDC1", set).unwrap();
    call(&mut domain, T0, &admin("PDC1"), "PDC1", user_add("v")).unwrap();
    // A wrong password is asked again at the PDC, an unknown account is not.
    assert!(call(&mut domain, T0, &Caller::domain("PDC1", "u", "New-pass2"), "BDC1", info("u")).is_ok());
    assert_eq!(call(&mut domain, T0, &Caller::domain("PDC1", "v", "Secret-1"), "BDC1", info("u")), Err(1326));
    let bad = Caller::domain("PDC1", "u", "wrong");
    assert_eq!(call(&mut domain, T0, &bad, "BDC1", info("u")), Err(1326));
    assert_eq!(call(&mut domain, T0, &bad, "BDC1", info("u")), Err(1326));
    assert_eq!(
        call(&mut domain, T0, &Caller::domain("BDC1", "u", "New-pass2"), "PDC1", info("u")),
        Err(1909)
    );
    // An administrator unlocks: the PDC's count is nought again, the BDC keeps its own.
    let clear = Verb::UserSetFlags {
        user: "u".into(),
        set: BTreeSet::new(),
        clear: BTreeSet::from([AccountFlag::LockedOut]),
    };
    call(&mut domain, T0, &admin("PDC1"), "PDC1", clear).unwrap();
    let count = |domain: &mut Domain, host: &str| match call(domain, T0, &admin("PDC1"), host, info("u")) {
        Ok(Reply::User(user)) => user.bad_passwords,
        other => panic!("{other:?}"),
    };
    assert_eq!((count(&mut domain, "PDC1"), count(&mut domain, "BDC1")), (0, 2));
    // Until it hears of it.
    domain.advance(at(Span::mins(30)));
    let key = StateKey::Attribute { account: "u".into(), attribute: Attribute::BadPasswords };
    let last = domain.drain_facts().into_iter().rev().find_map(|record| match record.fact {
        Fact::State { key: k, value, .. } if k == key && record.host == "BDC1" => Some((record.at, value)),
        _ => None,
    });
    assert_eq!(last, Some((at(Span::mins(30)), Some(Value::Number(0)))));
}

#[test]
fn unlocking_forgets_bad_passwords_of_an_account_that_is_not_locked() {
    let mut domain = two(Span::ZERO);
    let by = admin("PDC1");
    call(&mut domain, T0, &by, "PDC1", user_add("u")).unwrap();
    assert_eq!(call(&mut domain, T0, &Caller::domain("PDC1", "u", "wrong"), "PDC1", info("u")), Err(1326));
    let clear = BTreeSet::from([AccountFlag::LockedOut]);
    let unlock = Verb::UserSetFlags { user: "u".into(), set: BTreeSet::new(), clear };
    call(&mut domain, T0, &by, "PDC1", unlock).unwrap();
    let shown = call(&mut domain, T0, &by, "PDC1", info("u"));
    assert!(matches!(&shown, Ok(Reply::User(user)) if user.bad_passwords == 0), "{shown:?}");
}

#[test]
fn a_rename_keeps_bad_passwords_and_a_reset_ends_the_demand_for_another() {
    let mut domain = two(Span::ZERO);
    let by = admin("PDC1");
    call(&mut domain, T0, &by, "PDC1", user_add("u")).unwrap();
    assert_eq!(call(&mut domain, T0, &Caller::domain("PDC1", "u", "wrong"), "PDC1", info("u")), Err(1326));
    let rename = Verb::UserRename { user: "u".into(), to: "v".into() };
    call(&mut domain, T0, &by, "PDC1", rename).unwrap();
    let set = BTreeSet::from([AccountFlag::MustChangePassword]);
    let must = Verb::UserSetFlags { user: "v".into(), set, clear: BTreeSet::new() };
    call(&mut domain, T0, &by, "PDC1", must).unwrap();
    assert_eq!(call(&mut domain, T0, &Caller::domain("PDC1", "v", "Secret-1"), "PDC1", info("v")), Err(1907));
    let shown = call(&mut domain, T0, &by, "PDC1", info("v"));
    assert!(matches!(&shown, Ok(Reply::User(user)) if user.bad_passwords == 1), "{shown:?}");
    let reset = Verb::UserSetPassword { user: "v".into(), password: "New-pass-1".into() };
    call(&mut domain, T0, &by, "PDC1", reset).unwrap();
    assert!(call(&mut domain, T0, &Caller::domain("PDC1", "v", "New-pass-1"), "PDC1", info("v")).is_ok());
}

#[test]
fn an_account_of_an_install_makes_the_deltas_that_are_computed() {
    let mut domain = two(Span::ZERO);
    let by = admin("PDC1");
    let verbs = [
        Verb::GroupAdd { group: "SMSInternalCliGrp".into() },
        user_add("SMS#_BDC1"),
        Verb::GroupAddUser { group: "SMSInternalCliGrp".into(), user: "SMS#_BDC1".into() },
        Verb::UserSetPrimaryGroup { user: "SMS#_BDC1".into(), group: "SMSInternalCliGrp".into() },
        Verb::GroupRemoveUser { group: "Domain Users".into(), user: "SMS#_BDC1".into() },
        Verb::LocalGroupAddMember { group: "Administrators".into(), member: "SMS#_BDC1".into() },
        Verb::RightGrant { account: "SMS#_BDC1".into(), right: Right::ServiceLogon },
        Verb::UserDelete { user: "SMS#_BDC1".into() },
    ];
    for verb in verbs {
        call(&mut domain, T0, &by, "PDC1", verb).unwrap();
    }
    let committed: Vec<(ChangeKind, Stream, bool)> = domain
        .drain_facts()
        .into_iter()
        .filter_map(|record| match record.fact {
            Fact::Committed { change, stream, urgent, .. } => Some((change, stream, urgent)),
            _ => None,
        })
        .collect();
    let expected = [
        (ChangeKind::GroupAdd, Stream::Sam, false),
        (ChangeKind::UserAdd, Stream::Sam, false),
        (ChangeKind::GroupMember, Stream::Sam, false),
        (ChangeKind::UserChange, Stream::Sam, false),
        (ChangeKind::GroupMember, Stream::Sam, false),
        (ChangeKind::LocalGroupMember, Stream::Builtin, false),
        (ChangeKind::Rights, Stream::Lsa, false),
        (ChangeKind::GroupMember, Stream::Sam, false),
        (ChangeKind::UserDelete, Stream::Sam, false),
    ];
    assert_eq!(committed, expected);
}

#[test]
fn the_state_at_the_start_is_stated_before_anything_else() {
    let mut domain = two(Span::ZERO);
    let facts = domain.drain_facts();
    assert!(facts.iter().all(|record| record.at == T0));
    let key = StateKey::Member { group: "Domain Admins".into(), member: "Administrator".into() };
    for host in ["PDC1", "BDC1"] {
        let stated = facts.iter().filter(|record| {
            let zero = Some(Version(0));
            record.host == host
                && matches!(&record.fact, Fact::State { key: k, version, .. } if *k == key && *version == zero)
        });
        assert_eq!(stated.count(), 1, "{host}");
    }
}

#[test]
fn what_every_fact_says_agrees_with_what_a_read_shows() {
    let mut domain = two(Span::mins(3));
    let by = admin("PDC1");
    let names = ["a", "b", "c"];
    let mut now = T0;
    for round in 0..30_u32 {
        let user = names[round as usize % 3];
        let verb = match round % 7 {
            0 | 3 => user_add(user),
            1 => Verb::UserSetComment { user: user.into(), comment: format!("{round}") },
            5 => Verb::UserDelete { user: user.into() },
            _ => Verb::UserRename { user: user.into(), to: names[(round as usize + 1) % 3].into() },
        };
        let _ = call(&mut domain, now, &by, "PDC1", verb);
        now += Span::mins(1);
    }
    now += Span::mins(10);
    domain.advance(now);
    let facts = domain.drain_facts();
    assert!(facts.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let mut states = std::collections::BTreeMap::new();
    for record in facts {
        if let Fact::State { key, value, .. } = record.fact {
            states.insert((record.host, key), value);
        }
    }
    for host in ["PDC1", "BDC1"] {
        for name in names {
            let key = |key| states.get(&(HostName::from(host), key)).cloned().flatten();
            let account = AccountName::from(name);
            let exists = key(StateKey::Account { account: account.clone() }).is_some();
            let comment = key(StateKey::Attribute { account, attribute: Attribute::Comment });
            match call(&mut domain, now, &by, host, info(name)) {
                Ok(Reply::User(user)) => {
                    assert!(exists);
                    assert_eq!(comment, Some(Value::Text(user.comment.into())));
                }
                Ok(other) => panic!("{other:?}"),
                Err(code) => assert_eq!((code, exists, comment), (2221, false, None)),
            }
        }
    }
}

#[test]
fn a_host_that_is_down_or_parted_does_not_answer() {
    let partition =
        FaultKind::Partition { from: vec!["BDC1".into()], to: vec!["PDC1".into()], one_way: false };
    let crash = FaultKind::Crash { at: "BDC1".into(), loses_unreplicated: false };
    let mut domain = Domain::builder()
        .pdc("PDC1")
        .bdc("BDC1")
        .delay(Span::mins(1))
        .fault("cut", partition, Span::mins(1), Some(Span::mins(10)))
        .fault("crash", crash, Span::mins(20), Some(Span::mins(30)))
        .build(1)
        .unwrap();
    let by = admin("BDC1");
    let minute = |n| at(Span::mins(n));
    assert!(call(&mut domain, T0, &by, "PDC1", user_add("a")).is_ok());
    assert_eq!(call(&mut domain, minute(2), &by, "PDC1", info("a")), Err(1722));
    assert_eq!(call(&mut domain, minute(3), &by, "BDC1", Verb::Synchronize { full: false }), Err(1722));
    assert_eq!(call(&mut domain, minute(9), &admin("BDC1"), "BDC1", info("a")), Err(2221));
    assert!(call(&mut domain, minute(10), &by, "BDC1", info("a")).is_ok());
    assert_eq!(call(&mut domain, minute(20), &admin("PDC1"), "BDC1", info("a")), Err(1722));
    assert_eq!(call(&mut domain, minute(31), &admin("PDC1"), "BDC1", info("a")), Err(1722), "it boots");
    assert!(call(&mut domain, minute(32), &admin("PDC1"), "BDC1", info("a")).is_ok());
    let facts = domain.drain_facts();
    for name in ["cut", "crash"] {
        assert!(
            facts
                .iter()
                .any(|record| matches!(&record.fact, Fact::FaultTouched { fault, .. } if *fault == name))
        );
    }
}

#[test]
fn a_crash_of_the_pdc_can_lose_what_no_other_controller_has() {
    let crash = FaultKind::Crash { at: "PDC1".into(), loses_unreplicated: true };
    let mut domain = Domain::builder()
        .pdc("PDC1")
        .bdc("BDC1")
        .delay(Span::mins(5))
        .fault("crash", crash, Span::mins(7), Some(Span::mins(8)))
        .build(1)
        .unwrap();
    let by = admin("PDC1");
    call(&mut domain, T0, &by, "PDC1", user_add("kept")).unwrap();
    call(&mut domain, at(Span::mins(6)), &by, "PDC1", user_add("lost")).unwrap();
    let later = at(Span::mins(60));
    for host in ["PDC1", "BDC1"] {
        assert!(call(&mut domain, later, &by, host, info("kept")).is_ok());
        assert_eq!(call(&mut domain, later, &by, host, info("lost")), Err(2221));
    }
}

#[test]
fn a_world_without_exactly_one_pdc_is_refused() {
    assert!(Domain::builder().bdc("BDC1").build(1).is_err());
    assert!(Domain::builder().pdc("A").pdc("B").build(1).is_err());
    assert!(Domain::builder().pdc("A").bdc("a").build(1).is_err());
    assert!(Domain::builder().pdc("A").user("u", "p", &["no such group"]).build(1).is_err());
}

#[test]
fn an_operation_that_a_fault_stops_on_its_way_has_not_arrived() -> Result<(), Box<dyn std::error::Error>> {
    fn may_change_threads<T: Send>(_: &T) {}
    let parted = FaultKind::Partition { from: vec!["PDC1".into()], to: vec!["BDC1".into()], one_way: false };
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1");
    let mut domain = builder.fault("parted", parted, Span::mins(1), None).build(1)?;
    may_change_threads(&domain);
    let admin = Caller::domain("PDC1", "Administrator", "wrong");
    let probe = Operation::new("BDC1", Verb::UserInfo { user: "nobody".into() });
    let refused = domain.apply(SimTime::START, &admin, &probe);
    assert_eq!((refused.answer, refused.arrived), (Err(Win32Error::LOGON_FAILURE), true));
    let stopped = domain.apply(SimTime::START + Span::mins(1), &admin, &probe);
    assert_eq!((stopped.answer, stopped.arrived), (Err(Win32Error::SERVER_UNAVAILABLE), false));
    Ok(())
}
