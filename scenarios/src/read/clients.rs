//! The user's program and the keys of clients, as they are written.

use mockdc_mocks::{Name, Span};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hosts, Located, RawCredentials, Word};
use crate::schema::ProfileName;

/// `[program]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawProgram {
    /// The host that it is taken to run on, so that links and faults between it and the controllers are the program's; the first `[[machine]]` or `[[site-server]]` when absent, or else the PDC.
    pub(crate) host: Option<Word>,
    /// The credentials that it is given; those of the domain's Administrator when absent.
    pub(crate) user: Option<RawCredentials>,
    /// The program and its arguments, when the command line has none after `--`. `{pdc.url}` and other placeholders are filled in.
    pub(crate) run: Vec<String>,
    /// How long it may run, on the wall clock; `--timeout` of the command line comes first.
    #[schemars(extend("default" = "5m"))]
    pub(crate) timeout: Option<Located<Span>>,
    /// Files that it writes, for the condition `file`; they are looked at when it has ended.
    pub(crate) files: Vec<Name>,
}

/// The keys of `[[client]]` that are not sections of the profile.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawClient {
    /// Where the client is or is to be installed.
    pub(crate) machine: Option<Hosts>,
    /// Several machines that share everything else.
    pub(crate) machines: Option<Hosts>,
    /// The product and its version: `mockdc profiles` lists them.
    #[schemars(with = "Option<ProfileName>")]
    pub(crate) profile: Option<Word>,
    /// The client is installed at the start, with its accounts, rights and services.
    pub(crate) installed: bool,
}
