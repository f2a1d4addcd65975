//! Netlogon of Windows NT 4.0 (FACTS.md, "Windows NT 4.0 replication"), with BDCs that answer at once.

use super::{Install, Outcome};

/// The rhythm of the PDC, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Netlogon {
    /// From the beginning of a cycle to that of the next.
    pub pulse: i64,
    /// The beginning of the first cycle.
    pub first_pulse: i64,
}

impl Netlogon {
    /// When a change arrives on an unlimited line that is committed at `at`: at the next cycle. One that begins at this
    /// very instant has begun before the change.
    pub fn next(&self, at: i64) -> i64 {
        if at < self.first_pulse {
            return self.first_pulse;
        }
        let begun = (at - self.first_pulse) / self.pulse + 1;
        self.first_pulse + begun * self.pulse
    }

    /// What an install comes to whose delays this rhythm sets; the install's own delay does not count.
    pub fn outcome(&self, install: &Install) -> Outcome {
        let look = |since: i64, every: i64| {
            let visible = self.next(since) - since;
            (visible + every - 1) / every * every
        };
        let start = look(0, install.site_probe);
        if start > install.maximum_wait {
            return Outcome::BootstrapTimedOut;
        }
        let created = start + install.first_wait;
        let deleted = install.loader_time_out.map(|time_out| start + time_out + install.deletion_delay);
        let refused = |at: i64| deleted.is_some_and(|deleted| deleted <= at);
        if refused(created) {
            return Outcome::Refused { at: created };
        }
        let seen = look(created, install.probe);
        if seen > install.maximum_wait {
            Outcome::TimedOut { at: created + install.maximum_wait }
        } else if refused(created + seen) {
            Outcome::Refused { at: created + seen }
        } else {
            Outcome::Installed { at: created + seen }
        }
    }
}

/// The places of a cycle (Q244382, A12).
#[derive(Clone, Copy, Debug)]
pub struct Places {
    /// How many BDCs replicate at once.
    pub concurrency: usize,
    /// All places are filled together, and not a place at a time.
    pub batch: bool,
}

impl Places {
    /// When each BDC of a ring is done, since the beginning of the cycle, if they take so long.
    pub fn ends(&self, durations: &[i64]) -> Vec<i64> {
        if self.batch {
            let mut begin = 0;
            let mut ends = Vec::new();
            for batch in durations.chunks(self.concurrency) {
                ends.extend(batch.iter().map(|duration| begin + duration));
                begin += batch.iter().max().copied().unwrap_or(0);
            }
            return ends;
        }
        let mut free = vec![0; self.concurrency];
        durations
            .iter()
            .map(|duration| {
                let place = (0..free.len()).min_by_key(|place| free[*place]).unwrap_or(0);
                free[place] += duration;
                free[place]
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_waits_for_its_slowest_and_a_sliding_place_does_not() {
        let durations = [9, 1, 1, 1];
        assert_eq!(Places { concurrency: 2, batch: true }.ends(&durations), [9, 1, 10, 10]);
        assert_eq!(Places { concurrency: 2, batch: false }.ends(&durations), [9, 1, 2, 3]);
    }

    #[test]
    fn a_change_waits_for_the_next_cycle() {
        let netlogon = Netlogon { pulse: 50, first_pulse: 2 };
        assert_eq!([0, 1, 2, 51, 52].map(|at| netlogon.next(at)), [2, 2, 52, 52, 102]);
    }
}
