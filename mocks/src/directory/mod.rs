//! Account databases: what they are made of, how they are written, and who may log on.

mod controllers;
mod database;
mod put;
mod record;
mod well_known;

pub(crate) use controllers::*;
pub(crate) use database::*;
pub(crate) use record::*;
pub(crate) use well_known::*;
