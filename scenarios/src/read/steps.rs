//! Steps, as they are written: what an operator or a timer makes happen.

use mockdc_mocks::{Name, Right, ServiceName, Span, Verb};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hosts, Located, RawCondition, RawCredentials, Short, Word};
use crate::InstallMethod;
use crate::schema::{OneOrMany, ProfileName, ProfileValues};

/// `[[step]]`. The operations of `do` are read from the tree, table by table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawStep {
    /// Its name, for `{ step = { id } }`; `step-N` otherwise, N counting from 1 in the file.
    pub(crate) id: Option<Word>,
    /// When: so long after the start.
    pub(crate) at: Option<Located<Span>>,
    /// When: again and again, so often.
    pub(crate) every: Option<Located<Span>>,
    /// With `every`: the first time; drawn from one period when absent.
    pub(crate) first: Option<Located<Span>>,
    /// With `every`: the last possible time.
    pub(crate) end: Option<Located<Span>>,
    /// With `every`: how often at most.
    pub(crate) count: Option<u32>,
    /// When: as soon as a condition comes true, an event happens, or a log line appears.
    pub(crate) when: Option<RawCondition>,
    /// With `when`: each time, and not only once.
    #[schemars(extend("default" = false))]
    pub(crate) each: Option<bool>,
    /// With `when`: so long after.
    #[schemars(extend("default" = "0s"))]
    pub(crate) after: Option<Span>,
    /// With `install`: each client so much later than the one before.
    #[schemars(extend("default" = "0s"))]
    pub(crate) stagger: Option<Located<Span>>,
    /// Installs clients.
    pub(crate) install: Option<RawInstall>,
    /// Upgrades installed clients to another product.
    pub(crate) upgrade: Option<RawUpgrade>,
    /// Runs the clients' maintenance cycle now.
    pub(crate) cycle: Option<Hosts>,
    /// Synchronises BDCs now, as Server Manager does; `"domain"` for all of them.
    pub(crate) synchronize: Option<Located<Short<RawSynchronize>>>,
    /// Stops a service and starts it again.
    pub(crate) restart_service: Option<RawRestartService>,
    /// Restarts machines.
    pub(crate) restart: Option<Short<RawRestart>>,
    /// Refreshes the policy of machines now.
    pub(crate) refresh_policy: Option<Short<RawRefreshPolicy>>,
    /// Edits a group policy object.
    pub(crate) edit_policy: Option<RawEditPolicy>,
    /// Performs operations of the port, one or a list of them.
    #[serde(rename = "do")]
    #[schemars(with = "Option<OneOrMany<Verb>>")]
    pub(crate) _operations: Option<serde::de::IgnoredAny>,
    /// With `do`: the hosts; the PDC when absent.
    pub(crate) at_host: Option<Hosts>,
    /// With `do`: under whom; the domain's Administrator when absent.
    #[serde(rename = "as")]
    pub(crate) user: Option<RawCredentials>,
    /// With `do`: the code that must come.
    #[schemars(extend("default" = 0))]
    pub(crate) require: Option<u32>,
    /// Starts a script.
    pub(crate) run: Option<Word>,
}

/// The trigger's part of a step or script.
pub(crate) struct RawTrigger {
    pub(crate) at: Option<Located<Span>>,
    pub(crate) every: Option<Located<Span>>,
    pub(crate) first: Option<Located<Span>>,
    pub(crate) end: Option<Located<Span>>,
    pub(crate) count: Option<u32>,
    pub(crate) when: Option<RawCondition>,
    pub(crate) each: Option<bool>,
    pub(crate) after: Option<Span>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstall {
    /// The clients.
    pub(crate) client: Hosts,
    /// The site server; may be left out where there is one.
    pub(crate) by: Option<Word>,
    /// How.
    #[serde(default)]
    pub(crate) method: InstallMethod,
    /// Under whom a manual or logon install runs; the domain's Administrator when absent.
    pub(crate) user: Option<RawCredentials>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUpgrade {
    /// The clients.
    pub(crate) client: Hosts,
    /// The profile that they have afterwards.
    #[schemars(with = "ProfileName")]
    pub(crate) profile: Word,
    /// Values of that profile, overridden.
    #[serde(default)]
    #[schemars(with = "ProfileValues")]
    pub(crate) overrides: toml::Table,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSynchronize {
    /// The BDCs, or `domain`.
    pub(crate) at: Hosts,
    /// A full synchronisation instead of a partial one.
    #[serde(default)]
    pub(crate) full: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRestartService {
    /// The machines.
    pub(crate) host: Hosts,
    /// The service.
    pub(crate) service: ServiceName,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRestart {
    /// The machines.
    pub(crate) host: Hosts,
    /// How long they are away beside booting.
    #[schemars(extend("default" = "0s"))]
    pub(crate) down: Option<Span>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRefreshPolicy {
    /// The machines.
    pub(crate) host: Hosts,
    /// Apply even what has not changed.
    #[serde(default)]
    pub(crate) force: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawEditPolicy {
    /// The object.
    pub(crate) policy: Word,
    /// At which controller; the PDC when absent.
    pub(crate) at: Option<Word>,
    /// Defines a right: its holders and no others.
    pub(crate) define_right: Option<RawDefineRight>,
    /// Adds a holder to a right that the object defines.
    pub(crate) add_to_right: Option<RawAddToRight>,
    /// Takes a right out of the object.
    pub(crate) undefine_right: Option<RawUndefineRight>,
    /// Writes a whole `GptTmpl.inf`.
    pub(crate) write: Option<Word>,
    /// Links the object to a container.
    pub(crate) link: Option<RawPolicyLink>,
    /// Takes a link away.
    pub(crate) unlink: Option<RawPolicyUnlink>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDefineRight {
    /// The right.
    pub(crate) right: Right,
    /// Names, or `*S-1-…`; empty: nobody.
    pub(crate) holders: Vec<Name>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAddToRight {
    /// The right.
    pub(crate) right: Right,
    /// A name, or `*S-1-…`.
    pub(crate) holder: Name,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUndefineRight {
    /// The right.
    pub(crate) right: Right,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicyLink {
    /// `domain`, `site:NAME` or the name of a unit.
    pub(crate) container: Word,
    /// Whether the link is enabled.
    #[schemars(extend("default" = true))]
    pub(crate) enabled: Option<bool>,
    /// Whether it is enforced (*No Override*).
    #[serde(default)]
    pub(crate) enforced: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicyUnlink {
    /// `domain`, `site:NAME` or the name of a unit.
    pub(crate) container: Word,
}
