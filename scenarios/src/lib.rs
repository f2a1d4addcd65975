//! The scenario language, its catalogue, and the client profiles.

mod diagnostic;
mod plan;
mod profile;
mod read;
mod resolve;
mod schema;
mod story;
pub mod wording;

pub use diagnostic::{Code, Problem, Report, codes, explain, visible};
pub use plan::*;
pub use profile::*;
pub use read::table_lines;
pub use resolve::{read_file, read_str};
pub use schema::{schema, schema_text};
pub use story::story;
