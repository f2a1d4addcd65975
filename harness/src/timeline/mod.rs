//! Events and what is kept of them.

mod condition;
mod event;
mod events;
mod live;
mod matching;
mod record;
mod template;
mod view;

pub use condition::*;
pub use event::*;
pub use events::*;
pub use live::*;
pub use matching::*;
pub use record::*;
pub use view::*;

#[cfg(test)]
pub(crate) mod story;
#[cfg(test)]
mod tests;
