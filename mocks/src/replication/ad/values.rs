//! Linked values: from the interim level of Windows Server 2003 on each member of a group has a stamp of its own, and
//! replicates by itself (KB825916).

use std::collections::{BTreeMap, BTreeSet};

use super::conflict::{head, outranks};
use crate::Version;
use crate::directory::{Commit, Members, Part, Record, RecordValue, Rid, Stamp};

/// The lists of members that one controller has seen change.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    lists: BTreeMap<Part, List>,
}

#[derive(Clone, Debug, Default)]
struct List {
    /// The change that made the list, or deleted it.
    made: Stamp,
    values: BTreeMap<Rid, Link>,
    /// The values by the commits that wrote them.
    written: BTreeSet<(Version, Rid)>,
}

impl List {
    fn made(made: Stamp) -> List {
        List { made, ..List::default() }
    }

    fn put(&mut self, member: Rid, link: Link) {
        if let Some(old) = self.values.insert(member, link) {
            self.written.remove(&(old.stamp.version, member));
        }
        self.written.insert((link.stamp.version, member));
    }

    /// The stamp of the latest commit that made the list or wrote a value of it.
    fn latest(&self) -> Stamp {
        let last = self.written.last().and_then(|(_, member)| Some(self.values.get(member)?.stamp));
        last.filter(|last| last.version > self.made.version).unwrap_or(self.made)
    }
}

/// A member, or one that was taken out: what is remembered of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Whether it is a member.
    pub(super) present: bool,
    /// How often this value has been written.
    revision: u32,
    /// The change that wrote it.
    pub(super) stamp: Stamp,
}

impl Link {
    fn apply(&self, member: Rid, members: &mut Members) {
        match self.present {
            true => members.insert(member),
            false => members.remove(&member),
        };
    }

    fn outranks(&self, other: &Link) -> bool {
        let rank = |link: &Link| Stamp { revision: link.revision, ..link.stamp };
        outranks(&rank(self), &rank(other))
    }
}

/// What a commit wrote of lists, as items that replicate: the list itself when it is new or gone, or its values.
pub(super) struct Written {
    pub(super) lists: Vec<Part>,
    pub(super) values: Vec<(Part, Rid)>,
}

impl Lists {
    /// Takes over what a commit wrote at this controller.
    pub(super) fn write(&mut self, commit: &Commit, records: impl Fn(&Part) -> Option<Record>) -> Written {
        let mut written = Written { lists: Vec::new(), values: Vec::new() };
        for part in commit.parts.iter().filter(|part| is_list(part)) {
            let Some(record) = records(part) else { continue };
            let list = self.lists.entry(part.clone()).or_default();
            if record.value.is_none() {
                *list = List::made(record.stamp);
                written.lists.push(part.clone());
            } else if commit.parts.iter().any(|other| Some(other) == head(part).as_ref()) {
                list.made = record.stamp;
                written.lists.push(part.clone());
            }
            for (_, member, present) in commit.members.iter().filter(|(of, ..)| of == part) {
                let revision = list.values.get(member).map_or(0, |link| link.revision) + 1;
                list.put(*member, Link { present: *present, revision, stamp: record.stamp });
                written.values.push((part.clone(), *member));
            }
        }
        written
    }

    /// The change that made a list.
    pub(super) fn made(&self, part: &Part) -> Stamp {
        self.lists.get(part).map(|list| list.made).unwrap_or_default()
    }

    /// What is remembered of a member.
    pub(super) fn link(&self, part: &Part, member: Rid) -> Option<Link> {
        self.lists.get(part)?.values.get(&member).copied()
    }

    /// Every value that has changed in the run.
    pub(super) fn links(&self) -> impl Iterator<Item = (&Part, Rid, Link)> {
        self.lists
            .iter()
            .flat_map(|(part, list)| list.values.iter().map(move |(rid, link)| (part, *rid, *link)))
    }

    /// Takes over that a list was made elsewhere. Says whether that is news.
    pub(super) fn take_made(&mut self, part: &Part, made: Stamp) -> bool {
        let list = self.lists.entry(part.clone()).or_default();
        let news = outranks(&made, &list.made);
        if news {
            list.made = made;
        }
        news
    }

    /// Takes over a value from elsewhere when it has the higher rank. Says whether it has.
    pub(super) fn take(&mut self, part: &Part, member: Rid, link: Link) -> bool {
        let list = self.lists.entry(part.clone()).or_default();
        let news = list.values.get(&member).is_none_or(|known| link.outranks(known));
        if news {
            list.put(member, link);
        }
        news
    }

    /// Forgets the values of a list that is gone.
    pub(super) fn delete(&mut self, part: &Part, deleted: Stamp) {
        self.lists.insert(part.clone(), List::made(deleted));
    }

    /// Forgets what a crash has undone.
    pub(super) fn forget(&mut self, lost: impl Fn(&Stamp) -> bool) {
        for list in self.lists.values_mut() {
            list.values.retain(|_, link| !lost(&link.stamp));
            list.written = list.values.iter().map(|(member, link)| (link.stamp.version, *member)).collect();
        }
    }

    /// The whole list as it stands now: what stood there, with what is remembered of each value. Its stamp is that of
    /// the latest commit among them, so that controllers that know the same show the same.
    pub(super) fn record(&self, part: &Part, old: Option<&Record>) -> Record {
        let mut members = members_of(old);
        let list = self.lists.get(part);
        for (member, link) in list.into_iter().flat_map(|list| &list.values) {
            link.apply(*member, &mut members);
        }
        Record {
            value: Some(RecordValue::Members(members)),
            stamp: list.map(List::latest).unwrap_or_default(),
        }
    }

    /// The same where one value alone has changed since.
    pub(super) fn record_with(&self, part: &Part, member: Rid, old: Option<&Record>) -> Record {
        let mut members = members_of(old);
        if let Some(link) = self.link(part, member) {
            link.apply(member, &mut members);
        }
        let stamp = self.lists.get(part).map(List::latest).unwrap_or_default();
        Record { value: Some(RecordValue::Members(members)), stamp }
    }
}

fn members_of(record: Option<&Record>) -> Members {
    match record.and_then(|record| record.value.as_ref()) {
        Some(RecordValue::Members(members)) => members.clone(),
        _ => Members::default(),
    }
}

/// Whether a part is a list of members.
pub(super) fn is_list(part: &Part) -> bool {
    matches!(part, Part::GroupMembers(_) | Part::LocalGroupMembers(_))
}
