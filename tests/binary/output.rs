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
