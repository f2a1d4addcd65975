//! Two programs compared, exploring over cases, rights by components: as somebody at a shell meets them.

use super::command::{Tested, folder, install, mockdc, scenario};
use super::exec::has_openldap;

const FILE: &str = "scenarios/examples/read-the-wrong-dc.toml";
const RIGHT: &str = "sh scenarios/examples/right-dc.sh {dc.BDC1.url}";
const WRONG: &str = "sh scenarios/examples/wrong-dc.sh '{dc.BDC1.url}'";

#[test]
fn a_bootstrap_that_loses_a_promise_fails_against_the_right_one_and_its_fix_wins_it() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let junit = folder("programs-out")?.join("junit.xml");
    let junit_path = junit.to_string_lossy();
    let ran = mockdc(&["compare", FILE, "--program", RIGHT, "--program", WRONG, "--junit", &junit_path])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("LOST   verdict") && ran.out.contains("pass  →  fail"), "{}", ran.out);
    assert!(ran.out.contains("LOST   promise last-read-shows-own-writes"), "{}", ran.out);
    let again = "-- sh scenarios/examples/wrong-dc.sh '{dc.BDC1.url}'";
    assert!(ran.out.contains("B: mockdc exec") && ran.out.contains(again), "{}", ran.out);
    let written = std::fs::read_to_string(&junit)?;
    assert!(written.contains("failures=\"1\"") && written.contains("type=\"lost\""), "{written}");
    // The fix is B now, and the scenario's own program is the right one.
    let ran = mockdc(&["compare", FILE, "--program", WRONG, "--program", RIGHT, "--format", "json"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let found: serde_json::Value = serde_json::from_str(&ran.out)?;
    assert_eq!((&found["compared"], &found["differences"][0]["lost"]), (&1.into(), &false.into()), "{found}");
    assert_eq!(found["b"], RIGHT);
    let ran = mockdc(&["compare", FILE, "--program", RIGHT])?;
    assert!(ran.code == 0 && ran.out.contains("1 run compared, 0 differ"), "{ran:?}");
    assert_eq!(mockdc(&["compare", FILE, "--program", WRONG, "--judge", "promises"])?.code, 1);
    Ok(())
}

/// The first seed is the scenario's own, which `--seeds` sets aside.
#[test]
fn a_seed_that_a_scenario_states_is_set_aside() -> Tested {
    let own = install("own-seed", "1m", "[program]\nrun = [\"true\"]\n")
        .replace("format = 1", "format = 1\nseed = 7");
    let file = scenario("own-seed", &own)?;
    let seeds = |arguments: &[&str]| -> Result<Vec<u64>, Box<dyn std::error::Error>> {
        let ran = mockdc(arguments)?;
        let found: serde_json::Value =
            serde_json::from_str(&ran.out).map_err(|error| format!("{error}: {ran:?}"))?;
        let all = found["scenarios"].as_array().ok_or("scenarios")?;
        Ok(all.iter().filter_map(|summary| summary["seed"].as_u64()).collect())
    };
    assert_eq!(seeds(&["exec", &file, "--format", "json"])?, [7]);
    assert_eq!(
        seeds(&["exec", &file, "--seed", "3", "--format", "json"])?,
        [7],
        "the scenario's own comes first"
    );
    assert_eq!(seeds(&["exec", &file, "--seeds", "2..3", "--format", "json"])?, [2, 3]);
    let ran = mockdc(&["compare", &file, "--program", "true", "--program", "false", "--seeds", "2..3"])?;
    for seed in ["seed 2", "seed 3", "--seeds 3..3"] {
        assert!(ran.code == 1 && ran.out.contains(seed) && !ran.out.contains("seed 7"), "{seed}: {ran:?}");
    }
    let ran = mockdc(&["serve", &file, "--seeds", "2..3"])?;
    assert!(ran.code == 2 && ran.err.contains("one is served"), "{ran:?}");
    let ran = mockdc(&["exec", &file, "--seeds", "2..3", "--record", "nowhere.toml"])?;
    assert!(ran.code == 2 && ran.err.contains("writes one run"), "{ran:?}");
    Ok(())
}

#[test]
fn programs_that_cannot_be_compared_are_refused_with_the_remedy() -> Tested {
    let two = |a: &str, b: &str| mockdc(&["compare", FILE, "--program", a, "--program", b]);
    let ran = two("true", "sh -c 'echo")?;
    assert!(ran.code == 2 && ran.err.contains("a quote in it is not closed"), "{ran:?}");
    let ran = two("true", " ")?;
    assert!(ran.code == 2 && ran.err.contains("it is empty"), "{ran:?}");
    let ran = two("true", "no-such-program-anywhere")?;
    assert!(ran.code == 6 && ran.err.contains("no run of B") && ran.err.contains("help: "), "{ran:?}");
    // It is told before A is run, which leaves a trace here.
    let trace = folder("programs-refused")?.join("trace");
    for missing in ["no-such-program-anywhere", "./README.md", "scenarios"] {
        let ran = two(&format!("touch {}", trace.display()), missing)?;
        assert!(ran.code == 6 && ran.err.contains(missing) && ran.err.contains("help: "), "{ran:?}");
        assert!(!trace.exists(), "{missing}: A was run");
    }
    let ran = two("true", "echo {dc.BDC7.url}")?;
    assert!(ran.code == 2 && ran.err.contains("BDC7"), "{ran:?}");
    let own = scenario("programs-none", &install("programs-none", "1m", ""))?;
    let ran = mockdc(&["compare", &own, "--program", "true"])?;
    assert!(ran.code == 2 && ran.err.contains("states no program"), "{ran:?}");
    let ran = mockdc(&["compare", "--program", "true", "--program", "true"])?;
    assert!(ran.code == 2 && ran.err.contains("against which scenario"), "{ran:?}");
    let ran = mockdc(&["compare", FILE, "--program", "true", "--program", "true", "--speed", "manual"])?;
    assert!(ran.code == 2 && ran.err.contains("write a number"), "{ran:?}");
    assert_eq!(mockdc(&["compare", "as-is"])?.code, 2, "one side alone");
    assert_eq!(mockdc(&["compare", "as-is", "as-is", "--on", FILE, "--speed", "60"])?.code, 2);
    Ok(())
}

const CASES: &str = r#"
[[expect]]
installed = { client = "BDC1", attempt = 1 }

[[step]]
at = "1h"
do = { user-add = { user = "OTHER", password = "Secret-14-chars" } }

[[case]]
name = "holds"
wait = "until-exit"

[[case]]
name = "fails"
wait = "time-out"

[vary]
"domain.replication.delay" = { from = "0s", to = "50m" }
"#;

#[test]
fn every_case_of_a_file_is_explored_and_what_fails_is_a_file_of_its_own() -> Tested {
    let profile = "profile = \"sms-2.0-sp3\"";
    let waits = format!("{profile}\nloader.waits-for-child = \"${{wait}}\"");
    let text = install("cases", "1m", CASES).replace(profile, &waits);
    let file = scenario("cases", &text)?;
    let found = file.replace("cases.toml", "cases-fails-found.toml");
    let mut printed = Vec::new();
    for jobs in ["1", "3"] {
        let ran = mockdc(&["explore", &file, "--cases", "64", "--seed", "3", "--jobs", jobs])?;
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.out.contains("cases[holds]: no failure in 65 combinations"), "{}", ran.out);
        assert!(ran.out.contains("cases[fails]: fails, after"), "{}", ran.out);
        printed.push((ran.out, std::fs::read_to_string(&found)?));
    }
    assert_eq!(printed[0], printed[1], "the output does not depend on how many are tried at once");
    let ran = mockdc(&["run", &found])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    let text = &printed[0].1;
    assert!(!text.contains("holds") && !text.contains("user-add"), "{text}");
    let ran = mockdc(&["explore", &file, "--cases", "8", "--format", "json"])?;
    let all: serde_json::Value = serde_json::from_str(&ran.out)?;
    assert_eq!(all.as_array().map(Vec::len), Some(2), "{all}");
    assert!(all[0]["failure"].is_null() && all[1]["file"] == *found, "{all}");
    let ran = mockdc(&["explore", &file, "--out", &found])?;
    assert!(ran.code == 2 && ran.err.contains("--name"), "{ran:?}");
    Ok(())
}

/// Cases whose names differ only in what the name of a file on every system cannot hold.
#[test]
fn each_case_has_a_file_of_its_own_whichever_are_explored_with_it() -> Tested {
    let vary = CASES.split("[[case]]").next().ok_or("the expectation")?;
    let cases: String =
        ["a-b", "a--b", "a-b.", "plain"].map(|name| format!("[[case]]\nname = \"{name}\"\n")).concat();
    let text = install(
        "names",
        "50m",
        &format!("{vary}\n{cases}\n[vary]\n\"domain.replication.delay\" = [\"50m\"]\n"),
    );
    let file = scenario("names", &text)?;
    let explored = |name: &str| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let ran = mockdc(&["explore", &file, "--cases", "4", "--name", name, "--format", "json"])?;
        let found: serde_json::Value =
            serde_json::from_str(&ran.out).map_err(|error| format!("{error}: {ran:?}"))?;
        let all = found.as_array().cloned().unwrap_or_else(|| vec![found.clone()]);
        Ok(all.iter().filter_map(|explored| explored["file"].as_str().map(str::to_lowercase)).collect())
    };
    let mut together = explored("names*")?;
    assert_eq!(together.len(), 4, "{together:?}");
    assert!(together[3].ends_with("names-plain-found.toml"), "{together:?}");
    let mut alone = Vec::new();
    for name in ["names[a-b]", "names[a--b]", "names[a-b.]", "names[plain]"] {
        alone.extend(explored(name)?);
    }
    assert_eq!(together, alone, "it does not matter which are explored together");
    together.sort();
    together.dedup();
    assert_eq!(together.len(), 4, "{together:?}");
    Ok(())
}

const MEMBER: &str = r#"format = 1
name = "member"

[[dc]]
name = "DC1"
role = "pdc"
os = "windows-2000"

[[machine]]
name = "WS1"
os = "windows-2000"

[[client]]
machine = "WS1"
profile = "sms-2003-legacy"
installed = true
"#;

#[test]
fn rights_by_components_are_told_after_each_restart_and_each_cycle() -> Tested {
    let file = scenario("member", MEMBER)?;
    let csv = folder("member-out")?.join("rights.csv");
    let ran = mockdc(&["sweep", &file, "--privileges", "--csv", &csv.to_string_lossy()])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let parts: Vec<&str> = ran.out.split("\nafter ").collect();
    assert_eq!(parts.len(), 4, "{}", ran.out);
    let row = |part: &str, right: &str| -> Vec<String> {
        let line = part.lines().find(|line| line.starts_with(right)).unwrap_or_default();
        line.split_whitespace().map(str::to_owned).collect()
    };
    let logon = "SeServiceLogonRight";
    assert_eq!(row(parts[1], logon), [logon, "1385", "-", "-", "-", "-", "-", "-", "-"]);
    assert_eq!(row(parts[2], logon), row(parts[1], logon));
    assert_eq!(row(parts[3], logon)[1..], ["runs"; 8]);
    for part in &parts[1..] {
        let tcb = row(part, "SeTcbPrivilege");
        assert_eq!(tcb[1..], ["runs", "runs", "runs", "1314", "1314", "1314", "runs", "runs"], "{part}");
        let shutdown = row(part, "SeShutdownPrivilege");
        assert_eq!(shutdown[3..7], ["unverified"; 4], "{part}");
        assert!(part.contains("shown as failing: Advertised Programs Client Agent, Software"), "{part}");
    }
    assert_eq!(std::fs::read_to_string(csv)?.lines().count(), 1 + 3 * 5 * 7);
    let ran = mockdc(&["sweep", &file, "--privileges", "--format", "json"])?;
    let found: serde_json::Value = serde_json::from_str(&ran.out)?;
    let row = &found["rows"][0];
    assert_eq!(
        (&row["after"], row["components"].as_array().map(Vec::len)),
        (&"service-restart".into(), Some(7))
    );
    Ok(())
}
