//! Scenario texts that property tests fill in.

use std::fmt::Write;

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
