//! How finely the events and deadlines of a run lie side by side.

use mockdc_mocks::{SimTime, Span};
use serde::{Deserialize, Serialize};

use crate::timeline::{Event, EventKind};

/// The smallest gap between an event and a deadline: what the domain does by itself (a change arrives, policy applies, a
/// machine goes down) against an actor's timer. Which of the two comes first decides what the actor sees, so that a
/// backend that is late by as much as this could turn the verdict round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Margin {
    /// The gap. Zero: both fall on one instant, and the order of the model before the actors decides.
    pub gap: Span,
    /// When the event happens.
    pub event: SimTime,
    /// When the timer expires.
    pub deadline: SimTime,
}

/// The events and deadlines of a run, as they are noted.
#[derive(Debug, Default)]
pub(super) struct Watched {
    events: Vec<SimTime>,
    deadlines: Vec<SimTime>,
}

impl Watched {
    /// Notes an event, when the domain brought it about by itself. The state at the start is none.
    pub(super) fn recorded(&mut self, event: &Event) {
        let own = event.actor.is_none() && matches!(event.kind, EventKind::Fact(_));
        if own && event.at > SimTime::START && self.events.last() != Some(&event.at) {
            self.events.push(event.at);
        }
    }

    /// Notes an actor's timer that expired.
    pub(super) fn deadline(&mut self, at: SimTime) {
        if self.deadlines.last() != Some(&at) {
            self.deadlines.push(at);
        }
    }

    /// The smallest gap; `None` when there are no events, or no deadlines.
    pub(super) fn margin(mut self) -> Option<Margin> {
        self.events.sort_unstable();
        self.deadlines.sort_unstable();
        let near = |event: SimTime| {
            let at = self.deadlines.partition_point(|deadline| *deadline < event);
            let before = at.checked_sub(1).and_then(|at| self.deadlines.get(at));
            let gaps = before.into_iter().chain(self.deadlines.get(at)).map(move |deadline| {
                let gap = if *deadline > event { deadline.since(event) } else { event.since(*deadline) };
                Margin { gap, event, deadline: *deadline }
            });
            gaps.min_by_key(|margin| margin.gap)
        };
        self.events.iter().filter_map(|event| near(*event)).min_by_key(|margin| margin.gap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched(events: &[i64], deadlines: &[i64]) -> Watched {
        let times = |times: &[i64]| times.iter().copied().map(SimTime).collect();
        Watched { events: times(events), deadlines: times(deadlines) }
    }

    #[test]
    fn the_nearest_pair_is_the_margin_whichever_comes_first() {
        let margin = watched(&[1_000, 50_000], &[400, 1_700, 49_500]).margin().unwrap();
        assert_eq!((margin.gap, margin.event), (Span::millis(500), SimTime(50_000)));
        let margin = watched(&[1_000], &[400, 1_500]).margin().unwrap();
        assert_eq!((margin.gap, margin.deadline), (Span::millis(500), SimTime(1_500)));
    }

    #[test]
    fn one_instant_for_both_is_no_gap_at_all() {
        assert_eq!(watched(&[7, 20], &[3, 20]).margin().unwrap().gap, Span::ZERO);
    }

    #[test]
    fn without_events_there_is_nothing_to_miss() {
        assert_eq!(watched(&[], &[1, 2]).margin(), None);
        assert_eq!(watched(&[1], &[]).margin(), None);
    }
}
