//! From a customer's logs to what happened.
//!
//! [`read`] turns bytes into records, the [`Lexicon`] records into steps, [`History`] puts the steps of all machines in
//! order, [`rules`] weigh what speaks for and against each article, and [`replay`] writes a scenario whose own logs repeat the
//! customer's. What comes beside logs is in [`Facts`].

pub mod codes;
mod facts;
mod history;
mod input;
mod lexicon;
pub mod read;
pub mod replay;
pub mod report;
pub mod rules;

pub use facts::{Entry, FactError, Facts, Kind, Link, RegistryValue};
pub use history::{Clock, Collector, Event, History, LogFile, Machine, Part, Says, UnreadLine, Wait};
pub use input::{Input, InputError, ROOM, find, load};
pub use lexicon::{Known, Lexicon, LexiconError};
