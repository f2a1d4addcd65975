//! Users, groups, rights, units and policies, as they are written.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{AccountFlag, AccountName, DisabledHalf, GroupKind, Name, Right, Secret, Span, Weekday};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Located, Short, TimeOfDay, Word};

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUser {
    /// The name. With `count` a pattern: `USER{n}`.
    pub(crate) name: Word,
    /// How many users the pattern in `name` stands for.
    pub(crate) count: Option<Located<u32>>,
    /// The password.
    pub(crate) password: Secret,
    /// The comment.
    #[serde(default)]
    pub(crate) comment: String,
    /// Flags that are set.
    #[serde(default)]
    pub(crate) flags: BTreeSet<AccountFlag>,
    /// How old the password is at the start.
    #[serde(default)]
    pub(crate) password_age: Span,
    /// Earlier passwords, latest first, for the history.
    #[serde(default)]
    pub(crate) earlier_passwords: Vec<Secret>,
    /// Groups, global or local, beside Domain Users.
    #[serde(default)]
    pub(crate) member_of: Vec<Word>,
    /// When the account expires, since the start; never when absent.
    pub(crate) expires: Option<Span>,
    /// Hours in which it may log on; outside of them 1328. Always when empty.
    #[serde(default)]
    pub(crate) logon_hours: Vec<RawHours>,
    /// Hosts that it may log on from; from others 1329. All when empty.
    #[serde(default)]
    pub(crate) workstations: Vec<Word>,
}

/// Hours of some days.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawHours {
    /// From this time of day.
    pub(crate) from: TimeOfDay,
    /// Until before this one; over midnight when it is the earlier.
    pub(crate) to: TimeOfDay,
    /// The days on which they begin; every day when absent.
    pub(crate) days: Option<Located<Vec<Weekday>>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawGroup {
    /// The name; a built-in group may be named, to add members.
    pub(crate) name: Word,
    /// Global or local.
    #[serde(default)]
    pub(crate) kind: GroupKind,
    /// Its members.
    #[serde(default)]
    pub(crate) members: Vec<Word>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRight {
    /// The account or group.
    pub(crate) account: Word,
    /// The rights that it holds.
    pub(crate) rights: Vec<Right>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUnit {
    /// The name.
    pub(crate) name: Word,
    /// The unit that holds it; the domain when absent.
    pub(crate) parent: Option<Word>,
    /// Whether policies of containers above do not reach it, unless they are enforced.
    #[serde(default)]
    pub(crate) block_inheritance: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicy {
    /// The name of the group policy object.
    pub(crate) name: Word,
    /// The text of its security template, `GptTmpl.inf`; what stands beside is written into it.
    pub(crate) template: Option<Word>,
    /// A file with the template, beside the scenario: UTF-16LE with BOM, or UTF-8.
    pub(crate) template_file: Option<Word>,
    /// User rights that it defines, each with its holders; an empty list: nobody.
    #[serde(default)]
    pub(crate) rights: BTreeMap<Right, Vec<Name>>,
    /// Restricted groups: who their members are.
    #[serde(default)]
    pub(crate) members: BTreeMap<AccountName, Vec<Name>>,
    /// Restricted groups: which groups they belong to.
    #[serde(default)]
    pub(crate) member_of: BTreeMap<AccountName, Vec<Name>>,
    /// Where it is linked: `domain`, `site:NAME` or a unit, or tables.
    pub(crate) links: Option<Vec<Short<RawGpoLink>>>,
    /// Which half of it is disabled.
    pub(crate) disabled: Option<DisabledHalf>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawGpoLink {
    /// `domain`, `site:NAME` or the name of a unit.
    pub(crate) container: Word,
    /// Its place among the links of the container, from 1; the first wins.
    pub(crate) order: Option<u32>,
    /// Whether the link is enabled.
    #[schemars(extend("default" = true))]
    pub(crate) enabled: Option<bool>,
    /// Whether it is enforced (*No Override*).
    #[serde(default)]
    pub(crate) enforced: bool,
}
