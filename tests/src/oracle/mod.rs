//! Closed arithmetic for the two articles, for Netlogon, for directories and for lockout.

mod budget;
mod directory;
mod legacy;
mod lockout;
mod netlogon;
mod privilege;
mod timing;

pub use budget::*;
pub use directory::*;
pub use legacy::*;
pub use lockout::*;
pub use netlogon::*;
pub use privilege::*;
pub use timing::*;
