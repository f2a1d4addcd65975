//! Making an account of a client: account, global group, rights, Administrators.

use mockdc_mocks::{AccountName, Answer, Data, HostName, Reply, Right, Secret, Verb, Win32Error};
use mockdc_scenarios::{Profile, SetupOrder};

use crate::run::Ctx;

/// An account that is to exist with a password, groups and rights.
pub(super) struct Setup<'a> {
    /// The host whose account database holds it.
    pub(super) at: &'a HostName,
    pub(super) account: &'a AccountName,
    pub(super) password: &'a Secret,
    /// On a domain controller the account belongs to a global group of its own.
    pub(super) on_dc: bool,
    pub(super) rights: &'a [Right],
    pub(super) profile: &'a Profile,
}

/// Which part of it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetupError {
    /// The global group.
    Group(Win32Error),
    /// Anything of the account.
    Account(Win32Error),
}

impl SetupError {
    pub(super) fn error(self) -> Win32Error {
        match self {
            SetupError::Group(error) | SetupError::Account(error) => error,
        }
    }
}

impl From<Win32Error> for SetupError {
    fn from(error: Win32Error) -> SetupError {
        SetupError::Account(error)
    }
}

impl Setup<'_> {
    /// Makes everything as wanted; what is there already stays, a password is set anew.
    pub(super) async fn make(&self, ctx: &Ctx) -> Result<(), SetupError> {
        let group_first = self.profile.bootstrap.order == SetupOrder::GroupFirst;
        if self.on_dc && group_first {
            self.make_group(ctx).await.map_err(SetupError::Group)?;
        }
        self.make_account(ctx).await.map_err(SetupError::Account)?;
        if self.on_dc && !group_first {
            self.make_group(ctx).await.map_err(SetupError::Group)?;
        }
        if self.on_dc {
            self.join_group(ctx).await.map_err(SetupError::Account)?;
        }
        for right in self.rights {
            let grant = Verb::RightGrant { account: self.account.clone(), right: *right };
            ctx.call(self.at, grant).await.map_err(SetupError::Account)?;
        }
        join_administrators(ctx, self.at, self.account, self.profile).await.map_err(SetupError::Account)
    }

    async fn make_group(&self, ctx: &Ctx) -> Result<(), Win32Error> {
        let group = self.profile.accounts.internal_group.clone();
        unless_there(ctx.call(self.at, Verb::GroupAdd { group }).await)
    }

    async fn make_account(&self, ctx: &Ctx) -> Result<(), Win32Error> {
        let (user, password) = (self.account.clone(), self.password.clone());
        let add = Verb::UserAdd { user, password, comment: None, flags: Default::default() };
        match ctx.call(self.at, add).await {
            Err(error) if error.means_already_there() => {
                let (user, password) = (self.account.clone(), self.password.clone());
                ctx.call(self.at, Verb::UserSetPassword { user, password }).await.map(drop)
            }
            answer => answer.map(drop),
        }
    }

    /// The group becomes the primary one before the account leaves the other: a primary group cannot be left.
    async fn join_group(&self, ctx: &Ctx) -> Result<(), Win32Error> {
        let group = &self.profile.accounts.internal_group;
        let user = || self.account.clone();
        let rules = &self.profile.bootstrap;
        if !(rules.skips_what_is_done && self.is_primary(ctx, group).await?) {
            unless_there(ctx.call(self.at, Verb::GroupAddUser { group: group.clone(), user: user() }).await)?;
            ctx.call(self.at, Verb::UserSetPrimaryGroup { user: user(), group: group.clone() }).await?;
        }
        let others = &self.profile.accounts.users_group;
        if !rules.leaves_users_group || self.stays_in_users_group(ctx).await {
            return Ok(());
        }
        if rules.skips_what_is_done && !self.is_member(ctx, others).await? {
            return Ok(());
        }
        unless_gone(ctx.call(self.at, Verb::GroupRemoveUser { group: others.clone(), user: user() }).await)
    }

    async fn is_primary(&self, ctx: &Ctx, group: &AccountName) -> Result<bool, Win32Error> {
        let answer = ctx.call(self.at, Verb::UserInfo { user: self.account.clone() }).await?;
        Ok(matches!(answer, Reply::User(info) if info.primary_group.as_ref() == Some(group)))
    }

    async fn is_member(&self, ctx: &Ctx, group: &AccountName) -> Result<bool, Win32Error> {
        let answer = ctx.call(self.at, Verb::GroupMembers { group: group.clone() }).await?;
        Ok(matches!(answer, Reply::Members(members) if members.contains(self.account)))
    }

    async fn stays_in_users_group(&self, ctx: &Ctx) -> bool {
        let rules = &self.profile.bootstrap;
        if !rules.reads_users_group_switch {
            return false;
        }
        let (key, value) = (rules.users_group_key.clone(), rules.users_group_value.clone());
        let answer = ctx.call(self.at, Verb::RegistryRead { key, value }).await;
        matches!(answer, Ok(Reply::Data(Data::Dword(switch))) if switch != 0)
    }
}

/// The name of the Administrators at a host, in that host's language.
pub(super) async fn administrators(
    ctx: &Ctx,
    at: &HostName,
    profile: &Profile,
) -> Result<AccountName, Win32Error> {
    let look_up = Verb::LookupSid { sid: profile.accounts.administrators_sid.clone(), buffer: None };
    match ctx.call(at, look_up).await? {
        Reply::Text(name) => Ok(name.into()),
        _ => Err(Win32Error::NONE_MAPPED),
    }
}

/// Makes an account a member of the Administrators.
pub(super) async fn join_administrators(
    ctx: &Ctx,
    at: &HostName,
    account: &AccountName,
    profile: &Profile,
) -> Result<(), Win32Error> {
    let group = administrators(ctx, at, profile).await?;
    unless_there(ctx.call(at, Verb::LocalGroupAddMember { group, member: account.clone() }).await)
}

/// Success, also when the thing was there already.
pub(super) fn unless_there(answer: Answer) -> Result<(), Win32Error> {
    match answer {
        Err(error) if !error.means_already_there() => Err(error),
        _ => Ok(()),
    }
}

/// Success, also when the thing was gone already.
pub(super) fn unless_gone(answer: Answer) -> Result<(), Win32Error> {
    match answer {
        Err(error) if !error.means_not_there() => Err(error),
        _ => Ok(()),
    }
}
