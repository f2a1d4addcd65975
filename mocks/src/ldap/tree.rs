//! One controller's objects by their names: an index beside its database, which follows it by the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::dn;
use super::forest::{Fixed, forest};
use super::naming::{Naming, site_name};
use super::sid;
use crate::directory::{
    Database, DcIndex, Object, Part, Principal, PrincipalKind, Restored, Rid, is_computer,
};
use crate::{AccountFlag, Domain, EntrySpec, SimTime, WorldSpec};

/// Objects and what stands below what.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) naming: Naming,
    nodes: BTreeMap<Rid, Node>,
    children: BTreeMap<(Rid, String), Rid>,
    guids: BTreeMap<[u8; 16], Rid>,
    /// By the value of the relative name, folded.
    names: BTreeMap<String, BTreeSet<Rid>>,
    fixed_accounts: Vec<Rid>,
    /// The same by their names in small letters, as they were at the start.
    fixed_names: BTreeMap<String, Rid>,
    /// Those of them that have changed since, their names perhaps too.
    fixed_changed: BTreeSet<Rid>,
    places: Places,
    /// The naming contexts with the keys of their names, the innermost first.
    contexts: Vec<(Rid, Vec<String>)>,
    usn: u64,
    /// Where accounts stand that the world puts elsewhere than where their kind stands by default: the object that they
    /// stand in, and their relative names.
    homes: BTreeMap<Rid, (Rid, dn::Rdn)>,
    /// How often the database had been put back when this tree was planted, and to what.
    restored: Restored,
}

/// An object of the tree.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What it stands in; `None`: the root of a naming context.
    pub(super) parent: Option<Rid>,
    /// Its relative name with escapes; the whole name of a root.
    pub(super) rdn: String,
    key: String,
    pub(super) class: String,
    pub(super) guid: [u8; 16],
    pub(super) created: SimTime,
    pub(super) changed: SimTime,
    pub(super) usn_created: u64,
    pub(super) usn_changed: u64,
    /// Where it stood before it was deleted.
    pub(super) deleted_from: Option<Rid>,
    /// What a fixed object has.
    pub(super) fixed: BTreeMap<String, Vec<Vec<u8>>>,
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

/// The first update sequence number after a domain's installation.
const FIRST_USN: u64 = 8_192;

impl Tree {
    /// The tree of a controller as its database is now; from now on the database keeps the journal that
    /// [`Tree::follow`] reads.
    pub(super) fn plant(domain: &mut Domain, dc: DcIndex, naming: Naming) -> Tree {
        let database = domain.directory().database(dc);
        let fixed = forest(domain, database, &naming);
        let root = Rid::FIRST_FIXED;
        let places = Places {
            domain: root,
            configuration: Rid(root.0 + 1),
            users: root,
            computers: root,
            controllers: root,
            builtin: root,
            deleted: root,
            lost: root,
        };
        let (nodes, children, guids) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (names, fixed_accounts) = (BTreeMap::new(), Vec::new());
        let (fixed_names, fixed_changed, usn) = (BTreeMap::new(), BTreeSet::new(), FIRST_USN);
        let mut tree = Tree {
            naming,
            nodes,
            children,
            guids,
            names,
            fixed_accounts,
            fixed_names,
            fixed_changed,
            places,
            contexts: Vec::new(),
            usn,
            homes: BTreeMap::new(),
            restored: database.restored(),
        };
        for (index, fixed) in fixed.into_iter().enumerate() {
            tree.plant_fixed(Rid(root.0 + index as u32), fixed);
        }
        let below =
            |tree: &Tree, name: &str| tree.find(&format!("{name},{}", tree.naming.root)).unwrap_or(root);
        tree.places = Places {
            users: below(&tree, "CN=Users"),
            computers: below(&tree, "CN=Computers"),
            controllers: below(&tree, "OU=Domain Controllers"),
            builtin: below(&tree, "CN=Builtin"),
            deleted: below(&tree, "CN=Deleted Objects"),
            lost: below(&tree, "CN=LostAndFound"),
            ..places
        };
        tree.homes = tree.homes_of(domain.world(), database);
        let accounts: Vec<Rid> = database.principals().map(|(rid, _)| rid).collect();
        let objects = database.plain_objects();
        let buried: Vec<Rid> = database.all_buried().collect();
        for rid in objects.into_iter().chain(accounts).chain(buried) {
            tree.refresh(rid, made(rid, database).unwrap_or_default(), database);
        }
        domain.database_mut(dc).keep_journal();
        tree
    }

    /// The tree of a database that was put back to an earlier state: the one that stands on the copied disk, if that
    /// had one. Under a new invocation id numbers go on above the old ones.
    pub(super) fn put_back(&self, kept: Option<&Tree>, domain: &mut Domain, dc: DcIndex) -> Tree {
        let mut tree = match kept {
            Some(kept) => kept.clone(),
            None => Tree::plant(domain, dc, self.naming.clone()),
        };
        tree.restored = domain.directory().database(dc).restored();
        if tree.restored.invocations > self.restored.invocations {
            tree.usn = tree.usn.max(self.usn);
        }
        let site = site_name(domain.directory().controller(dc).site.as_str());
        let server = tree.naming.server(domain.directory().name(dc), site);
        let invocation = sid::guid(&server, 1 + tree.restored.invocation).to_vec();
        let settings = tree.find(&format!("CN=NTDS Settings,{server}"));
        if let Some(node) = settings.and_then(|id| tree.nodes.get_mut(&id)) {
            node.fixed.insert("invocationId".to_owned(), vec![invocation]);
        }
        tree
    }

    /// Whether the database is still the one that this tree was planted in.
    pub(super) fn belongs_to(&self, database: &Database) -> bool {
        self.restored == database.restored()
    }

    /// Where the world puts accounts, as far as there is what they stand in.
    fn homes_of(&self, world: &WorldSpec, database: &Database) -> BTreeMap<Rid, (Rid, dn::Rdn)> {
        let users = world.users.iter().map(|user| (&user.name, &user.entry));
        let groups = world.groups.iter().map(|group| (&group.name, &group.entry));
        let home = |(name, entry): (&crate::AccountName, &EntrySpec)| {
            let mut rdns = dn::parse(entry.place.as_deref()?)?;
            let rdn = (!rdns.is_empty()).then(|| rdns.remove(0))?;
            let parent = rdns.iter().map(dn::Rdn::written).chain([self.naming.root.clone()]);
            let parent = self.find(&parent.collect::<Vec<_>>().join(","))?;
            Some((database.find_at_start(name)?, (parent, rdn)))
        };
        users.chain(groups).filter_map(home).collect()
    }

    fn plant_fixed(&mut self, id: Rid, fixed: Fixed) {
        let Fixed { dn, class, attributes } = fixed;
        let rdns = dn::parse(&dn).unwrap_or_default();
        let parent = if id.0 < Rid::FIRST_FIXED.0 + 3 {
            None
        } else {
            let parent =
                dn.split_once(',').map(|_| &dn[rdns.first().map_or(0, |rdn| rdn.written().len() + 1)..]);
            parent.and_then(|parent| self.find(parent))
        };
        let key = rdns.first().map(dn::Rdn::key).unwrap_or_default();
        let rdn = match parent {
            Some(_) => rdns.first().map(dn::Rdn::written).unwrap_or_default(),
            None => dn,
        };
        self.usn += 1;
        let guid = sid::guid(&self.naming.dns, id.0);
        if let Some(parent) = parent {
            self.children.insert((parent, key.clone()), id);
        }
        self.guids.insert(guid, id);
        self.names.entry(value_of(&key)).or_default().insert(id);
        if let Some(names) = attributes.get("sAMAccountName") {
            self.fixed_accounts.push(id);
            let name = names.first().map(|name| String::from_utf8_lossy(name).to_lowercase());
            self.fixed_names.insert(name.unwrap_or_default(), id);
        }
        if id.0 < Rid::FIRST_FIXED.0 + 3 {
            // Those that are planted later stand inside the earlier ones.
            let keys = dn::parse(&rdn).unwrap_or_default().iter().map(dn::Rdn::key).collect();
            self.contexts.insert(0, (id, keys));
        }
        let node = Node {
            parent,
            rdn,
            key,
            class: class.to_owned(),
            guid,
            created: SimTime::START,
            changed: SimTime::START,
            usn_created: self.usn,
            usn_changed: self.usn,
            deleted_from: None,
            fixed: attributes,
        };
        self.nodes.insert(id, node);
    }

    /// Takes in what the database was put since the last time.
    pub(super) fn follow(&mut self, journal: Vec<(SimTime, Part)>, database: &Database) {
        let mut last = None;
        for (at, part) in journal {
            let Some(rid) = subject(&part, self.places.domain) else { continue };
            // The parts of one change are one update.
            if last != Some((at, rid)) {
                last = Some((at, rid));
                self.refresh(rid, at, database);
            }
        }
    }

    /// Brings one object up to date.
    fn refresh(&mut self, rid: Rid, at: SimTime, database: &Database) {
        if let Some(node) = self.nodes.get_mut(&rid).filter(|_| rid >= Rid::FIRST_FIXED) {
            self.usn += 1;
            node.usn_changed = self.usn;
            node.changed = at;
            self.fixed_changed.insert(rid);
            return;
        }
        let place = self.place(rid, database);
        match (place, self.nodes.contains_key(&rid)) {
            (Some(place), false) => self.insert(rid, at, place, database),
            (Some((class, parent, rdn, key)), true) => {
                self.usn += 1;
                let usn = self.usn;
                let Some(node) = self.nodes.get_mut(&rid) else { return };
                node.usn_changed = usn;
                node.changed = at;
                node.class = class;
                node.deleted_from = None;
                if node.parent != Some(parent) || node.rdn != rdn {
                    self.make_way(rid, parent, &key, database);
                    self.moved(rid, parent, rdn, key);
                }
            }
            (None, _) => self.bury(rid, at, database),
        }
    }

    fn insert(&mut self, rid: Rid, at: SimTime, place: (String, Rid, String, String), database: &Database) {
        let (class, parent, rdn, key) = place;
        self.usn += 1;
        let guid = sid::guid(&self.naming.dns, rid.0);
        let node = Node {
            parent: None,
            rdn: String::new(),
            key: String::new(),
            class,
            guid,
            created: made(rid, database).unwrap_or(at),
            changed: at,
            usn_created: self.usn,
            usn_changed: self.usn,
            deleted_from: None,
            fixed: BTreeMap::new(),
        };
        self.nodes.insert(rid, node);
        self.guids.insert(guid, rid);
        self.make_way(rid, parent, &key, database);
        self.moved(rid, parent, rdn, key);
    }

    /// Lets whoever stands in an object's place go first when the database has another place for it by now: of two
    /// accounts of one name the one that lost it may come later in the journal.
    fn make_way(&mut self, rid: Rid, parent: Rid, key: &str, database: &Database) {
        let standing = self.children.get(&(parent, key.to_owned())).copied();
        let Some(other) = standing.filter(|other| *other != rid) else { return };
        if let Some((_, elsewhere, rdn, other_key)) = self.place(other, database)
            && (elsewhere, other_key.as_str()) != (parent, key)
            && !self.children.contains_key(&(elsewhere, other_key.clone()))
        {
            self.moved(other, elsewhere, rdn, other_key);
        }
    }

    fn moved(&mut self, rid: Rid, parent: Rid, mut rdn: String, mut key: String) {
        let Some(node) = self.nodes.get(&rid) else { return };
        if let Some(old) = node.parent
            && self.children.get(&(old, node.key.clone())) == Some(&rid)
        {
            self.children.remove(&(old, node.key.clone()));
        }
        if let Some(namesakes) = self.names.get_mut(&value_of(&node.key)) {
            namesakes.remove(&rid);
        }
        // Of two objects of one name, which replication can bring together, the later one is told by its identifier.
        if self.children.contains_key(&(parent, key.clone())) {
            let mark = sid::guid_text(&node.guid);
            rdn = format!("{rdn}\\0ACNF:{mark}");
            key = format!("{key}\ncnf:{mark}");
        }
        self.children.insert((parent, key.clone()), rid);
        self.names.entry(value_of(&key)).or_default().insert(rid);
        if let Some(node) = self.nodes.get_mut(&rid) {
            node.parent = Some(parent);
            node.rdn = rdn;
            node.key = key;
        }
    }

    /// A deleted object stays as a tombstone with its last name and its identifier. One that comes deleted, and never
    /// was here, becomes a tombstone, too.
    fn bury(&mut self, rid: Rid, at: SimTime, database: &Database) {
        let grave = self.places.deleted;
        let last = database.remains(rid).and_then(|remains| {
            self.place_of(rid, remains.object.as_deref(), Some(&remains.principal), Some(&remains.flags))
        });
        let known = self.nodes.get(&rid);
        if known.is_some_and(|node| node.deleted_from.is_some()) {
            return;
        }
        let own = known.map(|node| (node.class.clone(), node.parent, node.rdn.clone(), node.key.clone()));
        // What lost its name in a conflict goes under the one that it has here.
        let lost = own.as_ref().is_some_and(|(_, _, rdn, _)| rdn.contains("\\0ACNF:"));
        let last = last.map(|(class, parent, rdn, key)| (class, Some(parent), rdn, key)).filter(|_| !lost);
        let Some((class, parent, rdn, key)) = last.or(own.clone()) else { return };
        let mark = sid::guid_text(&sid::guid(&self.naming.dns, rid.0));
        let (rdn, key) = (format!("{rdn}\\0ADEL:{mark}"), format!("{key}\ndel:{mark}"));
        match own {
            Some(_) => {
                self.usn += 1;
                self.moved(rid, grave, rdn, key);
            }
            None => self.insert(rid, at, (class, grave, rdn, key), database),
        }
        let (usn, parent) = (self.usn, own.and_then(|(_, parent, ..)| parent).or(parent));
        if let Some(node) = self.nodes.get_mut(&rid) {
            node.deleted_from = parent.or(Some(grave));
            node.usn_changed = usn;
            node.changed = at;
        }
    }

    /// Class, parent, relative name and key of an object that is there.
    fn place(&self, rid: Rid, database: &Database) -> Option<(String, Rid, String, String)> {
        let stated = database.extras(rid).and_then(|extras| extras.object.clone());
        let principal = database.principal(rid).filter(|principal| principal.kind != PrincipalKind::Foreign);
        self.place_of(rid, stated.as_deref(), principal, database.flags(rid))
    }

    /// The same of what is stated of an object, or of an account with these flags.
    fn place_of(
        &self,
        rid: Rid,
        stated: Option<&Object>,
        principal: Option<&Principal>,
        flags: Option<&BTreeSet<AccountFlag>>,
    ) -> Option<(String, Rid, String, String)> {
        if principal.is_none() && !rid.is_plain_object() {
            return None;
        }
        if let Some(object) = stated {
            let key = dn::parse(&object.rdn)?.first()?.key();
            let parent = if object.parent >= Rid::FIRST_FIXED && !self.nodes.contains_key(&object.parent) {
                self.places.lost
            } else {
                object.parent
            };
            return Some((object.class.as_str().to_owned(), parent, object.rdn.clone(), key));
        }
        let principal = principal?;
        let name = principal.name.as_str();
        let (class, parent, name) = match principal.kind {
            PrincipalKind::User if flags.is_some_and(is_computer) => {
                let server = flags.is_some_and(|flags| flags.contains(&AccountFlag::ServerTrustAccount));
                let parent = if server { self.places.controllers } else { self.places.computers };
                ("computer", parent, name.trim_end_matches('$'))
            }
            PrincipalKind::User => ("user", self.places.users, name),
            PrincipalKind::LocalGroup if rid.is_built_in() => ("group", self.places.builtin, name),
            _ => ("group", self.places.users, name),
        };
        let (parent, rdn) = match self.homes.get(&rid) {
            Some((parent, rdn)) => (*parent, rdn.clone()),
            None => (parent, dn::Rdn { attribute: "CN".into(), value: name.to_owned() }),
        };
        Some((class.to_owned(), parent, rdn.written(), rdn.key()))
    }

    /// The object of a distinguished name.
    pub(super) fn find(&self, dn: &str) -> Option<Rid> {
        self.walk(&dn::parse(dn)?).ok()
    }

    /// The object of a name, or the nearest one above it; `Err(None)`: the name is of none of the naming contexts.
    pub(super) fn walk(&self, rdns: &[dn::Rdn]) -> Result<Rid, Option<Rid>> {
        let keys: Vec<String> = rdns.iter().map(dn::Rdn::key).collect();
        for (context, root) in &self.contexts {
            let Some(rest) = keys.strip_suffix(root.as_slice()) else { continue };
            let mut at = *context;
            for key in rest.iter().rev() {
                at = *self.children.get(&(at, key.clone())).ok_or(Some(at))?;
            }
            return Ok(at);
        }
        Err(None)
    }

    /// An object's distinguished name.
    pub(super) fn dn(&self, id: Rid) -> String {
        let mut text = String::new();
        let mut next = self.nodes.get(&id);
        let mut depth = 0;
        while let Some(node) = next.filter(|_| depth < 256) {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&node.rdn);
            next = node.parent.and_then(|parent| self.nodes.get(&parent));
            depth += 1;
        }
        text
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
        let named = self.fixed_names.get(&name.to_lowercase());
        let changed = self.fixed_changed.iter().filter(move |id| Some(*id) != named);
        named.into_iter().chain(changed).copied()
    }

    /// Accounts that every domain has and that mean nothing to the model.
    pub(super) fn fixed_accounts(&self) -> &[Rid] {
        &self.fixed_accounts
    }

    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    pub(super) fn usn(&self) -> u64 {
        self.usn
    }

    /// The child of this key.
    pub(super) fn child(&self, parent: Rid, key: &str) -> Option<Rid> {
        self.children.get(&(parent, key.to_owned())).copied()
    }

    /// An object's children, by name.
    pub(super) fn children(&self, parent: Rid) -> impl Iterator<Item = Rid> {
        let from = Bound::Included((parent, String::new()));
        let to = Bound::Excluded((Rid(parent.0 + 1), String::new()));
        self.children.range((from, to)).map(|(_, child)| *child)
    }

    /// An object and everything below it, parents first.
    pub(super) fn subtree(&self, root: Rid) -> Vec<Rid> {
        let mut all = vec![root];
        let mut next = 0;
        while let Some(id) = all.get(next).copied() {
            all.extend(self.children(id));
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
}

/// When the part was written by which an object exists.
fn made(rid: Rid, database: &Database) -> Option<SimTime> {
    let heads = [Part::User(rid), Part::Group(rid), Part::LocalGroup(rid), Part::Object(rid)];
    heads.iter().find_map(|head| database.records().record(head)).map(|record| record.stamp.at)
}

/// The object that a part belongs to; the account policy is the domain's.
fn subject(part: &Part, domain: Rid) -> Option<Rid> {
    match part {
        Part::User(rid)
        | Part::Password(rid)
        | Part::Comment(rid)
        | Part::Flags(rid)
        | Part::PrimaryGroup(rid)
        | Part::Expiry(rid)
        | Part::LogonLimits(rid)
        | Part::Lockout(rid)
        | Part::Group(rid)
        | Part::GroupMembers(rid)
        | Part::LocalGroup(rid)
        | Part::LocalGroupMembers(rid)
        | Part::Object(rid)
        | Part::Attribute(rid, _) => Some(*rid),
        Part::AccountPolicy => Some(domain),
        Part::Rights(_) | Part::Gpo(_) | Part::Links(_) => None,
    }
}

/// The value in a key.
fn value_of(key: &str) -> String {
    key.split_once('=').map_or(key, |(_, value)| value).to_owned()
}
