//! Each documented exit code is met, for its own reason.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use super::command::{Tested, folder, install, mockdc, scenario};

#[test]
fn a_scenario_that_holds_ends_with_0() -> Tested {
    let file = scenario("holds", &install("holds", "5m", "[[expect]]\ninstalled = \"BDC1\""))?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    Ok(())
}

#[test]
fn an_expectation_that_fails_ends_with_1_and_the_command_that_repeats_it() -> Tested {
    let file =
        scenario("fails", &install("fails", "5m", "[[expect]]\nattempt-failed = { client = \"BDC1\" }"))?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains(&format!("mockdc run {file}")), "{}", ran.out);
    Ok(())
}

#[test]
fn a_broken_promise_that_is_not_listed_ends_with_1() -> Tested {
    let file = scenario(
        "unlisted",
        &install("unlisted", "40m", "[[expect]]\nattempt-failed = { client = \"BDC1\" }"),
    )?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("loader-outlives-its-child"), "{}", ran.out);
    Ok(())
}

#[test]
fn a_listed_promise_that_is_kept_ends_with_1() -> Tested {
    let more = "[[expect]]\nviolates = [\"loader-outlives-its-child\"]";
    let file = scenario("kept", &install("kept", "5m", more))?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("loader-outlives-its-child"), "{}", ran.out);
    Ok(())
}

#[test]
fn an_inert_fault_ends_with_1() -> Tested {
    let more = "[[fault]]\nname = \"never-met\"\nfrom = \"0s\"\nuntil = \"1s\"\nrefuse = { verb = \"user-rename\", code = 5 }\n";
    let file = scenario("inert", &install("inert", "5m", more))?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("never-met"), "{}", ran.out);
    Ok(())
}

#[test]
fn a_wrong_command_line_ends_with_2() -> Tested {
    assert_eq!(mockdc(&["run"])?.code, 2);
    assert_eq!(mockdc(&["dance"])?.code, 2);
    assert_eq!(mockdc(&["run", "no/such/folder"])?.code, 2);
    assert_eq!(mockdc(&["run", "scenarios", "--seeds", "9..1"])?.code, 2);
    Ok(())
}

#[test]
fn an_invalid_scenario_ends_with_3_and_nothing_is_run() -> Tested {
    let good = scenario("good-one", &install("good-one", "5m", ""))?;
    let bad = scenario("bad-one", &install("bad-one", "5", "[[expect]]\ninstalled = \"BCD1\""))?;
    let ran = mockdc(&["run", &good, &bad])?;
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(ran.out, "", "nothing may run when one file is wrong");
    assert!(ran.err.contains("BDC1"), "a suggestion is expected: {}", ran.err);
    assert!(ran.err.contains("5m"), "the remedy for the missing unit is expected: {}", ran.err);
    Ok(())
}

#[test]
fn a_selection_of_nothing_ends_with_4() -> Tested {
    let file = scenario("alone", &install("alone", "5m", ""))?;
    assert_eq!(mockdc(&["run", &file, "--name", "no-such-*"])?.code, 4);
    let empty = folder("empty")?;
    assert_eq!(mockdc(&["run", &empty.to_string_lossy()])?.code, 4);
    Ok(())
}

#[test]
fn a_claim_beyond_the_end_is_inconclusive_and_ends_with_5() -> Tested {
    let more = "[[expect]]\nattempt-failed = { client = \"BDC1\", attempt = 3 }\n";
    let text = install("beyond", "5m", more).replace("format = 1\n", "format = 1\nuntil = \"30s\"\n");
    let file = scenario("beyond", &text)?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 5, "{ran:?}");
    Ok(())
}

#[test]
fn results_that_cannot_be_written_end_with_6() -> Tested {
    let file = scenario("unwritable", &install("unwritable", "5m", ""))?;
    let foreign = folder("foreign")?;
    std::fs::write(foreign.join("thesis.doc"), "years of work")?;
    let ran = mockdc(&["run", &file, "--results", &foreign.to_string_lossy()])?;
    assert_eq!(ran.code, 6, "{ran:?}");
    assert_eq!(std::fs::read_to_string(foreign.join("thesis.doc"))?, "years of work");
    Ok(())
}

/// A record in which somebody has turned a clock back breaks a law; nothing but a bug of mockdc writes such a one.
#[test]
fn a_record_that_breaks_a_law_ends_with_8() -> Tested {
    let file = scenario("recorded", &install("recorded", "5m", ""))?;
    let results = folder("recorded-results")?.join("r");
    assert_eq!(mockdc(&["run", &file, "--results", &results.to_string_lossy()])?.code, 0);
    let events = results.join("recorded/events.jsonl");
    let sound = mockdc(&["judge", &events.to_string_lossy()])?;
    assert_eq!(sound.code, 0, "{sound:?}");
    let text = std::fs::read_to_string(&events)?;
    let (before, last) = text.trim_end().rsplit_once('\n').ok_or("one line alone")?;
    let at = last.find("\"at\":").ok_or("no instant")? + 5;
    let digits = last[at..].find(|c: char| !c.is_ascii_digit()).ok_or("no number")?;
    std::fs::write(&events, format!("{before}\n{}0{}\n", &last[..at], &last[at + digits..]))?;
    let broken = mockdc(&["judge", &events.to_string_lossy()])?;
    assert_eq!(broken.code, 8, "{broken:?}");
    assert!(broken.out.contains("time-runs-forward"), "{}", broken.out);
    Ok(())
}

/// What is done by then is told and written, and what is under way is left alone.
#[test]
fn an_interrupt_ends_with_130_and_loses_nothing_that_is_done() -> Tested {
    for (signal, jobs) in [("INT", "1"), ("TERM", "2")] {
        let name = format!("interrupted-{jobs}");
        let cases: String =
            (0..1000).map(|n| format!("[[case]]\nname = \"c{n}\"\ndelay = \"5m\"\n\n")).collect();
        let file = scenario(&name, &install(&name, "${delay}", &cases))?;
        let results = folder(&format!("{name}-results"))?.join("r");
        let mut child = Command::new(env!("CARGO_BIN_EXE_mockdc"))
            .args(["run", &file, "--jobs", jobs, "--results"])
            .arg(&results)
            .env("NO_COLOR", "1")
            .env_remove("GITHUB_ACTIONS")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut out = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut first = String::new();
        out.read_line(&mut first)?;
        assert!(first.starts_with("pass"), "{first}");
        let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status()?;
        assert!(sent.success());
        let mut rest = String::new();
        out.read_to_string(&mut rest)?;
        let mut err = String::new();
        child.stderr.take().ok_or("no messages")?.read_to_string(&mut err)?;
        assert_eq!(child.wait()?.code(), Some(130), "{err}");
        let done = 1 + rest.lines().filter(|line| line.starts_with("pass")).count();
        assert!(rest.contains(&format!("{done} passed, 0 failed")), "{rest}");
        assert_eq!(err, format!("interrupted: {done} of 1000 runs are done\n"));
        let summary = std::fs::read_to_string(results.join("summary.json"))?;
        assert_eq!(summary.matches("\"result\": \"pass\"").count(), done, "each is in the results folder");
    }
    Ok(())
}

/// A check that never sees a difference would pass as well: its second run is made under another seed.
#[test]
fn two_runs_that_differ_end_with_7_and_the_first_event_that_differs() -> Tested {
    let drawn = "replication = { delay = { all = { uniform = { from = \"1m\", to = \"9m\" } } } }";
    let text = install("drawn", "5m", "").replace("replication = { delay = \"5m\" }", drawn);
    assert!(text.contains(drawn));
    let file = scenario("drawn", &text)?;
    let same = mockdc(&["run", &file, "--seed", "3", "--check-determinism"])?;
    assert_eq!(same.code, 0, "{same:?}");
    let ran = mockdc(&["run", &file, "--seed", "3", "--check-determinism", "--second-seed", "4"])?;
    assert_eq!(ran.code, 7, "{ran:?}");
    assert!(ran.out.contains("`drawn` with seed 3 is not deterministic: event "), "{}", ran.out);
    assert!(ran.out.contains("first: ") && ran.out.contains("second: "), "{}", ran.out);
    Ok(())
}

/// A boot loader that an earlier attempt left runs still, and nothing will ever end it: the manager's wait for its stop
/// has no limit, and the domain has nothing left to do.
#[test]
fn a_run_that_hangs_says_so_and_ends_with_1() -> Tested {
    let leftover =
        "services = [{ name = \"CCMBtLdr\", program = 'C:\\WINNT\\sms_temp\\old.exe', running = true }]";
    let sound = install("leftover", "5m", "").replace("sms-2.0-sp3", "sms-2.0-sp4");
    let file =
        scenario("leftover", &sound.replace("name = \"BDC1\"", &format!("name = \"BDC1\"\n{leftover}")))?;
    let results = folder("leftover-results")?;
    let ran = mockdc(&["run", &file, "--results", &results.to_string_lossy()])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("the run hangs: an actor waits"), "{}", ran.out);
    let summary: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(results.join("leftover/summary.json"))?)?;
    assert_eq!((&summary["ended"], &summary["reasons"][0]["kind"]), (&"hang".into(), &"hang".into()));
    let record = std::fs::read_to_string(results.join("leftover/events.jsonl"))?;
    assert!(
        record.lines().last().is_some_and(|last| last.contains("\"end\":{\"reason\":\"hang\"}")),
        "{record}"
    );
    let file = scenario("nothing-left-over", &sound)?;
    let ran = mockdc(&["run", &file])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    Ok(())
}
