//! From text to tables: each table of the document is read on its own, so that every one can report a mistake.

mod accounts;
mod cases;
mod clients;
mod conditions;
mod document;
mod expects;
mod faults;
mod links;
mod machines;
mod models;
mod places;
mod quantities;
mod scripts;
mod steps;
mod tables;
mod values;

pub(crate) use accounts::*;
pub(crate) use cases::*;
pub(crate) use clients::*;
pub(crate) use conditions::*;
pub(crate) use document::*;
pub(crate) use expects::*;
pub(crate) use faults::*;
pub(crate) use links::*;
pub(crate) use machines::*;
pub(crate) use models::*;
pub use places::table_lines;
pub(crate) use quantities::*;
pub(crate) use scripts::*;
pub(crate) use steps::*;
pub(crate) use tables::*;
pub(crate) use values::*;
