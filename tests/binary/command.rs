//! Running the binary.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The result type of these tests.
pub(crate) type Tested = Result<(), Box<dyn std::error::Error>>;

/// What a run of the binary left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The project's top folder.
pub(crate) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the project's top folder")
}

/// Runs `mockdc` in the top folder, without colours.
pub(crate) fn mockdc(arguments: &[&str]) -> Result<Ran, std::io::Error> {
    mockdc_with(arguments, &[])
}

/// [`mockdc`], with variables of the environment.
pub(crate) fn mockdc_with(arguments: &[&str], environment: &[(&str, &str)]) -> Result<Ran, std::io::Error> {
    let output = Command::new(env!("CARGO_BIN_EXE_mockdc"))
        .args(arguments)
        .current_dir(top())
        .env("NO_COLOR", "1")
        .env_remove("MOCKDC_LOG")
        .env_remove("GITHUB_ACTIONS")
        .envs(environment.iter().copied())
        .output()?;
    Ok(Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// A folder of this test's own, empty at first, below the build's folder for tests.
pub(crate) fn folder(name: &str) -> Result<PathBuf, std::io::Error> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Writes a scenario file into a folder of its own and gives its path.
pub(crate) fn scenario(name: &str, text: &str) -> Result<String, std::io::Error> {
    let path = folder(name)?.join(format!("{name}.toml"));
    std::fs::write(&path, text)?;
    Ok(path.to_string_lossy().into_owned())
}

/// A scenario in which SMS 2.0 SP3 installs on a BDC under a delay; `more` is added to it.
pub(crate) fn install(name: &str, delay: &str, more: &str) -> String {
    format!(
        r#"format = 1
name = "{name}"

[domain]
replication = {{ delay = "{delay}" }}

[[dc]]
name = "PDC1"
role = "pdc"

[[dc]]
name = "BDC1"

[[site-server]]
name = "SMS1"
site = "ABC"

[[client]]
machine = "BDC1"
profile = "sms-2.0-sp3"

[[step]]
at = "0s"
install = {{ client = "BDC1", by = "SMS1" }}

{more}
"#
    )
}
