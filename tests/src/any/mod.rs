//! Strategies for worlds and what happens in them, for the properties here and for yours.
//!
//! Each gives a plain value that tells itself as tables of the scenario language (`to_string`), so that a property puts
//! a [`Case`](crate::property::Case) together from them, adds what its own oracle expects, and says `case.holds()?`:
//!
//! ```
//! use mockdc_tests::any::{self, MINUTE};
//! use mockdc_tests::property::{Case, config};
//! use proptest::prelude::*;
//!
//! proptest!(ProptestConfig { cases: 16, ..config() }, |(estate in any::estates(1..=2, 20 * MINUTE), seed in any::seeds())| {
//!     let mut case = Case::new("an-account-arrives", seed);
//!     case.head = "until = \"12h\"".into();
//!     case.add(&estate.to_string());
//!     case.add("[[step]]\nat = \"1m\"\ndo = { user-add = { user = \"SVC\", password = \"Secret-14-chars\" } }\n");
//!     for bdc in estate.bdcs() {
//!         case.expect(format!("state = {{ visible = {{ account = \"SVC\", at = \"{bdc}\" }} }}"));
//!     }
//!     case.holds()?;
//! });
//! ```

mod edits;
mod estates;
mod faults;
mod installs;
mod policies;

pub use edits::*;
pub use estates::*;
pub use faults::*;
pub use installs::*;
pub use policies::*;

use proptest::prelude::*;

/// A minute in milliseconds.
pub const MINUTE: i64 = 60_000;

/// An hour in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;

/// Something that happens at an instant.
#[derive(Clone, Debug)]
pub struct Dated<T> {
    /// Milliseconds since the start.
    pub at: i64,
    /// What.
    pub what: T,
}

/// Seeds of runs.
pub fn seeds() -> impl Strategy<Value = u64> {
    0..1_000_u64
}

/// A list of things with their instants in ascending order, a `gap` from one to the next and the first a gap after the
/// start.
pub fn in_time<T: std::fmt::Debug + Clone>(
    what: impl Strategy<Value = T>,
    gap: std::ops::Range<i64>,
    count: impl Into<prop::collection::SizeRange>,
) -> impl Strategy<Value = Vec<Dated<T>>> {
    prop::collection::vec((gap, what), count).prop_map(|list| {
        let mut at = 0;
        let dated = list.into_iter().map(|(gap, what)| {
            at += gap;
            Dated { at, what }
        });
        dated.collect()
    })
}
