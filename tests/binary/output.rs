//! What the binary prints and writes.

use super::command::{Tested, folder, install, mockdc, scenario};

#[test]
fn the_same_seed_gives_the_same_bytes() -> Tested {
    let first = folder("same-seed-first")?;
    let second = folder("same-seed-second")?;
    for results in [&first, &second] {
        let ran = mockdc(&["run", "scenarios/kb", "--seed", "11", "--results", &results.to_string_lossy()])?;
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let files = files_below(&first)?;
    assert!(files.len() > 10, "{files:?}");
    assert_eq!(files, files_below(&second)?);
    for file in files {
        assert_eq!(std::fs::read(first.join(&file))?, std::fs::read(second.join(&file))?, "{file}");
    }
    Ok(())
}

#[test]
fn a_results_folder_holds_events_a_summary_and_each_hosts_logs() -> Tested {
    let file = scenario("written", &install("written", "5m", ""))?;
    let results = folder("written-results")?;
    let ran = mockdc(&["run", &file, "--results", &results.to_string_lossy()])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let log = std::fs::read_to_string(results.join("written/logs/BDC1/Wnremote.log"))?;
    assert!(log.lines().any(|line| line.contains("Waiting for PDC/BDC Sync (2221)")), "{log}");
    assert!(log.contains("Aug 06") && log.contains("2002"), "{log}");
    let summary: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(results.join("written/summary.json"))?)?;
    assert_eq!(summary["name"], "written");
    // A saved run is judged as the run itself was.
    let events = results.join("written/events.jsonl");
    let again = mockdc(&["judge", &events.to_string_lossy()])?;
    assert_eq!(again.code, 0, "{again:?}");
    Ok(())
}

#[test]
fn json_output_is_json_and_says_why() -> Tested {
    let file = scenario("why", &install("why", "40m", ""))?;
    let ran = mockdc(&["run", &file, "--format", "json"])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    let value: serde_json::Value = serde_json::from_str(&ran.out)?;
    let text = value.to_string();
    assert!(text.contains("no-call-as-a-deleted-account"), "{text}");
    Ok(())
}

#[test]
fn check_reports_every_mistake_with_its_place() -> Tested {
    let text = install(
        "three-mistakes",
        "5m",
        "[[expect]]\ninstalled = \"BDC9\"\n\n[[step]]\nat = \"10\"\nsynchronize = \"BDC1\"\n\n[[fault]]\nname = \"x\"\npause = { at = \"NOBODY\" }\n",
    );
    let file = scenario("three-mistakes", &text)?;
    let ran = mockdc(&["check", &file, "--format", "json"])?;
    assert_eq!(ran.code, 3, "{ran:?}");
    let value: serde_json::Value = serde_json::from_str(&ran.out)?;
    let text = value.to_string();
    for word in ["BDC9", "NOBODY", "unit"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    Ok(())
}

#[test]
fn every_catalogued_scenario_can_be_told_as_a_story() -> Tested {
    let ran = mockdc(&["show", "scenarios/kb"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("BDC1") && ran.out.lines().count() > 50, "{}", ran.out);
    Ok(())
}

#[test]
fn fmt_lays_out_files_and_standard_input_and_check_only_names_them() -> Tested {
    let text = install("sloppy", "5m", "").replace(" = ", "=");
    let file = scenario("sloppy", &text)?;
    let ran = mockdc(&["fmt", "--check", &file])?;
    assert_eq!((ran.code, ran.out.trim_end()), (1, file.as_str()), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&file)?, text);
    assert_eq!(mockdc(&["fmt", &file])?.code, 0);
    assert!(std::fs::read_to_string(&file)?.contains("name = \"sloppy\"\n"));
    assert_eq!(mockdc(&["fmt", "--check", &file])?.code, 0);
    assert_eq!(mockdc(&["run", &file])?.code, 0);
    std::fs::write(&file, "format = \n")?;
    let ran = mockdc(&["fmt", &file])?;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(std::fs::read_to_string(&file)?, "format = \n");
    Ok(())
}

#[test]
fn the_schema_that_is_printed_is_the_committed_one() -> Tested {
    let ran = mockdc(&["schema"])?;
    let committed = super::command::top().join("scenarios/schema/scenario.json");
    assert_eq!((ran.code, ran.out), (0, std::fs::read_to_string(committed)?));
    Ok(())
}

#[test]
fn explain_knows_diagnostics_promises_and_codes() -> Tested {
    for code in ["loader-outlives-its-child", "1326"] {
        let ran = mockdc(&["explain", code])?;
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let ran = mockdc(&["explain", "loader-outlives-its-chidl"])?;
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("loader-outlives-its-child"), "{}", ran.err);
    Ok(())
}

#[test]
fn many_seeds_are_run_and_each_failure_names_its_own() -> Tested {
    let file = scenario("seeds", &install("seeds", "5m", ""))?;
    let ran = mockdc(&["run", &file, "--seeds", "3..7", "--format", "json"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    for seed in 3..=7 {
        assert!(
            ran.out.contains(&format!("\"seed\": {seed}")) || ran.out.contains(&format!("\"seed\":{seed}")),
            "{}",
            ran.out
        );
    }
    Ok(())
}

fn files_below(folder: &std::path::Path) -> Result<Vec<String>, std::io::Error> {
    fn walk(
        folder: &std::path::Path,
        top: &std::path::Path,
        files: &mut Vec<String>,
    ) -> Result<(), std::io::Error> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            match path.is_dir() {
                true => walk(&path, top, files)?,
                false => files.push(path.strip_prefix(top).unwrap_or(&path).to_string_lossy().into_owned()),
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    walk(folder, folder, &mut files)?;
    files.sort();
    Ok(files)
}

#[test]
fn an_excluded_machine_is_not_installed_and_the_run_ends_soon() -> Tested {
    let more = "[[expect]]\ninstalled = \"BDC1\"\nhold = \"none\"\n";
    let text =
        install("excluded", "5m", more).replace("site = \"ABC\"", "site = \"ABC\"\nexcluded = [\"BDC1\"]");
    let file = scenario("excluded", &text)?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.lines().next().is_some_and(|line| line.ends_with("  1h")), "{}", ran.out);
    Ok(())
}

#[test]
fn a_condition_that_ripens_with_time_gives_its_cue_at_that_instant() -> Tested {
    let more = r#"
[[step]]
id = "make"
at = "5m"
do = { user-add = { user = "A", password = "Secret-1-pass" } }

[[step]]
id = "ripe"
when = { age = { of = { account-created = { account = "A" } }, at-least = "10m" } }
do = { server-info = {} }

[[step]]
id = "noon"
when = { clock = "30m" }
each = true
do = { server-info = {} }

[[expect]]
event = { step = { id = "ripe" } }
at = "15m"

[[expect]]
event = { step = { id = "noon" } }
times = 1
"#;
    let text = install("ripens", "5m", more).replace("format = 1\n", "format = 1\nuntil = \"2h\"\n");
    let file = scenario("ripens", &text)?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    Ok(())
}

#[test]
fn a_run_that_does_not_get_on_in_time_is_ended_and_fails() -> Tested {
    let more = "\n[[step]]\nwhen = { event = { call = { verb = \"server-info\" } } }\neach = true\ndo = { server-info = {} }\n\n[[step]]\nat = \"1m\"\ndo = { server-info = {} }\n";
    let file = scenario("circle", &install("circle", "5m", more))?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("circle"), "{}", ran.out);
    Ok(())
}

#[test]
fn a_step_that_recurs_without_end_does_not_keep_a_run_alive() -> Tested {
    let more = "\n[[step]]\nevery = \"30m\"\nfirst = \"10m\"\ndo = { server-info = {} }\n";
    let file = scenario("recurs", &install("recurs", "5m", more))?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.lines().next().is_some_and(|line| !line.contains('d')), "{}", ran.out);
    Ok(())
}

#[test]
fn a_restart_of_a_service_that_is_not_there_fails() -> Tested {
    let more = "\n[[step]]\nat = \"1m\"\nrestart-service = { host = \"BDC1\", service = \"Nonsuch\" }\n";
    let file = scenario("nonsuch", &install("nonsuch", "5m", more))?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("1060"), "{}", ran.out);
    Ok(())
}

#[test]
fn a_file_in_a_folder_that_is_no_scenario_is_named() -> Tested {
    let folder = folder("named")?;
    std::fs::write(folder.join("one.toml"), install("one", "5m", ""))?;
    std::fs::write(folder.join("other.toml"), "title = \"x\"\n")?;
    std::fs::write(folder.join("late.toml"), "name = \"late\"\nformat = 1\n")?;
    let ran = mockdc(&["check", &folder.to_string_lossy()])?;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.err.contains("other.toml is no scenario"), "{}", ran.err);
    assert!(ran.err.contains("format"), "{}", ran.err);
    Ok(())
}
