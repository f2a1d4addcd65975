//! Timers of actors: ordered by deadline, and at equal deadlines by the order in which they were armed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::task::Waker;

use mockdc_mocks::SimTime;

use super::turns::TaskId;

/// An armed timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimerId {
    /// Its place in the order of arming: from 1, each number once.
    number: u64,
    /// Where it lies while it is armed.
    row: u32,
    place: u32,
}

/// Whom a timer wakes.
pub(super) enum Wakes {
    /// A task, which its driver lets go on.
    Task(TaskId),
    /// Whoever has this waker.
    Waker(Waker),
}

/// All armed timers. Actors that look once a minute share their deadlines, so that arming and firing mostly touch the
/// end of one list.
#[derive(Default)]
pub(super) struct Timers {
    rows: Vec<Row>,
    /// The row of each deadline for which a timer is armed.
    deadlines: BTreeMap<SimTime, u32>,
    /// The first of them.
    first: Option<(SimTime, u32)>,
    /// The one for which a timer was armed last, while it stands.
    latest: Option<(SimTime, u32)>,
    /// Rows that no deadline has, to be used again.
    spare: Vec<u32>,
    numbers: u64,
}

/// The timers of one deadline in the order of arming.
struct Row {
    deadline: SimTime,
    timers: Vec<Timer>,
    /// Those before this place have been looked at.
    next: usize,
    /// How many are armed still.
    armed: usize,
}

struct Timer {
    number: u64,
    /// `None`: it has fired, or is forgotten.
    wakes: Option<Wakes>,
}

impl Timers {
    /// Takes a place in the order of arming.
    #[inline]
    pub(super) fn arm(&mut self, deadline: SimTime, wakes: Wakes) -> TimerId {
        self.numbers += 1;
        let number = self.numbers;
        let at = match self.latest {
            Some((known, row)) if known == deadline => row,
            _ => self.row_of(deadline),
        };
        let row = &mut self.rows[at as usize];
        let place = row.timers.len() as u32;
        row.timers.push(Timer { number, wakes: Some(wakes) });
        row.armed += 1;
        TimerId { number, row: at, place }
    }

    /// The row of a deadline, which is there afterwards.
    fn row_of(&mut self, deadline: SimTime) -> u32 {
        let row = match self.deadlines.entry(deadline) {
            Entry::Occupied(row) => *row.get(),
            Entry::Vacant(place) => {
                let row = match self.spare.pop() {
                    Some(row) => {
                        self.rows[row as usize].deadline = deadline;
                        row
                    }
                    None => {
                        self.rows.push(Row { deadline, timers: Vec::new(), next: 0, armed: 0 });
                        (self.rows.len() - 1) as u32
                    }
                };
                if self.first.is_none_or(|(first, _)| deadline < first) {
                    self.first = Some((deadline, row));
                }
                *place.insert(row)
            }
        };
        self.latest = Some((deadline, row));
        row
    }

    #[inline]
    fn timer(&self, id: TimerId) -> Option<&Timer> {
        let timer = self.rows[id.row as usize].timers.get(id.place as usize)?;
        (timer.number == id.number && timer.wakes.is_some()).then_some(timer)
    }

    /// Replaces whom a timer wakes that is still armed.
    pub(super) fn renew(&mut self, id: TimerId, wakes: Wakes) {
        if self.is_armed(id) {
            self.rows[id.row as usize].timers[id.place as usize].wakes = Some(wakes);
        }
    }

    /// Whether the timer has not fired.
    #[inline]
    pub(super) fn is_armed(&self, id: TimerId) -> bool {
        self.timer(id).is_some()
    }

    /// Forgets a timer.
    pub(super) fn disarm(&mut self, id: TimerId) {
        if self.is_armed(id) {
            let row = &mut self.rows[id.row as usize];
            row.timers[id.place as usize].wakes = None;
            row.armed -= 1;
            if row.armed == 0 {
                self.empty(id.row);
            }
        }
    }

    /// The next deadline.
    pub(super) fn next_deadline(&self) -> Option<SimTime> {
        self.first.map(|(deadline, _)| deadline)
    }

    /// Takes the first timer that is due at `now`.
    #[inline]
    pub(super) fn pop_due(&mut self, now: SimTime) -> Option<Wakes> {
        let (_, at) = self.first.filter(|(deadline, _)| *deadline <= now)?;
        let row = &mut self.rows[at as usize];
        loop {
            // One of the row is armed, or the row would have no deadline.
            let timer = row.timers.get_mut(row.next)?;
            row.next += 1;
            if let Some(wakes) = timer.wakes.take() {
                row.armed -= 1;
                if row.armed == 0 {
                    self.empty(at);
                }
                return Some(wakes);
            }
        }
    }

    /// A row without an armed timer is empty, and its deadline gone.
    fn empty(&mut self, at: u32) {
        let row = &mut self.rows[at as usize];
        row.timers.clear();
        row.next = 0;
        self.deadlines.remove(&row.deadline);
        self.spare.push(at);
        let gone = (row.deadline, at);
        if self.latest == Some(gone) {
            self.latest = None;
        }
        if self.first == Some(gone) {
            self.first = self.deadlines.first_key_value().map(|(deadline, row)| (*deadline, *row));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn task(wakes: Option<Wakes>) -> Option<TaskId> {
        match wakes? {
            Wakes::Task(task) => Some(task),
            Wakes::Waker(_) => None,
        }
    }

    #[test]
    fn equal_deadlines_fire_in_the_order_of_arming() {
        let mut timers = Timers::default();
        let late = timers.arm(SimTime(5), Wakes::Task(0));
        let first = timers.arm(SimTime(3), Wakes::Task(1));
        let second = timers.arm(SimTime(3), Wakes::Task(2));
        assert_eq!(timers.next_deadline(), Some(SimTime(3)));
        assert!(timers.pop_due(SimTime(2)).is_none());
        assert_eq!(task(timers.pop_due(SimTime(3))), Some(1));
        assert!(!timers.is_armed(first) && timers.is_armed(second) && timers.is_armed(late));
        timers.disarm(second);
        assert!(timers.pop_due(SimTime(3)).is_none());
        assert_eq!(timers.next_deadline(), Some(SimTime(5)));
        timers.renew(late, Wakes::Waker(Waker::noop().clone()));
        assert!(matches!(timers.pop_due(SimTime(9)), Some(Wakes::Waker(_))));
        assert_eq!(timers.next_deadline(), None);
    }

    proptest! {
        /// Against a plain ordered set, whatever is armed, forgotten and fired.
        #[test]
        fn timers_fire_as_from_an_ordered_set(acts in prop::collection::vec((0..3_u8, 0..6_i64), 0..60)) {
            let mut timers = Timers::default();
            let mut plain: BTreeSet<(SimTime, usize)> = BTreeSet::new();
            let mut ids = Vec::new();
            for (act, number) in acts {
                match act {
                    0 => {
                        let deadline = SimTime(number);
                        plain.insert((deadline, ids.len()));
                        ids.push((deadline, timers.arm(deadline, Wakes::Task(ids.len()))));
                    }
                    1 if !ids.is_empty() => {
                        let place = number as usize % ids.len();
                        timers.disarm(ids[place].1);
                        plain.remove(&(ids[place].0, place));
                    }
                    _ => {
                        let now = SimTime(number);
                        let due = plain.first().copied().filter(|(deadline, _)| *deadline <= now);
                        due.map(|due| plain.remove(&due));
                        prop_assert_eq!(task(timers.pop_due(now)), due.map(|(_, place)| place));
                    }
                }
                prop_assert_eq!(timers.next_deadline(), plain.first().map(|(deadline, _)| *deadline));
                for (place, (deadline, id)) in ids.iter().enumerate() {
                    prop_assert_eq!(timers.is_armed(*id), plain.contains(&(*deadline, place)));
                }
            }
        }
    }
}
