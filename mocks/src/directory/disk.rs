//! What a copy of a controller's disk holds of its database, and what is left there of deleted accounts.

#[cfg(feature = "ldap")]
use std::collections::{BTreeMap, BTreeSet};

use super::Records;
#[cfg(feature = "ldap")]
use super::{Principal, Rid, Values};
#[cfg(feature = "ldap")]
use crate::{AccountFlag, AccountName, SimTime};

/// A database as it was.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    /// Which of the run's copies it is, from 1.
    pub(crate) number: u32,
    pub(super) records: Records,
    /// The invocation id under which its controller wrote.
    pub(super) invocation: u32,
    #[cfg(feature = "ldap")]
    pub(super) graves: Graves,
    #[cfg(feature = "ldap")]
    pub(super) logons: BTreeMap<Rid, Logons>,
}

/// How often a database was put back to an earlier state, and to which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Restored {
    /// How often.
    pub(crate) times: u32,
    /// The last disk.
    pub(crate) disk: Option<u32>,
    /// The invocation id under which its controller writes; 0 is its first.
    pub(crate) invocation: u32,
    /// How many it has taken after its first.
    pub(crate) invocations: u32,
}

#[cfg(feature = "ldap")]
/// The logons of an account at one controller, which no other is told of (MS-ADA1, `lastLogon` and `logonCount`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Logons {
    /// When the last one was.
    pub(crate) last: SimTime,
    /// How many there were; the number has 16 bits (MS-SAMR 2.2.6.1).
    pub(crate) count: u16,
}

#[cfg(feature = "ldap")]
/// What a tombstone keeps of an account (MS-ADTS 3.1.1.5.5.6.1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Remains {
    /// What it was, and its last name.
    pub(crate) principal: Principal,
    /// The flags of a user.
    pub(crate) flags: BTreeSet<AccountFlag>,
    /// What was stated of it, as far as a tombstone keeps it.
    pub(crate) stated: BTreeMap<crate::Name, Values>,
    /// Where it stood, when that was stated.
    pub(crate) object: Option<std::sync::Arc<super::Object>>,
}

#[cfg(feature = "ldap")]
/// Attributes that a tombstone keeps where they were stated (MS-ADTS 3.1.1.5.5.6.1).
pub(super) const KEPT: [&str; 7] = [
    "dNSHostName",
    "groupType",
    "legacyExchangeDN",
    "mS-DS-CreatorSID",
    "nTSecurityDescriptor",
    "sIDHistory",
    "userAccountControl",
];

#[cfg(feature = "ldap")]
/// What deleted accounts have left, by identifier and by last name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graves {
    remains: BTreeMap<Rid, Remains>,
    named: BTreeMap<AccountName, BTreeSet<Rid>>,
}

#[cfg(feature = "ldap")]
impl Graves {
    /// Keeps what is left of an account, in place of what was known of it.
    pub(super) fn keep(&mut self, rid: Rid, remains: Remains) {
        let name = remains.principal.name.clone();
        self.open(rid);
        self.remains.insert(rid, remains);
        self.named.entry(name).or_default().insert(rid);
    }

    /// An account is there again.
    pub(super) fn open(&mut self, rid: Rid) {
        let Some(remains) = self.remains.remove(&rid) else { return };
        if let Some(namesakes) = self.named.get_mut(&remains.principal.name) {
            namesakes.remove(&rid);
            if namesakes.is_empty() {
                self.named.remove(&remains.principal.name);
            }
        }
    }

    pub(super) fn remains(&self, rid: Rid) -> Option<&Remains> {
        self.remains.get(&rid)
    }

    /// The accounts whose last name this is.
    pub(super) fn named(&self, name: &AccountName) -> impl Iterator<Item = Rid> {
        self.named.get(name).into_iter().flatten().copied()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Rid> {
        self.remains.keys().copied()
    }
}

#[cfg(all(test, feature = "ldap"))]
mod tests {
    use super::*;
    use crate::directory::PrincipalKind;

    #[test]
    fn what_is_left_is_found_by_its_last_name() {
        let remains = |name: &str| Remains {
            principal: Principal { kind: PrincipalKind::User, name: name.into() },
            flags: BTreeSet::new(),
            stated: BTreeMap::new(),
            object: None,
        };
        let mut graves = Graves::default();
        let named = |graves: &Graves, name: &str| graves.named(&name.into()).collect::<Vec<_>>();
        graves.keep(Rid(1), remains("Ann"));
        graves.keep(Rid(2), remains("ann"));
        assert_eq!(named(&graves, "ANN"), [Rid(1), Rid(2)]);
        graves.keep(Rid(1), remains("Bob"));
        assert_eq!((named(&graves, "ann"), named(&graves, "bob")), (vec![Rid(2)], vec![Rid(1)]));
        graves.keep(Rid(2), remains("Bob"));
        assert_eq!((named(&graves, "ann"), graves.all().count()), (vec![], 2));
    }
}
