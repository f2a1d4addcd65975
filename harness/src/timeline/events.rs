//! The events of a run: those that every run of its plan begins with, shared, and its own behind them.

use std::borrow::Cow;
use std::iter::FusedIterator;
use std::ops::{Bound, Index, Range, RangeBounds};
use std::slice;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Event;
use super::class::{Class, Classes};
use super::page::{Forward, Leaf, PAGE};

/// The events of a run, in order.
///
/// The state of the world at its start is told by many events, which are the same in every run of a plan: they are
/// kept once for all of them. Of a long run only the last events are kept as values; those before them are laid away
/// in compressed pages, and read again where somebody looks.
#[derive(Clone, Debug)]
pub struct Events {
    start: Arc<[Event]>,
    pages: Vec<Arc<Leaf>>,
    own: Vec<Event>,
    /// How many of its own may be kept as values.
    room: usize,
    /// Events in a page.
    page: usize,
}

/// So many events of a run are kept as values before the first are laid away: all of any but a large estate.
const ROOM: usize = 1 << 18;

impl Events {
    /// Events that go on from a shared start, with room for `expected` more.
    pub(crate) fn after(start: Arc<[Event]>, expected: usize) -> Events {
        Events { start, pages: Vec::new(), own: Vec::with_capacity(expected), room: ROOM, page: PAGE }
    }

    /// These, for others to go on from: what they share is in one piece of memory, or in pages.
    pub(crate) fn shared(self) -> Events {
        match self.are_paged() {
            true => self,
            false => Events::after(self.to_vec().into(), 0),
        }
    }

    /// Events that go on from others, with room for `expected` more.
    pub(crate) fn going_on(start: &Events, expected: usize) -> Events {
        let mut events = start.clone();
        // A run that begins in pages is long.
        events.own.reserve(if start.are_paged() { start.page } else { expected });
        events
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept_from() + self.own.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The place of the first event behind the pages.
    fn kept_from(&self) -> usize {
        self.start.len() + self.pages.len() * self.page
    }

    /// The event in a place. Its page, where it lies in one, stays unpacked from now on.
    pub fn get(&self, place: usize) -> Option<&Event> {
        if let Some(place) = place.checked_sub(self.kept_from()) {
            return self.own.get(place);
        }
        match place.checked_sub(self.start.len()) {
            None => self.start.get(place),
            Some(place) => self.laid_away(place),
        }
    }

    /// An event by its place in the pages.
    fn laid_away(&self, place: usize) -> Option<&Event> {
        self.pages.get(place / self.page)?.page().whole().get(place % self.page)
    }

    /// The last event.
    pub fn last(&self) -> Option<&Event> {
        self.own.last().or_else(|| self.get(self.len().checked_sub(1)?))
    }

    /// All of them, each to stay: of a long run the pages that are gone through stay unpacked. Whoever needs none of
    /// them later reads them by [`Events::read`].
    pub fn iter(&self) -> EventsIter<'_> {
        self.range(..)
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
        let (known, kept_from) = (self.start.len(), self.kept_from());
        let in_pages = |place: usize| place.clamp(known, kept_from) - known;
        EventsIter {
            first: part(&self.start, from, to).iter(),
            laid_away: in_pages(from)..in_pages(to),
            second: part(&self.own, from.saturating_sub(kept_from), to.saturating_sub(kept_from)).iter(),
            events: self,
        }
    }

    /// All of them, one after the other: nothing of a long run stays unpacked.
    pub fn read(&self) -> impl Iterator<Item = Cow<'_, Event>> {
        self.chosen(0, Classes::ALL)
    }

    /// Those of some classes from a place on, one after the other.
    pub(crate) fn chosen(&self, from: usize, classes: Classes) -> impl Iterator<Item = Cow<'_, Event>> {
        let (known, kept_from) = (self.start.len(), self.kept_from());
        let wanted = move |event: &&Event| classes == Classes::ALL || classes.have(Class::of(event));
        let first = part(&self.start, from, known).iter().filter(wanted).map(Cow::Borrowed);
        let from_page = from.saturating_sub(known);
        let pages = self.pages.iter().enumerate().skip(from_page / self.page);
        let paged = pages
            .flat_map(move |(number, page)| {
                page.page().chosen(from_page.saturating_sub(number * self.page), classes)
            })
            .map(Cow::Owned);
        let second = part(&self.own, from.saturating_sub(kept_from), usize::MAX).iter();
        first.chain(paged).chain(second.filter(wanted).map(Cow::Borrowed))
    }

    /// Those of some classes before event `seq`, the latest first.
    pub(crate) fn chosen_before(&self, seq: u64, classes: Classes) -> impl Iterator<Item = Cow<'_, Event>> {
        let to = usize::try_from(seq).unwrap_or(usize::MAX);
        let (known, kept_from) = (self.start.len(), self.kept_from());
        let wanted = move |event: &&Event| classes.have(Class::of(event));
        let second = part(&self.own, 0, to.saturating_sub(kept_from)).iter();
        let to_page = to.saturating_sub(known).min(kept_from - known);
        let pages = self.pages[..to_page.div_ceil(self.page)].iter().rev();
        let paged = pages.flat_map(move |page| {
            let mut events: Vec<Event> =
                page.page().chosen(0, classes).take_while(|event| event.seq < seq).collect();
            events.reverse();
            events
        });
        let first = part(&self.start, 0, to).iter().rev().filter(wanted).map(Cow::Borrowed);
        second.rev().filter(wanted).map(Cow::Borrowed).chain(paged.map(Cow::Owned)).chain(first)
    }

    /// Whether some of them are laid away.
    pub(crate) fn are_paged(&self) -> bool {
        !self.pages.is_empty()
    }

    /// The events before event `seq`, which stands in the place of its number.
    pub fn before(&self, seq: u64) -> EventsIter<'_> {
        self.range(..usize::try_from(seq).unwrap_or(usize::MAX))
    }

    /// The events from event `seq` on.
    pub fn since(&self, seq: u64) -> EventsIter<'_> {
        self.range(usize::try_from(seq).unwrap_or(usize::MAX)..)
    }

    /// Whether they go on from these very events: not their like, but the same piece of memory.
    pub(crate) fn begin_with(&self, start: &Events) -> bool {
        Arc::ptr_eq(&self.start, &start.start)
            && self.pages.len() >= start.pages.len()
            && self.pages.iter().zip(&start.pages).all(|(own, other)| Arc::ptr_eq(own, other))
            && (start.own.is_empty() || start.are_paged())
    }

    /// All of them, as they lie.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = Stretch<'_>> {
        let pages = self.pages.iter().map(|leaf| match leaf.page().forward() {
            Some(forward) => Stretch::Forward(forward),
            None => Stretch::Events(leaf.page().whole()),
        });
        let [first, last] = [&*self.start, &self.own].map(Stretch::Events);
        std::iter::once(first).chain(pages).chain(std::iter::once(last))
    }

    /// Adds an event behind the last.
    pub fn push(&mut self, event: Event) {
        self.own.push(event);
        if self.own.len() > self.room {
            self.lay_away();
        }
    }

    /// Lays away what fills pages, which another thread makes. Events that are not numbered by their places stay as they
    /// are: no page could tell them.
    fn lay_away(&mut self) {
        let full = self.own.len() / self.page * self.page;
        let numbers = self.kept_from() as u64..;
        if self.own[..full].iter().zip(numbers).any(|(event, place)| event.seq != place) {
            self.room = usize::MAX;
            return;
        }
        let mut rest = std::mem::replace(&mut self.own, Vec::with_capacity(self.page + 1)).into_iter();
        for _ in 0..full / self.page {
            // While one is made the next may begin, and no more: events that wait take room.
            if let Some(last) = self.pages.last() {
                last.page();
            }
            self.pages.push(Arc::new(Leaf::of(rest.by_ref().take(self.page).collect())));
        }
        self.own.extend(rest);
        self.room = self.page;
    }

    /// The same events, laid away in pages of so many as far as they fill any, as those of a long run are.
    #[must_use]
    pub fn in_pages(self, of: usize) -> Events {
        let own = self.chosen(self.start.len(), Classes::ALL).map(Cow::into_owned).collect();
        let mut events = Events { own, page: of.max(1), ..Events::after(self.start, 0) };
        events.lay_away();
        events
    }

    /// A copy in one piece.
    pub fn to_vec(&self) -> Vec<Event> {
        self.read().map(Cow::into_owned).collect()
    }
}

/// A piece of a run.
pub(crate) enum Stretch<'a> {
    /// Events that follow each other.
    Events(&'a [Event]),
    /// A page of which the order is known.
    Forward(&'a Forward),
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
        Events { own, ..Events::after(Arc::default(), 0) }
    }
}

impl FromIterator<Event> for Events {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Events {
        events.into_iter().collect::<Vec<Event>>().into()
    }
}

impl PartialEq for Events {
    fn eq(&self, other: &Events) -> bool {
        match Arc::ptr_eq(&self.start, &other.start) && !self.are_paged() && !other.are_paged() {
            true => self.own == other.own,
            false => self.len() == other.len() && self.read().eq(other.read()),
        }
    }
}

impl PartialEq<[Event]> for Events {
    fn eq(&self, other: &[Event]) -> bool {
        self.len() == other.len() && self.read().eq(other.iter().map(Cow::Borrowed))
    }
}

impl Index<usize> for Events {
    type Output = Event;

    fn index(&self, place: usize) -> &Event {
        match self.get(place) {
            Some(event) => event,
            None => panic!("there is no event {place}: there are {}", self.len()),
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
        serializer.collect_seq(self.read())
    }
}

/// Events of a run, from either end.
#[derive(Clone, Debug)]
pub struct EventsIter<'a> {
    first: slice::Iter<'a, Event>,
    /// Places in the pages.
    laid_away: Range<usize>,
    second: slice::Iter<'a, Event>,
    events: &'a Events,
}

impl<'a> EventsIter<'a> {
    /// The next event behind the start.
    fn next_own(&mut self) -> Option<&'a Event> {
        match self.laid_away.next() {
            None => {
                // What is left moves up, so that each event is looked for in one place.
                self.first = std::mem::take(&mut self.second);
                self.first.next()
            }
            Some(place) => self.events.laid_away(place),
        }
    }
}

impl<'a> Iterator for EventsIter<'a> {
    type Item = &'a Event;

    #[inline]
    fn next(&mut self) -> Option<&'a Event> {
        match self.first.next() {
            None => self.next_own(),
            event => event,
        }
    }

    fn nth(&mut self, mut n: usize) -> Option<&'a Event> {
        match n.checked_sub(self.first.len()) {
            None => return self.first.nth(n),
            Some(rest) => n = rest,
        }
        self.first = <&[Event]>::default().iter();
        match n.checked_sub(self.laid_away.len()) {
            None => self.laid_away.nth(n).and_then(|place| self.events.laid_away(place)),
            Some(rest) => {
                self.laid_away = 0..0;
                self.first = std::mem::take(&mut self.second);
                self.first.nth(rest)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let length = self.first.len() + self.laid_away.len() + self.second.len();
        (length, Some(length))
    }

    fn fold<B, F: FnMut(B, &'a Event) -> B>(self, first: B, mut take: F) -> B {
        let between = self.first.fold(first, &mut take);
        let laid_away = self.laid_away.filter_map(|place| self.events.laid_away(place));
        let between = laid_away.fold(between, &mut take);
        self.second.fold(between, take)
    }
}

impl<'a> DoubleEndedIterator for EventsIter<'a> {
    #[inline]
    fn next_back(&mut self) -> Option<&'a Event> {
        if let Some(event) = self.second.next_back() {
            return Some(event);
        }
        match self.laid_away.next_back() {
            None => self.first.next_back(),
            Some(place) => self.events.laid_away(place),
        }
    }
}

impl ExactSizeIterator for EventsIter<'_> {}

impl FusedIterator for EventsIter<'_> {}

#[cfg(test)]
mod tests {
    use mockdc_mocks::{SimTime, Span};

    use super::super::story::Story;
    use super::super::{EndReason, EventKind};
    use super::*;

    /// Six events, the first of them shared, and the same in one piece.
    fn both(shared: usize) -> (Events, Vec<Event>) {
        let mut story = Story::default();
        // Every other event is of another class.
        for user in ["A", "C", "E"] {
            story.user("PDC1", user).line("PDC1", "ccm.log", "a line");
        }
        let mut events = Events::after(story.events[..shared].into(), 0);
        story.events[shared..].iter().for_each(|event| events.push(event.clone()));
        (events, story.events)
    }

    #[test]
    fn events_in_pages_are_one_row_with_the_others() {
        for shared in 0..=6 {
            for page in 1..=7 {
                let (events, whole) = both(shared);
                let events = events.in_pages(page);
                assert_eq!(events.pages.len(), (6 - shared) / page);
                assert_eq!(events, *whole);
                assert_eq!(events.last(), whole.last());
                assert_eq!(numbers(events.iter()), [0, 1, 2, 3, 4, 5]);
                assert_eq!(numbers(events.iter().rev()), [5, 4, 3, 2, 1, 0]);
                assert_eq!(events.iter().fold(0, |sum, event| sum * 10 + event.seq), 12_345);
                let all = Classes::ALL;
                for place in 0..=6 {
                    assert_eq!(events.get(place), whole.get(place));
                    assert_eq!(events.iter().nth(place), whole.get(place));
                    assert_eq!(numbers(events.range(place..)), numbers(whole[place..].iter()));
                    assert_eq!(numbers(events.range(..place)), numbers(whole[..place].iter()));
                    let read: Vec<u64> = events.chosen(place, all).map(|event| event.seq).collect();
                    assert_eq!(read, numbers(whole[place..].iter()));
                    let read: Vec<u64> =
                        events.chosen_before(place as u64, all).map(|event| event.seq).collect();
                    assert_eq!(read, numbers(whole[..place].iter().rev()));
                    let lines: Vec<u64> =
                        events.chosen(place, Classes::these(&[Class::Log])).map(|event| event.seq).collect();
                    let odd = (place as u64..6).filter(|seq| seq % 2 == 1);
                    assert_eq!(lines, odd.collect::<Vec<u64>>(), "from {place} on, in pages of {page}");
                }
                let along: Vec<u64> = events.stretches().flat_map(told).collect();
                assert_eq!(along, [0, 1, 2, 3, 4, 5]);
                assert_eq!(events.chosen(0, Classes::CALLS).count(), 0);
                let mut longer = events.clone();
                longer.push(Event { seq: 6, ..whole[5].clone() });
                assert_eq!((longer.len(), events.len()), (7, 6));
            }
        }
    }

    fn told(stretch: Stretch<'_>) -> Vec<u64> {
        match stretch {
            Stretch::Events(events) => numbers(events.iter()),
            Stretch::Forward(forward) => (forward.first..forward.first + forward.length as u64).collect(),
        }
    }

    #[test]
    fn a_page_knows_that_its_events_run_forward() {
        let (_, whole) = both(0);
        let paged = |change: &dyn Fn(&mut Event)| {
            let mut events = whole.clone();
            change(&mut events[4]);
            let events = Events::from(events).in_pages(3);
            events.stretches().filter(|stretch| matches!(stretch, Stretch::Forward(_))).count()
        };
        assert_eq!(paged(&|_| {}), 2);
        assert_eq!(paged(&|event| event.cause = Some(3)), 2);
        assert_eq!(paged(&|event| event.cause = Some(4)), 1, "a cause that does not come before");
        assert_eq!(
            paged(&|event| event.at = SimTime::START + Span::secs(1)),
            1,
            "time runs backwards behind it"
        );
        let end = EventKind::End { reason: EndReason::Until };
        assert_eq!(paged(&|event| event.kind = end.clone()), 1, "something follows the end");
    }

    #[test]
    fn events_go_on_from_others_in_memory_or_in_pages() {
        for page in [None, Some(1), Some(2), Some(3), Some(4), Some(7)] {
            for shared in 0..=6 {
                let (_, whole) = both(0);
                let first: Events = whole[..shared].iter().cloned().collect();
                let start = match page {
                    Some(page) => first.in_pages(page),
                    None => first,
                };
                let start = start.shared();
                let mut events = Events::going_on(&start, 4);
                assert!(events.begin_with(&start));
                whole[shared..].iter().for_each(|event| events.push(event.clone()));
                assert_eq!(events, *whole);
                assert!(events.begin_with(&start));
                assert_eq!(start, whole[..shared]);
                if shared > 0 {
                    let other = whole[..shared].iter().cloned().collect::<Events>();
                    let other = page.map_or(other.clone(), |page| other.in_pages(page)).shared();
                    assert!(!events.begin_with(&other), "{shared} in pages of {page:?}");
                }
            }
        }
    }

    #[test]
    fn events_that_are_not_numbered_by_their_places_stay_as_they_are() {
        let (_, mut whole) = both(0);
        whole[3].seq = 9;
        let events = Events::from(whole.clone()).in_pages(2);
        assert!(!events.are_paged());
        assert_eq!(events, *whole);
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
        let start = |events: &Events| Events::after(events.start.clone(), 0);
        assert!(!events.begin_with(&start(&other)));
        assert!(events.begin_with(&start(&events)));
    }
}
