//! Timers of actors: ordered by deadline, and at equal deadlines by the order in which they were armed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::task::Waker;

use mockdc_mocks::SimTime;

use super::turns::TaskId;

/// An armed timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimerId {
    deadline: SimTime,
    armed: Armed,
}

/// A place in the order of arming, and where the timer lies while it is armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Armed {
    /// From 1, each number once.
    number: u64,
    slot: usize,
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
    /// Each deadline for which a timer is armed.
    deadlines: BTreeMap<SimTime, Row>,
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// Rows of deadlines that are past, to be used again.
    spare: Vec<Row>,
    numbers: u64,
}

/// The timers of one deadline in the order of arming.
#[derive(Default)]
struct Row {
    timers: Vec<Armed>,
    /// Those before this place have been looked at.
    next: usize,
    /// How many are armed still.
    armed: usize,
}

struct Slot {
    /// The timer that lies here; 0: none.
    number: u64,
    wakes: Option<Wakes>,
}

impl Timers {
    /// Takes a place in the order of arming.
    pub(super) fn arm(&mut self, deadline: SimTime, wakes: Wakes) -> TimerId {
        self.numbers += 1;
        let taken = Slot { number: self.numbers, wakes: Some(wakes) };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = taken;
                slot
            }
            None => {
                self.slots.push(taken);
                self.slots.len() - 1
            }
        };
        let armed = Armed { number: self.numbers, slot };
        let row = match self.deadlines.entry(deadline) {
            Entry::Occupied(row) => row.into_mut(),
            Entry::Vacant(place) => place.insert(self.spare.pop().unwrap_or_default()),
        };
        row.timers.push(armed);
        row.armed += 1;
        TimerId { deadline, armed }
    }

    /// Replaces whom a timer wakes that is still armed.
    pub(super) fn renew(&mut self, id: TimerId, wakes: Wakes) {
        if self.is_armed(id) {
            self.slots[id.armed.slot].wakes = Some(wakes);
        }
    }

    /// Whether the timer has not fired.
    pub(super) fn is_armed(&self, id: TimerId) -> bool {
        self.slots[id.armed.slot].number == id.armed.number
    }

    /// Forgets a timer.
    pub(super) fn disarm(&mut self, id: TimerId) {
        if self.take(id.armed).is_none() {
            return;
        }
        if let Entry::Occupied(mut row) = self.deadlines.entry(id.deadline) {
            row.get_mut().armed -= 1;
            if row.get().armed == 0 {
                self.spare.push(emptied(row.remove()));
            }
        }
    }

    /// The next deadline.
    pub(super) fn next_deadline(&self) -> Option<SimTime> {
        self.deadlines.first_key_value().map(|(deadline, _)| *deadline)
    }

    /// Takes the first timer that is due at `now`.
    pub(super) fn pop_due(&mut self, now: SimTime) -> Option<Wakes> {
        let mut first = self.deadlines.first_entry().filter(|row| *row.key() <= now)?;
        let row = first.get_mut();
        let mut fired = None;
        while fired.is_none() {
            // One of the row is armed, or the row would not be there.
            let armed = *row.timers.get(row.next)?;
            row.next += 1;
            let slot = &mut self.slots[armed.slot];
            if slot.number == armed.number {
                slot.number = 0;
                self.free.push(armed.slot);
                fired = slot.wakes.take();
            }
        }
        row.armed -= 1;
        if row.armed == 0 {
            let row = first.remove();
            self.spare.push(emptied(row));
        }
        fired
    }

    /// Empties the slot of a timer, when it is armed.
    fn take(&mut self, armed: Armed) -> Option<Wakes> {
        let slot = &mut self.slots[armed.slot];
        if slot.number != armed.number {
            return None;
        }
        slot.number = 0;
        self.free.push(armed.slot);
        slot.wakes.take()
    }
}

fn emptied(mut row: Row) -> Row {
    row.timers.clear();
    Row { timers: row.timers, next: 0, armed: 0 }
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
