//! Removes what the runs of this process made when it is interrupted or terminated.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::engine::{Engine, EngineError};
use crate::sweep::remove_run;

/// The runs of this process that have something to remove.
static RUNS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
static WATCHING: OnceLock<()> = OnceLock::new();

/// Says that this program ends by itself, in order, on SIGINT and SIGTERM: it drops its fleets, which removes them, and
/// has things to write before. Called before the first fleet starts; otherwise the first fleet sets up a watch that
/// removes all of them and ends the process.
pub fn leave_signals_to_the_program() {
    LEFT.store(true, Ordering::Release);
}

static LEFT: AtomicBool = AtomicBool::new(false);

/// Notes a run before it makes anything. The first call of the process sets up the watch for SIGINT and SIGTERM: then
/// all runs are removed and the process ends with 128 and the signal's number, as it would have without us.
pub(crate) fn guard(run: &str) {
    runs().insert(run.to_owned());
    if LEFT.load(Ordering::Acquire) {
        return;
    }
    WATCHING.get_or_init(|| {
        let (armed, wait) = std::sync::mpsc::channel();
        let watch = move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let (Ok(mut interrupt), Ok(mut terminate)) =
                    (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
                else {
                    return;
                };
                let _ = armed.send(());
                let code = tokio::select! { _ = interrupt.recv() => 130, _ = terminate.recv() => 143 };
                // A second signal does not wait for the first one's work.
                tokio::select! {
                    () = remove_all() => {}
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                std::process::exit(code);
            });
        };
        if thread::Builder::new().name("mockdc-watchdog".to_owned()).spawn(watch).is_ok() {
            // An error means that signals cannot be watched here: the next start sweeps what they leave.
            let _ = wait.recv();
        }
    });
}

/// Removes a run in a thread of its own, so that it also works while a panic unwinds and where no runtime is alive.
/// `begun` containers were asked for; of a start that was broken off some may be there only when the engine has done
/// what it was asked, so that they are looked for until all are gone, or for [`BROKEN_OFF`].
pub(crate) fn remove_blocking(run: &str, begun: usize) {
    let run = run.to_owned();
    let work = move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        // What remains because the engine fails now is swept by the next start.
        runtime.block_on(async {
            let Ok(engine) = Engine::connect().await else { return };
            let mut gone = 0;
            let all = async {
                loop {
                    match remove_run(&engine, &run).await {
                        Ok(removed) if gone + removed.containers >= begun => break,
                        Ok(removed) => gone += removed.containers,
                        // A network that a container is about to join cannot go yet.
                        Err(_) => {}
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            };
            let _ = tokio::time::timeout(BROKEN_OFF, all).await;
            let _ = remove_run(&engine, &run).await;
            runs().remove(&run);
        });
    };
    let _ = thread::spawn(work).join();
}

/// How long an engine may take to make what it was asked for, after whoever asked has gone.
const BROKEN_OFF: Duration = Duration::from_secs(10);

/// Removes what a run made, and forgets it.
pub(crate) async fn remove(run: &str) -> Result<(), EngineError> {
    let engine = Engine::connect().await?;
    remove_run(&engine, run).await?;
    runs().remove(run);
    Ok(())
}

async fn remove_all() {
    let all: Vec<String> = runs().iter().cloned().collect();
    let Ok(engine) = Engine::connect().await else { return };
    // Twice: a container that was being created at the first look is there at the second.
    for _ in 0..2 {
        futures::future::join_all(all.iter().map(|run| remove_run(&engine, run))).await;
    }
}

fn runs() -> std::sync::MutexGuard<'static, BTreeSet<String>> {
    RUNS.lock().unwrap_or_else(PoisonError::into_inner)
}
