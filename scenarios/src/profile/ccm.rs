//! The server side of a remote install.

use mockdc_mocks::{Name, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the Client Configuration Manager does and how long it waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CcmRules {
    /// From the arrival of a request to the start of its processing when the directory change is noticed.
    pub pick_up: Span,
    /// The poll that finds a request whose directory change went unnoticed: 30 minutes (Q262298).
    pub queue_poll: Span,
    /// From a failed attempt to the next: an hour (Q264630).
    pub retry_every: Span,
    /// No attempt begins so long or longer after the first: 7 days (Q264630).
    pub retry_for: Span,
    /// At most one request of a machine waits for its retry (Q242926; since SP2).
    pub one_retry_per_machine: bool,
    /// A domain name shorter than this gets a retry file that is never found again: 4 in SP2, else 0 (Q265882).
    pub least_domain_length: usize,
    /// The share that proves administrative access.
    pub connect_share: Name,
    /// Each account is tried anew with the other account databases' prefixes (Q257269; until SP2).
    pub tries_other_domains: bool,
    /// The longest wait for the bootstrap account to reach the target (Q271724; A5).
    pub maximum_wait: MaximumWait,
    /// How often it looks whether the account is there (A4).
    pub probe_interval: Span,
    /// From the stop of the boot loader to the deletion of its account (Q304961; A2).
    pub deletes_bootstrap_account_after: Span,
    /// What decides an attempt (A33).
    pub decides_attempt: Decision,
}

/// The longest wait for an account to replicate (Q271724).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MaximumWait {
    /// When no registry value says otherwise: 60 minutes.
    pub default: Span,
    /// Whether the PDC's registry is asked: since SP3, not in the French SP3 (Q297857).
    pub reads_registry: bool,
    /// The key on the PDC.
    pub key: Name,
    /// The name of the DWORD.
    pub value: Name,
    /// What the DWORD counts: minutes.
    pub unit: Span,
}

/// What decides whether an attempt succeeded (A33: no source).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The end of the installing program; its result is the attempt's.
    InstallerEnded,
    /// The stop of the boot loader: whether the client service is installed then.
    LoaderStopped,
    /// The deletion of the bootstrap account: whether the client service is installed then.
    BootstrapAccountDeleted,
}
