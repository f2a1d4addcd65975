//! What a controller shows of a user.

use std::collections::BTreeSet;

use ldap3::Scope;
use mockdc_mocks::{AccountFlag, AccountName, SimTime, UserInfo, Win32Error};

use super::{Directory, DirectoryError, Entry, number, text};

/// A user as one controller shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownUser {
    /// The account.
    pub entry: Entry,
    /// Its comment (`description`).
    pub comment: String,
    /// Its flags. `CannotChangePassword` is no attribute of the directory but an entry of a security descriptor, and
    /// never stands here.
    pub flags: BTreeSet<AccountFlag>,
    /// `userAccountControl` as it stands.
    pub control: i64,
    /// Its primary group.
    pub primary_group: Option<AccountName>,
    /// When its password was set; `None` when it must be changed.
    pub password_set: Option<SimTime>,
    /// Bad passwords counted here.
    pub bad_passwords: u32,
    /// When it expires.
    pub expires: Option<SimTime>,
}

const SHOWN: &[&str] = &[
    "description",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "lockoutTime",
    "pwdLastSet",
    "badPwdCount",
    "accountExpires",
];

/// Bits of `userAccountControl` and of its computed form (MS-ADTS 2.2.16).
const DISABLED: i64 = 0x2;
const LOCKED_OUT: i64 = 0x10;
const NEVER_EXPIRES: i64 = 0x1_0000;

impl Directory {
    /// A user as this controller shows it: 2221.
    pub async fn user_info(&mut self, user: &AccountName) -> Result<ShownUser, DirectoryError> {
        let entry = self.user(user).await?;
        let found = self.search(&entry.dn, Scope::Base, "(objectClass=user)", SHOWN).await?;
        let shown = found.first().ok_or_else(|| DirectoryError::code(Win32Error::USER_NOT_FOUND))?;
        let control = number(shown, "userAccountControl").unwrap_or_default();
        let computed = number(shown, "msDS-User-Account-Control-Computed").unwrap_or_default();
        let set = number(shown, "pwdLastSet").filter(|set| *set != 0);
        let mut flags = BTreeSet::new();
        for (flag, holds) in [
            (AccountFlag::Disabled, control & DISABLED != 0),
            (AccountFlag::PasswordNeverExpires, control & NEVER_EXPIRES != 0),
            (AccountFlag::LockedOut, computed & LOCKED_OUT != 0),
            (AccountFlag::MustChangePassword, set.is_none()),
        ] {
            if holds {
                flags.insert(flag);
            }
        }
        let expires = number(shown, "accountExpires").filter(|at| *at != 0 && *at != i64::MAX);
        let scale = self.scale();
        let shown = ShownUser {
            comment: text(shown, "description").unwrap_or_default().to_owned(),
            flags,
            control,
            primary_group: None,
            password_set: set.map(|set| scale.sim_time(set)),
            bad_passwords: number(shown, "badPwdCount")
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or_default(),
            expires: expires.map(|at| scale.sim_time(at)),
            entry,
        };
        let primary_group = self.primary_group_of(&shown.entry).await?;
        Ok(ShownUser { primary_group, ..shown })
    }

    async fn primary_group_of(&mut self, user: &Entry) -> Result<Option<AccountName>, DirectoryError> {
        let (Some(rid), Some((domain, _))) = (user.primary_group, user.sid.rsplit_once('-')) else {
            return Ok(None);
        };
        let found = self.accounts(&format!("(objectSid={domain}-{rid})")).await?;
        Ok(found.into_iter().next().map(|group| group.name))
    }

    /// The security identifiers of the user and of every group that it belongs to, as this controller sees it.
    pub async fn sids_of(&mut self, user: &AccountName) -> Result<Vec<String>, DirectoryError> {
        let entry = self.user(user).await?;
        let found = self.search(&entry.dn, Scope::Base, "(objectClass=user)", &["tokenGroups"]).await?;
        let mut sids = vec![entry.sid];
        for shown in &found {
            let binary = shown.bin_attrs.get("tokenGroups").into_iter().flatten().map(Vec::as_slice);
            let texts = shown.attrs.get("tokenGroups").into_iter().flatten().map(String::as_bytes);
            sids.extend(binary.chain(texts).filter_map(super::sid_text));
        }
        Ok(sids)
    }
}

impl ShownUser {
    /// The reply of NetUserGetInfo. How often the password was set is not in the directory: 0.
    pub fn into_reply(self) -> UserInfo {
        UserInfo {
            rid: self.entry.rid(),
            name: self.entry.name,
            comment: self.comment,
            flags: self.flags,
            primary_group: self.primary_group,
            password_set: self.password_set.unwrap_or(SimTime::START),
            password_version: 0,
            bad_passwords: self.bad_passwords,
            expires: self.expires,
        }
    }
}
