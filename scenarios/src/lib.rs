//! The scenario language, its catalogue, and the client profiles.

mod articles;
mod diagnosis;
mod diagnostic;
mod draft;
mod format;
pub mod ldif;
mod plan;
mod profile;
mod read;
mod resolve;
mod schema;
mod story;
pub mod wording;

pub use articles::condition;
pub use diagnosis::{DIAGNOSES, KNOWN_LINES};
pub use diagnostic::{Code, Problem, Report, codes, explain, visible};
pub use draft::{Amount, AmountError, Dimension, Draft, Key, KeyError, Kind, Setting, Values, Variable};
pub use format::{FormatError, format};
pub use plan::*;
pub use profile::*;
pub use read::table_lines;
pub use resolve::{read_file, read_str};
pub use schema::{reference, schema, schema_text};
pub use story::story;
