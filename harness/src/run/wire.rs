//! What clients of LDAP do, as events of the run: with the account that it is about, and how far behind the controller
//! was that answered.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::ldap::{WireEvent, WireOperation};
use mockdc_mocks::{Fact, HostName, Name, SimTime, Span, StateKey, Version};
use mockdc_scenarios::LdapOperation;

use crate::timeline::{ActorId, Event, EventKind, LdapCall};

/// Watches commits and where they have arrived.
pub(super) struct Watcher {
    client: Option<HostName>,
    owner: Cell<Option<ActorId>>,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    /// Every commit of the run, with its instant and what it changed.
    commits: BTreeMap<Version, (SimTime, Name)>,
    /// Commits that have not arrived at a controller, by controller; those that every one has are forgotten.
    there: BTreeMap<HostName, BTreeSet<Version>>,
    /// The latest commit about each subject at each controller.
    latest: BTreeMap<(HostName, Name), Version>,
    accounts: BTreeSet<Name>,
}

impl Watcher {
    /// Of a run whose clients are at this host.
    pub(super) fn new(client: Option<HostName>) -> Watcher {
        Watcher { client, owner: Cell::new(None), known: RefCell::default() }
    }

    /// What clients do from now on is this actor's doing.
    pub(super) fn belongs_to(&self, actor: ActorId) {
        self.owner.set(Some(actor));
    }

    /// Takes an event in.
    pub(super) fn see(&self, event: &Event) {
        let EventKind::Fact(fact) = &event.kind else { return };
        let mut known = self.known.borrow_mut();
        match fact {
            Fact::Committed { version, subject, .. } => {
                known.commits.insert(*version, (event.at, subject.clone()));
                known.arrived(&event.host, *version);
            }
            Fact::Replicated { version, .. } => known.arrived(&event.host, *version),
            Fact::State { key: StateKey::Account { account }, value: Some(_), .. }
                if !known.accounts.contains(account.name()) =>
            {
                known.accounts.insert(account.name().clone());
            }
            _ => {}
        }
    }

    /// An operation as an event, with its host and actor; `None` for what is no operation.
    pub(super) fn told(&self, event: &WireEvent) -> Option<(HostName, Option<ActorId>, EventKind)> {
        let operation = match event.operation {
            WireOperation::Bind => LdapOperation::Bind,
            WireOperation::Search => LdapOperation::Search,
            WireOperation::Add => LdapOperation::Add,
            WireOperation::Modify => LdapOperation::Modify,
            WireOperation::Delete => LdapOperation::Delete,
            WireOperation::ModifyDn => LdapOperation::Rename,
            WireOperation::Compare => LdapOperation::Compare,
            WireOperation::Extended => LdapOperation::Extended,
            WireOperation::Cldap => LdapOperation::Netlogon,
            WireOperation::Malformed => LdapOperation::Malformed,
            WireOperation::Connect | WireOperation::Unbind | WireOperation::Abandon => return None,
        };
        let known = self.known.borrow();
        let subject = known.subject(event);
        let behind = match operation.reads() {
            true => known.behind(&event.dc, subject.as_ref(), event.at),
            false => None,
        };
        let kind = EventKind::Ldap(Box::new(LdapCall {
            operation,
            at: event.dc.clone(),
            by: event.who.clone(),
            connection: event.connection,
            entry: event.target.clone(),
            filter: event.filter.clone(),
            subject,
            result: event.result.unwrap_or_default(),
            entries: u32::try_from(event.entries).unwrap_or(u32::MAX),
            seen: event.version,
            behind,
        }));
        let host = self.client.clone().unwrap_or_else(|| event.dc.clone());
        Some((host, self.owner.get(), kind))
    }
}

impl Known {
    fn arrived(&mut self, host: &HostName, version: Version) {
        self.there.entry(host.clone()).or_default().insert(version);
        if let Some((_, subject)) = self.commits.get(&version) {
            let latest = self.latest.entry((host.clone(), subject.clone())).or_default();
            *latest = (*latest).max(version);
        }
    }

    /// The account that an operation is about: the one that it wrote, that its filter names, or that its entry is
    /// called after.
    fn subject(&self, event: &WireEvent) -> Option<Name> {
        if let Some((_, subject)) = event.version.and_then(|version| self.commits.get(&version)) {
            return Some(subject.clone());
        }
        let account = |name: &str| self.accounts.get(&Name::from(name)).cloned();
        if let Some(name) = asserted(&event.filter, "samaccountname") {
            return Some(account(&name).unwrap_or_else(|| name.as_str().into()));
        }
        if event.operation == WireOperation::Bind {
            let name = event.who.as_ref().map(|who| who.name().clone());
            return name.or_else(|| account(bound_name(&event.target)));
        }
        if let Some(name) = asserted(&event.filter, "cn").and_then(|name| account(&name)) {
            return Some(name);
        }
        account(&first_value(&event.target)?)
    }

    /// For how long the oldest change has been committed that a controller lacks.
    fn behind(&self, at: &HostName, subject: Option<&Name>, now: SimTime) -> Option<Span> {
        let there = self.there.get(at);
        let latest = subject.and_then(|subject| self.latest.get(&(at.clone(), subject.clone()))).copied();
        let lacks = |(version, (_, of)): &(&Version, &(SimTime, Name))| {
            subject.is_none_or(|subject| subject == of)
                // A controller that has a later change of the account has what the earlier ones left.
                && latest.is_none_or(|latest| latest < **version)
                && !there.is_some_and(|there| there.contains(version))
        };
        let oldest = self.commits.iter().find(lacks)?;
        Some(now.since(oldest.1.0))
    }
}

/// The value that a filter asserts of an attribute: `(sAMAccountName=svc)`. Presence and substrings assert none.
fn asserted(filter: &str, attribute: &str) -> Option<String> {
    let lower = filter.to_ascii_lowercase();
    let start = lower.find(&format!("({attribute}="))? + attribute.len() + 2;
    let rest = filter.get(start..)?;
    let value = &rest[..rest.find(')')?];
    (!value.is_empty() && !value.contains('*')).then(|| value.to_owned())
}

/// The value of the first part of a distinguished name: `CN=svc,CN=Users,…`.
fn first_value(dn: &str) -> Option<String> {
    let (_, rest) = dn.split_once('=')?;
    let mut value = String::new();
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ',' => break,
            '\\' => value.extend(letters.next()),
            letter => value.push(letter),
        }
    }
    Some(value)
}

/// The account in `DOMAIN\name`, `name@domain` or a distinguished name.
fn bound_name(name: &str) -> &str {
    let name = name.rsplit('\\').next().unwrap_or(name);
    let name = name.split('@').next().unwrap_or(name);
    let dn = name.split_once('=').map(|(_, rest)| rest.split(',').next().unwrap_or(rest));
    dn.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_asserts_an_account_or_does_not() {
        let of = |filter| asserted(filter, "samaccountname");
        assert_eq!(of("(&(objectClass=user)(sAMAccountName=svc))").as_deref(), Some("svc"));
        assert_eq!(of("(samaccountname=SMS&_BDC1)").as_deref(), Some("SMS&_BDC1"));
        assert_eq!(of("(sAMAccountName=*)"), None);
        assert_eq!(of("(sAMAccountName=svc"), None, "cut off");
        assert_eq!(of("(objectClass=*)"), None);
    }

    #[test]
    fn an_entry_is_called_after_an_account() {
        assert_eq!(first_value("CN=svc,CN=Users,DC=corp").as_deref(), Some("svc"));
        assert_eq!(first_value("CN=Doe\\, Jane,CN=Users").as_deref(), Some("Doe, Jane"));
        assert_eq!(first_value(""), None);
        assert_eq!(bound_name("CORP\\svc"), "svc");
        assert_eq!(bound_name("svc@corp.example"), "svc");
        assert_eq!(bound_name("CN=svc,CN=Users,DC=corp"), "svc");
    }
}
