//! What maps over a shared one give of both.

use std::iter::Peekable;

/// Two ordered sequences as one, in which the second decides.
pub(crate) struct Merged<'a, K: 'a, V: 'a, B, O>
where
    B: Iterator<Item = (&'a K, &'a V)>,
    O: Iterator<Item = (&'a K, &'a Option<V>)>,
{
    base: Peekable<B>,
    own: Peekable<O>,
}

impl<'a, K: 'a, V: 'a, B, O> Merged<'a, K, V, B, O>
where
    B: Iterator<Item = (&'a K, &'a V)>,
    O: Iterator<Item = (&'a K, &'a Option<V>)>,
{
    /// The entries of a map as `own` has changed them; `None`: gone. Both are in the order of their keys.
    pub(crate) fn of(base: B, own: O) -> Merged<'a, K, V, B, O> {
        Merged { base: base.peekable(), own: own.peekable() }
    }
}

impl<'a, K: Ord, V, B, O> Iterator for Merged<'a, K, V, B, O>
where
    B: Iterator<Item = (&'a K, &'a V)>,
    O: Iterator<Item = (&'a K, &'a Option<V>)>,
{
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        loop {
            let Some((own, _)) = self.own.peek() else { return self.base.next() };
            if let Some(shared) = self.base.next_if(|(key, _)| key < own) {
                return Some(shared);
            }
            self.base.next_if(|(key, _)| key == own);
            if let (key, Some(value)) = self.own.next()? {
                return Some((key, value));
            }
        }
    }
}
