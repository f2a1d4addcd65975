//! Mock domain controllers: a domain model without sockets, clocks or threads.
//!
//! (The map of the crate is written when its parts stand.)

mod directory;
mod domain;
mod fact;
mod fault;
mod machine;
mod name;
mod policy;
mod port;
mod principal;
mod random;
mod replication;
mod rights;
mod spec;
mod time;
mod verb;
mod win32;

pub use domain::*;
pub use fact::*;
pub use name::*;
pub use policy::*;
pub use port::*;
pub use principal::*;
pub use random::*;
pub use rights::*;
pub use spec::*;
pub use time::*;
pub use verb::*;
pub use win32::*;
