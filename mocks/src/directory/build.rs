//! Account databases as they are at the start of a run.

use std::collections::BTreeSet;

use super::{
    BUILT_IN, Database, DatabaseKind, Holder, Members, Part, Password, PrincipalKind, Record, RecordValue,
    Rid, Stamp, built_in_named, members_part, plan::user_parts, sid_authority,
};
use crate::{
    AccountName, AccountPolicy, DomainSpec, EntrySpec, GroupKind, GroupSpec, HostName, Language, RightSpec,
    Secret, SimTime, SpecError, UserSpec,
};

impl Database {
    /// The domain's database with its built-in accounts.
    pub(crate) fn domain(settings: &DomainSpec, language: Language, states_rights: bool) -> Database {
        let mut database = Database::new(DatabaseKind::Domain { states_rights }, language);
        database.sid = Some(settings.sid.unwrap_or_else(|| sid_authority(settings.name.as_str())));
        database.load_built_in(Holder::Machine, &settings.administrator_password, &settings.account_policy);
        database.load_members(Rid::DOMAIN_ADMINS, [Rid::ADMINISTRATOR]);
        database.load_members(Rid::DOMAIN_GUESTS, [Rid::GUEST]);
        database.load_members(Rid::ADMINISTRATORS, [Rid::ADMINISTRATOR, Rid::DOMAIN_ADMINS]);
        database.load_members(Rid::USERS, [Rid::DOMAIN_USERS]);
        database.load_members(Rid::GUESTS, [Rid::DOMAIN_GUESTS]);
        database
    }

    /// A machine's own database with its built-in accounts; the domain's admins and users stand in its groups when
    /// `domain` says how the domain calls its accounts.
    pub(crate) fn local(
        host: &HostName,
        language: Language,
        administrator: &Secret,
        domain: Option<&Database>,
    ) -> Database {
        let mut database = Database::new(DatabaseKind::Local, language);
        database.sid = Some(sid_authority(host.as_str()));
        database.load_built_in(Holder::Domain, administrator, &AccountPolicy::default());
        let mut foreign = |rid: Rid| {
            let name = domain.and_then(|domain| domain.name(rid))?;
            Some(database.know_foreign(rid, name))
        };
        let (admins, users, guests) =
            (foreign(Rid::DOMAIN_ADMINS), foreign(Rid::DOMAIN_USERS), foreign(Rid::DOMAIN_GUESTS));
        database.load_members(Rid::ADMINISTRATORS, [Rid::ADMINISTRATOR].into_iter().chain(admins));
        database.load_members(Rid::USERS, users);
        database.load_members(Rid::GUESTS, [Rid::GUEST].into_iter().chain(guests));
        database
    }

    /// This machine's own database as it is another's that has the same accounts: what is alike is shared.
    pub(crate) fn of_machine(&self, host: &HostName) -> Database {
        Database { sid: Some(sid_authority(host.as_str())), ..self.clone() }
    }

    fn load_built_in(&mut self, without: Holder, administrator: &Secret, policy: &AccountPolicy) {
        self.load_value(Part::AccountPolicy, RecordValue::AccountPolicy(policy.clone().into()));
        for account in BUILT_IN.iter().filter(|account| account.holder != without) {
            let name: AccountName = account.name(Language::English).into();
            match account.kind {
                PrincipalKind::User => {
                    let password =
                        if account.rid == Rid::ADMINISTRATOR { administrator.clone() } else { "".into() };
                    let password =
                        Password { current: password, earlier: Vec::new(), set: SimTime::START, version: 1 };
                    let mut flags = BTreeSet::from([crate::AccountFlag::PasswordNeverExpires]);
                    if account.rid == Rid::GUEST {
                        flags.insert(crate::AccountFlag::Disabled);
                    }
                    for (part, value) in
                        user_parts(self.is_domain(), account.rid, &name, password, "", flags, None)
                    {
                        self.load(part, Record { value, stamp: Stamp::default() });
                    }
                }
                PrincipalKind::Group => {
                    self.load_value(Part::Group(account.rid), RecordValue::Name(name));
                    self.load_members(account.rid, []);
                }
                PrincipalKind::LocalGroup => {
                    self.load_value(Part::LocalGroup(account.rid), RecordValue::Name(name));
                    self.load_members(account.rid, []);
                }
                PrincipalKind::Foreign => {}
            }
        }
    }

    /// Makes room for so many users.
    pub(crate) fn expect_users(&mut self, count: usize) {
        self.records.expect_users(count);
        self.names.expect(count);
        self.principals.expect(count);
    }

    /// The identifier of an account of the start: the one that it is given, or a fresh one.
    ///
    /// # Errors
    ///
    /// When it is none of an account, or another has it.
    pub(crate) fn rid_at_start(&mut self, entry: &EntrySpec) -> Result<Rid, SpecError> {
        let Some(given) = entry.rid else { return Ok(self.allocate_rid()) };
        let rid = Rid(given);
        if !(Rid::FIRST..Rid::FIRST_OBJECT).contains(&rid) {
            return Err(SpecError(format!(
                "{given} is no identifier of an account: they begin at {}",
                Rid::FIRST.0
            )));
        }
        match self.name(rid) {
            Some(other) => Err(SpecError(format!("`{other}` has the identifier {given} already"))),
            None => Ok(rid),
        }
    }

    /// Identifiers up to this one are given, and not given out.
    pub(crate) fn reserve_rids(&mut self, last: u32) {
        self.next_rid = self.next_rid.max(last.saturating_add(1));
    }

    /// Enters a user as it is at the start. Its groups come later, by [`Database::load_membership`].
    pub(crate) fn load_user(&mut self, rid: Rid, user: &UserSpec) -> Result<(), SpecError> {
        self.load_free(&user.name)?;
        let password = Password {
            current: user.password.clone(),
            earlier: user.earlier_passwords.clone(),
            set: SimTime::START - user.password_age,
            version: 1 + user.earlier_passwords.len() as u64,
        };
        let expires = user.expires.map(|span| SimTime::START + span);
        let mut flags = user.flags.clone();
        let locked = flags.remove(&crate::AccountFlag::LockedOut);
        let parts = user_parts(self.is_domain(), rid, &user.name, password, &user.comment, flags, expires);
        for (part, value) in parts {
            self.load(part, Record { value, stamp: Stamp::default() });
        }
        if !user.limits.is_empty() {
            self.load_value(Part::LogonLimits(rid), RecordValue::Limits(user.limits.clone().into()));
        }
        if locked {
            self.load_value(Part::Lockout(rid), RecordValue::Time(Some(SimTime::START)));
            self.locks.extend(self.locked_until(rid, SimTime::START).map(|until| (until, rid)));
        }
        self.load_entry(rid, &user.entry);
        self.next_rid = self.next_rid.max(rid.0 + 1);
        Ok(())
    }

    /// Enters attributes to which the model gives no meaning.
    fn load_entry(&mut self, rid: Rid, entry: &EntrySpec) {
        for (name, values) in &entry.attributes {
            let values: Vec<Vec<u8>> = values.iter().map(|value| value.clone().into_bytes()).collect();
            self.load_value(Part::Attribute(rid, name.clone()), RecordValue::Values(values.into()));
        }
        for (name, values) in &entry.octets {
            let values: Vec<Vec<u8>> = values.iter().map(|value| value.0.clone()).collect();
            self.load_value(Part::Attribute(rid, name.clone()), RecordValue::Values(values.into()));
        }
    }

    /// Enters attributes whose values are accounts, once all accounts are there. They are kept by security identifier:
    /// whatever an account is called later, it is meant.
    pub(crate) fn load_references(&mut self, of: &AccountName, entry: &EntrySpec) -> Result<(), SpecError> {
        for (name, accounts) in &entry.accounts {
            let unknown = |account| SpecError(format!("`{account}`, the {name} of `{of}`, does not exist"));
            let mut values = Vec::new();
            for account in accounts {
                let meant = self.find_at_start(account).ok_or_else(|| unknown(account))?;
                let [a, b, c] = self.sid.unwrap_or_default();
                values.push(format!("<SID=S-1-5-21-{a}-{b}-{c}-{}>", meant.0).into_bytes());
            }
            if let Some(rid) = self.find_at_start(of) {
                self.load_value(Part::Attribute(rid, name.clone()), RecordValue::Values(values.into()));
            }
        }
        Ok(())
    }

    /// Enters a group as it is at the start; a built-in one is there already. Its members come later.
    pub(crate) fn load_group(&mut self, rid: Rid, group: &GroupSpec) -> Result<(), SpecError> {
        if self.find_at_start(&group.name).is_some() {
            return Ok(());
        }
        let name = RecordValue::Name(group.name.clone());
        match group.kind {
            GroupKind::Global => self.load_value(Part::Group(rid), name),
            GroupKind::Local => self.load_value(Part::LocalGroup(rid), name),
        }
        self.load_members(rid, []);
        self.load_entry(rid, &group.entry);
        self.next_rid = self.next_rid.max(rid.0 + 1);
        Ok(())
    }

    /// Makes an account a member of a group, both by name, as at the start.
    pub(crate) fn load_membership(
        &mut self,
        group: &AccountName,
        member: &AccountName,
        domain: Option<&Database>,
    ) -> Result<(), SpecError> {
        let group_rid = self
            .find_at_start(group)
            .filter(|rid| {
                matches!(self.kind_of(*rid), Some(PrincipalKind::Group | PrincipalKind::LocalGroup))
            })
            .ok_or_else(|| SpecError(format!("there is no group `{group}`")))?;
        let member_rid = self
            .resolve_at_start(member, domain)
            .ok_or_else(|| SpecError(format!("`{member}`, a member of `{group}`, does not exist")))?;
        if self.is_domain() && group_rid == Rid::DOMAIN_USERS {
            return Ok(());
        }
        let mut members = self.listed(group_rid).cloned().unwrap_or_default();
        members.insert(member_rid);
        self.load_list(group_rid, members);
        Ok(())
    }

    /// Gives an account rights, as at the start.
    pub(crate) fn load_rights(
        &mut self,
        spec: &RightSpec,
        domain: Option<&Database>,
    ) -> Result<(), SpecError> {
        let rid = self
            .resolve_at_start(&spec.account, domain)
            .ok_or_else(|| SpecError(format!("`{}`, a holder of rights, does not exist", spec.account)))?;
        self.load_rights_of(rid, spec.rights.iter().copied());
        Ok(())
    }

    /// Gives an account rights, as at the start.
    pub(crate) fn load_rights_of(&mut self, rid: Rid, rights: impl IntoIterator<Item = crate::Right>) {
        let mut all = self.rights(rid);
        all.extend(rights);
        self.load_value(Part::Rights(rid), RecordValue::Rights(all));
    }

    /// The account of this name at the start, which may be a built-in one under its English name.
    pub(crate) fn find_at_start(&self, name: &AccountName) -> Option<Rid> {
        let english = || built_in_named(name.as_str()).map(|account| account.rid);
        self.find(name).or_else(|| english().filter(|rid| self.principal(*rid).is_some()))
    }

    fn resolve_at_start(&mut self, name: &AccountName, domain: Option<&Database>) -> Option<Rid> {
        if let Some(rid) = self.find_at_start(name) {
            return Some(rid);
        }
        if name.as_str().eq_ignore_ascii_case("Everyone") {
            return Some(Rid::EVERYONE);
        }
        let domain = domain?;
        let rid = domain.find_at_start(name)?;
        let name = domain.name(rid)?.clone();
        Some(self.know_foreign(rid, &name))
    }

    fn load_free(&self, name: &AccountName) -> Result<(), SpecError> {
        match self.find(name) {
            None => Ok(()),
            Some(_) => Err(SpecError(format!("there are two accounts named `{name}`"))),
        }
    }

    fn load_members(&mut self, group: Rid, members: impl IntoIterator<Item = Rid>) {
        self.load_list(group, members.into_iter().collect());
    }

    fn load_list(&mut self, group: Rid, members: Members) {
        if let Some(part) = self.kind_of(group).and_then(|kind| members_part(kind, group)) {
            self.load_value(part, RecordValue::Members(members));
        }
    }

    pub(crate) fn load_value(&mut self, part: Part, value: RecordValue) {
        self.load(part, Record { value: Some(value), stamp: Stamp::default() });
    }
}
