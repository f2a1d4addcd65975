//! Writing entries.

#![expect(
    clippy::disallowed_types,
    reason = "ldap3 takes attribute values as hash sets; their order reaches nothing"
)]

use std::collections::HashSet;

use ldap3::Mod;

use super::{Directory, DirectoryError};
use crate::Act;

/// A change of one attribute.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// Replaces every value.
    Set(&'static str, Vec<u8>),
    /// Removes every value.
    Clear(&'static str),
    /// Adds a value.
    Add(&'static str, Vec<u8>),
    /// Removes a value.
    Remove(&'static str, Vec<u8>),
}

impl Edit {
    pub(crate) fn set(attribute: &'static str, value: impl ToString) -> Edit {
        Edit::Set(attribute, value.to_string().into_bytes())
    }
}

impl Directory {
    /// Adds an entry.
    pub(crate) async fn add_entry(
        &mut self,
        act: Act,
        dn: &str,
        attributes: Vec<(&'static str, Vec<u8>)>,
    ) -> Result<(), DirectoryError> {
        let attributes = attributes
            .into_iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), HashSet::from([value])))
            .collect();
        let result = self.ldap().add(dn, attributes).await;
        self.accept(act, result)
    }

    /// Changes an entry, all edits or none.
    pub(crate) async fn modify_entry(
        &mut self,
        act: Act,
        dn: &str,
        edits: Vec<Edit>,
    ) -> Result<(), DirectoryError> {
        let one = |value| HashSet::from([value]);
        let name = |name: &str| name.as_bytes().to_vec();
        let edits = edits
            .into_iter()
            .map(|edit| match edit {
                Edit::Set(attribute, value) => Mod::Replace(name(attribute), one(value)),
                Edit::Clear(attribute) => Mod::Replace(name(attribute), HashSet::new()),
                Edit::Add(attribute, value) => Mod::Add(name(attribute), one(value)),
                Edit::Remove(attribute, value) => Mod::Delete(name(attribute), one(value)),
            })
            .collect();
        let result = self.ldap().modify(dn, edits).await;
        self.accept(act, result)
    }

    /// Deletes an entry.
    pub(crate) async fn delete_entry(&mut self, act: Act, dn: &str) -> Result<(), DirectoryError> {
        let result = self.ldap().delete(dn).await;
        self.accept(act, result)
    }

    /// Gives an entry another common name.
    pub(crate) async fn rename_entry(
        &mut self,
        act: Act,
        dn: &str,
        name: &str,
    ) -> Result<(), DirectoryError> {
        let rdn = format!("CN={}", ldap3::dn_escape(name));
        let result = self.ldap().modifydn(dn, &rdn, true, None).await;
        self.accept(act, result)
    }
}
