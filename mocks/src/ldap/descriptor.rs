//! Security descriptors: taken apart and put together, so that a client reads and writes the parts that it names
//! (MS-DTYP 2.4.6; MS-ADTS 3.1.1.3.4.1.11).

use super::sid;
use crate::directory::{Database, Rid};

/// Flags of the control that names parts.
pub(super) const OWNER: u32 = 1;
pub(super) const GROUP: u32 = 2;
pub(super) const DACL: u32 = 4;
pub(super) const SACL: u32 = 8;
/// What nobody names is all of it.
pub(super) const ALL: u32 = OWNER | GROUP | DACL | SACL;

/// Bits of a descriptor's own control field: whether its lists are there, and that it is self-relative.
const DACL_PRESENT: u16 = 0x0004;
const SACL_PRESENT: u16 = 0x0010;
/// What belongs to the discretionary list: presence, default, inheritance asked for, done and protected.
const OF_DACL: u16 = 0x150c;
/// The same of the list for audits.
const OF_SACL: u16 = 0x2a30;
const SELF_RELATIVE: u16 = 0x8000;

/// A security descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Descriptor {
    control: u16,
    owner: Option<Vec<u8>>,
    group: Option<Vec<u8>>,
    dacl: Option<Vec<u8>>,
    sacl: Option<Vec<u8>>,
}

impl Descriptor {
    /// The descriptor that these octets are in self-relative form; `None`: they are none.
    pub(super) fn read(octets: &[u8]) -> Option<Descriptor> {
        let head = octets.get(..20)?;
        let control = u16::from_le_bytes([head[2], head[3]]);
        if head[0] != 1 || control & SELF_RELATIVE == 0 {
            return None;
        }
        let at = |field: usize| {
            let offset = [head[field], head[field + 1], head[field + 2], head[field + 3]];
            match u32::from_le_bytes(offset) as usize {
                0 => Some(None),
                1..20 => None,
                offset => octets.get(offset..).map(Some),
            }
        };
        let identifier = |field: usize| match at(field)? {
            None => Some(None),
            Some(rest) => {
                let length = 8 + 4 * usize::from(*rest.get(1)?);
                let found = rest.get(..length).filter(|found| found[0] == 1 && found[1] <= 15)?;
                Some(Some(found.to_vec()))
            }
        };
        let list = |field: usize, present: u16| match at(field)? {
            Some(rest) if control & present != 0 => acl(rest).map(Some),
            _ => Some(None),
        };
        Some(Descriptor {
            control,
            owner: identifier(4)?,
            group: identifier(8)?,
            sacl: list(12, SACL_PRESENT)?,
            dacl: list(16, DACL_PRESENT)?,
        })
    }

    /// In self-relative form.
    pub(super) fn written(&self) -> Vec<u8> {
        let mut octets = vec![1, 0];
        octets.extend((self.control | SELF_RELATIVE).to_le_bytes());
        let parts = [&self.owner, &self.group, &self.sacl, &self.dacl];
        let mut offset = 20_u32;
        for part in parts {
            match part {
                Some(part) => {
                    octets.extend(offset.to_le_bytes());
                    offset += part.len() as u32;
                }
                None => octets.extend([0; 4]),
            }
        }
        octets.extend(parts.into_iter().flatten().flatten());
        octets
    }

    /// Its parts that flags name.
    pub(super) fn parts(&self, flags: u32) -> Descriptor {
        let mut parts = Descriptor::default();
        parts.take(self, flags);
        parts
    }

    /// Takes the parts that flags name from another one, as far as that has them.
    pub(super) fn take(&mut self, other: &Descriptor, flags: u32) {
        let has = |flag| flags & flag != 0;
        if has(OWNER) && other.owner.is_some() {
            self.owner = other.owner.clone();
        }
        if has(GROUP) && other.group.is_some() {
            self.group = other.group.clone();
        }
        if has(DACL) && other.control & DACL_PRESENT != 0 {
            self.dacl = other.dacl.clone();
            self.control = self.control & !OF_DACL | other.control & OF_DACL;
        }
        if has(SACL) && other.control & SACL_PRESENT != 0 {
            self.sacl = other.sacl.clone();
            self.control = self.control & !OF_SACL | other.control & OF_SACL;
        }
    }

    /// What objects have until somebody writes another: the administrators own the object and may all, everyone who has
    /// logged on may read.
    pub(super) fn of_any(database: &Database) -> Descriptor {
        let admins = sid::of(database, Rid::DOMAIN_ADMINS);
        let entry = |mask: u32, sid: &[u8]| {
            let mut ace = vec![0, 0];
            ace.extend(((8 + sid.len()) as u16).to_le_bytes());
            ace.extend(mask.to_le_bytes());
            ace.extend(sid);
            ace
        };
        let known = |text: &str| sid::parse(text).unwrap_or_default();
        let aces = [
            entry(0x000f_01ff, &admins),
            entry(0x000f_01ff, &known("S-1-5-18")),
            entry(0x000f_01ff, &known("S-1-5-32-548")),
            entry(0x0002_0094, &known("S-1-5-11")),
        ];
        let size = 8 + aces.iter().map(Vec::len).sum::<usize>();
        let mut dacl = vec![4, 0];
        dacl.extend((size as u16).to_le_bytes());
        dacl.extend((aces.len() as u16).to_le_bytes());
        dacl.extend([0, 0]);
        dacl.extend(aces.concat());
        let (owner, group) = (Some(admins.clone()), Some(admins));
        Descriptor { control: SELF_RELATIVE | DACL_PRESENT, owner, group, dacl: Some(dacl), sacl: None }
    }
}

/// A list of entries at the beginning of octets: as long as it says, with as many whole entries as it says.
fn acl(octets: &[u8]) -> Option<Vec<u8>> {
    let size = usize::from(u16::from_le_bytes([*octets.get(2)?, *octets.get(3)?]));
    let list = octets.get(..size).filter(|list| list.len() >= 8 && matches!(list[0], 2 | 4))?;
    let count = u16::from_le_bytes([list[4], list[5]]);
    let mut rest = &list[8..];
    for _ in 0..count {
        let length = usize::from(u16::from_le_bytes([*rest.get(2)?, *rest.get(3)?]));
        rest = rest.get(length..).filter(|_| length >= 8)?;
    }
    Some(list.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Descriptor {
        let admins = sid::parse("S-1-5-32-544").unwrap();
        let dacl = vec![4, 0, 8, 0, 0, 0, 0, 0];
        Descriptor {
            control: SELF_RELATIVE | DACL_PRESENT,
            owner: Some(admins.clone()),
            group: Some(admins),
            dacl: Some(dacl),
            sacl: None,
        }
    }

    #[test]
    fn parts_are_read_and_written_by_themselves() {
        let whole = sample();
        assert_eq!(Descriptor::read(&whole.written()), Some(whole.clone()));
        let owner = Descriptor::read(&whole.parts(OWNER).written()).unwrap();
        assert!(owner.owner.is_some() && owner.group.is_none() && owner.dacl.is_none());
        let mut other = Descriptor { owner: sid::parse("S-1-5-18"), ..whole.clone() };
        other.take(&whole, GROUP | DACL | SACL);
        assert_eq!(other.owner, sid::parse("S-1-5-18"));
        other.take(&whole, OWNER);
        assert_eq!(other, whole);
    }

    #[test]
    fn what_points_outside_is_no_descriptor() {
        let good = sample().written();
        for cut in 0..good.len() {
            assert_eq!(Descriptor::read(&good[..cut]), None, "{cut}");
        }
        let mut wild = good;
        wild[4] = 0xff;
        assert_eq!(Descriptor::read(&wild), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_read_without_a_panic(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut octets = octets;
            if octets.len() > 4 {
                octets[0] = 1;
                octets[3] |= 0x80;
            }
            if let Some(found) = Descriptor::read(&octets) {
                prop_assert!(Descriptor::read(&found.written()).is_some());
            }
        }
    }
}
