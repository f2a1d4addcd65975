//! A small ordered map: machines have few of most things, and there are many machines.

/// A map in one row, in the order of its keys. It takes the room of its entries and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row<K, V>(Vec<(K, V)>);

impl<K, V> Default for Row<K, V> {
    fn default() -> Row<K, V> {
        Row(Vec::new())
    }
}

impl<K: Ord, V> Row<K, V> {
    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.cmp(key))
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().map(|place| &self.0[place].1)
    }

    /// The value of a key, to change.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let place = self.place(key).ok()?;
        Some(&mut self.0[place].1)
    }

    /// Gives a key a value, and returns the one that it had. The key stays as it was first written.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(place) => Some(std::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.reserve_exact(1);
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// Takes a key's value away.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let place = self.place(key).ok()?;
        Some(self.0.remove(place).1)
    }

    /// All entries in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Row<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Row<K, V> {
        let mut row = Row::default();
        for (key, value) in entries {
            row.insert(key, value);
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_row_is_an_ordered_map(steps in prop::collection::vec((0_u8..12, prop::option::of(0_u8..9)), 0..60)) {
            let (mut row, mut map) = (Row::default(), BTreeMap::new());
            for (key, value) in steps {
                match value {
                    Some(value) => prop_assert_eq!(row.insert(key, value), map.insert(key, value)),
                    None => prop_assert_eq!(row.remove(&key), map.remove(&key)),
                }
                prop_assert_eq!(row.get(&key), map.get(&key));
                prop_assert!(row.iter().eq(map.iter()) && row.keys().eq(map.keys()) && row.values().eq(map.values()));
                if let Some(value) = row.get_mut(&key) {
                    *value += 1;
                    *map.get_mut(&key).expect("it is in both") += 1;
                }
            }
            prop_assert_eq!(map.into_iter().collect::<Row<u8, u8>>(), row);
        }
    }
}
