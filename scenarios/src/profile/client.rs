//! The installed client: its service, its maintenance cycle and what it launches.

use mockdc_mocks::{Name, ProgramName, Right, RightsChecked, ServiceName, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The client's service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClientServiceRules {
    /// Its service.
    pub service: ServiceName,
    /// Its program (Q246331).
    pub program: ProgramName,
    /// The maintenance cycle: 23 hours from the install or the last run, or from power-up when missed (Q231232).
    pub cycle: Span,
    /// Which rights of its account count for launches at its start.
    pub rights_at_start: RightsChecked,
    /// Which rights count for launches of the maintenance cycle (A30).
    pub rights_at_cycle: RightsChecked,
    /// On a domain controller, what it waits for after it touched the shared token account.
    pub token_wait: TokenWait,
    /// The longest such wait.
    pub token_maximum_wait: Span,
    /// How often it looks.
    pub token_probe_interval: Span,
    /// The service's own result after a launch was refused: 1003 (KB828371).
    pub refused_launch_code: u32,
    /// The code of a launch without membership of the local Administrators (A34).
    pub not_administrator_code: u32,
    /// The code of a verification without the rights that it needs (A29, A34).
    pub refused_verification_code: u32,
    /// The status of an agent whose components launch.
    pub good_status: Name,
    /// The status of an agent of which a component does not: `Install Pending` (KB828371).
    pub failing_status: Name,
}

/// What the client's service waits for on a domain controller before it launches anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenWait {
    /// The mark that it left in the token account's comment, to be read back at its own copy (until SP3).
    Comment,
    /// The token account, at its own copy.
    Account,
    /// Nothing.
    Nothing,
}

/// A component that the client's service launches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ComponentRules {
    /// Its display name, as logs give it.
    pub title: Name,
    /// Its program.
    pub program: ProgramName,
    /// The agent whose status it decides; empty: none.
    pub agent: Name,
    /// Under which token it runs.
    pub launch: LaunchToken,
    /// Rights of the service's account that a launch needs (A29).
    pub needs: Vec<Right>,
    /// Whether a launch needs membership of the local Administrators (KB828371).
    pub needs_administrator: bool,
    /// Rights that its verification needs (A29).
    pub verification_needs: Vec<Right>,
}

/// Under which token a component runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LaunchToken {
    /// The service's own.
    Own,
    /// That of the token account.
    TokenAccount,
    /// It is not launched.
    None,
}
