//! An ordered map over a shared one: controllers of one domain begin with the same objects, and each keeps only what
//! has changed at it.
//!
//! What is its own is ordered too, so that a range of keys costs what stands in it, however much has changed.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::ops::Bound;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::directory::Merged;

/// An ordered map whose entries are those of a shared map, as far as it has not changed them itself. A clone of one
/// that has just been [settled](Overlay::settle) copies nothing.
#[derive(Clone, Debug)]
pub(super) struct Overlay<K, V> {
    /// In the order of the keys.
    base: Arc<IndexMap<K, V, FxBuildHasher>>,
    /// What differs from the base; `None`: gone.
    own: BTreeMap<K, Option<V>>,
}

impl<K, V> Default for Overlay<K, V> {
    fn default() -> Overlay<K, V> {
        Overlay { base: Arc::default(), own: BTreeMap::new() }
    }
}

impl<K: Ord + Hash + Clone, V: Clone> Overlay<K, V> {
    /// The value of a key.
    pub(super) fn get<Q: Ord + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        if !self.own.is_empty()
            && let Some(own) = self.own.get(key)
        {
            return own.as_ref();
        }
        self.base.get(key)
    }

    /// Whether the key has a value.
    pub(super) fn contains_key<Q: Ord + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The value of a key, to change.
    pub(super) fn get_mut<Q: Ord + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if !self.own.contains_key(key) {
            let (key, value) = self.base.get_key_value(key)?;
            self.own.insert(key.clone(), Some(value.clone()));
        }
        self.own.get_mut(key)?.as_mut()
    }

    /// The value of a key, to change; it gets one when it has none.
    pub(super) fn get_or_default(&mut self, key: &K) -> &mut V
    where
        V: Default,
    {
        let base = &self.base;
        let own = self.own.entry(key.clone()).or_insert_with(|| base.get(key).cloned());
        own.get_or_insert_default()
    }

    /// Gives a key a value.
    pub(super) fn insert(&mut self, key: K, value: V) {
        self.own.insert(key, Some(value));
    }

    /// Takes a key's value away.
    pub(super) fn remove<Q: Ord + Hash + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        match self.base.get_key_value(key) {
            Some((key, _)) => {
                self.own.insert(key.clone(), None);
            }
            None => {
                self.own.remove(key);
            }
        }
    }

    /// All entries in the order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.merged(0, self.own.range::<K, _>(..))
    }

    /// The entries from a key on, in the order of their keys.
    pub(super) fn iter_from<'a>(&'a self, first: &K) -> impl Iterator<Item = (&'a K, &'a V)> {
        let place = self.base.as_slice().partition_point(|key, _| key < first);
        self.merged(place, self.own.range::<K, _>((Bound::Included(first), Bound::Unbounded)))
    }

    fn merged<'a>(
        &'a self,
        place: usize,
        own: impl Iterator<Item = (&'a K, &'a Option<V>)>,
    ) -> impl Iterator<Item = (&'a K, &'a V)> {
        let base = self.base.as_slice().get_range(place..).into_iter().flatten();
        Merged::of(base, own)
    }

    /// The values that are no longer those of the shared map.
    pub(super) fn own_values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.own.values_mut().flatten()
    }

    /// Makes everything the shared map of the clones to come.
    pub(super) fn settle(&mut self) {
        let base = Arc::make_mut(&mut self.base);
        let fresh = base.is_empty();
        base.reserve_exact(self.own.len());
        for (key, value) in std::mem::take(&mut self.own) {
            match value {
                Some(value) => base.insert(key, value),
                None => base.swap_remove(&key),
            };
        }
        // What was all its own has come in its order.
        if !fresh {
            base.sort_unstable_keys();
        }
        base.shrink_to_fit();
    }
}

impl<K: Ord + Hash + Clone, V: Clone> FromIterator<(K, V)> for Overlay<K, V> {
    /// A settled map; of equal keys the last counts.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Overlay<K, V> {
        let mut base: IndexMap<K, V, FxBuildHasher> = entries.into_iter().collect();
        if !base.keys().is_sorted() {
            base.sort_unstable_keys();
        }
        Overlay { base: Arc::new(base), own: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Act {
        Insert(u8, u32),
        Remove(u8),
        Change(u8),
        Default(u8),
        Settle,
        Anew,
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            4 => (0_u8..12, any::<u32>()).prop_map(|(key, value)| Act::Insert(key, value)),
            3 => (0_u8..12).prop_map(Act::Remove),
            2 => (0_u8..12).prop_map(Act::Change),
            2 => (0_u8..12).prop_map(Act::Default),
            1 => Just(Act::Settle),
            1 => Just(Act::Anew),
        ];
        prop::collection::vec(act, 0..60)
    }

    proptest! {
        #[test]
        fn it_answers_as_an_ordered_map_does(acts in acts()) {
            let mut overlay: Overlay<u8, u32> = Overlay::default();
            let mut plain: BTreeMap<u8, u32> = BTreeMap::new();
            for act in acts {
                let before = overlay.clone();
                let was = plain.clone();
                match act {
                    Act::Insert(key, value) => {
                        overlay.insert(key, value);
                        plain.insert(key, value);
                    }
                    Act::Remove(key) => {
                        overlay.remove(&key);
                        plain.remove(&key);
                    }
                    Act::Change(key) => {
                        let (one, other) = (overlay.get_mut(&key), plain.get_mut(&key));
                        prop_assert_eq!(one.is_some(), other.is_some());
                        one.into_iter().chain(other).for_each(|value| *value = value.wrapping_add(1));
                    }
                    Act::Default(key) => {
                        let (one, other) = (overlay.get_or_default(&key), plain.entry(key).or_default());
                        (*one, *other) = (one.wrapping_add(7), other.wrapping_add(7));
                    }
                    Act::Settle => overlay.settle(),
                    Act::Anew => overlay = plain.iter().rev().map(|(key, value)| (*key, *value)).collect(),
                }
                prop_assert!(overlay.iter().eq(plain.iter()));
                for key in 0..12 {
                    prop_assert_eq!(overlay.get(&key), plain.get(&key));
                    prop_assert!(overlay.iter_from(&key).eq(plain.range(key..)));
                }
                // A clone keeps what it had.
                prop_assert!(before.iter().eq(was.iter()));
            }
        }
    }
}
