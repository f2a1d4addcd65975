//! How far runs have got, for whoever looks from another thread.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use mockdc_mocks::SimTime;

/// How far runs have got. A run tells it now and then, so that nobody waits for anybody.
#[derive(Debug, Default)]
pub struct Pulse {
    events: AtomicU64,
    at: AtomicI64,
}

impl Pulse {
    /// Runs tell after as many events.
    const BEAT: u64 = 1 << 12;

    /// Event `seq` of a run has been recorded.
    pub(super) fn recorded(&self, seq: u64, at: SimTime) {
        if seq % Pulse::BEAT == Pulse::BEAT - 1 {
            self.events.fetch_add(Pulse::BEAT, Ordering::Relaxed);
            self.at.store(at.0, Ordering::Relaxed);
        }
    }

    /// How many events there are by now, to some thousand, and the instant of the last one that was told.
    pub fn reached(&self) -> (u64, SimTime) {
        (self.events.load(Ordering::Relaxed), SimTime(self.at.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_tells_the_events_of_all_runs_and_the_last_instant() {
        let pulse = Pulse::default();
        assert_eq!(pulse.reached(), (0, SimTime::START));
        for seq in 0..10_000 {
            pulse.recorded(seq, SimTime(seq as i64));
        }
        assert_eq!(pulse.reached(), (8_192, SimTime(8_191)));
        (0..5_000).for_each(|seq| pulse.recorded(seq, SimTime(70_000)));
        assert_eq!(pulse.reached(), (12_288, SimTime(70_000)));
    }
}
