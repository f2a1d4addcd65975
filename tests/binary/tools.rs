//! `threshold`, `sweep`, `compare`, `why` and the pictures, as somebody at a shell meets them.

use super::command::{Tested, folder, install, mockdc, scenario};

const INSTALLED: &str = "[[expect]]\ninstalled = { client = \"BDC1\", attempt = 1 }\n";

#[test]
fn the_limit_is_told_with_its_resolution_and_runs_on_either_side_agree() -> Tested {
    let file = scenario("tools-threshold", &install("tools-threshold", "1m", INSTALLED))?;
    let key = "domain.replication.delay";
    let ran = mockdc(&["threshold", &file, "--vary", key, "--to", "3h", "--format", "json"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let found: serde_json::Value = serde_json::from_str(&ran.out)?;
    assert_eq!(found["resolution"], "1s");
    let bands = found["bands"].as_array().ok_or("bands")?;
    let (holds, fails) = (&bands[0], &bands[1]);
    assert_eq!((holds["ends"].as_str(), fails["ends"].as_str()), (Some("holds"), Some("fails")), "{found}");
    for (band, end, code) in [(holds, "to", 0), (fails, "from", 1)] {
        let set = format!("{key}={}", band[end].as_str().ok_or("a value")?);
        let ran = mockdc(&["run", &file, "--set", &set])?;
        assert_eq!(ran.code, code, "{set}: {ran:?}");
        assert!(code == 0 || ran.out.contains(&format!("--set {set}")), "{ran:?}");
    }
    Ok(())
}

#[test]
fn a_key_that_is_not_there_is_answered_with_what_was_meant_and_what_there_is() -> Tested {
    let file = scenario("tools-keys", &install("tools-keys", "1m", INSTALLED))?;
    let ran = mockdc(&["threshold", &file, "--vary", "client.loader.timeout"])?;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("did you mean `client.loader.time-out`?"), "{}", ran.err);
    assert!(ran.err.contains("domain.replication.delay") && ran.err.contains("1m"), "{}", ran.err);
    let ran = mockdc(&["threshold", &file, "--keys"])?;
    assert!(ran.code == 0 && ran.out.contains("client.loader.time-out"), "{ran:?}");
    for arguments in [
        &["--vary", "domain.replication.delay", "--from", "15"][..],
        &["--vary", "domain.replication.delay", "--from", "2h", "--to", "1h"],
        &["--vary", "client.loader.waits-for-child"],
        &["--vary", "domain.replication.delay", "--resolution", "0s"],
    ] {
        let all = [&["threshold", &file], arguments].concat();
        let ran = mockdc(&all)?;
        assert!(ran.code == 2 && ran.err.starts_with("error: "), "{all:?}: {ran:?}");
    }
    let ran = mockdc(&["run", &file, "--set", "client.loader.timeout=3m"])?;
    assert!(ran.code == 2 && ran.err.contains("did you mean"), "{ran:?}");
    let ran = mockdc(&["threshold", &file, "--vary", "client.loader.time-out", "--to", "1m"])?;
    assert_eq!(ran.code, 5, "nothing changes, which is no limit: {ran:?}");
    Ok(())
}

#[test]
fn a_sweep_writes_a_table_a_file_of_values_and_a_picture() -> Tested {
    let file = scenario("tools-sweep", &install("tools-sweep", "1m", INSTALLED))?;
    let folder = folder("tools-sweep-out")?;
    let (csv, svg) = (folder.join("a.csv"), folder.join("a.svg"));
    let ran = mockdc(&[
        "sweep",
        &file,
        "--vary",
        "domain.replication.delay=1m..61m/3",
        "--vary",
        "client.loader.waits-for-child=time-out,until-exit",
        "--seeds",
        "1..3",
        "--csv",
        &csv.to_string_lossy(),
        "--svg",
        &svg.to_string_lossy(),
    ])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows = std::fs::read_to_string(&csv)?;
    assert_eq!(rows.lines().count(), 9, "{rows}");
    assert!(rows.contains("1m,time-out,3,3,0,0,1.0000,"), "{rows}");
    assert!(std::fs::read_to_string(&svg)?.starts_with("<svg "));
    for wrong in [&["--vary", "domain.replication.delay"][..], &["--vary", "domain.replication.delay=x"], &[]]
    {
        let ran = mockdc(&[&["sweep", &file], wrong].concat())?;
        assert_eq!(ran.code, 2, "{wrong:?}: {ran:?}");
    }
    Ok(())
}

#[test]
fn b_that_loses_what_a_won_fails_and_the_other_way_round_passes() -> Tested {
    let file = scenario("tools-compare", &install("tools-compare", "30m", INSTALLED))?;
    let junit = folder("tools-compare-out")?.join("junit.xml");
    let fix = "client.loader.waits-for-child=until-exit";
    let ran = mockdc(&["compare", "as-is", fix, "--on", &file])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("won    verdict"), "{}", ran.out);
    let ran = mockdc(&["compare", fix, "as-is", "--on", &file, "--junit", &junit.to_string_lossy()])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("LOST") && ran.out.contains("promise loader-outlives-its-child"), "{}", ran.out);
    assert!(std::fs::read_to_string(&junit)?.contains("<failure"));
    let ran = mockdc(&["compare", "sms-2.0-sp3", "sms-2.0-sp4", "--on", &file, "--format", "json"])?;
    let found: serde_json::Value = serde_json::from_str(&ran.out)?;
    assert_eq!((ran.code, &found["compared"]), (0, &1.into()), "{}", ran.out);
    let ran = mockdc(&["compare", "as-is", "as-is", "--on", &file])?;
    assert!(ran.code == 0 && ran.out.contains("0 differ"), "{ran:?}");
    Ok(())
}

#[test]
fn results_folders_are_compared_and_nonsense_is_refused() -> Tested {
    let good = scenario("tools-folders", &install("tools-folders", "1m", INSTALLED))?;
    let folder = folder("tools-folders-out")?;
    let (a, b) = (folder.join("a"), folder.join("b"));
    let (a, b) = (a.to_string_lossy(), b.to_string_lossy());
    mockdc(&["run", &good, "--results", &a])?;
    mockdc(&["run", &good, "--results", &b, "--set", "domain.replication.delay=30m"])?;
    assert_eq!(mockdc(&["compare", &a, &b])?.code, 1);
    assert_eq!(mockdc(&["compare", &b, &a])?.code, 0);
    for wrong in [
        &["compare", "nonsense", "as-is", "--on", &good][..],
        &["compare", "as-is", "as-is"],
        &["compare", &a, "as-is", "--on", &good],
        &["compare", &good, &good],
    ] {
        let ran = mockdc(wrong)?;
        assert!(ran.code == 2 && ran.err.contains("error: "), "{wrong:?}: {ran:?}");
    }
    Ok(())
}

#[test]
fn a_saved_run_says_why_and_becomes_a_page_a_trace_and_a_picture() -> Tested {
    let file = scenario("tools-why", &install("tools-why", "30m", INSTALLED))?;
    let folder = folder("tools-why-out")?;
    let results = folder.join("results");
    let ran = mockdc(&[
        "run",
        &file,
        "--results",
        &results.to_string_lossy(),
        "--html",
        &folder.to_string_lossy(),
    ])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    let run = results.join("tools-why");
    assert!(run.join("timeline.html").is_file() && folder.join("tools-why.html").is_file());
    let run = run.to_string_lossy();
    let ran = mockdc(&["why", &run])?;
    assert!(ran.code == 0 && ran.out.contains("because"), "{ran:?}");
    let ran = mockdc(&["why", &results.to_string_lossy(), "--event", "3", "--format", "json"])?;
    let answer: serde_json::Value = serde_json::from_str(&ran.out)?;
    assert_eq!(answer["answers"][0]["events"][0], 3);
    // With many seeds only runs that did not pass get a page.
    let (good, seeds) =
        (scenario("tools-why-good", &install("tools-why-good", "1m", INSTALLED))?, folder.join("seeds"));
    let ran = mockdc(&["run", &good, "--seeds", "1..2", "--results", &seeds.to_string_lossy()])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        seeds.join("tools-why-good/events.jsonl").is_file()
            && !seeds.join("tools-why-good/timeline.html").exists()
    );
    for wrong in [&["why", &run, "99999999"][..], &["why", "/nowhere"], &["why", &file]] {
        let ran = mockdc(wrong)?;
        assert!(ran.code == 2 && ran.err.starts_with("error: "), "{wrong:?}: {ran:?}");
    }
    let trace = mockdc(&["report", "trace", &run])?;
    assert!(serde_json::from_str::<serde_json::Value>(&trace.out)?["traceEvents"].is_array());
    let picture = mockdc(&["report", "picture", &run])?;
    assert!(picture.code == 0 && picture.out.contains("PDC1 (PDC)"), "{picture:?}");
    let page = mockdc(&["report", "html", &run])?;
    assert!(page.code == 0 && page.out.starts_with("<!doctype html>"));
    Ok(())
}

#[test]
fn the_matrix_of_privileges_says_what_fails_without_which_right() -> Tested {
    let text = "format = 1\nname = \"tools-rights\"\n\n[[dc]]\nname = \"DC1\"\nrole = \"pdc\"\nos = \"windows-2000\"\n\n\
                [[machine]]\nname = \"WS1\"\nos = \"windows-2000\"\n\n[[client]]\nmachine = \"WS1\"\n\
                profile = \"sms-2003-legacy\"\ninstalled = true\n";
    let file = scenario("tools-rights", text)?;
    let ran = mockdc(&["sweep", &file, "--privileges"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let without = |right: &str| ran.out.lines().find(|line| line.starts_with(right)).map(str::to_owned);
    assert!(without("SeTcbPrivilege").is_some_and(|row| row.contains("1314")), "{}", ran.out);
    assert!(without("SeServiceLogonRight").is_some_and(|row| row.contains("1385")), "{}", ran.out);
    let ran = mockdc(&["sweep", &file, "--privileges", "--client", "WS9"])?;
    assert!(ran.code == 2 && ran.err.contains("WS1"), "{ran:?}");
    Ok(())
}

#[test]
fn an_exploration_writes_the_smallest_scenario_that_fails_and_it_does() -> Tested {
    let vary = "[vary]\n\"domain.replication.delay\" = { from = \"0s\", to = \"2h\" }\n";
    let text = install("tools-explore", "1m", &format!("{INSTALLED}\n{vary}"));
    let file = scenario("tools-explore", &text)?;
    assert_eq!(mockdc(&["run", &file])?.code, 0, "it passes as it stands");
    let found = folder("tools-explore-out")?.join("found.toml");
    let ran = mockdc(&["explore", &file, "--out", &found.to_string_lossy()])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("What happens:"), "{}", ran.out);
    let text = std::fs::read_to_string(&found)?;
    assert!(text.starts_with("# Found by") && !text.contains("[vary]"), "{text}");
    assert_eq!(mockdc(&["run", &found.to_string_lossy()])?.code, 1, "{text}");
    assert_eq!(mockdc(&["fmt", "--check", &found.to_string_lossy()])?.code, 0, "{text}");
    let quiet =
        mockdc(&["explore", &file, "--judge", "installed", "--vary", "domain.replication.delay=1s,2s"])?;
    assert!(quiet.code == 0 && quiet.out.contains("no failure in"), "{quiet:?}");
    let none = scenario("tools-explore-none", &install("tools-explore-none", "1m", INSTALLED))?;
    let ran = mockdc(&["explore", &none])?;
    assert!(ran.code == 2 && ran.err.contains("[vary]"), "{ran:?}");
    Ok(())
}
