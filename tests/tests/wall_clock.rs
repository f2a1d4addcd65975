//! A run on the wall clock gives what the same run gives in virtual time: the same events at the same instants.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use mockdc::orchestrator;
use mockdc::run::{Effort, InProcess, Pace};
use mockdc::timeline::Timeline;
use mockdc_scenarios::Plan;

fn catalogue() -> Vec<Arc<Plan>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/kb");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let plans = files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    plans.flat_map(|file| mockdc_scenarios::read_file(file).unwrap()).map(Arc::new).collect()
}

fn on_the_wall(plan: &Arc<Plan>, seed: u64, pace: Pace) -> (Timeline, Effort) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let world = Rc::new(InProcess::new(orchestrator::domain(plan, seed).unwrap()));
    let run = orchestrator::run_on_the_wall(plan, seed, world, pace);
    tokio::task::LocalSet::new().block_on(&runtime, run).unwrap()
}

#[test]
fn the_whole_catalogue_has_the_events_of_virtual_time() {
    let plans = catalogue();
    assert!(plans.len() > 30, "{}", plans.len());
    for plan in &plans {
        let seed = plan.seed.unwrap_or(1);
        let fake = orchestrator::run(plan, seed).unwrap();
        let (wall, effort) = on_the_wall(plan, seed, Pace::Jump);
        if let Some(difference) = fake.first_difference(&wall) {
            panic!("{}: event {}\n{:?}\n{:?}", plan.name, difference.seq, difference.one, difference.other);
        }
        assert!(effort.advances > 0, "{}", plan.name);
    }
}

#[test]
fn a_paced_run_has_the_same_events_and_takes_its_time() {
    let plan = catalogue().into_iter().find(|plan| plan.name.starts_with("q304961-nt4-bdc-sp3")).unwrap();
    let fake = orchestrator::run(&plan, 1).unwrap();
    let seconds = fake.end().since(mockdc_mocks::SimTime::START).as_millis() as f64 / 1_000.0;
    let began = tokio::time::Instant::now();
    let (wall, effort) = on_the_wall(&plan, 1, Pace::Times(seconds * 4.0));
    assert_eq!(fake.first_difference(&wall), None);
    assert!(began.elapsed().as_millis() >= 250, "an instant is not played before it has come");
    assert!(effort.calls > 10, "{effort:?}");
}
