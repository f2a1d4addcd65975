//! Lists of members, of which each change keeps what it does not change.

use imbl::OrdSet;
use imbl::ordset::DiffItem;

use super::Rid;

/// The members of a group, in order. A clone copies nothing, and a change only the few nodes on the way to its place; so
/// a group of n members that were added one by one was never copied as a whole, and replicas share what is alike.
#[derive(Clone, Debug)]
pub(crate) struct Members<T: Ord + Clone = Rid>(OrdSet<T>);

impl<T: Ord + Clone> Members<T> {
    /// Takes one in; `false`: it was there.
    pub(crate) fn insert(&mut self, member: T) -> bool {
        self.0.insert(member).is_none()
    }

    /// Takes one out; `false`: it was not there.
    pub(crate) fn remove(&mut self, member: &T) -> bool {
        self.0.remove(member).is_some()
    }

    /// Whether it is one of them.
    pub(crate) fn contains(&self, member: &T) -> bool {
        self.0.contains(member)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Who has left (`false`) and who has joined (`true`) by the time of a later list: first those, then these. What the
    /// two share is not looked at.
    pub(crate) fn changes(&self, later: &Members<T>) -> Vec<(T, bool)> {
        let (mut left, mut joined) = (Vec::new(), Vec::new());
        for item in self.0.diff(&later.0) {
            match item {
                DiffItem::Add(member) => joined.push((member.clone(), true)),
                DiffItem::Remove(member) => left.push((member.clone(), false)),
            }
        }
        left.append(&mut joined);
        left
    }
}

impl<T: Ord + Clone> Default for Members<T> {
    fn default() -> Members<T> {
        Members(OrdSet::new())
    }
}

impl<T: Ord + Clone> PartialEq for Members<T> {
    fn eq(&self, other: &Members<T>) -> bool {
        self.0 == other.0
    }
}

impl<T: Ord + Clone> FromIterator<T> for Members<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Members<T> {
        Members(members.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cmp::Ordering;
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    thread_local! {
        static COPIED: Cell<usize> = const { Cell::new(0) };
        static COMPARED: Cell<usize> = const { Cell::new(0) };
    }

    /// A member that counts how often one is copied and compared.
    #[derive(Debug, PartialEq, Eq)]
    struct Counted(u32);

    impl Clone for Counted {
        fn clone(&self) -> Counted {
            COPIED.set(COPIED.get() + 1);
            Counted(self.0)
        }
    }

    impl Ord for Counted {
        fn cmp(&self, other: &Counted) -> Ordering {
            COMPARED.set(COMPARED.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    impl PartialOrd for Counted {
        fn partial_cmp(&self, other: &Counted) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    #[test]
    fn members_that_join_one_by_one_are_copied_by_nodes_and_never_as_a_list() {
        let mut list = Members::default();
        let (mut copied, mut compared) = (0, 0);
        for member in 0..10_000 {
            let earlier = list.clone();
            COPIED.set(0);
            COMPARED.set(0);
            list.insert(Counted(member));
            let changes = earlier.changes(&list);
            assert_eq!(changes, [(Counted(member), true)]);
            assert!(earlier != list);
            copied = copied.max(COPIED.get());
            compared = compared.max(COMPARED.get());
        }
        assert!(copied < 200 && compared < 1_000, "{copied} copied, {compared} compared");
    }

    proptest! {
        #[test]
        fn changes_are_the_differences_of_two_sets(
            before in prop::collection::btree_set(0..60_u32, 0..50),
            steps in prop::collection::vec((0..60_u32, any::<bool>()), 0..20),
        ) {
            let one: Members<u32> = before.iter().copied().collect();
            let (mut other, mut after) = (one.clone(), before.clone());
            for (member, joins) in steps {
                let news = if joins { other.insert(member) } else { other.remove(&member) };
                prop_assert_eq!(news, if joins { after.insert(member) } else { after.remove(&member) });
            }
            let left = before.difference(&after).map(|member| (*member, false));
            let joined = after.difference(&before).map(|member| (*member, true));
            prop_assert_eq!(one.changes(&other), left.chain(joined).collect::<Vec<_>>());
            prop_assert_eq!(one == other, before == after);
            prop_assert_eq!(other.len(), after.len());
            prop_assert_eq!(other.iter().copied().collect::<BTreeSet<_>>(), after);
        }
    }
}
