use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::Facts;
use crate::machine::{Hosts, Logons, Machine, MachineTurn};
use crate::{
    Answer, Authority, Caller, Credentials, Fact, HostName, LogonType, MachineSettings, Os, ProcessId, Reply,
    Right, RightSet, RightsChecked, ServiceSpec, ServiceState, SimTime, Span, StartMode, Token, Verb, Who,
    Win32Error,
};

const T0: SimTime = SimTime::START;

/// Accounts as a table: name, then what a logon answers.
#[derive(Default)]
struct Accounts {
    logons: BTreeMap<&'static str, Result<RightSet, Win32Error>>,
    now: RightSet,
}

impl Logons for Accounts {
    fn log_on(
        &mut self,
        now: SimTime,
        host: &HostName,
        credentials: &Credentials,
        logon: LogonType,
        _facts: &mut Facts,
    ) -> Result<Arc<Token>, Win32Error> {
        let rights = self.logons.get(credentials.user.as_str()).cloned();
        let rights = rights.unwrap_or(Err(Win32Error::LOGON_FAILURE))?;
        let credentials = Some(credentials.clone());
        let groups = Default::default();
        let host = host.clone();
        Ok(Arc::new(Token { credentials, host, logon, rights, groups, administrator: true, issued: now }))
    }

    fn knows(&mut self, _now: SimTime, _host: &HostName, credentials: &Credentials) -> bool {
        self.logons.contains_key(credentials.user.as_str())
    }

    fn rights_now(&mut self, _now: SimTime, _host: &HostName, _token: &Token) -> RightSet {
        self.now
    }
}

struct Lab {
    hosts: Hosts,
    accounts: Accounts,
    facts: Facts,
}

impl Lab {
    fn new(settings: MachineSettings) -> Lab {
        let mut hosts = Hosts::default();
        hosts.insert(Machine::new("WS1".into(), &settings));
        let mut lab = Lab { hosts, accounts: Accounts::default(), facts: Facts::default() };
        lab.hosts.start_services(T0, &"WS1".into(), &mut lab.accounts, &mut lab.facts);
        lab
    }

    fn by(&mut self, by: &Caller, administrator: bool, verb: Verb) -> Answer {
        let host = "WS1".into();
        self.hosts
            .perform(T0, by, administrator, &host, &verb, &mut self.accounts, &mut self.facts)
            .expect("a verb of machines")
    }

    fn admin(&mut self, verb: Verb) -> Answer {
        self.by(&Caller::system("WS1"), true, verb)
    }
}

fn account(name: &str) -> Option<Credentials> {
    Some(Credentials { authority: Authority::Domain, user: name.into(), password: "p".into() })
}

fn create(name: &str) -> Verb {
    Verb::ServiceCreate {
        service: "Clisvc".into(),
        program: "CLISVCL.EXE".into(),
        account: account(name),
        start: StartMode::Automatic,
    }
}

fn start() -> Verb {
    Verb::ServiceStart { service: "Clisvc".into() }
}

#[test]
fn a_service_cannot_be_created_under_an_account_that_is_not_there() {
    let mut lab = Lab::new(MachineSettings::default());
    assert_eq!(lab.admin(create("SMS&_BDC1")), Err(Win32Error::INVALID_SERVICE_ACCOUNT));
    lab.accounts.logons.insert("SMS&_BDC1", Err(Win32Error::LOGON_TYPE_NOT_GRANTED));
    assert_eq!(lab.admin(create("SMS&_BDC1")), Ok(Reply::Done));
    assert_eq!(lab.admin(create("SMS&_BDC1")), Err(Win32Error::SERVICE_EXISTS));
}

#[test]
fn whatever_refuses_the_logon_the_start_answers_1069_and_the_cause_is_stated() {
    for cause in [1326, 1327, 1330, 1331, 1385, 1793, 1907, 1909].map(Win32Error) {
        let mut lab = Lab::new(MachineSettings::default());
        lab.accounts.logons.insert("A", Err(cause));
        lab.admin(create("A")).unwrap();
        assert_eq!(lab.admin(start()), Err(Win32Error::SERVICE_LOGON_FAILED));
        let failed = Fact::ServiceFailed {
            service: "Clisvc".into(),
            error: Win32Error::SERVICE_LOGON_FAILED,
            cause: Some(cause),
        };
        assert!(lab.facts.drain().iter().any(|record| record.fact == failed), "{cause}");
    }
}

#[test]
fn callers_who_are_no_administrators_are_refused_by_the_service_control_manager() {
    let mut lab = Lab::new(MachineSettings::default());
    let by = Caller::domain("SMS1", "User", "p");
    assert_eq!(lab.by(&by, false, start()), Err(Win32Error::ACCESS_DENIED));
    let share = Verb::ShareConnect { share: "admin$".into() };
    assert_eq!(lab.by(&by, false, share.clone()), Err(Win32Error::ACCESS_DENIED));
    assert_eq!(lab.by(&by, true, share), Ok(Reply::Done));
}

fn launch(as_user: &str, rights: RightsChecked) -> Verb {
    Verb::ProcessLaunch {
        program: "ODPUSR32.exe".into(),
        as_user: account(as_user),
        rights,
        enables: Default::default(),
    }
}

#[test]
fn a_launch_as_another_counts_the_rights_of_the_logon_or_those_of_now() {
    let settings = MachineSettings { os: Os::Windows2000, ..MachineSettings::default() };
    let mut lab = Lab::new(settings);
    let all = RightSet::from([Right::Tcb, Right::AssignPrimaryToken, Right::IncreaseQuota]);
    lab.accounts.logons.insert("Svc", Ok(all));
    lab.accounts.logons.insert("Token", Ok(RightSet::default()));
    lab.admin(create("Svc")).unwrap();
    lab.admin(start()).unwrap();
    let token = lab.facts.drain().into_iter().find_map(|record| match record.fact {
        Fact::ServiceStarted { token, .. } => Some(token),
        _ => None,
    });
    let by = Caller { host: "WS1".into(), who: Who::Token(token.unwrap()) };
    // The rights are lost meanwhile: the running service does not notice, unless it asks anew.
    assert_eq!(lab.by(&by, true, launch("Token", RightsChecked::AtLogon)), Ok(Reply::Process(ProcessId(2))));
    let now = launch("Token", RightsChecked::Now);
    assert_eq!(lab.by(&by, true, now.clone()), Err(Win32Error::PRIVILEGE_NOT_HELD));
    lab.accounts.now = all;
    assert_eq!(lab.by(&by, true, now), Ok(Reply::Process(ProcessId(3))));
    let unknown = launch("Nobody", RightsChecked::AtLogon);
    assert_eq!(lab.by(&by, true, unknown), Err(Win32Error::LOGON_FAILURE));
    let parents = lab.facts.drain().into_iter().filter_map(|record| match record.fact {
        Fact::ProcessStarted { parent, .. } => Some(parent),
        _ => None,
    });
    assert_eq!(parents.collect::<Vec<_>>(), [Some(ProcessId(1)), Some(ProcessId(1))]);
}

#[test]
fn local_system_holds_every_right() {
    let mut lab = Lab::new(MachineSettings::default());
    lab.accounts.logons.insert("Token", Ok(RightSet::default()));
    assert!(lab.admin(launch("Token", RightsChecked::Now)).is_ok());
}

#[test]
fn a_child_outlives_the_service_that_launched_it() {
    let mut lab = Lab::new(MachineSettings::default());
    lab.accounts.logons.insert("A", Ok(RightSet::default()));
    lab.admin(create("A")).unwrap();
    lab.admin(start()).unwrap();
    let token = Arc::clone(&lab.hosts.processes().find(ProcessId(1)).unwrap().token);
    let by = Caller::token(token);
    let child = Verb::ProcessLaunch {
        program: "Ccmboot.exe".into(),
        as_user: None,
        rights: RightsChecked::AtLogon,
        enables: Default::default(),
    };
    assert_eq!(lab.by(&by, true, child), Ok(Reply::Process(ProcessId(2))));
    let stopped = Verb::ServiceReport { service: "Clisvc".into(), state: ServiceState::Stopped, code: 0 };
    lab.by(&by, true, stopped).unwrap();
    assert!(lab.hosts.processes().find(ProcessId(1)).is_none());
    assert!(lab.hosts.processes().find(ProcessId(2)).is_some());
}

#[test]
fn a_restart_ends_everything_and_boots_after_the_machines_time() {
    let boot = Span::mins(3);
    let services = vec![ServiceSpec {
        name: "Clisvc".into(),
        program: "CLISVCL.EXE".into(),
        account: None,
        start: StartMode::Automatic,
        running: true,
    }];
    let mut lab = Lab::new(MachineSettings { boot, services, ..MachineSettings::default() });
    assert!(lab.hosts.processes().find(ProcessId(1)).is_some());
    lab.admin(Verb::Restart { down: None }).unwrap();
    assert!(lab.hosts.processes().find(ProcessId(1)).is_none());
    assert_eq!(lab.hosts.next_timeout(), Some(T0 + boot));
    let turns = lab.hosts.advance(T0 + boot, &mut lab.facts);
    assert_eq!(turns, [MachineTurn::Booted("WS1".into())]);
    lab.hosts.start_services(T0 + boot, &"WS1".into(), &mut lab.accounts, &mut lab.facts);
    assert!(lab.hosts.processes().find(ProcessId(2)).is_some());
    let query = Verb::ServiceQuery { service: "Clisvc".into() };
    let host = "WS1".into();
    let by = Caller::system("WS1");
    let state = lab.hosts.perform(T0 + boot, &by, true, &host, &query, &mut lab.accounts, &mut lab.facts);
    assert_eq!(state, Some(Ok(Reply::Service(ServiceState::StartPending))));
}
