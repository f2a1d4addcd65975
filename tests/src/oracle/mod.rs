//! Closed arithmetic for the two articles.

mod privilege;
mod timing;

pub use privilege::*;
pub use timing::*;
