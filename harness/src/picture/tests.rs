use std::collections::BTreeSet;
use std::sync::Arc;

use mockdc_mocks::Fact;
use mockdc_scenarios::read_str;

use super::page::thin;
use super::*;
use crate::judge::judge;
use crate::orchestrator;
use crate::report::RunResult;
use crate::timeline::{EventKind, Timeline};

const SLOW_BDC: &str = r#"format = 1
name = "slow-bdc"
title = "</script><b>not markup</b>"

[domain]
replication = { nt4 = { pulse = "50m", first-pulse = "2m" } }

[[dc]]
name = "BDC1"

[[dc]]
name = "PDC1"
role = "pdc"

[[site-server]]
name = "SMS1"
site = "ABC"

[[client]]
machine = "BDC1"
profile = "sms-2.0-sp3"

[[fault]]
name = "cut"
hold = { at = ["BDC1"] }
from = "5m"
until = "60m"

[[step]]
at = "0s"
install = { client = "BDC1", by = "SMS1" }

[[expect]]
installed = "BDC1"
"#;

fn run() -> Timeline {
    let plans = read_str("test.toml", SLOW_BDC).unwrap_or_else(|report| panic!("{}", report.render(100)));
    orchestrator::run(&Arc::new(plans.into_iter().next().unwrap()), 1).unwrap()
}

#[test]
fn a_scene_has_lanes_bars_and_arrows_for_what_happened() {
    let run = run();
    let scene = Scene::of(&run, &judge(&run));
    let heads: Vec<&str> =
        scene.lanes.iter().filter(|lane| lane.head).map(|lane| lane.label.as_str()).collect();
    assert_eq!(heads, ["faults", "PDC1 (PDC)", "BDC1 (BDC)", "SMS1"]);
    assert!(scene.lanes.iter().any(|lane| lane.host == "BDC1" && lane.label.starts_with("boot loader (")));
    assert_eq!(scene.marks.len(), run.events.len());
    for mark in &scene.marks {
        let host = &scene.lanes[mark.lane].host;
        assert!(*host == mark.host || host.is_empty(), "{mark:?} stands in a lane of {host}");
    }
    let received = run
        .events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::Fact(Fact::Replicated { .. })))
        .count();
    assert!(received > 0);
    assert_eq!(scene.arrows.len(), received);
    for arrow in &scene.arrows {
        assert!(arrow.from < arrow.to);
    }
    let waits = run.events.iter().filter(|event| matches!(event.kind, EventKind::WaitBegan { .. })).count();
    let drawn = scene.bars.iter().filter(|bar| matches!(bar.kind, BarKind::Wait | BarKind::TimedOut)).count();
    assert_eq!(drawn, waits);
    let fault = scene.bars.iter().find(|bar| bar.kind == BarKind::Fault).unwrap();
    assert_eq!((fault.from, fault.to), (300_000, 3_600_000));
    assert_eq!(scene.claims[0].state, ClaimState::Fails);
    assert!(scene.traffic.iter().map(|one| one.bytes).sum::<u64>() > 0);
}

#[test]
fn a_page_is_one_file_and_what_a_scenario_says_cannot_break_out_of_it() {
    let run = run();
    let mut page = Vec::new();
    super::page(&mut page, &run, &judge(&run), RunResult::Fail, "mockdc run it").unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(!page.contains("http://") && !page.contains("https://"), "it needs a network");
    assert!(!page.contains("not markup</b>"), "a title became markup");
    let json = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(data["title"], "</script><b>not markup</b>");
    assert_eq!(data["marks"].as_array().unwrap().len(), run.events.len());
    assert_eq!((data["thinned"].as_u64(), data["result"].as_str()), (Some(0), Some("FAIL")));
}

#[test]
fn thinning_keeps_what_speaks_for_or_against_the_run() {
    let run = run();
    let mut scene = Scene::of(&run, &judge(&run));
    let evidence: BTreeSet<u64> =
        scene.claims.iter().flat_map(|claim| claim.evidence.iter().copied()).collect();
    let refused: Vec<u64> =
        scene.marks.iter().filter(|mark| mark.kind == MarkKind::Refused).map(|mark| mark.seq).collect();
    let most = evidence.len() + refused.len() + 40;
    assert!(most < scene.marks.len());
    thin(&mut scene, most);
    assert_eq!(scene.marks.len(), most);
    let kept: BTreeSet<u64> = scene.marks.iter().map(|mark| mark.seq).collect();
    assert!(evidence.is_subset(&kept));
    assert!(refused.iter().all(|seq| kept.contains(seq)));
    assert!(scene.arrows.iter().all(|arrow| kept.contains(&arrow.from) && kept.contains(&arrow.to)));
}

#[test]
fn a_trace_pairs_the_ends_of_each_arrow_and_names_its_lanes() {
    let run = run();
    let scene = Scene::of(&run, &judge(&run));
    let mut text = Vec::new();
    super::trace(&mut text, &scene).unwrap();
    let trace: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let count = |phase: &str| events.iter().filter(|event| event["ph"] == phase).count();
    assert_eq!((count("s"), count("f")), (scene.arrows.len(), scene.arrows.len()));
    assert_eq!(count("i"), scene.marks.len());
    assert_eq!(count("X"), scene.bars.len());
    assert!(events.iter().all(|event| event["dur"].as_i64().unwrap_or(0) >= 0));
}

#[test]
fn a_terminal_shows_a_line_a_lane_within_its_width_and_what_failed() {
    let run = run();
    let scene = Scene::of(&run, &judge(&run));
    let mut text = Vec::new();
    super::terminal(&mut text, &scene, 100).unwrap();
    let text = String::from_utf8(text).unwrap();
    for (line, lane) in text.lines().skip(1).zip(&scene.lanes) {
        assert!(line.trim_start().starts_with(&lane.label.chars().take(20).collect::<String>()), "{line}");
        assert!(line.chars().count() <= 100, "{line}");
    }
    assert!(text.contains("fails: expectation"), "{text}");
}
