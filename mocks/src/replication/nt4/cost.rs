//! What travels: objects with their present content, and the bytes they take (FACTS.md, "Sizes"; Q238191).

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::directory::{Commit, DcIndex, Part, Record, Rid, Stamp};
use crate::replication::ReplicationContext;
use crate::{DeltaSizes, GpoName, Name, Stream};

/// An object of the account database: what a delta carries whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Object {
    /// A user with all attributes.
    User(Rid),
    /// A global group with its members.
    Group(Rid),
    /// A local group with its members.
    LocalGroup(Rid),
    /// The rights of an account.
    Rights(Rid),
    /// The account policy of the domain.
    AccountPolicy,
    /// A group policy object.
    Gpo(GpoName),
    /// The policy links of a container.
    Links(Name),
    /// Where an object stands, or one of its attributes: nothing that Windows NT has.
    Piece(Part),
}

impl Object {
    /// The object to which a part belongs.
    pub(super) fn of(part: &Part) -> Object {
        match part {
            Part::User(rid)
            | Part::Password(rid)
            | Part::Comment(rid)
            | Part::Flags(rid)
            | Part::PrimaryGroup(rid)
            | Part::Expiry(rid)
            | Part::LogonLimits(rid)
            | Part::Lockout(rid) => Object::User(*rid),
            Part::Group(rid) | Part::GroupMembers(rid) => Object::Group(*rid),
            Part::LocalGroup(rid) | Part::LocalGroupMembers(rid) => Object::LocalGroup(*rid),
            Part::Rights(rid) => Object::Rights(*rid),
            Part::AccountPolicy => Object::AccountPolicy,
            Part::Gpo(name) => Object::Gpo(name.clone()),
            Part::Links(name) => Object::Links(name.clone()),
            Part::Object(_) | Part::Attribute(..) => Object::Piece(part.clone()),
        }
    }

    /// The part by which the object exists.
    fn head(&self) -> Part {
        match self {
            Object::User(rid) => Part::User(*rid),
            Object::Group(rid) => Part::Group(*rid),
            Object::LocalGroup(rid) => Part::LocalGroup(*rid),
            Object::Rights(rid) => Part::Rights(*rid),
            Object::AccountPolicy => Part::AccountPolicy,
            Object::Gpo(name) => Part::Gpo(name.clone()),
            Object::Links(name) => Part::Links(name.clone()),
            Object::Piece(part) => part.clone(),
        }
    }

    /// Passes on every part that travels with the object, its existence first.
    fn each_part(&self, mut take: impl FnMut(Part)) {
        take(self.head());
        match self {
            Object::User(rid) => {
                take(Part::Password(*rid));
                take(Part::Comment(*rid));
                take(Part::Flags(*rid));
                take(Part::PrimaryGroup(*rid));
                take(Part::Expiry(*rid));
                take(Part::LogonLimits(*rid));
                take(Part::Lockout(*rid));
            }
            Object::Group(rid) => take(Part::GroupMembers(*rid)),
            Object::LocalGroup(rid) => take(Part::LocalGroupMembers(*rid)),
            Object::Rights(_)
            | Object::AccountPolicy
            | Object::Gpo(_)
            | Object::Links(_)
            | Object::Piece(_) => {}
        }
    }
}

/// The database that a part belongs to.
fn stream_of(part: &Part) -> Stream {
    match Object::of(part) {
        Object::User(_) | Object::Group(_) | Object::AccountPolicy | Object::Piece(_) => Stream::Sam,
        Object::LocalGroup(_) => Stream::Builtin,
        Object::Rights(_) | Object::Gpo(_) | Object::Links(_) => Stream::Lsa,
    }
}

/// Records on their way from the PDC to a BDC.
pub(super) type Content = Vec<(Part, Record)>;

/// What is gathered for one answer.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) content: Content,
    /// The objects that have been looked at: however often one has changed, its records travel once in an answer.
    objects: IndexSet<Object, FxBuildHasher>,
}

/// How much had been gathered.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize, usize);

impl Gathered {
    pub(super) fn mark(&self) -> Mark {
        Mark(self.content.len(), self.objects.len())
    }

    /// Leaves what was gathered since for another answer.
    pub(super) fn back_to(&mut self, mark: Mark) {
        self.content.truncate(mark.0);
        self.objects.truncate(mark.1);
    }
}

/// The PDC's side of a transfer: what it reads, and what that weighs.
pub(super) struct Reader<'a, 'c> {
    pub(super) context: &'a ReplicationContext<'c>,
    pub(super) sizes: &'a DeltaSizes,
    pub(super) pdc: DcIndex,
    pub(super) bdc: DcIndex,
}

impl Reader<'_, '_> {
    /// Adds the present content of what a commit changed, and says how many bytes that is. The log holds references:
    /// an object travels as it is now, once for each change of it.
    pub(super) fn delta(&self, commit: &Commit, gathered: &mut Gathered) -> u64 {
        let mut bytes = 0;
        for (index, part) in commit.parts.iter().enumerate() {
            let object = Object::of(part);
            if commit.parts[..index].iter().any(|earlier| Object::of(earlier) == object) {
                continue;
            }
            bytes += self.bytes(&object);
            if !gathered.objects.contains(&object) {
                object.each_part(|part| self.read(part, &mut gathered.content));
                gathered.objects.insert(object);
            }
        }
        bytes
    }

    /// The whole content of one of the three databases.
    pub(super) fn database(&self, stream: Stream) -> Content {
        let mut content = Vec::new();
        for (part, _) in self.context.controllers.database(self.pdc).records().iter() {
            if stream_of(&part) == stream {
                self.read(part, &mut content);
            }
        }
        // What a PDC that was restored has never heard of leaves the BDC with the database that is replaced.
        let [pdc, bdc] = [self.pdc, self.bdc].map(|dc| self.context.controllers.database(dc).records());
        for (part, _) in bdc.iter().filter(|(part, _)| stream_of(part) == stream) {
            if pdc.record(&part).is_none() {
                content.push((part, Record { value: None, stamp: Stamp::default() }));
            }
        }
        content
    }

    /// The bytes of one of the three databases; the domain's further users count.
    pub(super) fn database_bytes(&self, stream: Stream) -> u64 {
        let records = self.context.controllers.database(self.pdc).records();
        let heads =
            records.iter().filter(|(part, record)| record.value.is_some() && stream_of(part) == stream);
        let objects: u64 = heads
            .map(|(part, _)| (Object::of(&part), part))
            .filter(|(object, part)| object.head() == *part)
            .map(|(object, _)| self.bytes(&object))
            .sum();
        let further = u64::from(self.context.controllers.further_users());
        objects + if stream == Stream::Sam { further * self.sizes.user } else { 0 }
    }

    fn bytes(&self, object: &Object) -> u64 {
        let sizes = self.sizes;
        let records = self.context.controllers.database(self.pdc).records();
        if records.value(&object.head()).is_none() && !matches!(object, Object::Rights(_)) {
            // A deletion names the object and nothing more, as an entry of a member list does.
            return sizes.member;
        }
        match object {
            Object::User(_) => sizes.user,
            Object::Group(rid) => sizes.group + sizes.member * self.context.member_count(self.pdc, *rid),
            Object::LocalGroup(_) => sizes.local_group,
            Object::Rights(_)
            | Object::AccountPolicy
            | Object::Gpo(_)
            | Object::Links(_)
            | Object::Piece(_) => sizes.rights,
        }
    }

    fn read(&self, part: Part, content: &mut Content) {
        let Some(record) = self.context.controllers.database(self.pdc).records().record(&part) else {
            return;
        };
        // What the BDC has is not copied, only paid for.
        if self.context.controllers.database(self.bdc).records().record(&part) != Some(record) {
            content.push((part, record.clone()));
        }
    }
}
