//! One suite of operations for every implementation of the port, each compared with the fake (`direct`): Samba, and the
//! fake itself by another way. Whatever speaks LDAP finds its place beside them by implementing [`Subject`].

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "real controllers keep their own time, ldap3 gives its attributes in a HashMap, and a report is printed"
)]

mod acts;
mod compare;
mod direct;
mod front;
mod known;
mod picture;
mod play;
mod run;
mod samba;
mod sequence;
mod stated;
mod view;
mod wire;
mod witness;

use known::Known;
use run::{Plan, run};

/// Full pulls and partial ones show the same, step by step.
#[tokio::test]
async fn the_fake_with_full_pulls_conforms_to_the_fake_with_partial_ones() {
    let report =
        run(&mut [direct::Direct::pulling_everything()], &Plan::from_environment(200), Known::none()).await;
    print!("{report}");
    assert!(report.is_clean() && report.differences.is_empty(), "{report}");
}

/// What a client of LDAP sees of the fake is what a caller of the port sees.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_front_of_the_fake_conforms_to_the_fake() {
    let front = front::Front::new().expect("a certificate authority");
    let report = run(&mut [front], &Plan::from_environment(100), Known::read("front")).await;
    print!("{report}");
    assert!(report.is_clean(), "{report}");
}

/// Samba's controllers, driven by LDAP, SMB and their agents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samba_conforms_to_the_fake_but_for_what_is_listed() {
    if !mockdc_containers::docker_for_tests().await {
        return;
    }
    let plan = Plan::from_environment(100);
    let domains = samba::Samba::start_several(plan.domains, plan.life).await;
    let mut domains = domains.expect("Samba domains start");
    let report = run(&mut domains, &plan, Known::read("samba")).await;
    samba::Samba::stop_all(domains).await;
    print!("{report}");
    assert!(report.is_clean(), "{report}");
}
