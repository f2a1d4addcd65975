//! A user or computer as a write leaves it: attributes go in, the parts that differ come out.

use std::collections::BTreeSet;

use super::schema::Attribute;
use super::time::from_file_time;
use super::view::{Values, View, number, uac};
use super::{LdapError, Problem, ResultCode};
use crate::directory::{
    NewPassword, Part, Password, PrincipalKind, RecordValue, Rid, check_name, check_new, is_computer, succeed,
};
use crate::{AccountFlag, AccountName, HostName, LogonHours, LogonLimits, Secret, SimTime, Win32Error};

/// A user or computer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Account {
    pub(super) name: AccountName,
    pub(super) flags: BTreeSet<AccountFlag>,
    /// Bits of `userAccountControl` that mean nothing to the model.
    other: u32,
    pub(super) password: Password,
    comment: String,
    expires: Option<SimTime>,
    pub(super) primary: Rid,
    limits: LogonLimits,
    locked: Option<SimTime>,
}

impl Account {
    /// A new one: disabled and without a password, as the directory makes it.
    pub(super) fn fresh(name: AccountName, computer: bool, now: SimTime) -> Account {
        let mut flags = BTreeSet::from([AccountFlag::Disabled]);
        if computer {
            flags.insert(AccountFlag::WorkstationTrustAccount);
        } else {
            flags.insert(AccountFlag::MustChangePassword);
        }
        // None has been set: the first one will be the first.
        let password = Password { current: "".into(), earlier: Vec::new(), set: now, version: 0 };
        Account {
            name,
            flags,
            other: uac::PASSWD_NOTREQD,
            password,
            comment: String::new(),
            expires: None,
            primary: Rid::DOMAIN_USERS,
            limits: LogonLimits::default(),
            locked: None,
        }
    }

    /// One that comes back from its tombstone: disabled, since that has kept no password.
    pub(super) fn reanimated(
        name: AccountName,
        flags: &BTreeSet<AccountFlag>,
        control: &Values,
        now: SimTime,
    ) -> Account {
        let fresh = Account::fresh(name, is_computer(flags), now);
        let control = control.first().and_then(|value| number(value)).unwrap_or_default();
        let flags = flags.union(&fresh.flags).copied().collect();
        Account { flags, other: control as u32 & !uac::MODELLED, ..fresh }
    }

    /// One as it is.
    pub(super) fn of(view: &View<'_>, id: Rid) -> Option<Account> {
        let records = view.database.records();
        Some(Account {
            name: view.database.name(id)?.clone(),
            flags: view.database.flags(id).cloned().unwrap_or_default(),
            other: view.user_account_control(id) & !uac::MODELLED,
            password: view.password(id)?.clone(),
            comment: match records.value(&Part::Comment(id)) {
                Some(RecordValue::Text(text)) => text.clone(),
                _ => String::new(),
            },
            expires: view.database.expires(id),
            primary: view.primary_group(id).unwrap_or(Rid::DOMAIN_USERS),
            limits: view.limits(id).cloned().unwrap_or_default(),
            locked: match records.value(&Part::Lockout(id)) {
                Some(RecordValue::Time(since)) => *since,
                _ => None,
            },
        })
    }

    /// Whether the model has a meaning for an attribute.
    pub(super) fn models(attribute: &str) -> bool {
        const MODELLED: [&str; 9] = [
            "sAMAccountName",
            "userAccountControl",
            "description",
            "pwdLastSet",
            "accountExpires",
            "lockoutTime",
            "primaryGroupID",
            "userWorkstations",
            "logonHours",
        ];
        MODELLED.contains(&attribute)
    }

    /// Gives it the values of an attribute that the model has a meaning for; `None`: it has none for this one.
    pub(super) fn set(
        &mut self,
        view: &View<'_>,
        id: Option<Rid>,
        attribute: &Attribute,
        values: &Values,
    ) -> Option<Result<(), LdapError>> {
        let first = values.first().map(Vec::as_slice);
        let figure = || first.and_then(number).ok_or_else(|| wrong_value(attribute));
        let wish = |text: Option<&[u8]>| text.map(|text| String::from_utf8_lossy(text).into_owned());
        Some(match attribute.name {
            "sAMAccountName" => match wish(first) {
                Some(name) => self.rename(view, id, &name),
                None => Err(LdapError::unwilling(0x57, 0x031A_0F4F)),
            },
            "userAccountControl" => figure().and_then(|bits| self.control(view, bits as u32)),
            "description" => {
                self.comment = wish(first).unwrap_or_default();
                Ok(())
            }
            "pwdLastSet" => figure().and_then(|figure| match figure {
                0 => {
                    self.flags.insert(AccountFlag::MustChangePassword);
                    Ok(())
                }
                -1 => {
                    self.flags.remove(&AccountFlag::MustChangePassword);
                    self.password.set = view.now;
                    Ok(())
                }
                _ => Err(LdapError::unwilling(0x57, 0x031A_1232)),
            }),
            "accountExpires" => {
                let figure = if first.is_none() { Ok(0) } else { figure() };
                figure.map(|figure| {
                    let at = SimTime(from_file_time(figure).saturating_sub(view.start_unix_ms));
                    self.expires = (figure != 0 && figure != i64::MAX).then_some(at);
                })
            }
            "lockoutTime" => match first.and_then(number) {
                Some(0) | None => {
                    self.locked = None;
                    Ok(())
                }
                Some(_) => Err(LdapError::unwilling(0x57, 0x031A_1254)),
            },
            "primaryGroupID" => figure().and_then(|figure| {
                let group = Rid(u32::try_from(figure).unwrap_or_default());
                let member = id.is_some_and(|id| view.database.is_member(group, id));
                if member || group == self.primary || id.is_none() && group == Rid::DOMAIN_USERS {
                    self.primary = group;
                    Ok(())
                } else if is_computer(&self.flags) && matches!(figure, 515 | 516) {
                    // The model has no such group; a computer's own place is its kind's.
                    Ok(())
                } else {
                    Err(LdapError::unwilling(0x561, 0x031A_120C))
                }
            }),
            "userWorkstations" => {
                let list = wish(first).unwrap_or_default();
                let hosts = list.split(',').map(str::trim).filter(|host| !host.is_empty());
                self.limits.workstations = hosts.map(HostName::from).collect();
                Ok(())
            }
            "logonHours" => match first {
                None => {
                    self.limits.hours.clear();
                    Ok(())
                }
                Some(week) => match LogonHours::of_week(week) {
                    Some(hours) => {
                        self.limits.hours = hours;
                        Ok(())
                    }
                    None => Err(LdapError::unwilling(0x57, 0x031A_0F80)),
                },
            },
            _ => return None,
        })
    }

    fn rename(&mut self, view: &View<'_>, id: Option<Rid>, name: &str) -> Result<(), LdapError> {
        let name = AccountName::from(name);
        free_name(view, id, &name, 20)?;
        self.name = name;
        Ok(())
    }

    fn control(&mut self, view: &View<'_>, bits: u32) -> Result<(), LdapError> {
        let before = self.flags.clone();
        let bits = self.of_its_kind(bits)?;
        for (flag, bit) in [
            (AccountFlag::Disabled, uac::DISABLED),
            (AccountFlag::PasswordNeverExpires, uac::DONT_EXPIRE),
            (AccountFlag::WorkstationTrustAccount, uac::WORKSTATION),
            (AccountFlag::ServerTrustAccount, uac::SERVER),
        ] {
            if bits & bit != 0 {
                self.flags.insert(flag);
            } else {
                self.flags.remove(&flag);
            }
        }
        if is_computer(&self.flags) {
            self.flags.remove(&AccountFlag::MustChangePassword);
        }
        self.other = bits & !uac::MODELLED;
        let enabled = before.contains(&AccountFlag::Disabled) && !self.flags.contains(&AccountFlag::Disabled);
        let without = self.password.current.reveal().is_empty();
        let needed = view.database.account_policy().minimum_length > 0;
        if enabled && without && needed && self.other & uac::PASSWD_NOTREQD == 0 && !is_computer(&self.flags)
        {
            return Err(password_refused(ResultCode::UNWILLING_TO_PERFORM));
        }
        Ok(())
    }

    /// The bits with the kind of account that this one is, which no flag changes: a user stays a user and a computer a
    /// computer, at its place in the tree (FACTS.md, A57).
    fn of_its_kind(&self, bits: u32) -> Result<u32, LdapError> {
        let own = [
            (AccountFlag::WorkstationTrustAccount, uac::WORKSTATION),
            (AccountFlag::ServerTrustAccount, uac::SERVER),
        ]
        .into_iter()
        .find_map(|(flag, bit)| self.flags.contains(&flag).then_some(bit))
        .unwrap_or(uac::NORMAL);
        match bits & (uac::NORMAL | uac::WORKSTATION | uac::SERVER) {
            0 => Ok(bits | own),
            stated if stated == own => Ok(bits),
            _ => Err(LdapError::unwilling(0x57, 0x031A_0F80)),
        }
    }

    /// An administrator's reset.
    pub(super) fn set_password(&mut self, view: &View<'_>, new: &Secret) -> Result<(), LdapError> {
        let policy = view.database.account_policy();
        if !is_computer(&self.flags) {
            check_new(&policy, &self.name, new, Some(&self.password), NewPassword::Set, view.now)
                .map_err(|_| password_refused(ResultCode::UNWILLING_TO_PERFORM))?;
        }
        self.take_password(view, new, policy.history);
        Ok(())
    }

    /// A change by whoever knows the old one; `Err(None)`: it is another.
    pub(super) fn change_password(
        &mut self,
        view: &View<'_>,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), Option<LdapError>> {
        let locked = view.database.user(&self.name).and_then(|id| view.database.locked_until(id, view.now));
        if locked.is_some() {
            return Err(Some(LdapError::attribute(
                ResultCode::CONSTRAINT_VIOLATION,
                Win32Error::ACCOUNT_LOCKED_OUT.0,
                (1005, "CONSTRAINT_ATT_TYPE"),
                0x9005a,
                "unicodePwd",
            )));
        }
        if self.password.current != *old {
            return Err(None);
        }
        let policy = view.database.account_policy();
        let forced = self.flags.contains(&AccountFlag::MustChangePassword);
        if self.flags.contains(&AccountFlag::CannotChangePassword) {
            return Err(Some(LdapError::access_denied()));
        }
        let how = NewPassword::Change { forced };
        check_new(&policy, &self.name, new, Some(&self.password), how, view.now)
            .map_err(|_| Some(password_refused(ResultCode::CONSTRAINT_VIOLATION)))?;
        self.take_password(view, new, policy.history);
        Ok(())
    }

    fn take_password(&mut self, view: &View<'_>, new: &Secret, history: u32) {
        // No password at all is none that history remembers.
        let old = if self.password.current.reveal().is_empty() { None } else { Some(&self.password) };
        let version = self.password.version + 1;
        self.password = Password { version, ..succeed(old, new, history, view.now) };
        self.flags.remove(&AccountFlag::MustChangePassword);
    }

    /// The parts in which it differs from what it was; all of them when it is new. The name comes last.
    pub(super) fn parts(&self, id: Rid, old: Option<&Account>) -> Vec<(Part, Option<RecordValue>)> {
        let mut parts = Vec::new();
        if old.is_none_or(|old| old.password != self.password) {
            parts.push((Part::Password(id), Some(RecordValue::Password(self.password.clone()))));
        }
        if old.is_none_or(|old| old.comment != self.comment) {
            parts.push((Part::Comment(id), Some(RecordValue::Text(self.comment.clone()))));
        }
        if old.is_none_or(|old| old.flags != self.flags) {
            parts.push((Part::Flags(id), Some(RecordValue::Flags(self.flags.clone()))));
        }
        if old.is_none_or(|old| old.expires != self.expires) {
            parts.push((Part::Expiry(id), Some(RecordValue::Time(self.expires))));
        }
        if old.is_none_or(|old| old.locked != self.locked) {
            parts.push((Part::Lockout(id), Some(RecordValue::Time(self.locked))));
        }
        if old.is_none_or(|old| old.primary != self.primary) {
            parts.push((Part::PrimaryGroup(id), Some(RecordValue::Rid(self.primary))));
        }
        let unlimited = LogonLimits::default();
        if self.limits != *old.map_or(&unlimited, |old| &old.limits) {
            parts.push((Part::LogonLimits(id), Some(RecordValue::Limits(self.limits.clone().into()))));
        }
        if self.other != old.map_or(0, |old| old.other) {
            let values = vec![self.other.to_string().into_bytes()];
            let part = Part::Attribute(id, "userAccountControl".into());
            parts.push((part, Some(RecordValue::Values(values.into()))));
        }
        // Another spelling is another name.
        if old.is_none_or(|old| old.name.as_str() != self.name.as_str()) {
            parts.push((Part::User(id), Some(RecordValue::Name(self.name.clone()))));
        }
        parts
    }
}

/// Whether an account may have this logon name: characters, length and end (MS-SAMR 3.1.1.6), and that nobody has it.
pub(super) fn free_name(
    view: &View<'_>,
    id: Option<Rid>,
    name: &AccountName,
    most: usize,
) -> Result<(), LdapError> {
    if check_name(name, most).is_err() || name.as_str().ends_with('.') {
        return Err(LdapError::account_name());
    }
    let fixed = |other: &&Rid| {
        view.values(**other, "samaccountname")
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name.as_str().as_bytes()))
    };
    let taken = match view.database.find(name) {
        Some(other) if Some(other) == id => None,
        Some(other) => view.database.kind_of(other),
        None => view.tree.fixed_accounts().iter().find(fixed).map(|_| PrincipalKind::User),
    };
    match taken {
        None => Ok(()),
        Some(PrincipalKind::User | PrincipalKind::Foreign) => Err(LdapError::exists(0x524, 0x031A_0F4F)),
        Some(PrincipalKind::Group) => Err(LdapError::exists(0x526, 0x031A_0F4F)),
        Some(PrincipalKind::LocalGroup) => Err(LdapError::exists(0x563, 0x031A_0F4F)),
    }
}

/// A password that the policy does not let through, or that is none.
pub(super) fn password_refused(code: ResultCode) -> LdapError {
    let problem = match code {
        ResultCode::CONSTRAINT_VIOLATION => {
            return LdapError::attribute(
                code,
                Win32Error::PASSWORD_RESTRICTION.0,
                (1005, "CONSTRAINT_ATT_TYPE"),
                0x9005a,
                "unicodePwd",
            );
        }
        _ => Problem("SvcErr", 5003, "WILL_NOT_PERFORM"),
    };
    LdapError::service(code, Win32Error::PASSWORD_RESTRICTION.0, 0x031A_0FC0, problem)
}

/// A value that is none of the attribute's syntax.
pub(super) fn wrong_value(attribute: &Attribute) -> LdapError {
    LdapError::attribute(
        ResultCode::INVALID_ATTRIBUTE_SYNTAX,
        0x57,
        (1005, "CONSTRAINT_ATT_TYPE"),
        0,
        attribute.name,
    )
}

/// A quoted password in UTF-16.
pub(super) fn quoted(value: &[u8]) -> Option<Secret> {
    if !value.len().is_multiple_of(2) {
        return None;
    }
    let units: Vec<u16> = value.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let text = String::from_utf16(&units).ok()?;
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    Some(Secret::from(inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap::LiveDomain;
    use crate::{Clock, Domain};

    #[test]
    fn a_password_stands_in_quotes() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(quoted(&utf16("\"Pä55\"")), Some(Secret::from("Pä55")));
        assert_eq!(quoted(&utf16("Pass")), None);
        assert_eq!(quoted(b"\"Pass\""), None);
        assert_eq!(quoted(b"\"\0a"), None);
    }

    struct Standing;

    impl Clock for Standing {
        fn now(&self) -> SimTime {
            SimTime::START
        }
    }

    #[test]
    fn the_first_password_is_the_first_and_the_next_one_the_second() {
        let live = LiveDomain::new(Domain::builder().pdc("PDC1").build(1).unwrap(), Standing);
        live.enter(|state, now| {
            let view = state.view(&"PDC1".into(), now, 0);
            let mut account = Account::fresh("x".into(), false, now);
            assert_eq!(account.password.version, 0, "none was set");
            account.set_password(&view, &"Pa55-word!".into()).unwrap();
            assert_eq!(account.password.version, 1);
            // One that a scenario gives an account may be empty, and counts.
            account.password.current = "".into();
            account.set_password(&view, &"0ther-word!".into()).unwrap();
            assert_eq!(account.password.version, 2);
        });
    }
}
