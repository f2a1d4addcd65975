//! What a client can see of a sequence's accounts at one controller.

use std::collections::{BTreeMap, BTreeSet};

/// Accounts by their names.
pub type Picture = BTreeMap<String, Shown>;

/// The name under which an account shows that lost its own to another.
pub const DUPLICATE: &str = "(lost its name)";

/// One account, attribute by attribute, in words.
pub type Shown = BTreeMap<&'static str, String>;

/// A user's attributes.
pub struct User {
    pub comment: String,
    pub disabled: bool,
    pub must_change: bool,
    pub never_expires: bool,
    pub locked_out: bool,
    pub bad_passwords: u32,
    pub primary_group: String,
    pub groups: BTreeSet<String>,
}

impl User {
    pub fn shown(self) -> Shown {
        Shown::from([
            ("kind", "user".to_owned()),
            ("comment", self.comment),
            ("disabled", self.disabled.to_string()),
            ("must-change-password", self.must_change.to_string()),
            ("password-never-expires", self.never_expires.to_string()),
            ("locked-out", self.locked_out.to_string()),
            ("bad-passwords", self.bad_passwords.to_string()),
            ("primary-group", self.primary_group),
            ("groups", listed(&self.groups)),
        ])
    }
}

/// A group's attributes.
pub fn group(kind: &str, members: &BTreeSet<String>) -> Shown {
    Shown::from([("kind", kind.to_owned()), ("members", listed(members))])
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
