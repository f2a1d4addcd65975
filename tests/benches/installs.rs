//! How many full installs on a domain controller one core replays in a second, all events recorded and all promises
//! checked; a plan's start is prepared once for all of its runs. Each install lasts 75 minutes of the scenario: nt4 with a pulse of 50 minutes, SP3, the failure of Q304961.
//! Beside it the catalogue as a whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use mockdc_scenarios::Plan;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

fn plan(replication: &str, profile: &str, clients: u32) -> Arc<Plan> {
    let mut text = format!(
        "format = 1\nname = \"bench\"\nuntil = \"75m\"\n\n[domain]\nreplication = {replication}\n\n\
         [[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[site-server]]\nname = \"SMS1\"\nsite = \"ABC\"\n"
    );
    for n in 1..=clients {
        text.push_str(&format!(
            "\n[[dc]]\nname = \"BDC{n}\"\n\n[[client]]\nmachine = \"BDC{n}\"\nprofile = \"{profile}\"\n\n\
             [[step]]\nat = \"0s\"\ninstall = {{ client = \"BDC{n}\", by = \"SMS1\" }}\n"
        ));
    }
    mockdc_tests::plan(&text)
}

#[divan::bench(args = [1, 10, 100])]
fn nt4_installs_that_fail(bencher: Bencher<'_, '_>, clients: u32) {
    let plan = plan("{ nt4 = { pulse = \"50m\", first-pulse = \"2m\" } }", "sms-2.0-sp3", clients);
    let prepared = mockdc_tests::prepared(&plan);
    bencher
        .counter(ItemsCount::new(clients))
        .bench(|| mockdc_tests::replay_prepared(divan::black_box(&prepared), 1));
}

#[divan::bench(args = [1, 10])]
fn delayed_installs_that_pass(bencher: Bencher<'_, '_>, clients: u32) {
    let plan = plan("{ delay = \"30m\" }", "sms-2.0-sp4", clients);
    let prepared = mockdc_tests::prepared(&plan);
    bencher
        .counter(ItemsCount::new(clients))
        .bench(|| mockdc_tests::replay_prepared(divan::black_box(&prepared), 1));
}

/// Every case of the catalogue, read before, one after the other.
#[divan::bench]
fn the_catalogue(bencher: Bencher<'_, '_>) {
    let plans = catalogue();
    let events = |plan: &Arc<Plan>| mockdc_tests::replay(plan, 1).0.events.len();
    bencher.counter(ItemsCount::new(plans.len())).bench(|| plans.iter().map(events).sum::<usize>());
}

fn catalogue() -> Vec<Arc<Plan>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/kb");
    let entries = std::fs::read_dir(folder).expect("the catalogue is a folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let plans = files.iter().flat_map(|file| match mockdc_scenarios::read_file(file) {
        Ok(plans) => plans,
        Err(report) => panic!("{}", report.render(100)),
    });
    plans.map(Arc::new).collect()
}
