//! Look-ups by a key that need one allocation, however many entries there are.

/// Values by key. Of one key they keep the order in which they came.
pub(crate) struct Index<K, V>(Vec<(K, V)>);

impl<K, V> Default for Index<K, V> {
    fn default() -> Index<K, V> {
        Index(Vec::new())
    }
}

impl<K: Ord, V> Index<K, V> {
    /// The values of a key.
    pub(crate) fn of<'i>(&'i self, key: &K) -> impl Iterator<Item = &'i V> + use<'i, K, V> {
        let first = self.0.partition_point(|(own, _)| own < key);
        let behind = self.0[first..].partition_point(|(own, _)| own == key);
        self.0[first..first + behind].iter().map(|(_, value)| value)
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Index<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Index<K, V> {
        let mut entries: Vec<(K, V)> = entries.into_iter().collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
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
        assert_eq!(index.of(&"b").copied().collect::<Vec<_>>(), [3, 1, 2]);
        assert_eq!(index.of(&"a").copied().collect::<Vec<_>>(), [9]);
        assert_eq!(index.of(&"d").count(), 0);
        assert_eq!(index.of(&"").count(), 0);
    }
}
