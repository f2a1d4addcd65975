//! Events and what is kept of them.

mod event;

pub use event::*;
