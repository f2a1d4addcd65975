//! The replayed installs: who makes which call, in which order, and waits for what.
//!
//! Every code comes from the domain, every wait, order, right and word from a profile: no actor knows a product's
//! version. [`Installation`] is what the actors of one client share; [`Realm`] is what all clients of a domain share.
//!
//! | actor | plays | started by |
//! |---|---|---|
//! | [`ccm::install`] | a site server's work on one request | a step |
//! | [`loader::run`] | the boot loader service | the service control manager |
//! | [`bootstrap::run`] | its child, which installs | the loader |
//! | [`logon_install::run`] | a manual or logon install | a step |
//! | [`client_service::run`] | the client's service with its maintenance cycle | the service control manager |
//! | [`advanced_client::run`] | a client that runs as Local System | the service control manager |

pub mod advanced_client;
pub mod bootstrap;
pub mod ccm;
pub mod client_service;
pub mod loader;
pub mod logon_install;
pub mod maintenance;

mod accounts;
mod components;
mod installation;
mod installed;
mod journal;
mod library;
mod sync;
#[cfg(test)]
mod tests;

pub use installation::{Installation, Realm};
pub use installed::add_to_world;
