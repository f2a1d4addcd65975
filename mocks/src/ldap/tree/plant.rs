//! Planting a tree: everything that a controller's database holds at one instant gets its place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::forest::{Fixed, forest};
use super::super::naming::{Naming, site_name};
use super::super::{dn, sid};
use super::step::Step;
use super::{Context, Node, Places, Tree};
use crate::directory::{Database, DcIndex, Part, Record, Rid, computer_account};
use crate::{AccountName, DcRole, Domain, EntrySpec, HostName, SimTime, WorldSpec};

/// The first update sequence number after a domain's installation.
const FIRST_USN: u64 = 8_192;

/// What a tree is planted in: a controller's database as it was when its front was opened. The tree itself is planted
/// when somebody asks for an object; until then a controller costs next to nothing.
#[derive(Clone, Debug)]
pub(in crate::ldap) struct Ground {
    pub(in crate::ldap) naming: Naming,
    database: Database,
    /// The invocation ids of all controllers.
    invocations: Vec<u32>,
}

impl Ground {
    /// The ground of a controller as it is now; from now on the database keeps the journal that [`Tree::follow`] reads.
    pub(in crate::ldap) fn of(domain: &mut Domain, dc: DcIndex, naming: Naming) -> Ground {
        let directory = domain.directory();
        let invocation = |dc| directory.database(dc).restored().invocation;
        let invocations = directory.indices().map(invocation).collect();
        let database = directory.database(dc).clone();
        domain.database_mut(dc).keep_journal();
        Ground { naming, database, invocations }
    }

    /// The objects of the controllers' settings, by their names.
    pub(in crate::ldap) fn settings(&self, domain: &Domain) -> BTreeMap<String, Rid> {
        let all = forest(domain, &self.database, &self.invocations, &self.naming);
        let all =
            all.into_iter().enumerate().filter(|(_, fixed)| matches!(fixed.class, "nTDSDSA" | "nTDSDSARO"));
        all.map(|(index, fixed)| (fixed.dn, Rid(Rid::FIRST_FIXED.0 + index as u32))).collect()
    }

    /// Whether the same tree grows in both.
    pub(in crate::ldap) fn is_like(&self, other: &Ground) -> bool {
        self.naming == other.naming
            && self.invocations == other.invocations
            && self.database.begins_like(&other.database)
    }
}

impl Tree {
    /// The tree that grows in a ground.
    pub(in crate::ldap) fn plant(domain: &Domain, ground: &Ground) -> Tree {
        let Ground { naming, database, invocations } = ground;
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
        let mut tree = Tree {
            naming: naming.clone(),
            nodes: Default::default(),
            children: Default::default(),
            guids: Default::default(),
            names: Default::default(),
            referrers: Default::default(),
            fixed_accounts: Vec::new(),
            fixed_names: BTreeMap::new(),
            fixed_changed: BTreeSet::new(),
            places,
            contexts: Vec::new(),
            usn: FIRST_USN,
            histories: BTreeMap::new(),
            homes: Default::default(),
            readers: Default::default(),
            formerly: BTreeMap::new(),
            guids_given: Default::default(),
            restored: database.restored(),
        };
        for (index, fixed) in forest(domain, database, invocations, naming).into_iter().enumerate() {
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
        tree.homes = Arc::new(tree.homes_of(domain.world(), database));
        tree.readers = Arc::new(readers_of(domain.world(), database).map(|(_, rid)| rid).collect());
        tree.guids_given = Arc::new(guids_of(domain.world(), database));
        let heads = database.principals().filter_map(|(rid, _)| Some((rid, head_of(rid, database)?)));
        let lost = heads.filter_map(|(rid, head)| Some((rid, domain.directory().lost_name(head)?)));
        tree.formerly = lost.map(|(rid, name)| (rid, name.to_string())).collect();
        let accounts: Vec<Rid> = database.principals().map(|(rid, _)| rid).collect();
        let objects = database.plain_objects();
        let buried: Vec<Rid> = database.all_buried().collect();
        for rid in objects.into_iter().chain(accounts).chain(buried) {
            tree.refresh(&Step::first(rid, database), database);
            tree.note_links(rid, database);
        }
        tree.settle();
        tree
    }

    /// Makes what is here the base of the clones to come.
    fn settle(&mut self) {
        self.nodes.settle();
        self.children.own_values_mut().for_each(super::Overlay::settle);
        self.children.settle();
        self.guids.settle();
        self.names.settle();
        self.referrers.settle();
    }

    /// The tree of a database that was put back to an earlier state: the one that stands on the copied disk, if that
    /// had one. Under a new invocation id numbers go on above the old ones.
    pub(in crate::ldap) fn put_back(&self, kept: Option<&Tree>, domain: &mut Domain, dc: DcIndex) -> Tree {
        let mut tree = match kept {
            Some(kept) => kept.clone(),
            None => {
                let ground = Ground::of(domain, dc, self.naming.clone());
                Tree::plant(domain, &ground)
            }
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
            let attributes = Arc::make_mut(node.fixed.get_or_insert_default());
            attributes.insert("invocationId".to_owned(), vec![invocation]);
        }
        tree
    }

    /// Where the world puts accounts, as far as there is what they stand in.
    fn homes_of(&self, world: &WorldSpec, database: &Database) -> BTreeMap<Rid, (Rid, dn::Rdn)> {
        let home = |(name, entry): (&AccountName, &EntrySpec)| {
            let mut rdns = dn::parse(entry.place.as_deref()?)?;
            let rdn = (!rdns.is_empty()).then(|| rdns.remove(0))?;
            let parent = rdns.iter().map(dn::Rdn::written).chain([self.naming.root.clone()]);
            let parent = self.find(&parent.collect::<Vec<_>>().join(","))?;
            Some((database.find_at_start(name)?, (parent, rdn)))
        };
        // A read-only controller stands among the controllers, whatever the kind of its account.
        let at_home = |(name, rid): (&HostName, Rid)| {
            let rdn = dn::Rdn { attribute: "CN".into(), value: name.to_string() };
            (rid, (self.places.controllers, rdn))
        };
        let readers = readers_of(world, database).map(at_home);
        entries(world).filter_map(home).chain(readers).collect()
    }

    fn plant_fixed(&mut self, id: Rid, fixed: Fixed) {
        let Fixed { dn, class, attributes } = fixed;
        let rdns = dn::parse(&dn).unwrap_or_default();
        let is_root = id.0 < Rid::FIRST_FIXED.0 + 3;
        let parent = if is_root {
            None
        } else {
            let parent =
                dn.split_once(',').map(|_| &dn[rdns.first().map_or(0, |rdn| rdn.written().len() + 1)..]);
            parent.and_then(|parent| self.find(parent))
        };
        let key: Arc<str> = rdns.first().map(dn::Rdn::key).unwrap_or_default().into();
        let rdn = match parent {
            Some(_) => rdns.first().map(dn::Rdn::written).unwrap_or_default(),
            None => dn,
        };
        self.usn += 1;
        let guid = sid::guid(&self.naming.dns, id.0);
        if let Some(parent) = parent {
            self.children.get_or_default(&parent).insert(key.clone(), id);
        }
        self.guids.insert(guid, id);
        self.names.get_or_default(&value_of(&key).into()).insert(id);
        if let Some(names) = attributes.get("sAMAccountName") {
            self.fixed_accounts.push(id);
            let name = names.first().map(|name| String::from_utf8_lossy(name).to_lowercase());
            self.fixed_names.insert(name.unwrap_or_default(), id);
        }
        if is_root {
            // Those that are planted later stand inside the earlier ones.
            let keys: Vec<String> = rdns.iter().map(dn::Rdn::key).collect();
            let name = keys.join(",");
            self.contexts.insert(0, Context { root: id, keys, name });
        }
        let node = Node {
            parent,
            rdn: rdn.into(),
            key,
            class,
            guid,
            created: SimTime::START,
            changed: SimTime::START,
            usn_created: self.usn,
            usn_changed: self.usn,
            deleted_from: None,
            fixed: Some(Arc::new(attributes)),
        };
        self.nodes.insert(id, node);
    }
}

/// Read-only controllers that have accounts.
fn readers_of<'w>(
    world: &'w WorldSpec,
    database: &'w Database,
) -> impl Iterator<Item = (&'w HostName, Rid)> + 'w {
    let readers = world.dcs.iter().filter(|dc| dc.role == DcRole::Rodc);
    readers.filter_map(|dc| Some((&dc.name, database.find_at_start(&computer_account(&dc.name))?)))
}

/// The world's accounts with what the directory has of them beside.
fn entries(world: &WorldSpec) -> impl Iterator<Item = (&AccountName, &EntrySpec)> {
    let users = world.users.iter().map(|user| (&user.name, &user.entry));
    users.chain(world.groups.iter().map(|group| (&group.name, &group.entry)))
}

/// The identifiers of objects that the world states.
fn guids_of(world: &WorldSpec, database: &Database) -> BTreeMap<Rid, [u8; 16]> {
    let stated = |(name, entry): (&AccountName, &EntrySpec)| {
        let guid = entry.guid.as_ref()?.0.as_slice().try_into().ok()?;
        Some((database.find_at_start(name)?, guid))
    };
    entries(world).filter_map(stated).collect()
}

/// When the part was written by which an object exists.
pub(super) fn made(rid: Rid, database: &Database) -> Option<SimTime> {
    head_of(rid, database).map(|record| record.stamp.at)
}

/// The record by which an object exists.
fn head_of(rid: Rid, database: &Database) -> Option<&Record> {
    let heads = [Part::User(rid), Part::Group(rid), Part::LocalGroup(rid), Part::Object(rid)];
    heads.iter().find_map(|head| database.records().record(head))
}

/// The value in a key.
pub(super) fn value_of(key: &str) -> &str {
    key.split_once('=').map_or(key, |(_, value)| value)
}
