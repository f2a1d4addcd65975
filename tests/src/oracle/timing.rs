//! Q304961: an install on a domain controller succeeds exactly when replication fits its budget (FACTS.md, "Timeline of
//! a domain controller install").

/// The times of an install on a domain controller, in milliseconds. Every change takes `delay` to reach the target.
#[derive(Clone, Copy, Debug)]
pub struct Install {
    /// From a commit at the PDC to its visibility at the target.
    pub delay: i64,
    /// How often the site server looks whether the bootstrap account is there.
    pub site_probe: i64,
    /// How often the installing program looks whether the service account is there.
    pub probe: i64,
    /// The longest that either of them waits.
    pub maximum_wait: i64,
    /// The installing program's wait before it creates the service account.
    pub first_wait: i64,
    /// The boot loader's own time-out; `None`: it waits until its child is done.
    pub loader_time_out: Option<i64>,
    /// From the stop of the boot loader to the deletion of the bootstrap account.
    pub deletion_delay: i64,
    /// The installing program calls the PDC with each probe, and not only when the wait is over.
    pub calls_at_each_probe: bool,
}

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Installed at this instant.
    Installed {
        /// Since the start.
        at: i64,
    },
    /// The bootstrap account was refused at the PDC at this instant.
    Refused {
        /// Since the start.
        at: i64,
    },
    /// The service account did not arrive within the maximum wait.
    TimedOut {
        /// Since the start.
        at: i64,
    },
    /// The bootstrap account did not arrive within the maximum wait.
    BootstrapTimedOut,
}

impl Install {
    /// When the boot loader starts, unless the bootstrap account is too late.
    pub fn loader_start(&self) -> Option<i64> {
        let seen = first_probe(self.delay, self.site_probe);
        (seen <= self.maximum_wait).then_some(seen)
    }

    /// The outcome.
    pub fn outcome(&self) -> Outcome {
        let Some(start) = self.loader_start() else { return Outcome::BootstrapTimedOut };
        let created = start + self.first_wait;
        let seen = first_probe(self.delay, self.probe);
        let deleted = self.loader_time_out.map(|time_out| start + time_out + self.deletion_delay);
        // A call at the very instant of the deletion comes too late: the deletion was set up earlier.
        let refused_from = |at: i64| deleted.is_some_and(|deleted| deleted <= at);
        if self.calls_at_each_probe {
            let last = seen.min(self.maximum_wait);
            let first_refused =
                (0..=last / self.probe).map(|n| created + n * self.probe).find(|at| refused_from(*at));
            if let Some(at) = first_refused {
                return Outcome::Refused { at };
            }
        }
        if refused_from(created) {
            return Outcome::Refused { at: created };
        }
        match seen <= self.maximum_wait {
            true if refused_from(created + seen) => Outcome::Refused { at: created + seen },
            true => Outcome::Installed { at: created + seen },
            false => Outcome::TimedOut { at: created + self.maximum_wait },
        }
    }
}

/// The first probe at or after `visible`, when probes begin at zero.
pub(super) fn first_probe(visible: i64, every: i64) -> i64 {
    visible.div_euclid(every) * every + if visible.rem_euclid(every) == 0 { 0 } else { every }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn sp3(delay: i64) -> Install {
        Install {
            delay,
            site_probe: MINUTE,
            probe: MINUTE,
            maximum_wait: 60 * MINUTE,
            first_wait: MINUTE,
            loader_time_out: Some(15 * MINUTE),
            deletion_delay: 15 * MINUTE,
            calls_at_each_probe: false,
        }
    }

    #[test]
    fn the_budget_of_sp3_is_a_probe_short_of_half_an_hour() {
        assert!(matches!(sp3(28 * MINUTE).outcome(), Outcome::Installed { .. }));
        assert!(matches!(sp3(28 * MINUTE + 1).outcome(), Outcome::Refused { .. }));
        assert_eq!(sp3(40 * MINUTE).outcome(), Outcome::Refused { at: (40 + 1 + 40) * MINUTE });
        assert_eq!(sp3(61 * MINUTE).outcome(), Outcome::BootstrapTimedOut);
    }
}
