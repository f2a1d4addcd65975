//! Account policy and group policy objects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AccountName, GpoName, Name, RefreshInterval, Right, Span};

/// Password and lockout policy. The defaults are those of Windows NT: nothing is demanded, lockout is off (A24).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AccountPolicy {
    /// Passwords remembered; 0: none.
    pub history: u32,
    /// Least age before a change.
    pub minimum_age: Span,
    /// Age at which a password expires; never when absent. 42 days.
    pub maximum_age: Option<Span>,
    /// Least length in characters.
    pub minimum_length: u32,
    /// Three of four classes, no user name (Q161990).
    pub complexity: bool,
    /// Bad passwords that lock the account; 0: never.
    pub lockout_threshold: u32,
    /// Time without a bad password after which the count starts anew.
    pub lockout_reset: Span,
    /// How long a lockout lasts; until an administrator unlocks it when absent.
    pub lockout_duration: Option<Span>,
}

impl AccountPolicy {
    /// Whether a password may be changed before it expires: the least age is less than the greatest.
    pub fn ages_agree(&self) -> bool {
        self.maximum_age.is_none_or(|maximum| self.minimum_age < maximum)
    }
}

impl Default for AccountPolicy {
    fn default() -> AccountPolicy {
        AccountPolicy {
            history: 0,
            minimum_age: Span::ZERO,
            maximum_age: Some(Span::days(42)),
            minimum_length: 0,
            complexity: false,
            lockout_threshold: 0,
            lockout_reset: Span::mins(30),
            lockout_duration: Some(Span::mins(30)),
        }
    }
}

/// A group policy object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GpoSpec {
    /// Its name: `Default Domain Policy`.
    pub name: GpoName,
    /// The text of its security template, `GptTmpl.inf`; what stands below is written into it.
    #[serde(default)]
    pub template: Option<String>,
    /// User rights that it defines, with their holders.
    #[serde(default)]
    pub rights: BTreeMap<Right, Vec<Name>>,
    /// Restricted groups: `Members` lists.
    #[serde(default)]
    pub members: BTreeMap<AccountName, Vec<Name>>,
    /// Restricted groups: `Member Of` lists.
    #[serde(default)]
    pub member_of: BTreeMap<AccountName, Vec<Name>>,
    /// Where it is linked, in the order of precedence of each container (first wins).
    #[serde(default)]
    pub links: Vec<GpoLinkSpec>,
    /// Which half is disabled.
    #[serde(default)]
    pub disabled: Option<DisabledHalf>,
}

/// A link of an object to a container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GpoLinkSpec {
    /// `domain`, `site:NAME` or an organisational unit's name.
    pub container: Name,
    /// Place in the container's list, 1 strongest; after the others when absent.
    #[serde(default)]
    pub order: Option<u32>,
    /// Whether the link counts.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether it is enforced (*No Override*).
    #[serde(default)]
    pub enforced: bool,
}

fn yes() -> bool {
    true
}

/// What of an object is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DisabledHalf {
    /// The computer half, in which security settings live.
    Computer,
    /// The user half.
    User,
    /// The whole object.
    All,
}

/// An organisational unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UnitSpec {
    /// Its name. Domain controllers are in `Domain Controllers` unless they say otherwise.
    pub name: Name,
    /// The unit that holds it; the domain when absent.
    #[serde(default)]
    pub parent: Option<Name>,
    /// Whether it blocks inheritance of what is not enforced.
    #[serde(default)]
    pub block_inheritance: bool,
}

/// The domain's clocks of group policy (FACTS.md, "Group policy").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct RefreshSpec {
    /// Domain controllers: every 5 minutes.
    pub dcs: RefreshInterval,
    /// Members: every 90 minutes, and up to 30 more.
    pub members: RefreshInterval,
    /// Security settings are applied anew this often, even unchanged. 16 hours (A14).
    pub reapply: Span,
    /// Delay of the SYSVOL half of an object at the other controllers; that of the directory when absent.
    pub sysvol: Option<Span>,
}

impl Default for RefreshSpec {
    fn default() -> RefreshSpec {
        RefreshSpec {
            dcs: RefreshInterval { every: Span::mins(5), offset: Span::ZERO, first: None },
            members: RefreshInterval { every: Span::mins(90), offset: Span::mins(30), first: None },
            reapply: Span::hours(16),
            sysvol: None,
        }
    }
}
