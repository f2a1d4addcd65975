//! Faults at work: which calls, transfers and machines each of them touches.

mod rule;
mod rules;

pub(crate) use rule::*;
pub(crate) use rules::*;

#[cfg(test)]
mod tests;
