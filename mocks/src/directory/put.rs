//! Putting a record into a database: indexes follow, and facts say what became visible or ceased to be.

use super::{
    Beside, Database, DatabaseKind, Members, Part, Principal, PrincipalKind, Put, Record, RecordValue, Rid,
    built_in,
};
use crate::domain::Facts;
use crate::{
    AccountFlag, AccountName, Attribute, HostName, Right, RightSet, SimTime, StateKey, Value, Version,
};

/// Whether accounts' rights can be others once a part of a database was put.
fn makes_rights(database: &Database, part: &Part) -> bool {
    match part {
        Part::GroupMembers(group) | Part::LocalGroupMembers(group) => database.confers_rights(*group),
        Part::Password(_)
        | Part::Comment(_)
        | Part::Expiry(_)
        | Part::LogonLimits(_)
        | Part::Lockout(_)
        | Part::AccountPolicy
        | Part::Object(_)
        | Part::Attribute(..) => false,
        Part::User(_)
        | Part::Flags(_)
        | Part::PrimaryGroup(_)
        | Part::Group(_)
        | Part::LocalGroup(_)
        | Part::Rights(_)
        | Part::Gpo(_)
        | Part::Links(_) => true,
    }
}

/// Where and when something shows, and where to say so.
pub(super) struct Stage<'a> {
    pub(super) at: SimTime,
    pub(super) host: &'a HostName,
    pub(super) facts: &'a mut Facts,
}

impl Stage<'_> {
    fn state(&mut self, key: StateKey, value: Option<Value>, version: Option<Version>) {
        self.facts.state(self.at, self.host, key, value, version);
    }
}

impl Database {
    /// Puts a record in place of what was there, whichever is the later: choosing is the caller's business. Does
    /// nothing when the same record is there already. Says whether it changed anything.
    pub(crate) fn put(
        &mut self,
        at: SimTime,
        host: &HostName,
        part: Part,
        record: Record,
        facts: &mut Facts,
    ) -> bool {
        if !self.is_news(&part, &record) {
            return false;
        }
        if let Some(journal) = &mut self.journal {
            let head = matches!(part, Part::User(_) | Part::Group(_) | Part::LocalGroup(_) | Part::Object(_));
            let beside = match (&part, &record.value, self.records.value(&part)) {
                (Part::Flags(_), Some(RecordValue::Flags(new)), Some(RecordValue::Flags(old)))
                    if new.contains(&AccountFlag::MustChangePassword)
                        != old.contains(&AccountFlag::MustChangePassword) =>
                {
                    Beside::MustChange
                }
                (_, None, Some(RecordValue::Time(None))) => Beside::Void,
                (_, None, Some(RecordValue::Text(text))) if text.is_empty() => Beside::Void,
                (Part::LogonLimits(_), None, None) => Beside::Void,
                _ => Beside::Nothing,
            };
            let head = head.then(|| record.clone());
            journal.push(Put { at, part: part.clone(), head, beside });
        }
        self.standings.forget(&part);
        self.rights_made += u64::from(makes_rights(self, &part));
        let stage = &mut Stage { at, host, facts };
        let version = Some(record.stamp.version);
        match part {
            Part::User(rid) => self.put_named(rid, PrincipalKind::User, part, record, stage),
            Part::Group(rid) => self.put_named(rid, PrincipalKind::Group, part, record, stage),
            Part::LocalGroup(rid) => self.put_named(rid, PrincipalKind::LocalGroup, part, record, stage),
            Part::GroupMembers(group) | Part::LocalGroupMembers(group) => {
                self.put_members(group, part, record, stage);
            }
            Part::Rights(rid) => {
                let new = rights_in(&record);
                let old = self.records.put(part, record).map(|old| rights_in(&old)).unwrap_or_default();
                if let Some(name) = self.name(rid).cloned() {
                    let lost = old.without(new).iter().map(|right| (right, None));
                    let gained = new.without(old).iter().map(|right| (right, Some(Value::Is(true))));
                    for (right, value) in lost.chain(gained) {
                        self.state_right(&name, right, value, version, stage);
                    }
                }
            }
            Part::Lockout(rid) => {
                let unlocked = matches!(record.value, Some(RecordValue::Time(None)))
                    && matches!(self.records.value(&part), Some(RecordValue::Time(Some(_))));
                // One that ended by itself left its record: the next one shows all the same.
                let ended = matches!(self.records.value(&part), Some(RecordValue::Time(Some(_))))
                    && self.locked_until(rid, at).is_none();
                self.put_attribute(rid, part, record, stage);
                if ended
                    && self.locked_until(rid, at).is_some()
                    && let Some(name) = self.name(rid).cloned()
                {
                    let key = StateKey::Attribute { account: name, attribute: Attribute::LockedOut };
                    stage.state(key, Some(Value::Is(true)), version);
                }
                let next = self.next_timeout();
                self.locks.retain(|(_, locked)| *locked != rid);
                if let Some(until) = self.locked_until(rid, at) {
                    self.locks.insert((until, rid));
                }
                if self.next_timeout() != next {
                    facts.locks_changed(host);
                }
                if unlocked {
                    self.clear_bad_passwords(at, host, rid, facts);
                }
            }
            Part::Password(rid)
            | Part::Comment(rid)
            | Part::Flags(rid)
            | Part::PrimaryGroup(rid)
            | Part::Expiry(rid) => self.put_attribute(rid, part, record, stage),
            Part::Object(_) | Part::Attribute(..) => self.put_extra(part, record),
            Part::LogonLimits(_) | Part::AccountPolicy | Part::Gpo(_) | Part::Links(_) => {
                self.records.put(part, record);
            }
        }
        true
    }

    /// Whether whoever belongs to a group has rights by that, by the group itself or through another.
    fn confers_rights(&self, group: Rid) -> bool {
        let has = |rid: Rid| !self.rights(rid).is_empty();
        group == Rid::DOMAIN_USERS || has(group) || self.groups_of(group).into_iter().any(has)
    }

    fn put_extra(&mut self, part: Part, record: Record) {
        match (&part, &record.value) {
            (Part::Object(rid), Some(RecordValue::Object(object))) => {
                self.extras.get_or_default(*rid).object = Some(object.clone());
            }
            (Part::Object(rid), _) => self.extras.get_or_default(*rid).object = None,
            (Part::Attribute(rid, name), Some(RecordValue::Values(values))) => {
                self.extras.get_or_default(*rid).attributes.insert(name.clone(), values.clone());
            }
            (Part::Attribute(rid, name), _) => {
                self.extras.get_or_default(*rid).attributes.remove(name);
            }
            _ => {}
        }
        self.records.put(part, record);
    }

    /// When the next lockout ends by itself.
    pub(crate) fn next_timeout(&self) -> Option<SimTime> {
        self.locks.first().map(|lock| lock.0).filter(|until| *until < SimTime::NEVER)
    }

    /// States the lockouts that have ended by themselves up to and including `now`.
    pub(crate) fn advance(&mut self, now: SimTime, host: &HostName, facts: &mut Facts) {
        while let Some((until, rid)) = self.locks.first().copied().filter(|lock| lock.0 <= now) {
            self.locks.remove(&(until, rid));
            // A policy that has changed meanwhile may have made it longer.
            match (self.locked_until(rid, now), self.name(rid)) {
                (Some(longer), _) => {
                    self.locks.insert((longer, rid));
                }
                (None, Some(name)) => {
                    let key = StateKey::Attribute { account: name.clone(), attribute: Attribute::LockedOut };
                    facts.state(now, host, key, Some(Value::Is(false)), None);
                }
                (None, None) => {}
            }
        }
    }

    fn put_attribute(&mut self, rid: Rid, part: Part, record: Record, stage: &mut Stage<'_>) {
        let version = Some(record.stamp.version);
        let after = self.shown(&part, record.value.as_ref());
        let before = self.records.put(part.clone(), record);
        let before = self.shown(&part, before.as_ref().and_then(|old| old.value.as_ref()));
        if let Some(Principal { kind: PrincipalKind::User, name }) = self.principal(rid) {
            for ((attribute, value), (_, old)) in
                after.into_iter().flatten().zip(before.into_iter().flatten())
            {
                if value != old {
                    let key = StateKey::Attribute { account: name.clone(), attribute };
                    stage.state(key, value, version);
                }
            }
        }
    }

    /// States everything that the database shows, as at the start of a run.
    pub(crate) fn state_all(&self, at: SimTime, host: &HostName, facts: &mut Facts) {
        let stage = &mut Stage { at, host, facts };
        // Accounts first, then what joins them, so that each membership is stated once.
        for (rid, principal) in self.principals.iter() {
            if principal.kind != PrincipalKind::Foreign {
                self.state_account(*rid, principal, stage);
            }
        }
        for rid in self.principals.keys() {
            self.state_memberships(*rid, Some(Value::Is(true)), stage);
            self.state_rights(*rid, Some(Value::Is(true)), stage);
        }
    }

    fn put_named(
        &mut self,
        rid: Rid,
        kind: PrincipalKind,
        part: Part,
        record: Record,
        stage: &mut Stage<'_>,
    ) {
        let name = match &record.value {
            Some(RecordValue::Name(name)) => Some(self.display(rid, name)),
            _ => None,
        };
        let same = match (self.principals.get(&rid), &name) {
            (Some(old), Some(new)) => (old.kind, old.name.as_str()) == (kind, new.as_str()),
            // A group that has become one of another kind is there by another part.
            (Some(old), None) => old.kind != kind,
            (None, new) => new.is_none(),
        };
        if same {
            self.records.put(part, record);
            return;
        }
        if let Some(old) = self.principals.get(&rid).cloned() {
            // What shows is taken back under the old name, with the version of the change that does it.
            let version = Some(record.stamp.version);
            self.unstate(rid, &old, version, stage);
            self.principals.remove(&rid);
            // Bad passwords are the account's, whatever its name.
            if name.is_none() {
                self.bad_passwords.remove(&rid);
                #[cfg(feature = "ldap")]
                {
                    self.logons.remove(&rid);
                    self.bury(rid, old.clone());
                }
            }
            if self.names.get(&old.name) == Some(&rid) {
                self.names.remove(&old.name);
            }
        }
        self.records.put(part, record);
        if let Some(name) = name {
            #[cfg(feature = "ldap")]
            self.graves.open(rid);
            let principal = Principal { kind, name: name.clone() };
            self.names.insert(name, rid);
            self.principals.insert(rid, principal.clone());
            self.state_account(rid, &principal, stage);
            self.state_memberships(rid, Some(Value::Is(true)), stage);
            self.state_members(rid, stage);
            self.state_rights(rid, Some(Value::Is(true)), stage);
        }
    }

    /// Enters a record without stating facts: for the state at the start, which [`Database::state_all`] states.
    pub(super) fn load(&mut self, part: Part, record: Record) {
        match (&part, &record.value) {
            (Part::User(rid), Some(RecordValue::Name(name))) => {
                self.enter(*rid, PrincipalKind::User, name);
            }
            (Part::Group(rid), Some(RecordValue::Name(name))) => {
                self.enter(*rid, PrincipalKind::Group, name);
            }
            (Part::LocalGroup(rid), Some(RecordValue::Name(name))) => {
                self.enter(*rid, PrincipalKind::LocalGroup, name);
            }
            (
                Part::GroupMembers(group) | Part::LocalGroupMembers(group),
                Some(RecordValue::Members(members)),
            ) if *group != Rid::DOMAIN_USERS => {
                let before = self.records.record(&part).map(members_in).unwrap_or_default();
                for (member, joined) in before.changes(members) {
                    let groups = self.containers.get_or_default(member);
                    let _ = if joined { groups.insert(*group) } else { groups.remove(group) };
                }
            }
            (Part::Attribute(rid, name), Some(RecordValue::Values(values))) => {
                self.extras.get_or_default(*rid).attributes.insert(name.clone(), values.clone());
            }
            _ => {}
        }
        self.records.load(part, record);
    }

    fn enter(&mut self, rid: Rid, kind: PrincipalKind, name: &AccountName) {
        let name = self.display(rid, name);
        self.names.load(name.clone(), rid);
        self.principals.load(rid, Principal { kind, name });
    }

    /// A built-in account shows under its name in the host's language as long as nobody has renamed it.
    fn display(&self, rid: Rid, name: &AccountName) -> AccountName {
        match built_in(rid).filter(|account| *name == account.name(crate::Language::English)) {
            Some(account) => account.name(self.language).into(),
            None => name.clone(),
        }
    }

    fn put_members(&mut self, group: Rid, part: Part, record: Record, stage: &mut Stage<'_>) {
        let version = Some(record.stamp.version);
        let new = members_in(&record);
        let apart = match part {
            Part::GroupMembers(group) => Part::LocalGroupMembers(group),
            _ => Part::GroupMembers(group),
        };
        let apart = self.records.record(&apart).map(members_in);
        let old = self.records.put(part, record).map(|old| members_in(&old)).unwrap_or_default();
        let inverted = self.is_domain() && group == Rid::DOMAIN_USERS;
        let name = self.name(group).cloned();
        // Whom a group lists that has become one of another kind stands in both lists for a moment.
        let there = |member: &Rid| !apart.as_ref().is_some_and(|apart| apart.contains(member));
        let changes = old.changes(&new).into_iter().filter(|(member, _)| there(member));
        let changed: Vec<(Rid, bool)> =
            changes.map(|(member, joined)| (member, joined != inverted)).collect();
        for (member, belongs) in changed.iter().copied() {
            self.standings.forget_account(member);
            if !inverted {
                let groups = self.containers.get_or_default(member);
                if belongs {
                    groups.insert(group);
                } else {
                    groups.remove(&group);
                }
            }
            if let (Some(name), Some(member)) = (&name, self.name(member)) {
                let key = StateKey::Member { group: name.clone(), member: member.clone() };
                stage.state(key, belongs.then_some(Value::Is(true)), version);
            }
        }
        if let Some(put) = self.journal.as_mut().and_then(|journal| journal.last_mut()) {
            put.beside = Beside::Members(changed);
        }
    }

    fn state_account(&self, rid: Rid, principal: &Principal, stage: &mut Stage<'_>) {
        let (kind, part) = match principal.kind {
            PrincipalKind::User => ("user", Part::User(rid)),
            PrincipalKind::Group => ("group", Part::Group(rid)),
            PrincipalKind::LocalGroup => ("local-group", Part::LocalGroup(rid)),
            PrincipalKind::Foreign => return,
        };
        let version = self.version(&part);
        let account = principal.name.clone();
        stage.state(StateKey::Account { account }, Some(Value::Text(kind.into())), version);
        if principal.kind == PrincipalKind::User {
            for part in attributes(rid) {
                let version = self.version(&part).or(version);
                for (attribute, value) in self.shown(&part, self.records.value(&part)).into_iter().flatten() {
                    if value.is_some() {
                        let key = StateKey::Attribute { account: principal.name.clone(), attribute };
                        stage.state(key, value, version);
                    }
                }
            }
            let count = self.bad_passwords.get(&rid).map_or(0, |bad| bad.count);
            let attribute = Attribute::BadPasswords;
            let key = StateKey::Attribute { account: principal.name.clone(), attribute };
            stage.state(key, Some(Value::Number(i64::from(count))), version);
        }
    }

    fn unstate(&mut self, rid: Rid, principal: &Principal, version: Option<Version>, stage: &mut Stage<'_>) {
        self.state_rights_as(rid, None, version, stage);
        self.state_memberships_as(rid, None, version, stage);
        for member in self.members(rid) {
            if let Some(member) = self.name(member) {
                let key = StateKey::Member { group: principal.name.clone(), member: member.clone() };
                stage.state(key, None, version);
            }
        }
        if principal.kind == PrincipalKind::User {
            for part in attributes(rid) {
                for (attribute, value) in self.shown(&part, self.records.value(&part)).into_iter().flatten() {
                    if value.is_some() {
                        let key = StateKey::Attribute { account: principal.name.clone(), attribute };
                        stage.state(key, None, version);
                    }
                }
            }
            let attribute = Attribute::BadPasswords;
            stage.state(StateKey::Attribute { account: principal.name.clone(), attribute }, None, version);
        }
        stage.state(StateKey::Account { account: principal.name.clone() }, None, version);
    }

    fn state_memberships(&self, rid: Rid, value: Option<Value>, stage: &mut Stage<'_>) {
        self.state_memberships_as(rid, value, None, stage);
    }

    fn state_memberships_as(
        &self,
        rid: Rid,
        value: Option<Value>,
        version: Option<Version>,
        stage: &mut Stage<'_>,
    ) {
        let Some(member) = self.name(rid) else { return };
        let domain_users = self.is_domain() && self.is_member(Rid::DOMAIN_USERS, rid);
        let domain_users = domain_users.then_some(Rid::DOMAIN_USERS);
        let listed = self.containers.get(&rid).into_iter().flatten().copied();
        for group in domain_users.into_iter().chain(listed) {
            let Some(Principal { kind, name }) = self.principal(group) else { continue };
            let version = version.or_else(|| match domain_users {
                Some(only) if only == group => self.version(&Part::User(rid)),
                _ => super::members_part(*kind, group).and_then(|part| self.version(&part)),
            });
            let key = StateKey::Member { group: name.clone(), member: member.clone() };
            stage.state(key, value.clone(), version);
        }
    }

    /// States the members of a group that has come after its list of members.
    fn state_members(&self, group: Rid, stage: &mut Stage<'_>) {
        let Some(Principal { kind, name }) = self.principal(group) else { return };
        let Some(part) = super::members_part(*kind, group) else { return };
        let version = self.version(&part);
        for member in self.members(group) {
            if let Some(member) = self.name(member) {
                let key = StateKey::Member { group: name.clone(), member: member.clone() };
                stage.state(key, Some(Value::Is(true)), version);
            }
        }
    }

    fn state_rights(&self, rid: Rid, value: Option<Value>, stage: &mut Stage<'_>) {
        self.state_rights_as(rid, value, self.version(&Part::Rights(rid)), stage);
    }

    fn state_rights_as(
        &self,
        rid: Rid,
        value: Option<Value>,
        version: Option<Version>,
        stage: &mut Stage<'_>,
    ) {
        let Some(name) = self.name(rid) else { return };
        for right in self.rights(rid) {
            self.state_right(name, right, value.clone(), version, stage);
        }
    }

    fn state_right(
        &self,
        account: &AccountName,
        right: Right,
        value: Option<Value>,
        version: Option<Version>,
        stage: &mut Stage<'_>,
    ) {
        if self.kind == (DatabaseKind::Domain { states_rights: true }) {
            stage.state(StateKey::Right { account: account.clone(), right }, value, version);
        }
    }

    /// What a part of a user with this value shows as attributes. The number of entries depends on the kind of part
    /// only.
    fn shown(&self, part: &Part, value: Option<&RecordValue>) -> [Option<(Attribute, Option<Value>)>; 2] {
        let one = |attribute, value| [Some((attribute, value)), None];
        match part {
            Part::Password(_) => {
                let password = match value {
                    Some(RecordValue::Password(password)) => Some(password),
                    _ => None,
                };
                let version = password.map(|password| Value::Number(password.version as i64));
                [
                    Some((Attribute::PasswordVersion, version)),
                    Some((Attribute::PasswordSet, password.map(|password| Value::Time(password.set)))),
                ]
            }
            Part::Comment(_) => match value {
                Some(RecordValue::Text(text)) => {
                    one(Attribute::Comment, Some(Value::Text(text.as_str().into())))
                }
                _ => one(Attribute::Comment, None),
            },
            Part::Flags(_) => {
                let has = |flag| match value {
                    Some(RecordValue::Flags(flags)) => Some(Value::Is(flags.contains(&flag))),
                    _ => None,
                };
                [
                    Some((Attribute::Disabled, has(AccountFlag::Disabled))),
                    Some((Attribute::MustChangePassword, has(AccountFlag::MustChangePassword))),
                ]
            }
            Part::PrimaryGroup(_) => {
                let group = match value {
                    Some(RecordValue::Rid(group)) => self.name(*group),
                    _ => None,
                };
                one(Attribute::PrimaryGroup, group.map(|group| Value::Text(group.as_str().into())))
            }
            Part::Expiry(_) => match value {
                Some(RecordValue::Time(Some(at))) => one(Attribute::Expires, Some(Value::Time(*at))),
                _ => one(Attribute::Expires, None),
            },
            Part::Lockout(_) => match value {
                Some(RecordValue::Time(since)) => one(Attribute::LockedOut, Some(Value::Is(since.is_some()))),
                _ => one(Attribute::LockedOut, None),
            },
            _ => [None, None],
        }
    }
}

/// The parts of a user that show as attributes.
fn attributes(rid: Rid) -> [Part; 6] {
    [
        Part::Password(rid),
        Part::Comment(rid),
        Part::Flags(rid),
        Part::PrimaryGroup(rid),
        Part::Expiry(rid),
        Part::Lockout(rid),
    ]
}

fn members_in(record: &Record) -> Members {
    match &record.value {
        Some(RecordValue::Members(members)) => members.clone(),
        _ => Members::default(),
    }
}

fn rights_in(record: &Record) -> RightSet {
    match &record.value {
        Some(RecordValue::Rights(rights)) => *rights,
        _ => RightSet::default(),
    }
}

#[cfg(all(test, feature = "ldap"))]
mod tests {
    use crate::{AdSpec, Caller, Domain, Operation, Replication, SimTime, Verb};

    #[test]
    fn only_groups_that_confer_rights_make_anybody_look_at_rights() {
        let ad = Replication::Ad(AdSpec::default());
        let builder = Domain::builder().pdc("PDC1").replication(ad).user("ann", "Passw0rd!", &[]);
        let mut domain = builder.build(1).unwrap();
        let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
        let mut go = |verb: Verb| {
            let outcome = domain.apply(SimTime::START, &admin, &Operation::new("PDC1", verb));
            assert!(outcome.answer.is_ok(), "{outcome:?}");
            let directory = domain.directory();
            directory.database(directory.pdc()).rights_made
        };
        let before = go(Verb::GroupAdd { group: "Clerks".into() });
        let joins = |group: &str| Verb::GroupAddUser { group: group.into(), user: "ann".into() };
        assert_eq!(go(joins("Clerks")), before);
        // Administrators list this group, and have rights.
        assert!(go(joins("Domain Admins")) > before);
        let member = Verb::LocalGroupAddMember { group: "Backup Operators".into(), member: "Clerks".into() };
        let nested = go(member);
        assert!(go(Verb::GroupRemoveUser { group: "Clerks".into(), user: "ann".into() }) > nested);
    }
}
