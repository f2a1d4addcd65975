//! The whole catalogue, run: every case passes, and no law or promise goes unexamined.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mockdc::judge::{LawId, Verdict};
use mockdc_scenarios::{Plan, PromiseId, read_file};
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

#[test]
fn every_case_passes_and_every_law_and_promise_is_put_to_the_test() {
    let mut laws: BTreeMap<LawId, u32> = BTreeMap::new();
    let mut promises: BTreeMap<PromiseId, u32> = BTreeMap::new();
    let (mut replicated, mut converged) = (0, 0);
    for plan in plans("kb").into_iter().chain(plans("field")) {
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
    for promise in PromiseId::ALL {
        assert!(promises.get(promise).is_some_and(|n| *n > 0), "{promise} is never put to the test");
    }
    assert!(converged * 2 > replicated, "convergence is judged in {converged} of {replicated} runs");
}
