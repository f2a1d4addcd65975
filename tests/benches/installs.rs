//! How many full installs on a domain controller one core replays in a second, all events recorded and all promises
//! checked. Each install lasts 75 minutes of the scenario: nt4 with a pulse of 50 minutes, SP3, the failure of Q304961.

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use mockdc_scenarios::Plan;

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
    bencher.counter(ItemsCount::new(clients)).bench(|| mockdc_tests::replay(divan::black_box(&plan), 1));
}

#[divan::bench(args = [1, 10])]
fn delayed_installs_that_pass(bencher: Bencher<'_, '_>, clients: u32) {
    let plan = plan("{ delay = \"30m\" }", "sms-2.0-sp4", clients);
    bencher.counter(ItemsCount::new(clients)).bench(|| mockdc_tests::replay(divan::black_box(&plan), 1));
}
