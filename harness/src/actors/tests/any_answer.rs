//! Every actor against a mocked port that answers anything: each code of the table at each step, once or from then on,
//! or nothing ever. Whatever comes, no actor goes round in circles, none outlasts a limit that it has stated, and none
//! keeps a code to itself.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use futures::future::{pending, ready};
use mockdc_mocks::{
    Fact, HostName, MockPort, ProcessId, ServiceName, ServiceState, Span, Token, Verb, VerbKind, Win32Error,
};
use mockdc_scenarios::InstallMethod;

use super::*;
use crate::actors::{advanced_client, client_service, logon_install, maintenance};
use crate::run::{Ending, ProgramStart};
use crate::timeline::{ActorId, EndReason, Events, WaitFor};

/// More events than any of these plays has by far.
const CIRCLE: usize = 20_000;

/// Who plays the first part; whoever is started on the way plays as well.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// The site server installs at a controller, with boot loader, its child and the client's service.
    RemoteOnController,
    /// The same at a workstation.
    Remote,
    /// An install at the machine.
    AtTheMachine(InstallMethod),
    /// The service of a client that is installed, and its cycle an hour later, one of them run by hand.
    Service,
    /// The upgrade of an installed client.
    Upgrade,
}

/// What the port does at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answered {
    Once(Win32Error),
    FromThenOn(Win32Error),
    Never,
}

struct Played {
    ending: Ending,
    /// The host that called, and the verb, of each call.
    calls: Vec<(HostName, VerbKind)>,
}

fn play(part: Part, name: &str, wrong: Option<(usize, Answered)>) -> Played {
    let mut profile = profile(name, "");
    let double = Rc::new(Double { delay: Span::mins(2), ..Double::default() });
    double.rights.borrow_mut().extend(Right::ALL.iter().copied());
    double.administrator.set(true);
    let stage = Stage::new(None, Live::default(), 1, CIRCLE);
    assert!(double.stage.set(stage.clone()).is_ok());
    let realm = Realm::new("CORP".into(), "PDC1".into());
    let until = match part {
        // The first attempt, its deletion, and a retry.
        Part::RemoteOnController | Part::Remote | Part::AtTheMachine(_) => SimTime(2 * 3_600_000),
        Part::Service | Part::Upgrade => {
            profile.client_service.cycle = Span::hours(1);
            SimTime(2 * 3_600_000)
        }
    };
    let on_dc = matches!(part, Part::RemoteOnController);
    let host: HostName = if on_dc { "BDC1".into() } else { "WKS1".into() };
    match part {
        Part::Service | Part::Upgrade => {
            let client = Installation::installed(host.clone(), false, profile.clone(), realm);
            client.register(&stage);
            service(&stage, &client, &profile);
            let (role, caller) = (Role::Operator, Caller::system(host.clone()));
            let start = ActorStart { role, host, caller, process: None, subject: "step".into() };
            let upgrade = matches!(part, Part::Upgrade);
            let to = super::profile("sms-2003-advanced", "");
            stage.spawn(
                start,
                Box::new(move |ctx| {
                    async move {
                        ctx.sleep(Span::mins(30)).await;
                        match upgrade {
                            true => advanced_client::upgrade(ctx, client, to.into()).await,
                            false => maintenance::now(ctx, client).await,
                        }
                    }
                    .boxed_local()
                }),
            );
        }
        Part::RemoteOnController | Part::Remote | Part::AtTheMachine(_) => {
            let client = Installation::new(host.clone(), on_dc, profile.clone(), realm);
            client.register(&stage);
            installer(&stage, part, client, profile);
        }
    }
    let calls = Rc::new(RefCell::new(Vec::new()));
    let noted = calls.clone();
    let mut port = MockPort::new();
    port.expect_call().returning_st(move |by, operation| {
        // That a program has returned is no call of its actor: the machine sees it.
        let returned = matches!(
            operation.verb,
            Verb::ProcessExit { .. } | Verb::ServiceReport { state: ServiceState::Stopped, .. }
        );
        if returned {
            return ready(double.answer(by, operation)).boxed_local();
        }
        let step = noted.borrow().len();
        noted.borrow_mut().push((by.host.clone(), operation.verb.kind()));
        match wrong {
            Some((at, Answered::Once(code))) if step == at => ready(Err(code)).boxed_local(),
            Some((at, Answered::FromThenOn(code))) if step >= at => ready(Err(code)).boxed_local(),
            Some((at, Answered::Never)) if step == at => pending().boxed_local(),
            _ => ready(double.answer(by, operation)).boxed_local(),
        }
    });
    let ending = Driver::with_port(stage, Rc::new(port)).run(until, "SMS1".into());
    let calls = calls.take();
    Played { ending, calls }
}

fn installer(stage: &Rc<Stage>, part: Part, client: Rc<Installation>, profile: Profile) {
    let user = if matches!(part, Part::AtTheMachine(_)) { "Administrator" } else { "SMSService" };
    let account = Credentials { authority: Authority::Domain, user: user.into(), password: "x".into() };
    let site = Rc::new(SiteServer {
        machine: "SMS1".into(),
        site: "ABC".into(),
        profile: profile.into(),
        service_account: account.clone(),
        connection_accounts: Vec::new(),
        excluded: Vec::new(),
    });
    let (role, host) = match part {
        Part::AtTheMachine(_) => (Role::LogonInstall, client.host.clone()),
        _ => (Role::ClientConfigurationManager, "SMS1".into()),
    };
    let caller = Caller { host: host.clone(), who: Who::Credentials(account) };
    let start = ActorStart { role, host, caller, process: None, subject: client.host.as_str().into() };
    stage.spawn(
        start,
        Box::new(move |ctx| match part {
            Part::AtTheMachine(method) => logon_install::run(ctx, client, method, Some(site)).boxed_local(),
            _ => ccm::install(ctx, site, client).boxed_local(),
        }),
    );
}

/// The service of an installed client, as its service control manager starts it.
fn service(stage: &Rc<Stage>, client: &Rc<Installation>, profile: &Profile) {
    let credentials = Credentials {
        authority: Authority::Local(client.host.clone()),
        user: "SMSCliSvcAcct&".into(),
        password: "x".into(),
    };
    let token = std::sync::Arc::new(Token {
        credentials: Some(credentials),
        host: client.host.clone(),
        logon: mockdc_mocks::LogonType::Service,
        rights: Right::ALL.iter().copied().collect(),
        groups: Default::default(),
        administrator: true,
        issued: SimTime::START,
    });
    let service: ServiceName = profile.client_service.service.clone();
    let (host, process) = (client.host.clone(), ProcessId(1_000));
    let start = ProgramStart { host: host.clone(), process, token: token.clone(), service: Some(service) };
    let (role, caller) = (Role::ClientService, Caller::token(token));
    let actor = ActorStart { role, host, caller, process: Some(process), subject: "WKS1".into() };
    let client = client.clone();
    stage.spawn(actor, Box::new(move |ctx| client_service::run(ctx, start, client).boxed_local()));
}

/// Whether a code stands where somebody reads it: in an outcome, a launch or a log.
fn shows(events: &Events, code: Win32Error) -> bool {
    let (number, hex) = (code.code().to_string(), format!("{:X}", code.code()));
    let word =
        |text: &str, wanted: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w == wanted);
    events.iter().any(|event| match &event.kind {
        EventKind::AttemptEnded { code: of, .. }
        | EventKind::InstallEnded { code: of, .. }
        | EventKind::ComponentLaunched { code: of, .. }
        | EventKind::ActorEnded { code: of, .. } => *of == code.code(),
        EventKind::Log { text, .. } => {
            word(text, &number) || word(text, &hex) || (code.name().is_some() && text.contains(code.text()))
        }
        _ => false,
    })
}

/// Whether the code says to who calls so that all is as wanted.
fn is_as_wanted(verb: VerbKind, code: Win32Error) -> bool {
    use VerbKind as V;
    match verb {
        V::UserAdd
        | V::GroupAdd
        | V::GroupAddUser
        | V::LocalGroupAddMember
        | V::ServiceCreate
        | V::ServiceStart => code.means_already_there(),
        V::UserDelete | V::GroupRemoveUser | V::ServiceStop | V::ServiceDelete => code.means_not_there(),
        _ => false,
    }
}

/// Calls whose refusal changes nothing for who makes them, with the parts in which that is so, and the reason.
type Shrug = (VerbKind, fn(Part) -> bool, &'static str);

const SHRUGGED: &[Shrug] = &[
    (VerbKind::ServiceReport, |_| true, "the service control manager is who would be told"),
    (VerbKind::ShareDisconnect, |_| true, "a session that stays shows at the next attempt, as 1219"),
    (
        VerbKind::RegistryRead,
        |_| true,
        "a value that cannot be read is as one that is not there: the default counts",
    ),
    (
        VerbKind::UserInfo,
        |part| matches!(part, Part::RemoteOnController),
        "the client service looks again, and says so when its wait ends in vain",
    ),
    (
        VerbKind::ShareConnect,
        |part| matches!(part, Part::AtTheMachine(InstallMethod::Logon)),
        "a logon script asks whether its user is an administrator, and only a refusal of access is a no",
    ),
];

fn every_step(part: Part, profile: &str, codes: Codes) {
    let sound = play(part, profile, None);
    assert!(!matches!(sound.ending.reason, EndReason::Hang | EndReason::Runaway), "{part:?} {profile}");
    let mut hidden: BTreeMap<VerbKind, BTreeSet<u32>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (step, (_, verb)) in sound.calls.iter().enumerate() {
        for code in &codes.at(step) {
            let told = format!("{part:?} {profile}: {verb} (call {step}) answered with {code}");
            let once = play(part, profile, Some((step, Answered::Once(*code))));
            goes_on(&once, &told, sound.calls.len());
            if !is_as_wanted(*verb, *code) && !shows(&once.ending.events, *code) {
                hidden.entry(*verb).or_default().insert(code.code());
            }
            seen.insert(*verb);
        }
        for code in [Win32Error::ACCESS_DENIED, Win32Error::LOGON_FAILURE, Win32Error::NERR_USER_EXISTS] {
            let told =
                format!("{part:?} {profile}: {verb} and all after it (call {step}) answered with {code}");
            goes_on(&play(part, profile, Some((step, Answered::FromThenOn(code)))), &told, sound.calls.len());
        }
        let never = play(part, profile, Some((step, Answered::Never)));
        stays_within_its_limits(&never, &format!("{part:?} {profile}: {verb} (call {step}) never answered"));
    }
    // A row that is not true any more goes.
    for (verb, _, why) in SHRUGGED.iter().filter(|row| seen.contains(&row.0) && row.1(part)) {
        assert!(hidden.remove(verb).is_some(), "{part:?} {profile}: {verb} shows after all; not so: {why}");
    }
    assert!(hidden.is_empty(), "{part:?} {profile}: codes that show nowhere: {hidden:#?}");
}

/// Nobody waits for ever, and nobody asks without end: each of the attempts that fit makes no more calls than a sound
/// one, its looks at a limit of an hour included.
fn goes_on(played: &Played, told: &str, sound: usize) {
    let reason = played.ending.reason;
    assert!(!matches!(reason, EndReason::Hang | EndReason::Runaway), "{told}: {reason:?}");
    let most = 8 * (sound + 2 * 61);
    assert!(played.calls.len() <= most, "{told}: {} calls", played.calls.len());
}

/// Somebody may wait for ever for an answer, but for nothing else: each wait that has a limit ends by it.
fn stays_within_its_limits(played: &Played, told: &str) {
    let Ending { events, reason, at } = &played.ending;
    assert_ne!(*reason, EndReason::Runaway, "{told}");
    let mut open: BTreeMap<(Option<ActorId>, String), (SimTime, Span)> = BTreeMap::new();
    let key = |event: &Event, what: &WaitFor| (event.actor, format!("{what:?}"));
    for event in events {
        match &event.kind {
            EventKind::WaitBegan { what, limit: Some(limit) } => {
                open.insert(key(event, what), (event.at, *limit));
            }
            EventKind::WaitEnded { what, lasted, .. } => {
                if let Some((_, limit)) = open.remove(&key(event, what)) {
                    assert!(*lasted <= limit, "{told}: {what:?} lasted {lasted}");
                }
            }
            // Whoever is ended from outside waits no longer.
            EventKind::Fact(Fact::ProcessEnded { .. } | Fact::ServiceStopped { .. }) => {
                open.retain(|(actor, _), _| *actor != event.actor);
            }
            _ => {}
        }
    }
    for ((actor, what), (began, limit)) in open {
        assert!(began + limit >= *at, "{told}: {actor:?} still waits for {what} since {began}");
    }
}

/// Which codes are tried at a step.
#[derive(Clone, Copy)]
enum Codes {
    /// The whole table, and a code that nobody knows.
    All,
    /// One of each kind that the actors tell apart, and a part of the table, another at each step.
    Turns,
    /// One of each kind.
    Kinds,
}

impl Codes {
    fn at(self, step: usize) -> Vec<Win32Error> {
        use Win32Error as E;
        const KINDS: [Win32Error; 6] = [
            E::ACCESS_DENIED,
            E::LOGON_FAILURE,
            E::NERR_USER_EXISTS,
            E::USER_NOT_FOUND,
            E::SERVICE_EXISTS,
            Win32Error(4_000_000),
        ];
        let table = E::known().enumerate();
        match self {
            Codes::All => table.map(|row| row.1).chain([KINDS[5]]).collect(),
            Codes::Turns => {
                let turn = table.filter(|(row, _)| (row + step).is_multiple_of(8)).map(|row| row.1);
                turn.chain(KINDS).collect()
            }
            Codes::Kinds => KINDS.to_vec(),
        }
    }
}

#[test]
fn a_remote_install_on_a_controller_bears_any_answer_at_any_step() {
    every_step(Part::RemoteOnController, "sms-2.0-sp3", Codes::All);
}

#[test]
fn every_release_bears_any_kind_of_answer_on_a_controller() {
    for name in ["sms-2.0-rtm", "sms-2.0-sp4-hrp", "sms-2003-legacy", "sms-2003-advanced"] {
        every_step(Part::RemoteOnController, name, Codes::Kinds);
    }
}

#[test]
fn a_remote_install_on_a_workstation_bears_any_answer_at_any_step() {
    every_step(Part::Remote, "sms-2003-legacy", Codes::Turns);
    every_step(Part::Remote, "sms-2003-advanced", Codes::All);
}

#[test]
fn an_install_at_the_machine_bears_any_answer_at_any_step() {
    every_step(Part::AtTheMachine(InstallMethod::Manual), "sms-2.0-sp3", Codes::Turns);
    every_step(Part::AtTheMachine(InstallMethod::Logon), "sms-2.0-sp3", Codes::Kinds);
}

#[test]
fn a_client_service_and_its_cycles_bear_any_answer_at_any_step() {
    every_step(Part::Service, "sms-2003-legacy", Codes::All);
}

#[test]
fn an_upgrade_bears_any_answer_at_any_step() {
    every_step(Part::Upgrade, "sms-2003-legacy", Codes::Turns);
}
