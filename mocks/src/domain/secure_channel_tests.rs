//! Machines that join, the accounts they get, and the secure channels that stand or fall with them.

use crate::*;

const T0: SimTime = SimTime::START;

fn at(minutes: i64) -> SimTime {
    T0 + Span::mins(minutes)
}

fn admin(host: &str) -> Caller {
    Caller::domain(host, "Administrator", "Adm1n-password!")
}

fn apply(domain: &mut Domain, now: SimTime, by: &Caller, host: &str, verb: Verb) -> Result<Reply, u32> {
    domain.apply(now, by, &Operation::new(host, verb)).answer.map_err(Win32Error::code)
}

fn operator() -> Option<Credentials> {
    let authority = Authority::Domain;
    Some(Credentials { authority, user: "Administrator".into(), password: "Adm1n-password!".into() })
}

fn join(server: Option<&str>, rejoin: bool) -> Verb {
    let server = server.map(HostName::from);
    Verb::DomainJoin { domain: None, server, credentials: operator(), create: true, rejoin, password: None }
}

fn logon() -> Verb {
    let authority = Authority::Domain;
    let credentials = Credentials { authority, user: "u".into(), password: "Secret-1".into() };
    Verb::Logon { credentials, logon: LogonType::Interactive }
}

fn named(host: &str) -> Result<Reply, u32> {
    Ok(Reply::Text(host.to_owned()))
}

/// A PDC and a BDC ten minutes behind it; WS1 asks the BDC first.
fn world() -> DomainBuilder {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").newcomer("WS1").delay(Span::mins(10));
    builder.spec().machines[0].logon_server = Some("BDC1".into());
    builder.user("u", "Secret-1", &[])
}

fn as_member(mut builder: DomainBuilder) -> DomainBuilder {
    builder.spec().machines[0].membership = Membership::Domain;
    builder
}

fn restart(domain: &mut Domain, now: SimTime) {
    let away = Verb::Restart { down: Some(Span::mins(1)) };
    apply(domain, now, &Caller::system("WS1"), "WS1", away).unwrap();
}

fn channels(domain: &mut Domain) -> Vec<(i64, String, Option<u32>)> {
    let told = domain.drain_facts().into_iter().filter_map(|record| match record.fact {
        Fact::SecureChannel { to, error } => {
            let to = to.map_or_else(String::new, |to| to.to_string());
            Some((record.at.as_millis() / 60_000, to, error.map(Win32Error::code)))
        }
        _ => None,
    });
    told.collect()
}

#[test]
fn a_machine_that_has_just_joined_is_unknown_where_its_account_has_not_arrived() {
    let mut domain = world().build(1).unwrap();
    let system = Caller::system("WS1");
    assert_eq!(apply(&mut domain, T0, &system, "WS1", logon()), Err(1326), "it knows its own accounts only");
    assert_eq!(apply(&mut domain, T0, &system, "WS1", join(None, false)), named("PDC1"));
    assert_eq!(
        apply(&mut domain, T0, &system, "WS1", logon()),
        Err(1792),
        "Netlogon starts with the machine"
    );
    restart(&mut domain, at(2));
    domain.drain_facts();
    assert_eq!(apply(&mut domain, at(9), &system, "WS1", logon()), Err(1787));
    assert_eq!(
        channels(&mut domain),
        [(3, "BDC1".into(), Some(1787)), (9, "BDC1".into(), Some(1787))],
        "at the boot, and when it is needed"
    );
    assert!(apply(&mut domain, at(10), &system, "WS1", logon()).is_ok(), "a deadline is inclusive");
    assert_eq!(apply(&mut domain, at(11), &system, "WS1", Verb::SecureChannelQuery {}), named("BDC1"));
    assert_eq!(channels(&mut domain), [(10, "BDC1".into(), None)], "and then it stands");
}

#[test]
fn synchronising_the_bdc_or_asking_the_pdc_helps_at_once() {
    for help in [
        Operation::new("BDC1", Verb::Synchronize { full: false }),
        Operation::new("WS1", Verb::SecureChannelReset { server: Some("PDC1".into()) }),
    ] {
        let mut domain = world().build(1).unwrap();
        let system = Caller::system("WS1");
        apply(&mut domain, T0, &system, "WS1", join(None, false)).unwrap();
        restart(&mut domain, T0);
        assert_eq!(apply(&mut domain, at(2), &system, "WS1", logon()), Err(1787));
        let by = if help.at == "WS1" { system.clone() } else { admin("PDC1") };
        domain.apply(at(3), &by, &help).answer.unwrap();
        assert!(apply(&mut domain, at(3), &system, "WS1", logon()).is_ok(), "{help:?}");
    }
}

#[test]
fn a_machine_that_joins_anew_finds_its_old_password_at_a_lagging_controller() {
    let mut domain = as_member(world()).build(1).unwrap();
    let system = Caller::system("WS1");
    assert!(apply(&mut domain, T0, &system, "WS1", logon()).is_ok());
    assert_eq!(apply(&mut domain, T0, &system, "WS1", join(None, false)), Err(2691));
    assert_eq!(apply(&mut domain, T0, &system, "WS1", join(None, true)), named("PDC1"));
    assert_eq!(apply(&mut domain, at(9), &system, "WS1", logon()), Err(1789));
    assert!(apply(&mut domain, at(10), &system, "WS1", logon()).is_ok());
}

#[test]
fn a_password_that_the_machine_changes_itself_breaks_nothing_until_it_changes_twice() {
    let mut domain = as_member(world()).build(1).unwrap();
    let system = Caller::system("WS1");
    let change = Verb::MachinePasswordChange {};
    assert_eq!(apply(&mut domain, T0, &system, "WS1", change.clone()), named("PDC1"));
    assert_eq!(apply(&mut domain, at(1), &system, "WS1", Verb::SecureChannelVerify {}), named("BDC1"));
    assert_eq!(apply(&mut domain, at(2), &system, "WS1", change), named("PDC1"));
    assert_eq!(apply(&mut domain, at(3), &system, "WS1", Verb::SecureChannelVerify {}), Err(1789));
    assert_eq!(apply(&mut domain, at(10), &system, "WS1", Verb::SecureChannelVerify {}), named("BDC1"));
}

#[test]
fn a_standing_channel_outlives_the_account_until_it_is_set_up_anew() {
    let mut domain = as_member(world()).build(1).unwrap();
    let system = Caller::system("WS1");
    assert!(apply(&mut domain, T0, &system, "WS1", logon()).is_ok());
    let delete = Verb::UserDelete { user: "WS1$".into() };
    apply(&mut domain, T0, &admin("PDC1"), "PDC1", delete).unwrap();
    assert!(apply(&mut domain, at(11), &system, "WS1", logon()).is_ok());
    assert_eq!(apply(&mut domain, at(12), &system, "WS1", Verb::SecureChannelVerify {}), Err(1787));
    assert_eq!(apply(&mut domain, at(12), &system, "WS1", logon()), Err(1787));
    assert_eq!(apply(&mut domain, at(12), &system, "WS1", Verb::SecureChannelQuery {}), Err(1787));
}

#[test]
fn without_a_secret_a_machine_proves_nothing() {
    let mut domain = as_member(world()).build(1).unwrap();
    let system = Caller::system("WS1");
    apply(&mut domain, T0, &system, "WS1", Verb::MachineSecretStore { password: None }).unwrap();
    assert_eq!(apply(&mut domain, T0, &system, "WS1", logon()), Err(1786));
    let reset = Verb::MachinePasswordReset { server: "PDC1".into(), credentials: operator() };
    assert_eq!(apply(&mut domain, at(1), &system, "WS1", reset), named("PDC1"));
    assert_eq!(apply(&mut domain, at(2), &system, "WS1", logon()), Err(1789), "until the BDC has it");
    assert!(apply(&mut domain, at(11), &system, "WS1", logon()).is_ok());
}

#[test]
fn services_of_domain_accounts_do_not_start_at_a_boot_without_a_channel() {
    let mut builder = world();
    let credentials = operator();
    builder.spec().machines[0].machine.services = vec![ServiceSpec {
        name: "Agent".into(),
        program: "agent.exe".into(),
        account: credentials,
        start: StartMode::Automatic,
        running: false,
    }];
    let mut domain = builder.build(1).unwrap();
    let system = Caller::system("WS1");
    apply(&mut domain, T0, &system, "WS1", join(None, false)).unwrap();
    restart(&mut domain, T0);
    domain.advance(at(2));
    let failed = domain.drain_facts().into_iter().find_map(|record| match record.fact {
        Fact::ServiceFailed { error, cause, .. } => Some((error.code(), cause.map(Win32Error::code))),
        _ => None,
    });
    assert_eq!(failed, Some((1069, Some(1787))));
}

#[test]
fn under_active_directory_the_controller_that_is_asked_makes_the_account() {
    for (first, spec, expected) in [
        (None, SecureChannelSpec::default(), Err(1787)),
        (Some("DC2"), SecureChannelSpec::default(), Ok(())),
        (None, SecureChannelSpec { asks_for_account: true, ..Default::default() }, Ok(())),
        (None, SecureChannelSpec { joining_controller_first: true, ..Default::default() }, Ok(())),
    ] {
        let mut builder = Domain::builder().pdc("DC1").bdc("DC2").newcomer("WS1").user("u", "Secret-1", &[]);
        builder = builder.replication(Replication::Ad(AdSpec::default()));
        builder.spec().machines[0].logon_server = first.map(HostName::from);
        builder.spec().domain.secure_channel = spec;
        let mut domain = builder.build(1).unwrap();
        let system = Caller::system("WS1");
        assert_eq!(apply(&mut domain, T0, &system, "WS1", join(Some("DC2"), false)), named("DC2"));
        restart(&mut domain, T0);
        let answer = apply(&mut domain, at(2), &system, "WS1", logon()).map(|_| ());
        assert_eq!(answer, expected, "{first:?} {spec:?}");
        assert!(apply(&mut domain, at(6), &system, "WS1", logon()).is_ok(), "notified after five minutes");
    }
}

#[test]
fn a_controller_may_ask_the_pdc_for_the_password_of_a_machine() {
    for (checks, expected) in [(false, Err(1789)), (true, Ok(()))] {
        let mut builder = as_member(world());
        builder.spec().domain.secure_channel.checks_password_at_pdc = checks;
        let mut domain = builder.build(1).unwrap();
        let system = Caller::system("WS1");
        apply(&mut domain, T0, &system, "WS1", join(None, true)).unwrap();
        assert_eq!(apply(&mut domain, at(1), &system, "WS1", logon()).map(|_| ()), expected);
    }
}

#[test]
fn until_service_pack_4_the_password_of_a_machine_does_not_wait_for_the_pulse() {
    for (urgent, arrives) in [(false, 5), (true, 0)] {
        let nt4 = Nt4Spec { machine_passwords_urgent: urgent, ..Nt4Spec::default() };
        let mut domain = as_member(world()).replication(Replication::Nt4(nt4)).build(1).unwrap();
        domain.drain_facts();
        let change = Verb::MachinePasswordChange {};
        apply(&mut domain, T0, &Caller::system("WS1"), "WS1", change).unwrap();
        domain.advance(at(6));
        let arrived = domain.drain_facts().into_iter().find_map(|record| match record.fact {
            Fact::Replicated { .. } => Some(record.at.as_millis() / 60_000),
            _ => None,
        });
        assert_eq!(arrived, Some(arrives), "urgent: {urgent}");
    }
}

#[test]
fn leaving_the_domain_disables_the_account_and_takes_its_groups_out() {
    let mut domain = as_member(world()).build(1).unwrap();
    let system = Caller::system("WS1");
    let members = |domain: &mut Domain, now| {
        let list = Verb::LocalGroupMembers { group: "Administrators".into() };
        match apply(domain, now, &Caller::system("WS1"), "WS1", list) {
            Ok(Reply::Members(members)) => members.iter().map(ToString::to_string).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(members(&mut domain, T0), ["Administrator", "Domain Admins"]);
    let leave = Verb::DomainUnjoin { credentials: operator(), disable_account: true };
    assert_eq!(apply(&mut domain, T0, &system, "WS1", leave.clone()), Ok(Reply::Done));
    assert_eq!(apply(&mut domain, T0, &system, "WS1", leave), Err(2692));
    assert_eq!(members(&mut domain, T0), ["Administrator"]);
    assert_eq!(apply(&mut domain, T0, &system, "WS1", logon()), Err(1326));
    assert_eq!(apply(&mut domain, T0, &system, "WS1", Verb::SecureChannelQuery {}), Err(1355));
    assert_eq!(apply(&mut domain, at(1), &system, "WS1", join(None, false)), named("PDC1"));
    assert_eq!(members(&mut domain, at(1)), ["Administrator", "Domain Admins"]);
    restart(&mut domain, at(1));
    assert_eq!(apply(&mut domain, at(3), &system, "WS1", logon()), Err(1789), "the old account is there");
    assert!(apply(&mut domain, at(11), &system, "WS1", logon()).is_ok());
}

#[test]
fn who_may_add_workstations_may_create_an_account_and_not_take_one_over() {
    let mut builder = world();
    let rights = vec![Right::MachineAccount];
    builder.spec().rights.push(RightSpec { account: "u".into(), rights });
    let mut domain = builder.build(1).unwrap();
    let by_u = |rejoin| match join(None, rejoin) {
        Verb::DomainJoin { domain, server, create, password, .. } => {
            let authority = Authority::Domain;
            let credentials = Some(Credentials { authority, user: "u".into(), password: "Secret-1".into() });
            Verb::DomainJoin { domain, server, credentials, create, rejoin, password }
        }
        other => other,
    };
    let system = Caller::system("WS1");
    assert_eq!(apply(&mut domain, T0, &system, "WS1", by_u(false)), named("PDC1"));
    assert_eq!(apply(&mut domain, at(1), &system, "WS1", by_u(true)), Err(5));
    let to_bdc = join(Some("BDC1"), true);
    assert_eq!(apply(&mut domain, at(1), &system, "WS1", to_bdc), Err(2226));
}

#[test]
fn an_account_made_beforehand_opens_the_channel_with_the_password_that_both_know() {
    let mut domain = world().build(1).unwrap();
    let system = Caller::system("WS1");
    let add = Verb::UserAdd {
        user: "WS1$".into(),
        password: "ws1".into(),
        comment: None,
        flags: [AccountFlag::WorkstationTrustAccount].into(),
    };
    apply(&mut domain, T0, &admin("PDC1"), "PDC1", add).unwrap();
    let join = Verb::DomainJoin {
        domain: Some("CORP".into()),
        server: None,
        credentials: operator(),
        create: false,
        rejoin: false,
        password: Some("ws1".into()),
    };
    apply(&mut domain, at(9), &system, "WS1", join).unwrap();
    restart(&mut domain, at(9));
    assert!(
        apply(&mut domain, at(10), &system, "WS1", logon()).is_ok(),
        "the account had ten minutes to arrive"
    );
}

#[test]
fn a_member_asks_a_controller_of_its_own_site_first() {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").bdc("BDC2").workstation("WS1");
    builder = builder.delay(Span::mins(10));
    builder.spec().dcs[2].machine.site = "Branch".into();
    builder.spec().machines[0].machine.site = "Branch".into();
    let find = || Verb::DcFind { domain: None, primary: false };
    let system = Caller::system("WS1");
    let mut domain = builder.build(1).unwrap();
    assert_eq!(apply(&mut domain, T0, &system, "WS1", find()), named("BDC2"));
    let away = Verb::Restart { down: Some(Span::mins(5)) };
    apply(&mut domain, T0, &Caller::system("BDC2"), "BDC2", away).unwrap();
    assert_eq!(apply(&mut domain, at(1), &system, "WS1", find()), named("PDC1"), "then any, in order");
    builder.spec().machines[0].logon_server = Some("BDC1".into());
    let mut domain = builder.build(1).unwrap();
    assert_eq!(apply(&mut domain, T0, &system, "WS1", find()), named("BDC1"));
}

#[test]
fn where_accounts_of_computers_are_taken_for_granted_nothing_shows_and_nothing_fails() {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").workstation("WS1").delay(Span::mins(10));
    builder = builder.user("u", "Secret-1", &[]);
    let mut domain = builder.build(1).unwrap();
    let facts = domain.drain_facts();
    let told = facts.iter().any(|record| format!("{:?}", record.fact).contains("WS1$"));
    assert!(!told);
    let system = Caller::system("WS1");
    assert!(apply(&mut domain, T0, &system, "WS1", logon()).is_ok());
    assert_eq!(apply(&mut domain, T0, &system, "WS1", Verb::SecureChannelVerify {}), named("PDC1"));
    assert_eq!(apply(&mut domain, T0, &system, "WS1", Verb::MachinePasswordChange {}), Err(50));
    assert_eq!(channels(&mut domain), []);
}
