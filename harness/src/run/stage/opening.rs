//! How the runs of a plan begin alike.

use mockdc_mocks::{Fact, FactRecord, HostName, SimTime};

use super::following::is_followed;
use super::{EXPECTED_EVENTS, Stage};
use crate::timeline::{EventKind, Events, Live};

/// What the first instant of every run of a plan states before anybody acts, and the live view after it.
pub(crate) struct Opening {
    pub(crate) events: Events,
    live: Live,
    /// Those facts that start actors, or end what others have started. Events in pages keep no passwords: the actors
    /// need theirs.
    followed: Vec<(HostName, Fact)>,
}

impl Stage {
    /// Begins with an opening: its events stand in the record, and its view is the live view. What it does is
    /// [`Stage::follow_opening`]'s.
    pub(crate) fn open_with(&self, opening: &Opening) {
        self.events.replace(Events::going_on(&opening.events, EXPECTED_EVENTS));
        self.live.replace(opening.live.clone());
        self.busy.set((SimTime::START, opening.events.len()));
    }

    /// Starts the actors of the services and processes that run in the opening.
    pub(crate) fn follow_opening(&self, opening: &Opening) {
        opening.followed.iter().for_each(|(host, fact)| self.follow(host, fact));
    }

    /// Records the facts of a start, as an opening for runs of its plan.
    pub(crate) fn opening(&self, facts: impl Iterator<Item = FactRecord>) -> Opening {
        let mut followed = Vec::new();
        for record in facts {
            let starts = matches!(record.fact, Fact::ServiceStarted { .. } | Fact::ProcessStarted { .. });
            // Where nothing has been started nothing can end.
            if starts || !followed.is_empty() && is_followed(&record.fact) {
                followed.push((record.host.clone(), record.fact.clone()));
            }
            self.record(record.host, None, None, EventKind::Fact(record.fact));
        }
        followed.shrink_to_fit();
        Opening { events: self.events.take().shared(), live: self.live.take(), followed }
    }
}
