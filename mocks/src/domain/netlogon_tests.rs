//! The Netlogon service in a whole domain, sessions between hosts, and limits of logons.

use crate::*;

const T0: SimTime = SimTime::START;

fn at(span: Span) -> SimTime {
    T0 + span
}

fn user(name: &str, host: &str) -> Caller {
    Caller::domain(host, name, "Secret-1")
}

fn world(replication: Replication) -> Domain {
    let builder = Domain::builder().pdc("PDC1").bdc("BDC1").workstation("WS1").replication(replication);
    builder.user("u", "Secret-1", &[]).user("boss", "Secret-1", &["Domain Admins"]).build(1).unwrap()
}

fn delay(span: Span) -> Replication {
    Replication::Delay(DelaySpec { all: Distribution::Constant(span), ..DelaySpec::default() })
}

fn call(domain: &mut Domain, now: SimTime, by: &Caller, host: &str, verb: Verb) -> Result<Reply, u32> {
    domain.apply(now, by, &Operation::new(host, verb)).answer.map_err(Win32Error::code)
}

fn netlogon(domain: &mut Domain, now: SimTime, host: &str, runs: bool) {
    let service = ServiceName::from("netlogon");
    let verb = if runs { Verb::ServiceStart { service } } else { Verb::ServiceStop { service } };
    assert_eq!(call(domain, now, &Caller::system(host), host, verb), Ok(Reply::Done));
}

fn found(domain: &mut Domain, now: SimTime, primary: bool) -> Result<Reply, u32> {
    call(domain, now, &Caller::system("WS1"), "WS1", Verb::DcFind { domain: None, primary })
}

fn info(user: &str) -> Verb {
    Verb::UserInfo { user: user.into() }
}

#[test]
fn a_member_turns_to_another_controller_when_one_has_no_netlogon() {
    let mut domain = world(delay(Span::ZERO));
    assert_eq!(found(&mut domain, T0, false), Ok(Reply::Text("PDC1".into())));
    netlogon(&mut domain, T0, "PDC1", false);
    assert_eq!(found(&mut domain, T0, false), Ok(Reply::Text("BDC1".into())));
    assert_eq!(found(&mut domain, T0, true), Err(2453));
    netlogon(&mut domain, T0, "BDC1", false);
    assert_eq!(call(&mut domain, T0, &user("u", "WS1"), "WS1", Verb::ServerInfo {}), Err(1311));
    netlogon(&mut domain, T0, "PDC1", true);
    assert_eq!(call(&mut domain, T0, &user("u", "WS1"), "WS1", Verb::ServerInfo {}), Ok(Reply::Done));
}

#[test]
fn a_controller_without_netlogon_lets_only_administrators_in() {
    let mut domain = world(delay(Span::ZERO));
    netlogon(&mut domain, T0, "BDC1", false);
    assert_eq!(call(&mut domain, T0, &user("u", "WS1"), "BDC1", info("u")), Err(1792));
    assert!(call(&mut domain, T0, &user("boss", "WS1"), "BDC1", info("u")).is_ok());
}

#[test]
fn nothing_replicates_to_a_windows_nt_bdc_without_netlogon_until_the_machine_restarts() {
    let spec = Nt4Spec { first_pulse: Some(Span::mins(1)), ..Nt4Spec::default() };
    let mut domain = world(Replication::Nt4(spec));
    netlogon(&mut domain, T0, "BDC1", false);
    let add = Verb::UserAdd {
        user: "new".into(),
        password: "Secret-1".into(),
        comment: None,
        flags: Default::default(),
    };
    assert_eq!(call(&mut domain, T0, &user("boss", "PDC1"), "PDC1", add), Ok(Reply::Done));
    let boss = user("boss", "BDC1");
    assert_eq!(call(&mut domain, at(Span::hours(1)), &boss, "BDC1", info("new")), Err(2221));
    let restart = Verb::Restart { down: Some(Span::mins(2)) };
    assert_eq!(call(&mut domain, at(Span::hours(1)), &boss, "BDC1", restart), Ok(Reply::Done));
    let later = at(Span::hours(1) + Span::mins(10));
    assert!(call(&mut domain, later, &boss, "BDC1", info("new")).is_ok());
}

#[test]
fn a_disabled_logon_service_stays_off_over_a_restart() {
    let mut builder = Domain::builder().pdc("PDC1").workstation("WS1").user("u", "Secret-1", &[]);
    builder.spec().machines[0].machine.services = vec![ServiceSpec {
        name: "Netlogon".into(),
        program: "services.exe".into(),
        account: None,
        start: StartMode::Disabled,
        running: false,
    }];
    let mut domain = builder.build(1).unwrap();
    assert_eq!(found(&mut domain, T0, false), Err(1792));
    let restart = Verb::Restart { down: Some(Span::mins(2)) };
    assert_eq!(call(&mut domain, T0, &Caller::system("WS1"), "WS1", restart), Ok(Reply::Done));
    assert_eq!(found(&mut domain, at(Span::mins(3)), false), Err(1792));
}

#[test]
fn a_session_ends_when_it_is_disconnected_or_a_host_goes_down() {
    let mut domain = world(delay(Span::ZERO));
    let connect = || Verb::ShareConnect { share: "admin$".into() };
    let (boss, admin) = (user("boss", "WS1"), Caller::domain("WS1", "Administrator", "Adm1n-password!"));
    assert_eq!(call(&mut domain, T0, &boss, "PDC1", connect()), Ok(Reply::Done));
    assert_eq!(call(&mut domain, T0, &boss, "PDC1", connect()), Ok(Reply::Done), "under the same name");
    assert_eq!(call(&mut domain, T0, &admin, "BDC1", connect()), Ok(Reply::Done), "with another host");
    assert_eq!(call(&mut domain, T0, &admin, "PDC1", connect()), Err(1219));
    assert!(call(&mut domain, T0, &admin, "PDC1", info("u")).is_ok(), "calls need no session");
    assert_eq!(call(&mut domain, T0, &admin, "PDC1", Verb::ShareDisconnect {}), Ok(Reply::Done));
    assert_eq!(call(&mut domain, T0, &admin, "PDC1", connect()), Ok(Reply::Done));
    let restart = Verb::Restart { down: Some(Span::mins(2)) };
    assert_eq!(call(&mut domain, T0, &Caller::system("PDC1"), "PDC1", restart), Ok(Reply::Done));
    assert_eq!(call(&mut domain, at(Span::mins(3)), &boss, "PDC1", connect()), Ok(Reply::Done));
}

#[test]
fn hours_may_pass_midnight_and_do_not_count_for_the_administrator() {
    let mut builder =
        Domain::builder().pdc("PDC1").bdc("BDC1").delay(Span::mins(5)).starts_at(Span::hours(5));
    builder = builder.user("night", "Secret-1", &[]);
    let hours = vec![LogonHours { from: Span::hours(22), to: Span::hours(6), days: Default::default() }];
    builder.spec().users[0].limits.hours = hours.clone();
    let mut domain = builder.build(1).unwrap();
    let night = user("night", "BDC1");
    assert!(call(&mut domain, at(Span::mins(59)), &night, "PDC1", info("night")).is_ok());
    assert_eq!(call(&mut domain, at(Span::hours(1)), &night, "PDC1", info("night")), Err(1328));
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let limit = |user: &str, hours: &[LogonHours]| Verb::UserSetLogonLimits {
        user: user.into(),
        hours: hours.to_vec(),
        workstations: Default::default(),
    };
    let now = at(Span::hours(2));
    assert_eq!(call(&mut domain, now, &admin, "PDC1", limit("Administrator", &hours)), Ok(Reply::Done));
    assert_eq!(call(&mut domain, now, &admin, "PDC1", limit("night", &[])), Ok(Reply::Done));
    assert!(call(&mut domain, now, &night, "PDC1", info("night")).is_ok());
    // The change replicates like any other.
    assert_eq!(call(&mut domain, now, &night, "BDC1", info("night")), Err(1328));
    assert!(call(&mut domain, now + Span::mins(5), &night, "BDC1", info("night")).is_ok());
}

#[test]
fn a_least_age_that_is_not_less_than_the_greatest_is_refused() {
    let ages = |minimum, maximum| AccountPolicy {
        minimum_age: Span::days(minimum),
        maximum_age: Some(Span::days(maximum)),
        ..AccountPolicy::default()
    };
    let mut domain = world(delay(Span::ZERO));
    let mut set =
        |policy| call(&mut domain, T0, &user("boss", "PDC1"), "PDC1", Verb::AccountPolicySet { policy });
    assert_eq!(set(ages(10, 10)), Err(87));
    assert_eq!(set(ages(9, 10)), Ok(Reply::Done));
    let mut builder = Domain::builder().pdc("PDC1");
    builder.spec().domain.account_policy = ages(10, 10);
    assert!(builder.build(1).is_err_and(|error| error.0.contains("minimum password age")));
    let template = |maximum: i64| {
        Template::parse(&format!(
            "[System Access]\nMaximumPasswordAge = {maximum}\nMinimumPasswordAge = 10\n"
        ))
    };
    assert_eq!(template(10).unwrap_err().line, 3);
    assert!(template(11).is_ok() && template(-1).is_ok());
}
