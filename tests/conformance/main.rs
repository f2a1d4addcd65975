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
mod known;
mod picture;
mod play;
mod run;
mod samba;
mod sequence;
mod view;
mod wire;

use known::Known;
use run::{Plan, run};

/// Full pulls and partial ones show the same, step by step.
#[tokio::test]
async fn the_fake_with_full_pulls_conforms_to_the_fake_with_partial_ones() {
    let mut other = direct::Direct::pulling_everything();
    let report = run(&mut other, &Plan::from_environment(200), Known::none()).await;
    print!("{report}");
    assert!(report.is_clean() && report.differences.is_empty(), "{report}");
}

/// Samba's controllers, driven by LDAP, SMB and their agents.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samba_conforms_to_the_fake_but_for_what_is_listed() {
    if !mockdc_containers::docker_for_tests().await {
        return;
    }
    let mut samba = samba::Samba::start().await.expect("a Samba domain starts");
    let report = run(&mut samba, &Plan::from_environment(100), Known::read()).await;
    samba.stop().await;
    print!("{report}");
    assert!(report.is_clean(), "{report}");
}
