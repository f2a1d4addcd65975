//! Reports: results for people and for machines, and the folder that keeps a run.
//!
//! An [`Outcome`] is a run with its judgement, and its [`Summary`] is what is told of it: [`console`], [`json`],
//! [`junit()`], [`tap()`], [`GitHub`] and [`ResultsFolder`] write it. Sentences for events come from [`describe`] and [`Cast`].

mod cast;
mod command;
pub mod console;
mod folder;
mod github;
pub mod json;
mod junit;
#[cfg(test)]
mod junit_tests;
mod merge;
mod outcome;
mod series;
mod story;
#[cfg(test)]
mod story_tests;
mod summary;
mod table;
mod tap;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use cast::*;
pub use command::*;
pub use console::*;
pub(crate) use folder::safe;
pub use folder::*;
pub use github::*;
pub use json::*;
pub(crate) use junit::strict as strict_junit;
pub use junit::{JUnitForm, junit};
pub use merge::*;
pub use outcome::*;
pub use series::*;
pub use story::*;
pub use summary::*;
pub use table::*;
pub use tap::tap;
pub use text::*;
pub use words::*;
