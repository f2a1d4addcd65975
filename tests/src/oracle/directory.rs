//! A directory with one writer, as plain lists: what each change answers, and what is there in the end. Codes are those
//! of the Net API (FACTS.md, "Error codes").

use std::collections::{BTreeMap, BTreeSet};

/// Users, their comments and groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    users: BTreeMap<usize, User>,
    members: BTreeSet<(usize, usize)>,
    /// How many changes were let through.
    pub changes: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct User {
    comment: String,
    passwords: i64,
    granted: bool,
}

impl Directory {
    /// NetUserAdd: 2224 when the user is there.
    pub fn add(&mut self, user: usize) -> u32 {
        if self.users.contains_key(&user) {
            return 2224;
        }
        self.users.insert(user, User { passwords: 1, ..User::default() });
        self.done()
    }

    /// NetUserDel: 2221 when the user is not there. Memberships go with the user.
    pub fn delete(&mut self, user: usize) -> u32 {
        if self.users.remove(&user).is_none() {
            return 2221;
        }
        self.members.retain(|member| member.1 != user);
        self.done()
    }

    /// NetUserSetInfo: 2221.
    pub fn comment(&mut self, user: usize, text: &str) -> u32 {
        match self.users.get_mut(&user) {
            Some(user) => text.clone_into(&mut user.comment),
            None => return 2221,
        }
        self.done()
    }

    /// A new password, by an administrator: 2221.
    pub fn password(&mut self, user: usize) -> u32 {
        match self.users.get_mut(&user) {
            Some(user) => user.passwords += 1,
            None => return 2221,
        }
        self.done()
    }

    /// NetGroupAddUser: 2221 without the user, 2236 for a member.
    pub fn join(&mut self, group: usize, user: usize) -> u32 {
        if !self.users.contains_key(&user) {
            return 2221;
        }
        if !self.members.insert((group, user)) {
            return 2236;
        }
        self.done()
    }

    /// NetGroupDelUser: 2221 without the user, 2237 for whom is no member.
    pub fn leave(&mut self, group: usize, user: usize) -> u32 {
        if !self.users.contains_key(&user) {
            return 2221;
        }
        if !self.members.remove(&(group, user)) {
            return 2237;
        }
        self.done()
    }

    /// LsaAddAccountRights: 1332 without the user. To grant what is granted changes nothing.
    pub fn grant(&mut self, user: usize) -> u32 {
        let Some(known) = self.users.get_mut(&user) else { return 1332 };
        let new = !std::mem::replace(&mut known.granted, true);
        self.changes += u32::from(new);
        0
    }

    /// The user's comment, password number and whether it is granted its right; `None`: there is no such user.
    pub fn user(&self, user: usize) -> Option<(&str, i64, bool)> {
        self.users.get(&user).map(|user| (user.comment.as_str(), user.passwords, user.granted))
    }

    /// Whether the user is a member of the group.
    pub fn is_member(&self, group: usize, user: usize) -> bool {
        self.members.contains(&(group, user))
    }

    /// How many members a group has.
    pub fn members(&self, group: usize) -> usize {
        self.members.iter().filter(|member| member.0 == group).count()
    }

    fn done(&mut self) -> u32 {
        self.changes += 1;
        0
    }
}
