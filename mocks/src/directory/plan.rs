//! Verbs that write an account database: what each would change, or why it is refused.
//!
//! Planning looks only; [`Change`]s enter a database by [`super::Controllers::commit_at`] or
//! [`Database::write_local`].

use std::collections::BTreeSet;

use super::{
    Change, Database, NewPassword, Part, Password, PrincipalKind, RecordValue, Rid, TRUST_FLAGS, check_new,
    is_computer, members_part, resolve, succeed,
};
use crate::{AccountFlag, AccountName, ChangeKind, LogonLimits, Right, Secret, SimTime, Verb, Win32Error};

/// What a writing verb would change; `None` when the verb is none of the account database's.
///
/// `fresh` is the identifier that a new account would get; whoever commits uses it up when
/// [`creates_account`] says so. `domain` is as for [`super::read`].
pub(crate) fn plan(
    now: SimTime,
    database: &Database,
    domain: Option<&Database>,
    verb: &Verb,
    fresh: Rid,
) -> Option<Result<Vec<Change>, Win32Error>> {
    let desk = Desk { now, database, domain };
    Some(match verb {
        Verb::UserAdd { user, password, comment, flags } => {
            desk.user_add(fresh, user, password, comment.as_deref(), flags)
        }
        Verb::UserDelete { user } => desk.user_delete(user),
        Verb::UserSetPassword { user, password } => desk.set_password(user, password),
        Verb::UserChangePassword { user, old, new } => desk.change_password(user, old, new),
        Verb::UserSetComment { user, comment } => desk.user(user).map(|rid| {
            let value = RecordValue::Text(comment.clone());
            vec![Change::of(ChangeKind::UserChange, user, Part::Comment(rid), value)]
        }),
        Verb::UserSetFlags { user, set, clear } => desk.set_flags(user, set, clear),
        Verb::UserSetExpiry { user, expires } => desk.user(user).map(|rid| {
            let value = RecordValue::Time(expires.map(|span| SimTime::START + span));
            vec![Change::of(ChangeKind::UserChange, user, Part::Expiry(rid), value)]
        }),
        Verb::UserSetLogonLimits { user, hours, workstations } => desk.user(user).map(|rid| {
            let limits = LogonLimits { hours: hours.clone(), workstations: workstations.clone() };
            let value = RecordValue::Limits(limits.into());
            vec![Change::of(ChangeKind::UserChange, user, Part::LogonLimits(rid), value)]
        }),
        Verb::UserRename { user, to } => desk.rename(user, to),
        Verb::UserSetPrimaryGroup { user, group } => desk.set_primary_group(user, group),
        Verb::GroupAdd { group } => desk.group_add(fresh, group),
        Verb::GroupDelete { group } => desk.group_delete(group),
        Verb::GroupAddUser { group, user } => desk.group_member(group, user, true),
        Verb::GroupRemoveUser { group, user } => desk.group_member(group, user, false),
        Verb::LocalGroupAdd { group } => desk.local_group_add(fresh, group),
        Verb::LocalGroupDelete { group } => desk.local_group_delete(group),
        Verb::LocalGroupAddMember { group, member } => desk.local_group_member(group, member, true),
        Verb::LocalGroupRemoveMember { group, member } => desk.local_group_member(group, member, false),
        Verb::RightGrant { account, right } => desk.right(account, *right, true),
        Verb::RightRevoke { account, right } => desk.right(account, *right, false),
        // NetUserModalsSet: a password could never be changed before it expires.
        Verb::AccountPolicySet { policy } if !policy.ages_agree() => Err(Win32Error::INVALID_PARAMETER),
        Verb::AccountPolicySet { policy } => Ok(vec![Change {
            kind: ChangeKind::AccountPolicy,
            subject: "account policy".into(),
            parts: vec![(Part::AccountPolicy, Some(RecordValue::AccountPolicy(policy.clone().into())))],
        }]),
        _ => return None,
    })
}

/// Whether the verb uses up the fresh identifier when it succeeds.
pub(crate) fn creates_account(verb: &Verb) -> bool {
    matches!(verb, Verb::UserAdd { .. } | Verb::GroupAdd { .. } | Verb::LocalGroupAdd { .. })
}

/// A user's first flags, from what is asked for.
fn first_flags(asked: &BTreeSet<AccountFlag>) -> BTreeSet<AccountFlag> {
    asked.iter().copied().filter(|flag| *flag != AccountFlag::LockedOut).collect()
}

struct Desk<'a> {
    now: SimTime,
    database: &'a Database,
    domain: Option<&'a Database>,
}

type Plan = Result<Vec<Change>, Win32Error>;

impl Desk<'_> {
    fn user(&self, name: &AccountName) -> Result<Rid, Win32Error> {
        self.database.user(name).ok_or(Win32Error::USER_NOT_FOUND)
    }

    fn group(&self, name: &AccountName) -> Result<Rid, Win32Error> {
        self.database.find_kind(name, PrincipalKind::Group).ok_or(Win32Error::GROUP_NOT_FOUND)
    }

    fn local_group(&self, name: &AccountName) -> Result<Rid, Win32Error> {
        self.database.find_kind(name, PrincipalKind::LocalGroup).ok_or(Win32Error::NO_SUCH_ALIAS)
    }

    fn password(&self, rid: Rid) -> Option<&Password> {
        match self.database.records().value(&Part::Password(rid)) {
            Some(RecordValue::Password(password)) => Some(password),
            _ => None,
        }
    }

    /// A free name for a new account. Users, global and local groups share one space of names.
    fn free(&self, name: &AccountName) -> Result<(), Win32Error> {
        match self.database.find(name).and_then(|rid| self.database.kind_of(rid)) {
            None => Ok(()),
            Some(PrincipalKind::User | PrincipalKind::Foreign) => Err(Win32Error::NERR_USER_EXISTS),
            Some(PrincipalKind::Group) => Err(Win32Error::NERR_GROUP_EXISTS),
            Some(PrincipalKind::LocalGroup) => Err(Win32Error::ALIAS_EXISTS),
        }
    }

    fn user_add(
        &self,
        rid: Rid,
        user: &AccountName,
        password: &Secret,
        comment: Option<&str>,
        flags: &BTreeSet<AccountFlag>,
    ) -> Plan {
        check_name(user, 20)?;
        self.free(user)?;
        let policy = self.database.account_policy();
        // Passwords of computers are exempt from the policy; only a domain has accounts of computers.
        if is_computer(flags) && !self.database.is_domain() {
            return Err(Win32Error::INVALID_PARAMETER);
        }
        if !is_computer(flags) {
            check_new(&policy, user, password, None, NewPassword::Set, self.now)?;
        }
        let parts = user_parts(
            self.database.is_domain(),
            rid,
            user,
            succeed(None, password, policy.history, self.now),
            comment.unwrap_or_default(),
            first_flags(flags),
            None,
        );
        Ok(vec![Change { kind: ChangeKind::UserAdd, subject: user.name().clone(), parts }])
    }

    /// The user's own delta, and one for each global group that lists it, except where members are links. Local groups
    /// and rights keep its identifier, which then means nobody.
    fn user_delete(&self, user: &AccountName) -> Plan {
        let rid = self.user(user)?;
        if rid.is_built_in() {
            return Err(Win32Error::SPECIAL_ACCOUNT);
        }
        self.database.keeps_an_administrator(rid, None)?;
        let mut changes = Vec::new();
        let listing = self.database.containers.get(&rid).filter(|_| !self.database.links_members);
        for group in listing.into_iter().flatten() {
            if let Some(principal) = self.database.principal(*group)
                && principal.kind == PrincipalKind::Group
            {
                changes.push(self.members_change(*group, &principal.name, rid, false));
            }
        }
        let mut parts = vec![
            (Part::User(rid), None),
            (Part::Password(rid), None),
            (Part::Comment(rid), None),
            (Part::Flags(rid), None),
            (Part::PrimaryGroup(rid), None),
            (Part::Expiry(rid), None),
            (Part::Lockout(rid), None),
        ];
        if self.database.records().value(&Part::LogonLimits(rid)).is_some() {
            parts.push((Part::LogonLimits(rid), None));
        }
        parts.extend(self.database.extra_parts(rid).map(|part| (part, None)));
        changes.push(Change { kind: ChangeKind::UserDelete, subject: user.name().clone(), parts });
        Ok(changes)
    }

    fn set_password(&self, user: &AccountName, new: &Secret) -> Plan {
        let rid = self.user(user)?;
        let policy = self.database.account_policy();
        let old = self.password(rid);
        if self.database.flags(rid).is_some_and(is_computer) {
            let kind = ChangeKind::MachinePassword;
            return Ok(vec![Change { kind, ..self.password_change(rid, user, new, 0) }]);
        }
        check_new(&policy, user, new, old, NewPassword::Set, self.now)?;
        let mut change = self.password_change(rid, user, new, policy.history);
        self.forget_must_change(rid, &mut change);
        Ok(vec![change])
    }

    /// A new password is no password to be changed at once, whoever has set it (FACTS.md, "Active Directory replication").
    fn forget_must_change(&self, rid: Rid, change: &mut Change) {
        let flags = self.database.flags(rid).into_iter().flatten().copied();
        let rest: BTreeSet<AccountFlag> =
            flags.clone().filter(|flag| *flag != AccountFlag::MustChangePassword).collect();
        if rest.len() < flags.count() {
            change.parts.push((Part::Flags(rid), Some(RecordValue::Flags(rest))));
        }
    }

    fn change_password(&self, user: &AccountName, old: &Secret, new: &Secret) -> Plan {
        let rid = self.user(user)?;
        if self.database.locked_until(rid, self.now).is_some() {
            return Err(Win32Error::ACCOUNT_LOCKED_OUT);
        }
        let password = self.password(rid);
        if password.is_none_or(|password| password.current != *old) {
            return Err(Win32Error::LOGON_FAILURE);
        }
        let flags = self.database.flags(rid);
        let has = |flag| flags.is_some_and(|flags| flags.contains(&flag));
        if has(AccountFlag::CannotChangePassword) {
            return Err(Win32Error::PASSWORD_CANT_CHANGE);
        }
        let forced = has(AccountFlag::MustChangePassword);
        let policy = self.database.account_policy();
        check_new(&policy, user, new, password, NewPassword::Change { forced }, self.now)?;
        let mut change = self.password_change(rid, user, new, policy.history);
        self.forget_must_change(rid, &mut change);
        Ok(vec![change])
    }

    fn password_change(&self, rid: Rid, user: &AccountName, new: &Secret, history: u32) -> Change {
        let value = RecordValue::Password(succeed(self.password(rid), new, history, self.now));
        Change::of(ChangeKind::Password, user, Part::Password(rid), value)
    }

    fn set_flags(
        &self,
        user: &AccountName,
        set: &BTreeSet<AccountFlag>,
        clear: &BTreeSet<AccountFlag>,
    ) -> Plan {
        let rid = self.user(user)?;
        if set.contains(&AccountFlag::LockedOut) {
            // Nobody locks an account by hand: NetUserSetInfo can only clear the flag.
            return Err(Win32Error::INVALID_PARAMETER);
        }
        if TRUST_FLAGS.iter().any(|flag| set.contains(flag) || clear.contains(flag)) {
            // What an account is for is settled when it is created.
            return Err(Win32Error::INVALID_PARAMETER);
        }
        let mut changes = Vec::new();
        let old = self.database.flags(rid).cloned().unwrap_or_default();
        let mut flags = old.clone();
        flags.extend(first_flags(set));
        flags.retain(|flag| !clear.contains(flag));
        if flags.contains(&AccountFlag::Disabled) && !old.contains(&AccountFlag::Disabled) {
            self.database.keeps_an_administrator(rid, None)?;
        }
        if flags != old {
            changes.push(Change::of(
                ChangeKind::UserChange,
                user,
                Part::Flags(rid),
                RecordValue::Flags(flags),
            ));
        }
        let since = self.database.records().value(&Part::Lockout(rid));
        if clear.contains(&AccountFlag::LockedOut) && matches!(since, Some(RecordValue::Time(Some(_)))) {
            // Only a new lockout is urgent (Q154502); that it ends is a change like any other.
            let part = Part::Lockout(rid);
            changes.push(Change::of(ChangeKind::UserChange, user, part, RecordValue::Time(None)));
        }
        Ok(changes)
    }

    /// A change of case only is the same name and makes no delta (Q168590).
    fn rename(&self, user: &AccountName, to: &AccountName) -> Plan {
        let rid = self.user(user)?;
        check_name(to, 20)?;
        if user == to {
            return Ok(Vec::new());
        }
        self.free(to)?;
        Ok(vec![Change::of(ChangeKind::UserRename, user, Part::User(rid), RecordValue::Name(to.clone()))])
    }

    fn set_primary_group(&self, user: &AccountName, group: &AccountName) -> Plan {
        let rid = self.user(user)?;
        let group = self.group(group)?;
        if !self.database.is_member(group, rid) {
            return Err(Win32Error::USER_NOT_IN_GROUP);
        }
        if self.primary_group(rid) == Some(group) {
            return Ok(Vec::new());
        }
        Ok(vec![Change::of(ChangeKind::UserChange, user, Part::PrimaryGroup(rid), RecordValue::Rid(group))])
    }

    fn primary_group(&self, rid: Rid) -> Option<Rid> {
        match self.database.records().value(&Part::PrimaryGroup(rid)) {
            Some(RecordValue::Rid(group)) => Some(*group),
            _ => None,
        }
    }

    fn group_add(&self, rid: Rid, group: &AccountName) -> Plan {
        check_name(group, 20)?;
        self.free(group)?;
        let parts = vec![
            (Part::Group(rid), Some(RecordValue::Name(group.clone()))),
            (Part::GroupMembers(rid), Some(RecordValue::Members(Default::default()))),
        ];
        Ok(vec![Change { kind: ChangeKind::GroupAdd, subject: group.name().clone(), parts }])
    }

    fn group_delete(&self, group: &AccountName) -> Plan {
        let rid = self.group(group)?;
        if rid.is_built_in() {
            return Err(Win32Error::SPECIAL_GROUP_OPERATION);
        }
        if self.database.members(rid).into_iter().any(|member| self.primary_group(member) == Some(rid)) {
            return Err(Win32Error::MEMBERS_PRIMARY_GROUP);
        }
        let mut parts = vec![(Part::Group(rid), None), (Part::GroupMembers(rid), None)];
        parts.extend(self.database.extra_parts(rid).map(|part| (part, None)));
        Ok(vec![Change { kind: ChangeKind::GroupDelete, subject: group.name().clone(), parts }])
    }

    fn group_member(&self, group: &AccountName, user: &AccountName, joins: bool) -> Plan {
        let (group_rid, rid) = (self.group(group)?, self.user(user)?);
        match (self.database.is_member(group_rid, rid), joins) {
            (true, true) => Err(Win32Error::USER_IN_GROUP),
            (false, false) => Err(Win32Error::USER_NOT_IN_GROUP),
            (true, false) if self.primary_group(rid) == Some(group_rid) => {
                Err(Win32Error::MEMBERS_PRIMARY_GROUP)
            }
            (true, false) => {
                self.database.keeps_an_administrator(rid, Some(group_rid))?;
                Ok(vec![self.members_change(group_rid, group, rid, joins)])
            }
            _ => Ok(vec![self.members_change(group_rid, group, rid, joins)]),
        }
    }

    pub(crate) fn members_change(&self, group: Rid, name: &AccountName, member: Rid, joins: bool) -> Change {
        let kind = self.database.kind_of(group).unwrap_or(PrincipalKind::Group);
        let mut members = self.database.listed(group).cloned().unwrap_or_default();
        let inverted = self.database.is_domain() && group == Rid::DOMAIN_USERS;
        if joins != inverted {
            members.insert(member);
        } else {
            members.remove(&member);
        }
        let (part, change) = match kind {
            PrincipalKind::LocalGroup => (Part::LocalGroupMembers(group), ChangeKind::LocalGroupMember),
            _ => (Part::GroupMembers(group), ChangeKind::GroupMember),
        };
        debug_assert_eq!(members_part(kind, group).as_ref(), Some(&part));
        Change::of(change, name, part, RecordValue::Members(members))
    }

    fn local_group_add(&self, rid: Rid, group: &AccountName) -> Plan {
        check_name(group, 256)?;
        self.free(group)?;
        let parts = vec![
            (Part::LocalGroup(rid), Some(RecordValue::Name(group.clone()))),
            (Part::LocalGroupMembers(rid), Some(RecordValue::Members(Default::default()))),
        ];
        Ok(vec![Change { kind: ChangeKind::LocalGroupAdd, subject: group.name().clone(), parts }])
    }

    fn local_group_delete(&self, group: &AccountName) -> Plan {
        let rid = self.local_group(group)?;
        if rid.is_built_in() {
            return Err(Win32Error::SPECIAL_ACCOUNT);
        }
        let mut parts = vec![(Part::LocalGroup(rid), None), (Part::LocalGroupMembers(rid), None)];
        parts.extend(self.database.extra_parts(rid).map(|part| (part, None)));
        Ok(vec![Change { kind: ChangeKind::LocalGroupDelete, subject: group.name().clone(), parts }])
    }

    fn local_group_member(&self, group: &AccountName, member: &AccountName, joins: bool) -> Plan {
        let group_rid = self.local_group(group)?;
        let rid = resolve(self.database, self.domain, member).ok_or(Win32Error::NO_SUCH_MEMBER)?;
        let kind = match rid.domain_account() {
            Some(account) => self.domain.and_then(|domain| domain.kind_of(account)),
            None => self.database.kind_of(rid),
        };
        if kind == Some(PrincipalKind::LocalGroup) {
            return Err(Win32Error::INVALID_MEMBER);
        }
        match (self.database.is_member(group_rid, rid), joins) {
            (true, true) => Err(Win32Error::MEMBER_IN_ALIAS),
            (false, false) => Err(Win32Error::MEMBER_NOT_IN_ALIAS),
            (true, false) => {
                self.database.keeps_an_administrator(rid, Some(group_rid))?;
                Ok(vec![self.members_change(group_rid, group, rid, joins)])
            }
            _ => Ok(vec![self.members_change(group_rid, group, rid, joins)]),
        }
    }

    /// Granting what is held, or revoking what is not, succeeds and changes nothing.
    fn right(&self, account: &AccountName, right: Right, grant: bool) -> Plan {
        let rid = resolve(self.database, self.domain, account).ok_or(Win32Error::NONE_MAPPED)?;
        let mut rights = self.database.rights(rid);
        let changed = if grant { rights.insert(right) } else { rights.remove(&right) };
        if !changed {
            return Ok(Vec::new());
        }
        Ok(vec![Change::of(ChangeKind::Rights, account, Part::Rights(rid), RecordValue::Rights(rights))])
    }
}

/// The parts of a new user.
pub(crate) fn user_parts(
    domain: bool,
    rid: Rid,
    user: &AccountName,
    password: Password,
    comment: &str,
    flags: BTreeSet<AccountFlag>,
    expires: Option<SimTime>,
) -> Vec<(Part, Option<RecordValue>)> {
    let mut parts = vec![
        // The name comes last: by then everything is there that shows with it.
        (Part::Password(rid), Some(RecordValue::Password(password))),
        (Part::Comment(rid), Some(RecordValue::Text(comment.to_owned()))),
        (Part::Flags(rid), Some(RecordValue::Flags(flags))),
        (Part::Expiry(rid), Some(RecordValue::Time(expires))),
        (Part::Lockout(rid), Some(RecordValue::Time(None))),
    ];
    if domain {
        parts.push((Part::PrimaryGroup(rid), Some(RecordValue::Rid(Rid::DOMAIN_USERS))));
    }
    parts.push((Part::User(rid), Some(RecordValue::Name(user.clone()))));
    parts
}

/// A legal account name: not empty, at most so many characters (Q159620), none of `"/\[]:;|=,+*?<>`, no control
/// character, not only dots and blanks. 2202 otherwise.
pub(crate) fn check_name(name: &AccountName, most: usize) -> Result<(), Win32Error> {
    let text = name.as_str();
    let legal = !text.is_empty()
        && text.chars().count() <= most
        && !text.chars().any(|c| c.is_control() || "\"/\\[]:;|=,+*?<>".contains(c))
        && !text.chars().all(|c| c == '.' || c == ' ');
    if legal { Ok(()) } else { Err(Win32Error::BAD_USERNAME) }
}
