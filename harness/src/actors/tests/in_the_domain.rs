//! The installs against the mock domain itself.

use std::sync::Arc;

use mockdc_mocks::{
    DcRole, DcSpec, DelaySpec, DomainSpec, Fact, HostName, MachineKind, MachineSettings, MachineSpec,
    Nt4Spec, Replication, ServiceName, SimTime, Span, VerbKind, WorldSpec,
};
use mockdc_scenarios::{Action, Client, InstallMethod, Plan, Step, Trigger};

use super::*;
use crate::orchestrator;

fn dc(name: &str, role: DcRole) -> DcSpec {
    DcSpec { name: name.into(), role, machine: MachineSettings::default(), delay: None, nt4: None }
}

fn machine(name: &str, kind: MachineKind) -> MachineSpec {
    MachineSpec::new(name, kind)
}

/// A run in which `client` is to be installed at the start, or is installed already.
fn run(
    replication: Replication,
    client: &str,
    profile: Profile,
    install: Option<InstallMethod>,
) -> Vec<Event> {
    let world = WorldSpec {
        domain: DomainSpec { replication, ..DomainSpec::default() },
        dcs: vec![dc("PDC1", DcRole::Pdc), dc("BDC1", DcRole::Bdc)],
        machines: vec![machine("SMS1", MachineKind::MemberServer), machine("WKS1", MachineKind::Workstation)],
        users: vec![mockdc_mocks::UserSpec {
            entry: Default::default(),
            name: "SMSService".into(),
            password: "Service-pass-1".into(),
            comment: String::new(),
            flags: Default::default(),
            password_age: Span::ZERO,
            earlier_passwords: Vec::new(),
            member_of: vec!["Domain Admins".into()],
            expires: None,
            limits: Default::default(),
        }],
        ..WorldSpec::default()
    };
    let account = Credentials {
        authority: Authority::Domain,
        user: "SMSService".into(),
        password: "Service-pass-1".into(),
    };
    let steps = install.map(|method| Step {
        id: "install".into(),
        line: 1,
        trigger: Trigger::At(SimTime::START),
        action: Action::Install {
            client: client.into(),
            by: (method == InstallMethod::Remote).then(|| HostName::from("SMS1")),
            method,
            user: None,
        },
    });
    let plan = Plan {
        imports: Vec::new(),
        name: "test".to_owned(),
        title: String::new(),
        description: String::new(),
        cites: Vec::new(),
        tags: Vec::new(),
        file: String::new(),
        start: "2002-08-06T09:00:00".to_owned(),
        time_zone: "Pacific Standard Time".to_owned(),
        seed: None,
        until: Some(SimTime::START + Span::mins(110)),
        world,
        site_servers: vec![SiteServer {
            machine: "SMS1".into(),
            site: "ABC".into(),
            profile: profile.clone().into(),
            service_account: account,
            connection_accounts: Vec::new(),
            excluded: Vec::new(),
        }],
        clients: vec![Client {
            machine: client.into(),
            profile: profile.into(),
            installed: install.is_none(),
        }],
        scripts: Vec::new(),
        program: None,
        steps: steps.into_iter().collect(),
        expects: Vec::new(),
        violates: Vec::new(),
        rules: Vec::new(),
    };
    orchestrator::run(&Arc::new(plan), 1).unwrap().events.to_vec()
}

fn story(events: &[Event]) -> String {
    events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Call { verb, at, by, subject, code, .. } => {
                let by = by.as_ref().map_or("-".to_owned(), ToString::to_string);
                let subject = subject.as_ref().map_or("-".to_owned(), ToString::to_string);
                Some(format!("{} {} -> {at}: {verb} {subject} as {by}: {code}\n", event.at, event.host))
            }
            EventKind::Log { file, text, .. } => {
                Some(format!("{} {} {file}: {text}\n", event.at, event.host))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_remote_install_of_a_domain_controller_succeeds_in_a_healthy_domain() {
    for name in ["sms-2.0-sp1", "sms-2.0-sp3", "sms-2.0-sp4", "sms-2.0-sp4-hrp", "sms-2003-legacy"] {
        let events = run(
            Replication::Delay(DelaySpec::default()),
            "BDC1",
            profile(name, ""),
            Some(InstallMethod::Remote),
        );
        assert_eq!(first_attempt(&events), Some(0), "{name}\n{}", story(&events));
    }
}

#[test]
fn a_remote_install_of_a_workstation_succeeds() {
    for name in ["sms-2.0-sp3", "sms-2003-legacy", "sms-2003-advanced"] {
        let delay = Replication::Delay(DelaySpec::default());
        let events = run(delay, "WKS1", profile(name, ""), Some(InstallMethod::Remote));
        assert_eq!(first_attempt(&events), Some(0), "{name}\n{}", story(&events));
    }
}

#[test]
fn a_manual_install_succeeds_on_a_controller_and_on_a_workstation() {
    for client in ["BDC1", "WKS1"] {
        let delay = Replication::Delay(DelaySpec::default());
        let events = run(delay, client, profile("sms-2.0-sp3", ""), Some(InstallMethod::Manual));
        assert_eq!(first_attempt(&events), Some(0), "{client}\n{}", story(&events));
    }
}

#[test]
fn an_installed_client_launches_all_its_components() {
    for client in ["BDC1", "WKS1"] {
        let delay = Replication::Delay(DelaySpec::default());
        let events = run(delay, client, profile("sms-2003-legacy", ""), None);
        let launched = |event: &&Event| matches!(event.kind, EventKind::ComponentLaunched { code: 0, .. });
        assert_eq!(events.iter().filter(launched).count(), 7, "{client}\n{}", story(&events));
    }
}

fn at(events: &[Event], test: impl Fn(&EventKind) -> bool) -> Option<SimTime> {
    events.iter().find(|event| test(&event.kind)).map(|event| event.at)
}

#[test]
fn a_backup_controller_between_pulses_follows_the_article_to_the_minute() {
    let nt4 = Nt4Spec { pulse: Span::mins(50), first_pulse: Some(Span::mins(2)), ..Nt4Spec::default() };
    let events = run(Replication::Nt4(nt4), "BDC1", profile("sms-2.0-sp3", ""), Some(InstallMethod::Remote));
    let minute = |n| Some(SimTime::START + Span::mins(n));
    let story = || story(&events);
    let service = |service: &ServiceName| *service == "CCMBtLdr";
    let started = at(
        &events,
        |kind| matches!(kind, EventKind::Fact(Fact::ServiceStarted { service: name, .. }) if service(name)),
    );
    assert_eq!(started, minute(3), "{}", story());
    let created = at(&events, |kind| {
        matches!(kind, EventKind::Call { verb: VerbKind::UserAdd, subject: Some(name), code: 0, .. }
            if *name == "SMS&_BDC1")
    });
    assert_eq!(created, minute(4), "{}", story());
    let stopped = at(
        &events,
        |kind| matches!(kind, EventKind::Fact(Fact::ServiceStopped { service: name, .. }) if service(name)),
    );
    assert_eq!(stopped, minute(18), "{}", story());
    let deleted =
        at(&events, |kind| matches!(kind, EventKind::Call { verb: VerbKind::UserDelete, code: 0, .. }));
    assert_eq!(deleted, minute(33), "{}", story());
    let ended = at(&events, |kind| matches!(kind, EventKind::AttemptEnded { .. }));
    assert_eq!((ended, first_attempt(&events)), (minute(53), Some(1326)), "{}", story());
}

#[test]
fn the_boundary_lies_where_the_arithmetic_puts_it() {
    let attempt = |name: &str, delay: Span| {
        let all = mockdc_mocks::Distribution::Constant(delay);
        let delay = Replication::Delay(DelaySpec { all, ..DelaySpec::default() });
        first_attempt(&run(delay, "BDC1", profile(name, ""), Some(InstallMethod::Remote)))
    };
    let last = Span::mins(28);
    assert_eq!(attempt("sms-2.0-sp3", last), Some(0));
    assert_eq!(attempt("sms-2.0-sp3", last + Span::millis(1)), Some(1326));
    assert_eq!(attempt("sms-2.0-sp4", last + Span::millis(1)), Some(0));
}
