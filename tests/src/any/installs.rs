//! Clients and their installs.

use proptest::prelude::*;

/// Every profile of SMS 2.0, in the order of their release.
pub const SMS_2_0: [&str; 8] = [
    "sms-2.0-rtm",
    "sms-2.0-sp1",
    "sms-2.0-sp2",
    "sms-2.0-sp3",
    "sms-2.0-sp3-hotfix",
    "sms-2.0-sp3-french",
    "sms-2.0-sp4",
    "sms-2.0-sp4-hrp",
];

/// Any of them.
pub fn profiles() -> impl Strategy<Value = &'static str> {
    prop::sample::select(SMS_2_0.to_vec())
}

/// The site server `SMS1`, and the remote install of `machine` at `at` milliseconds.
pub fn install(machine: &str, profile: &str, at: i64) -> String {
    format!(
        "[[site-server]]\nname = \"SMS1\"\nsite = \"ABC\"\n\n{}",
        client(machine, profile, &format!("install = {{ client = \"{machine}\", by = \"SMS1\" }}"), at)
    )
}

/// A client that gets its product by a step of this kind at `at` milliseconds.
pub fn client(machine: &str, profile: &str, step: &str, at: i64) -> String {
    format!(
        "[[client]]\nmachine = \"{machine}\"\nprofile = \"{profile}\"\n\n[[step]]\nat = \"{at}ms\"\n{step}\n\n"
    )
}
