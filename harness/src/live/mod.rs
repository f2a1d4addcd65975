//! Live runs: a scenario whose controllers are served on real ports, for clients of LDAP and a program of the user's
//! own, in the scenario's time.

mod endpoints;
mod faketime;
mod placeholders;
mod process;
mod record;
mod scratch;
mod session;

pub use endpoints::*;
pub use faketime::*;
pub use placeholders::*;
pub use process::*;
pub use record::*;
pub use scratch::*;
pub use session::*;
