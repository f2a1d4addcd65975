//! The policy engine of one machine: when it refreshes, what it has, and what it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::directory::{
    Change, Database, DcIndex, Members, Part, PrincipalKind, RecordValue, Rid, Sid, built_in_named, parse_sid,
};
use crate::machine::{Holders, OwnRights};
use crate::policy::{AppliedLink, Container, Level, PolicyObject, ResolvedPolicy};
use crate::{
    AccountName, AccountPolicy, ChangeKind, Draws, GpoName, HostName, Name, RefreshInterval, RefreshReason,
    Right, RightSet, SimTime, Span, UnitSpec, Version,
};

/// Where a machine stands in the directory.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// `site:NAME`
    pub(crate) site: Name,
    /// Its units, the outermost first, each with whether it blocks inheritance.
    pub(crate) units: Vec<(Name, bool)>,
}

impl Place {
    /// The place of a machine of this site and unit.
    pub(crate) fn new(site: &Name, unit: Option<&Name>, units: &[UnitSpec]) -> Place {
        let mut chain: Vec<(Name, bool)> = Vec::new();
        let mut next = unit.cloned();
        while let Some(name) = next {
            // A circle of parents ends where it closes.
            if chain.iter().any(|(known, _)| *known == name) {
                break;
            }
            let spec = units.iter().find(|unit| unit.name == name);
            chain.push((name, spec.is_some_and(|unit| unit.block_inheritance)));
            next = spec.and_then(|unit| unit.parent.clone());
        }
        chain.reverse();
        Place { site: format!("site:{site}").into(), units: chain }
    }
}

/// The policy engine of one machine.
#[derive(Clone, Debug)]
pub(crate) struct PolicyClient {
    place: Place,
    interval: RefreshInterval,
    reapply: Span,
    draws: Draws,
    next: SimTime,
    /// When security settings are applied again although nothing has changed.
    reapply_at: SimTime,
    /// The objects as the machine last had them whole, with their versions.
    had: BTreeMap<GpoName, (Version, Arc<PolicyObject>)>,
    /// What was applied last: the versions of links and objects.
    applied: Vec<(Name, Version)>,
    /// A name of the policy meant nothing: the next refresh tries again.
    unresolved: bool,
}

/// What the machine found in the directory.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Its containers with their links.
    pub(crate) containers: Vec<Container>,
    versions: Vec<(Name, Version)>,
}

/// What one application of policy changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Application {
    /// Rights of accounts.
    pub(crate) rights: Vec<Change>,
    /// Members of local groups.
    pub(crate) groups: Vec<Change>,
    /// The account policy.
    pub(crate) account: Option<Change>,
    /// Some names meant nothing.
    pub(crate) unresolved: bool,
}

impl PolicyClient {
    /// The engine of a machine that has been running for a while: what is in the directory at the start is applied.
    pub(crate) fn new(place: Place, interval: RefreshInterval, reapply: Span, draws: Draws) -> PolicyClient {
        let mut client = PolicyClient {
            place,
            interval,
            reapply,
            draws,
            next: SimTime::START,
            reapply_at: SimTime::START + reapply,
            had: BTreeMap::new(),
            applied: Vec::new(),
            unresolved: false,
        };
        client.wind_up();
        client
    }

    /// The same engine at the start of a run that draws from another stream.
    pub(crate) fn drawing_from(&mut self, draws: Draws) {
        self.draws = draws;
        self.wind_up();
    }

    /// Sets the first refresh.
    fn wind_up(&mut self) {
        self.next = match self.interval.first {
            Some(first) => SimTime::START + first,
            None => self.after(SimTime::START),
        };
    }

    fn after(&mut self, now: SimTime) -> SimTime {
        // An interval of nothing is the shortest that Windows keeps: 7 seconds.
        now + self.interval.every.max(Span::secs(7)) + self.draws.span_up_to(self.interval.offset)
    }

    /// When the next refresh or the re-application is due.
    pub(crate) fn next_timeout(&self) -> SimTime {
        self.next.min(self.reapply_at)
    }

    /// Counts the refresh that is due now, if one is, and says why it may apply policy.
    pub(crate) fn due(&mut self, now: SimTime) -> Option<RefreshReason> {
        let reapply = self.reapply_at <= now;
        let refresh = self.next <= now;
        while self.next <= now {
            self.next = self.after(self.next);
        }
        if reapply {
            // What cannot be applied now, for want of a controller, is applied at the next refresh.
            self.reapply_at = self.next;
        }
        match (reapply, refresh) {
            (true, _) => Some(RefreshReason::Reapplication),
            (false, true) => Some(RefreshReason::Interval),
            (false, false) => None,
        }
    }

    /// Reads links and objects at a controller. An object of which only the directory half has arrived there counts
    /// as the machine last had it; `sysvol` is the delay of the other half at controllers that did not write it.
    pub(crate) fn look(
        &mut self,
        now: SimTime,
        controller: DcIndex,
        database: &Database,
        sysvol: Option<Span>,
    ) -> Found {
        let domain = (Level::Domain, Name::from("domain"), false);
        let containers = std::iter::once((Level::Site, self.place.site.clone(), false))
            .chain(std::iter::once(domain))
            .chain(self.place.units.iter().map(|(name, blocks)| (Level::Unit, name.clone(), *blocks)));
        let mut found = Found { containers: Vec::new(), versions: Vec::new() };
        for (level, name, blocks_inheritance) in containers.collect::<Vec<_>>() {
            let part = Part::Links(name.clone());
            if let Some(version) = database.version(&part) {
                found.versions.push((name, version));
            }
            let mut links = Vec::new();
            if let Some(RecordValue::Links(list)) = database.records().value(&part) {
                for (gpo, link) in list {
                    let Some((version, object)) = self.object(now, controller, database, sysvol, gpo) else {
                        continue;
                    };
                    found.versions.push((gpo.name().clone(), version));
                    links.push(AppliedLink { object, enabled: link.enabled, enforced: link.enforced });
                }
            }
            found.containers.push(Container { level, links, blocks_inheritance });
        }
        found
    }

    fn object(
        &mut self,
        now: SimTime,
        controller: DcIndex,
        database: &Database,
        sysvol: Option<Span>,
        gpo: &GpoName,
    ) -> Option<(Version, Arc<PolicyObject>)> {
        let record = database.records().record(&Part::Gpo(gpo.clone()))?;
        let Some(RecordValue::Gpo(object)) = &record.value else { return None };
        let written_here = record.stamp.origin == controller;
        let whole = record.stamp.version == Version(0)
            || written_here
            || sysvol.is_none_or(|delay| record.stamp.at + delay <= now);
        if whole {
            let version = record.stamp.version;
            let new = self.had.get(gpo).is_none_or(|(known, _)| *known != version);
            if new {
                self.had.insert(gpo.clone(), (version, Arc::clone(object)));
            }
        }
        self.had.get(gpo).cloned()
    }

    /// Whether what was found has to be applied: it differs from what was applied last, or a name meant nothing then.
    pub(crate) fn is_news(&self, found: &Found) -> bool {
        self.unresolved || self.applied != found.versions
    }

    /// Notes that what was found has been applied.
    pub(crate) fn note_applied(&mut self, now: SimTime, found: Found, unresolved: bool) {
        self.reapply_at = now + self.reapply;
        self.applied = found.versions;
        self.unresolved = unresolved;
    }
}

/// How a machine resolves the names of a policy: on itself, its own accounts first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resolver<'a> {
    /// The machine.
    pub(crate) host: &'a HostName,
    /// Its database: its own, or a controller's replica.
    pub(crate) database: &'a Database,
    /// The domain's, when the machine is no controller and reaches one.
    pub(crate) domain: Option<&'a Database>,
    /// The domain's name.
    pub(crate) domain_name: &'a Name,
}

impl Resolver<'_> {
    /// What a name of a policy means here: `*S-1-…`, `DOMAIN\NAME`, `HOST\NAME` or a bare name.
    pub(crate) fn principal(&self, name: &str) -> Option<Rid> {
        if let Some(sid) = name.strip_prefix('*') {
            return match parse_sid(sid)? {
                Sid::Everyone => Some(Rid::EVERYONE),
                Sid::BuiltIn(rid) => self.database.principal(rid).map(|_| rid),
                Sid::Account { authority, rid } if self.database.sid() == Some(authority) => Some(rid),
                Sid::Account { authority, rid } => {
                    self.domain.filter(|domain| domain.sid() == Some(authority)).map(|_| rid.foreign())
                }
            };
        }
        match name.split_once('\\') {
            Some((place, name)) if self.domain_name == place => match self.domain {
                Some(domain) => find(domain, name).map(Rid::foreign),
                None => find(self.database, name).filter(|_| self.database.is_domain()),
            },
            Some((place, name)) if *self.host == *place || place.eq_ignore_ascii_case("BUILTIN") => {
                find(self.database, name)
            }
            Some(_) => None,
            None if name.eq_ignore_ascii_case("Everyone") => Some(Rid::EVERYONE),
            None => find(self.database, name)
                .or_else(|| self.domain.and_then(|domain| find(domain, name)).map(Rid::foreign)),
        }
    }

    fn local_group(&self, name: &str) -> Option<Rid> {
        self.principal(name).filter(|rid| self.database.kind_of(*rid) == Some(PrincipalKind::LocalGroup))
    }

    /// The identifiers of those names that mean something here, and whether all did.
    fn principals(&self, names: &[Name]) -> (BTreeSet<Rid>, bool) {
        let rids: BTreeSet<Rid> = names.iter().filter_map(|name| self.principal(name.as_str())).collect();
        let all = names.iter().all(|name| self.principal(name.as_str()).is_some());
        (rids, all)
    }

    /// What the policy changes on this machine. Names that mean nothing here are passed over, and the rest applies.
    pub(crate) fn application(&self, policy: &ResolvedPolicy, own: &mut OwnRights) -> Application {
        let mut application = Application::default();
        let mut defined: BTreeMap<Right, BTreeSet<Rid>> = BTreeMap::new();
        for (right, decided) in &policy.rights {
            let (rids, all) = self.principals(&decided.value);
            application.unresolved |= !all;
            defined.insert(*right, rids);
        }
        application.rights = self.rights_changes(&defined, own);
        self.group_changes(policy, &mut application);
        let before = self.database.account_policy();
        let mut after: AccountPolicy = before.clone();
        let settings = if self.database.is_domain() { &policy.domain_account } else { &policy.account };
        settings.iter().for_each(|(key, decided)| key.put(decided.value, &mut after));
        application.account = (after != before).then(|| Change {
            kind: ChangeKind::AccountPolicy,
            subject: "account policy".into(),
            parts: vec![(Part::AccountPolicy, Some(RecordValue::AccountPolicy(after.into())))],
        });
        application
    }

    fn rights_changes(&self, defined: &BTreeMap<Right, BTreeSet<Rid>>, own: &mut OwnRights) -> Vec<Change> {
        let mut holders = Holders::new();
        for (rid, rights) in self.database.all_rights() {
            for right in rights {
                holders.entry(right).or_default().insert(rid);
            }
        }
        let none = BTreeSet::new();
        let mut changed: BTreeMap<Rid, RightSet> = BTreeMap::new();
        for (right, new) in own.apply(&holders, defined) {
            for rid in holders.get(&right).unwrap_or(&none).symmetric_difference(&new) {
                let rights = changed.entry(*rid).or_insert_with(|| self.database.rights(*rid));
                if new.contains(rid) {
                    rights.insert(right);
                } else {
                    rights.remove(&right);
                }
            }
        }
        let change = |(rid, rights)| Change {
            kind: ChangeKind::Rights,
            subject: self.subject(rid),
            parts: vec![(Part::Rights(rid), Some(RecordValue::Rights(rights)))],
        };
        changed.into_iter().map(change).collect()
    }

    fn subject(&self, rid: Rid) -> Name {
        let foreign = rid.domain_account().and_then(|account| self.domain?.name(account));
        self.database.name(rid).or(foreign).map_or_else(|| Name::from("Everyone"), |name| name.name().clone())
    }

    /// Those of the names that can belong to a local group: users and global groups, on this machine or of the domain,
    /// and nobody's local groups (1388 by hand).
    fn possible_members(&self, names: &[Name]) -> (BTreeSet<Rid>, bool) {
        let (mut rids, all) = self.principals(names);
        rids.retain(|rid| {
            let kind = match rid.domain_account() {
                Some(account) => self.domain.and_then(|domain| domain.kind_of(account)),
                None => self.database.kind_of(*rid),
            };
            kind != Some(PrincipalKind::LocalGroup)
        });
        (rids, all)
    }

    /// Restricted groups: `Members` replaces, but for the built-in Administrator, which stays where it is in
    /// Administrators; `Member Of` adds.
    fn group_changes(&self, policy: &ResolvedPolicy, application: &mut Application) {
        let mut members: BTreeMap<Rid, Members> = BTreeMap::new();
        let mut lists: Vec<_> = policy.members.iter().collect();
        // The same group may be named in two ways: the stronger object comes last and stays.
        lists.sort_by_key(|(_, decided)| decided.rank);
        for (group, decided) in lists {
            let Some(rid) = self.local_group(group.as_str()) else {
                application.unresolved = true;
                continue;
            };
            let (mut rids, all) = self.possible_members(&decided.value);
            application.unresolved |= !all;
            if rid == Rid::ADMINISTRATORS && self.database.is_member(rid, Rid::ADMINISTRATOR) {
                rids.insert(Rid::ADMINISTRATOR);
            }
            members.insert(rid, rids.into_iter().collect());
        }
        for (member, decided) in &policy.member_of {
            let (rids, known) = self.possible_members(std::slice::from_ref(member));
            application.unresolved |= !known;
            let Some(member) = rids.first().copied() else { continue };
            for group in &decided.value {
                let Some(group) = self.local_group(group.as_str()) else {
                    application.unresolved = true;
                    continue;
                };
                let listed = || self.database.listed(group).cloned().unwrap_or_default();
                members.entry(group).or_insert_with(listed).insert(member);
            }
        }
        for (group, rids) in members {
            if self.database.listed(group) != Some(&rids) {
                application.groups.push(Change {
                    kind: ChangeKind::LocalGroupMember,
                    subject: self.subject(group),
                    parts: vec![(Part::LocalGroupMembers(group), Some(RecordValue::Members(rids)))],
                });
            }
        }
    }

    /// The domain's accounts that the changes name and the machine's database does not know by name yet.
    pub(crate) fn newcomers(&self, application: &Application) -> Vec<(Rid, AccountName)> {
        let mut rids: BTreeSet<Rid> = BTreeSet::new();
        for (part, value) in
            application.rights.iter().chain(&application.groups).flat_map(|change| &change.parts)
        {
            match (part, value) {
                (Part::Rights(rid), _) => rids.extend([*rid]),
                (_, Some(RecordValue::Members(members))) => rids.extend(members.iter()),
                _ => {}
            }
        }
        rids.into_iter()
            .filter(|rid| self.database.principal(*rid).is_none())
            .filter_map(|rid| {
                let account = rid.domain_account()?;
                Some((account, self.domain?.name(account)?.clone()))
            })
            .collect()
    }
}

/// The account of a name, which may be the English one of a built-in account.
fn find(database: &Database, name: &str) -> Option<Rid> {
    let english = || built_in_named(name).map(|account| account.rid);
    database
        .find(&AccountName::from(name))
        .or_else(|| english().filter(|rid| database.principal(*rid).is_some()))
}
