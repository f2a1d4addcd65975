//! What ends live runs that are under way, and those that are still to come.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::interrupt::{self, Watch};
use crate::run::Inbox;

/// Shared by all runs of a command: whoever asks for the end ends each of them, whether it has begun or not.
#[derive(Default)]
pub(super) struct Stop {
    asked: AtomicBool,
    inboxes: Mutex<Vec<Inbox>>,
}

impl Stop {
    /// A stop for which an interruption of the process asks, for as long as the watch is kept.
    pub(super) fn watched() -> io::Result<(Arc<Stop>, Watch)> {
        let stop = Arc::new(Stop::default());
        let asked = Arc::clone(&stop);
        let watch = interrupt::watch(move || asked.all())?;
        Ok((stop, watch))
    }

    /// Ends all runs, and lets none begin.
    pub(super) fn all(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(Inbox::stop);
    }

    /// Whether somebody has asked for the end.
    pub(super) fn asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Adds a run that is to be ended as well.
    pub(super) fn add(&self, inbox: Inbox) {
        // Noted before it is looked whether somebody has asked, so that nobody who asks meanwhile misses it.
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner).push(inbox.clone());
        if self.asked() {
            inbox.stop();
        }
    }
}
