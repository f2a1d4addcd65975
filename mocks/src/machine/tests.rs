use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::directory::Rid;
use crate::domain::Facts;
use crate::machine::{Machine, OwnRights, Processes, default_rights, may_launch_as_another};
use crate::{
    Data, Fact, LogonType, MachineSettings, Name, Os, Reply, Right, RightSet, ServiceName, ServiceState,
    SimTime, Span, StartMode, StateKey, Token, Value, Verb, Win32Error,
};

const T0: SimTime = SimTime::START;

fn machine() -> Machine {
    Machine::new("WS1".into(), &MachineSettings::default())
}

fn token() -> Arc<Token> {
    Arc::new(Token {
        credentials: None,
        host: "WS1".into(),
        logon: LogonType::Service,
        rights: RightSet::default(),
        groups: Default::default(),
        administrator: true,
        issued: T0,
    })
}

fn started(machine: &mut Machine, processes: &mut Processes, facts: &mut Facts) -> ServiceName {
    let name: ServiceName = "Clisvc".into();
    machine.services.create(T0, &name, &"CLISVCL.EXE".into(), None, StartMode::Manual, facts).unwrap();
    let token = token();
    let process = processes.enter(&machine.name, "CLISVCL.EXE".into(), Arc::clone(&token));
    machine.services.started(T0, &name, Some((process, token)), facts);
    name
}

fn states(facts: &mut Facts, service: &str) -> Vec<Option<String>> {
    let mut states = Vec::new();
    for record in facts.drain() {
        if let Fact::State { key: StateKey::Service { service: s }, value, .. } = record.fact
            && s == *service
        {
            states.push(value.map(|value| match value {
                Value::Text(text) => text.to_string(),
                other => panic!("{other:?}"),
            }));
        }
    }
    states
}

#[test]
fn a_service_is_pending_until_it_reports_and_then_runs() {
    let (mut machine, mut processes, mut facts) = (machine(), Processes::default(), Facts::default());
    let name = started(&mut machine, &mut processes, &mut facts);
    assert_eq!(machine.services.find(&name).unwrap().state, ServiceState::StartPending);
    assert_eq!(machine.services.startable(&name).err(), Some(Win32Error::SERVICE_ALREADY_RUNNING));
    machine.services.report(T0, &name, ServiceState::Running, 0, &mut facts).unwrap();
    assert_eq!(machine.services.next_timeout(), None);
    let expected = ["stopped", "start-pending", "running"].map(|state| Some(state.to_owned()));
    assert_eq!(states(&mut facts, "Clisvc"), expected);
}

#[test]
fn a_service_that_does_not_report_in_thirty_seconds_fails_with_1053() {
    let (mut machine, mut processes, mut facts) = (machine(), Processes::default(), Facts::default());
    let name = started(&mut machine, &mut processes, &mut facts);
    assert_eq!(machine.next_timeout(), Some(T0 + Span::secs(30)));
    assert_eq!(machine.services.overdue(T0 + Span::millis(29_999), &mut facts), []);
    facts.drain();
    assert_eq!(machine.services.overdue(T0 + Span::secs(30), &mut facts).len(), 1);
    let failed = Fact::ServiceFailed {
        service: name.clone(),
        error: Win32Error::SERVICE_REQUEST_TIMEOUT,
        cause: None,
    };
    assert!(facts.drain().iter().any(|record| record.fact == failed));
    assert_eq!(machine.services.find(&name).unwrap().state, ServiceState::Stopped);
}

#[test]
fn a_running_service_that_is_deleted_goes_when_it_stops() {
    let (mut machine, mut processes, mut facts) = (machine(), Processes::default(), Facts::default());
    let name = started(&mut machine, &mut processes, &mut facts);
    machine.services.delete(T0, &name, &mut facts).unwrap();
    let again = machine.services.create(T0, &name, &"X.EXE".into(), None, StartMode::Manual, &mut facts);
    assert_eq!(again, Err(Win32Error::SERVICE_MARKED_FOR_DELETE));
    assert!(machine.services.stop(T0, &name, &mut facts).unwrap().is_some());
    assert_eq!(machine.services.find(&name).err(), Some(Win32Error::SERVICE_DOES_NOT_EXIST));
    assert_eq!(states(&mut facts, "Clisvc").last(), Some(&None));
}

#[test]
fn a_service_stops_when_its_process_ends() {
    let (mut machine, mut processes, mut facts) = (machine(), Processes::default(), Facts::default());
    let name = started(&mut machine, &mut processes, &mut facts);
    let process = machine.services.find(&name).unwrap().process.unwrap();
    assert!(processes.end(T0, process, Some(3), &mut facts));
    machine.services.process_ended(T0, process, 3, &mut facts);
    let stopped = Fact::ServiceStopped { service: name.clone(), code: 3 };
    assert!(facts.drain().iter().any(|record| record.fact == stopped));
    assert_eq!(machine.services.stop(T0, &name, &mut facts), Err(Win32Error::SERVICE_NOT_ACTIVE));
}

#[test]
fn what_is_wrong_with_a_service_is_said_with_its_code() {
    let (mut machine, mut facts) = (machine(), Facts::default());
    let name: ServiceName = "Clisvc".into();
    assert_eq!(machine.services.startable(&name).err(), Some(Win32Error::SERVICE_DOES_NOT_EXIST));
    let services = &mut machine.services;
    services.create(T0, &name, &"A.EXE".into(), None, StartMode::Disabled, &mut facts).unwrap();
    let twice = services.create(T0, &name, &"A.EXE".into(), None, StartMode::Manual, &mut facts);
    assert_eq!(twice, Err(Win32Error::SERVICE_EXISTS));
    assert_eq!(services.startable(&name).err(), Some(Win32Error::SERVICE_DISABLED));
    assert_eq!(services.stop(T0, &name, &mut facts), Err(Win32Error::SERVICE_NOT_ACTIVE));
}

#[test]
fn the_server_and_workstation_services_decide_what_netservergetinfo_says() {
    let (mut machine, mut facts) = (machine(), Facts::default());
    assert_eq!(machine.server_info(), Err(Win32Error::WKSTA_NOT_STARTED));
    for name in machine.services.automatic() {
        machine.services.started(T0, &name, None, &mut facts);
    }
    assert_eq!(machine.server_info(), Ok(()));
    assert_eq!(machine.share(&"ADMIN$".into()), Ok(()));
    assert_eq!(machine.share(&"inbox".into()), Err(Win32Error::BAD_NET_NAME));
    machine.services.stop(T0, &"lanmanserver".into(), &mut facts).unwrap();
    assert_eq!(machine.server_info(), Err(Win32Error::SERVER_NOT_STARTED));
    assert_eq!(machine.share(&"admin$".into()), Err(Win32Error::BAD_NETPATH));
}

#[test]
fn a_machine_that_goes_down_takes_its_processes_and_services_with_it() {
    let (mut machine, mut processes, mut facts) = (machine(), Processes::default(), Facts::default());
    let name = started(&mut machine, &mut processes, &mut facts);
    facts.drain();
    machine.go_down(T0, Some(T0 + Span::mins(2)), &mut facts);
    processes.machine_down(T0, &machine.name, &mut facts);
    assert_eq!(machine.services.find(&name).unwrap().state, ServiceState::Stopped);
    let ended =
        facts.drain().into_iter().any(|record| matches!(record.fact, Fact::ProcessEnded { code: None, .. }));
    assert!(ended);
    assert_eq!(machine.next_timeout(), Some(T0 + Span::mins(2)));
    machine.come_up(T0 + Span::mins(2), &mut facts);
    assert!(machine.is_up());
    assert_eq!(machine.next_timeout(), None);
}

#[test]
fn registry_files_and_shares_are_read_as_they_were_written() {
    let (mut machine, mut facts) = (machine(), Facts::default());
    let (key, value): (Name, Name) = ("HKLM\\Software\\SMS".into(), "Max Wait".into());
    let read = Verb::RegistryRead { key: key.clone(), value: value.clone() };
    let mut perform = |verb: &Verb| machine.store.perform(T0, verb, &mut facts).unwrap();
    assert_eq!(perform(&read), Err(Win32Error::FILE_NOT_FOUND));
    let data = Data::Dword(300);
    perform(&Verb::RegistryWrite { key: key.clone(), value: value.clone(), data: data.clone() }).unwrap();
    assert_eq!(perform(&read), Ok(Reply::Data(data)));
    perform(&Verb::RegistryDelete { key, value }).unwrap();
    assert_eq!(perform(&read), Err(Win32Error::FILE_NOT_FOUND));
    assert_eq!(perform(&Verb::ShareAdd { share: "admin$".into() }), Err(Win32Error::DUPLICATE_SHARE));
    assert_eq!(perform(&Verb::ShareDelete { share: "x".into() }), Err(Win32Error::NET_NAME_NOT_FOUND));
    assert_eq!(perform(&Verb::FileDelete { path: "x".into() }), Err(Win32Error::FILE_NOT_FOUND));
}

#[test]
fn launching_as_another_needs_three_rights_on_windows_2000_and_two_on_xp() {
    let all = [Right::Tcb, Right::AssignPrimaryToken, Right::IncreaseQuota];
    for without in all {
        let rights: RightSet = all.into_iter().filter(|right| *right != without).collect();
        for os in [Os::Nt4, Os::Windows2000, Os::Xp, Os::Windows2003] {
            let fine = without == Right::Tcb && matches!(os, Os::Xp | Os::Windows2003);
            let expected = if fine { Ok(()) } else { Err(Win32Error::PRIVILEGE_NOT_HELD) };
            assert_eq!(may_launch_as_another(os, rights), expected, "{without} on {os:?}");
        }
    }
    assert_eq!(may_launch_as_another(Os::Nt4, all.into_iter().collect()), Ok(()));
}

const A: Rid = Rid(1_001);
const B: Rid = Rid(1_002);

fn holders(list: &[Rid]) -> BTreeMap<Right, BTreeSet<Rid>> {
    BTreeMap::from([(Right::ServiceLogon, list.iter().copied().collect())])
}

#[test]
fn a_defined_right_replaces_the_machines_own_and_gives_it_back_when_undefined() {
    let mut own = OwnRights::default();
    assert_eq!(own.apply(&holders(&[A]), &holders(&[B])), holders(&[B]));
    assert_eq!(own.apply(&holders(&[B]), &holders(&[])), holders(&[]), "defined and empty: nobody");
    assert_eq!(own.apply(&holders(&[]), &BTreeMap::new()), holders(&[A]));
    assert_eq!(own.apply(&holders(&[A]), &BTreeMap::new()), BTreeMap::new(), "nothing to do");
}

#[test]
fn what_is_granted_or_revoked_under_a_definition_shows_once_it_is_gone() {
    let mut own = OwnRights::default();
    own.apply(&holders(&[A]), &holders(&[A]));
    // B is granted and A revoked on the machine; the next application undoes both.
    assert_eq!(own.apply(&holders(&[B]), &holders(&[A])), holders(&[A]));
    assert_eq!(own.apply(&holders(&[A]), &BTreeMap::new()), holders(&[B]));
}

#[test]
fn nobody_logs_on_as_a_service_by_default_and_administrators_hold_the_usual_rights() {
    let rights = default_rights();
    for right in [Right::ServiceLogon, Right::Tcb, Right::AssignPrimaryToken] {
        assert_eq!(rights.get(&right), None, "{right}");
    }
    assert!(rights[&Right::IncreaseQuota].contains(&Rid::ADMINISTRATORS));
    assert!(rights[&Right::Shutdown].contains(&Rid::USERS));
}

#[test]
fn rights_have_the_titles_of_their_system() {
    assert_eq!(Right::IncreaseQuota.title_on(Os::Windows2000), "Increase quotas");
    assert_eq!(Right::IncreaseQuota.title_on(Os::Xp), "Adjust memory quotas for a process");
    assert_eq!(Right::AssignPrimaryToken.title_on(Os::Nt4), "Replace a process level token");
}
