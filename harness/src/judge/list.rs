//! A list of the events that are about something.

use crate::timeline::{Classes, Event, Events};

/// Events of some classes, in the order of the run. Those of a long run stay where they lie: each time that the list is
/// gone through they are read again.
pub(crate) struct List<'a> {
    known: Vec<&'a Event>,
    /// Where more are, and from which place on.
    paged: Option<(&'a Events, usize)>,
    classes: Classes,
}

impl<'a> List<'a> {
    /// A list of these classes, of which there are some from a place on in a run that is laid away in pages.
    pub(crate) fn new(paged: Option<(&'a Events, usize)>, classes: Classes) -> List<'a> {
        List { known: Vec::new(), paged, classes }
    }

    /// Adds an event.
    #[inline]
    pub(crate) fn push(&mut self, event: &'a Event) {
        self.known.push(event);
    }

    /// Goes through all of them.
    pub(crate) fn each(&self, mut take: impl FnMut(&Event)) {
        self.known.iter().for_each(|event| take(event));
        if let Some((events, from)) = self.paged {
            events.chosen(from, self.classes).for_each(|event| take(&event));
        }
    }

    /// Whether one of them is like this.
    pub(crate) fn any(&self, is: impl Fn(&Event) -> bool) -> bool {
        let paged = || {
            self.paged.is_some_and(|(events, from)| events.chosen(from, self.classes).any(|event| is(&event)))
        };
        self.known.iter().any(|event| is(event)) || paged()
    }
}
