//! Scenario texts that property tests fill in.

use std::fmt::Write;

use crate::oracle::Install;

/// Milliseconds as a duration of the scenario language.
pub fn span(millis: i64) -> String {
    format!("{millis}ms")
}

/// SMS 2.0 SP3 on one BDC: `replication` is the value of the domain's key, `site` and `client` further lines of the site
/// server and the client, and `more` further tables.
pub fn install_on_bdc(replication: &str, site: &str, client: &str, more: &str) -> String {
    let mut text = String::from("format = 1\nname = \"property\"\n\n[domain]\n");
    let _ = writeln!(text, "replication = {replication}");
    text.push_str("\n[[dc]]\nname = \"PDC1\"\nrole = \"pdc\"\n\n[[dc]]\nname = \"BDC1\"\n");
    let _ = writeln!(text, "\n[[site-server]]\nname = \"SMS1\"\nsite = \"ABC\"\n{site}");
    let _ = write!(text, "\n[[client]]\nmachine = \"BDC1\"\nprofile = \"sms-2.0-sp3\"\n{client}\n");
    text.push_str("\n[[step]]\nat = \"0s\"\ninstall = { client = \"BDC1\", by = \"SMS1\" }\n");
    text.push('\n');
    text.push_str(more);
    text
}

/// The profile's values of an install as the oracle counts it: the lines of the site server and those of the client.
pub fn values_of(install: &Install) -> (String, String) {
    let waits = match install.loader_time_out {
        Some(time_out) => {
            format!("loader.waits-for-child = \"time-out\"\nloader.time-out = \"{}\"", span(time_out))
        }
        None => "loader.waits-for-child = \"until-exit\"".to_owned(),
    };
    let calls = if install.calls_at_each_probe { "at-each-probe" } else { "after-the-wait" };
    let client = format!(
        "{waits}\nbootstrap.first-wait = \"{}\"\nbootstrap.probe-interval = \"{}\"\n\
         bootstrap.maximum-wait.default = \"{}\"\nbootstrap.pdc-calls = \"{calls}\"",
        span(install.first_wait),
        span(install.probe),
        span(install.maximum_wait),
    );
    let site = format!(
        "profile = \"sms-2.0-sp3\"\nccm.probe-interval = \"{}\"\nccm.maximum-wait.default = \"{}\"\n\
         ccm.deletes-bootstrap-account-after = \"{}\"",
        span(install.site_probe),
        span(install.maximum_wait),
        span(install.deletion_delay),
    );
    (site, client)
}
