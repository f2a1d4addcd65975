//! Account databases: what they are made of, how they are written, and who may log on.

mod administrators;
mod build;
mod change;
mod columns;
mod controllers;
mod database;
mod disk;
mod layered;
mod logon;
mod machine_account;
mod members;
mod merged;
mod password;
mod plan;
mod put;
mod read;
mod record;
mod sid;
mod standing;
mod well_known;

pub(crate) use change::*;
pub(crate) use controllers::*;
pub(crate) use database::*;
pub(crate) use disk::*;
pub(crate) use layered::*;
pub(crate) use logon::*;
pub(crate) use machine_account::*;
pub(crate) use members::*;
pub(crate) use merged::*;
pub(crate) use password::*;
pub(crate) use plan::*;
pub(crate) use read::*;
pub(crate) use record::*;
pub(crate) use sid::*;
pub(crate) use standing::*;
pub(crate) use well_known::*;
