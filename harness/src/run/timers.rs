//! Timers of actors: ordered by deadline, and at equal deadlines by the order in which they were armed.

use std::collections::BTreeMap;
use std::task::Waker;

use mockdc_mocks::SimTime;

/// An armed timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TimerId {
    deadline: SimTime,
    armed: u64,
}

/// All armed timers.
#[derive(Default)]
pub(super) struct Timers {
    armed: BTreeMap<TimerId, Waker>,
    next: u64,
}

impl Timers {
    /// Takes a place in the order of arming.
    pub(super) fn arm(&mut self, deadline: SimTime, waker: Waker) -> TimerId {
        let id = TimerId { deadline, armed: self.next };
        self.next += 1;
        self.armed.insert(id, waker);
        id
    }

    /// Replaces the waker of a timer that is still armed.
    pub(super) fn renew(&mut self, id: TimerId, waker: &Waker) {
        if let Some(armed) = self.armed.get_mut(&id)
            && !armed.will_wake(waker)
        {
            *armed = waker.clone();
        }
    }

    /// Whether the timer has not fired.
    pub(super) fn is_armed(&self, id: TimerId) -> bool {
        self.armed.contains_key(&id)
    }

    /// Forgets a timer.
    pub(super) fn disarm(&mut self, id: TimerId) {
        self.armed.remove(&id);
    }

    /// The next deadline.
    pub(super) fn next_deadline(&self) -> Option<SimTime> {
        self.armed.first_key_value().map(|(id, _)| id.deadline)
    }

    /// Takes the first timer that is due at `now`.
    pub(super) fn pop_due(&mut self, now: SimTime) -> Option<Waker> {
        let entry = self.armed.first_entry()?;
        (entry.key().deadline <= now).then(|| entry.remove())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_deadlines_fire_in_the_order_of_arming() {
        let mut timers = Timers::default();
        let waker = Waker::noop().clone();
        let late = timers.arm(SimTime(5), waker.clone());
        let first = timers.arm(SimTime(3), waker.clone());
        let second = timers.arm(SimTime(3), waker.clone());
        assert_eq!(timers.next_deadline(), Some(SimTime(3)));
        assert!(timers.pop_due(SimTime(2)).is_none());
        assert!(timers.pop_due(SimTime(3)).is_some());
        assert!(!timers.is_armed(first) && timers.is_armed(second) && timers.is_armed(late));
        timers.disarm(second);
        assert!(timers.pop_due(SimTime(3)).is_none());
        assert_eq!(timers.next_deadline(), Some(SimTime(5)));
    }
}
