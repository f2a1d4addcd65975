//! Commands that are interrupted: 130, and what they write is whole or absent.
#![cfg(target_os = "linux")] // Whether a process catches a signal by now stands in /proc.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::command::{Tested, folder, install, scenario, top};

/// How often something is looked for, 20 ms apart.
const LOOKS: u32 = 3_000;

/// Runs that take longer than anybody waits.
const SEEDS: &str = "1..400000";

fn started(arguments: &[&str]) -> Result<Child, std::io::Error> {
    Command::new(env!("CARGO_BIN_EXE_mockdc"))
        .args(arguments)
        .current_dir(top())
        .env("NO_COLOR", "1")
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

/// Waits until a condition holds.
#[expect(clippy::disallowed_methods, reason = "another process brings it about, at its own pace")]
fn until(what: &str, mut holds: impl FnMut() -> Result<bool, Box<dyn std::error::Error>>) -> Tested {
    for _ in 0..LOOKS {
        if holds()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(format!("{what}: it does not come about").into())
}

/// Whether the process catches SIGINT by now.
fn catches_interrupts(child: &Child) -> Result<bool, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).ok_or("no mask of signals")?;
    Ok(u64::from_str_radix(mask.trim(), 16)? & 0b10 != 0)
}

/// Interrupts the command and checks that it ends with 130, having printed no result.
fn broken_off(mut child: Child, what: &str) -> Tested {
    until(what, || catches_interrupts(&child))?;
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    let mut code = None;
    until(what, || {
        code = child.try_wait()?;
        Ok(code.is_some())
    })?;
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(code.and_then(|code| code.code()), Some(130), "{what}: {told}");
    assert!(told.contains("interrupted"), "{what}: {told}");
    assert!(output.stdout.is_empty(), "{what}: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

/// What is in a folder: each name with its text.
fn contents(folder: &Path) -> Result<Vec<(String, String)>, std::io::Error> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() {
            all.push((name, std::fs::read_to_string(&path)?));
        }
    }
    all.sort();
    Ok(all)
}

#[test]
fn a_command_that_tries_a_scenario_often_can_be_broken_off_and_leaves_files_as_they_were() -> Tested {
    let more = "[[expect]]\ninstalled = { client = \"BDC1\", attempt = 1 }\n";
    let file = scenario("broken-off", &install("broken-off", "1m", more))?;
    let folder = folder("broken-off-out")?;
    let kept = folder.join("kept");
    std::fs::write(&kept, "as before")?;
    let kept = kept.to_string_lossy();
    let new = folder.join("new").to_string_lossy().into_owned();
    let vary = "domain.replication.delay=1m..9m/8";
    let key = "domain.replication.delay";
    let commands: [&[&str]; 4] = [
        &["threshold", &file, "--vary", key, "--seeds", SEEDS],
        &["sweep", &file, "--vary", vary, "--seeds", SEEDS, "--csv", &kept, "--svg", &new],
        &["compare", "as-is", "client.loader.time-out=16m", "--on", &file, "--seeds", SEEDS, "--junit", &new],
        &["explore", &file, "--vary", "domain.replication.delay=1m..9m", "--seeds", SEEDS, "--out", &new],
    ];
    for command in commands {
        broken_off(started(command)?, command[0])?;
        assert_eq!(contents(&folder)?, [("kept".to_owned(), "as before".to_owned())], "{}", command[0]);
    }
    Ok(())
}

/// A pipe into which nobody writes is a file that takes for ever to read.
#[test]
fn a_command_that_reads_can_be_broken_off_and_leaves_files_as_they_were() -> Tested {
    let folder = folder("broken-off-reading")?;
    let pipe = folder.join("pipe").to_string_lossy().into_owned();
    assert!(Command::new("mkfifo").arg(&pipe).status()?.success());
    let kept = folder.join("kept.html");
    std::fs::write(&kept, "as before")?;
    let kept = kept.to_string_lossy();
    let commands: [&[&str]; 3] = [
        &["diagnose", &pipe, "--html", &kept],
        &["why", &pipe, "3"],
        &["report", "html", &pipe, "--out", &kept],
    ];
    for command in commands {
        broken_off(started(command)?, command[0])?;
        assert_eq!(contents(&folder)?, [("kept.html".to_owned(), "as before".to_owned())], "{}", command[0]);
    }
    Ok(())
}

#[test]
fn a_comparison_of_programs_that_is_broken_off_leaves_none_of_them_running() -> Tested {
    let folder = folder("broken-off-programs")?;
    let pid = folder.join("pid");
    let program = format!("sh -c 'echo $$ > {}; exec sleep 600'", pid.display());
    let file = "scenarios/examples/read-the-wrong-dc.toml";
    let child = started(&["compare", file, "--program", &program, "--program", "true"])?;
    let mut number = String::new();
    until("the program", || {
        number = std::fs::read_to_string(&pid).unwrap_or_default().trim().to_owned();
        Ok(!number.is_empty())
    })?;
    broken_off(child, "compare")?;
    assert!(!Path::new("/proc").join(number).exists(), "the program goes on");
    Ok(())
}

/// The first program sees to it that the interruption comes when it has ended already, so that it falls behind its run,
/// between it and the next, or into the next.
#[test]
fn an_interruption_between_two_runs_of_a_program_ends_them_all() -> Tested {
    let folder = folder("broken-off-between")?;
    let runs = folder.join("runs");
    let program = format!(
        "if test -e {runs}; then echo run >> {runs}; exit 0; fi; echo run >> {runs}
         setsid sh -c 'echo > {out}; while kill -0 '$$'; do :; done; kill -INT '$PPID >&- 2>&- &
         until test -e {out}; do :; done",
        runs = runs.display(),
        out = folder.join("out-of-its-group").display()
    );
    let file = scenario("between", &install("between", "1m", ""))?;
    let child = started(&["exec", &file, "--seeds", "1..200", "--", "bash", "-c", &program])?;
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{told}{}", String::from_utf8_lossy(&output.stderr));
    let runs = std::fs::read_to_string(runs)?.lines().count();
    assert!(runs < 200, "{runs} runs were made, as if nobody had interrupted");
    assert!(told.contains("between"), "what was done is told: {told}");
    Ok(())
}

#[test]
fn an_interruption_while_the_program_runs_ends_with_130_and_tells_what_was_done() -> Tested {
    let running = folder("broken-off-within")?.join("running");
    let program = format!("echo > {}; exec sleep 600", running.display());
    let file = scenario("within", &install("within", "1m", ""))?;
    let child = started(&["exec", &file, "--", "sh", "-c", &program])?;
    until("the program's start", || Ok(running.exists()))?;
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status()?.success());
    let output = child.wait_with_output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("somebody ends the run"), "{told}");
    Ok(())
}
