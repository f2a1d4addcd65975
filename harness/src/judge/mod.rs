//! The verdict on a run. Everything here reads the timeline and nothing else.

mod claims;
mod index;
mod laws;
mod list;
mod lookups;
mod outline;
mod promises;
mod side_by_side;
mod start;
mod verdict;

pub use claims::*;
pub use laws::*;
pub use promises::*;
pub use verdict::*;

pub(crate) use start::Start;

use serde::Serialize;

/// A law, a promise or a rule is broken here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Breach {
    /// What happened, as a sentence.
    pub text: String,
    /// The events that show it, in order.
    pub evidence: Vec<u64>,
}

impl Breach {
    pub(crate) fn new(text: impl Into<String>, evidence: impl IntoIterator<Item = u64>) -> Breach {
        Breach { text: text.into(), evidence: evidence.into_iter().collect() }
    }
}

/// Counts occasions and gathers breaches while a check goes through a run.
#[derive(Default)]
pub(crate) struct Tested {
    occasions: u32,
    breaches: Vec<Breach>,
}

impl Tested {
    pub(crate) fn occasion(&mut self) {
        self.occasions += 1;
    }

    pub(crate) fn occasions(&mut self, more: usize) {
        self.occasions = self.occasions.saturating_add(u32::try_from(more).unwrap_or(u32::MAX));
    }

    pub(crate) fn extend(&mut self, breaches: impl IntoIterator<Item = Breach>) {
        self.breaches.extend(breaches);
    }

    pub(crate) fn broken(&mut self, text: impl Into<String>, evidence: impl IntoIterator<Item = u64>) {
        self.breaches.push(Breach::new(text, evidence));
    }
}
