//! A scenario tried with other values: where its verdict flips, how it fares over a range, and what a change wins or
//! loses. Everything here runs in virtual time, on all cores, and gives the same answer on every machine.
//!
//! A [`Trial`] is a scenario and what is asked of it; [`Threshold`], [`Sweep`] and [`Matrix`] are made of many trials.

mod compare;
mod explore;
mod heat;
mod interval;
mod matrix;
mod matrix_table;
mod parallel;
mod sweep;
mod threshold;
mod trial;

pub use compare::*;
pub use explore::*;
pub use interval::{Interval, wilson};
pub use matrix::*;
pub use parallel::parallel;
pub use sweep::*;
pub use threshold::*;
pub use trial::*;

#[cfg(test)]
mod tests;
