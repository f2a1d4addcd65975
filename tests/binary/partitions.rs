//! Runs on several cores and several machines, and what CI systems are told of them.

use std::path::Path;

use super::command::{Ran, Tested, folder, install, mockdc, mockdc_with, scenario};

/// Runs a partition of the catalogue and of two scenarios that do not pass, with results.
fn run_part(files: &[&str], partition: &str, results: &Path) -> Result<Ran, std::io::Error> {
    let results = results.to_string_lossy();
    let mut arguments = vec!["run", "scenarios/kb"];
    arguments.extend(files);
    arguments.extend(["--partition", partition, "--results", &results]);
    mockdc(&arguments)
}

#[test]
fn partitions_merge_to_what_one_machine_says() -> Tested {
    let failing = scenario("merge-failing", &install("merge-failing", "40m", ""))?;
    let open = "[[expect]]\nattempt-failed = { client = \"BDC1\", attempt = 3 }\n";
    let open = install("merge-open", "5m", open).replace("format = 1\n", "format = 1\nuntil = \"30s\"\n");
    let open = scenario("merge-open", &open)?;
    let files = [failing.as_str(), open.as_str()];
    let dir = folder("merge")?;
    let at = |name: &str| dir.join(name).to_string_lossy().into_owned();
    let whole = mockdc(&[
        "run",
        "scenarios/kb",
        &failing,
        &open,
        "--junit",
        &at("whole.xml"),
        "--results",
        &at("whole"),
    ])?;
    assert_eq!(whole.code, 1, "{whole:?}");
    for deal in ["slice", "hash"] {
        let parts: Vec<String> = (1..=3).map(|part| at(&format!("{deal}-{part}"))).collect();
        for (part, results) in (1..).zip(&parts) {
            let ran = run_part(&files, &format!("{deal}:{part}/3"), Path::new(results))?;
            assert!([0, 1, 5].contains(&ran.code), "{ran:?}");
        }
        let merged = mockdc(&[
            "report",
            "merge",
            &parts[2],
            &parts[0],
            &parts[1],
            "--junit",
            &at("merged.xml"),
            "--summary",
            &at("merged.json"),
        ])?;
        assert_eq!(merged.code, 1, "{merged:?}");
        assert_eq!(merged.out.lines().last(), whole.out.lines().last());
        assert_eq!(std::fs::read_to_string(at("merged.xml"))?, std::fs::read_to_string(at("whole.xml"))?);
        assert_eq!(
            std::fs::read_to_string(at("merged.json"))?,
            std::fs::read_to_string(at("whole/summary.json"))?
        );
        let missing = mockdc(&["report", "merge", &parts[0], &parts[2]])?;
        assert_eq!(missing.code, 2);
        assert!(missing.err.contains(&format!("results of {deal}:2/3 are missing")), "{}", missing.err);
        let twice = mockdc(&["report", "merge", &parts[0], &parts[0], &parts[2]])?;
        assert_eq!(twice.code, 2);
        assert!(twice.err.contains(&format!("are both partition {deal}:1/3")), "{}", twice.err);
    }
    let mixed = mockdc(&["report", "merge", &at("slice-1"), &at("hash-2"), &at("slice-3")])?;
    assert!(
        mixed.err.contains("one is partition slice:1/3, the other is partition hash:2/3"),
        "{}",
        mixed.err
    );
    let wholes = mockdc(&["report", "merge", &at("whole"), &at("whole")])?;
    assert!(wholes.err.contains("each is a whole run of its own"), "{}", wholes.err);
    Ok(())
}

#[test]
fn parts_of_different_runs_are_refused() -> Tested {
    let dir = folder("mixed")?;
    let at = |name: &str| dir.join(name).to_string_lossy().into_owned();
    let plain = install("mixed-plan", "5m", "");
    let file = scenario("mixed-plan", &plain)?;
    let run = |partition: &str, results: &str, more: &[&str]| {
        let mut arguments = vec!["run", &file, "--partition", partition, "--results", results];
        arguments.extend(more);
        mockdc(&arguments)
    };
    run("slice:1/2", &at("one"), &[])?;
    run("slice:2/2", &at("seed"), &["--seed", "9"])?;
    run("slice:2/2", &at("seeds"), &["--seeds", "1..3"])?;
    std::fs::write(&file, plain.replace("\"5m\"", "\"6m\""))?;
    run("slice:2/2", &at("other"), &[])?;
    std::fs::write(&file, plain.replace("\"mixed-plan\"", "\"mixed-plan-2\""))?;
    run("slice:2/2", &at("renamed"), &[])?;
    let told = [
        ("seed", "one was run with the seed 1, the other with the seed 9"),
        ("seeds", "one was run with the seed 1, the other with the seeds 1..3"),
        ("other", "scenarios of the same names say different things"),
        ("renamed", "`mixed-plan` was selected for one of them and not for the other"),
    ];
    for (other, what) in told {
        let merged = mockdc(&["report", "merge", &at("one"), &at(other)])?;
        assert_eq!(merged.code, 2, "{merged:?}");
        assert!(
            merged.err.contains("are not parts of one run") && merged.err.contains(what),
            "{}",
            merged.err
        );
    }
    // Another version of mockdc, results that lack one, and files that are none.
    let summary = std::fs::read_to_string(dir.join("one/summary.json"))?;
    let version = env!("CARGO_PKG_VERSION");
    std::fs::write(
        dir.join("version.json"),
        summary.replace(&format!("\"mockdc\": \"{version}\""), "\"mockdc\": \"9.9\""),
    )?;
    let mut lacking: serde_json::Value = serde_json::from_str(&summary)?;
    lacking["scenarios"] = serde_json::json!([]);
    std::fs::write(dir.join("lacking.json"), lacking.to_string())?;
    std::fs::write(dir.join("none.json"), "{}")?;
    std::fs::create_dir(dir.join("broken-off"))?;
    let told = [
        (vec![at("one"), at("version.json")], "the other by 9.9"),
        (vec![at("lacking.json"), at("seed")], "not parts of one run"),
        (vec![at("none.json")], "is no summary of runs"),
        (vec![at("broken-off")], "a run that ends writes its summary there"),
    ];
    for (results, what) in told {
        let mut arguments = vec!["report", "merge"];
        arguments.extend(results.iter().map(String::as_str));
        let merged = mockdc(&arguments)?;
        assert_eq!(merged.code, 2, "{merged:?}");
        assert!(merged.err.contains(what), "{}", merged.err);
    }
    lacking["series"]["partition"] = serde_json::Value::Null;
    std::fs::write(dir.join("lacking.json"), lacking.to_string())?;
    let merged = mockdc(&["report", "merge", &at("lacking.json")])?;
    assert!(merged.err.contains("it has too few results of `mixed-plan`"), "{}", merged.err);
    Ok(())
}

#[test]
fn output_does_not_depend_on_the_number_of_cores() -> Tested {
    let failing = scenario("jobs-failing", &install("jobs-failing", "40m", ""))?;
    for more in [vec![], vec!["--fail-fast"], vec!["--seeds", "1..3"], vec!["--format", "json"]] {
        let run = |jobs: &str| {
            let mut arguments = vec!["run", &failing, "scenarios/kb", "--jobs", jobs];
            arguments.extend(&more);
            mockdc(&arguments)
        };
        let (one, many) = (run("1")?, run("7")?);
        assert_eq!((one.code, &one.out, &one.err), (many.code, &many.out, &many.err), "{more:?}");
        assert_eq!(one.err, "", "no progress where nobody watches");
    }
    assert_eq!(mockdc(&["run", &failing, "--jobs", "0"])?.code, 2);
    Ok(())
}

#[test]
fn a_wrong_partition_is_a_wrong_command_line() -> Tested {
    for partition in ["slice:3/2", "hash", "count:1/2"] {
        let ran = mockdc(&["run", "scenarios/kb", "--partition", partition])?;
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("slice:1/3"), "{}", ran.err);
    }
    Ok(())
}

#[test]
fn a_runner_of_github_annotates_and_obeys_nothing_else() -> Tested {
    let more = "[[expect]]\nlog = { host = \"BDC1\", file = \"x.log\", in-order = [\n  \"\\n::error::obeyed\",\n  \"##[add-mask]obeyed\",\n] }\nbecause = \"\\r::warning::obeyed ##[add-mask]obeyed\"\n";
    let text =
        install("github", "5m", more).replace("format = 1\n", "format = 1\ntitle = \"\\n::debug::obeyed\"\n");
    let file = scenario("github", &text)?;
    let dir = folder("github-runner")?;
    let step = dir.join("step.md").to_string_lossy().into_owned();
    let workspace = super::command::top().to_string_lossy().into_owned();
    let environment =
        [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", &step), ("GITHUB_WORKSPACE", &workspace)];
    let line = text.lines().position(|line| line == "[[expect]]").map_or(0, |place| place + 1);
    for format in ["console", "json", "tap"] {
        let ran = mockdc_with(&["run", &file, "--format", format], &environment)?;
        assert_eq!(ran.code, 1, "{ran:?}");
        let commands: Vec<&str> = ran
            .out
            .split(['\n', '\r'])
            .chain(ran.err.split(['\n', '\r']))
            .map(str::trim_start)
            .filter(|line| line.contains("##[") || line.starts_with("::"))
            .collect();
        assert_eq!(commands.len(), 1, "{format}: {commands:?}");
        let start = format!("line={line},endLine={},title=FAIL github::", line + 5);
        assert!(commands[0].starts_with("::error file=") && commands[0].contains(&start), "{commands:?}");
        if format == "json" {
            let value: serde_json::Value = serde_json::from_str(&ran.out)?;
            assert!(value.to_string().contains("##[add-mask]obeyed"), "JSON says what it says elsewhere");
        }
    }
    for command in ["show", "list", "check"] {
        let ran = mockdc_with(&[command, &file], &environment)?;
        assert_eq!(ran.code, 0, "{ran:?}");
        let obeyed = ran
            .out
            .split(['\n', '\r'])
            .any(|line| line.trim_start().starts_with("::") || line.contains("##["));
        assert!(!obeyed, "{}", ran.out);
    }
    let summary = std::fs::read_to_string(&step)?;
    assert_eq!(summary.matches("### mockdc: 0 passed, 1 failed").count(), 3, "{summary}");
    Ok(())
}
