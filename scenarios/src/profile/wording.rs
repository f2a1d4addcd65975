//! Log files and the words in them (FACTS.md, "Log files and line formats").

use std::fmt::{Display, Write};

use mockdc_mocks::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Log files, the components named in their suffixes, and each step's line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogRules {
    /// The Client Configuration Manager's file, on the site server.
    pub ccm_file: Name,
    /// Its component.
    pub ccm_component: Name,
    /// The remote install's file, on the target.
    pub remote_file: Name,
    /// The manual install's file.
    pub manual_file: Name,
    /// The logon install's file.
    pub logon_file: Name,
    /// The boot loader's component.
    pub loader_component: Name,
    /// The account library's component.
    pub library_component: Name,
    /// The manual install's component.
    pub manual_component: Name,
    /// The logon install's component.
    pub logon_component: Name,
    /// The client service's file.
    pub client_service_file: Name,
    /// Its component.
    pub client_service_component: Name,
    /// The maintenance cycle's file.
    pub maintenance_file: Name,
    /// Its component.
    pub maintenance_component: Name,
    /// Components whose suffix names the time zone.
    pub zoned: Vec<Name>,
    /// Components that leave one blank before their suffix instead of two (Q236052).
    pub one_blank: Vec<Name>,
    /// The lines.
    pub lines: Wording,
}

macro_rules! wording {
    ($($(#[$doc:meta])* $line:ident,)*) => {
        /// Each step's line. An empty one is not written.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub struct Wording { $($(#[$doc])* pub $line: Template,)* }
    };
}

wording! {
    /// CCM takes a request: `{request}`, `{host}`, `{queue}`.
    ccm_received,
    /// CCM puts a request into a queue: `{request}`, `{host}`, `{queue}`.
    ccm_stored,
    /// CCM begins to work on a request: `{request}`, `{host}`.
    ccm_begins,
    /// CCM goes through its accounts.
    ccm_tries_accounts,
    /// CCM connects: `{host}`, `{share}`, `{account}`.
    ccm_connects,
    /// CCM is connected: `{host}`, `{account}`.
    ccm_connected,
    /// CCM was refused: `{host}`, `{share}`, `{account}`, `{code}`.
    ccm_refused,
    /// No account connected: `{request}`, `{host}`, `{code}`.
    ccm_no_access,
    /// CCM waits for its account to reach the target: `{code}` of the last look.
    ccm_waits,
    /// CCM could not set its account up: `{account}`, `{code}`.
    ccm_account_failed,
    /// CCM could not install or start the boot loader: `{host}`, `{code}`.
    ccm_loader_failed,
    /// CCM deletes its account: `{account}`.
    ccm_deletes,
    /// CCM could not delete its account: `{account}`, `{code}`.
    ccm_delete_failed,
    /// The boot loader ends.
    loader_ends,
    /// The boot loader cannot read the list of servers: `{path}`, `{code}`, `{text}`.
    loader_no_servers,
    /// The boot loader cannot start its child: `{code}`, `{text}`.
    loader_no_child,
    /// The client service is not there yet: `{code}`.
    not_registered,
    /// The wait for a client service that might start.
    first_wait,
    /// The client service's account: `{account}`.
    generated,
    /// The wait for an account to reach the target: `{code}` of the last look.
    waits,
    /// The global group failed: `{code}`.
    group_failed,
    /// The client service's account failed: `{code}`, `{text}`.
    account_failed,
    /// The Server or Workstation service does not answer: `{code}`.
    server_failed,
    /// The service control manager refused: `{code}`.
    scm_failed,
    /// The install as a whole failed: `{code}`.
    launch_failed,
    /// The result as a text: `{text}`.
    result,
    /// The account library is done.
    library_ends,
    /// A manual install cleans up.
    manual_ends,
    /// The client service begins with a component: `{component}`.
    component_begins,
    /// It launches: `{component}`.
    component_launches,
    /// It verifies: `{path}`.
    component_verifies,
    /// A launch failed: `{path}`, `{code}`.
    launch_refused,
    /// The component's result: `{component}`, `{hex}`.
    component_failed,
    /// A verification follows: `{code}`.
    verification_follows,
    /// A verification failed: `{component}`, `{code}`.
    verification_failed,
    /// The client service could not set the account for its agents up: `{account}`, `{code}`.
    token_account_failed,
    /// The client service could not read what its account may do: `{account}`, `{code}`.
    standing_failed,
    /// The list of components is done: `{hex}`.
    list_done,
    /// The cycle takes a component to install: `{component}`.
    cycle_installs,
    /// The cycle takes a component to verify: `{component}`.
    cycle_verifies,
    /// The cycle is done.
    cycle_done,
}

/// A line with places for values: `{code}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Template(pub String);

impl Template {
    /// Whether the line is not written at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The line with its values. A place without a value stays as it is.
    pub fn fill(&self, values: &[(&str, &dyn Display)]) -> String {
        let mut line = String::with_capacity(self.0.len() + 24);
        let mut rest = self.0.as_str();
        while let Some(open) = rest.bytes().position(|letter| letter == b'{') {
            line.push_str(&rest[..open]);
            rest = &rest[open..];
            let place = rest.find('}').and_then(|close| {
                let value = values.iter().find(|(name, _)| *name == &rest[1..close])?;
                Some((close, value.1))
            });
            match place {
                Some((close, value)) => {
                    // Writing into a string cannot fail.
                    let _ = write!(line, "{value}");
                    rest = &rest[close + 1..];
                }
                None => {
                    line.push('{');
                    rest = &rest[1..];
                }
            }
        }
        line.push_str(rest);
        line
    }
}
