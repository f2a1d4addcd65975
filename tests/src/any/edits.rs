//! Changes of the directory, over a handful of users and groups so that they meet.

use std::fmt;

use proptest::prelude::*;

use super::Dated;
use crate::text::span;

/// The users that are made, changed and deleted.
pub const USERS: [&str; 4] = ["ADA", "BOB", "CLEO", "DAN"];

/// The global groups that they join; [`groups`] states them.
pub const GROUPS: [&str; 2] = ["RED", "BLUE"];

/// A change of the directory. Users and groups are places in [`USERS`] and [`GROUPS`].
#[derive(Clone, Debug)]
pub enum Edit {
    /// A user is made.
    Add(usize),
    /// A user is deleted.
    Delete(usize),
    /// A user gets a comment.
    Comment(usize, u8),
    /// A user gets a password.
    Password(usize, u8),
    /// A user joins a group.
    Join(usize, usize),
    /// A user leaves a group.
    Leave(usize, usize),
    /// A user is granted the right to log on as a service.
    Grant(usize),
}

impl fmt::Display for Edit {
    /// As a verb of `do`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Edit::Add(user) => {
                write!(f, "user-add = {{ user = \"{}\", password = \"Secret-14-chars\" }}", USERS[*user])
            }
            Edit::Delete(user) => write!(f, "user-delete = {{ user = \"{}\" }}", USERS[*user]),
            Edit::Comment(user, text) => {
                write!(f, "user-set-comment = {{ user = \"{}\", comment = \"note {text}\" }}", USERS[*user])
            }
            Edit::Password(user, text) => {
                write!(
                    f,
                    "user-set-password = {{ user = \"{}\", password = \"Secret-{text:03}\" }}",
                    USERS[*user]
                )
            }
            Edit::Join(group, user) => {
                write!(
                    f,
                    "group-add-user = {{ group = \"{}\", user = \"{}\" }}",
                    GROUPS[*group], USERS[*user]
                )
            }
            Edit::Leave(group, user) => {
                write!(
                    f,
                    "group-remove-user = {{ group = \"{}\", user = \"{}\" }}",
                    GROUPS[*group], USERS[*user]
                )
            }
            Edit::Grant(user) => write!(
                f,
                "right-grant = {{ account = \"{}\", right = \"SeServiceLogonRight\" }}",
                USERS[*user]
            ),
        }
    }
}

/// The groups, as tables.
pub fn groups() -> String {
    GROUPS.iter().map(|group| format!("[[group]]\nname = \"{group}\"\n\n")).collect()
}

/// Any change.
pub fn edits() -> impl Strategy<Value = Edit> {
    prop_oneof![3 => edits_of_users(), 2 => edits_of_groups(), 1 => (0..USERS.len()).prop_map(Edit::Grant)]
}

/// Changes that concern one user alone.
pub fn edits_of_users() -> impl Strategy<Value = Edit> {
    let user = 0..USERS.len();
    prop_oneof![
        3 => user.clone().prop_map(Edit::Add),
        1 => user.clone().prop_map(Edit::Delete),
        2 => (user.clone(), any::<u8>()).prop_map(|(user, text)| Edit::Comment(user, text)),
        1 => (user, any::<u8>()).prop_map(|(user, text)| Edit::Password(user, text)),
    ]
}

fn edits_of_groups() -> impl Strategy<Value = Edit> {
    let places = (0..GROUPS.len(), 0..USERS.len(), any::<bool>());
    places.prop_map(|(group, user, joins)| match joins {
        true => Edit::Join(group, user),
        false => Edit::Leave(group, user),
    })
}

/// A step that makes a change at a controller, and the code that it must end with.
pub fn step(edit: &Dated<Edit>, at_host: &str, code: u32) -> String {
    let Dated { at, what } = edit;
    let require = if code == 0 { String::new() } else { format!("require = {code}\n") };
    format!("[[step]]\nat = \"{}\"\nat-host = \"{at_host}\"\ndo = {{ {what} }}\n{require}\n", span(*at))
}
