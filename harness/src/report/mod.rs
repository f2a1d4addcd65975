//! Reports: results for people and for machines, and the folder that keeps a run.
//!
//! An [`Outcome`] is a run with its judgement, and its [`Summary`] is what is told of it: [`console`], [`json`] and
//! [`ResultsFolder`] write it. Sentences for events come from [`describe`] and [`Cast`].

mod command;
pub mod console;
mod folder;
pub mod json;
mod outcome;
mod story;
mod summary;
#[cfg(test)]
mod tests;

pub use command::*;
pub use console::*;
pub use folder::*;
pub use json::*;
pub use outcome::*;
pub use story::*;
pub use summary::*;
