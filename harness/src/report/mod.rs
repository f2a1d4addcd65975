//! Reports: results for people and for machines, and the folder that keeps a run.

mod story;

pub use story::*;
