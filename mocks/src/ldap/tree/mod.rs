//! One controller's objects by their names: an index beside its database, which follows it by the journal.
//!
//! Controllers of one domain begin with the same objects. So a tree lies over a base that they share, and keeps only
//! what has changed at its own controller.

mod all;
mod backlinks;
mod follow;
mod history;
mod plant;
mod step;

pub(super) use all::Trees;
pub(super) use backlinks::BACK_LINKS;
pub(super) use history::History;
use plant::Ground;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::dn;
use super::naming::Naming;
use super::overlay::Overlay;
use crate::SimTime;
use crate::directory::{Database, Restored, Rid};

/// Objects and what stands below what.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) naming: Naming,
    nodes: Overlay<Rid, Node>,
    /// By what they stand in, and by the keys of their relative names.
    children: Overlay<Rid, Overlay<Arc<str>, Rid>>,
    guids: Overlay<[u8; 16], Rid>,
    /// By the value of the relative name, folded.
    names: Overlay<Arc<str>, BTreeSet<Rid>>,
    /// By the values with which they name others.
    referrers: Overlay<Arc<[u8]>, BTreeSet<Rid>>,
    fixed_accounts: Vec<Rid>,
    /// The same by their names in small letters, as they were at the start.
    fixed_names: BTreeMap<String, Rid>,
    /// Those of them that have changed since, their names perhaps too.
    fixed_changed: BTreeSet<Rid>,
    places: Places,
    /// The naming contexts, the innermost first.
    contexts: Vec<Context>,
    usn: u64,
    /// What changed of objects since the tree was planted.
    histories: BTreeMap<Rid, History>,
    /// Where accounts stand that the world puts elsewhere than where their kind stands by default: the object that they
    /// stand in, and their relative names.
    homes: Arc<BTreeMap<Rid, (Rid, dn::Rdn)>>,
    /// The names that accounts had in the directory before a conflict took their logon names.
    formerly: BTreeMap<Rid, String>,
    /// The accounts of read-only controllers.
    readers: Arc<BTreeSet<Rid>>,
    /// The identifiers that the world states.
    guids_given: Arc<BTreeMap<Rid, [u8; 16]>>,
    /// How often the database had been put back when this tree was planted, and to what.
    restored: Restored,
}

/// An object of the tree.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What it stands in; `None`: the root of a naming context.
    pub(super) parent: Option<Rid>,
    /// Its relative name with escapes; the whole name of a root.
    pub(super) rdn: Arc<str>,
    key: Arc<str>,
    pub(super) class: &'static str,
    pub(super) guid: [u8; 16],
    pub(super) created: SimTime,
    pub(super) changed: SimTime,
    pub(super) usn_created: u64,
    pub(super) usn_changed: u64,
    /// Where it stood before it was deleted.
    pub(super) deleted_from: Option<Rid>,
    /// What a fixed object has.
    pub(super) fixed: Option<Arc<Attributes>>,
}

/// Attributes of a fixed object.
pub(super) type Attributes = BTreeMap<String, Vec<Vec<u8>>>;

/// A naming context.
#[derive(Clone, Debug)]
struct Context {
    root: Rid,
    /// The keys of its name, the leaf first.
    keys: Vec<String>,
    /// The same as they stand in a name.
    name: String,
}

/// Where accounts stand by default.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) domain: Rid,
    pub(super) configuration: Rid,
    pub(super) users: Rid,
    pub(super) computers: Rid,
    pub(super) controllers: Rid,
    pub(super) builtin: Rid,
    pub(super) deleted: Rid,
    pub(super) lost: Rid,
}

impl Node {
    /// The values of an attribute that it has from the first day, by its name in lower case.
    pub(super) fn fixed(&self, name: &str) -> Option<&Vec<Vec<u8>>> {
        let attributes = self.fixed.as_deref()?;
        attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, values)| values)
    }
}

impl Tree {
    /// Whether the database is still the one that this tree was planted in.
    pub(super) fn belongs_to(&self, database: &Database) -> bool {
        self.restored == database.restored()
    }

    /// The object of a distinguished name.
    pub(super) fn find(&self, dn: &str) -> Option<Rid> {
        match self.walk_plain(dn) {
            Some(found) => found.ok(),
            None => self.walk(&dn::parse(dn)?).ok(),
        }
    }

    /// The object of a name, or the nearest one above it; `Err(None)`: the name is of none of the naming contexts.
    pub(super) fn walk(&self, rdns: &[dn::Rdn]) -> Result<Rid, Option<Rid>> {
        let keys: Vec<String> = rdns.iter().map(dn::Rdn::key).collect();
        for context in &self.contexts {
            let Some(rest) = keys.strip_suffix(context.keys.as_slice()) else { continue };
            return self.descend(context.root, rest.iter().rev().map(String::as_str));
        }
        Err(None)
    }

    /// As [`Tree::walk`], of a name without escapes and blanks that would have to be read first; `None`: it has such.
    pub(super) fn walk_plain(&self, dn: &str) -> Option<Result<Rid, Option<Rid>>> {
        let keys = dn::plain_keys(dn)?;
        for context in &self.contexts {
            let rest = match keys.strip_suffix(context.name.as_str()) {
                Some("") => return Some(Ok(context.root)),
                Some(rest) => rest.strip_suffix(','),
                None => None,
            };
            if let Some(rest) = rest {
                return Some(self.descend(context.root, rest.rsplit(',')));
            }
        }
        Some(Err(None))
    }

    fn descend<'a>(&self, from: Rid, keys: impl Iterator<Item = &'a str>) -> Result<Rid, Option<Rid>> {
        let mut at = from;
        for key in keys {
            at = self.child(at, key).ok_or(Some(at))?;
        }
        Ok(at)
    }

    /// An object's distinguished name.
    pub(super) fn dn(&self, id: Rid) -> String {
        let mut text = String::new();
        self.write_dn(id, &mut text);
        text
    }

    /// Writes an object's distinguished name behind what is there.
    pub(super) fn write_dn(&self, id: Rid, text: &mut String) {
        let start = text.len();
        let mut next = self.nodes.get(&id);
        let mut depth = 0;
        while let Some(node) = next.filter(|_| depth < 256) {
            if text.len() > start {
                text.push(',');
            }
            text.push_str(&node.rdn);
            next = node.parent.and_then(|parent| self.nodes.get(&parent));
            depth += 1;
        }
    }

    pub(super) fn node(&self, id: Rid) -> Option<&Node> {
        self.nodes.get(&id)
    }

    pub(super) fn by_guid(&self, guid: &[u8]) -> Option<Rid> {
        self.guids.get(<&[u8; 16]>::try_from(guid).ok()?).copied()
    }

    /// The objects whose relative name has this value, folded.
    pub(super) fn by_name(&self, value: &str) -> Vec<Rid> {
        self.names.get(value).into_iter().flatten().copied().collect()
    }

    /// Those of [`Tree::fixed_accounts`] that may have this logon name.
    pub(super) fn fixed_named(&self, name: &str) -> impl Iterator<Item = Rid> {
        let named = match name.bytes().any(|letter| letter.is_ascii_uppercase() || !letter.is_ascii()) {
            true => self.fixed_names.get(&name.to_lowercase()),
            false => self.fixed_names.get(name),
        };
        let changed = self.fixed_changed.iter().filter(move |id| Some(*id) != named);
        named.into_iter().chain(changed).copied()
    }

    /// Accounts that every domain has and that mean nothing to the model.
    pub(super) fn fixed_accounts(&self) -> &[Rid] {
        &self.fixed_accounts
    }

    /// Whether an account is a read-only controller's.
    pub(super) fn is_read_only(&self, account: Rid) -> bool {
        self.readers.contains(&account)
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// What changed of an object since the tree was planted.
    pub(super) fn history(&self, id: Rid) -> Option<&History> {
        self.histories.get(&id)
    }

    /// The invocation of the database that its numbers belong to, and how often that was put back.
    pub(super) fn restored(&self) -> Restored {
        self.restored
    }

    pub(super) fn usn(&self) -> u64 {
        self.usn
    }

    /// The child of this key.
    pub(super) fn child(&self, parent: Rid, key: &str) -> Option<Rid> {
        self.children.get(&parent)?.get(key).copied()
    }

    /// An object's children, by name.
    pub(super) fn children(&self, parent: Rid) -> impl Iterator<Item = Rid> {
        self.children.get(&parent).into_iter().flat_map(|children| children.iter().map(|(_, child)| *child))
    }

    /// An object and everything below it, parents first.
    pub(super) fn subtree(&self, root: Rid) -> Vec<Rid> {
        let mut all = vec![root];
        let mut next = 0;
        while let Some(id) = all.get(next).copied() {
            // Nothing stands below itself; if it did, the walk would have no end.
            all.extend(self.children(id).filter(|child| *child != root));
            next += 1;
        }
        all
    }

    /// Whether one object stands in the other, or is it.
    pub(super) fn is_within(&self, id: Rid, root: Rid) -> bool {
        let mut next = Some(id);
        let mut depth = 0;
        while let Some(at) = next.filter(|_| depth < 256) {
            if at == root {
                return true;
            }
            next = self.nodes.get(&at).and_then(|node| node.parent);
            depth += 1;
        }
        false
    }

    /// Every object, in no order that means anything.
    pub(super) fn all(&self) -> impl Iterator<Item = (Rid, &Node)> {
        self.nodes.iter().map(|(id, node)| (*id, node))
    }

    /// Every object that is there from the first day.
    pub(super) fn all_fixed(&self) -> impl Iterator<Item = (Rid, &Node)> {
        self.nodes.iter_from(&Rid::FIRST_FIXED).map(|(id, node)| (*id, node))
    }
}
