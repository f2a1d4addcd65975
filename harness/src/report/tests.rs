//! Reports of hand-made runs.

use std::fs;
use std::path::{Path, PathBuf};

use super::summary as summary_line;
use super::*;
use crate::timeline::story::{Story, plan, timeline};
use crate::timeline::{EndReason, Event, EventKind, Events, Role, Timeline};

/// Half a minute of a boot loader that waits in vain: 22 events.
fn run() -> Timeline {
    let mut story = Story::default();
    story.starts(0, Role::BootLoader, "BDC1", Some("SMS#_BDC1"), Some(4), "BDC1");
    for minute in 1..=20 {
        let line = "Waiting for PDC/BDC Sync (2221)~";
        story.at(&format!("{minute}m")).line("BDC1", "Wnremote.log", line);
    }
    story.ends(0, Role::BootLoader, "BDC1", 0);
    timeline(plan(), &story)
}

fn told(result: RunResult, evidence: &[u64], timeline: &Timeline) -> Summary {
    let cast = Cast::of(&timeline.events);
    let evidence =
        evidence.iter().filter_map(|seq| Evidence::of(*seq, &timeline.events, &cast)).collect::<Vec<_>>();
    let reason = Reason {
        kind: "expectation".into(),
        line: Some(34),
        text: "the loader stopped after 20m, before its child".into(),
        because: Some("the article says so".into()),
        evidence,
    };
    Summary {
        name: "hand-made".into(),
        title: String::new(),
        file: "kb/hand-made.toml".into(),
        seed: 7,
        backend: Default::default(),
        result,
        reasons: if result == RunResult::Pass { vec![] } else { vec![reason] },
        breaks_as_stated: vec![Break {
            name: "loader-outlives-its-child".into(),
            text: "it did not".into(),
            evidence: vec![],
        }],
        promises: vec![],
        laws: vec![],
        expectations: 1,
        measures: Measures::of(&timeline.events),
        ended: Some(EndReason::Quiet),
        rerun: quoted(["mockdc", "run", "kb/hand-made.toml", "--seed", "7"]),
        wall: None,
    }
}

fn printed(print: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    print(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_scenario_is_one_line_and_its_columns_are_aligned() {
    let run = run();
    let style = Style::default().for_names(["hand-made", "a-longer-name"]);
    let line = |result| printed(|out| scenario_line(out, &told(result, &[], &run), style));
    assert_eq!(line(RunResult::Pass), "pass  hand-made          22 events  20m\n");
    assert_eq!(line(RunResult::Fail), "FAIL  hand-made          22 events  20m\n");
    assert_eq!(
        line(RunResult::Skipped),
        "skip  hand-made      the loader stopped after 20m, before its child\n"
    );
}

#[test]
fn a_failure_tells_reason_events_around_it_and_last_the_command_that_repeats_it() {
    let run = run();
    let told = told(RunResult::Fail, &[6, 21], &run);
    let text = printed(|out| failure(out, &told, &run.events, Style::default()));
    let expected = "  kb/hand-made.toml:34: the loader stopped after 20m, before its child
    because the article says so

    ...
    00:03:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
    00:04:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
    00:05:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
  > 00:06:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
    00:07:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
    00:08:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
    00:09:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
    ...
    00:18:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
    00:19:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
    00:20:00.000  BDC1  boot loader  Wnremote.log: Waiting for PDC/BDC Sync (2221)~
  > 00:20:00.000  BDC1  boot loader  ends: success

  breaks as stated: loader-outlives-its-child
  mockdc run kb/hand-made.toml --seed 7
";
    assert_eq!(text, expected);
}

#[test]
fn what_a_scenario_hides_in_its_words_is_shown_on_the_console() {
    let timeline = run();
    let mut summary = told(RunResult::Fail, &[3], &timeline);
    summary.reasons[0].text = "SVC\u{202e}1 is\u{1b}[2J not there".into();
    summary.reasons[0].because = Some("\u{200b}so".into());
    let shown = printed(|out| failure(out, &summary, &timeline.events, Style::default()));
    assert!(shown.contains("SVC\\u{202e}1 is\\u{1b}[2J not there"), "{shown}");
    assert!(shown.contains("because \\u{200b}so"), "{shown}");
    assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "{shown}");
}

#[test]
fn what_passed_has_nothing_to_explain() {
    let run = run();
    for result in [RunResult::Pass, RunResult::Skipped] {
        let told = told(result, &[3], &run);
        assert_eq!(printed(|out| failure(out, &told, &run.events, Style::default())), "");
    }
}

#[test]
fn a_failure_without_evidence_shows_how_the_run_ended() {
    let run = run();
    let told = told(RunResult::Inconclusive, &[], &run);
    let text = printed(|out| failure(out, &told, &run.events, Style::default()));
    assert!(text.contains("    ...\n    00:15:00.000"), "{text}");
    assert!(text.contains("ends: success\n\n"), "{text}");
    let text = printed(|out| failure(out, &told, &Events::default(), Style::default()));
    assert!(text.ends_with("mockdc run kb/hand-made.toml --seed 7\n"));
}

#[test]
fn however_much_is_evidence_the_page_stays_short() {
    let run = run();
    let mut events: Vec<Event> = Vec::new();
    for seq in 0..1_000 {
        events.push(Event { seq, ..run.events[5].clone() });
    }
    let long = Timeline { events: events.into(), ..run };
    let evidence: Vec<u64> = (0..1_000).step_by(2).collect();
    let told = told(RunResult::Fail, &evidence, &long);
    let text = printed(|out| failure(out, &told, &long.events, Style::default()));
    assert!(text.lines().count() < 60, "{}", text.lines().count());
    let shown = text.lines().filter(|line| line.contains("Wnremote.log")).count();
    assert_eq!(shown, 25);
}

#[test]
fn attributes_and_counters_are_left_out_unless_they_are_evidence() {
    use mockdc_mocks::{Attribute, Counter, StateKey, Value};
    let mut story = Story::default();
    story.line("BDC1", "Wnremote.log", "before");
    let comment = StateKey::Attribute { account: "A".into(), attribute: Attribute::Comment };
    for bytes in 1..=9 {
        story.state("PDC1", comment.clone(), Some(Value::Text("".into())));
        let counter = StateKey::Counter { counter: Counter::BytesReceived };
        story.state("PDC1", counter, Some(Value::Number(bytes)));
    }
    story.line("BDC1", "Wnremote.log", "after");
    let run = timeline(plan(), &story);
    let text = |evidence: &[u64]| {
        let told = told(RunResult::Fail, evidence, &run);
        printed(|out| failure(out, &told, &run.events, Style::default()))
    };
    let around = text(&[19]);
    assert!(around.contains("before") && !around.contains("comment") && !around.contains("..."), "{around}");
    let itself = text(&[5]);
    assert!(itself.contains("A has no comment") && itself.contains("before"), "{itself}");
    assert_eq!(itself.matches("PDC1").count(), 1, "{itself}");
}

#[test]
fn what_several_reasons_of_a_line_have_in_common_is_told_once() {
    let run = run();
    let mut told = told(RunResult::Fail, &[6], &run);
    let again = told.reasons[0].clone();
    told.reasons.extend([again.clone(), again]);
    let text = printed(|out| failure(out, &told, &run.events, Style::default()));
    assert_eq!(text.matches("because the article says so").count(), 1, "{text}");
    assert_eq!(text.matches("the loader stopped after 20m").count(), 3, "{text}");
}

#[test]
fn the_last_line_counts_and_names_bugs_only_when_there_are_some() {
    let mut totals = Totals::default();
    for result in [RunResult::Pass, RunResult::Pass, RunResult::Fail, RunResult::Skipped] {
        totals.add(result);
    }
    let line = |totals| printed(|out| summary_line(out, totals, Style::default()));
    assert_eq!(line(totals), "2 passed, 1 failed, 0 inconclusive, 1 skipped\n");
    totals.add(RunResult::Bug);
    assert!(line(totals).ends_with("1 skipped, 1 that show a bug of mockdc\n"));
}

#[test]
fn colours_are_for_terminals_whose_user_does_not_refuse_them() {
    assert!(Style::new(true, None).colour);
    assert!(Style::new(true, Some("".as_ref())).colour);
    assert!(!Style::new(true, Some("1".as_ref())).colour);
    assert!(!Style::new(false, None).colour);
    let run = run();
    let told = told(RunResult::Fail, &[3], &run);
    let plain = printed(|out| failure(out, &told, &run.events, Style::default()));
    assert!(!plain.contains('\x1b'));
    let coloured = printed(|out| failure(out, &told, &run.events, Style::new(true, None)));
    assert!(coloured.contains("\x1b[1;31m>\x1b[0m"));
}

#[test]
fn the_json_document_reads_back_as_the_same_summaries() {
    let run = run();
    let (pass, fail) = (told(RunResult::Pass, &[], &run), told(RunResult::Fail, &[6], &run));
    let text = printed(|out| json::document(out, None, &[&pass, &fail]));
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["totals"]["failed"], 1);
    assert_eq!(document["scenarios"][1]["result"], "fail");
    assert_eq!(document["scenarios"][1]["reasons"][0]["line"], 34);
    let evidence = &document["scenarios"][1]["reasons"][0]["evidence"][0];
    assert_eq!((&evidence["event"], &evidence["at"]), (&6.into(), &"00:06:00.000".into()));
    assert_eq!(document["scenarios"][1]["measures"]["lasted"], "20m");
    let line = printed(|out| json::line(out, &fail));
    assert_eq!(line.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Summary>(&line).unwrap(), fail);
}

#[test]
fn measures_count_attempts_commits_and_bytes() {
    use mockdc_mocks::{Fact, Span, SyncKind, SyncReason};
    let mut story = Story::default();
    story.event("BDC1", EventKind::AttemptBegan { client: "BDC1".into(), attempt: 1 });
    story.fact(
        "BDC1",
        Fact::SyncEnded {
            from: "PDC1".into(),
            kind: SyncKind::Partial,
            reason: SyncReason::Notification,
            deltas: 2,
            bytes: 500,
            busy_bytes: 200,
            took: Span::ZERO,
            error: None,
        },
    );
    story.at("3h").event("BDC1", EventKind::InstallEnded { client: "BDC1".into(), attempts: 1, code: 0 });
    let expected = Measures {
        events: 3,
        lasted: Span::hours(3),
        attempts: 1,
        installed: 1,
        bytes: 500,
        busy_bytes: 200,
        ..Measures::default()
    };
    assert_eq!(Measures::of(&story.events.into()), expected);
}

/// A folder of this test's own, empty at first.
fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("mockdc-report-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn write_all(dir: &Path, names: &[&str]) -> Result<(), FolderError> {
    let run = run();
    let mut folder = ResultsFolder::create(dir)?;
    let all: Vec<Summary> = names
        .iter()
        .map(|name| Summary { name: (*name).into(), ..told(RunResult::Pass, &[], &run) })
        .collect();
    for summary in &all {
        folder.add(summary, &run)?;
    }
    folder.finish(None, &all)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_folder_holds_events_summary_and_logs_of_each_run() {
    let dir = scratch("whole");
    write_all(&dir, &["one"]).unwrap();
    assert_eq!(names(&dir), [".mockdc-results", "one", "summary.json"]);
    let events = fs::read(dir.join("one/events.jsonl")).unwrap();
    assert_eq!(Timeline::read(&events[..]).unwrap().events, run().events);
    let log = fs::read_to_string(dir.join("one/logs/BDC1/Wnremote.log")).unwrap();
    let first = "Waiting for PDC/BDC Sync (2221)~  $$<CliEx32.dll><Tue Aug 06 09:01:00.000 2002><thread=108 (0x6C)>\r\n";
    assert!(log.starts_with(first), "{log}");
    assert_eq!(log.matches("\r\n").count(), 20);
    let summary: Summary = serde_json::from_slice(&fs::read(dir.join("one/summary.json")).unwrap()).unwrap();
    assert_eq!(summary.name, "one");
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn outcomes_are_written_with_their_summaries() {
    let dir = scratch("outcomes");
    let outcomes = [judged(|_| {}), judged(|plan| plan.violates.push(listed()))];
    write_results(&dir, &outcomes).unwrap();
    assert_eq!(names(&dir), [".mockdc-results", "hand-made", "hand-made-seed-7", "summary.json"]);
    let all: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("summary.json")).unwrap()).unwrap();
    assert_eq!((&all["totals"]["passed"], &all["totals"]["failed"]), (&1.into(), &1.into()));
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_folder_of_ours_is_written_anew_and_what_others_put_there_stays() {
    let dir = scratch("again");
    write_all(&dir, &["one", "two"]).unwrap();
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    write_all(&dir, &["two"]).unwrap();
    assert_eq!(names(&dir), [".mockdc-results", "notes.txt", "summary.json", "two"]);
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_folder_with_something_else_in_it_is_refused_and_left_alone() {
    let dir = scratch("foreign");
    fs::write(dir.join("thesis.tex"), "mine").unwrap();
    let error = ResultsFolder::create(&dir).unwrap_err();
    assert!(matches!(error, FolderError::Foreign(_)));
    assert!(error.to_string().contains("name another folder"), "{error}");
    assert_eq!(names(&dir), ["thesis.tex"]);
    let error = ResultsFolder::create(&dir.join("thesis.tex")).unwrap_err();
    assert!(matches!(error, FolderError::NotAFolder(_)));
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn a_marker_cannot_lead_out_of_its_folder() {
    let dir = scratch("outside");
    let results = dir.join("results");
    fs::create_dir_all(&results).unwrap();
    fs::write(dir.join("precious.txt"), "mine").unwrap();
    fs::write(results.join(".mockdc-results"), "mockdc results 1\n../precious.txt\n..\n/tmp\n\n").unwrap();
    write_all(&results, &["one"]).unwrap();
    assert_eq!(fs::read_to_string(dir.join("precious.txt")).unwrap(), "mine");
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn names_of_scenarios_become_names_of_folders_without_meeting() {
    let dir = scratch("names");
    write_all(&dir, &["kb[right=a/b]", "KB[right=a/b]", "../../up", "con", "...", "summary.json"]).unwrap();
    assert_eq!(
        names(&dir),
        [
            ".mockdc-results",
            "KB-right=a-b-seed-7",
            "con-",
            "kb-right=a-b",
            "summary.json",
            "summary.json-seed-7",
            "unnamed",
            "up",
        ]
    );
    fs::remove_dir_all(&dir).unwrap();
}

/// A loader that stops 5 minutes before its child, and an expectation that is not met.
fn judged(change: impl FnOnce(&mut mockdc_scenarios::Plan)) -> Outcome {
    let mut story = Story::default();
    story.starts(0, Role::BootLoader, "BDC1", Some("SMS#_BDC1"), Some(4), "BDC1");
    let child = mockdc_mocks::Fact::ProcessStarted {
        process: mockdc_mocks::ProcessId(5),
        program: "Ccmboot.exe".into(),
        token: crate::timeline::story::token(Some("SMS#_BDC1"), "BDC1"),
        parent: Some(mockdc_mocks::ProcessId(4)),
    };
    story.at("1m").fact("BDC1", child).starts(1, Role::Bootstrap, "BDC1", Some("SMS#_BDC1"), Some(5), "BDC1");
    story.at("10m").ends(0, Role::BootLoader, "BDC1", 0);
    story.process_ends("BDC1", 4, "CCMBtLdr.exe", Some(0));
    story.at("15m").ends(1, Role::Bootstrap, "BDC1", 1326);
    story.process_ends("BDC1", 5, "Ccmboot.exe", Some(1326));
    story.by(None).event("BDC1", EventKind::End { reason: EndReason::Quiet });
    let mut plan = plan();
    change(&mut plan);
    let timeline = timeline(plan, &story);
    let judgement = crate::judge::judge(&timeline);
    Outcome { timeline, judgement, rerun: "mockdc run hand-made.toml --seed 7".into() }
}

fn listed() -> mockdc_scenarios::Violation {
    mockdc_scenarios::Violation {
        line: 50,
        broken: mockdc_scenarios::Broken::Promise(mockdc_scenarios::PromiseId::LoaderOutlivesItsChild),
        because: None,
    }
}

fn never_restarted() -> mockdc_scenarios::Expectation {
    mockdc_scenarios::Expectation {
        line: 12,
        because: Some("it should".into()),
        claim: mockdc_scenarios::Claim::Log {
            host: "BDC1".into(),
            file: "Wnremote.log".into(),
            lines: mockdc_scenarios::LogLines::InOrder(vec!["Finished CliEx processing.~".into()]),
        },
    }
}

#[test]
fn an_unlisted_breach_is_a_reason_with_the_events_that_show_it() {
    let outcome = judged(|_| {});
    let summary = outcome.summary();
    assert_eq!(summary.result, RunResult::Fail, "{summary:#?}");
    let reason = &summary.reasons[0];
    assert_eq!(reason.kind, "unlisted-promise");
    assert!(reason.text.contains("loader-outlives-its-child"), "{}", reason.text);
    assert!(reason.evidence.iter().any(|evidence| evidence.at == "00:10:00.000"), "{reason:#?}");
    assert!(summary.breaks_as_stated.is_empty());
    let tested = summary.promises.iter().find(|promise| promise.name == "loader-outlives-its-child");
    assert_eq!(tested.map(|promise| (promise.occasions, promise.breaches)), Some((1, 1)));
}

#[test]
fn a_listed_breach_is_told_as_stated_and_the_run_passes() {
    let outcome = judged(|plan| plan.violates.push(listed()));
    let summary = outcome.summary();
    assert_eq!(summary.result, RunResult::Pass, "{summary:#?}");
    assert_eq!(summary.breaks_as_stated[0].name, "loader-outlives-its-child");
    assert_eq!(summary.ended, Some(EndReason::Quiet));
    assert_eq!((summary.name.as_str(), summary.seed), ("hand-made", 7));
}

#[test]
fn an_expectation_that_is_not_met_is_told_with_its_line_and_the_authors_words() {
    let outcome = judged(|plan| {
        plan.violates.push(listed());
        plan.expects.push(never_restarted());
    });
    let summary = outcome.summary();
    assert_eq!((summary.result, summary.expectations), (RunResult::Fail, 1));
    let reason = &summary.reasons[0];
    assert_eq!((reason.kind.as_str(), reason.line), ("expectation", Some(12)));
    assert_eq!(reason.because.as_deref(), Some("it should"));
    let text = printed(|out| failure(out, &summary, &outcome.timeline.events, Style::default()));
    assert!(text.starts_with("  hand-made.toml:12: "), "{text}");
    assert!(text.contains("  breaks as stated: loader-outlives-its-child\n"), "{text}");
    assert!(text.ends_with("  mockdc run hand-made.toml --seed 7\n"), "{text}");
}

#[test]
fn a_scenario_that_was_not_run_says_why() {
    let summary = Summary::skipped(&plan(), 1, "the backend has no nt4 replication", "mockdc run x".into());
    let line = printed(|out| scenario_line(out, &summary, Style::default()));
    assert_eq!(line, "skip  hand-made  the backend has no nt4 replication\n");
    assert_eq!(Totals::of([&summary]).skipped, 1);
}
