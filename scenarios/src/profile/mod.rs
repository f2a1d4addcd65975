//! Client profiles: what a version of a product waits for, how long, in which order, with which words.
//!
//! A profile is data (`scenarios/profiles/*.toml`). One may extend another as a patch that states only what
//! differs, and a scenario may override any value in place; see [`Profile::resolve`].

mod account;
mod catalogue;
mod ccm;
mod client;
mod installer;
#[cfg(test)]
mod tests;
mod wording;

pub use account::*;
pub use catalogue::ProfileError;
pub use ccm::*;
pub use client::*;
pub use installer::*;
pub use wording::*;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One version of a product, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Its name: `sms-2.0-sp3`.
    pub name: String,
    /// For people.
    pub title: String,
    /// Which kind of client it is.
    pub kind: ProductKind,
    /// Accounts: names, passwords, groups, rights.
    pub accounts: AccountRules,
    /// The Client Configuration Manager of the site server.
    pub ccm: CcmRules,
    /// The boot loader service.
    pub loader: LoaderRules,
    /// The installing program and the account library that it shares with manual and logon installs.
    pub bootstrap: BootstrapRules,
    /// Installs by an administrator at the machine and by logon scripts.
    pub logon_install: LogonInstallRules,
    /// The client's service.
    pub client_service: ClientServiceRules,
    /// What the client's service launches, in this order.
    pub components: IndexMap<String, ComponentRules>,
    /// Log files and their wording.
    pub log: LogRules,
}

/// Kinds of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProductKind {
    /// Its service and agents run under accounts of their own (SMS 2.0, the SMS 2003 Legacy Client).
    Legacy,
    /// It runs as Local System and has no accounts (the SMS 2003 Advanced Client, KB828371).
    Advanced,
}
