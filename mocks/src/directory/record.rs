//! What an account database is made of: parts that replicate, each with the stamp of its last change.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Layered;
use super::columns::Columns;
use crate::{
    AccountFlag, AccountName, AccountPolicy, ChangeKind, GpoName, Name, RightSet, Secret, SimTime, Stream,
    Version,
};

/// A relative identifier: unique in its domain or on its machine, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Rid(pub(crate) u32);

/// The smallest thing that replicates by itself. Active Directory moves parts one by one; Windows NT moves a user
/// with all of its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    /// A user: that it exists, and its name.
    User(Rid),
    /// A user's password, with its history and date.
    Password(Rid),
    /// A user's comment.
    Comment(Rid),
    /// A user's flags.
    Flags(Rid),
    /// A user's primary group.
    PrimaryGroup(Rid),
    /// When a user expires.
    Expiry(Rid),
    /// When and from where a user may log on; absent as long as nothing was limited.
    LogonLimits(Rid),
    /// Since when a user is locked out.
    Lockout(Rid),
    /// A global group: that it exists, and its name.
    Group(Rid),
    /// A global group's members.
    GroupMembers(Rid),
    /// A local group: that it exists, and its name.
    LocalGroup(Rid),
    /// A local group's members.
    LocalGroupMembers(Rid),
    /// The rights of an account or group.
    Rights(Rid),
    /// The account policy.
    AccountPolicy,
    /// A group policy object: its text and switches.
    Gpo(GpoName),
    /// The links of a container.
    Links(Name),
    /// Where an object of the directory stands. An object that is no account exists by this part; an account has it
    /// only where it does not stand where its kind does by default.
    Object(Rid),
    /// An attribute of an account or object to which the model itself gives no meaning.
    Attribute(Rid, Name),
}

/// The attribute whose change reanimates a deleted account: it has no value, and its stamp counts against a deletion's.
pub(crate) const REANIMATED: &str = "isDeleted";

/// A part's value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RecordValue {
    /// A user's, group's or local group's name.
    Name(AccountName),
    /// A password.
    Password(Password),
    /// A comment.
    Text(String),
    /// Flags; lockout stands apart.
    Flags(BTreeSet<AccountFlag>),
    /// A primary group.
    Rid(Rid),
    /// An instant, where one is set.
    Time(Option<SimTime>),
    /// Limits of logons.
    Limits(Arc<crate::LogonLimits>),
    /// Members. Replicas share a list, however long, and so do the states of a list.
    Members(super::Members),
    /// Rights.
    Rights(RightSet),
    /// The account policy.
    AccountPolicy(Arc<AccountPolicy>),
    /// A group policy object.
    Gpo(Arc<crate::policy::PolicyObject>),
    /// The objects linked to a container, strongest first.
    Links(Vec<(GpoName, crate::GpoLinkSpec)>),
    /// Where an object stands.
    #[cfg_attr(not(feature = "ldap"), expect(dead_code, reason = "only the front makes objects"))]
    Object(std::sync::Arc<Object>),
    /// Values of an attribute.
    Values(Values),
}

/// Values of an attribute as the directory writes them.
pub(crate) type Values = std::sync::Arc<[Vec<u8>]>;

/// Where an object of the directory stands, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// Its most derived class; of an account, what its kind says.
    pub(crate) class: Name,
    /// The object that it stands in.
    pub(crate) parent: Rid,
    /// Its relative name: `CN=Printers`, with the escapes of a distinguished name.
    pub(crate) rdn: String,
}

/// A password and what the policy needs to know of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Password {
    /// The password now.
    pub(crate) current: Secret,
    /// Earlier ones, latest first.
    pub(crate) earlier: Vec<Secret>,
    /// When it was set.
    pub(crate) set: SimTime,
    /// How often it was set, from 1.
    pub(crate) version: u64,
}

/// A part's value with the stamp of the change that made it. `None` is a deleted part: it stays as a tombstone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    /// The value.
    pub(crate) value: Option<RecordValue>,
    /// The change that made it.
    pub(crate) stamp: Stamp,
}

// Large estates have millions of them: what is large lies outside.
const _: () = assert!(size_of::<Record>() <= 104);

/// A part that was put into a database.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "ldap"), expect(dead_code, reason = "only the front follows a database"))]
pub(crate) struct Put {
    /// When.
    pub(crate) at: SimTime,
    /// Which.
    pub(crate) part: Part,
    /// The record where that decides whether and where something exists.
    pub(crate) head: Option<Record>,
    /// What the part alone does not say.
    pub(crate) beside: Beside,
}

/// What a part that was put changed, where that is less than the part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Nothing else is to be said.
    #[default]
    Nothing,
    /// These joined a group (`true`) or left it.
    Members(Vec<(Rid, bool)>),
    /// The account lost this name to another.
    #[cfg_attr(not(feature = "ldap"), expect(dead_code, reason = "only the front asks for it"))]
    Formerly(crate::Name),
    /// Flags: whether the password must be changed is no longer as it was.
    MustChange,
    /// The part is gone, and had shown nothing.
    Void,
}

/// Which change made a record. Ordered as Active Directory resolves conflicts: revision, time, origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    /// How often the part has been written, counted by each writer from what it saw.
    pub(crate) revision: u32,
    /// When.
    pub(crate) at: SimTime,
    /// At which controller, by its place in the domain's list.
    pub(crate) origin: DcIndex,
    /// The originating update sequence number, or the serial number of the PDC.
    pub(crate) usn: u64,
    /// The commit in the run.
    pub(crate) version: Version,
}

/// A domain controller's place in the domain's list, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DcIndex(pub(crate) u16);

/// A change that a controller has committed: what replication moves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Commit {
    /// Its number in the run.
    pub(crate) version: Version,
    /// Which parts it wrote, all at the same instant.
    pub(crate) parts: Vec<Part>,
    /// Which members joined (`true`) or left which of these parts: what linked values replicate.
    pub(crate) members: Vec<(Part, Rid, bool)>,
    /// The database that it belongs to.
    pub(crate) stream: Stream,
    /// What kind of change.
    pub(crate) change: ChangeKind,
    /// The account, group or policy, for people.
    pub(crate) subject: Name,
    /// Where.
    pub(crate) origin: DcIndex,
    /// When.
    pub(crate) at: SimTime,
}

/// The parts of one account database: a controller's replica or a machine's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    /// What users have from the start, as far as it was not changed.
    first: Arc<Columns>,
    /// Everything else.
    parts: Layered<Part, Record>,
}

impl Records {
    /// The record of a part, deleted ones included.
    pub(crate) fn record(&self, part: &Part) -> Option<&Record> {
        match self.first.get(part) {
            None => self.parts.get(part),
            first => self.parts.get(part).or(first),
        }
    }

    /// The value of a part that is there and not deleted.
    pub(crate) fn value(&self, part: &Part) -> Option<&RecordValue> {
        self.record(part)?.value.as_ref()
    }

    /// Puts a record in place of what was there, and returns that.
    pub(crate) fn put(&mut self, part: Part, record: Record) -> Option<Record> {
        let first = self.first.get(&part);
        self.parts.insert(part, record).or_else(|| first.cloned())
    }

    /// Enters a record of the start.
    pub(super) fn load(&mut self, part: Part, record: Record) {
        let rest = match Arc::get_mut(&mut self.first) {
            Some(first) => first.push(part, record),
            None => Some((part, record)),
        };
        if let Some((part, record)) = rest {
            self.put(part, record);
        }
    }

    /// Takes a record away that was not there at the start, as if the part had never been.
    pub(super) fn forget(&mut self, part: &Part) {
        debug_assert!(self.first.get(part).is_none(), "{part:?} was there at the start");
        self.parts.remove(part);
    }

    /// Whether these records and others are clones of the same, and no part was put since.
    #[cfg(feature = "ldap")]
    pub(super) fn are_still(&self, other: &Records) -> bool {
        Arc::ptr_eq(&self.first, &other.first) && self.parts.is_still(&other.parts)
    }

    /// Makes room for the parts of so many users.
    pub(super) fn expect_users(&mut self, count: usize) {
        Arc::make_mut(&mut self.first).expect(count);
    }

    /// Makes what is here the common ground of the clones to come.
    pub(super) fn settle(&mut self) {
        self.parts.settle();
    }

    /// The records of all rights, in the order of those who hold them.
    pub(super) fn rights(&self) -> impl Iterator<Item = (&Part, &Record)> {
        // The account policy is the next kind of part.
        self.parts.range(&Part::Rights(Rid(0)), &Part::AccountPolicy)
    }

    /// All records in the order of their parts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Part, &Record)> {
        let (mut first, mut rest) = (self.first.iter().peekable(), self.parts.iter().peekable());
        std::iter::from_fn(move || {
            let Some((part, _)) = rest.peek() else { return first.next() };
            if let Some(unchanged) = first.next_if(|(known, _)| known < *part) {
                return Some(unchanged);
            }
            first.next_if(|(known, _)| known == *part);
            rest.next().map(|(part, record)| (part.clone(), record))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A part of one of a few accounts, and what it may hold.
    fn parts() -> impl Strategy<Value = (Part, Record)> {
        (0..10_usize, 0..9_u32, 0..3_u32).prop_map(|(kind, rid, value)| {
            let rid = Rid(if rid > 5 { 1_000 + rid } else { rid });
            let part = match kind {
                0 => Part::User(rid),
                1 => Part::Password(rid),
                2 => Part::Comment(rid),
                3 => Part::Flags(rid),
                4 => Part::PrimaryGroup(rid),
                5 => Part::Expiry(rid),
                6 => Part::LogonLimits(rid),
                7 => Part::Lockout(rid),
                8 => Part::Group(rid),
                _ => Part::AccountPolicy,
            };
            (part, Record { value: Some(RecordValue::Rid(Rid(value))), stamp: Stamp::default() })
        })
    }

    proptest! {
        #[test]
        fn records_of_the_start_and_later_ones_are_found_as_in_one_map(
            loaded in prop::collection::vec(parts(), 0..60),
            sorted in any::<bool>(),
            put in prop::collection::vec(parts(), 0..30),
        ) {
            let mut loaded = loaded;
            if sorted {
                loaded.sort_by(|(one, _), (other, _)| one.cmp(other));
            }
            let (mut records, mut plain) = (Records::default(), BTreeMap::new());
            for (part, record) in loaded {
                records.load(part.clone(), record.clone());
                plain.insert(part, record);
            }
            records.settle();
            let (ground, was) = (records.clone(), plain.clone());
            for (part, record) in put {
                prop_assert_eq!(records.record(&part), plain.get(&part));
                prop_assert_eq!(records.put(part.clone(), record.clone()), plain.insert(part, record));
            }
            let all = |records: &Records| -> Vec<(Part, Record)> {
                records.iter().map(|(part, record)| (part, record.clone())).collect()
            };
            prop_assert_eq!(all(&records), plain.clone().into_iter().collect::<Vec<_>>());
            prop_assert!(plain.iter().all(|(part, record)| records.record(part) == Some(record)));
            // A clone keeps what it had.
            prop_assert_eq!(all(&ground), was.into_iter().collect::<Vec<_>>());
        }
    }
}
