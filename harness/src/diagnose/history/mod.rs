//! What happened on which machine and when, out of all logs together.

mod clock;
mod collect;
mod machines;
mod waits;
mod zones;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use clock::Clock;
use collect::millis;
pub use collect::{Collector, Event, LogFile, Says, UnreadLine};
pub use machines::{Machine, Part};
pub use waits::Wait;

pub(super) use machines::account_host;

/// All logs, merged.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The files.
    pub files: Vec<LogFile>,
    /// The machines.
    pub machines: Vec<Machine>,
    /// Their clocks, against the first site server's.
    pub clocks: Vec<Clock>,
    /// The events, in the order in which they happened.
    pub events: Vec<Event>,
    /// The machine of each event.
    pub machine_of: Vec<usize>,
    /// The client that each event is about.
    pub about: Vec<Option<Arc<str>>>,
    /// The waits.
    pub waits: Vec<Wait>,
    /// The clients, in the order in which they come up.
    clients: Vec<Arc<str>>,
    /// The events about no client.
    of_none: Vec<usize>,
    /// The events about each client, and its waits.
    of_client: BTreeMap<Arc<str>, (Vec<usize>, Vec<usize>)>,
}

impl History {
    /// Merges the logs of all files.
    pub fn merge(files: Vec<LogFile>, mut events: Vec<Event>) -> History {
        date_the_yearless(&mut events);
        // Rotated files of one log follow each other in time, and lines of one file in their order.
        events.sort_by_key(|event| (event.at, event.file, event.line));
        let (machines, machine_of, about) = machines::assign(&files, &events);
        let mut history = History { files, machines, events, machine_of, about, ..History::default() };
        history.index();
        history.clocks = history.compare_clocks();
        history.order();
        history.waits = waits::waits(&history);
        history.index();
        history
    }

    /// The clients of whom something is known, each once, in the order in which they come up.
    pub fn clients(&self) -> Vec<&str> {
        self.clients.iter().map(|client| &**client).collect()
    }

    /// The places of the events about a client; for the empty name of those about none, such as a set-up's.
    pub fn about_client<'h>(&'h self, client: &str) -> impl Iterator<Item = usize> + 'h + use<'h> {
        let events = match client {
            "" => Some(&self.of_none),
            client => self.of_client.get(client).map(|(events, _)| events),
        };
        events.into_iter().flatten().copied()
    }

    /// The waits that concern a client.
    pub fn waits_about<'h>(&'h self, client: &str) -> impl Iterator<Item = &'h Wait> + 'h + use<'h> {
        let waits = self.of_client.get(client).into_iter().flat_map(|(_, waits)| waits);
        waits.map(|number| &self.waits[*number])
    }

    fn index(&mut self) {
        self.clients.clear();
        self.of_client.clear();
        self.of_none.clear();
        for (number, about) in self.about.iter().enumerate() {
            let Some(client) = about else {
                self.of_none.push(number);
                continue;
            };
            match self.of_client.get_mut(client) {
                Some((events, _)) => events.push(number),
                None => {
                    self.clients.push(Arc::clone(client));
                    self.of_client.insert(Arc::clone(client), (vec![number], Vec::new()));
                }
            }
        }
        for (number, wait) in self.waits.iter().enumerate() {
            if let Some((_, waits)) = wait.about.as_deref().and_then(|client| self.of_client.get_mut(client))
            {
                waits.push(number);
            }
        }
    }

    /// When an event was, by the reference's clock, in milliseconds.
    pub fn when(&self, number: usize) -> Option<i64> {
        let machine = self.machine_of[number];
        Some(self.shared(machine, &self.events[number])? - self.clocks[machine].ahead)
    }

    /// How much a client's clock may be wrong beyond what is known of it, in milliseconds; `None`: nothing is known.
    pub fn looseness(&self, client: &str) -> Option<i64> {
        let of = |machine: &Machine| machine.part == Part::Client && machine.name == client;
        self.machines.iter().position(of).and_then(|number| self.clocks[number].looseness())
    }

    /// Whether times are told in universal time, since every machine states its zone, and zones differ.
    pub fn in_universal_time(&self) -> bool {
        let mut biases: Vec<Option<i32>> = self.machines.iter().map(|machine| machine.bias).collect();
        biases.dedup();
        biases.len() > 1 && biases.iter().all(Option::is_some)
    }

    /// When an event was, with the zones of machines taken out where all of them state one.
    fn shared(&self, machine: usize, event: &Event) -> Option<i64> {
        let bias = match self.in_universal_time() {
            true => event.bias.or(self.machines[machine].bias).unwrap_or(0),
            false => 0,
        };
        event.at.map(|at| at + i64::from(bias) * 60_000)
    }

    fn compare_clocks(&self) -> Vec<Clock> {
        let mut clocks = vec![Clock::default(); self.machines.len()];
        let Some(server) = self.machines.iter().position(|machine| machine.part == Part::SiteServer) else {
            return clocks;
        };
        for (number, machine) in self.machines.iter().enumerate() {
            if machine.part != Part::Client {
                continue;
            }
            let of = |wanted: usize| {
                let numbers =
                    self.about_client(&machine.name).filter(move |at| self.machine_of[*at] == wanted);
                numbers.map(|at| &self.events[at]).collect::<Vec<_>>()
            };
            clocks[number] =
                clock::compare(&of(server), &of(number), &|event| self.shared(server, event), &|event| {
                    self.shared(number, event)
                });
        }
        clocks
    }

    /// Puts everything into the order of the reference's clock.
    fn order(&mut self) {
        let mut order: Vec<usize> = (0..self.events.len()).collect();
        order
            .sort_by_key(|number| (self.when(*number), self.events[*number].file, self.events[*number].line));
        // In place: there may be many.
        let mut goes_to = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, from)| goes_to[*from] = to);
        for place in 0..goes_to.len() {
            while goes_to[place] != place {
                let to = goes_to[place];
                self.events.swap(place, to);
                self.machine_of.swap(place, to);
                self.about.swap(place, to);
                goes_to.swap(place, to);
            }
        }
    }
}

/// Gives events whose stamp leaves out the year that of the latest one that has it.
fn date_the_yearless(events: &mut [Event]) {
    let civil = |millis: i64| {
        let instant = jiff::Timestamp::from_millisecond(millis).ok()?;
        Some(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime())
    };
    let latest = events.iter().filter(|event| !event.yearless).filter_map(|event| event.at).max();
    let Some(year) = latest.and_then(civil).map(|latest| latest.year()) else { return };
    let dated = |at: Option<i64>| Some(millis(civil(at?)?.with().year(year).build().ok()?));
    for event in events.iter_mut().filter(|event| event.yearless) {
        event.at = dated(event.at);
        event.last_at = dated(event.last_at);
    }
}
