//! Scripts against the mock domain: the codes that each situation provokes.

use std::sync::Arc;

use mockdc_mocks::{MachineSpec, SimTime, VerbKind, Win32Error};
use mockdc_scenarios::{Plan, Script, ScriptAct, ScriptStart, ScriptStep, ScriptUser, Trigger};

use crate::orchestrator;
use crate::timeline::EventKind;
use crate::timeline::story::plan;

/// Host, verb, arguments, and the code that the script sees; each line finds what the ones before it left.
const SITUATIONS: &[(&str, VerbKind, &str, u32)] = &[
    ("PDC1", VerbKind::UserAdd, "user = 'A'\npassword = 'pa55-Word'", 0),
    ("PDC1", VerbKind::UserAdd, "user = 'A'\npassword = 'pa55-Word'", 2224),
    ("BDC1", VerbKind::UserAdd, "user = 'B'\npassword = 'pa55-Word'", 2226),
    ("PDC1", VerbKind::UserInfo, "user = 'Nobody'", 2221),
    ("BDC1", VerbKind::UserInfo, "user = 'A'", 2221),
    ("PDC1", VerbKind::GroupAdd, "group = 'G'", 0),
    ("PDC1", VerbKind::GroupAdd, "group = 'G'", 2223),
    ("PDC1", VerbKind::GroupAddUser, "group = 'No'\nuser = 'A'", 2220),
    ("PDC1", VerbKind::GroupAddUser, "group = 'G'\nuser = 'A'", 0),
    ("PDC1", VerbKind::GroupAddUser, "group = 'G'\nuser = 'A'", 2236),
    ("PDC1", VerbKind::GroupRemoveUser, "group = 'G'\nuser = 'A'", 0),
    ("PDC1", VerbKind::GroupRemoveUser, "group = 'G'\nuser = 'A'", 2237),
    ("PDC1", VerbKind::GroupRemoveUser, "group = 'Domain Users'\nuser = 'A'", 1374),
    ("WS1", VerbKind::LocalGroupAdd, "group = 'L'", 0),
    ("WS1", VerbKind::LocalGroupAdd, "group = 'L'", 1379),
    ("WS1", VerbKind::LocalGroupAddMember, "group = 'No'\nmember = 'A'", 1376),
    ("WS1", VerbKind::LocalGroupAddMember, "group = 'L'\nmember = 'Nobody'", 1387),
    ("WS1", VerbKind::LocalGroupAddMember, "group = 'L'\nmember = 'A'", 0),
    ("WS1", VerbKind::LocalGroupAddMember, "group = 'L'\nmember = 'A'", 1378),
    ("WS1", VerbKind::LocalGroupRemoveMember, "group = 'L'\nmember = 'A'", 0),
    ("WS1", VerbKind::LocalGroupRemoveMember, "group = 'L'\nmember = 'A'", 1377),
    ("WS1", VerbKind::LookupName, "account = 'Nobody'", 1332),
    ("WS1", VerbKind::LookupSid, "sid = 'S-1-5-32-544'\nbuffer = 3", 122),
    ("WS1", VerbKind::RegistryRead, "key = 'HKLM'\nvalue = 'No'", 2),
    ("WS1", VerbKind::ShareConnect, "share = 'no$'", 67),
    ("WS1", VerbKind::ServiceStart, "service = 'no'", 1060),
    ("WS1", VerbKind::ServiceCreate, "service = 's'\nprogram = 's.exe'", 0),
    ("WS1", VerbKind::ServiceCreate, "service = 's'\nprogram = 's.exe'", 1073),
    ("WS1", VerbKind::ServiceStop, "service = 's'", 1062),
    ("WS1", VerbKind::ServiceStart, "service = 's'", 0),
    ("WS1", VerbKind::ServiceStart, "service = 's'", 1056),
    ("PDC1", VerbKind::Logon, "logon = 'network'\ncredentials = { user = 'A', password = 'bad' }", 1326),
    ("PDC1", VerbKind::UserSetFlags, "user = 'A'\nset = ['disabled']", 0),
    (
        "PDC1",
        VerbKind::Logon,
        "logon = 'network'\ncredentials = { user = 'A', password = 'pa55-Word' }",
        1331,
    ),
    ("PDC1", VerbKind::UserSetFlags, "user = 'A'\nclear = ['disabled']\nset = ['must-change-password']", 0),
    (
        "PDC1",
        VerbKind::Logon,
        "logon = 'network'\ncredentials = { user = 'A', password = 'pa55-Word' }",
        1907,
    ),
    ("PDC1", VerbKind::UserDelete, "user = 'A'", 0),
    ("PDC1", VerbKind::UserDelete, "user = 'A'", 2221),
];

fn step(number: usize, at: &str, verb: VerbKind, arguments: &str) -> ScriptStep {
    ScriptStep {
        id: format!("{number:02}").into(),
        line: 1,
        act: ScriptAct::Do {
            at: Some(at.into()),
            user: None,
            verb,
            arguments: toml::from_str(arguments).unwrap(),
        },
        tolerate: None,
        require: None,
        keep: None,
    }
}

#[test]
fn each_situation_provokes_its_code() {
    let mut plan: Plan = plan();
    plan.site_servers.clear();
    plan.clients.clear();
    plan.world.machines.push(MachineSpec::new("WS1", Default::default()));
    let steps = SITUATIONS.iter().enumerate();
    plan.scripts.push(Script {
        name: "provoke".into(),
        line: 1,
        host: Some("WS1".into()),
        user: Some(ScriptUser {
            user: "Administrator".into(),
            password: plan.world.domain.administrator_password.reveal().into(),
        }),
        start: ScriptStart::Trigger(Trigger::At(SimTime::START)),
        steps: steps.map(|(number, (at, verb, arguments, _))| step(number, at, *verb, arguments)).collect(),
    });
    let run = orchestrator::run(&Arc::new(plan), 1).unwrap();
    let codes = run.events.iter().filter_map(|event| match event.kind {
        EventKind::ScriptStep { code, .. } => Some(code),
        _ => None,
    });
    let codes: Vec<u32> = codes.collect();
    assert_eq!(codes.len(), SITUATIONS.len());
    let wrong: Vec<String> = SITUATIONS
        .iter()
        .zip(codes)
        .filter(|((.., expected), code)| expected != code)
        .map(|((at, verb, arguments, expected), code)| {
            format!("{verb} at {at} ({arguments:?}): {} instead of {expected}", Win32Error(code))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
