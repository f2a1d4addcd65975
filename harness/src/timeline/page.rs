//! Events of a long run, laid away: by class, in a binary form, compressed.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use mockdc_mocks::{HostName, SimTime};
use serde::{Deserialize, Serialize};

use super::class::{CLASSES, Class, Classes};
use super::{ActorId, Event, EventKind};

/// Events in a page of a long run.
pub(super) const PAGE: usize = 1 << 13;

/// Events that follow each other. They take less room than as values.
///
/// What is alike is stored together, so that it compresses well, and whoever is interested in some classes unpacks no
/// others.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// The number of the first event.
    first: u64,
    /// The instant of the first event.
    since: SimTime,
    /// The class of each event, in order.
    classes: Box<[u8]>,
    there: Classes,
    forward: Option<Forward>,
    /// Of each class that is there, its events in order.
    heaps: Vec<(Class, Box<[u8]>)>,
    /// The events as values, once somebody has asked for one of them.
    whole: OnceLock<Box<[Event]>>,
}

/// What a page says of the order of its events, so that nobody need unpack it for that: time does not run backwards in
/// it, each cause comes before its event, and none but its last is the end of a run.
#[derive(Clone, Debug)]
pub(crate) struct Forward {
    /// The number of the first event.
    pub(crate) first: u64,
    /// How many events there are.
    pub(crate) length: usize,
    /// The instant of the first.
    pub(crate) since: SimTime,
    /// The instant of the last.
    pub(crate) until: SimTime,
    /// Whether the last is the end of the run.
    pub(crate) ends: bool,
}

impl Forward {
    fn of(events: &[Event]) -> Option<Forward> {
        let is_end = |event: &Event| matches!(event.kind, EventKind::End { .. });
        let (first, last) = (events.first()?, events.last()?);
        let in_turn = events.windows(2).all(|pair| pair[0].at <= pair[1].at && !is_end(&pair[0]));
        let caused = events.iter().all(|event| event.cause.is_none_or(|cause| cause < event.seq));
        (in_turn && caused).then(|| Forward {
            first: first.seq,
            length: events.len(),
            since: first.at,
            until: last.at,
            ends: is_end(last),
        })
    }
}

/// An event as it is laid away; its number is told by its place.
#[derive(Serialize)]
struct Laid<'e> {
    /// Since the page's first event.
    after: i64,
    host: &'e HostName,
    actor: Option<ActorId>,
    cause: Option<u64>,
    kind: &'e EventKind,
}

/// An event as it is taken out again.
#[derive(Deserialize)]
struct Taken {
    after: i64,
    host: HostName,
    actor: Option<ActorId>,
    cause: Option<u64>,
    kind: EventKind,
}

impl Page {
    /// Lays events away. `None` when their numbers do not follow each other.
    pub(super) fn of(events: &[Event]) -> Option<Page> {
        let (first, since) = events.first().map(|event| (event.seq, event.at))?;
        let mut heaps: [Vec<u8>; CLASSES] = std::array::from_fn(|_| Vec::new());
        let mut classes = Vec::with_capacity(events.len());
        let (mut there, mut present) = (Classes::NONE, Vec::new());
        for (event, seq) in events.iter().zip(first..) {
            if event.seq != seq {
                return None;
            }
            let class = Class::of(event);
            if !there.have(class) {
                there.add(class);
                present.push(class);
            }
            classes.push(class as u8);
            let Event { at, host, actor, cause, kind, .. } = event;
            let laid = Laid { after: at.0 - since.0, host, actor: *actor, cause: *cause, kind };
            let heap = std::mem::take(&mut heaps[class as usize]);
            heaps[class as usize] = postcard::to_extend(&laid, heap).ok()?;
        }
        let packed = |class: &Class| {
            let heap = &heaps[*class as usize];
            (*class, lz4_flex::compress_prepend_size(heap).into_boxed_slice())
        };
        Some(Page {
            first,
            since,
            classes: classes.into_boxed_slice(),
            there,
            forward: Forward::of(events),
            heaps: present.iter().map(packed).collect(),
            whole: OnceLock::new(),
        })
    }

    /// All of its events, as values that stay from now on.
    pub(super) fn whole(&self) -> &[Event] {
        self.whole.get_or_init(|| self.chosen(0, Classes::ALL).collect())
    }

    /// Its events of some classes, from a place on.
    pub(super) fn chosen(&self, from: usize, classes: Classes) -> Chosen<'_> {
        let mut heaps = [const { None }; CLASSES];
        for (class, packed) in self.heaps.iter().filter(|(class, _)| classes.have(*class)) {
            heaps[*class as usize] = Some(Heap { bytes: unpacked(packed), read: 0 });
        }
        let mut chosen = Chosen { page: self, classes, place: 0, heaps };
        if self.there.meet(classes) {
            // What lies before the place is read and dropped: only so it is known where the next begins.
            while chosen.ahead().is_some_and(|place| place < from) {
                chosen.next();
            }
        } else {
            chosen.place = self.classes.len();
        }
        chosen
    }

    /// How its events run, when they run forward.
    pub(super) fn forward(&self) -> Option<&Forward> {
        self.forward.as_ref()
    }
}

/// A page that another thread makes, or has made.
#[derive(Debug)]
pub(super) struct Leaf {
    page: OnceLock<Page>,
    making: Mutex<Option<JoinHandle<Option<Page>>>>,
}

impl Leaf {
    /// Has events laid away that follow each other in number.
    pub(super) fn of(events: Vec<Event>) -> Leaf {
        let (page, events) = (OnceLock::new(), Arc::new(events));
        let other = events.clone();
        let making = thread::Builder::new().name("pages".to_owned()).spawn(move || Page::of(&other)).ok();
        if making.is_none() {
            // There can be no further thread now.
            if let Some(made) = Page::of(&events) {
                page.get_or_init(|| made);
            }
        }
        Leaf { page, making: Mutex::new(making) }
    }

    /// The page; waits for it where it is still being made.
    pub(super) fn page(&self) -> &Page {
        self.page.get_or_init(|| {
            let making = self.making.lock().unwrap_or_else(PoisonError::into_inner).take();
            match making.map(JoinHandle::join) {
                Some(Ok(Some(page))) => page,
                Some(Err(panic)) => std::panic::resume_unwind(panic),
                made => unreachable!("events that follow each other make a page: {made:?}"),
            }
        })
    }
}

/// Some events of a page, in order.
pub(super) struct Chosen<'p> {
    page: &'p Page,
    classes: Classes,
    place: usize,
    heaps: [Option<Heap>; CLASSES],
}

struct Heap {
    bytes: Vec<u8>,
    read: usize,
}

impl Chosen<'_> {
    /// The place of the next event.
    fn ahead(&self) -> Option<usize> {
        let rest = self.page.classes.get(self.place..)?;
        rest.iter().position(|class| self.classes.has(*class)).map(|ahead| self.place + ahead)
    }
}

impl Iterator for Chosen<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let place = self.ahead()?;
        self.place = place + 1;
        let heap = self.heaps[usize::from(*self.page.classes.get(place)?)].as_mut()?;
        Some(heap.next(self.page, place))
    }
}

impl Heap {
    fn next(&mut self, page: &Page, place: usize) -> Event {
        let taken: Result<(Taken, &[u8]), _> = postcard::take_from_bytes(&self.bytes[self.read..]);
        match taken {
            Ok((Taken { after, host, actor, cause, kind }, rest)) => {
                self.read = self.bytes.len() - rest.len();
                let at = SimTime(page.since.0 + after);
                Event { seq: page.first + place as u64, at, host, actor, cause, kind }
            }
            Err(error) => unreachable!("a page holds what was laid into it: {error}"),
        }
    }
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    match lz4_flex::decompress_size_prepended(packed) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("a page holds what was laid into it: {error}"),
    }
}
