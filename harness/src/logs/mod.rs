//! Log lines as the products write and show them, to the byte (FACTS.md, "Log files and line formats").
//!
//! A run's log lines are events; [`LogFormat`] turns one into the line that the product would have in its file, so
//! that an old viewer opens it and a customer's log can be compared with it.

mod entry;
mod format;
#[cfg(test)]
mod tests;

pub use entry::{Entry, run_together};
pub use format::{LogFormat, StartError};
