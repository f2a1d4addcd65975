//! What an account database is made of: parts that replicate, each with the stamp of its last change.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Layered;
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
    Limits(crate::LogonLimits),
    /// Members. Replicas share a list, however long.
    Members(Arc<BTreeSet<Rid>>),
    /// Rights.
    Rights(RightSet),
    /// The account policy.
    AccountPolicy(AccountPolicy),
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
    parts: Layered<Part, Record>,
}

impl Records {
    /// The record of a part, deleted ones included.
    pub(crate) fn record(&self, part: &Part) -> Option<&Record> {
        self.parts.get(part)
    }

    /// The value of a part that is there and not deleted.
    pub(crate) fn value(&self, part: &Part) -> Option<&RecordValue> {
        self.parts.get(part)?.value.as_ref()
    }

    /// Puts a record in place of what was there, and returns that.
    pub(crate) fn put(&mut self, part: Part, record: Record) -> Option<Record> {
        self.parts.insert(part, record)
    }

    /// Takes a record away, as if the part had never been.
    pub(super) fn forget(&mut self, part: &Part) {
        self.parts.remove(part);
    }

    /// Makes what is here the common ground of the clones to come.
    pub(super) fn settle(&mut self) {
        self.parts.settle();
    }

    /// All records in the order of their parts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Part, &Record)> {
        self.parts.iter()
    }
}
