//! Runs on the wall clock and on other backends, as users meet them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::command::{Tested, folder, install, mockdc, scenario, top};

/// A change is made at 1m and arrives at 41m; somebody looks at 30m. The margin is 11 minutes.
const WIDE: &str = r#"format = 1
name = "wide"
until = "50m"

[domain]
replication = { delay = "40m" }

[[dc]]
name = "PDC1"
role = "pdc"

[[dc]]
name = "BDC1"

[[step]]
at = "1m"
do = { user-add = { user = "A", password = "Secret-1-pass" } }

[[step]]
id = "look"
at = "30m"
do = { server-info = {} }
at-host = "BDC1"

[[expect]]
event = { step = { id = "look" } }
at = "30m"
"#;

fn json(text: &str) -> Result<serde_json::Value, serde_json::Error> {
    serde_json::from_str(text)
}

#[test]
fn a_clock_that_jumps_gives_the_verdicts_of_virtual_time() -> Tested {
    let file = scenario("jumps", &install("jumps", "5m", ""))?;
    let fails = scenario("jumps-fails", &install("jumps-fails", "40m", ""))?;
    let fake = mockdc(&["run", &file, &fails, "--format", "json"])?;
    let wall = mockdc(&["run", &file, &fails, "--format", "json", "--speed", "jump"])?;
    assert_eq!((fake.code, wall.code), (1, 1), "{wall:?}");
    let (fake, wall) = (json(&fake.out)?, json(&wall.out)?);
    for number in 0..2 {
        let (fake, wall) = (&fake["scenarios"][number], &wall["scenarios"][number]);
        assert_eq!((&fake["result"], &fake["measures"]), (&wall["result"], &wall["measures"]));
        assert_eq!(fake["wall"], serde_json::Value::Null, "virtual time has nothing of its machine");
        assert_eq!(wall["wall"]["speed"], "jump");
    }
    Ok(())
}

#[test]
fn a_run_is_slowed_down_to_what_its_margin_allows() -> Tested {
    let file = scenario("wide", WIDE)?;
    let ran = mockdc(&["run", &file, "--format", "json", "--speed", "3000"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let value = json(&ran.out)?;
    let wall = &value["scenarios"][0]["wall"];
    // Eleven minutes in a quarter of a second.
    assert_eq!(wall["slowed-from"], "3000x", "{wall}");
    if wall["attempts"] == 1 {
        assert_eq!(wall["speed"], "2640x", "{wall}");
    }
    assert!(wall["lag-ms"].as_u64().is_some_and(|lag| lag <= 250), "{wall}");
    Ok(())
}

#[test]
fn a_margin_finer_than_the_precision_is_refused_with_the_reason_and_counted() -> Tested {
    let tie = WIDE.replace("\"wide\"", "\"tie\"").replace("at = \"30m\"", "at = \"41m\"");
    let file = scenario("tie", &tie)?;
    let ran = mockdc(&["run", &file, "--speed", "60"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("skip  tie"), "{}", ran.out);
    assert!(ran.out.contains("an event and a deadline fall on one instant, 00:41:00.000"), "{}", ran.out);
    assert!(ran.out.contains("0 passed, 0 failed, 0 inconclusive, 1 skipped"), "{}", ran.out);
    let ran = mockdc(&["run", &file, "--speed", "60", "--format", "json"])?;
    let value = json(&ran.out)?;
    assert_eq!(value["scenarios"][0]["result"], "skipped");
    assert_eq!(value["totals"]["skipped"], 1);
    let at_ports = mockdc(&["run", &file, "--speed", "60", "--backend", "ldap"])?;
    assert!(at_ports.out.contains("an event and a deadline fall on one instant"), "{at_ports:?}");
    // The clock that jumps keeps the order whatever the margin.
    assert_eq!(mockdc(&["run", &file, "--speed", "jump"])?.code, 0);
    Ok(())
}

/// What is run at the ports of the fakes: each model of replication, and what goes over the wire in each kind of it.
const AT_PORTS: &[&str] = &[
    "q304961-nt4-bdc-sp3",
    "q304961-nt4-bdc-sp4",
    "kb828371-article*",
    "q304961-windows-2000-dc-sp3",
    "q304961-forced-too-late",
    "q307434-two-controllers-for-one-question*",
    "q311127-cost-of-domain-users*",
    "nt4-bdc-in-mixed-mode*",
    "created-at-one-dc-used-at-another*",
    "bootstrap-account-deleted-on-time*",
];

/// Of these, what has nothing that LDAP could say: services and rights on a member, accounts of computers.
const NOT_ON_THE_WIRE: &[&str] = &["kb828371-article", "created-at-one-dc-used-at-another"];

#[test]
fn at_the_ports_of_the_fakes_verdicts_and_answers_are_those_of_the_direct_run() -> Tested {
    let results = folder("ldap-table")?;
    let folder = results.to_string_lossy().into_owned();
    let mut arguments = vec!["run", "scenarios", "--backend", "fake,ldap", "--results", &folder];
    AT_PORTS.iter().for_each(|name| arguments.extend(["--name", name]));
    let ran = mockdc(&arguments)?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("the backends agree wherever they ran the same scenario"), "{}", ran.out);
    let table = json(&std::fs::read_to_string(results.join("table.json"))?)?;
    let rows = table["rows"].as_array().ok_or("rows")?;
    for pattern in AT_PORTS {
        let start = pattern.trim_end_matches('*');
        let ran =
            |row: &serde_json::Value| row["scenario"].as_str().is_some_and(|name| name.starts_with(start));
        assert!(rows.iter().any(ran), "{pattern} names nothing: {table}");
    }
    for row in rows {
        assert_eq!(row["cells"][1]["differences"].as_array().map(Vec::len), Some(0), "{row:#}");
    }
    let summary = json(&std::fs::read_to_string(results.join("summary.json"))?)?;
    let scenarios = summary["scenarios"].as_array().ok_or("scenarios")?;
    let mut at_ports = 0;
    for scenario in scenarios {
        let Some(by_wire) = scenario["wall"]["by-wire"].as_u64() else { continue };
        let name = scenario["name"].as_str().ok_or("a name")?;
        let silent = NOT_ON_THE_WIRE.iter().any(|start| name.starts_with(start));
        assert_eq!(by_wire == 0, silent, "{name}: {by_wire} operations over the wire");
        at_ports += 1;
    }
    assert_eq!(at_ports, rows.len());
    Ok(())
}

#[test]
fn what_a_controller_refuses_on_the_wire_is_the_code_of_the_model() -> Tested {
    // A wrong password, an account that is not there, a write at a backup controller, a short password, a name that
    // is taken, a caller who may not.
    let step = |id: &str, at: &str, verb: &str, who: &str| {
        format!("[[step]]\nid = \"{id}\"\nat = \"1m\"\nat-host = \"{at}\"\ndo = {{ {verb} }}\n{who}\n")
    };
    let clerk = "as = { user = \"clerk\", password = \"Clerk-1-pass\" }";
    let wrong = "as = { user = \"clerk\", password = \"Clerk-2-pass\" }";
    let add =
        |user: &str, password: &str| format!("user-add = {{ user = \"{user}\", password = \"{password}\" }}");
    let codes = [
        (step("wrong", "PDC1", "user-info = { user = \"clerk\" }", wrong), 1326),
        (step("nobody", "BDC1", "user-info = { user = \"nobody\" }", ""), 2221),
        (step("copy", "BDC1", &add("B", "Secret-1-pass"), ""), 2226),
        (step("short", "PDC1", &add("S", "x"), ""), 2245),
        (step("taken", "PDC1", &add("clerk", "Secret-1-pass"), ""), 2224),
        (step("denied", "PDC1", &add("D", "Secret-1-pass"), clerk), 5),
        (step("group", "PDC1", "group-members = { group = \"None\" }", ""), 2220),
    ];
    let mut more = String::from("[[user]]\nname = \"clerk\"\npassword = \"Clerk-1-pass\"\n\n");
    for (step, code) in &codes {
        let id = step.split('"').nth(1).unwrap_or_default();
        more.push_str(&step.replace("\nat = ", &format!("\nrequire = {code}\nat = ")));
        more.push_str(&format!("\n[[expect]]\nevent = {{ step = {{ id = \"{id}\" }} }}\n\n"));
    }
    let text = super::live::two("refused", &more)
        .replace("[domain]\n", "until = \"5m\"\n\n[domain]\n")
        .replace("replication =", "account-policy = { minimum-length = 6 }\nreplication =");
    let file = scenario("refused", &text)?;
    let ran = mockdc(&["run", &file, "--backend", "fake,ldap", "--format", "json"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let value = json(&ran.out)?;
    let wall = &value["scenarios"][1]["wall"];
    assert_eq!(wall["differences"].as_array().map(Vec::len), Some(0), "{wall:#}");
    assert_eq!(wall["by-wire"], codes.len());
    Ok(())
}

#[test]
fn speeds_and_backends_that_make_no_sense_are_usage() -> Tested {
    let file = scenario("usage", &install("usage", "5m", ""))?;
    for wrong in [
        &["--speed", "fast"][..],
        &["--speed", "0"],
        &["--backend", "windows"],
        &["--backend", "samba", "--check-determinism"],
        &["--speed", "60", "--check-determinism"],
    ] {
        let ran = mockdc(&[&["run", &file], wrong].concat())?;
        assert_eq!(ran.code, 2, "{wrong:?}: {ran:?}");
    }
    Ok(())
}

#[test]
fn without_docker_another_backend_is_an_environment_error_with_a_remedy() -> Tested {
    let file = scenario("no-docker", &install("no-docker", "5m", ""))?;
    for arguments in [&["run", &file, "--backend", "samba"][..], &["clean"]] {
        let ran = Command::new(env!("CARGO_BIN_EXE_mockdc"))
            .args(arguments)
            .current_dir(top())
            .env("DOCKER_HOST", "tcp://127.0.0.1:1")
            .output()?;
        let text = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(6), "{arguments:?}: {text}");
        assert!(text.contains("Docker"), "{text}");
    }
    Ok(())
}

#[test]
fn an_interrupted_run_on_the_wall_clock_ends_with_130() -> Tested {
    let results = folder("interrupted-wall")?;
    let (world, _) = WIDE.split_once("[[step]]").ok_or("no step")?;
    let quick = scenario("quick", &world.replace("\"wide\"", "\"quick\"").replace("50m", "1s"))?;
    let slow = scenario("slow", &WIDE.replace("\"wide\"", "\"slow\""))?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_mockdc"))
        .args(["run", &quick, &slow, "--speed", "1", "--jobs", "1", "--results", &results.to_string_lossy()])
        .current_dir(top())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // The first is over when its folder is there; the second lasts fifty minutes.
    await_file(&results.join("quick/summary.json"));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    assert_eq!(child.wait()?.code(), Some(130));
    Ok(())
}

/// Waits until a file is there.
#[expect(clippy::disallowed_methods, reason = "another process writes the file, at its own pace")]
fn await_file(path: &Path) {
    for _ in 0..3_000 {
        if path.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{} does not appear", path.display());
}

/// A scenario of [`WIDE`] that is interrupted while its containers run.
#[test]
#[expect(clippy::print_stderr, reason = "what a test leaves out is said")]
fn samba_an_interrupted_run_removes_its_containers_and_ends_with_130() -> Tested {
    let owned = |pid: u32, what: &[&str]| -> Result<usize, Box<dyn std::error::Error>> {
        let format = "{{.Label \"mockdc.owner\"}}";
        let listed = Command::new("docker").args(what).args(["--format", format]).output()?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        Ok(listed.lines().filter(|owner| owner.starts_with(&format!("{pid}:"))).count())
    };
    let (containers, networks) = (&["ps", "-a"][..], &["network", "ls"][..]);
    let slow = scenario("interrupted-samba", &WIDE.replace("\"wide\"", "\"interrupted-samba\""))?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_mockdc"))
        .args(["run", &slow, "--backend", "samba", "--speed", "1"])
        .current_dir(top())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    while owned(child.id(), containers)? < 2 {
        if let Some(ended) = child.try_wait()? {
            if ended.code() == Some(6)
                && std::env::var_os("MOCKDC_REQUIRE_DOCKER").is_none_or(|value| value != "1")
            {
                eprintln!("left out, for want of Docker (MOCKDC_REQUIRE_DOCKER=1 makes that a failure)");
                return Ok(());
            }
            return Err(format!("it ended before its containers ran: {ended}").into());
        }
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    let pid = child.id();
    assert_eq!(child.wait()?.code(), Some(130));
    assert_eq!((owned(pid, containers)?, owned(pid, networks)?), (0, 0));
    Ok(())
}

#[test]
#[expect(clippy::print_stderr, reason = "what a test leaves out is said")]
fn samba_agrees_with_the_fakes_on_part_of_the_catalogue_and_the_table_says_so() -> Tested {
    let results = folder("samba-table")?;
    let whole = std::env::var_os("MOCKDC_SAMBA_CATALOGUE").is_some_and(|value| value == "all");
    let mut arguments = vec!["run", "scenarios", "--backend", "fake,samba"];
    let folder = results.to_string_lossy().into_owned();
    arguments.extend(["--results", &folder]);
    for name in if whole { &[][..] } else { REPRESENTATIVE } {
        arguments.extend(["--name", name]);
    }
    let ran = mockdc(&arguments)?;
    if ran.code == 6 && std::env::var_os("MOCKDC_REQUIRE_DOCKER").is_none_or(|value| value != "1") {
        eprintln!("left out, for want of Docker (MOCKDC_REQUIRE_DOCKER=1 makes that a failure): {}", ran.err);
        return Ok(());
    }
    let table = std::fs::read_to_string(results.join("table.txt"))?;
    eprintln!("{table}");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(table.contains("the backends agree wherever they ran the same scenario"), "{table}");
    let table = json(&std::fs::read_to_string(results.join("table.json"))?)?;
    assert_eq!(table["differing"], 0);
    let passed = table["backends"][1]["totals"]["passed"].as_u64().unwrap_or_default();
    assert!(passed >= REPRESENTATIVE.len() as u64, "{table}");
    assert!(std::fs::read_to_string(results.join("table.md"))?.contains("| pass | pass |"));
    Ok(())
}

/// Both seed articles, and of every other kind of scenario one; each is played on Samba.
const REPRESENTATIVE: &[&str] = &[
    "q304961-nt4-bdc-sp3",
    "q304961-nt4-bdc-sp4",
    "kb828371-article*",
    "q304961-windows-2000-dc-sp3",
    "q304961-forced-too-late",
    "q304961-proposed-fix",
    "q307434-two-controllers-for-one-question*",
    "q320235-sms-2.0-clients[token]",
    "bootstrap-account-deleted-on-time*",
    "local-system-needs-no-policy*",
    "failed-launch-is-reported*",
    "created-at-one-dc-used-at-another*",
];
