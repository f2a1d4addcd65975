//! What a run draws and nobody may read: its events show `***` in its place.

use std::cell::RefCell;

use mockdc_mocks::{Fact, Value};

use crate::timeline::EventKind;

const HIDDEN: &str = "***";

/// Shorter passwords hide nothing: their letters stand in every text.
const SHORTEST: usize = 4;

/// The passwords that scripts have drawn in this run.
#[derive(Default)]
pub(super) struct Secrets(RefCell<Vec<String>>);

impl Secrets {
    /// From now on this is not shown.
    pub(super) fn note(&self, secret: &str) {
        let mut known = self.0.borrow_mut();
        if secret.len() >= SHORTEST && !known.iter().any(|old| old == secret) {
            known.push(secret.to_owned());
        }
    }

    /// What happened as it is written down. The domain model and the live view have it as it was.
    pub(super) fn mask(&self, kind: &mut EventKind) {
        let known = self.0.borrow();
        if known.is_empty() {
            return;
        }
        match kind {
            EventKind::Fact(Fact::State { value: Some(Value::Text(text)), .. }) => {
                if let Some(masked) = mask(&known, text) {
                    *text = masked.into();
                }
            }
            EventKind::Log { text, .. } | EventKind::ScriptKept { value: text, .. } => {
                if let Some(masked) = mask(&known, text) {
                    *text = masked;
                }
            }
            _ => {}
        }
    }
}

fn mask(known: &[String], text: &str) -> Option<String> {
    let holds = |text: &str, secret: &String| text.contains(secret.as_str());
    known
        .iter()
        .any(|secret| holds(text, secret))
        .then(|| known.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN)))
}
