//! The operations of the port. The same names serve faults, capabilities, script steps and events.

mod arguments;
mod reply;
mod subject;
mod verbs;

pub use arguments::*;
pub use reply::*;
pub use verbs::*;

use serde::{Deserialize, Serialize};

use crate::HostName;

/// A verb performed at a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The host that performs it: a domain controller, a member server or a workstation.
    pub at: HostName,
    /// What it performs.
    pub verb: Verb,
}

impl Operation {
    /// `verb` at `at`.
    pub fn new(at: impl Into<HostName>, verb: Verb) -> Operation {
        Operation { at: at.into(), verb }
    }
}
