//! Samba's own suites of LDAP at a controller of the image: what it passes is what the front is measured by
//! (`mocks/tests/suites.toml`).

#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mockdc_containers::{DOMAIN, Fleet, FleetOptions, PASSWORD, REALM, docker_for_tests};

type Checked<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// What the suites' programs read, until this is dropped.
struct Settings(PathBuf);

impl Settings {
    fn new() -> Checked<Settings> {
        let folder = std::env::temp_dir().join(format!("mockdc-suites-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(
            folder.join("smb.conf"),
            format!("[global]\nworkgroup = {DOMAIN}\nrealm = {REALM}\n"),
        )?;
        // NTLM needs MD4, which OpenSSL keeps among what is old.
        let old = "openssl_conf = init\n[init]\nproviders = list\n[list]\ndefault = on\nlegacy = on\n[on]\nactivate = 1\n";
        std::fs::write(folder.join("openssl.cnf"), old)?;
        Ok(Settings(folder))
    }

    /// Runs a program with these settings, for two minutes at most; all that it says.
    fn run(&self, program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Checked<String> {
        let output = Command::new("timeout")
            .arg("120")
            .arg(program)
            .args(arguments)
            .env("OPENSSL_CONF", self.0.join("openssl.cnf"))
            .env("SMB_CONF_PATH", self.0.join("smb.conf"))
            .env("KRB5_CONFIG", "/dev/null")
            .envs(environment.iter().copied())
            .output()?;
        Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What `suites.toml` says of a suite: the names that Samba passes, and those that it fails.
fn listed(suite: &str) -> Checked<(BTreeSet<String>, BTreeSet<String>)> {
    let list: toml::Table = toml::from_str(include_str!("../../mocks/tests/suites.toml"))?;
    let suites = list["suite"].as_array().ok_or("no list")?;
    let found = suites.iter().find(|entry| entry["name"].as_str() == Some(suite)).ok_or("no such suite")?;
    let names = |key: &str| -> Option<BTreeSet<String>> {
        found[key].as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect()
    };
    Ok((names("samba-passes").ok_or("no names")?, names("samba-fails").ok_or("no names")?))
}

/// The address of a fleet's primary controller in the engine's network, where the well-known ports are; `None` where
/// that is out of reach or a suite's program is not installed, which is said.
fn primary(fleet: &Fleet) -> Checked<Option<String>> {
    let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let name = format!("mockdc-{}-pdc1", fleet.run());
    let asked = Command::new("docker").args(["inspect", "-f", format, &name]).output()?;
    let address = String::from_utf8(asked.stdout)?.trim().to_owned();
    let at: SocketAddr = format!("{address}:389").parse()?;
    if TcpStream::connect_timeout(&at, Duration::from_secs(5)).is_err() {
        eprintln!("left out: the containers' own network is out of reach from here");
        return Ok(None);
    }
    Ok(Some(address))
}

/// Whether the suites are installed; what is missing is said.
fn there() -> bool {
    let python = Path::new("/usr/bin/python3");
    let module = Command::new(python).args(["-c", "import samba.tests.ldap_raw"]).output();
    let torture = Command::new("smbtorture").arg("--version").output();
    let found = module.is_ok_and(|asked| asked.status.success()) && torture.is_ok();
    let required = std::env::var_os("MOCKDC_REQUIRE_CLIENTS").is_some_and(|value| value == "1");
    assert!(found || !required, "MOCKDC_REQUIRE_CLIENTS=1, and Samba's suites are not installed");
    if !found {
        eprintln!("left out: Samba's suites are not installed (Debian: samba-testsuite, python3-samba)");
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn samba_passes_of_its_own_suites_what_is_listed() -> Checked {
    if !docker_for_tests().await || !there() {
        return Ok(());
    }
    let fleet = Fleet::start(FleetOptions { bdcs: 0, partitions: false }).await?;
    let Some(address) = primary(&fleet)? else { return Ok(fleet.stop().await?) };
    let settings = Settings::new()?;
    let (passes, fails) = listed("smbtorture ldap")?;
    let credentials = format!("{DOMAIN}\\Administrator%{PASSWORD}");
    let host = format!("ncacn_np:{address}");
    let mut passed = BTreeSet::new();
    for suite in passes.union(&fails) {
        let arguments = [&host, &format!("ldap.{suite}"), "-U", &credentials, "--use-kerberos=off"];
        let text = settings.run("smbtorture", &arguments, &[])?;
        if text.contains(&format!("success: {suite}")) {
            passed.insert(suite.clone());
        }
    }
    assert_eq!(passed, passes);
    let (passes, fails) = listed("samba.tests.ldap_raw")?;
    let (dns, base) = (REALM.to_lowercase(), format!("DC={}", REALM.to_lowercase().replace('.', ",DC=")));
    let environment = [
        ("SERVER", address.as_str()),
        ("DNSNAME", &dns),
        ("BASEDN", &base),
        ("USERNAME", "Administrator"),
        ("PASSWORD", PASSWORD),
    ];
    let arguments = ["-m", "unittest", "-v", "samba.tests.ldap_raw"];
    let text = settings.run("/usr/bin/python3", &arguments, &environment)?;
    let failed: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("FAIL: ").or_else(|| line.strip_prefix("ERROR: ")))
        .filter_map(|line| line.split_once("(samba.tests.ldap_raw.")?.1.strip_suffix(')').map(str::to_owned))
        .collect();
    assert_eq!(failed, fails, "{text}");
    assert!(text.contains(&format!("Ran {} tests", passes.len() + fails.len())), "{text}");
    Ok(fleet.stop().await?)
}
