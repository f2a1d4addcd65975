//! Whom an entry of an export is told by, and whom it refers to.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{AccountName, EntrySpec, Name, Octets};

use super::Reading;
use super::kinds::folded;
use crate::ldif::LdifEntry;

/// The identifiers that accounts can have: the last part of a security identifier.
const RIDS: std::ops::Range<u32> = 1_000..0x4000_0000;

/// What exports say of identity so far.
#[derive(Default)]
pub(super) struct Identities {
    /// The numbers of the domain: the first ones that an export has.
    pub(super) authority: Option<[u32; 3]>,
    rids: BTreeSet<u32>,
    guids: BTreeSet<Vec<u8>>,
}

/// An attribute of an account that names another object.
pub(super) struct Reference {
    pub(super) owner: AccountName,
    pub(super) attribute: Name,
    /// The other's folded distinguished name.
    pub(super) other: String,
    /// The place of the file that says so.
    pub(super) file: usize,
}

impl Reading<'_, '_> {
    /// Takes over the identifiers of an entry, as far as they can be an account's here.
    pub(super) fn identity(&mut self, entry: &LdifEntry, own: &mut EntrySpec) {
        if let Some(value) = entry.values("objectGUID").first().copied() {
            match guid(value).filter(|guid| self.identities.guids.insert(guid.clone())) {
                Some(guid) => own.guid = Some(Octets(guid)),
                None => self.leave_out("attribute objectGUID"),
            }
        }
        if let Some(value) = entry.values("objectSid").first().copied() {
            let numbers = sid(value).and_then(|numbers| <[u32; 5]>::try_from(numbers).ok());
            let rid = numbers.and_then(|[kind, a, b, c, rid]| {
                let authority = *self.identities.authority.get_or_insert([a, b, c]);
                (kind == 21 && authority == [a, b, c] && RIDS.contains(&rid)).then_some(rid)
            });
            match rid.filter(|rid| self.identities.rids.insert(*rid)) {
                Some(rid) => own.rid = Some(rid),
                None => self.leave_out("attribute objectSid"),
            }
        }
    }

    /// The domain's own entry says what its security identifiers begin with.
    pub(super) fn domain_entry(&mut self, entry: &LdifEntry) {
        let numbers = entry.values("objectSid").first().copied().and_then(sid);
        if let Some([21, a, b, c]) = numbers.as_deref() {
            self.identities.authority.get_or_insert([*a, *b, *c]);
        }
    }

    /// Notes whom an attribute of an account names.
    pub(super) fn refers(&mut self, owner: &str, attribute: &str, value: &[u8]) {
        let file = self.taken.imports.len() - 1;
        match folded(value) {
            Some(other) => {
                let (owner, attribute) = (owner.into(), attribute.into());
                self.references.push(Reference { owner, attribute, other, file });
            }
            None => self.leave_out(&format!("attribute {attribute}")),
        }
    }

    /// Makes the references, now that all accounts are known.
    pub(super) fn refer(&mut self) {
        let taken = &mut self.taken;
        let users = taken.users.iter_mut().map(|user| (user.name.clone(), &mut user.entry));
        let groups = taken.groups.iter_mut().map(|group| (group.name.clone(), &mut group.entry));
        let mut entries: BTreeMap<AccountName, &mut EntrySpec> = users.chain(groups).collect();
        for Reference { owner, attribute, other, file } in std::mem::take(&mut self.references) {
            match (entries.get_mut(&owner), self.names.get(&other)) {
                (Some(entry), Some(other)) => {
                    entry.accounts.entry(attribute).or_default().push(other.clone());
                }
                _ => {
                    let what = format!("attribute {attribute} that names what is not taken over");
                    *taken.imports[file].left_out.entry(what).or_default() += 1;
                }
            }
        }
    }
}

/// The octets of an identifier, which some tools write as text.
fn guid(value: &[u8]) -> Option<Vec<u8>> {
    if value.len() == 16 {
        return Some(value.to_vec());
    }
    let text = std::str::from_utf8(value).ok()?.trim().trim_start_matches('{').trim_end_matches('}');
    let groups: Vec<&str> = text.split('-').collect();
    if groups.iter().map(|group| group.len()).ne([8, 4, 4, 4, 12]) {
        return None;
    }
    let mut octets = Octets::of_hex(&groups.concat())?.0;
    // The first three groups are numbers, whose lowest octet comes first.
    octets[..4].reverse();
    octets[4..6].reverse();
    octets[6..8].reverse();
    Some(octets)
}

/// The numbers behind the authority of a security identifier `S-1-5-…`, in octets or as text.
fn sid(value: &[u8]) -> Option<Vec<u32>> {
    if let [1, count, 0, 0, 0, 0, 0, 5, subs @ ..] = value
        && subs.len() == usize::from(*count) * 4
    {
        let number = |sub: &[u8]| u32::from_le_bytes([sub[0], sub[1], sub[2], sub[3]]);
        return Some(subs.chunks_exact(4).map(number).collect());
    }
    let text = std::str::from_utf8(value).ok()?.trim().strip_prefix("S-1-5-")?;
    text.split('-').map(|number| number.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_read_as_octets_and_as_text() {
        let octets = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 81, 4, 0, 0];
        assert_eq!(sid(&octets), Some(vec![21, 1, 2, 3, 1_105]));
        assert_eq!(sid(b"S-1-5-21-1-2-3-1105"), sid(&octets));
        assert_eq!([sid(&octets[..27]), sid(b"S-1-1-0"), sid(b"")], [None, None, None]);
        let text = guid(b"{03020100-0504-0706-0809-0a0b0c0d0e0f}");
        assert_eq!(text, Some((0..16).collect()));
        assert_eq!(guid(&(0..16).collect::<Vec<u8>>()), text);
        assert_eq!([guid(b"03020100"), guid(b"x3020100-0504-0706-0809-0a0b0c0d0e0f")], [None, None]);
    }
}
