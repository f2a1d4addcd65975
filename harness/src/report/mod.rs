//! Reports: results for people and for machines, and the folder that keeps a run.
//!
//! A [`Summary`] is what is told of a run; [`console`], [`json`] and [`ResultsFolder`] write it. Sentences for events
//! are in [`describe`] and [`Cast`].

mod command;
pub mod console;
mod folder;
pub mod json;
mod story;
mod summary;
#[cfg(test)]
mod tests;

pub use command::*;
pub use folder::*;
pub use story::*;
pub use summary::*;
