//! What a client can see of a sequence's accounts at one controller.

use std::collections::{BTreeMap, BTreeSet};

/// The name under which the numbers of replication stand beside the accounts.
pub(crate) const NUMBERS: &str = "(numbers)";

/// Accounts by their names.
pub(crate) type Picture = BTreeMap<String, Shown>;

/// The name under which an account shows that lost its own to another, in lists and, with a number, in a picture.
pub(crate) const DUPLICATE: &str = "(lost its name)";

/// Accounts in the order of their names. Those that lost theirs are told apart by what they show.
pub(crate) fn picture(accounts: impl IntoIterator<Item = (String, Shown)>) -> Picture {
    let (mut lost, named): (Vec<_>, Vec<_>) = accounts.into_iter().partition(|(name, _)| name == DUPLICATE);
    lost.sort();
    let lost =
        lost.into_iter().enumerate().map(|(number, (name, shown))| (format!("{name} {number}"), shown));
    named.into_iter().chain(lost).collect()
}

/// What is left of deleted accounts, by name, and by number where one name was deleted more than once.
pub(crate) fn tombstones(mut all: Vec<(String, Shown)>) -> Picture {
    all.sort();
    let mut numbered = Picture::new();
    for (name, shown) in all {
        let number = (1..).find(|number| !numbered.contains_key(&format!("{name} {number}"))).unwrap_or(0);
        numbered.insert(format!("{name} {number}"), shown);
    }
    numbered
}

/// Whether an account in it has lost its name.
pub(crate) fn has_lost_names(picture: &Picture) -> bool {
    picture.keys().any(|name| name.starts_with(DUPLICATE))
}

/// One account, attribute by attribute, in words.
pub(crate) type Shown = BTreeMap<&'static str, String>;

/// A user's attributes.
pub(crate) struct User {
    pub(crate) comment: String,
    pub(crate) disabled: bool,
    pub(crate) must_change: bool,
    pub(crate) never_expires: bool,
    pub(crate) locked_out: bool,
    pub(crate) bad_passwords: u32,
    pub(crate) primary_group: String,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) expires: bool,
    pub(crate) rights: BTreeSet<String>,
}

impl User {
    pub(crate) fn shown(self) -> Shown {
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
            ("expires", self.expires.to_string()),
            ("rights", listed(&self.rights)),
        ])
    }
}

/// What the numbers of replication say: whether the up-to-dateness vector of this controller reaches the highest number
/// that the other has given to a change of its own.
pub(crate) fn numbers(reaches: bool) -> (String, Shown) {
    (NUMBERS.to_owned(), Shown::from([("vector", if reaches { "reaches" } else { "lags" }.to_owned())]))
}

/// A group's attributes.
pub(crate) fn group(kind: &str, members: &BTreeSet<String>) -> Shown {
    Shown::from([("kind", kind.to_owned()), ("members", listed(members))])
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
