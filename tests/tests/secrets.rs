//! What scripts draw stays out of the record, wherever they write it, and stands on the hosts as it is.

use mockdc::judge::Verdict;
use mockdc::timeline::EventKind;
use mockdc_mocks::{Fact, StateKey, Value};
use mockdc_tests::{plan, replay};

/// An installer draws a password and leaves it in a file, in the registry and in a comment; another program of the
/// machine reads the file, and logs on with it.
const SCENARIO: &str = r#"
format = 1
name = "secrets"
until = "1h"

[domain]
replication = { delay = "1m" }

[[dc]]
name = "PDC1"
role = "pdc"

[[machine]]
name = "WS1"

[[script]]
name = "installer"
host = "WS1"
at = "0s"

[[script.step]]
draw = { name = "pw", kind = "password", length = 14 }

[[script.step]]
do = { user-add = { user = "SVC", password = "${pw}" } }
at = "PDC1"
as = { user = "Administrator", password = "Adm1n-password!" }

[[script.step]]
do = { file-write = { path = 'C:\answer.txt', content = "${pw}" } }

[[script.step]]
do = { file-write = { path = 'C:\unattend.txt', content = "AdminPassword=${pw};" } }

[[script.step]]
do = { registry-write = { key = 'HKLM\Setup', value = "Password", data = { text = "${pw}" } } }

[[script.step]]
wait = { until = { file = { host = "WS1", path = 'C:\answer.txt', is = "${pw}" } }, every = "1m", limit = "5m" }

[[script]]
name = "service"
host = "WS1"
at = "1m"

[[script.step]]
id = "read"
do = { file-read = { path = 'C:\answer.txt' } }
keep = "found"

[[script.step]]
id = "logon"
do = { logon = { credentials = { user = "SVC", password = "${found}" }, logon = "interactive" } }

[[script.step]]
log = { file = "service.log", component = "SVC", text = "found ${found}" }

[[expect]]
script = { name = "installer", ended = 0 }

[[expect]]
event = { script-step = { script = "service", step = "logon", code = 0 } }

[[expect]]
state = { file = { host = "WS1", path = 'C:\unattend.txt', is = "AdminPassword=***;" } }

[[expect]]
log = { host = "WS1", file = "service.log", line = "found ***", times = 1 }
"#;

#[test]
fn a_drawn_password_is_on_the_machine_and_not_in_the_record() {
    let (timeline, judgement) = replay(&plan(SCENARIO), 1);
    assert_eq!(judgement.verdict, Verdict::Pass, "{:#?}", judgement.reasons);
    let stated = |wanted: &StateKey| {
        timeline.events.iter().rev().find_map(|event| match &event.kind {
            EventKind::Fact(Fact::State { key, value: Some(Value::Text(text)), .. }) if key == wanted => {
                Some(text.to_string())
            }
            _ => None,
        })
    };
    let registry = StateKey::Registry { key: r"HKLM\Setup".into(), value: "Password".into() };
    assert_eq!(stated(&registry).as_deref(), Some("***"));
    assert_eq!(stated(&StateKey::File { path: r"C:\answer.txt".into() }).as_deref(), Some("***"));
    let kept = timeline.events.iter().filter_map(|event| match &event.kind {
        EventKind::ScriptKept { name, value, .. } => Some((name.to_string(), value.clone())),
        _ => None,
    });
    let hidden = ["pw", "found"].map(|name| (name.to_owned(), "***".to_owned()));
    assert_eq!(kept.collect::<Vec<_>>(), hidden);
}
