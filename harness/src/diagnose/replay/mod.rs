//! From a diagnosis to a scenario that reproduces it, and back: a run's logs beside a customer's.

mod against;
mod causes;
mod customer;
mod distance;
mod fit;
mod render;
mod setting;
mod trace;
mod variants;

pub use against::against;
pub use distance::{Distance, Traced};
pub use fit::{Fitted, NoScenario, fit};
pub use trace::{Item, Key, align, history_of, trace};
