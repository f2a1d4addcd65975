//! Who is named by whom: the objects that may name an object as their manager or as whoever manages them.

use std::collections::BTreeSet;

use super::Tree;
use crate::directory::{Database, Rid};

/// Attributes that link back, and the attributes to which they do.
pub(in crate::ldap) const BACK_LINKS: [(&str, &str); 2] =
    [("directreports", "manager"), ("managedobjects", "managedBy")];

impl Tree {
    /// Takes in whom an object names now. What it named before stays, and is looked at again by whoever asks.
    pub(super) fn note_links(&mut self, id: Rid, database: &Database) {
        let Some(extras) = database.extras(id) else { return };
        for (_, forward) in BACK_LINKS {
            let values = extras.attributes.get(&crate::Name::from(forward));
            for value in values.into_iter().flat_map(|values| values.iter()) {
                self.referrers.get_or_default(&value.as_slice().into()).insert(id);
            }
        }
    }

    /// The objects that name one of these values, or did so once.
    pub(in crate::ldap) fn referrers(&self, values: &[Vec<u8>]) -> BTreeSet<Rid> {
        let lists = values.iter().filter_map(|value| self.referrers.get(value.as_slice()));
        lists.flatten().copied().collect()
    }
}
