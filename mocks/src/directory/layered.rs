//! An ordered map over a shared one: many replicas of a large database cost what they change.

use std::hash::Hash;
use std::sync::Arc;

use indexmap::{IndexMap, map};
use rustc_hash::FxBuildHasher;

use super::Merged;

/// An ordered map whose entries are those of a shared map, as far as it has not changed them itself. Cloning one that
/// has just been [settled](Layered::settle) copies nothing. Entries are found by their hashes; going through them
/// sorts what has been changed.
#[derive(Clone, Debug)]
pub(crate) struct Layered<K, V> {
    /// In the order of the keys.
    base: Arc<IndexMap<K, V, FxBuildHasher>>,
    /// What differs from the base; `None`: gone.
    own: IndexMap<K, Option<V>, FxBuildHasher>,
    len: usize,
}

impl<K, V> Default for Layered<K, V> {
    fn default() -> Layered<K, V> {
        Layered { base: Arc::default(), own: IndexMap::default(), len: 0 }
    }
}

impl<K: Ord + Hash + Clone, V: Clone> Layered<K, V> {
    /// The value of a key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        match self.own.get(key) {
            Some(value) => value.as_ref(),
            None => self.base.get(key),
        }
    }

    /// Whether the key has a value.
    pub(crate) fn contains_key(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    /// The value of a key, to change.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        if !self.own.contains_key(key) {
            let value = self.base.get(key)?.clone();
            self.make_room();
            self.own.insert(key.clone(), Some(value));
        }
        self.own.get_mut(key)?.as_mut()
    }

    /// The value of a key, to change; it gets one when it has none.
    pub(crate) fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.make_room();
        let base = &self.base;
        let value = match self.own.entry(key) {
            map::Entry::Occupied(entry) => entry.into_mut(),
            map::Entry::Vacant(entry) => {
                let shared = base.get(entry.key()).cloned();
                entry.insert(shared)
            }
        };
        self.len += usize::from(value.is_none());
        value.get_or_insert_default()
    }

    /// Gives a key a value that it has from the start. Such entries are in their order once they are
    /// [settled](Layered::settle).
    pub(crate) fn load(&mut self, key: K, value: V) {
        match Arc::get_mut(&mut self.base).filter(|_| !self.own.contains_key(&key)) {
            Some(base) => self.len += usize::from(base.insert(key, value).is_none()),
            None => {
                self.insert(key, value);
            }
        }
    }

    /// Room for one change more. Those of machines are few and the machines many: a table that grew by itself would
    /// take twice what they need.
    fn make_room(&mut self) {
        if self.own.len() < 64 && self.own.len() == self.own.capacity() {
            self.own.reserve_exact(4);
        }
    }

    /// Gives a key a value, and returns the one that it had.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.make_room();
        let base = &self.base;
        let old = match self.own.entry(key) {
            map::Entry::Occupied(mut entry) => entry.insert(Some(value)),
            map::Entry::Vacant(entry) => {
                let shared = base.get(entry.key()).cloned();
                entry.insert(Some(value));
                shared
            }
        };
        self.len += usize::from(old.is_none());
        old
    }

    /// Takes a key's value away.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let old = match self.base.get(key) {
            None => self.own.swap_remove(key).flatten(),
            Some(shared) => {
                let shared = shared.clone();
                self.make_room();
                match self.own.insert(key.clone(), None) {
                    Some(own) => own,
                    None => Some(shared),
                }
            }
        };
        self.len -= usize::from(old.is_some());
        old
    }

    /// All entries in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let mut own: Vec<(&K, &Option<V>)> = self.own.iter().collect();
        own.sort_unstable_by_key(|(key, _)| *key);
        Merged::of(self.base.iter(), own.into_iter())
    }

    /// The entries from one key on and before another, in the order of their keys.
    pub(crate) fn range<'a>(
        &'a self,
        from: &K,
        to: &K,
    ) -> impl Iterator<Item = (&'a K, &'a V)> + use<'a, K, V> {
        let place = |key: &K| self.base.as_slice().partition_point(|known, _| known < key);
        let base = self.base.as_slice().get_range(place(from)..place(to));
        let own = self.own.iter().filter(|(key, _)| *key >= from && *key < to);
        let mut own: Vec<(&K, &Option<V>)> = own.collect();
        own.sort_unstable_by_key(|(key, _)| *key);
        let base = base.map(map::Slice::iter).unwrap_or_default();
        Merged::of(base, own.into_iter())
    }

    /// All keys in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Whether this map and another are clones of one, and neither has changed anything since.
    #[cfg(feature = "ldap")]
    pub(crate) fn is_still(&self, other: &Layered<K, V>) -> bool {
        Arc::ptr_eq(&self.base, &other.base) && self.own.is_empty() && other.own.is_empty()
    }

    /// How many keys have a value.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Makes room for so many entries of the start.
    pub(crate) fn expect(&mut self, count: usize) {
        if let Some(base) = Arc::get_mut(&mut self.base) {
            base.reserve(count);
        }
    }

    /// Makes everything the shared map of the clones to come.
    pub(crate) fn settle(&mut self) {
        if self.base.is_empty() {
            self.settle_first();
            return;
        }
        self.settle_loose();
        if !self.base.keys().is_sorted() {
            Arc::make_mut(&mut self.base).sort_unstable_keys();
        }
    }

    /// The same of a map that nobody goes through: its order is any.
    pub(crate) fn settle_loose(&mut self) {
        let base = Arc::make_mut(&mut self.base);
        for (key, value) in std::mem::take(&mut self.own) {
            match value {
                Some(value) => base.insert(key, value),
                None => base.swap_remove(&key),
            };
        }
    }
}

impl<K: Ord + Hash + Clone, V: Clone> Layered<K, V> {
    /// As [`Layered::settle`], where nothing is shared so far. Keys are sorted without their values, which are larger:
    /// each of those moves once.
    fn settle_first(&mut self) {
        let mut own = std::mem::take(&mut self.own);
        let mut order: Vec<(K, usize)> = own.keys().cloned().zip(0..).collect();
        order.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let mut base = IndexMap::with_capacity_and_hasher(self.len, FxBuildHasher);
        for (key, place) in order {
            if let Some((_, value)) = own.get_index_mut(place)
                && let Some(value) = value.take()
            {
                base.insert(key, value);
            }
        }
        self.base = Arc::new(base);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Act {
        Insert(u8, u32),
        Remove(u8),
        Change(u8),
        Default(u8),
        Settle,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            4 => (0_u8..12, any::<u32>()).prop_map(|(key, value)| Act::Insert(key, value)),
            3 => (0_u8..12).prop_map(Act::Remove),
            2 => (0_u8..12).prop_map(Act::Change),
            2 => (0_u8..12).prop_map(Act::Default),
            1 => Just(Act::Settle),
        ];
        prop::collection::vec(act, 0..60)
    }

    proptest! {
        #[test]
        fn it_answers_as_an_ordered_map_does(acts in acts()) {
            let mut layered: Layered<u8, u32> = Layered::default();
            let mut plain: BTreeMap<u8, u32> = BTreeMap::new();
            for act in acts {
                let before = layered.clone();
                let was = plain.clone();
                match act {
                    Act::Insert(key, value) => {
                        prop_assert_eq!(layered.insert(key, value), plain.insert(key, value));
                    }
                    Act::Remove(key) => prop_assert_eq!(layered.remove(&key), plain.remove(&key)),
                    Act::Change(key) => {
                        let (one, other) = (layered.get_mut(&key), plain.get_mut(&key));
                        prop_assert_eq!(one.is_some(), other.is_some());
                        one.into_iter().chain(other).for_each(|value| *value = value.wrapping_add(1));
                    }
                    Act::Default(key) => {
                        let (one, other) = (layered.get_or_default(key), plain.entry(key).or_default());
                        (*one, *other) = (one.wrapping_add(7), other.wrapping_add(7));
                    }
                    Act::Settle => layered.settle(),
                }
                prop_assert!(layered.iter().eq(plain.iter()));
                prop_assert_eq!(layered.len(), plain.len());
                prop_assert!((0..12).all(|key| layered.get(&key) == plain.get(&key)));
                prop_assert!(layered.range(&3, &9).eq(plain.range(3..9)));
                // A clone keeps what it had.
                prop_assert!(before.iter().eq(was.iter()));
            }
        }

        #[test]
        fn what_is_there_from_the_start_is_in_order_once_it_is_settled(
            loaded in prop::collection::vec((any::<u8>(), any::<u32>()), 0..40),
            put in prop::collection::vec((any::<u8>(), any::<u32>()), 0..4),
            later in prop::collection::vec((any::<u8>(), any::<u32>()), 0..4),
        ) {
            let mut layered: Layered<u8, u32> = Layered::default();
            let mut plain: BTreeMap<u8, u32> = BTreeMap::new();
            for (key, value) in put {
                prop_assert_eq!(layered.insert(key, value), plain.insert(key, value));
            }
            for (key, value) in loaded {
                layered.load(key, value);
                plain.insert(key, value);
                prop_assert_eq!((layered.get(&key), layered.len()), (Some(&value), plain.len()));
            }
            layered.settle();
            prop_assert!(layered.iter().eq(plain.iter()));
            // What others share stays as it is.
            let shared = layered.clone();
            for (key, value) in later {
                layered.load(key, value);
                plain.insert(key, value);
            }
            prop_assert!(layered.iter().eq(plain.iter()));
            prop_assert_eq!(shared.len(), shared.iter().count());
        }
    }
}
