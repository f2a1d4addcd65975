//! Faults on the wire: operations that are spoiled at the ports, and ports that are closed, as programs and operators
//! meet them.

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use super::command::{Tested, folder, mockdc, scenario};
use super::exec::has_openldap;
use super::faults::{answered, binding};
use super::live::{Served, two};

const EXAMPLE: &str = "scenarios/examples/retry-while-busy.toml";
const LONG: Duration = Duration::from_secs(30);

/// One search with the OpenLDAP tools: its exit code is the LDAP result.
const SEARCH: &str = r#"search() {
  ldapsearch -LLL -x -D "$MOCKDC_BIND_NAME" -y "$MOCKDC_PASSWORD_FILE" -H "$MOCKDC_PDC_URL" \
    -b "$MOCKDC_BASE_DN" "(sAMAccountName=$1)" description
}
"#;

#[test]
fn a_program_that_tries_again_gets_through_a_closed_port_two_refusals_a_reset_and_a_hang() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let results = folder("wire-example-results")?;
    let kept = results.to_string_lossy();
    let ran = mockdc(&["exec", EXAMPLE, "--speed", "60", "--results", &kept])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let events = std::fs::read_to_string(results.join("example-retry-while-busy/events.jsonl"))?;
    let touched = |fault: &str| {
        // The plan stands in the first line.
        let events = events.lines().skip(1);
        events.filter(|line| line.contains("fault-touched") && line.contains(fault)).count()
    };
    let often = ["\"busy\"", "\"reset\"", "\"slow\"", "\"closed\""].map(touched);
    assert_eq!(often, [2, 1, 1, 1], "each accounts for what it touched");
    Ok(())
}

#[test]
fn a_program_that_gives_up_fails_and_what_it_never_came_to_is_inert() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let body = format!("{SEARCH} sleep 1; search Administrator");
    let ran = mockdc(&["exec", EXAMPLE, "--speed", "60", "--", "sh", "-c", &body])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("fault reset touched nothing"), "{}", ran.out);
    Ok(())
}

#[test]
fn a_fault_on_the_wire_that_must_touch_nothing_passes_when_it_does_not() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    for (nothing, code) in [("true", 0), ("false", 1)] {
        let more = format!(
            r#"[[fault]]
name = "other"
wire = {{ at = "BDC1", result = 51 }}
touches-nothing = {nothing}

[program]
host = "BDC1"
"#
        );
        let file = scenario("wire-nothing", &two("wire-nothing", &more))?;
        let ran = mockdc(&["exec", &file, "--", "sh", "-c", &format!("{SEARCH} search Administrator")])?;
        assert_eq!(ran.code, code, "{nothing}: {ran:?}");
    }
    Ok(())
}

#[test]
fn a_run_without_ports_skips_a_scenario_whose_faults_are_on_the_wire_and_says_why() -> Tested {
    let more = r#"[[fault]]
name = "busy"
wire = { operation = "bind", result = 51 }

[[fault]]
name = "shut"
close-port = { at = "BDC1" }
"#;
    let file = scenario("wire-skip", &two("wire-skip", more))?;
    for backend in ["fake", "ldap"] {
        let ran = mockdc(&["run", &file, "--backend", backend])?;
        assert!(ran.out.contains("1 skipped"), "{backend}: {ran:?}");
        let why = "the faults `busy`, `shut` are met by clients at ports only";
        assert!(ran.out.contains(why), "{backend}: {}", ran.out);
        assert!(ran.out.contains("mockdc exec"), "{backend}: {}", ran.out);
    }
    Ok(())
}

#[test]
fn what_was_recorded_under_faults_on_the_wire_is_replayed_without_them() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let more = r#"[[fault]]
name = "busy"
wire = { operation = "search", result = 51 }
count = { first = 1 }

[program]
host = "BDC1"
"#;
    let file = scenario("wire-record", &two("wire-record", more))?;
    let kept = folder("wire-recorded")?;
    std::fs::create_dir_all(&kept)?;
    let recorded = kept.join("recorded.toml").to_string_lossy().into_owned();
    let body = format!("{SEARCH} search Administrator; search Administrator");
    let ran = mockdc(&["exec", &file, "--record", &recorded, "--", "sh", "-c", &body])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = std::fs::read_to_string(&recorded)?;
    assert!(!text.contains("[[fault]]"), "{text}");
    assert_eq!(text.matches("user-info").count(), 1, "the refused search looked at nothing: {text}");
    let ran = mockdc(&["run", &recorded])?;
    assert_eq!(ran.code, 0, "{ran:?}\n{text}");
    Ok(())
}

#[test]
fn an_operator_adds_faults_on_the_wire_and_lifts_them() -> Tested {
    let file = scenario("wire-ctl", &two("wire-ctl", ""))?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    let add = |fault: &str, count: &str| served.ctl(&["fault", fault, "--count", count]);
    // As in a scenario, word for word.
    let busy = r#"{"wire": {"at": "BDC1", "operation": "bind", "result": 51, "text": "busy"}}"#;
    assert_eq!(add(busy, r#"{"first": 2}"#)?.code, 0);
    let mut said = Vec::new();
    for _ in 0..3 {
        said.push(answered(&mut binding(&served, "BDC1")?, LONG)?);
    }
    assert_eq!(said, [Some(51), Some(51), Some(0)]);
    assert_eq!(answered(&mut binding(&served, "PDC1")?, LONG)?, Some(0));
    let shown = served.ctl(&["status"])?.out;
    assert!(shown.contains(r#""result":51"#), "{shown}");
    let told = served.ctl(&["events"])?.out;
    assert_eq!(told.matches("fault control-1 touches").count(), 2, "{told}");

    let hang = r#"{"wire": {"operation": "bind", "hang": "30s"}}"#;
    assert_eq!(add(hang, r#""all""#)?.code, 0);
    let mut stream = binding(&served, "BDC1")?;
    assert_eq!(answered(&mut stream, Duration::from_millis(300))?, None);
    assert_eq!(served.ctl(&["heal", "control-2"])?.code, 0);
    assert_eq!(answered(&mut binding(&served, "BDC1")?, LONG)?, Some(0), "it is lifted");
    assert_eq!(served.ctl(&["advance", "30s"])?.code, 0);
    assert_eq!(answered(&mut stream, LONG)?, Some(0), "what was held back comes");

    let wrong = served.ctl(&["fault", r#"{"wire": {"operation": "bind", "result": 0}}"#])?;
    assert_ne!(wrong.code, 0);
    assert!(wrong.err.contains("no LDAP result that refuses anything has the number 0"), "{wrong:?}");
    Ok(())
}

#[test]
fn a_port_is_closed_until_it_is_healed_and_a_slow_line_is_named_as_in_a_scenario() -> Tested {
    let file = scenario("wire-port", &two("wire-port", ""))?;
    let served = Served::start(&file, &["--speed", "manual"])?;
    let mut there = binding(&served, "BDC1")?;
    assert_eq!(answered(&mut there, LONG)?, Some(0));
    assert_eq!(served.ctl(&["fault", r#"{"close-port": {"at": ["BDC1"]}}"#, "--lasts", "1m"])?.code, 0);
    assert!(until_refused(&served, true), "nobody listens");
    there.set_nonblocking(true)?;
    let quiet = there.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
    assert_eq!(quiet, Err(ErrorKind::WouldBlock), "what is there stays");
    assert_eq!(served.ctl(&["advance", "1m"])?.code, 0);
    assert!(until_refused(&served, false), "it listens again at the same port");
    assert_eq!(answered(&mut binding(&served, "BDC1")?, LONG)?, Some(0));

    let slow = r#"{"slow": {"between": ["PDC1", "BDC1"], "latency": "1s", "bandwidth": "64kbit/s"}}"#;
    assert_eq!(served.ctl(&["fault", slow])?.code, 0);
    let shown = served.ctl(&["status"])?.out;
    assert!(shown.contains(r#""bandwidth":"64kbit/s""#), "{shown}");
    Ok(())
}

/// Whether connections to BDC1 come to be refused, or to be taken.
#[expect(clippy::disallowed_methods, reason = "another process brings it about, at its own pace")]
fn until_refused(served: &Served, refused: bool) -> bool {
    let url = served.variable("MOCKDC_DC_BDC1_URL");
    let address = url.trim_start_matches("ldap://").trim_end_matches('/').to_owned();
    (0..300).any(|_| {
        let connected = TcpStream::connect(&address);
        let there = connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) == refused;
        if !there {
            std::thread::sleep(Duration::from_millis(100));
        }
        there
    })
}
