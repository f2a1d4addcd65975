//! The trees of all controllers: each is planted when somebody first asks for an object of its controller.

use std::collections::BTreeMap;

use super::super::naming::{Naming, site_name};
use super::super::sid;
use super::{Ground, Tree};
use crate::Domain;
use crate::directory::{DcIndex, Rid};

/// A journal that is longer than this is followed, even though nobody asks.
const LONG: usize = 4_096;
/// How often something is done between two looks at the lengths of all journals.
const LOOK: u32 = 64;

/// The trees of the controllers that were opened.
#[derive(Debug)]
pub(in crate::ldap) struct Trees {
    /// What trees will be planted in.
    grounds: BTreeMap<DcIndex, Ground>,
    grown: BTreeMap<DcIndex, Tree>,
    /// What was planted first in each kind of ground, as it was then: controllers of a domain begin alike, so that one
    /// tree does for nearly all of them.
    planted: Vec<(Ground, Tree)>,
    /// The trees that stand in snapshots, by the numbers of these.
    kept: BTreeMap<u32, Tree>,
    /// How many snapshots have been looked at.
    snapshots: u32,
    /// How often something was done since the last look at the journals.
    done: u32,
}

impl Trees {
    /// No controller's yet.
    pub(in crate::ldap) fn new(domain: &Domain) -> Trees {
        let snapshots = domain.snapshots_taken();
        let (grounds, grown, kept) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Trees { grounds, grown, planted: Vec::new(), kept, snapshots, done: 0 }
    }

    /// From now on a controller's objects can be asked for by their names.
    pub(in crate::ldap) fn open(&mut self, domain: &mut Domain, dc: DcIndex, dns_domain: Option<&str>) {
        if !self.grown.contains_key(&dc) {
            self.grounds.entry(dc).or_insert_with(|| ground(domain, dc, dns_domain));
        }
    }

    /// What a controller's domain is called.
    pub(in crate::ldap) fn naming(&mut self, domain: &mut Domain, dc: DcIndex) -> &Naming {
        match self.grown.get(&dc) {
            Some(tree) => &tree.naming,
            None => &self.grounds.entry(dc).or_insert_with(|| ground(domain, dc, None)).naming,
        }
    }

    /// A controller's tree, up to date.
    pub(in crate::ldap) fn follow(&mut self, domain: &mut Domain, dc: DcIndex) -> &Tree {
        let Trees { grounds, grown, planted, kept, .. } = self;
        let tree = grown.entry(dc).or_insert_with(|| {
            let ground = grounds.remove(&dc).unwrap_or_else(|| ground(domain, dc, None));
            grow(ground, domain, planted)
        });
        if !tree.belongs_to(domain.directory().database(dc)) {
            let disk = domain.directory().database(dc).restored().disk;
            *tree = tree.put_back(disk.and_then(|disk| kept.get(&disk)), domain, dc);
        }
        if domain.directory().database(dc).has_journal() {
            let journal = domain.take_journal(dc);
            tree.follow(journal, domain.directory().database(dc));
        }
        tree
    }

    /// Follows the controllers whose journals have grown long while nobody asked for their objects. Called whenever
    /// something was done; it looks now and then.
    pub(in crate::ldap) fn shorten(&mut self, domain: &mut Domain) {
        self.done += 1;
        if self.done < LOOK {
            return;
        }
        self.done = 0;
        let opened = self.grounds.keys().chain(self.grown.keys());
        let length = |dc: DcIndex| domain.directory().database(dc).journal_length();
        let long: Vec<DcIndex> = opened.copied().filter(|dc| length(*dc) > LONG).collect();
        for dc in long {
            self.follow(domain, dc);
        }
    }

    /// The identifiers of controllers' NTDS settings. No tree is planted for them.
    pub(in crate::ldap) fn settings(
        &mut self,
        domain: &mut Domain,
        dcs: &[DcIndex],
        dns_domain: Option<&str>,
    ) -> Vec<Option<[u8; 16]>> {
        // What is there from the first day, by the grounds in which it is not the same.
        let mut known: Vec<(DcIndex, BTreeMap<String, Rid>)> = Vec::new();
        let mut found = Vec::new();
        for dc in dcs {
            self.open(domain, *dc, dns_domain);
            let site = site_name(domain.directory().controller(*dc).site.as_str());
            let name = |naming: &Naming| {
                format!("CN=NTDS Settings,{}", naming.server(domain.directory().name(*dc), site))
            };
            if let Some(tree) = self.grown.get(dc) {
                let id = tree.find(&name(&tree.naming));
                found.push(id.and_then(|id| tree.node(id)).map(|node| node.guid));
                continue;
            }
            let Some(ground) = self.grounds.get(dc) else { continue };
            let alike = |other: &DcIndex| self.grounds.get(other).is_some_and(|other| other.is_like(ground));
            let place = known.iter().position(|(other, _)| alike(other)).unwrap_or_else(|| {
                known.push((*dc, ground.settings(domain)));
                known.len() - 1
            });
            let id = known.get(place).and_then(|(_, ids)| ids.get(&name(&ground.naming)));
            found.push(id.map(|id| sid::guid(&ground.naming.dns, id.0)));
        }
        found
    }

    /// How many trees were planted or cloned.
    #[cfg(test)]
    pub(in crate::ldap) fn grown(&self) -> usize {
        self.grown.len()
    }

    /// Keeps the trees of the snapshots that were just taken, and those alone whose snapshots there are.
    pub(in crate::ldap) fn keep(&mut self, domain: &mut Domain) {
        let taken = domain.snapshots_taken();
        if taken == self.snapshots {
            return;
        }
        let disks: BTreeMap<u32, DcIndex> = domain.disks().collect();
        for (number, dc) in disks.range(self.snapshots + 1..) {
            if self.grounds.contains_key(dc) || self.grown.contains_key(dc) {
                let tree = self.follow(domain, *dc).clone();
                self.kept.insert(*number, tree);
            }
        }
        self.kept.retain(|number, _| disks.contains_key(number));
        self.snapshots = taken;
    }
}

fn ground(domain: &mut Domain, dc: DcIndex, dns_domain: Option<&str>) -> Ground {
    let naming = Naming::new(domain.world().domain.name.as_str(), dns_domain);
    Ground::of(domain, dc, naming)
}

/// The tree of a ground: that of another one like it, if there is such.
fn grow(ground: Ground, domain: &Domain, planted: &mut Vec<(Ground, Tree)>) -> Tree {
    if let Some((_, tree)) = planted.iter().find(|(known, _)| known.is_like(&ground)) {
        return tree.clone();
    }
    let tree = Tree::plant(domain, &ground);
    planted.push((ground, tree.clone()));
    tree
}
