//! A case that fails is a scenario: a deliberately wrong oracle shows it.

use std::path::{Path, PathBuf};

use clap::Parser;
use mockdc::cli::{Arguments, Exit, Streams, perform};
use mockdc_tests::any::{self, MINUTE};
use mockdc_tests::oracle::Release;
use mockdc_tests::property::Case;
use mockdc_tests::text::span;
use proptest::test_runner::{Config, TestError, TestRunner};

/// An install under a delay, with what an oracle says of it that takes it for `late` milliseconds longer.
fn case(delay: i64, late: i64) -> Case {
    let release = Release::of("sms-2.0-sp3", None).expect("the oracle knows SP3");
    let mut case = Case::new("wrong-oracle", 1);
    case.add(&format!(
        "[domain]\nreplication = {{ delay = \"{}\" }}\n\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC1\"\n",
        span(delay)
    ));
    case.add(&any::install("BDC1", "sms-2.0-sp3", 0));
    let at = release.outcome(delay + late).unwrap_or_else(|at| at);
    case.expect(format!(
        "event = {{ attempt-ended = {{ client = \"BDC1\", attempt = 1 }} }}\nat = \"{}\"",
        span(at)
    ));
    case
}

fn mockdc_run(file: &Path) -> Result<(Exit, String), Box<dyn std::error::Error>> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = Arguments::try_parse_from(["mockdc".as_ref(), "run".as_ref(), file.as_os_str()])?;
    let exit = perform(arguments, &mut Streams::new(&mut out, &mut err));
    out.extend(err);
    Ok((exit, String::from_utf8(out)?))
}

#[test]
fn a_case_that_fails_is_written_as_a_scenario_that_mockdc_run_replays()
-> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("wrong-oracle");
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    // This oracle is right up to 20 minutes and a quarter of an hour off beyond.
    let failed = runner.run(&(0..60 * MINUTE), |delay| {
        let late = if delay > 20 * MINUTE { 15 * MINUTE } else { 0 };
        case(delay, late).holds_or_is_written_to(&folder).map(drop)
    });
    let Err(TestError::Fail(why, smallest)) = failed else {
        return Err("the wrong oracle is believed".into());
    };
    assert_eq!(smallest, 20 * MINUTE + 1, "the smallest case is the one that is kept");
    let file = folder.join("wrong-oracle.toml");
    assert!(why.message().contains(&format!("mockdc run {}", file.display())), "{why}");

    let (exit, printed) = mockdc_run(&file)?;
    assert_eq!(exit, Exit::Failed, "{printed}");
    assert!(printed.contains("attempt-ended") || printed.contains("attempt"), "{printed}");
    assert!(!printed.contains("promise"), "only the oracle's reason fails it: {printed}");

    // With the right oracle the same file passes: nothing but the expectation was wrong.
    let text = std::fs::read_to_string(&file)?;
    assert!(text.contains(&format!("delay = \"{}ms\"", 20 * MINUTE + 1)), "{text}");
    let (wrong, right) = (case(smallest, 15 * MINUTE).expects, case(smallest, 0).expects);
    std::fs::write(&file, text.replace(&wrong[0], &right[0]))?;
    let (exit, printed) = mockdc_run(&file)?;
    assert_eq!(exit, Exit::Passed, "{printed}");
    Ok(())
}
