//! One account database: a controller's replica, or a member machine's own.
//!
//! Records are what replicates; everything else here is an index over them, kept by [`Database::put`].
//!
//! Every user of a domain belongs to Domain Users from its creation without standing in that group's list: the
//! record of its members holds those who were taken *out*. So creating an account makes no delta of a group that may
//! have sixty thousand members, and taking it out makes one (Q311127).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Disk, Layered, Members, Part, PrincipalKind, Put, Record, RecordValue, Records, Restored, Rid,
    SidAuthority, Stamp, Standings,
};
#[cfg(feature = "ldap")]
use super::{Graves, KEPT, Logons, Remains};
use crate::domain::Facts;
use crate::{AccountName, AccountPolicy, HostName, Invocation, Language, RightSet, SimTime, Version};

/// An account database with its indexes.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pub(super) records: Records,
    pub(super) kind: DatabaseKind,
    pub(super) language: Language,
    pub(super) names: Layered<AccountName, Rid>,
    pub(super) principals: Layered<Rid, Principal>,
    pub(super) containers: Layered<Rid, BTreeSet<Rid>>,
    /// What stands in the parts `Object` and `Attribute`.
    pub(super) extras: Layered<Rid, Extras>,
    /// Which parts were put when, for whoever follows the database.
    pub(super) journal: Option<Vec<Put>>,
    /// What deleted accounts keep, from when on the journal is kept.
    #[cfg(feature = "ldap")]
    pub(super) graves: Graves,
    /// When accounts were last let in at this controller and how often, from when on the journal is kept.
    #[cfg(feature = "ldap")]
    pub(super) logons: BTreeMap<Rid, Logons>,
    pub(super) bad_passwords: BTreeMap<Rid, BadPasswords>,
    pub(super) locks: BTreeSet<(SimTime, Rid)>,
    pub(super) standings: Standings,
    /// How often a part was put of which rights are made.
    pub(super) rights_made: u64,
    /// How often it was put back to an earlier state, and to which.
    pub(super) restored: Restored,
    pub(super) next_rid: u32,
    pub(super) sid: Option<SidAuthority>,
    /// Whether members are links, as in Active Directory: one to a deleted account is gone without a change.
    pub(super) links_members: bool,
}

/// What an account or object has beside what the model gives a meaning to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extras {
    /// Where it stands.
    pub(crate) object: Option<std::sync::Arc<super::Object>>,
    /// Its attributes.
    pub(crate) attributes: BTreeMap<crate::Name, super::Values>,
}

/// Whose accounts a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DatabaseKind {
    /// A controller's replica. `states_rights`: rights in it are effective at once, as on Windows NT, and stated as
    /// facts; where group policy decides them the machine states them.
    Domain {
        /// Whether rights count as they stand.
        states_rights: bool,
    },
    /// A member machine's own.
    Local,
}

/// An account of any kind, as its name shows on this host.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Principal {
    /// What it is.
    pub(crate) kind: PrincipalKind,
    /// Its name.
    pub(crate) name: AccountName,
}

/// Bad passwords counted at one host; the count does not replicate (Q297157).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BadPasswords {
    /// How many since the last good one or since the count began anew.
    pub(crate) count: u32,
    /// When the last one was.
    pub(crate) last: SimTime,
}

impl Database {
    /// An empty database.
    pub(crate) fn new(kind: DatabaseKind, language: Language) -> Database {
        Database {
            records: Records::default(),
            kind,
            language,
            names: Layered::default(),
            principals: Layered::default(),
            containers: Layered::default(),
            extras: Layered::default(),
            journal: None,
            #[cfg(feature = "ldap")]
            graves: Graves::default(),
            #[cfg(feature = "ldap")]
            logons: BTreeMap::new(),
            bad_passwords: BTreeMap::new(),
            locks: BTreeSet::new(),
            standings: Standings::default(),
            rights_made: 0,
            restored: Restored::default(),
            next_rid: Rid::FIRST.0,
            sid: None,
            links_members: false,
        }
    }

    /// Makes what is here the common ground of the replicas to come: each of them keeps only what it changes.
    pub(crate) fn settle(&mut self) {
        self.records.settle();
        self.names.settle_loose();
        self.principals.settle();
        self.containers.settle();
        self.extras.settle();
    }

    /// Whether this database and another are replicas of one that nothing was put to since, and show the same names.
    #[cfg(feature = "ldap")]
    pub(crate) fn begins_like(&self, other: &Database) -> bool {
        self.language == other.language
            && self.restored == other.restored
            && self.records.are_still(&other.records)
            && self.names.is_still(&other.names)
            && self.principals.is_still(&other.principals)
            && self.extras.is_still(&other.extras)
            && self.graves.all().chain(other.graves.all()).next().is_none()
    }

    /// From now on notes which parts are put, if it does not do so already.
    #[cfg(feature = "ldap")]
    pub(crate) fn keep_journal(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// Takes what was put since the last call.
    #[cfg(feature = "ldap")]
    pub(crate) fn take_journal(&mut self) -> Vec<Put> {
        self.journal.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Whether anything was put since the last call of [`Database::take_journal`].
    #[cfg(feature = "ldap")]
    pub(crate) fn has_journal(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| !journal.is_empty())
    }

    /// How much was put since the last call of [`Database::take_journal`].
    #[cfg(feature = "ldap")]
    pub(crate) fn journal_length(&self) -> usize {
        self.journal.as_ref().map_or(0, Vec::len)
    }

    /// What is left of a deleted account.
    #[cfg(feature = "ldap")]
    pub(crate) fn remains(&self, rid: Rid) -> Option<&Remains> {
        self.graves.remains(rid)
    }

    /// The deleted accounts whose last name this is.
    #[cfg(feature = "ldap")]
    pub(crate) fn buried(&self, name: &AccountName) -> impl Iterator<Item = Rid> {
        self.graves.named(name)
    }

    /// Every deleted account of which something is left.
    #[cfg(feature = "ldap")]
    pub(crate) fn all_buried(&self) -> impl Iterator<Item = Rid> {
        self.graves.all()
    }

    /// Notes what is left of an account that is about to go.
    #[cfg(feature = "ldap")]
    pub(super) fn bury(&mut self, rid: Rid, principal: Principal) {
        if self.journal.is_none() {
            return;
        }
        let extras = self.extras.get(&rid);
        let stated = |name: &&str| {
            let name = crate::Name::from(*name);
            let values = extras?.attributes.get(&name)?.clone();
            Some((name, values))
        };
        let stated = KEPT.iter().filter_map(stated).collect();
        let flags = self.flags(rid).cloned().unwrap_or_default();
        let object = extras.and_then(|extras| extras.object.clone());
        self.graves.keep(rid, Remains { principal, flags, stated, object });
    }

    /// Takes over what is left of an account where it was deleted, whatever was known of it here.
    #[cfg(feature = "ldap")]
    pub(crate) fn inherit(&mut self, rid: Rid, remains: Remains) {
        self.graves.keep(rid, remains);
    }

    /// The groups that list an account, Domain Users apart.
    #[cfg(feature = "ldap")]
    pub(crate) fn direct_groups(&self, rid: Rid) -> Vec<Rid> {
        self.containers.get(&rid).into_iter().flatten().copied().collect()
    }

    /// How many bad passwords this host has counted for an account, and when the last was.
    #[cfg(feature = "ldap")]
    pub(crate) fn bad_passwords(&self, rid: Rid) -> (u32, SimTime) {
        self.bad_passwords.get(&rid).map_or((0, SimTime::START), |bad| (bad.count, bad.last))
    }

    /// Every object that is no account.
    #[cfg(feature = "ldap")]
    pub(crate) fn plain_objects(&self) -> Vec<Rid> {
        self.extras.keys().copied().filter(|rid| rid.is_plain_object()).collect()
    }

    /// Where an account or object stands and what it has beside what the model gives a meaning to.
    #[cfg(feature = "ldap")]
    pub(crate) fn extras(&self, rid: Rid) -> Option<&Extras> {
        self.extras.get(&rid)
    }

    /// What replicates.
    pub(crate) fn records(&self) -> &Records {
        &self.records
    }

    /// The numbers that tell the accounts of this domain or machine from others.
    pub(crate) fn sid(&self) -> Option<SidAuthority> {
        self.sid
    }

    /// Every account, with its name and kind.
    pub(crate) fn principals(&self) -> impl Iterator<Item = (Rid, &Principal)> {
        self.principals.iter().map(|(rid, principal)| (*rid, principal))
    }

    /// Whether it is a controller's.
    pub(crate) fn is_domain(&self) -> bool {
        matches!(self.kind, DatabaseKind::Domain { .. })
    }

    /// The account of this name, of any kind.
    pub(crate) fn find(&self, name: &AccountName) -> Option<Rid> {
        self.names.get(name).copied()
    }

    /// The account of this name, when it is of this kind.
    pub(crate) fn find_kind(&self, name: &AccountName, kind: PrincipalKind) -> Option<Rid> {
        self.find(name).filter(|rid| self.kind_of(*rid) == Some(kind))
    }

    /// The user of this name.
    pub(crate) fn user(&self, name: &AccountName) -> Option<Rid> {
        self.find_kind(name, PrincipalKind::User)
    }

    /// An account by its identifier.
    pub(crate) fn principal(&self, rid: Rid) -> Option<&Principal> {
        self.principals.get(&rid)
    }

    /// An account's kind.
    pub(crate) fn kind_of(&self, rid: Rid) -> Option<PrincipalKind> {
        self.principal(rid).map(|principal| principal.kind)
    }

    /// An account's name as this host shows it.
    pub(crate) fn name(&self, rid: Rid) -> Option<&AccountName> {
        self.principal(rid).map(|principal| &principal.name)
    }

    /// The version of a part: of the change that made it.
    pub(crate) fn version(&self, part: &Part) -> Option<Version> {
        self.records.record(part).map(|record| record.stamp.version)
    }

    /// The account policy.
    pub(crate) fn account_policy(&self) -> AccountPolicy {
        match self.records.value(&Part::AccountPolicy) {
            Some(RecordValue::AccountPolicy(policy)) => AccountPolicy::clone(policy),
            _ => AccountPolicy::default(),
        }
    }

    /// The listed members of a group; of Domain Users, those who were taken out.
    pub(crate) fn listed(&self, group: Rid) -> Option<&Members> {
        match self.records.value(&members_part(self.kind_of(group)?, group)?) {
            Some(RecordValue::Members(members)) => Some(members),
            _ => None,
        }
    }

    /// Whether the account belongs to the group itself, not through another.
    pub(crate) fn is_member(&self, group: Rid, member: Rid) -> bool {
        if self.is_domain() && group == Rid::DOMAIN_USERS {
            return self.kind_of(member) == Some(PrincipalKind::User)
                && !self.listed(group).is_some_and(|out| out.contains(&member));
        }
        self.listed(group).is_some_and(|members| members.contains(&member))
    }

    /// The members of a group that this host can name.
    pub(crate) fn members(&self, group: Rid) -> Vec<Rid> {
        if self.is_domain() && group == Rid::DOMAIN_USERS {
            return self.principals.keys().copied().filter(|rid| self.is_member(group, *rid)).collect();
        }
        let listed = self.listed(group).into_iter().flat_map(Members::iter);
        listed.copied().filter(|rid| self.principals.contains_key(rid)).collect()
    }

    /// How many members a group has, without counting them one by one.
    pub(crate) fn member_count(&self, group: Rid) -> u64 {
        let listed = self.listed(group).map_or(0, Members::len) as u64;
        if self.is_domain() && group == Rid::DOMAIN_USERS {
            return (self.principals.len() as u64).saturating_sub(listed);
        }
        listed
    }

    /// Every group that the account belongs to, itself or through another group.
    pub(crate) fn groups_of(&self, rid: Rid) -> Vec<Rid> {
        let mut groups = Vec::new();
        if self.is_domain() && self.is_member(Rid::DOMAIN_USERS, rid) {
            groups.push(Rid::DOMAIN_USERS);
        }
        let mut next = Some(rid);
        let mut looked_at = 0;
        while let Some(member) = next {
            for group in self.containers.get(&member).into_iter().flatten() {
                if !groups.contains(group) {
                    groups.push(*group);
                }
            }
            next = groups.get(looked_at).copied();
            looked_at += 1;
        }
        groups
    }

    /// The rights that the database gives to this account itself.
    pub(crate) fn rights(&self, rid: Rid) -> RightSet {
        match self.records.value(&Part::Rights(rid)) {
            Some(RecordValue::Rights(rights)) => *rights,
            _ => RightSet::default(),
        }
    }

    /// Every account that the database gives rights to, with them.
    pub(crate) fn all_rights(&self) -> impl Iterator<Item = (Rid, RightSet)> {
        self.records.rights().filter_map(|(part, record)| match (part, &record.value) {
            (Part::Rights(rid), Some(RecordValue::Rights(rights))) => Some((*rid, *rights)),
            _ => None,
        })
    }

    /// Makes an account of the domain known by its name, so that a local group or right can name it.
    pub(crate) fn know_foreign(&mut self, domain_rid: Rid, name: &AccountName) -> Rid {
        let rid = domain_rid.foreign();
        let principal = Principal { kind: PrincipalKind::Foreign, name: name.clone() };
        self.principals.insert(rid, principal);
        rid
    }

    /// A fresh identifier of a machine's own database.
    pub(crate) fn allocate_rid(&mut self) -> Rid {
        let rid = Rid(self.next_rid);
        self.next_rid += 1;
        rid
    }

    /// The identifier that the next account of a machine's own database gets.
    pub(crate) fn next_rid(&self) -> Rid {
        Rid(self.next_rid)
    }

    /// The language in which built-in accounts show.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// Shows built-in accounts in another language, as at the start.
    pub(crate) fn speak(&mut self, language: Language) {
        let old = std::mem::replace(&mut self.language, language);
        for account in super::BUILT_IN {
            let Some(principal) = self.principals.get_mut(&account.rid) else { continue };
            if principal.name == account.name(old) {
                self.names.remove(&principal.name);
                principal.name = account.name(language).into();
                self.names.insert(principal.name.clone(), account.rid);
            }
        }
    }

    /// From now on a deleted account falls out of its groups by itself, as in Active Directory.
    pub(crate) fn link_members(&mut self) {
        self.links_members = true;
    }

    /// Puts every record back as it was on `disk`; the facts say what shows otherwise now. What came since is gone
    /// without a trace, as it is from a disk that was copied back.
    pub(crate) fn go_back_to(
        &mut self,
        at: SimTime,
        host: &HostName,
        disk: &Disk,
        invocation: Invocation,
        facts: &mut Facts,
    ) {
        let records = &disk.records;
        let differs = |part: &Part| self.records.record(part) != records.record(part);
        let here: Vec<Part> = self.records.iter().map(|(part, _)| part).filter(differs).collect();
        let there: Vec<Part> =
            records.iter().map(|(part, _)| part).filter(|part| self.records.record(part).is_none()).collect();
        let names = |part: &&Part| matches!(part, Part::User(_) | Part::Group(_) | Part::LocalGroup(_));
        let named = |record: Option<&Record>| record.and_then(|record| record.value.clone());
        // Names that others may have by now go first, and what is there again comes by its name before all else.
        let renamed: Vec<Part> = here
            .iter()
            .filter(names)
            .filter(|part| named(self.records.record(part)) != named(records.record(part)))
            .cloned()
            .collect();
        for part in renamed {
            self.put(at, host, part, Record { value: None, stamp: Stamp::default() }, facts);
        }
        let (first, then): (Vec<Part>, Vec<Part>) =
            here.into_iter().chain(there).partition(|part| names(&part));
        for part in first.into_iter().chain(then) {
            let gone = Record { value: None, stamp: Stamp::default() };
            self.put(at, host, part.clone(), records.record(&part).cloned().unwrap_or(gone), facts);
            if records.record(&part).is_none() {
                self.records.forget(&part);
            }
        }
        #[cfg(feature = "ldap")]
        {
            self.graves = disk.graves.clone();
            self.logons = disk.logons.clone();
            // Whoever follows the database begins with it as it is now.
            self.journal.iter_mut().for_each(Vec::clear);
        }
        let Restored { times, invocations, .. } = self.restored;
        let invocations = invocations + u32::from(invocation == Invocation::New);
        self.restored = Restored {
            times: times + 1,
            disk: Some(disk.number),
            invocation: if invocation == Invocation::New { invocations } else { disk.invocation },
            invocations,
        };
    }

    /// A copy of it, the so manieth of the run.
    pub(crate) fn disk(&self, number: u32) -> Disk {
        Disk {
            number,
            records: self.records.clone(),
            invocation: self.restored.invocation,
            #[cfg(feature = "ldap")]
            graves: self.graves.clone(),
            #[cfg(feature = "ldap")]
            logons: self.logons.clone(),
        }
    }

    /// How often the database was put back, and to what.
    #[cfg(feature = "ldap")]
    pub(crate) fn restored(&self) -> Restored {
        self.restored
    }

    /// The parts `Object` and `Attribute` of an account or object.
    pub(crate) fn extra_parts(&self, rid: Rid) -> impl Iterator<Item = Part> {
        let extras = self.extras.get(&rid);
        let object = extras.and_then(|extras| extras.object.as_ref()).map(|_| Part::Object(rid));
        let names = extras.into_iter().flat_map(|extras| extras.attributes.keys().cloned());
        object.into_iter().chain(names.map(move |name| Part::Attribute(rid, name)))
    }

    /// The record as it would be put: also says whether it is news.
    pub(super) fn is_news(&self, part: &Part, record: &Record) -> bool {
        self.records.record(part) != Some(record)
    }
}

/// The part that holds a group's members.
pub(crate) fn members_part(kind: PrincipalKind, group: Rid) -> Option<Part> {
    match kind {
        PrincipalKind::Group => Some(Part::GroupMembers(group)),
        PrincipalKind::LocalGroup => Some(Part::LocalGroupMembers(group)),
        PrincipalKind::User | PrincipalKind::Foreign => None,
    }
}
