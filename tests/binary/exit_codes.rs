//! Each documented exit code is met, for its own reason.

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
