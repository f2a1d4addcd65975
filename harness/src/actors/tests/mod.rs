mod any_answer;
mod double;
mod in_the_domain;
mod nameless;
mod privileges;
mod timing;

use std::rc::Rc;

use futures::FutureExt;
use mockdc_mocks::{Authority, Caller, Credentials, Right, SimTime, Who};
use mockdc_scenarios::{Profile, SiteServer};

use self::double::{Double, Shared};
use super::{Installation, Realm, ccm};
use crate::run::{ActorStart, Driver, Stage};
use crate::timeline::{Event, EventKind, Live, Role};

/// What a remote install of `host` leaves behind until `until`.
fn install(profile: &Profile, host: &str, on_dc: bool, double: Double, until: SimTime) -> Vec<Event> {
    let double = Rc::new(double);
    double.rights.borrow_mut().extend(Right::ALL.iter().copied());
    double.administrator.set(true);
    let stage = Stage::new(None, Live::default(), 1, 1_000_000);
    assert!(double.stage.set(stage.clone()).is_ok());
    let realm = Realm::new("CORP".into(), "PDC1".into());
    let client = Installation::new(host.into(), on_dc, profile.clone(), realm);
    client.register(&stage);
    let account =
        Credentials { authority: Authority::Domain, user: "SMSService".into(), password: "x".into() };
    let site = Rc::new(SiteServer {
        machine: "SMS1".into(),
        site: "ABC".into(),
        profile: profile.clone().into(),
        service_account: account.clone(),
        connection_accounts: Vec::new(),
        excluded: Vec::new(),
    });
    let start = ActorStart {
        role: Role::ClientConfigurationManager,
        host: "SMS1".into(),
        caller: Caller { host: "SMS1".into(), who: Who::Credentials(account) },
        process: None,
        subject: host.into(),
    };
    stage.spawn(start, Box::new(move |ctx| ccm::install(ctx, site, client).boxed_local()));
    Driver::with_port(stage, Rc::new(Shared(double))).run(until, "SMS1".into()).events.to_vec()
}

fn profile(name: &str, overrides: &str) -> Profile {
    Profile::resolve(name, &overrides.parse().unwrap()).unwrap()
}

/// The code of the first attempt, when it is decided.
fn first_attempt(events: &[Event]) -> Option<u32> {
    events.iter().find_map(|event| match event.kind {
        EventKind::AttemptEnded { attempt: 1, code, .. } => Some(code),
        _ => None,
    })
}

fn lines<'a>(events: &'a [Event], file: &str) -> Vec<&'a str> {
    let of_file = |event: &'a Event| match &event.kind {
        EventKind::Log { file: name, text, .. } if *name == file => Some(text.as_str()),
        _ => None,
    };
    events.iter().filter_map(of_file).collect()
}
