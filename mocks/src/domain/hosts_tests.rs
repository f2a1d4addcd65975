//! Machines and group policy in a whole domain.

use std::collections::BTreeSet;

use crate::*;

const T0: SimTime = SimTime::START;

fn at(span: Span) -> SimTime {
    T0 + span
}

fn admin() -> Caller {
    Caller::domain("PDC1", "Administrator", "Adm1n-password!")
}

fn local(host: &str) -> Caller {
    Caller::system(host)
}

fn call(domain: &mut Domain, now: SimTime, by: &Caller, host: &str, verb: Verb) -> Result<Reply, u32> {
    domain.apply(now, by, &Operation::new(host, verb)).answer.map_err(Win32Error::code)
}

const SERVICE_ACCOUNT: &str = "SMSCliSvcAcct&";
const FIVE: [Right; 5] =
    [Right::Tcb, Right::IncreaseQuota, Right::ServiceLogon, Right::AssignPrimaryToken, Right::Shutdown];

/// A Windows 2000 workstation with the client's service account, its rights and its running service.
fn client(os: Os) -> DomainBuilder {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").workstation("WS1").delay(Span::mins(10));
    let user = |name: &str| UserSpec {
        entry: Default::default(),
        name: name.into(),
        password: "Secret-1".into(),
        comment: String::new(),
        flags: BTreeSet::from([AccountFlag::PasswordNeverExpires]),
        password_age: Span::ZERO,
        earlier_passwords: Vec::new(),
        member_of: vec!["Administrators".into()],
        expires: None,
        limits: Default::default(),
    };
    let spec = builder.spec();
    spec.domain.refresh.members.offset = Span::ZERO;
    let machine = &mut spec.machines[0].machine;
    machine.os = os;
    machine.users = vec![user(SERVICE_ACCOUNT), user("SMSCliToknAcct&")];
    machine.rights = vec![RightSpec { account: SERVICE_ACCOUNT.into(), rights: FIVE.to_vec() }];
    machine.services = vec![ServiceSpec {
        name: "Clisvc".into(),
        program: "CLISVCL.EXE".into(),
        account: credentials(SERVICE_ACCOUNT),
        start: StartMode::Automatic,
        running: true,
    }];
    builder
}

fn credentials(user: &str) -> Option<Credentials> {
    Some(Credentials {
        authority: Authority::Local("WS1".into()),
        user: user.into(),
        password: "Secret-1".into(),
    })
}

fn policy(rights: &[(Right, &[&str])], container: &str) -> GpoSpec {
    GpoSpec {
        name: "Workstations".into(),
        template: None,
        rights: rights
            .iter()
            .map(|(right, names)| (*right, names.iter().map(|name| Name::from(*name)).collect()))
            .collect(),
        members: Default::default(),
        member_of: Default::default(),
        links: vec![GpoLinkSpec { container: container.into(), order: None, enabled: true, enforced: false }],
        disabled: None,
    }
}

fn rights_of(domain: &mut Domain, now: SimTime, host: &str, account: &str) -> RightSet {
    let by = local(host);
    match call(domain, now, &by, host, Verb::RightsOf { account: account.into() }) {
        Ok(Reply::Rights(rights)) => rights,
        other => panic!("{other:?}"),
    }
}

fn define(right: Right, holders: &[&str]) -> Verb {
    let holders = holders.iter().map(|name| Name::from(*name)).collect();
    Verb::GpoDefineRight { gpo: "Workstations".into(), right, holders }
}

fn restart_service(domain: &mut Domain, now: SimTime) -> Result<Reply, u32> {
    let by = local("WS1");
    call(domain, now, &by, "WS1", Verb::ServiceStop { service: "Clisvc".into() }).unwrap();
    call(domain, now, &by, "WS1", Verb::ServiceStart { service: "Clisvc".into() })
}

fn service_token(domain: &mut Domain) -> std::sync::Arc<Token> {
    let facts = domain.drain_facts().into_iter().rev();
    let token = facts.filter_map(|record| match record.fact {
        Fact::ServiceStarted { token, .. } => Some(token),
        _ => None,
    });
    token.into_iter().next().expect("a service started")
}

fn launch(rights: RightsChecked) -> Verb {
    Verb::ProcessLaunch {
        program: "ODPUSR32.exe".into(),
        as_user: credentials("SMSCliToknAcct&"),
        rights,
        enables: Default::default(),
    }
}

#[test]
fn an_undefined_right_leaves_the_local_grant_alone() {
    let mut builder = client(Os::Windows2000);
    builder.spec().policies = vec![policy(&[(Right::BatchLogon, &["Administrators"])], "domain")];
    let mut domain = builder.build(1).unwrap();
    let rights = rights_of(&mut domain, at(Span::days(2)), "WS1", SERVICE_ACCOUNT);
    assert!(FIVE.iter().all(|right| rights.contains(right)), "{rights:?}");
}

#[test]
fn a_right_that_policy_takes_away_at_the_next_refresh_breaks_the_next_start_only() {
    let mut builder = client(Os::Windows2000);
    builder.spec().policies = vec![policy(&[], "domain")];
    let mut domain = builder.build(1).unwrap();
    let token = service_token(&mut domain);
    let define = define(Right::ServiceLogon, &["CORP\\Administrator"]);
    call(&mut domain, at(Span::mins(1)), &admin(), "PDC1", define).unwrap();
    let before = at(Span::mins(90)) - Span::millis(1);
    assert!(rights_of(&mut domain, before, "WS1", SERVICE_ACCOUNT).contains(&Right::ServiceLogon));
    let after = at(Span::mins(90));
    assert!(!rights_of(&mut domain, after, "WS1", SERVICE_ACCOUNT).contains(&Right::ServiceLogon));
    let lost = Fact::State {
        key: StateKey::Right { account: SERVICE_ACCOUNT.into(), right: Right::ServiceLogon },
        value: None,
        version: None,
    };
    let facts = domain.drain_facts();
    assert!(facts.iter().any(|record| record.at == after && record.host == "WS1" && record.fact == lost));
    let applied = Fact::PolicyApplied {
        reason: RefreshReason::Interval,
        objects: vec!["Workstations".into()],
        changed: true,
    };
    assert!(facts.iter().any(|record| record.at == after && record.fact == applied));
    // The running service keeps its token; its next start is refused.
    let by = Caller::token(token);
    assert!(call(&mut domain, after, &by, "WS1", launch(RightsChecked::AtLogon)).is_ok());
    assert_eq!(restart_service(&mut domain, after), Err(1069));
    let cause = domain.drain_facts().into_iter().find_map(|record| match record.fact {
        Fact::ServiceFailed { cause, .. } => cause,
        _ => None,
    });
    assert_eq!(cause, Some(Win32Error::LOGON_TYPE_NOT_GRANTED));
}

#[test]
fn each_right_that_a_launch_needs_is_missed_with_1314() {
    for (os, needed) in [(Os::Windows2000, true), (Os::Xp, false), (Os::Windows2003, false)] {
        for right in [Right::Tcb, Right::AssignPrimaryToken, Right::IncreaseQuota] {
            let mut builder = client(os);
            builder.spec().policies = vec![policy(&[(right, &[])], "domain")];
            let mut domain = builder.build(1).unwrap();
            let early = Caller::token(service_token(&mut domain));
            let keeps = call(&mut domain, T0, &early, "WS1", launch(RightsChecked::AtLogon));
            assert!(keeps.is_ok(), "what runs at the start keeps its token");
            restart_service(&mut domain, T0).unwrap();
            let by = Caller::token(service_token(&mut domain));
            let answer = call(&mut domain, T0, &by, "WS1", launch(RightsChecked::AtLogon));
            let fine = right == Right::Tcb && !needed;
            assert_eq!(answer.map(|_| ()), if fine { Ok(()) } else { Err(1314) }, "{right} on {os:?}");
        }
    }
}

#[test]
fn listing_the_account_by_its_bare_name_restores_the_right_after_replication_and_refresh() {
    let mut builder = client(Os::Windows2000);
    builder.spec().policies = vec![policy(&[(Right::ServiceLogon, &["CORP\\Administrator"])], "domain")];
    let mut domain = builder.build(1).unwrap();
    assert!(!rights_of(&mut domain, T0, "WS1", SERVICE_ACCOUNT).contains(&Right::ServiceLogon));
    let add = Verb::GpoAddToRight {
        gpo: "Workstations".into(),
        right: Right::ServiceLogon,
        holder: SERVICE_ACCOUNT.into(),
    };
    call(&mut domain, at(Span::mins(1)), &admin(), "PDC1", add).unwrap();
    call(&mut domain, at(Span::mins(2)), &local("WS1"), "WS1", Verb::PolicyRefresh { force: true }).unwrap();
    let rights = rights_of(&mut domain, at(Span::mins(2)), "WS1", SERVICE_ACCOUNT);
    assert!(rights.contains(&Right::ServiceLogon));
    assert_eq!(restart_service(&mut domain, at(Span::mins(3))), Ok(Reply::Done));
}

#[test]
fn what_is_granted_under_a_definition_lasts_until_the_sixteenth_hour() {
    let mut builder = client(Os::Windows2000);
    builder.spec().policies = vec![policy(&[(Right::BatchLogon, &[])], "domain")];
    let mut domain = builder.build(1).unwrap();
    let grant = Verb::RightGrant { account: SERVICE_ACCOUNT.into(), right: Right::BatchLogon };
    call(&mut domain, at(Span::mins(5)), &local("WS1"), "WS1", grant).unwrap();
    let last = at(Span::hours(16)) - Span::millis(1);
    assert!(rights_of(&mut domain, last, "WS1", SERVICE_ACCOUNT).contains(&Right::BatchLogon));
    let after = at(Span::hours(16));
    assert!(!rights_of(&mut domain, after, "WS1", SERVICE_ACCOUNT).contains(&Right::BatchLogon));
}

#[test]
fn a_machine_that_is_down_in_the_sixteenth_hour_applies_policy_when_it_boots() {
    let mut builder = client(Os::Windows2000);
    builder.spec().policies = vec![policy(&[], "domain")];
    let mut domain = builder.build(1).unwrap();
    let down = Some(Span::hours(30));
    call(&mut domain, T0, &local("WS1"), "WS1", Verb::Restart { down }).unwrap();
    domain.drain_facts();
    domain.advance(at(Span::hours(30)));
    let facts = domain.drain_facts().into_iter();
    let applied = facts.filter(|record| matches!(record.fact, Fact::PolicyApplied { .. }));
    assert_eq!(applied.map(|record| record.at).collect::<Vec<_>>(), [at(Span::hours(30))]);
}

#[test]
fn a_boot_applies_policy_before_the_services_start() {
    let mut builder = client(Os::Windows2000);
    builder.spec().policies = vec![policy(&[], "domain")];
    let mut domain = builder.build(1).unwrap();
    call(&mut domain, T0, &admin(), "PDC1", define(Right::ServiceLogon, &[])).unwrap();
    call(&mut domain, T0, &local("WS1"), "WS1", Verb::Restart { down: None }).unwrap();
    let by = admin();
    let share = || Verb::ShareConnect { share: "admin$".into() };
    assert_eq!(call(&mut domain, at(Span::mins(1)), &by, "WS1", share()), Err(53), "it is down");
    domain.drain_facts();
    domain.advance(at(Span::mins(2)));
    let kinds: Vec<&str> = domain
        .drain_facts()
        .iter()
        .filter_map(|record| match record.fact {
            Fact::Machine { up: true } => Some("up"),
            Fact::PolicyApplied { reason: RefreshReason::Startup, .. } => Some("policy"),
            Fact::ServiceFailed { .. } => Some("failed"),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, ["up", "policy", "failed"]);
    assert_eq!(call(&mut domain, at(Span::mins(3)), &by, "WS1", share()), Ok(Reply::Done));
}

#[test]
fn restricted_administrators_are_exactly_the_list_and_the_built_in_one() {
    let mut builder = client(Os::Windows2000);
    let mut restricted = policy(&[], "domain");
    let listed = ["CORP\\Domain Admins", "SMSCliToknAcct&", "NotThereYet"].map(Name::from).to_vec();
    restricted.members.insert("*S-1-5-32-544".into(), listed);
    builder.spec().policies = vec![restricted];
    let mut domain = builder.build(1).unwrap();
    let members = |domain: &mut Domain, now| {
        let list = Verb::LocalGroupMembers { group: "Administrators".into() };
        match call(domain, now, &local("WS1"), "WS1", list) {
            Ok(Reply::Members(members)) => members,
            other => panic!("{other:?}"),
        }
    };
    let expected: [AccountName; 3] = ["Administrator", "SMSCliToknAcct&", "Domain Admins"].map(Into::into);
    assert_eq!(members(&mut domain, T0), expected);
    // By hand it lasts until the next refresh, which tries again because of the name that means nothing yet.
    let add = Verb::LocalGroupAddMember { group: "Administrators".into(), member: SERVICE_ACCOUNT.into() };
    call(&mut domain, at(Span::mins(1)), &local("WS1"), "WS1", add).unwrap();
    assert_eq!(members(&mut domain, at(Span::mins(89))).len(), 4);
    assert_eq!(members(&mut domain, at(Span::mins(90))), expected);
}

#[test]
fn an_organisational_units_object_wins_over_the_domains_and_windows_nt_has_no_group_policy() {
    for (os, expected) in [(Os::Windows2000, true), (Os::Nt4, false)] {
        let mut builder = client(os);
        let spec = builder.spec();
        spec.machines[0].machine.unit = Some("Clients".into());
        spec.units = vec![UnitSpec { name: "Clients".into(), parent: None, block_inheritance: false }];
        let nearer = policy(&[(Right::BatchLogon, &[SERVICE_ACCOUNT])], "Clients");
        let farther = GpoSpec { name: "Domain".into(), ..policy(&[(Right::BatchLogon, &[])], "domain") };
        spec.policies = vec![nearer, farther];
        let mut domain = builder.build(1).unwrap();
        let holds = rights_of(&mut domain, at(Span::hours(2)), "WS1", SERVICE_ACCOUNT);
        assert_eq!(holds.contains(&Right::BatchLogon), expected, "{os:?}");
    }
}

#[test]
fn a_member_waits_for_both_halves_of_an_object_at_its_controller() {
    let mut builder = client(Os::Windows2000);
    let spec = builder.spec();
    spec.policies = vec![policy(&[], "domain")];
    spec.domain.refresh.sysvol = Some(Span::mins(30));
    // The only controller of the client's site is the BDC, ten minutes behind.
    spec.machines[0].machine.site = "Branch".into();
    spec.dcs[1].machine.site = "Branch".into();
    let mut domain = builder.build(1).unwrap();
    call(&mut domain, T0, &admin(), "PDC1", define(Right::ServiceLogon, &[])).unwrap();
    for (minute, holds) in [(5, true), (15, true), (29, true), (30, false)] {
        let now = at(Span::mins(minute));
        call(&mut domain, now, &local("WS1"), "WS1", Verb::PolicyRefresh { force: true }).unwrap();
        let rights = rights_of(&mut domain, now, "WS1", SERVICE_ACCOUNT);
        assert_eq!(rights.contains(&Right::ServiceLogon), holds, "after {minute} minutes");
    }
}

#[test]
fn a_right_granted_at_a_controller_of_active_directory_goes_into_its_policy() {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1");
    builder.spec().domain.replication = Replication::Ad(AdSpec::default());
    let mut domain = builder.build(1).unwrap();
    let by = admin();
    let add = Verb::UserAdd {
        user: "SMS&_BDC1".into(),
        password: "Secret-1".into(),
        comment: None,
        flags: BTreeSet::new(),
    };
    call(&mut domain, T0, &by, "PDC1", add).unwrap();
    let grant = Verb::RightGrant { account: "SMS&_BDC1".into(), right: Right::ServiceLogon };
    call(&mut domain, T0, &by, "PDC1", grant).unwrap();
    let committed = domain.drain_facts().into_iter().any(|record| {
        matches!(record.fact, Fact::Committed { change: ChangeKind::GroupPolicy, subject, .. }
            if subject == "Default Domain Controllers Policy")
    });
    assert!(committed);
    let held = Right::ServiceLogon;
    assert!(rights_of(&mut domain, T0, "PDC1", "SMS&_BDC1").contains(&held), "its own at once");
    // Replication takes 300 s and the refresh of the other controller up to 5 minutes more.
    let rights = rights_of(&mut domain, at(Span::mins(11)), "BDC1", "SMS&_BDC1");
    assert!(rights.contains(&held));
    assert!(rights_of(&mut domain, at(Span::mins(12)), "PDC1", "SMS&_BDC1").contains(&held));
}

#[test]
fn a_template_that_cannot_be_read_is_refused_and_changes_nothing() {
    let mut domain = client(Os::Windows2000).build(1).unwrap();
    let write = |template: &str| Verb::GpoWrite { gpo: "New".into(), template: template.into() };
    assert_eq!(call(&mut domain, T0, &admin(), "PDC1", write("[Privilege Rights\n")), Err(87));
    let link =
        || Verb::GpoLink { gpo: "New".into(), container: "domain".into(), enabled: true, enforced: false };
    assert_eq!(call(&mut domain, T0, &admin(), "PDC1", link()), Err(2), "there is no such object");
    let text = "[Privilege Rights]\nSeServiceLogonRight =\n";
    assert_eq!(call(&mut domain, T0, &admin(), "PDC1", write(text)), Ok(Reply::Done));
    assert_eq!(call(&mut domain, T0, &admin(), "PDC1", link()), Ok(Reply::Done));
    // The first policy of the run starts the clocks.
    let rights = rights_of(&mut domain, at(Span::mins(90)), "WS1", SERVICE_ACCOUNT);
    assert!(!rights.contains(&Right::ServiceLogon));
}

#[test]
fn a_crash_ends_what_runs_and_after_its_window_the_machine_boots_policy_before_services() {
    let mut builder = client(Os::Windows2000);
    builder.spec().policies = vec![policy(&[(Right::BatchLogon, &[])], "domain")];
    let crash = FaultKind::Crash { at: "WS1".into(), loses_unreplicated: false };
    let builder = builder.fault("power", crash, Span::mins(10), Some(Span::mins(20)));
    let mut domain = builder.build(1).unwrap();
    domain.drain_facts();
    domain.advance(at(Span::mins(22)));
    let kinds: Vec<(i64, &str)> = domain
        .drain_facts()
        .iter()
        .filter_map(|record| {
            let kind = match record.fact {
                Fact::FaultTouched { .. } => "touched",
                Fact::Machine { up: false } => "down",
                Fact::ProcessEnded { code: None, .. } => "ended",
                Fact::Machine { up: true } => "up",
                Fact::PolicyApplied { .. } => "policy",
                Fact::ServiceStarted { .. } => "started",
                _ => return None,
            };
            Some((record.at.as_millis() / 60_000, kind))
        })
        .collect();
    let up = [(22, "up"), (22, "policy"), (22, "started")];
    assert!(kinds.ends_with(&up), "{kinds:?}");
    for kind in ["touched", "down", "ended"] {
        assert!(kinds.contains(&(10, kind)), "{kind}: {kinds:?}");
    }
}

#[test]
fn a_clock_that_is_wrong_by_more_than_five_minutes_is_2457_under_active_directory_only() {
    for (replication, expected) in
        [(Replication::Ad(AdSpec::default()), Err(2457)), (Replication::default(), Ok(()))]
    {
        let mut builder = Domain::builder().pdc("PDC1").workstation("WS1");
        builder.spec().domain.replication = replication;
        builder.spec().dcs[0].machine.os = Os::Windows2000;
        builder.spec().machines[0].machine.os = Os::Windows2000;
        let skew = FaultKind::ClockSkew { at: "WS1".into(), by: Span::mins(6) };
        let builder = builder.fault("skew", skew, Span::mins(1), Some(Span::mins(2)));
        let mut domain = builder.build(1).unwrap();
        let by = Caller::domain("WS1", "Administrator", "Adm1n-password!");
        let info = || Verb::UserInfo { user: "Administrator".into() };
        let answer = |domain: &mut Domain, now| call(domain, now, &by, "PDC1", info()).map(|_| ());
        assert_eq!(answer(&mut domain, T0), Ok(()));
        assert_eq!(answer(&mut domain, at(Span::secs(90))), expected);
        assert_eq!(domain.clock_skew(at(Span::secs(90)), &"WS1".into()), Span::mins(6));
        assert_eq!(answer(&mut domain, at(Span::mins(2))), Ok(()));
    }
}

#[test]
fn a_crash_while_a_machine_boots_keeps_it_down_and_so_does_one_that_lasts() {
    let crash = || FaultKind::Crash { at: "WS1".into(), loses_unreplicated: false };
    let up_at = |second: (i64, i64)| {
        let builder = client(Os::Windows2000).fault("first", crash(), Span::mins(10), Some(Span::mins(20)));
        let (from, until) = (Span::mins(second.0), Span::mins(second.1));
        let mut domain = builder.fault("second", crash(), from, Some(until)).build(1).unwrap();
        domain.advance(at(Span::hours(1)));
        let facts = domain.drain_facts();
        let touched = facts.iter().filter(|record| matches!(record.fact, Fact::FaultTouched { .. })).count();
        let up = facts.iter().filter(|record| record.fact == Fact::Machine { up: true });
        let up: Vec<i64> = up.map(|record| record.at.as_millis() / 60_000).collect();
        (up, touched)
    };
    assert_eq!(up_at((21, 30)), (vec![32], 2), "it was booting");
    assert_eq!(up_at((15, 30)), (vec![32], 1), "the second touches nothing, and lasts longer");
    assert_eq!(up_at((12, 15)), (vec![22], 1));
    assert_eq!(up_at((30, 40)), (vec![22, 42], 2));
}
