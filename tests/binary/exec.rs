//! The examples of programs against served controllers: what is right passes, the planted bug is found.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::command::{Tested, folder, mockdc, mockdc_with, scenario, top};

/// Fails instead of leaving out, where the tools of clients are missing.
const REQUIRE: &str = "MOCKDC_REQUIRE_CLIENTS";

/// Whether a client's tool is there; where it must be and is not, the test fails.
#[expect(clippy::print_stderr, reason = "what a test leaves out is said")]
pub(super) fn has(tool: &str, arguments: &[&str], remedy: &str) -> bool {
    let tried = Command::new(tool).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    // The tools of OpenLDAP end with another code than 0 when they are asked for their version.
    let there = match tool {
        "ldapsearch" => tried.is_ok(),
        _ => tried.is_ok_and(|status| status.success()),
    };
    assert!(
        there || std::env::var_os(REQUIRE).is_none(),
        "{REQUIRE} is set, and {tool} is missing: {remedy}"
    );
    if !there {
        eprintln!("left out: {tool} is missing ({remedy})");
    }
    there
}

pub(super) fn has_openldap() -> bool {
    has("ldapsearch", &["-VV"], "apt install ldap-utils")
}

#[test]
fn a_shell_bootstrap_waits_for_its_account() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let ran = mockdc(&["exec", "scenarios/examples/openldap-tools.toml", "--speed", "60"])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    Ok(())
}

#[test]
fn a_bootstrap_that_reads_at_the_wrong_controller_is_found_out_and_its_mended_twin_passes() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let file = "scenarios/examples/read-the-wrong-dc.toml";
    let ran = mockdc(&["exec", file, "--", "sh", "scenarios/examples/wrong-dc.sh", "{dc.BDC1.url}"])?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("promise last-read-shows-own-writes is broken"), "{}", ran.out);
    assert!(ran.out.contains("the program succeeds"), "its own exit code shows nothing: {}", ran.out);
    let ran = mockdc(&["exec", file])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    Ok(())
}

#[test]
fn a_python_bootstrap_makes_an_account_and_a_membership() -> Tested {
    let python = std::env::var("MOCKDC_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !has(
        &python,
        &["-c", "import ldap3"],
        "pip install ldap3, or name a Python that has it in MOCKDC_PYTHON",
    ) {
        return Ok(());
    }
    let report = folder("exec-python")?.join("report.txt").to_string_lossy().into_owned();
    let file = "scenarios/examples/python-ldap3.toml";
    let script = "scenarios/examples/bootstrap.py";
    let ran = mockdc(&["exec", file, "--speed", "60", "--", &python, script, &report])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(std::fs::read_to_string(report)?, "done\n");
    Ok(())
}

/// The example `bootstrap` of this package, built when the tests were not built with it.
fn rust_bootstrap() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_BIN_EXE_mockdc")).parent().ok_or("a folder")?.join("examples");
    let program = folder.join("bootstrap");
    if !program.exists() {
        let built = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()))
            .args(["build", "-q", "--locked", "-p", "mockdc", "--example", "bootstrap"])
            .current_dir(top())
            .status()?;
        assert!(built.success());
    }
    Ok(program)
}

#[test]
fn a_rust_bootstrap_makes_an_account_and_retires_it() -> Tested {
    let program = rust_bootstrap()?.to_string_lossy().into_owned();
    let file = "scenarios/examples/rust-ldap3.toml";
    let ran = mockdc(&["exec", file, "--speed", "120", "--", &program])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    Ok(())
}

#[test]
fn what_a_program_did_is_recorded_and_done_again_in_virtual_time() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let record = folder("exec-record")?.join("recorded.toml").to_string_lossy().into_owned();
    let file = "scenarios/examples/openldap-tools.toml";
    let ran = mockdc(&["exec", file, "--speed", "60", "--record", &record])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = std::fs::read_to_string(&record)?;
    for part in ["user-add", "svc-tools", "require = 2221", "at = \"BDC1\"", "logon"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(mockdc(&["check", &record])?.code, 0);
    let again = mockdc(&["run", &record, "--check-determinism"])?;
    assert_eq!(again.code, 0, "{again:?}");
    Ok(())
}

/// What goes with an account that is deleted — its memberships, its attributes — is not recorded as deeds of the program.
#[test]
fn a_recorded_deletion_is_one_step_and_the_program_sees_no_other_run() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let folder = folder("exec-record-deletion")?;
    std::fs::write(
        folder.join("come-and-go.sh"),
        "set -e\ntest -z \"$MOCKDC_BDC7_URL\"\nT=\"-x -H $MOCKDC_PDC_URL -D $MOCKDC_BIND_NAME -y $MOCKDC_PASSWORD_FILE\"\n\
         printf 'dn: CN=rv,CN=Users,%s\\nobjectClass: user\\nsAMAccountName: rv\\ndescription: gone soon\\n' \
         \"$MOCKDC_BASE_DN\" | ldapadd $T\nldapdelete $T \"CN=rv,CN=Users,$MOCKDC_BASE_DN\"\n",
    )?;
    let scenario = folder.join("come-and-go.toml");
    std::fs::write(
        &scenario,
        "format = 1\nname = \"come-and-go\"\n\n[domain]\nreplication = { delay = \"2m\" }\n\n[[dc]]\nname = \"PDC1\"\n\
         role = \"pdc\"\n\n[[machine]]\nname = \"APP1\"\n\n[program]\nhost = \"APP1\"\n\
         run = [\"sh\", \"{scenario-dir}/come-and-go.sh\"]\n\n[[expect]]\nprogram = { ended = 0 }\n",
    )?;
    let record = folder.join("recorded.toml").to_string_lossy().into_owned();
    let file = scenario.to_string_lossy().into_owned();
    let ran =
        mockdc_with(&["exec", &file, "--record", &record], &[("MOCKDC_BDC7_URL", "ldap://another.example")])?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = std::fs::read_to_string(&record)?;
    assert!(text.contains("user-delete") && !text.contains("group-remove-user"), "{text}");
    assert!(text.contains("comment = \"gone soon\"") && !text.contains("comment = \"\""), "{text}");
    assert!(!text.contains("user-set-flags"), "{text}");
    let again = mockdc(&["run", &record])?;
    assert_eq!(again.code, 0, "{again:?}");
    Ok(())
}

#[test]
fn a_program_s_own_clock_and_waits_keep_the_scenario_s_pace() -> Tested {
    if !has("faketime", &["--version"], "apt install faketime") {
        return Ok(());
    }
    let file = "scenarios/examples/read-the-wrong-dc.toml";
    // Ten minutes of the scenario, a second or two of the wall.
    let body = "began=$(date +%s); sleep 600; ended=$(date +%s); echo waited $((ended - began))";
    let ran = mockdc(&["exec", file, "--speed", "600", "--timeout", "60s", "--", "sh", "-c", body])?;
    let waited = ran.err.lines().find_map(|line| line.strip_prefix("program | waited ")).ok_or("no line")?;
    let waited: u32 = waited.parse()?;
    // By the wall's clock it would be ten minutes, which the time-out forbids; how much longer than asked it was is a
    // matter of how soon the machine starts processes.
    assert!(waited >= 600, "{waited}: {ran:?}");
    Ok(())
}

#[test]
fn a_program_finds_the_controllers_by_dns() -> Tested {
    if !has("dig", &["-v"], "apt install bind9-dnsutils") {
        return Ok(());
    }
    let file = "scenarios/examples/read-the-wrong-dc.toml";
    let body = "dig +short +time=5 -p ${MOCKDC_DNS##*:} @${MOCKDC_DNS%:*} SRV _ldap._tcp.pdc._msdcs.$MOCKDC_DNS_DOMAIN; \
                echo at $MOCKDC_PDC_PORT {dns}";
    let ran = mockdc(&["exec", file, "--", "sh", "-c", body])?;
    let line = |start: &str| ran.err.lines().find_map(|line| line.strip_prefix(start)).map(str::to_owned);
    let (found, at) = (line("program | 0 100 ").ok_or("no record")?, line("program | at ").ok_or("no port")?);
    assert!(found.ends_with(" pdc1.corp.example."), "{found}");
    assert_eq!(found.split(' ').next(), at.split(' ').next(), "the record has the real port");
    Ok(())
}

/// TLS with the authority that the run names.
#[test]
fn the_controllers_speak_tls_under_the_authority_that_a_program_is_given() -> Tested {
    if !has_openldap() {
        return Ok(());
    }
    let file = "scenarios/examples/read-the-wrong-dc.toml";
    let ask = "ldapsearch -x -LLL -H {pdc.ldaps-url} -D $MOCKDC_BIND_NAME -y $MOCKDC_PASSWORD_FILE -b $MOCKDC_BASE_DN \
               -s base dn";
    let trusting = format!("LDAPTLS_CACERT=$MOCKDC_CA_FILE {ask}");
    let arguments = ["exec", file, "--", "sh", "-c"];
    let told = |body: &str| mockdc_with(&[&arguments[..], &[body]].concat(), &[]);
    let ran = told(&trusting)?;
    assert!(ran.err.contains("program | dn: DC=corp,DC=example"), "{ran:?}");
    let ran = told(&format!("LDAPTLS_CACERT=/dev/null {ask}"))?;
    assert!(
        !ran.err.contains("program | dn: DC=corp,DC=example"),
        "whom it does not trust it does not ask: {ran:?}"
    );
    Ok(())
}

#[test]
fn a_file_that_an_earlier_run_has_left_is_not_what_the_program_wrote() -> Tested {
    let report = folder("exec-left")?.join("report.txt").to_string_lossy().into_owned();
    let text = format!(
        r#"format = 1
name = "left"
until = "1m"

[[dc]]
name = "PDC1"
role = "pdc"

[program]
host = "PDC1"
files = ["{report}"]

[[expect]]
state = {{ file = {{ host = "PDC1", path = "{report}", is = {{ contains = "done" }} }} }}
"#
    );
    let file = scenario("exec-left-scenario", &text)?;
    let write = format!("echo done > {report}");
    let run = |script: &str| mockdc(&["exec", &file, "--speed", "600", "--", "sh", "-c", script]);
    let ran = run(&write)?;
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = run("true")?;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.err.contains("report.txt is there already: it counts when the program writes it"), "{ran:?}");
    // Written anew, with the same text.
    let ran = run(&write)?;
    assert_eq!(ran.code, 0, "{ran:?}");
    Ok(())
}
