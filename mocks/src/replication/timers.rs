//! Named timers in a table: at most one instant for each.

use std::collections::{BTreeMap, BTreeSet};

use crate::SimTime;

/// The timers of one replication model. Due timers come out by instant, then in the order of their names.
#[derive(Clone, Debug)]
pub(crate) struct Timers<T> {
    due: BTreeSet<(SimTime, T)>,
    armed: BTreeMap<T, SimTime>,
}

impl<T> Default for Timers<T> {
    fn default() -> Timers<T> {
        Timers { due: BTreeSet::new(), armed: BTreeMap::new() }
    }
}

impl<T: Ord + Copy> Timers<T> {
    /// Sets a timer, whatever it was set to before.
    pub(crate) fn arm(&mut self, timer: T, at: SimTime) {
        if let Some(before) = self.armed.insert(timer, at) {
            if before == at {
                return;
            }
            self.due.remove(&(before, timer));
        }
        self.due.insert((at, timer));
    }

    /// Sets a timer unless it is set to an earlier instant.
    pub(crate) fn arm_by(&mut self, timer: T, at: SimTime) {
        if self.armed.get(&timer).is_none_or(|before| *before > at) {
            self.arm(timer, at);
        }
    }

    /// Sets a timer, or clears it.
    pub(crate) fn set(&mut self, timer: T, at: Option<SimTime>) {
        match at {
            Some(at) => self.arm(timer, at),
            None => self.disarm(timer),
        }
    }

    /// Clears a timer.
    pub(crate) fn disarm(&mut self, timer: T) {
        if let Some(at) = self.armed.remove(&timer) {
            self.due.remove(&(at, timer));
        }
    }

    /// The instant to which a timer is set.
    pub(crate) fn armed(&self, timer: T) -> Option<SimTime> {
        self.armed.get(&timer).copied()
    }

    /// Whether a timer is set.
    pub(crate) fn is_armed(&self, timer: T) -> bool {
        self.armed.contains_key(&timer)
    }

    /// The earliest instant.
    pub(crate) fn next(&self) -> Option<SimTime> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes the first timer that is due by `now`, with the instant to which it was set.
    pub(crate) fn pop(&mut self, now: SimTime) -> Option<(SimTime, T)> {
        let (at, timer) = *self.due.first()?;
        if at > now {
            return None;
        }
        self.due.pop_first();
        self.armed.remove(&timer);
        Some((at, timer))
    }

    /// Takes every timer that is due by `now`, in the order of their names.
    pub(crate) fn pop_all(&mut self, now: SimTime) -> Vec<T> {
        let mut due: Vec<T> = std::iter::from_fn(|| self.pop(now)).map(|(_, timer)| timer).collect();
        due.sort_unstable();
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_that_is_set_again_goes_off_once() {
        let mut timers = Timers::default();
        timers.arm('a', SimTime(5));
        timers.arm('b', SimTime(4));
        timers.arm('a', SimTime(3));
        timers.arm_by('b', SimTime(9));
        assert_eq!(timers.pop(SimTime(2)), None);
        assert_eq!(timers.pop(SimTime(9)), Some((SimTime(3), 'a')));
        assert_eq!(timers.pop(SimTime(9)), Some((SimTime(4), 'b')));
        assert_eq!(timers.pop(SimTime(9)), None);
        assert_eq!(timers.next(), None);
    }
}
