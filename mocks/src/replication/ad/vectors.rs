//! What a controller knows of its own changes and of everybody else's.

use std::collections::BTreeMap;

use super::values::Lists;
use crate::Version;
use crate::directory::{DcIndex, Part, Rid};

/// What replicates by itself: an attribute, or one member of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// A part with its whole value; of a list with linked values, that it is there.
    Part(Part),
    /// A member that joined or left.
    Link(Part, Rid),
}

/// One controller's replication state.
#[derive(Clone, Debug)]
pub(super) struct Replica {
    /// The highest update sequence number that it has given out.
    pub(super) usn: u64,
    /// Every local write, originating or replicated, under its own number.
    changes: Vec<(u64, Item)>,
    /// The number of each item's last write.
    latest: BTreeMap<Item, u64>,
    /// High-watermarks: of each source, the last of its numbers that has been taken.
    pub(super) watermark: Vec<u64>,
    /// The up-to-dateness vector: of each identity, the highest originating number that is in here.
    pub(super) vector: Vec<u64>,
    /// The identity under which it writes: its invocation id, as a place in the vectors.
    pub(super) identity: usize,
    /// Its own commits by their numbers, under whichever identity.
    pub(super) originated: Vec<(u64, Version)>,
    /// Members that replicate one by one.
    pub(super) lists: Lists,
}

impl Replica {
    /// One of so many, in this place.
    pub(super) fn new(controllers: usize, own: usize) -> Replica {
        Replica {
            usn: 0,
            changes: Vec::new(),
            latest: BTreeMap::new(),
            watermark: vec![0; controllers],
            vector: vec![0; controllers],
            identity: own,
            originated: Vec::new(),
            lists: Lists::default(),
        }
    }

    /// Numbers a write of these items, as one.
    pub(super) fn write(&mut self, items: impl IntoIterator<Item = Item>) {
        self.usn += 1;
        for item in items {
            self.latest.insert(item.clone(), self.usn);
            self.changes.push((self.usn, item));
        }
        self.vector[self.identity] = self.usn;
    }

    /// The items written after a number, each once, at the place of its last write.
    pub(super) fn written_after(&self, usn: u64) -> impl Iterator<Item = &Item> {
        let from = self.changes.partition_point(|(written, _)| *written <= usn);
        self.changes[from..]
            .iter()
            .filter(|(written, item)| self.latest.get(item) == Some(written))
            .map(|(_, item)| item)
    }

    /// Whether it has something that `target` has not, as far as numbers tell. What a controller has made under its own
    /// identity nobody offers it.
    pub(super) fn is_ahead_of(&self, own: DcIndex, target: &Replica) -> bool {
        let mut cursors = self.vector.iter().zip(&target.vector).enumerate();
        self.usn > target.watermark[usize::from(own.0)]
            || cursors.any(|(identity, (here, there))| identity != target.identity && here > there)
    }

    /// Enters a commit of its own under a number; numbers that have rolled back are given out twice.
    pub(super) fn originated(&mut self, usn: u64, version: Version) {
        let place = self.originated.partition_point(|(known, _)| *known <= usn);
        self.originated.insert(place, (usn, version));
    }

    /// The commits that it made after one number, up to another.
    pub(super) fn originated_in(&self, after: u64, to: u64) -> impl Iterator<Item = Version> + '_ {
        let from = self.originated.partition_point(|(usn, _)| *usn <= after);
        self.originated[from..].iter().take_while(move |(usn, _)| *usn <= to).map(|(_, version)| *version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Rid;

    #[test]
    fn a_part_that_is_written_again_is_passed_on_once() {
        let mut replica = Replica::new(1, 0);
        let [user, comment] = [Part::User(Rid(1)), Part::Comment(Rid(1))].map(Item::Part);
        replica.write([user.clone(), comment.clone()]);
        replica.write([comment.clone()]);
        assert_eq!(replica.written_after(0).collect::<Vec<_>>(), vec![&user, &comment]);
        assert_eq!(replica.written_after(1).collect::<Vec<_>>(), vec![&comment]);
        assert_eq!(replica.usn, 2);
    }
}
