//! The parts of users as they are at the start. Users that are entered one after the other have identifiers that follow
//! each other, and most of what they have is alike: so a part needs no key of its own, and what is alike stands once.

use super::{Part, Record, Rid};

/// How many kinds of parts a user can have.
const KINDS: usize = 8;

/// Records of users' parts, found by their places.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// By kind, in the order of [`Part`].
    kinds: [Vec<Run>; KINDS],
    /// How many users there will be.
    expected: usize,
}

/// The records of one kind for identifiers that follow each other.
#[derive(Clone, Debug)]
struct Run {
    first: u32,
    rows: Rows,
}

/// The records of a run.
#[derive(Clone, Debug)]
enum Rows {
    /// So many that are all this one.
    Alike(Box<Record>, usize),
    /// One for each identifier.
    Each(Vec<Record>),
}

/// How many runs of a kind get room for everybody.
const FULL_RUNS: usize = 2;

impl Columns {
    /// Makes room for so many users.
    pub(super) fn expect(&mut self, users: usize) {
        self.expected = users;
    }

    /// The record of a part.
    pub(super) fn get(&self, part: &Part) -> Option<&Record> {
        let (kind, rid) = place(part)?;
        let runs = self.kinds.get(kind)?;
        let run = runs.get(runs.partition_point(|run| run.first <= rid.0).checked_sub(1)?)?;
        run.rows.get((rid.0 - run.first) as usize)
    }

    /// Enters a part. It comes back when it is no user's, or one of an account that does not come after those before.
    pub(super) fn push(&mut self, part: Part, record: Record) -> Option<(Part, Record)> {
        let Some((kind, Rid(rid))) = place(&part) else { return Some((part, record)) };
        let Some(runs) = self.kinds.get_mut(kind) else { return Some((part, record)) };
        // The built-in users are the first run, and the others the next where nothing is missing between them. Where
        // something is, there is a run for each piece, and room for all in each would be room for the square of them.
        let expected = if runs.len() <= FULL_RUNS { self.expected } else { 0 };
        match runs.last_mut().map(|run| (run.first as usize + run.rows.len(), run)) {
            Some((end, run)) if end == rid as usize => run.rows.push(record, expected),
            Some((end, _)) if end > rid as usize => return Some((part, record)),
            _ => runs.push(Run { first: rid, rows: Rows::Alike(Box::new(record), 1) }),
        }
        None
    }

    /// All records in the order of their parts.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Part, &Record)> {
        let runs = self.kinds.iter().enumerate();
        let runs = runs.flat_map(|(kind, runs)| runs.iter().map(move |run| (kind, run)));
        runs.flat_map(|(kind, run)| {
            let rows = (0..run.rows.len()).filter_map(|row| Some((row, run.rows.get(row)?)));
            rows.map(move |(row, record)| (part(kind, Rid(run.first + row as u32)), record))
        })
    }
}

impl Rows {
    fn len(&self) -> usize {
        match self {
            Rows::Alike(_, count) => *count,
            Rows::Each(records) => records.len(),
        }
    }

    fn get(&self, row: usize) -> Option<&Record> {
        match self {
            Rows::Alike(record, count) => (row < *count).then_some(record),
            Rows::Each(records) => records.get(row),
        }
    }

    fn push(&mut self, record: Record, expected: usize) {
        match self {
            Rows::Alike(common, count) if **common == record => *count += 1,
            Rows::Alike(common, count) => {
                let mut records = Vec::with_capacity(expected.max(*count + 1));
                records.resize(*count, (**common).clone());
                records.push(record);
                *self = Rows::Each(records);
            }
            Rows::Each(records) => records.push(record),
        }
    }
}

/// Where a part of a user stands: its kind, and whose it is.
fn place(part: &Part) -> Option<(usize, Rid)> {
    match part {
        Part::User(rid) => Some((0, *rid)),
        Part::Password(rid) => Some((1, *rid)),
        Part::Comment(rid) => Some((2, *rid)),
        Part::Flags(rid) => Some((3, *rid)),
        Part::PrimaryGroup(rid) => Some((4, *rid)),
        Part::Expiry(rid) => Some((5, *rid)),
        Part::LogonLimits(rid) => Some((6, *rid)),
        Part::Lockout(rid) => Some((7, *rid)),
        _ => None,
    }
}

/// The part at a place.
fn part(kind: usize, rid: Rid) -> Part {
    match kind {
        0 => Part::User(rid),
        1 => Part::Password(rid),
        2 => Part::Comment(rid),
        3 => Part::Flags(rid),
        4 => Part::PrimaryGroup(rid),
        5 => Part::Expiry(rid),
        6 => Part::LogonLimits(rid),
        _ => Part::Lockout(rid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::{RecordValue, Stamp};

    #[test]
    fn every_kind_has_a_place_in_the_order_of_parts() {
        let parts: Vec<Part> = (0..KINDS).map(|kind| part(kind, Rid(7))).collect();
        assert!(parts.is_sorted());
        for (kind, part) in parts.iter().enumerate() {
            assert_eq!(place(part), Some((kind, Rid(7))));
        }
        assert_eq!(place(&Part::Group(Rid(7))), None);
    }

    /// As in an export of a domain in which every third account was deleted.
    #[test]
    fn identifiers_with_gaps_take_room_for_those_that_there_are() {
        let users = 3_000;
        let mut columns = Columns::default();
        columns.expect(users);
        for user in 0..users as u32 {
            let rid = Rid(1_000 + user / 2 * 3 + user % 2);
            let value = Some(RecordValue::Text(user.to_string()));
            assert!(columns.push(Part::Comment(rid), Record { value, stamp: Stamp::default() }).is_none());
        }
        let room = |run: &Run| match &run.rows {
            Rows::Alike(..) => 1,
            Rows::Each(records) => records.capacity(),
        };
        let taken: usize = columns.kinds.iter().flatten().map(room).sum();
        assert!(taken < 6 * users, "room for {taken} records of {users} users");
        let last = columns
            .get(&Part::Comment(Rid(1_000 + 2_999 / 2 * 3 + 1)))
            .and_then(|record| record.value.as_ref());
        assert_eq!(last, Some(&RecordValue::Text("2999".into())));
    }
}
