//! Entries of the directory: finding them, and what they hold.

use std::collections::BTreeMap;
use std::fmt;

use ldap3::{Ldap, Scope, SearchEntry, ldap_escape};
use mockdc_mocks::AccountName;

use super::{Directory, DirectoryError, silent};
use crate::Act;

/// An account of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its distinguished name.
    pub dn: String,
    /// What never changes of it, not even when it is deleted.
    pub guid: Guid,
    /// Its security identifier: `S-1-5-21-…-1105`.
    pub sid: String,
    /// What it is.
    pub kind: Kind,
    /// The name by which programs know it (`sAMAccountName`).
    pub name: AccountName,
    /// A user's primary group, by the last number of its security identifier.
    pub primary_group: Option<u32>,
}

impl Entry {
    /// The last number of its security identifier.
    pub fn rid(&self) -> u32 {
        self.sid.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }
}

/// Kinds of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A user.
    User,
    /// A global group.
    Group,
    /// A local group of the domain, or a built-in one.
    LocalGroup,
}

/// An `objectGUID`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(pub [u8; 16]);

impl Guid {
    /// The `objectGUID` of an entry that was searched for it.
    pub fn of(entry: &SearchEntry) -> Option<Guid> {
        Some(Guid(bytes(entry, "objectGUID")?.try_into().ok()?))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g, h, i, rest @ ..] = &self.0;
        write!(f, "{d:02x}{c:02x}{b:02x}{a:02x}-{g:02x}{e:02x}-{i:02x}{h:02x}-")?;
        for (place, byte) in rest.iter().enumerate() {
            if place == 2 {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

const ACCOUNT: &[&str] =
    &["objectGUID", "objectSid", "objectClass", "groupType", "sAMAccountName", "primaryGroupID"];

impl Directory {
    /// The account of this name, of any kind.
    pub async fn find(&mut self, name: &AccountName) -> Result<Option<Entry>, DirectoryError> {
        let filter = format!("(sAMAccountName={})", ldap_escape(name.as_str()));
        Ok(self.accounts(&filter).await?.into_iter().next())
    }

    /// Every account that the filter lets through, in the order of their identifiers.
    pub(crate) async fn accounts(&mut self, filter: &str) -> Result<Vec<Entry>, DirectoryError> {
        let base = self.endpoint().base.clone();
        let found = self.search(&base, Scope::Subtree, filter, ACCOUNT).await?;
        let mut accounts: Vec<Entry> = found.iter().filter_map(account).collect();
        accounts.sort_by_key(Entry::rid);
        Ok(accounts)
    }

    /// Entries with these attributes. An absent base is an empty result.
    pub(crate) async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        let result = self.ldap().search(base, scope, filter, attributes).await;
        self.entries(result)
    }

    /// The same among tombstones as well (LDAP_SERVER_SHOW_DELETED).
    pub(crate) async fn search_deleted(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        let result = show_deleted(self.ldap()).search(base, scope, filter, attributes).await;
        self.entries(result)
    }

    fn entries(
        &self,
        result: Result<ldap3::SearchResult, ldap3::LdapError>,
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        let ldap3::SearchResult(entries, result) = result.map_err(|error| silent(self.endpoint(), &error))?;
        match result.rc {
            // Referrals to other parts of the forest come with the entries and hold no account.
            0 | 10 => {}
            32 => return Ok(Vec::new()),
            _ => self.accept(Act::Write, Ok(result))?,
        }
        Ok(entries.into_iter().filter(|entry| !entry.is_ref()).map(SearchEntry::construct).collect())
    }
}

/// How new one object of the directory is at a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectState {
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// For each attribute, by its number in the schema: how often it was written, and when.
    versions: BTreeMap<u32, (u32, u64)>,
    /// For each member that a group lists or has listed: how often that was written, and when.
    links: BTreeMap<String, (u32, String)>,
}

impl ObjectState {
    /// Whether it shows every attribute and every member at least as new as the other one does.
    pub fn is_as_new_as(&self, other: &ObjectState) -> bool {
        let attributes = |(name, stamp)| self.versions.get(name).is_some_and(|own| own >= stamp);
        let links = |(member, stamp)| self.links.get(member).is_some_and(|own| own >= stamp);
        self.deleted == other.deleted
            && other.versions.iter().all(attributes)
            && (self.deleted || other.links.iter().all(links))
    }
}

impl Directory {
    /// An object by its identifier, tombstones included.
    pub async fn object(&mut self, guid: Guid) -> Result<Option<ObjectState>, DirectoryError> {
        let base = format!("<GUID={guid}>");
        let wanted = ["isDeleted", "replPropertyMetaData", "msDS-ReplValueMetaData"];
        let found = self.search_deleted(&base, Scope::Base, "(objectClass=*)", &wanted).await?;
        Ok(found.first().map(|entry| {
            let links = entry.attrs.get("msDS-ReplValueMetaData").into_iter().flatten();
            ObjectState {
                deleted: text(entry, "isDeleted") == Some("TRUE"),
                versions: bytes(entry, "replPropertyMetaData").map(stamps).unwrap_or_default(),
                links: links.filter_map(|xml| link_stamp(xml)).collect(),
            }
        }))
    }
}

/// `cn` and `name`: each controller derives them from the entry's place and stamps them as its own.
const DERIVED: [u32; 2] = [0x3, 0x0009_0001];

/// `replPropertyMetaData` as Samba stores it (`replPropertyMetaDataBlob` of its `drsblobs.idl`): a head of 16 bytes with
/// the count at 8, then 48 bytes an attribute.
fn stamps(blob: &[u8]) -> BTreeMap<u32, (u32, u64)> {
    let Some((_, rest)) = blob.split_at_checked(16) else { return BTreeMap::new() };
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let stamp = |one: &[u8]| {
        let (attribute, version) = (number(&one[..4]) as u32, number(&one[4..8]) as u32);
        (attribute, (version, number(&one[8..16])))
    };
    rest.chunks_exact(48).map(stamp).filter(|(attribute, _)| !DERIVED.contains(attribute)).collect()
}

/// A value of `msDS-ReplValueMetaData`: the member, how often its link was written, and when.
fn link_stamp(xml: &str) -> Option<(String, (u32, String))> {
    let tag = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0)
    };
    let when = tag("ftimeLastOriginatingChange")?.to_owned();
    Some((tag("pszObjectDn")?.to_owned(), (tag("dwVersion")?.parse().ok()?, when)))
}

fn show_deleted(ldap: &mut Ldap) -> &mut Ldap {
    let show_deleted =
        ldap3::controls::RawControl { ctype: "1.2.840.113556.1.4.417".to_owned(), crit: true, val: None };
    ldap.with_controls(show_deleted)
}

/// The first value of an attribute as it stands.
pub(crate) fn bytes<'a>(entry: &'a SearchEntry, name: &str) -> Option<&'a [u8]> {
    let binary = entry.bin_attrs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    if let Some(value) = binary.and_then(|(_, values)| values.first()) {
        return Some(value);
    }
    text(entry, name).map(str::as_bytes)
}

/// The first value of an attribute as text.
pub(crate) fn text<'a>(entry: &'a SearchEntry, name: &str) -> Option<&'a str> {
    let values = entry.attrs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1;
    values.first().map(String::as_str)
}

/// The first value of an attribute as a number.
pub(crate) fn number(entry: &SearchEntry, name: &str) -> Option<i64> {
    text(entry, name)?.parse().ok()
}

fn account(entry: &SearchEntry) -> Option<Entry> {
    let has = |class: &str| {
        entry.attrs.get("objectClass").is_some_and(|classes| classes.iter().any(|name| name == class))
    };
    let kind = match () {
        // A computer is a user to the directory and none to anybody else.
        () if has("computer") => return None,
        () if has("user") => Kind::User,
        // GROUP_TYPE_RESOURCE_GROUP
        () if has("group") && number(entry, "groupType")? & 4 != 0 => Kind::LocalGroup,
        () if has("group") => Kind::Group,
        () => return None,
    };
    Some(Entry {
        dn: entry.dn.clone(),
        guid: Guid::of(entry)?,
        sid: sid_text(bytes(entry, "objectSid")?)?,
        kind,
        name: text(entry, "sAMAccountName")?.into(),
        primary_group: number(entry, "primaryGroupID").and_then(|rid| u32::try_from(rid).ok()),
    })
}

/// A security identifier as text (MS-DTYP 2.4.2).
pub(crate) fn sid_text(sid: &[u8]) -> Option<String> {
    let (head, rest) = sid.split_at_checked(8)?;
    let authority = head[2..].iter().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let mut text = format!("S-{}-{authority}", head[0]);
    for number in rest.chunks_exact(4) {
        let number = u32::from_le_bytes(number.try_into().ok()?);
        text.push_str(&format!("-{number}"));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_print_as_everybody_writes_them() {
        let guid = Guid([0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 1, 2, 3, 4, 5, 6]);
        assert_eq!(guid.to_string(), "00112233-4455-6677-8899-010203040506");
        let administrators = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
        assert_eq!(sid_text(&administrators).as_deref(), Some("S-1-5-32-544"));
        assert_eq!(sid_text(&[1, 2]), None);
    }
}
