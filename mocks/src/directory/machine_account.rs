//! Accounts of computers: how they stand in the domain's database, and what a secure channel asks of them.

use std::collections::BTreeSet;

use super::plan::user_parts;
use super::{Change, Database, Part, Password, Record, RecordValue, Rid, Stamp, succeed};
use crate::{AccountFlag, AccountName, ChangeKind, HostName, Secret, SimTime, Win32Error};

/// The flags that make an account a computer's; nobody sets or clears them later.
pub(crate) const TRUST_FLAGS: [AccountFlag; 2] =
    [AccountFlag::WorkstationTrustAccount, AccountFlag::ServerTrustAccount];

/// The name of a computer's account: its own with a `$`.
pub(crate) fn computer_account(host: &HostName) -> AccountName {
    format!("{host}$").into()
}

/// Whether these flags are a computer's.
pub(crate) fn is_computer(flags: &BTreeSet<AccountFlag>) -> bool {
    TRUST_FLAGS.iter().any(|flag| flags.contains(flag))
}

/// Why nobody logs on under an account with these flags: 1807, 1808.
pub(crate) fn refuses_logons(flags: &BTreeSet<AccountFlag>) -> Option<Win32Error> {
    match () {
        () if flags.contains(&AccountFlag::WorkstationTrustAccount) => {
            Some(Win32Error::NOLOGON_WORKSTATION_TRUST_ACCOUNT)
        }
        () if flags.contains(&AccountFlag::ServerTrustAccount) => {
            Some(Win32Error::NOLOGON_SERVER_TRUST_ACCOUNT)
        }
        () => None,
    }
}

impl Database {
    /// The account of a computer, when this copy of the domain has it.
    pub(crate) fn computer(&self, host: &HostName) -> Option<Rid> {
        let rid = self.user(&computer_account(host))?;
        self.flags(rid).is_some_and(is_computer).then_some(rid)
    }

    /// Whether a computer proves itself with one of these secrets: 1787 without an account, or with a disabled one;
    /// 1789 when the account's password is neither.
    pub(crate) fn proves<'s>(
        &self,
        host: &HostName,
        secrets: impl IntoIterator<Item = &'s Secret>,
    ) -> Result<(), Win32Error> {
        let rid = self.computer(host).ok_or(Win32Error::NO_TRUST_SAM_ACCOUNT)?;
        if self.flags(rid).is_some_and(|flags| flags.contains(&AccountFlag::Disabled)) {
            return Err(Win32Error::NO_TRUST_SAM_ACCOUNT);
        }
        let known = match self.records().value(&Part::Password(rid)) {
            Some(RecordValue::Password(password)) => Some(&password.current),
            _ => None,
        };
        match secrets.into_iter().any(|secret| known == Some(secret)) {
            true => Ok(()),
            false => Err(Win32Error::TRUSTED_RELATIONSHIP_FAILURE),
        }
    }

    /// Enters a computer's account as it is at the start.
    pub(crate) fn load_computer(&mut self, host: &HostName, secret: &Secret, flag: AccountFlag) {
        let name = computer_account(host);
        if self.find(&name).is_some() {
            return;
        }
        let rid = self.allocate_rid();
        let password =
            Password { current: secret.clone(), earlier: Vec::new(), set: SimTime::START, version: 1 };
        for (part, value) in user_parts(true, rid, &name, password, "", BTreeSet::from([flag]), None) {
            self.load(part, Record { value, stamp: Stamp::default() });
        }
    }

    /// The change that creates a workstation's account.
    pub(crate) fn plan_computer(&self, now: SimTime, rid: Rid, host: &HostName, secret: &Secret) -> Change {
        let name = computer_account(host);
        let flags = BTreeSet::from([AccountFlag::WorkstationTrustAccount]);
        let parts = user_parts(true, rid, &name, succeed(None, secret, 0, now), "", flags, None);
        Change { kind: ChangeKind::UserAdd, subject: name.name().clone(), parts }
    }

    /// The change that gives a computer's account another password; joining enables it as well.
    pub(crate) fn plan_computer_password(
        &self,
        now: SimTime,
        rid: Rid,
        host: &HostName,
        secret: &Secret,
        enable: bool,
    ) -> Change {
        let old = match self.records().value(&Part::Password(rid)) {
            Some(RecordValue::Password(password)) => Some(password),
            _ => None,
        };
        let value = RecordValue::Password(succeed(old, secret, 0, now));
        let mut change =
            Change::of(ChangeKind::MachinePassword, &computer_account(host), Part::Password(rid), value);
        let flags = self.flags(rid).filter(|flags| flags.contains(&AccountFlag::Disabled));
        if let Some(flags) = flags.filter(|_| enable) {
            let rest = flags.iter().copied().filter(|flag| *flag != AccountFlag::Disabled).collect();
            change.parts.push((Part::Flags(rid), Some(RecordValue::Flags(rest))));
        }
        change
    }
}

impl Database {
    /// The change that disables a computer's account; `None` when there is none, or it is disabled already.
    pub(crate) fn plan_disabled_computer(&self, host: &HostName) -> Option<Change> {
        let rid = self.computer(host)?;
        let mut flags = self.flags(rid)?.clone();
        flags.insert(AccountFlag::Disabled).then(|| {
            let value = RecordValue::Flags(flags);
            Change::of(ChangeKind::UserChange, &computer_account(host), Part::Flags(rid), value)
        })
    }

    /// What joining or leaving a domain changes in a machine's own groups: the domain's admins, users and guests enter
    /// Administrators, Users and Guests, or leave them.
    pub(crate) fn plan_membership(&mut self, domain: &Database, joins: bool) -> Vec<Change> {
        let pairs = [
            (Rid::ADMINISTRATORS, Rid::DOMAIN_ADMINS),
            (Rid::USERS, Rid::DOMAIN_USERS),
            (Rid::GUESTS, Rid::DOMAIN_GUESTS),
        ];
        let mut changes = Vec::new();
        for (group, theirs) in pairs {
            let Some(name) = domain.name(theirs) else { continue };
            let member = self.know_foreign(theirs, name);
            let mut members = self.listed(group).cloned().unwrap_or_default();
            let news = if joins { members.insert(member) } else { members.remove(&member) };
            if let Some(group_name) = self.name(group).filter(|_| news) {
                let value = RecordValue::Members(members);
                let part = Part::LocalGroupMembers(group);
                changes.push(Change::of(ChangeKind::LocalGroupMember, group_name, part, value));
            }
        }
        changes
    }
}
