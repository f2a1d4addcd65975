//! The scenario language, its catalogue, and the client profiles.

mod plan;
mod profile;

pub use plan::*;
pub use profile::*;
