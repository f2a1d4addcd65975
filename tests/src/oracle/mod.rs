//! Closed arithmetic for the two articles, and for Netlogon.

mod netlogon;
mod privilege;
mod timing;

pub use netlogon::*;
pub use privilege::*;
pub use timing::*;
