//! A list of the events that are about something.

use std::borrow::Cow;

use crate::timeline::{Classes, Event, Events};

/// Events of some classes, in the order of the run. Those of a long run stay where they lie: each time that the list is
/// gone through they are read again.
pub(crate) struct List<'a> {
    known: Vec<&'a Event>,
    /// Where more are, and how many of them are a start that is known.
    paged: Option<(&'a Events, usize)>,
    classes: Classes,
    /// Those of the start: what a start that is known tells.
    of_start: Classes,
}

impl<'a> List<'a> {
    /// A list of these classes; `paged`: a run that is laid away in pages, and how many of its events are a start that is
    /// known. Of those it has what a [`Start`](super::Start) tells.
    pub(crate) fn new(paged: Option<(&'a Events, usize)>, classes: Classes) -> List<'a> {
        List { known: Vec::new(), paged, classes, of_start: classes.and_not(Classes::UNTOLD) }
    }

    /// Those that lie in pages.
    fn laid_away(&self) -> impl Iterator<Item = Cow<'a, Event>> + use<'a> {
        let (classes, of_start) = (self.classes, self.of_start);
        self.paged.into_iter().flat_map(move |(events, known)| {
            let start = events.chosen(0, of_start).take_while(move |event| event.seq < known as u64);
            let start = (known > 0).then_some(start);
            start.into_iter().flatten().chain(events.chosen(known, classes))
        })
    }

    /// Adds an event.
    #[inline]
    pub(crate) fn push(&mut self, event: &'a Event) {
        self.known.push(event);
    }

    /// Goes through all of them.
    pub(crate) fn each(&self, mut take: impl FnMut(&Event)) {
        self.known.iter().for_each(|event| take(event));
        self.laid_away().for_each(|event| take(&event));
    }

    /// Whether one of them is like this.
    pub(crate) fn any(&self, is: impl Fn(&Event) -> bool) -> bool {
        self.known.iter().any(|event| is(event)) || self.laid_away().any(|event| is(&event))
    }
}
