//! Verbs that read an account database.

use std::collections::BTreeSet;

use super::{Database, Part, PrincipalKind, RecordValue, Rid, Sid, parse_sid};
use crate::{AccountFlag, AccountName, Reply, RightSet, SimTime, Span, UserInfo, Verb, Version, Win32Error};

/// What a read gave, and the version of what it saw.
pub(crate) type Seen = (Result<Reply, Win32Error>, Option<Version>);

/// Performs a reading verb of the account database; `None` when the verb is none. `domain` is the domain as a member
/// machine sees it; absent at a controller, or when no controller can be reached.
pub(crate) fn read(
    now: SimTime,
    database: &Database,
    domain: Option<&Database>,
    verb: &Verb,
) -> Option<Seen> {
    Some(match verb {
        Verb::UserInfo { user } => match database.user(user) {
            Some(rid) => {
                (Ok(Reply::User(Box::new(user_info(now, database, rid)))), database.user_version(rid))
            }
            None => (Err(Win32Error::USER_NOT_FOUND), None),
        },
        Verb::GroupMembers { group } => {
            members(database, group, PrincipalKind::Group, Win32Error::GROUP_NOT_FOUND)
        }
        Verb::LocalGroupMembers { group } => {
            members(database, group, PrincipalKind::LocalGroup, Win32Error::NO_SUCH_ALIAS)
        }
        Verb::LookupSid { sid, buffer } => (look_up_sid(database, domain, sid, *buffer), None),
        Verb::LookupName { account, .. } => match resolve(database, domain, account) {
            Some(rid) => (Ok(Reply::Done), database.account_version(rid)),
            None => (Err(Win32Error::NONE_MAPPED), None),
        },
        Verb::RightsOf { account } => match resolve(database, domain, account) {
            Some(rid) => (
                Ok(Reply::Rights(effective_rights(database, domain, rid))),
                database.version(&Part::Rights(rid)),
            ),
            None => (Err(Win32Error::NONE_MAPPED), None),
        },
        Verb::Snapshot {} => (Ok(Reply::Text(snapshot(database))), None),
        _ => return None,
    })
}

/// The account that a name means at a host: one of its own database, else one of the domain.
pub(crate) fn resolve(database: &Database, domain: Option<&Database>, name: &AccountName) -> Option<Rid> {
    database.find(name).or_else(|| domain?.find(name).map(Rid::foreign))
}

/// Every group that counts for an account at a host, through groups of the domain as well.
pub(crate) fn groups_at(database: &Database, domain: Option<&Database>, rid: Rid) -> Vec<Rid> {
    let mut groups = database.groups_of(rid);
    if let (Some(account), Some(domain)) = (rid.domain_account(), domain) {
        for group in domain.groups_of(account) {
            if domain.kind_of(group) == Some(PrincipalKind::Group) {
                groups.push(group.foreign());
                groups.extend(database.groups_of(group.foreign()));
            }
        }
    }
    groups
}

/// The rights that a database gives an account at its host: its own, its groups', everyone's.
pub(crate) fn effective_rights(database: &Database, domain: Option<&Database>, rid: Rid) -> RightSet {
    holders_rights(database, rid, &groups_at(database, domain, rid))
}

/// The same, of an account whose groups are known.
pub(crate) fn holders_rights(database: &Database, rid: Rid, groups: &[Rid]) -> RightSet {
    let holders = [rid, Rid::EVERYONE].into_iter().chain(groups.iter().copied());
    holders.map(|holder| database.rights(holder)).collect()
}

fn members(database: &Database, group: &AccountName, kind: PrincipalKind, missing: Win32Error) -> Seen {
    let Some(rid) = database.find_kind(group, kind) else { return (Err(missing), None) };
    let names = database.members(rid).into_iter().filter_map(|member| database.name(member).cloned());
    (Ok(Reply::Members(names.collect())), database.group_version(kind, rid))
}

fn look_up_sid(
    database: &Database,
    domain: Option<&Database>,
    sid: &str,
    buffer: Option<u32>,
) -> Result<Reply, Win32Error> {
    let rid = match parse_sid(sid).ok_or(Win32Error::INVALID_PARAMETER)? {
        Sid::BuiltIn(rid) => Some(rid),
        Sid::Account { authority, rid } if Some(authority) == database.sid => Some(rid),
        Sid::Account { authority, rid } if domain.is_some_and(|domain| domain.sid == Some(authority)) => {
            Some(rid.foreign())
        }
        Sid::Account { .. } => None,
        Sid::Everyone => return fit("Everyone", buffer),
    };
    let rid = rid.ok_or(Win32Error::NONE_MAPPED)?;
    let name = match (rid.domain_account(), domain) {
        (Some(account), Some(domain)) => domain.name(account),
        _ => database.name(rid),
    };
    fit(name.ok_or(Win32Error::NONE_MAPPED)?.as_str(), buffer)
}

/// A name with its closing zero in a buffer of so many characters; 122 when it does not fit.
fn fit(name: &str, buffer: Option<u32>) -> Result<Reply, Win32Error> {
    match buffer {
        Some(buffer) if (name.chars().count() as u64) >= u64::from(buffer) => {
            Err(Win32Error::INSUFFICIENT_BUFFER)
        }
        _ => Ok(Reply::Text(name.to_owned())),
    }
}

fn user_info(now: SimTime, database: &Database, rid: Rid) -> UserInfo {
    let records = database.records();
    let (password_set, password_version) = match records.value(&Part::Password(rid)) {
        Some(RecordValue::Password(password)) => (password.set, password.version),
        _ => (SimTime::START, 0),
    };
    let comment = match records.value(&Part::Comment(rid)) {
        Some(RecordValue::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let mut flags = database.flags(rid).cloned().unwrap_or_default();
    if database.locked_until(rid, now).is_some() {
        flags.insert(AccountFlag::LockedOut);
    }
    let primary_group = match records.value(&Part::PrimaryGroup(rid)) {
        Some(RecordValue::Rid(group)) => database.name(*group).cloned(),
        _ => None,
    };
    UserInfo {
        name: database.name(rid).cloned().unwrap_or_else(|| AccountName::from("")),
        rid: rid.0,
        comment,
        flags,
        primary_group,
        password_set,
        password_version,
        bad_passwords: database.bad_passwords.get(&rid).map_or(0, |bad| bad.count),
        expires: database.expires(rid),
    }
}

/// A line for each account, each membership and each holder of rights.
fn snapshot(database: &Database) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    for (rid, principal) in database.principals.iter() {
        let kind = match principal.kind {
            PrincipalKind::User => "user",
            PrincipalKind::Group => "group",
            PrincipalKind::LocalGroup => "local-group",
            PrincipalKind::Foreign => continue,
        };
        let _ = writeln!(text, "{kind} {}", principal.name);
        for member in database.members(*rid).into_iter().filter_map(|member| database.name(member)) {
            let _ = writeln!(text, "member {} {member}", principal.name);
        }
    }
    for (rid, rights) in database.all_rights() {
        if let Some(name) = database.name(rid) {
            for right in rights {
                let _ = writeln!(text, "right {name} {right}");
            }
        }
    }
    text
}

impl Database {
    /// A user's flags, lockout apart.
    pub(crate) fn flags(&self, rid: Rid) -> Option<&BTreeSet<AccountFlag>> {
        match self.records.value(&Part::Flags(rid)) {
            Some(RecordValue::Flags(flags)) => Some(flags),
            _ => None,
        }
    }

    /// When a user expires.
    pub(crate) fn expires(&self, rid: Rid) -> Option<SimTime> {
        match self.records.value(&Part::Expiry(rid)) {
            Some(RecordValue::Time(at)) => *at,
            _ => None,
        }
    }

    /// Until when a user is locked out; `None` when it is not, [`SimTime::NEVER`] when only an administrator unlocks.
    pub(crate) fn locked_until(&self, rid: Rid, now: SimTime) -> Option<SimTime> {
        let Some(RecordValue::Time(Some(since))) = self.records.value(&Part::Lockout(rid)) else {
            return None;
        };
        let duration = match self.records.value(&Part::AccountPolicy) {
            Some(RecordValue::AccountPolicy(policy)) => policy.lockout_duration,
            _ => Some(Span::mins(30)),
        };
        let until = duration.map_or(SimTime::NEVER, |duration| *since + duration);
        (now < until).then_some(until)
    }

    /// The version of an account of any kind.
    pub(crate) fn account_version(&self, rid: Rid) -> Option<Version> {
        match self.kind_of(rid)? {
            PrincipalKind::User => self.user_version(rid),
            kind => self.group_version(kind, rid),
        }
    }

    /// The latest version among a user's parts.
    pub(crate) fn user_version(&self, rid: Rid) -> Option<Version> {
        let parts = [
            Part::User(rid),
            Part::Password(rid),
            Part::Comment(rid),
            Part::Flags(rid),
            Part::PrimaryGroup(rid),
            Part::Expiry(rid),
            Part::LogonLimits(rid),
            Part::Lockout(rid),
        ];
        parts.iter().filter_map(|part| self.version(part)).max()
    }

    /// The latest version of a group and its members.
    pub(crate) fn group_version(&self, kind: PrincipalKind, rid: Rid) -> Option<Version> {
        let own = match kind {
            PrincipalKind::Group => Part::Group(rid),
            _ => Part::LocalGroup(rid),
        };
        let members = super::members_part(kind, rid).and_then(|part| self.version(&part));
        self.version(&own).max(members)
    }
}
