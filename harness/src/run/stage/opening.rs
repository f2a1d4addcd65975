//! How the runs of a plan begin alike.

use std::sync::Arc;

use mockdc_mocks::{Fact, SimTime};

use super::following::is_followed;
use super::{EXPECTED_EVENTS, Stage};
use crate::timeline::{Event, EventKind, Events, Live};

/// What the first instant of every run of a plan states before anybody acts, and the live view after it.
pub(crate) struct Opening {
    pub(crate) events: Arc<[Event]>,
    live: Live,
    /// Places of the events that start actors, or end what others have started.
    followed: Vec<usize>,
}

impl Stage {
    /// Begins with an opening: its events stand in the record, and its view is the live view. What it does is
    /// [`Stage::follow_opening`]'s.
    pub(crate) fn open_with(&self, opening: &Opening) {
        self.events.replace(Events::after(opening.events.clone(), EXPECTED_EVENTS));
        self.live.replace(opening.live.clone());
        self.busy.set((SimTime::START, opening.events.len()));
    }

    /// Starts the actors of the services and processes that run in the opening.
    pub(crate) fn follow_opening(&self, opening: &Opening) {
        for place in &opening.followed {
            let event = &opening.events[*place];
            if let EventKind::Fact(fact) = &event.kind {
                self.follow(&event.host, fact);
            }
        }
    }

    /// What has been recorded so far, as an opening for other runs of the same plan.
    pub(crate) fn opening(&self) -> Opening {
        let events = self.events.borrow().to_vec();
        let runs = |event: &Event| {
            matches!(event.kind, EventKind::Fact(Fact::ServiceStarted { .. } | Fact::ProcessStarted { .. }))
        };
        // Where nothing has been started nothing can end.
        let first = events.iter().position(runs).unwrap_or(events.len());
        let followed = |event: &Event| matches!(&event.kind, EventKind::Fact(fact) if is_followed(fact));
        let followed = (first..events.len()).filter(|place| followed(&events[*place])).collect();
        Opening { events: events.into(), live: self.live.borrow().clone(), followed }
    }
}
