//! Every code that is known: the situation in which an operation yields it, or why none does.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::*;

/// Each line of a situation is `CALLER@HOST TARGET VERB`, or `wait SPAN`; the code is the last answer's, or what the
/// service control manager says of a start meanwhile.
const YIELDED: &[(u32, &str)] = &[
    (2, "admin@PDC1 WS1 registry-read = { key = 'HKLM', value = 'No' }"),
    (5, "u@WS1 PDC1 user-add = { user = 'A', password = 'Secret-1' }"),
    (50, "system@WS1 WS1 synchronize = {}"),
    (53, "admin@WS1 NOWHERE share-connect = { share = 'admin$' }"),
    (67, "admin@WS1 PDC1 share-connect = { share = 'no$' }"),
    (87, "admin@PDC1 PDC1 lookup-sid = { sid = 'x' }"),
    (122, "admin@PDC1 PDC1 lookup-sid = { sid = 'S-1-5-32-544', buffer = 3 }"),
    (
        1053,
        "system@WS1 WS1 service-create = { service = 's', program = 's.exe' }
         system@WS1 WS1 service-start = { service = 's' }
         wait 31s
         system@WS1 WS1 service-query = { service = 's' }",
    ),
    (
        1056,
        "system@WS1 WS1 service-create = { service = 's', program = 's.exe' }
         system@WS1 WS1 service-start = { service = 's' }
         system@WS1 WS1 service-start = { service = 's' }",
    ),
    (
        1057,
        "system@WS1 WS1 service-create = { service = 's', program = 's.exe', account = { user = 'no', password = 'p' } }",
    ),
    (
        1058,
        "system@WS1 WS1 service-create = { service = 's', program = 's.exe', start = 'disabled' }
         system@WS1 WS1 service-start = { service = 's' }",
    ),
    (1060, "system@WS1 WS1 service-start = { service = 'no' }"),
    (
        1062,
        "system@WS1 WS1 service-create = { service = 's', program = 's.exe' }
         system@WS1 WS1 service-stop = { service = 's' }",
    ),
    (
        1069,
        "system@WS1 WS1 service-create = { service = 's', program = 's.exe', account = { user = 'u', password = 'Secret-1' } }
         system@WS1 WS1 service-start = { service = 's' }",
    ),
    (
        1072,
        "system@WS1 WS1 service-create = { service = 's', program = 's.exe' }
         system@WS1 WS1 service-start = { service = 's' }
         system@WS1 WS1 service-delete = { service = 's' }
         system@WS1 WS1 service-delete = { service = 's' }",
    ),
    (
        1073,
        "system@WS1 WS1 service-create = { service = 's', program = 's.exe' }
         system@WS1 WS1 service-create = { service = 's', program = 's.exe' }",
    ),
    (
        1219,
        "admin@WS1 PDC1 share-connect = { share = 'admin$' }
         boss@WS1 PDC1 share-connect = { share = 'admin$' }",
    ),
    (
        1311,
        "system@PDC1 PDC1 restart = { down = '1h' }
         system@BDC1 BDC1 restart = { down = '1h' }
         system@WS1 WS1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1314,
        "u@WS1 WS1 process-launch = { program = 'p.exe', as-user = { user = 'boss', password = 'Secret-1' } }",
    ),
    (1326, "system@WS1 WS1 logon = { credentials = { user = 'u', password = 'other' }, logon = 'network' }"),
    (
        1327,
        "admin@PDC1 PDC1 account-policy-set = { policy = { minimum-age = '1d' } }
         u@PDC1 PDC1 user-change-password = { user = 'u', old = 'Secret-1', new = 'Secret-2' }",
    ),
    (
        1328,
        "admin@PDC1 PDC1 user-set-logon-limits = { user = 'u', hours = [{ from = '8h', to = '18h' }] }
         system@PDC1 PDC1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1329,
        "admin@PDC1 PDC1 user-set-logon-limits = { user = 'u', workstations = ['WS2'] }
         system@WS1 PDC1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1330,
        "wait 42d
         system@WS1 WS1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1331,
        "admin@PDC1 PDC1 user-set-flags = { user = 'u', set = ['disabled'] }
         system@PDC1 PDC1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (1332, "admin@PDC1 PDC1 lookup-name = { account = 'nobody' }"),
    (1355, "system@WS1 WS1 dc-find = { domain = 'OTHER' }"),
    (1371, "admin@PDC1 PDC1 user-delete = { user = 'Administrator' }"),
    (1374, "admin@PDC1 PDC1 group-remove-user = { group = 'Domain Users', user = 'u' }"),
    (1376, "admin@PDC1 PDC1 local-group-members = { group = 'no' }"),
    (1377, "admin@PDC1 PDC1 local-group-remove-member = { group = 'Guests', member = 'u' }"),
    (
        1378,
        "admin@PDC1 PDC1 local-group-add-member = { group = 'Guests', member = 'u' }
         admin@PDC1 PDC1 local-group-add-member = { group = 'Guests', member = 'u' }",
    ),
    (1379, "admin@PDC1 PDC1 local-group-add = { group = 'Guests' }"),
    (1385, "system@WS1 WS1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'service' }"),
    (1387, "admin@PDC1 PDC1 local-group-add-member = { group = 'Guests', member = 'nobody' }"),
    (1388, "admin@PDC1 PDC1 local-group-add-member = { group = 'Guests', member = 'Users' }"),
    (
        1722,
        "system@PDC1 PDC1 restart = { down = '1h' }
         admin@WS1 PDC1 user-info = { user = 'u' }",
    ),
    (
        1786,
        "system@WS1 WS1 machine-secret-store = {}
         system@WS1 WS1 secure-channel-verify = {}",
    ),
    (
        1787,
        "admin@PDC1 PDC1 user-delete = { user = 'WS1$' }
         system@WS1 WS1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1789,
        "admin@PDC1 PDC1 user-set-password = { user = 'WS1$', password = 'ws1' }
         system@WS1 WS1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1792,
        "system@WS1 WS1 service-stop = { service = 'Netlogon' }
         system@WS1 WS1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1793,
        "admin@PDC1 PDC1 user-set-expiry = { user = 'u', expires = '0s' }
         system@PDC1 PDC1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1807,
        "admin@PDC1 PDC1 user-add = { user = 'NEW$', password = 'new', flags = ['workstation-trust-account'] }
         system@PDC1 PDC1 logon = { credentials = { user = 'NEW$', password = 'new' }, logon = 'network' }",
    ),
    (
        1808,
        "admin@PDC1 PDC1 user-add = { user = 'BDC9$', password = 'new', flags = ['server-trust-account'] }
         system@PDC1 PDC1 logon = { credentials = { user = 'BDC9$', password = 'new' }, logon = 'network' }",
    ),
    (
        1907,
        "admin@PDC1 PDC1 user-set-flags = { user = 'u', set = ['must-change-password'] }
         system@PDC1 PDC1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        1908,
        "system@PDC1 PDC1 restart = { down = '1h' }
         system@BDC1 BDC1 service-stop = { service = 'Netlogon' }
         system@WS1 WS1 dc-find = {}",
    ),
    (
        1909,
        "admin@PDC1 PDC1 account-policy-set = { policy = { lockout-threshold = 1 } }
         system@PDC1 PDC1 logon = { credentials = { user = 'u', password = 'other' }, logon = 'network' }
         system@PDC1 PDC1 logon = { credentials = { user = 'u', password = 'Secret-1' }, logon = 'network' }",
    ),
    (
        2114,
        "system@WS1 WS1 service-stop = { service = 'LanmanServer' }
         system@WS1 WS1 server-info = {}",
    ),
    (
        2118,
        "system@WS1 WS1 share-add = { share = 's' }
         system@WS1 WS1 share-add = { share = 's' }",
    ),
    (
        2138,
        "system@WS1 WS1 service-stop = { service = 'LanmanWorkstation' }
         system@WS1 WS1 server-info = {}",
    ),
    (2202, "admin@PDC1 PDC1 user-add = { user = 'a/b', password = 'Secret-1' }"),
    (2220, "admin@PDC1 PDC1 group-members = { group = 'no' }"),
    (2221, "admin@PDC1 PDC1 user-info = { user = 'no' }"),
    (2223, "admin@PDC1 PDC1 group-add = { group = 'Domain Admins' }"),
    (2224, "admin@PDC1 PDC1 user-add = { user = 'u', password = 'Secret-1' }"),
    (2226, "admin@PDC1 BDC1 user-add = { user = 'v', password = 'Secret-1' }"),
    (2234, "admin@PDC1 PDC1 group-delete = { group = 'Domain Users' }"),
    (2236, "admin@PDC1 PDC1 group-add-user = { group = 'Domain Admins', user = 'boss' }"),
    (2237, "admin@PDC1 PDC1 group-remove-user = { group = 'Domain Admins', user = 'u' }"),
    (
        2243,
        "admin@PDC1 PDC1 user-set-flags = { user = 'u', set = ['cannot-change-password'] }
         u@PDC1 PDC1 user-change-password = { user = 'u', old = 'Secret-1', new = 'Secret-2' }",
    ),
    (
        2245,
        "admin@PDC1 PDC1 account-policy-set = { policy = { minimum-length = 14 } }
         admin@PDC1 PDC1 user-add = { user = 'v', password = 'Secret-1' }",
    ),
    (2250, "admin@WS1 PDC1 share-disconnect = {}"),
    (2310, "system@WS1 WS1 share-delete = { share = 'no' }"),
    (
        2452,
        "admin@PDC1 PDC1 user-set-flags = { user = 'boss', set = ['disabled'] }
         admin@PDC1 PDC1 group-remove-user = { group = 'Domain Admins', user = 'Administrator' }
         admin@PDC1 PDC1 local-group-remove-member = { group = 'Administrators', member = 'Administrator' }",
    ),
    (
        2453,
        "system@PDC1 PDC1 restart = { down = '1h' }
         system@WS1 WS1 dc-find = { primary = true }",
    ),
    (2457, "clock admin@WS2 PDC1 user-info = { user = 'u' }"),
    (2691, "system@WS1 WS1 domain-join = { credentials = { user = 'Administrator', password = 'Adm1n-password!' } }"),
    (
        2692,
        "system@WS1 WS1 domain-unjoin = {}
         system@WS1 WS1 domain-unjoin = {}",
    ),
    (2693, "system@BDC1 BDC1 domain-unjoin = {}"),
    (
        8614,
        "clock system@BDC1 BDC1 restart = { down = '61d' }
         admin@PDC1 PDC1 user-set-comment = { user = 'u', comment = 'x' }
         wait 62d
         admin@PDC1 BDC1 synchronize = {}",
    ),
];

/// Codes that no operation of the port yields, and why.
const NOT_YIELDED: &[(u32, &str)] = &[
    (121, "of faults only: a scenario may let a call end with it"),
    (
        997,
        "what Setup sees when it starts a service without access (Q318479); the port's call is refused with 5",
    ),
    (1003, "what a program makes of 1314, no answer of the system"),
    (
        1300,
        "of AdjustTokenPrivileges, which the port does not have: a launch that lacks one is refused with 1314",
    ),
    (1313, "rights are read with the scenario, not by the system"),
    (1316, "the SAM's own form of 2224"),
    (1317, "the SAM's own form of 2221"),
    (1318, "the SAM's own form of 2223"),
    (1319, "the SAM's own form of 2220"),
    (1320, "the SAM's own form of 2236"),
    (1321, "the SAM's own form of 2237"),
    (1325, "the SAM's own form of 2245"),
    (1354, "the SAM's own form of 2226"),
    (1380, "a right of its own for each type of logon is asked for: 1385"),
    (1460, "of scripts: a wait that is over"),
    (1788, "of trusts between domains, and there is one domain only"),
    (2242, "of down-level systems: here 1330"),
    (2244, "of down-level systems: here 2245"),
    (2246, "the network form of 1327, which the probe of a password sees (A18)"),
    (2248, "a state of a replicant: a synchronisation that has nothing to do is done"),
    (2249, "stands in the fact of a partial synchronisation that must become a full one"),
    (2351, "computers' names are checked with the world"),
];

#[derive(Deserialize)]
struct Call {
    call: Verb,
}

fn world(wrong_clock: bool) -> Domain {
    let mut builder = Domain::builder().pdc("PDC1").bdc("BDC1").workstation("WS1").workstation("WS2");
    builder = builder.computer_accounts();
    builder = builder.user("u", "Secret-1", &[]).user("boss", "Secret-1", &["Domain Admins"]);
    let ad = AdSpec { version: AdVersion::Windows2003, ..AdSpec::default() };
    builder = match wrong_clock {
        false => builder.delay(Span::mins(10)),
        true => builder.replication(Replication::Ad(ad)).fault(
            "clock",
            FaultKind::ClockSkew { at: "WS2".into(), by: Span::hours(1) },
            Span::ZERO,
            None,
        ),
    };
    builder.build(1).unwrap()
}

fn caller(text: &str) -> Caller {
    let (user, host) = text.split_once('@').unwrap();
    match user {
        "system" => Caller::system(host),
        "admin" => Caller::domain(host, "Administrator", "Adm1n-password!"),
        user => Caller::domain(host, user, "Secret-1"),
    }
}

/// The code of the last call, and those that services could not be started with.
fn codes_of(situation: &str) -> BTreeSet<u32> {
    let (wrong_clock, situation) = match situation.strip_prefix("clock ") {
        Some(rest) => (true, rest),
        None => (false, situation),
    };
    let mut domain = world(wrong_clock);
    let (mut now, mut last) = (SimTime::START, None);
    for line in situation.lines().map(str::trim) {
        if let Some(span) = line.strip_prefix("wait ") {
            now += span.parse::<Span>().unwrap();
            continue;
        }
        assert!(last.is_none(), "an earlier line of `{situation}` ends with {last:?}");
        let mut words = line.splitn(3, ' ');
        let (by, at) = (caller(words.next().unwrap()), words.next().unwrap());
        let call: Call = toml::from_str(&format!("call = {{ {} }}", words.next().unwrap())).unwrap();
        last = domain.apply(now, &by, &Operation::new(at, call.call)).answer.err();
        if situation.contains("'other'")
            && last == Some(Win32Error::LOGON_FAILURE)
            && !situation.ends_with(line)
        {
            last = None;
        }
    }
    let failed = domain.drain_facts().into_iter().filter_map(|record| match record.fact {
        Fact::ServiceFailed { error, .. } => Some(error),
        _ => None,
    });
    failed.chain(last).map(Win32Error::code).collect()
}

#[test]
fn each_situation_yields_its_code() {
    let wrong: Vec<(u32, BTreeSet<u32>)> = YIELDED
        .iter()
        .map(|(code, situation)| (*code, codes_of(situation)))
        .filter(|(code, codes)| !codes.contains(code))
        .collect();
    assert!(wrong.is_empty(), "expected, and what was yielded instead: {wrong:?}");
}

#[test]
fn every_known_code_is_yielded_or_said_not_to_be() {
    let listed: Vec<u32> = YIELDED.iter().chain(NOT_YIELDED).map(|(code, _)| *code).collect();
    let once: BTreeSet<u32> = listed.iter().copied().collect();
    assert_eq!(listed.len(), once.len(), "a code is listed twice");
    let known: BTreeSet<u32> = Win32Error::known().map(Win32Error::code).collect();
    assert_eq!(once, known);
}
