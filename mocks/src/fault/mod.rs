//! Faults at work: which calls, transfers and machines each of them touches.

#[cfg(feature = "ldap")]
mod message;
mod rule;
mod rules;

#[cfg(feature = "ldap")]
pub(crate) use message::*;
pub(crate) use rule::*;
pub(crate) use rules::*;

#[cfg(test)]
mod tests;
