//! Look-ups by a key that need one allocation, however many entries there are.

/// Values by key. Of one key they keep the order in which they came.
pub(crate) struct Index<K, V>(Vec<(K, V)>);

impl<K, V> Default for Index<K, V> {
    fn default() -> Index<K, V> {
        Index(Vec::new())
    }
}

impl<K: Ord + Copy, V: Copy> Index<K, V> {
    /// The values of a key.
    pub(crate) fn of(&self, key: K) -> impl Iterator<Item = V> + use<'_, K, V> {
        let first = self.0.partition_point(|(own, _)| *own < key);
        self.0[first..].iter().take_while(move |(own, _)| *own == key).map(|(_, value)| *value)
    }
}

impl<K: Ord + Copy, V> FromIterator<(K, V)> for Index<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Index<K, V> {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        Index(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_key_keep_their_order() {
        let index: Index<&str, u32> =
            [("b", 3), ("a", 9), ("b", 1), ("c", 4), ("b", 2)].into_iter().collect();
        assert_eq!(index.of("b").collect::<Vec<_>>(), [3, 1, 2]);
        assert_eq!(index.of("a").collect::<Vec<_>>(), [9]);
        assert_eq!(index.of("d").count(), 0);
        assert_eq!(index.of("").count(), 0);
    }
}
