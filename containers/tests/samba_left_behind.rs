//! Nothing of ours is left behind, however a run ends; what SIGKILL leaves, the next start removes, and never what a
//! living run owns. Each run is a process of its own: the example `hold`.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use mockdc_containers::{docker_for_tests, sweep};

type Outcome = Result<(), Box<dyn Error>>;

/// Two domains of two containers are the most that a test here has at a time; the tests take turns.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A run in a process of its own, whose domain stands.
struct Run {
    process: Child,
    output: BufReader<ChildStdout>,
    id: String,
}

impl Run {
    fn start(end: &str) -> Result<Run, Box<dyn Error>> {
        let mut process = Command::new(hold()).args(["1", end]).stdout(Stdio::piped()).spawn()?;
        let mut output = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut line = String::new();
        loop {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                return Err(format!("the run ended before its domain stood: {}", process.wait()?).into());
            }
            if let Some(id) = line.strip_prefix("run ") {
                return Ok(Run { process, output, id: id.trim().to_owned() });
            }
        }
    }

    fn signal(&self, name: &str) -> Outcome {
        let sent =
            Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status()?;
        if sent.success() { Ok(()) } else { Err(format!("kill -{name} failed").into()) }
    }

    /// Waits for the end. The run's output ends with it.
    fn end(&mut self) -> Result<ExitStatus, Box<dyn Error>> {
        std::io::copy(&mut self.output, &mut std::io::sink())?;
        Ok(self.process.wait()?)
    }

    /// What of this run the engine still has: containers, running or not, then networks.
    fn left(&self) -> Result<(usize, usize), Box<dyn Error>> {
        let filter = format!("label=mockdc.run={}", self.id);
        let count = |what: &[&str]| -> Result<usize, Box<dyn Error>> {
            let listed = Command::new("docker").args(what).args(["-q", "--filter", &filter]).output()?;
            if !listed.status.success() {
                return Err(String::from_utf8_lossy(&listed.stderr).into_owned().into());
            }
            Ok(String::from_utf8(listed.stdout)?.lines().count())
        };
        Ok((count(&["ps", "-a"])?, count(&["network", "ls"])?))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // A test that failed half-way leaves no process; its containers are swept by the next start.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The example's binary stands beside the folder of this test's.
fn hold() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.ancestors().nth(2).expect("tests stand in target/<profile>/deps");
    folder.join("examples/hold")
}

#[tokio::test]
async fn samba_nothing_is_left_after_success() -> Outcome {
    for end in ["stop", "drop"] {
        if !ends(end, None, Some(0)).await? {
            return Ok(());
        }
    }
    Ok(())
}

#[tokio::test]
async fn samba_nothing_is_left_after_a_failure() -> Outcome {
    ends("fail", None, Some(1)).await.map(drop)
}

#[tokio::test]
async fn samba_nothing_is_left_after_a_panic() -> Outcome {
    ends("panic", None, Some(101)).await.map(drop)
}

#[tokio::test]
async fn samba_nothing_is_left_after_sigint() -> Outcome {
    ends("wait", Some("INT"), Some(130)).await.map(drop)
}

#[tokio::test]
async fn samba_nothing_is_left_after_sigterm() -> Outcome {
    ends("wait", Some("TERM"), Some(143)).await.map(drop)
}

/// Plays a run to its end and compares the exit code; `false` when Docker is absent.
async fn ends(end: &str, signal: Option<&str>, code: Option<i32>) -> Result<bool, Box<dyn Error>> {
    if !docker_for_tests().await {
        return Ok(false);
    }
    let _turn = TURN.lock().await;
    let mut run = Run::start(end)?;
    if let Some(signal) = signal {
        assert_eq!(run.left()?, (2, 1), "the domain stands until the signal");
        run.signal(signal)?;
    }
    assert_eq!(run.end()?.code(), code);
    assert_eq!(run.left()?, (0, 0));
    Ok(true)
}

#[tokio::test]
async fn samba_what_sigkill_leaves_the_next_start_removes_and_a_living_run_keeps() -> Outcome {
    if !docker_for_tests().await {
        return Ok(());
    }
    let _turn = TURN.lock().await;
    let living = Run::start("wait")?;
    let mut killed = Run::start("wait")?;
    killed.signal("KILL")?;
    killed.end()?;
    assert_eq!(killed.left()?, (2, 1), "nobody could remove these yet");

    // A third domain would be too many at a time here; its start begins with this.
    let removed = sweep().await?;
    assert!(removed.containers >= 2 && removed.networks >= 1, "{removed:?}");
    assert!(removed.alive.contains(&living.id), "{removed:?}");
    assert_eq!(killed.left()?, (0, 0));
    assert_eq!(living.left()?, (2, 1));

    let mut next = Run::start("stop")?;
    next.end()?;
    assert_eq!(living.left()?, (2, 1), "the start of another run leaves a living one alone");
    living.signal("TERM")?;
    let mut living = living;
    living.end()?;
    assert_eq!(living.left()?, (0, 0));
    Ok(())
}
