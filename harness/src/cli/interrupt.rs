//! Being asked to stop: Ctrl-C at a terminal, or a runner that ends its job.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::Exit;

/// Calls `asked` when the process is interrupted or terminated for the first time. A second time ends it at once.
pub(super) fn watch(asked: impl Fn() + Send + 'static) -> io::Result<Watch> {
    let before = Arc::new(AtomicBool::new(false));
    let mut shutdowns = Vec::new();
    for signal in [SIGINT, SIGTERM] {
        let code = i32::from(Exit::Interrupted.code());
        // Registered ahead of the flag, so that the first signal finds it down.
        let ends = signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&before))?;
        shutdowns.push(ends);
        shutdowns.push(signal_hook::flag::register(signal, Arc::clone(&before))?);
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let handle = signals.handle();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            asked();
        }
    })?;
    Ok(Watch { asked: before, shutdowns, handle })
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
