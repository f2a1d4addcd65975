//! From a diagnosis to a scenario that reproduces it, and back: a run's logs beside a customer's.

mod against;
mod fit;
mod setting;
mod trace;

pub use against::against;
pub use fit::{Fitted, NoScenario, fit};
pub use trace::{Item, Key, align, distance, history_of, trace};
