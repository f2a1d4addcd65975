//! Faults at the ports: what a program and any other client meet of what a scenario or an operator lets go wrong.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::command::{Tested, folder, mockdc, scenario};
use super::exec::has_openldap;
use super::live::{Served, two};

const PASSWORD: &str = "Adm1n-password!";

/// An LDAP bind of the Administrator by his password.
fn bind() -> Vec<u8> {
    let name = b"CORP\\Administrator";
    let mut body = vec![2, 1, 3, 4, name.len() as u8];
    body.extend(name);
    body.extend([0x80, PASSWORD.len() as u8]);
    body.extend(PASSWORD.as_bytes());
    let mut message = vec![0x30, body.len() as u8 + 5, 2, 1, 1, 0x60, body.len() as u8];
    message.extend(body);
    message
}

/// A connection to a controller on which a bind has been sent.
pub(super) fn binding(served: &Served, dc: &str) -> Result<TcpStream, Box<dyn std::error::Error>> {
    let url = served.variable(&format!("MOCKDC_DC_{dc}_URL"));
    let mut stream = TcpStream::connect(url.trim_start_matches("ldap://").trim_end_matches('/'))?;
    stream.write_all(&bind())?;
    Ok(stream)
}

/// The result code of the answer to a bind; `None`: nothing comes while so much time of the machine passes.
pub(super) fn answered(stream: &mut TcpStream, within: Duration) -> std::io::Result<Option<u8>> {
    stream.set_read_timeout(Some(within))?;
    // Lengths take five octets each.
    let mut answer = [0; 18];
    match stream.read_exact(&mut answer) {
        Ok(()) => Ok(Some(answer[17])),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Waits until a fault has touched something.
#[expect(clippy::disallowed_methods, reason = "another process brings it about, at its own pace")]
fn touched(served: &Served) -> Tested {
    for _ in 0..300 {
        if served.ctl(&["events"])?.out.contains("fault control-1 touches") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err("the fault touches nothing".into())
}

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(30);

#[test]
fn a_program_meets_the_refusals_of_its_scenario() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let more = r#"[[fault]]
name = "no-accounts"
refuse = { verb = "user-add", at = "PDC1", code = 5 }
count = { first = 1 }

[program]
host = "BDC1"

[[expect]]
log = { host = "BDC1", file = "stdout", in-order = ["refused: 50", "then: 0"] }

[[expect]]
log = { host = "BDC1", file = "stderr", line = "*00000005: SecErr: *", times = 1 }
"#;
    let file = scenario("faults-refuse", &two("faults-refuse", more))?;
    let body = r#"add() {
  ldapadd -x -D "$MOCKDC_BIND_NAME" -y "$MOCKDC_PASSWORD_FILE" -H "$MOCKDC_PDC_URL" <<END >&2
dn: CN=svc,CN=Users,$MOCKDC_BASE_DN
objectClass: user
sAMAccountName: svc
END
}
add; echo "refused: $?"
add; echo "then: $?""#;
    let ran = mockdc(&["exec", &file, "--", "sh", "-c", body])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    Ok(())
}

/// Nothing is due in the scenario when the answers are: the clock runs to them all the same.
#[test]
fn a_slow_line_holds_answers_back_for_its_latency_in_the_scenario_s_time() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let more = r#"[[fault]]
name = "modem"
slow = { between = ["BDC1", "PDC1"], latency = "30s" }

[program]
host = "BDC1"
timeout = "20m"

[[expect]]
program = { ended = 0 }
"#;
    let file = scenario("faults-slow", &two("faults-slow", more))?;
    let body = r#"ldapsearch -LLL -x -D "$MOCKDC_BIND_NAME" -y "$MOCKDC_PASSWORD_FILE" -H "$MOCKDC_PDC_URL" \
  -b "$MOCKDC_BASE_DN" -s base dn"#;
    let results = folder("faults-slow-results")?;
    let kept = results.to_string_lossy();
    let ran = mockdc(&["exec", &file, "--speed", "60", "--results", &kept, "--", "sh", "-c", body])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let events = std::fs::read_to_string(results.join("faults-slow/events.jsonl"))?;
    let ended = events.lines().find(|line| line.contains("program-ended")).ok_or("no end")?;
    let at = serde_json::from_str::<serde_json::Value>(ended)?["at"].as_i64().ok_or("no instant")?;
    // There and back, for the bind and for the search.
    assert!(at >= 120_000, "{ended}");
    Ok(())
}

#[test]
fn a_controller_that_is_paused_leaves_binds_waiting_until_it_is_healed() -> Tested {
    let file = scenario("faults-pause", &two("faults-pause", ""))?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    assert_eq!(answered(&mut binding(&served, "BDC1")?, LONG)?, Some(0));
    let ran = served.ctl(&["fault", r#"{"pause": {"at": "BDC1"}}"#])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut stream = binding(&served, "BDC1")?;
    assert_eq!(answered(&mut stream, SHORT)?, None, "nothing is answered, least of all a wrong password");
    assert_eq!(answered(&mut binding(&served, "PDC1")?, LONG)?, Some(0), "the other one stands");
    assert_eq!(served.ctl(&["heal", "control-1"])?.code, 0);
    assert_eq!(answered(&mut stream, LONG)?, Some(0));
    Ok(())
}

#[test]
fn a_message_that_is_dropped_is_never_answered_and_its_connection_breaks() -> Tested {
    let file = scenario("faults-drop", &two("faults-drop", ""))?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    let ran = served.ctl(&["fault", r#"{"drop": {"at": "BDC1", "timeout": "20s"}}"#])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut stream = binding(&served, "BDC1")?;
    touched(&served)?;
    assert_eq!(served.ctl(&["heal", "control-1"])?.code, 0);
    assert_eq!(answered(&mut stream, SHORT)?, None, "what is lost stays lost");
    assert_eq!(answered(&mut binding(&served, "BDC1")?, LONG)?, Some(0));
    assert_eq!(served.ctl(&["advance", "20s"])?.code, 0);
    assert!(answered(&mut stream, LONG).is_err(), "the connection is cut");
    Ok(())
}
