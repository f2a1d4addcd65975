//! Controls of requests: decoded, or refused as Active Directory refuses them.

use super::ber::{INTEGER, Reader, SEQUENCE, Writer};
use super::message::{Control, SearchRequest};
use super::reply::ResponseControl;
use super::{LdapError, descriptor};

pub(super) const PAGED: &str = "1.2.840.113556.1.4.319";
pub(super) const SORT_RESPONSE: &str = "1.2.840.113556.1.4.474";
pub(super) const DIRSYNC: &str = "1.2.840.113556.1.4.841";

/// What the controls of a request ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Controls {
    /// Page size and cookie.
    pub(super) paged: Option<(usize, Vec<u8>)>,
    /// Attribute and whether the order is reversed; and whether the control is critical.
    pub(super) sort: Option<(String, bool, bool)>,
    /// Which parts of a security descriptor.
    pub(super) descriptor: Option<u32>,
    pub(super) show_deleted: bool,
    pub(super) tree_delete: bool,
    pub(super) permissive: bool,
    /// Flags, most octets, cookie.
    pub(super) dirsync: Option<(u32, i32, Vec<u8>)>,
    pub(super) notification: bool,
    /// 0: hexadecimal identifiers, 1: written ones.
    pub(super) extended_dn: Option<i32>,
    pub(super) domain_scope: bool,
    /// The empty name stands for everything that the controller holds.
    pub(super) phantom_root: bool,
}

impl Controls {
    /// What a list of controls asks for: unavailableCriticalExtension for a critical one that is unknown, or whose value
    /// cannot be read. One that is not critical is passed over then (MS-ADTS 3.1.1.3.4.1).
    pub(super) fn read(list: &[Control<'_>]) -> Result<Controls, LdapError> {
        let mut controls = Controls::default();
        for control in list {
            if controls.take(control).is_none() && control.critical {
                return Err(LdapError::critical_control());
            }
        }
        Ok(controls)
    }

    /// Takes one over; `None`, and nothing taken, when it cannot be obeyed.
    fn take(&mut self, control: &Control<'_>) -> Option<()> {
        let value = control.value.unwrap_or_default();
        match control.oid {
            b"1.2.840.113556.1.4.319" => {
                let mut inner = Reader::new(value).inside(SEQUENCE).ok()?;
                let size = inner.integer().ok()?;
                let cookie = inner.octets().ok()?;
                let size = usize::try_from(size).ok()?;
                self.paged = Some((size, cookie.to_vec()));
            }
            b"1.2.840.113556.1.4.473" => {
                let mut keys = Reader::new(value).inside(SEQUENCE).ok()?;
                let mut key = keys.inside(SEQUENCE).ok()?;
                let name = String::from_utf8_lossy(key.octets().ok()?).into_owned();
                key.optional(0x80).ok()?;
                let reverse = key.optional(0x81).ok()?.is_some_and(|octets| octets != [0]);
                // One key is all that the directory sorts by.
                if !keys.is_empty() {
                    return None;
                }
                self.sort = Some((name, reverse, control.critical));
            }
            b"1.2.840.113556.1.4.801" => {
                let mut inner = Reader::new(value).inside(SEQUENCE).ok()?;
                // No part is all of them.
                let parts = inner.bits().ok()? & descriptor::ALL;
                self.descriptor = Some(if parts == 0 { descriptor::ALL } else { parts });
            }
            b"1.2.840.113556.1.4.841" => {
                let mut inner = Reader::new(value).inside(SEQUENCE).ok()?;
                let (flags, most) = (inner.bits().ok()?, inner.integer().ok()?);
                self.dirsync = Some((flags, most, inner.octets().ok()?.to_vec()));
            }
            b"1.2.840.113556.1.4.529" => {
                let option = match control.value {
                    Some(value) if !value.is_empty() => {
                        let mut inner = Reader::new(value).inside(SEQUENCE).ok()?;
                        inner.integer().ok()?
                    }
                    _ => 0,
                };
                self.extended_dn = Some(option);
            }
            b"1.2.840.113556.1.4.1340" => {
                let mut inner = Reader::new(value).inside(SEQUENCE).ok()?;
                let flags = inner.integer().ok()?;
                self.domain_scope |= flags & 1 != 0;
                self.phantom_root |= flags & 2 != 0;
            }
            b"1.2.840.113556.1.4.417" => self.show_deleted = true,
            b"1.2.840.113556.1.4.805" => self.tree_delete = true,
            b"1.2.840.113556.1.4.1413" => self.permissive = true,
            b"1.2.840.113556.1.4.528" => self.notification = true,
            b"1.2.840.113556.1.4.1339" => self.domain_scope = true,
            // Lazy commit, cross-domain move, verify name, statistics: nothing here depends on them.
            b"1.2.840.113556.1.4.619"
            | b"1.2.840.113556.1.4.521"
            | b"1.2.840.113556.1.4.1338"
            | b"1.2.840.113556.1.4.970" => {}
            _ => return None,
        }
        Some(())
    }
}

/// The answer to a paged search: no estimate, as the directory gives none.
pub(super) fn page(cookie: &[u8]) -> ResponseControl {
    let mut writer = Writer::new();
    writer.constructed(SEQUENCE, |inner| {
        inner.number(INTEGER, 0);
        inner.octets(cookie);
    });
    ResponseControl { oid: PAGED, value: writer.done() }
}

/// The answer to a sorted search.
pub(super) fn sorted(code: u32) -> ResponseControl {
    let mut writer = Writer::new();
    writer.constructed(SEQUENCE, |inner| inner.number(0x0a, i64::from(code)));
    ResponseControl { oid: SORT_RESPONSE, value: writer.done() }
}

/// The answer to a synchronisation: whether there is more, and from where to go on.
pub(super) fn synchronized(more: bool, cookie: &[u8]) -> ResponseControl {
    let mut writer = Writer::new();
    writer.constructed(SEQUENCE, |inner| {
        inner.number(INTEGER, i64::from(more));
        inner.number(INTEGER, 0);
        inner.octets(cookie);
    });
    ResponseControl { oid: DIRSYNC, value: writer.done() }
}

/// What a cookie of a paged search belongs to: the same search again, whatever its page size.
pub(super) fn fingerprint(search: &SearchRequest<'_>) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = rustc_hash::FxHasher::default();
    search.base.hash(&mut hasher);
    format!("{:?}{:?}", search.scope, search.filter).hash(&mut hasher);
    hasher.finish()
}
