//! What can be wrong with a scenario file, and how it is told.

mod codes;
mod excerpt;
mod report;
mod suggest;
mod unseen;

pub use codes::{Code, codes, explain};
pub(crate) use excerpt::Lines;
pub use report::{Problem, Report};
pub(crate) use suggest::{did_you_mean, list};
pub(crate) use unseen::is_unseen;
pub use unseen::visible;
