//! Who may log on, as one account database sees it.

use super::{BadPasswords, Change, Database, Part, RecordValue, Rid};
use crate::domain::Facts;
use crate::{
    AccountFlag, AccountName, Attribute, ChangeKind, HostName, Secret, SimTime, Span, StateKey, Value,
    Win32Error,
};

/// What one database says of a name and a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The account may log on.
    Good(Rid),
    /// There is no such account: 1326, and no controller asks another (Q223997).
    Unknown,
    /// The password is another one: 1326, unless the PDC knows better (Q140967).
    WrongPassword(Rid),
    /// The password does not matter, or is right, and the logon is refused all the same.
    Refused(Win32Error),
}

/// A logon as an account database sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    /// The account.
    pub(crate) user: &'a AccountName,
    /// The password.
    pub(crate) password: &'a Secret,
    /// The computer that it comes from.
    pub(crate) from: &'a HostName,
    /// When: the span since any Monday's midnight.
    pub(crate) time: Span,
    /// Whether accounts of computers are let in, as over LDAP; 1807, 1808 otherwise.
    pub(crate) computers: bool,
}

/// Looks a logon up. Counts nothing. Hours and workstations count after the account's own state and before the age of
/// the password (FACTS.md, A41).
pub(crate) fn check(now: SimTime, database: &Database, attempt: &Attempt<'_>) -> Verdict {
    let Attempt { user, password, from, time, .. } = *attempt;
    let Some(rid) = database.user(user) else { return Verdict::Unknown };
    if database.locked_until(rid, now).is_some() {
        return Verdict::Refused(Win32Error::ACCOUNT_LOCKED_OUT);
    }
    let known = match database.records().value(&Part::Password(rid)) {
        Some(RecordValue::Password(known)) if known.current == *password => known,
        _ => return Verdict::WrongPassword(rid),
    };
    if !attempt.computers
        && let Some(error) = database.flags(rid).and_then(super::refuses_logons)
    {
        return Verdict::Refused(error);
    }
    let has = |flag| database.flags(rid).is_some_and(|flags| flags.contains(&flag));
    if has(AccountFlag::Disabled) {
        return Verdict::Refused(Win32Error::ACCOUNT_DISABLED);
    }
    if database.expires(rid).is_some_and(|expires| now >= expires) {
        return Verdict::Refused(Win32Error::ACCOUNT_EXPIRED);
    }
    if let Some(RecordValue::Limits(limits)) = database.records().value(&Part::LogonLimits(rid))
        && rid != Rid::ADMINISTRATOR
        && let Err(error) = limits.allow(time, from)
    {
        return Verdict::Refused(error);
    }
    if has(AccountFlag::MustChangePassword) {
        return Verdict::Refused(Win32Error::PASSWORD_MUST_CHANGE);
    }
    let maximum = match database.records().value(&Part::AccountPolicy) {
        Some(RecordValue::AccountPolicy(policy)) => policy.maximum_age,
        _ => None,
    };
    let too_old = maximum.is_some_and(|maximum| now.since(known.set) >= maximum);
    if too_old && !has(AccountFlag::PasswordNeverExpires) {
        return Verdict::Refused(Win32Error::PASSWORD_EXPIRED);
    }
    Verdict::Good(rid)
}

impl Database {
    /// Counts a bad password at this host. Gives the change that locks the account, when this one was too many; only
    /// where the account can be written does it count for that (Q297157).
    pub(crate) fn count_bad_password(
        &mut self,
        now: SimTime,
        host: &HostName,
        rid: Rid,
        facts: &mut Facts,
    ) -> Option<Change> {
        let policy = self.account_policy();
        let bad = self.bad_passwords.entry(rid).or_default();
        if bad.count > 0 && now.since(bad.last) >= policy.lockout_reset {
            bad.count = 0;
        }
        *bad = BadPasswords { count: bad.count + 1, last: now };
        let count = bad.count;
        self.state_bad_passwords(now, host, rid, count, facts);
        let name = self.name(rid)?;
        // The built-in administrator is never locked out.
        if policy.lockout_threshold == 0 || count < policy.lockout_threshold || rid == Rid::ADMINISTRATOR {
            return None;
        }
        Some(Change::of(ChangeKind::Lockout, name, Part::Lockout(rid), RecordValue::Time(Some(now))))
    }

    /// Notes that an account was let in here, where somebody follows this controller's directory.
    #[cfg(feature = "ldap")]
    pub(crate) fn count_logon(&mut self, now: SimTime, rid: Rid) {
        if self.journal.is_some() {
            let logons = self.logons.entry(rid).or_default();
            *logons = super::Logons { last: now, count: logons.count.saturating_add(1) };
        }
    }

    /// When an account was last let in here, and how often.
    #[cfg(feature = "ldap")]
    pub(crate) fn logons(&self, rid: Rid) -> Option<super::Logons> {
        self.logons.get(&rid).copied()
    }

    /// Whether bad passwords of any account are counted at this host.
    pub(crate) fn counts_bad_passwords(&self) -> bool {
        !self.bad_passwords.is_empty()
    }

    /// Forgets the bad passwords counted at this host: after a good one, or when an administrator unlocks.
    pub(crate) fn clear_bad_passwords(&mut self, now: SimTime, host: &HostName, rid: Rid, facts: &mut Facts) {
        if self.bad_passwords.remove(&rid).is_some_and(|bad| bad.count > 0) {
            self.state_bad_passwords(now, host, rid, 0, facts);
        }
    }

    fn state_bad_passwords(&self, now: SimTime, host: &HostName, rid: Rid, count: u32, facts: &mut Facts) {
        if let Some(name) = self.name(rid) {
            let key = StateKey::Attribute { account: name.clone(), attribute: Attribute::BadPasswords };
            facts.state(now, host, key, Some(Value::Number(i64::from(count))), None);
        }
    }
}
