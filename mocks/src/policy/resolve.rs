//! Which objects apply to a machine, and which of them decides each setting.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::PolicyObject;
use crate::{AccountKey, GpoName, Name, Right};

/// A container on the way from the farthest to the machine, with its links.
#[derive(Clone, Debug, Default)]
pub(crate) struct Container {
    /// What it is.
    pub(crate) level: Level,
    /// Its links, strongest first.
    pub(crate) links: Vec<AppliedLink>,
    /// Whether it keeps out what lies above it and is not enforced.
    pub(crate) blocks_inheritance: bool,
}

/// Levels of containers. Later ones are nearer to the machine, and stronger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// The Active Directory site.
    Site,
    /// The domain.
    Domain,
    /// An organisational unit.
    #[default]
    Unit,
}

/// A link of a container, with the object as the machine has it.
#[derive(Clone, Debug)]
pub(crate) struct AppliedLink {
    /// The object.
    pub(crate) object: Arc<PolicyObject>,
    /// Whether the link counts.
    pub(crate) enabled: bool,
    /// Whether nothing nearer, and no block, stands against it.
    pub(crate) enforced: bool,
}

/// A value with the object that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decided<T> {
    /// The value.
    pub(crate) value: T,
    /// The object.
    pub(crate) by: GpoName,
    /// Its place in the order of application; the greater is the stronger.
    pub(crate) rank: usize,
}

/// What policy says to one machine. A setting that is not here is not defined: the machine's own stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResolvedPolicy {
    /// Rights with their holders.
    pub(crate) rights: BTreeMap<Right, Decided<Vec<Name>>>,
    /// `Members` of restricted groups, by the group as it was written.
    pub(crate) members: BTreeMap<Name, Decided<Vec<Name>>>,
    /// `Member Of` of groups and accounts, by the name as it was written.
    pub(crate) member_of: BTreeMap<Name, Decided<Vec<Name>>>,
    /// Account policy for the machine's own accounts.
    pub(crate) account: BTreeMap<AccountKey, Decided<i64>>,
    /// Account policy for the domain's accounts: only what is linked to the domain counts.
    pub(crate) domain_account: BTreeMap<AccountKey, Decided<i64>>,
}

impl ResolvedPolicy {
    /// The objects that decided at least one setting, the strongest last. At a controller the account policy that
    /// counts is the domain's.
    pub(crate) fn deciders(&self, controller: bool) -> Vec<GpoName> {
        let account = if controller { &self.domain_account } else { &self.account };
        let ranks: BTreeMap<usize, &GpoName> = self
            .rights
            .values()
            .chain(self.members.values())
            .chain(self.member_of.values())
            .map(|decided| (decided.rank, &decided.by))
            .chain(account.values().map(|decided| (decided.rank, &decided.by)))
            .collect();
        let mut names: Vec<GpoName> = Vec::with_capacity(ranks.len());
        for name in ranks.into_values().rev() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names.reverse();
        names
    }
}

/// The objects that apply, weakest first: site, domain, units from the outermost to the nearest; after them the
/// enforced ones, of which the highest is the strongest. Within a container link order 1 is the strongest.
pub(crate) fn order_of_application(containers: &[Container]) -> Vec<(Level, Arc<PolicyObject>)> {
    let blocked_below = containers.iter().rposition(|container| container.blocks_inheritance).unwrap_or(0);
    let chosen = |container: &Container, enforced: bool| -> Vec<(Level, Arc<PolicyObject>)> {
        let counts = |link: &&AppliedLink| {
            link.enabled && link.enforced == enforced && link.object.counts_for_machines()
        };
        let level = container.level;
        container.links.iter().rev().filter(counts).map(|link| (level, Arc::clone(&link.object))).collect()
    };
    let normal = containers[blocked_below..].iter().flat_map(|container| chosen(container, false));
    let enforced = containers.iter().rev().flat_map(|container| chosen(container, true));
    normal.chain(enforced).collect()
}

/// What the containers' objects say to a machine. A setting that a stronger object defines replaces the weaker one's
/// as a whole; lists are not merged (Q280532).
pub(crate) fn resolve(containers: &[Container]) -> ResolvedPolicy {
    let mut resolved = ResolvedPolicy::default();
    for (rank, (level, object)) in order_of_application(containers).into_iter().enumerate() {
        let by = &object.name;
        for (right, holders) in object.template.rights() {
            resolved.rights.insert(right, decided(holders.to_vec(), by, rank));
        }
        for (group, members) in object.template.members() {
            resolved.members.insert(group.into(), decided(members.to_vec(), by, rank));
        }
        for (group, groups) in object.template.member_of() {
            resolved.member_of.insert(group.into(), decided(groups.to_vec(), by, rank));
        }
        for (key, value) in object.template.account_settings() {
            resolved.account.insert(key, decided(value, by, rank));
            if level == Level::Domain {
                resolved.domain_account.insert(key, decided(value, by, rank));
            }
        }
    }
    resolved
}

fn decided<T>(value: T, by: &GpoName, rank: usize) -> Decided<T> {
    Decided { value, by: by.clone(), rank }
}
