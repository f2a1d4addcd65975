//! From text to tables: each table of the document is read on its own, so that every one can report a mistake.

mod cases;
mod clauses;
mod document;
mod places;
mod quantities;
mod tables;
mod values;

pub(crate) use cases::*;
pub(crate) use clauses::*;
pub(crate) use document::*;
pub use places::table_lines;
pub(crate) use quantities::*;
pub(crate) use tables::*;
pub(crate) use values::*;
