//! Being asked to stop: Ctrl-C at a terminal, or a runner that ends its job.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::{Exit, Streams};

/// Calls `asked` when the process is interrupted or terminated for the first time. A second time ends it at once.
pub(super) fn watch(asked: impl Fn() + Send + 'static) -> io::Result<Watch> {
    // First of all, so that no signal is caught of which nobody is told.
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let before = Arc::new(AtomicBool::new(false));
    let mut shutdowns = Vec::new();
    for signal in [SIGINT, SIGTERM] {
        let code = i32::from(Exit::Interrupted.code());
        // Registered ahead of the flag, so that the first signal finds it down.
        let ends = signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&before))?;
        shutdowns.push(ends);
        shutdowns.push(signal_hook::flag::register(signal, Arc::clone(&before))?);
    }
    let handle = signals.handle();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            asked();
        }
    })?;
    Ok(Watch { asked: before, shutdowns, handle })
}

/// Stack of the thread that works, in bytes; as much as a main thread has.
const STACK: usize = 8 << 20;

/// Does work that writes nothing in a thread of its own. `None` when the process is interrupted before it is done: it is
/// left alone then, and the process need not wait for it. Whoever keeps the watch until the result is written writes it
/// whole, unless a second signal comes.
pub(super) fn attended<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<(T, Watch)>> {
    let (report, reports) = mpsc::channel();
    let asked = report.clone();
    let watch = watch(move || drop(asked.send(None)))?;
    std::thread::Builder::new().name("work".into()).stack_size(STACK).spawn(move || {
        let done = catch_unwind(AssertUnwindSafe(work));
        // Nobody listens any more once it is interrupted.
        drop(report.send(Some(done)));
    })?;
    match reports.recv() {
        Ok(Some(Ok(done))) => Ok(Some((done, watch))),
        Ok(Some(Err(panic))) => resume_unwind(panic),
        Ok(None) | Err(mpsc::RecvError) => Ok(None),
    }
}

/// Says that nothing came of a command because somebody interrupted it.
pub(super) fn interrupted(streams: &mut Streams<'_>) -> io::Result<Exit> {
    writeln!(streams.err, "interrupted: nothing is written")?;
    Ok(Exit::Interrupted)
}

/// Watches until it is dropped.
pub(super) struct Watch {
    asked: Arc<AtomicBool>,
    shutdowns: Vec<signal_hook::SigId>,
    handle: signal_hook::iterator::Handle,
}

impl Watch {
    /// Whether somebody has asked.
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.handle.close();
        for id in self.shutdowns.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
