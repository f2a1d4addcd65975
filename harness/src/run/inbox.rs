//! What happens beside the driver of a live run, in the order in which it happened.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use mockdc_mocks::FactRecord;
use mockdc_mocks::ldap::{LiveDomain, WireEvent};
use mockdc_scenarios::ProgramEnding;
use tokio::sync::Notify;

use super::live::LiveDriver;

/// Something that has happened, or that is asked for.
pub(super) enum Heard {
    /// The domain says so.
    Facts(Vec<FactRecord>),
    /// A client of LDAP was answered.
    Wire(Box<WireEvent>),
    /// The program wrote a line.
    Line {
        /// Where it wrote it: `stdout`, `stderr`.
        file: &'static str,
        /// The line without its end.
        text: String,
    },
    /// The program ended; what its files held then, where they are there.
    Ended {
        /// How.
        ended: ProgramEnding,
        /// Files with their contents.
        files: Vec<(String, Option<String>)>,
    },
    /// Somebody asks the driver to do something between two instants.
    Asked(Asked),
    /// Somebody ends the run.
    Stop,
}

/// What the driver shall do.
pub(super) type Asked = Box<dyn FnOnce(&mut LiveDriver) + Send>;

/// The driver's ear; cheap to clone. It may be spoken to from any thread.
#[derive(Clone, Default)]
pub struct Inbox {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<VecDeque<Heard>>,
    bell: Notify,
    closed: AtomicBool,
}

impl Inbox {
    /// Listens to a domain and its servers.
    pub(super) fn listen(&self, live: &LiveDomain) {
        let facts = self.clone();
        live.facts_to(move |records| facts.put(Heard::Facts(records)));
        let wire = self.clone();
        live.observe(move |event| wire.put(Heard::Wire(Box::new(event.clone()))));
    }

    /// A line that the program wrote.
    pub fn line(&self, file: &'static str, text: String) {
        self.put(Heard::Line { file, text });
    }

    /// The program has ended.
    pub fn ended(&self, ended: ProgramEnding, files: Vec<(String, Option<String>)>) {
        self.put(Heard::Ended { ended, files });
    }

    /// The run shall end where it is.
    pub fn stop(&self) {
        self.put(Heard::Stop);
    }

    /// Has something done between two instants of the scenario, and gives what it gave; `None` when the run is over.
    pub async fn ask<T: Send + 'static>(
        &self,
        action: impl FnOnce(&mut LiveDriver) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.put(Heard::Asked(Box::new(move |driver| {
            // Whoever asked may have gone away.
            let _ = answer.send(action(driver));
        })));
        answered.await.ok()
    }

    pub(super) fn take(&self) -> Option<Heard> {
        self.lock().pop_front()
    }

    /// Done when there is something to take.
    pub(super) async fn rings(&self) {
        loop {
            let rings = self.shared.bell.notified();
            if !self.lock().is_empty() {
                return;
            }
            rings.await;
        }
    }

    /// Nobody listens any more: who asks gets no answer.
    pub(super) fn close(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.lock().clear();
    }

    fn put(&self, heard: Heard) {
        if self.shared.closed.load(Ordering::SeqCst) {
            return;
        }
        self.lock().push_back(heard);
        self.shared.bell.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Heard>> {
        self.shared.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
