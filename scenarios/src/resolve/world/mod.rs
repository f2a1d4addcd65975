//! The world at the start: the domain, its hosts, network and directory.

mod computers;
mod directory;
mod domain;
mod hosts;
mod import;
mod names;
mod network;

pub(super) use computers::*;
pub(super) use directory::*;
pub(super) use domain::*;
pub(super) use hosts::*;
pub(super) use import::*;
pub(super) use names::*;
pub(super) use network::*;
