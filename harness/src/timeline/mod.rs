//! Events and what is kept of them.

mod class;
mod condition;
mod event;
mod events;
mod live;
mod matching;
mod page;
mod record;
mod template;
mod view;

pub(crate) use class::{Class, Classes};
pub use condition::*;
pub use event::*;
pub use events::*;
pub use live::*;
pub use matching::*;
pub(crate) use page::Forward;
pub use record::*;
pub use view::*;

#[cfg(test)]
pub(crate) mod story;
#[cfg(test)]
mod tests;
