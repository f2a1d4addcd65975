//! The whole catalogue, run: every case passes, and no law or promise goes unexamined.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mockdc::judge::{LawId, Verdict, judge};
use mockdc::report::Outcome;
use mockdc::timeline::Timeline;
use mockdc_scenarios::{Broken, Plan, PromiseId, read_file};
use mockdc_tests::replay;

fn plans(folder: &str) -> Vec<Plan> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    files.sort();
    let read = |file: &PathBuf| read_file(file).unwrap_or_else(|report| panic!("{}", report.render(120)));
    files
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "toml"))
        .flat_map(read)
        .collect()
}

/// Promises of programs on the wire: the examples of `mockdc exec` keep and break them (`tests/binary/exec.rs`).
const ON_THE_WIRE: &[PromiseId] = &[PromiseId::LastReadShowsOwnWrites];

#[test]
fn every_case_passes_and_every_law_and_promise_is_put_to_the_test() {
    let mut laws: BTreeMap<LawId, u32> = BTreeMap::new();
    let mut promises: BTreeMap<PromiseId, u32> = BTreeMap::new();
    let (mut replicated, mut converged) = (0, 0);
    for plan in ["kb", "field", "promises"].into_iter().flat_map(plans) {
        let controllers = plan.world.dcs.len();
        let (run, judgement) = replay(&Arc::new(plan), 1);
        let name = &run.plan().name;
        assert_eq!(judgement.verdict, Verdict::Pass, "{name}: {:#?}", judgement.reasons);
        for finding in &judgement.laws {
            *laws.entry(finding.law).or_default() += finding.occasions;
            if finding.law == LawId::ReplicasConverge && controllers > 1 {
                replicated += 1;
                converged += u32::from(finding.occasions > 0);
            }
        }
        for finding in &judgement.promises {
            *promises.entry(finding.promise).or_default() += finding.occasions;
        }
    }
    for law in LawId::ALL {
        assert!(laws.get(law).is_some_and(|occasions| *occasions > 0), "{law} is never put to the test");
    }
    for promise in PromiseId::ALL.iter().filter(|promise| !ON_THE_WIRE.contains(promise)) {
        assert!(promises.get(promise).is_some_and(|n| *n > 0), "{promise} is never put to the test");
    }
    assert!(converged * 2 > replicated, "convergence is judged in {converged} of {replicated} runs");
}

/// The events of a large estate are laid away in pages: nobody must see the difference.
#[test]
fn a_run_in_pages_is_judged_and_told_as_the_same_run_in_memory() {
    let mut paged = 0;
    for plan in ["kb", "field", "promises"].into_iter().flat_map(plans) {
        let prepared = mockdc_tests::prepared(&Arc::new(plan));
        let run = prepared.run(1).expect("a plan that was prepared can be run");
        let in_pages = Timeline { header: run.header.clone(), events: run.events.clone().in_pages(64) };
        let [told, told_in_pages] = [run, in_pages].map(|timeline| {
            let (judged, again) = (prepared.judge(&timeline), judge(&timeline));
            let mut text = Vec::new();
            timeline.write(&mut text).expect("a run can be written");
            let outcome = Outcome { timeline, judgement: judged.clone(), rerun: String::new() };
            (judged, again, outcome.summary(), text)
        });
        paged += usize::from(told.3.iter().filter(|letter| **letter == b'\n').count() > 300);
        let name = &told.2.name;
        assert!(told.0 == told_in_pages.0, "{name} is judged otherwise: {:#?}", told_in_pages.0.reasons);
        assert!(told.1 == told_in_pages.1, "{name} is judged otherwise from the whole record");
        assert_eq!(told.2, told_in_pages.2, "{name}");
        assert!(told.3 == told_in_pages.3, "{name} is written otherwise");
    }
    assert!(paged > 100, "only {paged} runs are long enough");
}

#[test]
fn each_promise_is_broken_by_a_scenario_that_says_so() {
    let plans: Vec<Plan> = ["kb", "field", "promises"].into_iter().flat_map(plans).collect();
    for promise in PromiseId::ALL.iter().filter(|promise| !ON_THE_WIRE.contains(promise)) {
        let breaks = |plan: &&Plan| plan.violates.iter().any(|of| of.broken == Broken::Promise(*promise));
        assert!(plans.iter().any(|plan| breaks(&plan)), "{promise} is broken nowhere");
    }
}

/// A file of the gallery is named after its promise: its first case keeps it, and another breaks it.
#[test]
fn the_gallery_of_promises_shows_each_with_its_right_twin() {
    let mut files: BTreeMap<String, Vec<Plan>> = BTreeMap::new();
    for plan in plans("promises") {
        let name = plan.name.split('[').next().unwrap_or_default().to_owned();
        files.entry(name).or_default().push(plan);
    }
    assert!(files.len() >= 5, "{:?}", files.keys());
    for (name, cases) in files {
        let promise: PromiseId = name.parse().expect("a file is named after a promise");
        let breaks = |plan: &Plan| plan.violates.iter().any(|of| of.broken == Broken::Promise(promise));
        assert!(cases[0].name.ends_with("[kept]") && !breaks(&cases[0]), "{name}");
        assert!(cases[1..].iter().any(breaks), "{name}");
    }
}
