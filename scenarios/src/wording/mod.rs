//! Conditions, patterns, claims and operations in plain English, for stories of scenarios and for texts of failures.

mod claims;
mod clause;
mod conditions;
mod faults;
mod membership;
mod patterns;
mod scripts;
#[cfg(test)]
mod tests;
mod values;
mod verb_kinds;
mod verbs;

pub use claims::*;
pub use clause::*;
pub use conditions::*;
pub use faults::*;
pub use patterns::*;
pub use scripts::*;
pub use values::*;
pub use verb_kinds::*;
pub use verbs::*;
