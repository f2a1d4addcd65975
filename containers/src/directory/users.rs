//! Users: creating, changing, their passwords and flags.

use std::collections::BTreeSet;

use mockdc_mocks::{AccountFlag, AccountName, Secret, SimTime, Win32Error};

use super::modify::Edit;
use super::{Directory, DirectoryError, Entry, Kind};
use crate::Act;

/// Bits of `userAccountControl` (MS-ADTS 2.2.16).
mod control {
    pub(super) const DISABLED: i64 = 0x2;
    pub(super) const NORMAL: i64 = 0x200;
    pub(super) const NEVER_EXPIRES: i64 = 0x1_0000;
}

/// `accountExpires` of an account that never does.
const NEVER: i64 = i64::MAX;

impl Directory {
    /// A user by its name: 2221.
    pub(crate) async fn user(&mut self, name: &AccountName) -> Result<Entry, DirectoryError> {
        let found = self.find(name).await?.filter(|entry| entry.kind == Kind::User);
        found.ok_or_else(|| DirectoryError::code(Win32Error::USER_NOT_FOUND))
    }

    pub(super) async fn user_add(
        &mut self,
        user: &AccountName,
        password: &Secret,
        comment: Option<&str>,
        flags: &BTreeSet<AccountFlag>,
    ) -> Result<(), DirectoryError> {
        self.free(user).await?;
        let mut attributes = vec![
            ("objectClass", b"user".to_vec()),
            ("sAMAccountName", user.as_str().as_bytes().to_vec()),
            ("unicodePwd", quoted(password)),
            ("userAccountControl", control_bits(control::NORMAL, flags).to_string().into_bytes()),
        ];
        if let Some(comment) = comment.filter(|comment| !comment.is_empty()) {
            attributes.push(("description", comment.as_bytes().to_vec()));
        }
        if flags.contains(&AccountFlag::MustChangePassword) {
            attributes.push(("pwdLastSet", b"0".to_vec()));
        }
        let dn = self.new_dn(user);
        self.add_entry(Act::SetPassword, &dn, attributes).await
    }

    /// Where new accounts go.
    pub(super) fn new_dn(&self, name: &AccountName) -> String {
        format!("CN={},CN=Users,{}", ldap3::dn_escape(name.as_str()), self.endpoint().base)
    }

    /// A name that no account has: 2224, 2223, 1379 by what has it.
    ///
    /// Users, global and local groups share one space of names; the directory says only that the name is taken.
    pub(super) async fn free(&mut self, name: &AccountName) -> Result<(), DirectoryError> {
        match self.find(name).await?.map(|entry| entry.kind) {
            None => Ok(()),
            Some(Kind::User) => Err(DirectoryError::code(Win32Error::NERR_USER_EXISTS)),
            Some(Kind::Group) => Err(DirectoryError::code(Win32Error::NERR_GROUP_EXISTS)),
            Some(Kind::LocalGroup) => Err(DirectoryError::code(Win32Error::ALIAS_EXISTS)),
        }
    }

    pub(super) async fn delete(&mut self, name: &AccountName, kind: Kind) -> Result<(), DirectoryError> {
        let entry = match kind {
            Kind::User => self.user(name).await?,
            Kind::Group | Kind::LocalGroup => self.group(name, kind).await?,
        };
        if kind == Kind::Group
            && !self.accounts(&format!("(primaryGroupID={})", entry.rid())).await?.is_empty()
        {
            // NetGroupDel looks; the directory would let the users' primary group vanish.
            return Err(DirectoryError::code(Win32Error::MEMBERS_PRIMARY_GROUP));
        }
        self.delete_entry(Act::Delete, &entry.dn).await
    }

    pub(super) async fn set_password(
        &mut self,
        user: &AccountName,
        password: &Secret,
    ) -> Result<(), DirectoryError> {
        let entry = self.user(user).await?;
        let edit = Edit::Set("unicodePwd", quoted(password));
        self.modify_entry(Act::SetPassword, &entry.dn, vec![edit]).await
    }

    pub(super) async fn change_password(
        &mut self,
        user: &AccountName,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), DirectoryError> {
        let entry = self.user(user).await?;
        let edits = vec![Edit::Remove("unicodePwd", quoted(old)), Edit::Add("unicodePwd", quoted(new))];
        self.modify_entry(Act::ChangePassword, &entry.dn, edits).await
    }

    pub(super) async fn set_comment(
        &mut self,
        user: &AccountName,
        comment: &str,
    ) -> Result<(), DirectoryError> {
        let entry = self.user(user).await?;
        let edit = match comment.is_empty() {
            true => Edit::Clear("description"),
            false => Edit::set("description", comment),
        };
        self.modify_entry(Act::Write, &entry.dn, vec![edit]).await
    }

    pub(super) async fn set_flags(
        &mut self,
        user: &AccountName,
        set: &BTreeSet<AccountFlag>,
        clear: &BTreeSet<AccountFlag>,
    ) -> Result<(), DirectoryError> {
        let before = self.user_info(user).await?;
        let mut flags = before.flags.clone();
        flags.extend(set.iter().copied());
        flags.retain(|flag| !clear.contains(flag));
        let mut edits = Vec::new();
        let bits = control_bits(before.control, &flags);
        if bits != before.control {
            edits.push(Edit::set("userAccountControl", bits));
        }
        let must = |flags: &BTreeSet<AccountFlag>| flags.contains(&AccountFlag::MustChangePassword);
        match (must(&before.flags), must(&flags)) {
            (false, true) => edits.push(Edit::set("pwdLastSet", 0)),
            (true, false) => edits.push(Edit::set("pwdLastSet", -1)),
            _ => {}
        }
        if clear.contains(&AccountFlag::LockedOut) {
            edits.push(Edit::set("lockoutTime", 0));
        }
        match edits.is_empty() {
            true => Ok(()),
            false => self.modify_entry(Act::Write, &before.entry.dn, edits).await,
        }
    }

    pub(crate) async fn set_expiry(
        &mut self,
        user: &AccountName,
        at: Option<SimTime>,
    ) -> Result<(), DirectoryError> {
        let entry = self.user(user).await?;
        let value = at.map_or(NEVER, |at| self.scale().file_time(at));
        self.modify_entry(Act::Write, &entry.dn, vec![Edit::set("accountExpires", value)]).await
    }

    /// The name by which programs know it, and the common name with it, so that the old one is free again.
    pub(super) async fn rename(
        &mut self,
        user: &AccountName,
        to: &AccountName,
    ) -> Result<(), DirectoryError> {
        let entry = self.user(user).await?;
        if user == to {
            return Ok(());
        }
        self.set_account_name(user, to).await?;
        self.rename_entry(Act::Create, &entry.dn, to.as_str()).await
    }

    /// The name by which programs know a user, and nothing else: 2221, 2223, 2224, 1379.
    pub async fn set_account_name(
        &mut self,
        user: &AccountName,
        to: &AccountName,
    ) -> Result<(), DirectoryError> {
        let entry = self.user(user).await?;
        if user == to {
            return Ok(());
        }
        self.free(to).await?;
        let edit = Edit::set("sAMAccountName", to);
        self.modify_entry(Act::Create, &entry.dn, vec![edit]).await
    }

    pub(super) async fn set_primary_group(
        &mut self,
        user: &AccountName,
        group: &AccountName,
    ) -> Result<(), DirectoryError> {
        let entry = self.user(user).await?;
        let group = self.group(group, Kind::Group).await?;
        if entry.primary_group == Some(group.rid()) {
            return Ok(());
        }
        let edit = Edit::set("primaryGroupID", group.rid());
        self.modify_entry(Act::PrimaryGroup, &entry.dn, vec![edit]).await
    }
}

/// The bits of `userAccountControl` that flags stand for; the others stay.
fn control_bits(before: i64, flags: &BTreeSet<AccountFlag>) -> i64 {
    let mut bits = before & !(control::DISABLED | control::NEVER_EXPIRES);
    if flags.contains(&AccountFlag::Disabled) {
        bits |= control::DISABLED;
    }
    if flags.contains(&AccountFlag::PasswordNeverExpires) {
        bits |= control::NEVER_EXPIRES;
    }
    bits
}

/// A password as `unicodePwd` takes it: in quotation marks, UTF-16LE (MS-ADTS 3.1.1.3.1.5.1).
fn quoted(password: &Secret) -> Vec<u8> {
    format!("\"{}\"", password.reveal()).encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_travels_in_quotation_marks() {
        assert_eq!(quoted(&"a".into()), [b'"', 0, b'a', 0, b'"', 0]);
    }

    #[test]
    fn flags_change_their_own_bits_only() {
        let kept = control::NORMAL | 0x40_0000;
        let flags = BTreeSet::from([AccountFlag::Disabled, AccountFlag::MustChangePassword]);
        assert_eq!(control_bits(kept | control::NEVER_EXPIRES, &flags), kept | control::DISABLED);
    }
}
