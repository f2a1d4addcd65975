//! Machines: services, processes, registry, files, shares, and being up or down.

mod host;
mod hosts;
mod processes;
mod rights;
mod row;
mod services;
mod store;

pub(crate) use host::*;
pub(crate) use hosts::*;
pub(crate) use processes::*;
pub(crate) use rights::*;
pub(crate) use row::*;
pub(crate) use services::*;
pub(crate) use store::*;

#[cfg(test)]
mod hosts_tests;
#[cfg(test)]
mod tests;
