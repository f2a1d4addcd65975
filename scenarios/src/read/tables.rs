//! The head of a file and the domain, as they are written.

use mockdc_mocks::{AccountPolicy, ComputerAccounts, Secret, SecureChannelSpec, Span};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Endless, Located, Model, Word};

/// Keys at the top of the file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Head {
    /// The version of the language; always the first key. There is one: 1.
    #[serde(rename = "format")]
    pub(crate) _format: i64,
    /// The name, unique among what is run together: small letters, digits, `-` and `.`.
    pub(crate) name: Word,
    /// One line for people.
    #[serde(default)]
    pub(crate) title: String,
    /// What the scenario shows, at length.
    #[serde(default)]
    pub(crate) description: String,
    /// The articles that it stands on: `Q304961`.
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    /// Words to select by, with `--tag`.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// The date of instant 0. Logs show it, and hours of the day follow it.
    #[schemars(extend("default" = "2002-08-06 09:00:00"))]
    pub(crate) start: Option<Word>,
    /// The full name of the time zone that servers write into their logs.
    #[schemars(extend("default" = "Pacific Standard Time"))]
    pub(crate) time_zone: Option<String>,
    /// Fixes the seed of everything drawn; the command line's otherwise.
    pub(crate) seed: Option<u64>,
    /// The end of the run. By default an hour after the first attempt of each install is decided and the last step has run.
    pub(crate) until: Option<Located<Span>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawDomain {
    /// The NetBIOS name of the domain.
    #[schemars(extend("default" = "CORP"))]
    pub(crate) name: Option<Word>,
    /// How changes travel between domain controllers: a table with the model as its key. `nt4` with its defaults when absent.
    pub(crate) replication: Option<Located<Model>>,
    /// Password and lockout policy of the domain.
    pub(crate) account_policy: Option<Located<RawAccountPolicy>>,
    /// The password of the domain's Administrator.
    #[schemars(extend("default" = "Adm1n-password!"))]
    pub(crate) administrator_password: Option<Secret>,
    /// Members of Domain Users beside the accounts named here; they only cost bytes.
    #[schemars(extend("default" = 0))]
    pub(crate) further_users: Option<u32>,
    /// Exports of a real directory, LDIF files beside the scenario: their users, groups, computers and organisational units
    /// are there at the start.
    #[serde(default)]
    pub(crate) ldif: Vec<Word>,
    /// The password of every account from `ldif`; exports have none.
    #[schemars(extend("default" = crate::IMPORTED_PASSWORD))]
    pub(crate) ldif_password: Option<Secret>,
    /// How often machines refresh their group policy, and how long SYSVOL takes.
    pub(crate) refresh: Option<mockdc_mocks::RefreshSpec>,
    /// Whether machines have accounts in the directory; by default they do as soon as the file speaks of one.
    pub(crate) computer_accounts: Option<ComputerAccounts>,
    /// How secure channels behave where the sources are silent.
    pub(crate) secure_channel: Option<SecureChannelSpec>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawAccountPolicy {
    /// Passwords that are remembered and refused; 0: none.
    #[schemars(extend("default" = AccountPolicy::default().history))]
    history: Option<u32>,
    /// Least age of a password before it can be changed.
    #[schemars(extend("default" = AccountPolicy::default().minimum_age))]
    minimum_age: Option<Span>,
    /// Age at which a password expires, or `"never"`.
    #[schemars(extend("default" = AccountPolicy::default().maximum_age))]
    maximum_age: Option<Endless>,
    /// Least length of a password in characters.
    #[schemars(extend("default" = AccountPolicy::default().minimum_length))]
    minimum_length: Option<u32>,
    /// Passwords need letters of three of four classes, and no user name.
    complexity: bool,
    /// Bad passwords that lock an account out; 0: never.
    lockout_threshold: u32,
    /// Time without a bad password after which the count starts anew.
    #[schemars(extend("default" = AccountPolicy::default().lockout_reset))]
    lockout_reset: Option<Span>,
    /// How long a lockout lasts, or `"forever"`: until an administrator unlocks the account.
    #[schemars(extend("default" = AccountPolicy::default().lockout_duration))]
    lockout_duration: Option<Endless>,
}

impl From<RawAccountPolicy> for AccountPolicy {
    fn from(raw: RawAccountPolicy) -> AccountPolicy {
        let plain = AccountPolicy::default();
        AccountPolicy {
            history: raw.history.unwrap_or(plain.history),
            minimum_age: raw.minimum_age.unwrap_or(plain.minimum_age),
            maximum_age: raw.maximum_age.map_or(plain.maximum_age, |age| age.0),
            minimum_length: raw.minimum_length.unwrap_or(plain.minimum_length),
            complexity: raw.complexity,
            lockout_threshold: raw.lockout_threshold,
            lockout_reset: raw.lockout_reset.unwrap_or(plain.lockout_reset),
            lockout_duration: raw.lockout_duration.map_or(plain.lockout_duration, |span| span.0),
        }
    }
}
