//! Pictures of a run: one page that works offline, a trace for Chrome's viewer, and a few lines for a terminal.
//!
//! A [`Scene`] is what all of them show: lanes, marks, bars and arrows.

mod layout;
mod marks;
mod page;
mod scene;
mod spans;
mod terminal;
mod trace;

pub use page::{MOST_EVENTS, page};
pub use scene::{Arrow, Bar, BarKind, Claim, ClaimState, Lane, Mark, MarkKind, Scene};
pub use terminal::terminal;
pub use trace::trace;

#[cfg(test)]
mod tests;
