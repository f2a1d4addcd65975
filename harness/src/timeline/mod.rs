//! Events and what is kept of them.

mod event;
mod live;

pub use event::*;
pub use live::Live;
