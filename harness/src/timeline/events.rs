//! The events of a run: those that every run of its plan begins with, shared, and its own behind them.

use std::iter::FusedIterator;
use std::ops::{Bound, Index, RangeBounds};
use std::slice;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Event;

/// The events of a run, in order.
///
/// The state of the world at its start is told by many events, which are the same in every run of a plan: they are
/// kept once for all of them.
#[derive(Clone, Debug)]
pub struct Events {
    start: Arc<[Event]>,
    own: Vec<Event>,
}

impl Events {
    /// Events that go on from a shared start, with room for `expected` more.
    pub(crate) fn after(start: Arc<[Event]>, expected: usize) -> Events {
        Events { start, own: Vec::with_capacity(expected) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.start.len() + self.own.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The event in a place.
    pub fn get(&self, place: usize) -> Option<&Event> {
        match place.checked_sub(self.start.len()) {
            None => self.start.get(place),
            Some(place) => self.own.get(place),
        }
    }

    /// The last event.
    pub fn last(&self) -> Option<&Event> {
        self.own.last().or(self.start.last())
    }

    /// All of them.
    pub fn iter(&self) -> EventsIter<'_> {
        EventsIter { first: self.start.iter(), second: self.own.iter() }
    }

    /// Those in these places. Places behind the last event are empty.
    pub fn range(&self, places: impl RangeBounds<usize>) -> EventsIter<'_> {
        let from = match places.start_bound() {
            Bound::Included(from) => *from,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let to = match places.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(to) => *to,
            Bound::Unbounded => usize::MAX,
        };
        let known = self.start.len();
        EventsIter {
            first: part(&self.start, from, to).iter(),
            second: part(&self.own, from.saturating_sub(known), to.saturating_sub(known)).iter(),
        }
    }

    /// The events before event `seq`, which stands in the place of its number.
    pub fn before(&self, seq: u64) -> EventsIter<'_> {
        self.range(..usize::try_from(seq).unwrap_or(usize::MAX))
    }

    /// The events from event `seq` on.
    pub fn since(&self, seq: u64) -> EventsIter<'_> {
        self.range(usize::try_from(seq).unwrap_or(usize::MAX)..)
    }

    /// Whether they begin with these very events: not their like, but the same piece of memory.
    pub(crate) fn begin_with(&self, start: &Arc<[Event]>) -> bool {
        Arc::ptr_eq(&self.start, start)
    }

    /// Adds an event behind the last.
    pub fn push(&mut self, event: Event) {
        self.own.push(event);
    }

    /// A copy in one piece.
    pub fn to_vec(&self) -> Vec<Event> {
        self.iter().cloned().collect()
    }
}

fn part(events: &[Event], from: usize, to: usize) -> &[Event] {
    let to = to.min(events.len());
    &events[from.min(to)..to]
}

impl Default for Events {
    fn default() -> Events {
        Vec::new().into()
    }
}

impl From<Vec<Event>> for Events {
    fn from(own: Vec<Event>) -> Events {
        Events { start: Arc::default(), own }
    }
}

impl FromIterator<Event> for Events {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Events {
        events.into_iter().collect::<Vec<Event>>().into()
    }
}

impl PartialEq for Events {
    fn eq(&self, other: &Events) -> bool {
        match Arc::ptr_eq(&self.start, &other.start) {
            true => self.own == other.own,
            false => self.len() == other.len() && self.iter().eq(other.iter()),
        }
    }
}

impl PartialEq<[Event]> for Events {
    fn eq(&self, other: &[Event]) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl Index<usize> for Events {
    type Output = Event;

    fn index(&self, place: usize) -> &Event {
        match place.checked_sub(self.start.len()) {
            None => &self.start[place],
            Some(place) => &self.own[place],
        }
    }
}

impl<'a> IntoIterator for &'a Events {
    type Item = &'a Event;
    type IntoIter = EventsIter<'a>;

    fn into_iter(self) -> EventsIter<'a> {
        self.iter()
    }
}

impl Serialize for Events {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// Events of a run, from either end.
#[derive(Clone, Debug)]
pub struct EventsIter<'a> {
    first: slice::Iter<'a, Event>,
    second: slice::Iter<'a, Event>,
}

impl<'a> Iterator for EventsIter<'a> {
    type Item = &'a Event;

    #[inline]
    fn next(&mut self) -> Option<&'a Event> {
        match self.first.next() {
            None => {
                // What is left moves up, so that each event is looked for in one place.
                self.first = std::mem::take(&mut self.second);
                self.first.next()
            }
            event => event,
        }
    }

    fn nth(&mut self, n: usize) -> Option<&'a Event> {
        match n.checked_sub(self.first.len()) {
            None => self.first.nth(n),
            Some(n) => {
                self.first = std::mem::take(&mut self.second);
                self.first.nth(n)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let length = self.first.len() + self.second.len();
        (length, Some(length))
    }

    fn fold<B, F: FnMut(B, &'a Event) -> B>(self, first: B, mut take: F) -> B {
        let between = self.first.fold(first, &mut take);
        self.second.fold(between, take)
    }
}

impl<'a> DoubleEndedIterator for EventsIter<'a> {
    #[inline]
    fn next_back(&mut self) -> Option<&'a Event> {
        self.second.next_back().or_else(|| self.first.next_back())
    }
}

impl ExactSizeIterator for EventsIter<'_> {}

impl FusedIterator for EventsIter<'_> {}

#[cfg(test)]
mod tests {
    use super::super::story::Story;
    use super::*;

    /// Six events, the first of them shared, and the same in one piece.
    fn both(shared: usize) -> (Events, Vec<Event>) {
        let mut story = Story::default();
        for user in ["A", "B", "C", "D", "E", "F"] {
            story.user("PDC1", user);
        }
        let mut events = Events::after(story.events[..shared].into(), 0);
        story.events[shared..].iter().for_each(|event| events.push(event.clone()));
        (events, story.events)
    }

    fn numbers<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<u64> {
        events.map(|event| event.seq).collect()
    }

    #[test]
    fn shared_events_and_own_ones_are_one_row() {
        for shared in 0..=6 {
            let (events, whole) = both(shared);
            assert_eq!(events, *whole);
            assert_eq!(events, Events::from(whole.clone()));
            assert_eq!(events.last(), whole.last());
            assert_eq!(events.get(6), None);
            assert_eq!(numbers(events.iter().rev()), [5, 4, 3, 2, 1, 0]);
            assert_eq!(numbers(events.before(4).rev()), [3, 2, 1, 0]);
            assert_eq!(numbers(events.since(4)), [4, 5]);
            assert_eq!(numbers(events.since(9)), [0_u64; 0]);
            assert_eq!(
                serde_json::to_string(&events).expect("events have a form"),
                serde_json::to_string(&whole).expect("events have a form")
            );
            for place in 0..6 {
                assert_eq!(events[place].seq, place as u64);
                assert_eq!(events.iter().nth(place).map(|event| event.seq), Some(place as u64));
                assert_eq!(numbers(events.range(place..)), numbers(whole[place..].iter()));
                assert_eq!(numbers(events.range(1..=place)), numbers(whole[1..place + 1].iter()));
                let (mut ends, mut from_both) = (events.iter(), Vec::new());
                while let Some(event) = if place % 2 == 0 { ends.next() } else { ends.next_back() } {
                    from_both.push(event.seq);
                }
                assert_eq!(from_both.len(), 6);
            }
        }
    }

    #[test]
    fn events_differ_by_what_they_say() {
        let (events, mut whole) = both(3);
        whole.pop();
        assert_ne!(events, *whole);
        assert_ne!(events, Events::from(whole));
        let (other, _) = both(3);
        assert_eq!(events, other);
        assert!(!events.begin_with(&other.start));
        assert!(events.begin_with(&events.clone().start));
    }
}
