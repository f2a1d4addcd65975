//! The gallery of faults: each kind bites where its scope, window and count say, and one that bites nothing fails the
//! run unless it is declared to touch nothing; then touching fails it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mockdc::judge::Verdict;
use mockdc_scenarios::{Plan, read_file};
use mockdc_tests::replay;

/// The kinds, each in a file of its own.
const KINDS: [&str; 8] = ["clock-skew", "crash", "drop", "hold", "partition", "pause", "refuse", "slow"];

fn gallery() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/faults");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the gallery is a folder")
        .map(|entry| entry.expect("an entry can be read").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    files
}

fn plans() -> Vec<Plan> {
    gallery()
        .iter()
        .flat_map(|file| read_file(file).unwrap_or_else(|report| panic!("{}", report.render(120))))
        .collect()
}

fn verdict(plan: Plan) -> (Verdict, Vec<String>) {
    let (_, judgement) = replay(&Arc::new(plan), 1);
    (judgement.verdict, judgement.reasons.into_iter().map(|reason| reason.text).collect())
}

#[test]
fn every_kind_has_a_file_and_each_of_its_cases_passes() {
    let names: Vec<String> = gallery()
        .iter()
        .filter_map(|file| file.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    assert_eq!(names, KINDS);
    for plan in plans() {
        let name = plan.name.clone();
        let (verdict, reasons) = verdict(plan);
        assert_eq!(verdict, Verdict::Pass, "{name}: {reasons:#?}");
    }
}

/// What the gallery says of touching is checked by the run itself, in both directions.
#[test]
fn a_fault_that_touches_nothing_fails_the_run_and_so_does_one_that_should_not_and_does() {
    let mut inert = BTreeSet::new();
    for plan in plans() {
        for nothing in [true, false] {
            let mut plan = plan.clone();
            if plan.world.faults[0].touches_nothing == nothing {
                continue;
            }
            plan.world.faults[0].touches_nothing = nothing;
            let name = plan.name.clone();
            let (verdict, reasons) = verdict(plan);
            assert_eq!(verdict, Verdict::Fail, "{name}: {reasons:#?}");
            assert_eq!(reasons.len(), 1, "{name}: {reasons:#?}");
            assert!(reasons[0].contains("fault"), "{name}: {reasons:#?}");
            if !nothing {
                inert.insert(name.split('[').next().unwrap_or_default().to_owned());
            }
        }
    }
    // A clock that is wrong and a machine that is down are touched as soon as the window opens.
    let always = ["fault-clock-skew", "fault-crash"];
    let expected: BTreeSet<String> = KINDS
        .iter()
        .map(|kind| format!("fault-{kind}"))
        .filter(|name| !always.contains(&name.as_str()))
        .collect();
    assert_eq!(inert, expected);
}

/// Without its fault a case that the fault bites is another run: the expectations are about the fault.
#[test]
fn each_kind_is_what_its_cases_expect() {
    for kind in KINDS {
        let of_kind = plans().into_iter().filter(|plan| plan.name.starts_with(&format!("fault-{kind}[")));
        let without: Vec<Verdict> = of_kind
            .filter(|plan| !plan.world.faults[0].touches_nothing)
            .map(|mut plan| {
                plan.world.faults.clear();
                verdict(plan).0
            })
            .collect();
        assert!(without.contains(&Verdict::Fail), "{kind}: {without:?}");
    }
}
