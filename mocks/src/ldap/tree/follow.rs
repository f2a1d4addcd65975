//! How a tree follows its database: objects come, change, move and are buried.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::schema::schema;
use super::super::{dn, sid};
use super::history::Touched;
use super::plant::{made, value_of};
use super::step::Step;
use super::{Node, Tree};
use crate::directory::{
    Database, Object, Part, Principal, PrincipalKind, Put, Rid, Stamp, is_computer, is_given_up,
};
use crate::replication::outranks;
use crate::{AccountFlag, SimTime};

/// Where an object stands.
struct Place {
    class: &'static str,
    parent: Rid,
    rdn: String,
    key: String,
}

impl Tree {
    /// Takes in what the database was put since the last time. The database is that of today, and what is gone by today
    /// has no place any more: from its first step on it lies where deleted objects lie, so that it is in nobody's way, and
    /// each step up to its deletion leaves the stamps that it would have left then.
    pub(in crate::ldap) fn follow(&mut self, journal: Vec<Put>, database: &Database) {
        // What lies there and is not deleted yet.
        let mut doomed = BTreeSet::new();
        for mut step in Step::all(journal, self.places.domain) {
            let rid = step.rid;
            let (before, mut touched) = (self.usn, std::mem::take(&mut step.touched));
            let lay_there = self.is_buried(rid);
            if let Some(name) = step.formerly.take() {
                self.formerly.insert(rid, name);
            }
            // Nothing is there before the record comes by which it exists.
            if !self.nodes.contains_key(&rid) && !step.makes() && !step.deletes() {
                continue;
            }
            if doomed.contains(&rid) {
                self.pass(&step);
                if step.deletes() {
                    doomed.remove(&rid);
                }
            } else if (step.moves || !self.touch(rid, step.at))
                && self.refresh(&step, database)
                && !step.deletes()
            {
                doomed.insert(rid);
            }
            let lies_there = self.is_buried(rid);
            if step.deletes() && lies_there {
                touched = touched.into_iter().map(Touched::by_deletion).collect();
            }
            if lay_there != lies_there
                && let Some(node) = self.nodes.get(&rid)
            {
                touched.push(Touched::of_the_class(node.class));
            }
            if touched.iter().any(Touched::links) {
                self.note_links(rid, database);
            }
            if self.usn > before {
                self.note(rid, touched);
            }
        }
    }

    fn is_buried(&self, rid: Rid) -> bool {
        self.nodes.get(&rid).is_some_and(|node| node.deleted_from.is_some())
    }

    /// Keeps in mind what the last numbered change of an object changed of it.
    fn note(&mut self, rid: Rid, touched: impl IntoIterator<Item = Touched>) {
        let Some(usn) = self.nodes.get(&rid).map(|node| node.usn_changed) else { return };
        let history = self.histories.entry(rid).or_default();
        touched.into_iter().for_each(|touched| history.note(touched, usn));
    }

    /// A step of an object on the way to its deletion.
    fn pass(&mut self, step: &Step) {
        let place =
            step.object.as_deref().and_then(|object| self.place_of(step.rid, Some(object), None, None));
        if let Some(Place { class, parent, rdn, key }) = place.filter(|_| step.rid.is_plain_object()) {
            let (rdn, key) = self.buried_name(step.rid, &rdn, &key);
            self.moved(step.rid, self.places.deleted, rdn, key);
            if let Some(node) = self.nodes.get_mut(&step.rid) {
                node.class = class;
                node.deleted_from = Some(parent);
            }
        }
        self.stamp(step.rid, step.at);
    }

    /// Gives an object the next number.
    fn stamp(&mut self, rid: Rid, at: SimTime) {
        if let Some(node) = self.nodes.get_mut(&rid) {
            self.usn += 1;
            node.usn_changed = self.usn;
            node.changed = at;
        }
    }

    /// Notes a change of an object that stays where it is; `false`: there is no such object, or it is deleted.
    fn touch(&mut self, rid: Rid, at: SimTime) -> bool {
        let known = self.nodes.get(&rid).is_some_and(|node| node.deleted_from.is_none());
        if rid >= Rid::FIRST_FIXED || !known {
            return false;
        }
        self.stamp(rid, at);
        true
    }

    /// Brings one object up to date; `true`: it was buried.
    pub(super) fn refresh(&mut self, step: &Step, database: &Database) -> bool {
        let Step { at, rid, .. } = *step;
        if rid >= Rid::FIRST_FIXED && self.nodes.contains_key(&rid) {
            self.stamp(rid, at);
            self.fixed_changed.insert(rid);
            return false;
        }
        match (self.place(rid, database), self.nodes.contains_key(&rid)) {
            (Some(place), false) => self.insert(step, place, database),
            (Some(Place { class, parent, rdn, key }), true) => {
                self.stamp(rid, at);
                let Some(node) = self.nodes.get_mut(&rid) else { return false };
                node.class = class;
                node.deleted_from = None;
                // A name that was lost in a conflict stays lost until another is written.
                let keeps_loss = |node: &Node| {
                    let names = step.object.is_some() || step.makes();
                    !names && *node.rdn == *lost_name(&rdn, &key, &node.guid).0
                };
                if node.parent != Some(parent) || (*node.rdn != *rdn && !keeps_loss(node)) {
                    self.unknot(rid, parent);
                    self.settle_in(rid, Place { class, parent, rdn, key }, database);
                }
            }
            (None, _) => return self.bury(step, database),
        }
        false
    }

    fn insert(&mut self, step: &Step, place: Place, database: &Database) {
        let rid = step.rid;
        self.usn += 1;
        let guid = self.guid(rid);
        let node = Node {
            parent: None,
            rdn: Arc::default(),
            key: Arc::default(),
            class: place.class,
            guid,
            created: step.made().or_else(|| made(rid, database)).unwrap_or(step.at),
            changed: step.at,
            usn_created: self.usn,
            usn_changed: self.usn,
            deleted_from: None,
            fixed: None,
        };
        self.nodes.insert(rid, node);
        self.guids.insert(guid, rid);
        self.settle_in(rid, place, database);
    }

    /// Puts an object in its place, whoever stands there.
    fn settle_in(&mut self, rid: Rid, place: Place, database: &Database) {
        let Place { parent, rdn, key, .. } = place;
        self.make_way(rid, parent, &key, database);
        self.give_way(rid, parent, &key, database);
        self.moved(rid, parent, rdn, key);
    }

    /// Lets whoever stands in an object's place go first when the database has another place for it by now: of two
    /// accounts of one name the one that lost it may come later in the journal.
    fn make_way(&mut self, rid: Rid, parent: Rid, key: &str, database: &Database) {
        let Some(other) = self.child(parent, key).filter(|other| *other != rid) else { return };
        if let Some(place) = self.place(other, database)
            && (place.parent, place.key.as_str()) != (parent, key)
            && self.child(place.parent, &place.key).is_none()
            && !self.is_within(place.parent, other)
        {
            self.moved(other, place.parent, place.rdn, place.key);
        }
    }

    /// Takes the name of whoever stands in an object's place, when the object's was written later: each controller finds
    /// the same, whichever of the two it met first (MS-DRSR 4.1.10.6.12).
    fn give_way(&mut self, rid: Rid, parent: Rid, key: &str, database: &Database) {
        let Some(other) = self.child(parent, key).filter(|other| *other != rid) else { return };
        let (Some(here), Some(comes)) = (written(other, database), written(rid, database)) else { return };
        let gave_up = |rid: Rid| database.name(rid).is_some_and(is_given_up);
        let takes = match (gave_up(other), gave_up(rid)) {
            (true, false) => true,
            (false, true) => false,
            _ => outranks(comes, here),
        };
        if takes && let Some(node) = self.nodes.get(&other) {
            let (rdn, key) = lost_name(&node.rdn, &node.key, &node.guid);
            self.moved(other, parent, rdn, key);
        }
    }

    fn moved(&mut self, rid: Rid, parent: Rid, mut rdn: String, mut key: String) {
        let Some(node) = self.nodes.get(&rid) else { return };
        if let Some(old) = node.parent
            && self.child(old, &node.key) == Some(rid)
            && let Some(siblings) = self.children.get_mut(&old)
        {
            siblings.remove(&*node.key);
        }
        if let Some(namesakes) = self.names.get_mut(value_of(&node.key)) {
            namesakes.remove(&rid);
        }
        // Of two objects of one name, which replication can bring together, one is told by its identifier.
        if self.child(parent, &key).is_some() {
            (rdn, key) = lost_name(&rdn, &key, &node.guid);
        }
        if node.parent.is_some() {
            self.note(rid, [Touched::Attributes(vec!["name"])]);
        }
        let key: Arc<str> = key.into();
        self.children.get_or_default(&parent).insert(key.clone(), rid);
        self.names.get_or_default(&value_of(&key).into()).insert(rid);
        if let Some(node) = self.nodes.get_mut(&rid) {
            node.parent = Some(parent);
            node.rdn = rdn.into();
            node.key = key;
        }
    }

    /// A deleted object stays as a tombstone with its last name and its identifier. One that comes deleted, and never
    /// was here, becomes a tombstone, too. `false`: there is nothing to bury, or it lies there already.
    fn bury(&mut self, step: &Step, database: &Database) -> bool {
        let Step { at, rid, .. } = *step;
        let known = self.nodes.get(&rid);
        if known.is_some_and(|node| node.deleted_from.is_some()) {
            // What was made again meanwhile, and is gone again by today.
            if step.makes() {
                self.stamp(rid, at);
            }
            return step.makes();
        }
        let own = known.map(|node| (node.class, node.parent, node.rdn.to_string(), node.key.to_string()));
        let last = match database.remains(rid) {
            Some(remains) => {
                let (principal, flags) = (Some(&remains.principal), Some(&remains.flags));
                self.place_of(rid, remains.object.as_deref(), principal, flags)
            }
            None => step.object.as_deref().and_then(|object| self.place_of(rid, Some(object), None, None)),
        };
        // What lost its name in a conflict goes under the one that it has here.
        let lost = own.as_ref().is_some_and(|(_, _, rdn, _)| rdn.contains("\\0ACNF:"));
        let last = last.map(|place| (place.class, Some(place.parent), place.rdn, place.key));
        let is_known = own.is_some();
        let Some((class, parent, rdn, key)) = last.filter(|_| !lost).or(own) else { return false };
        let (rdn, key) = self.buried_name(rid, &rdn, &key);
        let grave = self.places.deleted;
        if is_known {
            self.stamp(rid, at);
            self.moved(rid, grave, rdn, key);
        } else {
            self.insert(step, Place { class, parent: grave, rdn, key }, database);
        }
        if let Some(node) = self.nodes.get_mut(&rid) {
            node.deleted_from = parent.or(Some(grave));
        }
        for orphan in self.children(rid).collect::<Vec<_>>() {
            if let Some(Place { parent, rdn, key, .. }) = self.place(orphan, database) {
                self.stamp(orphan, at);
                self.give_way(orphan, parent, &key, database);
                self.moved(orphan, parent, rdn, key);
            }
        }
        true
    }

    /// An object's identifier: the one that the world states, or one of its number.
    fn guid(&self, rid: Rid) -> [u8; 16] {
        self.guids_given.get(&rid).copied().unwrap_or_else(|| sid::guid(&self.naming.dns, rid.0))
    }

    /// What an object is called once it is deleted: relative name and key.
    fn buried_name(&self, rid: Rid, rdn: &str, key: &str) -> (String, String) {
        let mark = sid::guid_text(&self.guid(rid));
        (format!("{rdn}\\0ADEL:{mark}"), format!("{key}\ndel:{mark}"))
    }

    /// The place of an object that is there.
    fn place(&self, rid: Rid, database: &Database) -> Option<Place> {
        let stated = database.extras(rid).and_then(|extras| extras.object.clone());
        let principal = database.principal(rid).filter(|principal| principal.kind != PrincipalKind::Foreign);
        let mut place = self.place_of(rid, stated.as_deref(), principal, database.flags(rid))?;
        // What was made below an object that somebody else deletes is found, and loses its home (MS-DRSR 4.1.10.6.11).
        if self.nodes.get(&place.parent).is_some_and(|parent| parent.deleted_from.is_some()) {
            place.parent = self.places.lost;
        }
        // Of two that were moved below each other the one that was moved later stays with the other.
        if let Some(other) = self.knot(rid, place.parent)
            && !written(rid, database)
                .zip(written(other, database))
                .is_some_and(|(own, other)| outranks(own, other))
        {
            place.parent = self.places.lost;
        }
        Some(place)
    }

    /// Which object would stand below itself, when one came below a parent: the one next below it on the way there.
    fn knot(&self, rid: Rid, parent: Rid) -> Option<Rid> {
        if parent == rid || !self.is_within(parent, rid) {
            return None;
        }
        let mut next = parent;
        loop {
            match self.nodes.get(&next)?.parent? {
                above if above == rid => return Some(next),
                above => next = above,
            }
        }
    }

    /// Takes what would stand below itself out of an object's way.
    fn unknot(&mut self, rid: Rid, parent: Rid) {
        if let Some(other) = self.knot(rid, parent)
            && let Some(node) = self.nodes.get(&other)
        {
            let (rdn, key) = (node.rdn.to_string(), node.key.to_string());
            self.moved(other, self.places.lost, rdn, key);
        }
    }

    /// The same of what is stated of an object, or of an account with these flags.
    fn place_of(
        &self,
        rid: Rid,
        stated: Option<&Object>,
        principal: Option<&Principal>,
        flags: Option<&BTreeSet<AccountFlag>>,
    ) -> Option<Place> {
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
            let class = schema().class(object.class.as_str()).map_or("top", |class| class.name);
            return Some(Place { class, parent, rdn: object.rdn.clone(), key });
        }
        let principal = principal?;
        // A logon name that went to another account leaves the object its name, as far as nobody else has that.
        let lost = self.formerly.get(&rid).filter(|_| is_given_up(&principal.name));
        let name = lost.map_or(principal.name.as_str(), String::as_str);
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
        let made_of =
            |parent: Rid, rdn: &dn::Rdn| Place { class, parent, rdn: rdn.written(), key: rdn.key() };
        Some(match self.homes.get(&rid) {
            Some((parent, rdn)) => made_of(*parent, rdn),
            None => made_of(parent, &dn::Rdn { attribute: "CN".into(), value: name.to_owned() }),
        })
    }
}

/// The change that gave an object its name and place.
fn written(rid: Rid, database: &Database) -> Option<&Stamp> {
    let parts = [Part::Object(rid), Part::User(rid), Part::Group(rid), Part::LocalGroup(rid)];
    parts.iter().find_map(|part| Some(&database.records().record(part)?.stamp))
}

/// What an object is called that has lost its name to another: relative name and key.
fn lost_name(rdn: &str, key: &str, guid: &[u8; 16]) -> (String, String) {
    let mark = sid::guid_text(guid);
    (format!("{rdn}\\0ACNF:{mark}"), format!("{key}\ncnf:{mark}"))
}
