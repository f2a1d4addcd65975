//! A run on paper: `events.jsonl`, its digest, and where two runs part.

use std::io::{self, BufRead, Write};
use std::sync::Arc;

use mockdc_mocks::SimTime;
use mockdc_scenarios::Plan;
use serde::{Deserialize, Serialize};

use super::{EndReason, Event, EventKind, Events};

/// The form of `events.jsonl` that this version writes and reads.
pub const RECORD_VERSION: u32 = 1;

/// A run: what was planned, and all that happened. Whoever judges or reports reads nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// What was planned.
    pub header: Header,
    /// What happened, in order.
    pub events: Events,
}

/// The first line of `events.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Header {
    /// The form of the file: [`RECORD_VERSION`].
    pub version: u32,
    /// The version of mockdc that ran it.
    pub mockdc: String,
    /// The seed that made the run.
    pub seed: u64,
    /// The plan. Passwords are `***` in a file.
    pub plan: Arc<Plan>,
}

/// Why a record could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The file could not be read, or a line is not UTF-8.
    #[error("line {line}: {error}")]
    Io {
        /// The line, from 1.
        line: usize,
        /// The cause.
        error: io::Error,
    },
    /// The file has no line at all.
    #[error("the file is empty: its first line should hold the plan and the seed")]
    Empty,
    /// The first line is no header.
    #[error("line 1 is no header of a run: {0}")]
    Header(serde_json::Error),
    /// The file has another form; use the mockdc that wrote it.
    #[error("the file has form {0}, and this mockdc reads form {RECORD_VERSION}")]
    Version(u64),
    /// A line is no event.
    #[error("line {line} is no event: {error}")]
    Event {
        /// The line, from 1.
        line: usize,
        /// The cause.
        error: serde_json::Error,
    },
    /// A line is missing, doubled or out of place.
    #[error("line {line} holds event {found} where event {expected} belongs")]
    Order {
        /// The line, from 1.
        line: usize,
        /// The number that belongs there.
        expected: u64,
        /// The number that stands there.
        found: u64,
    },
}

/// The first place at which two runs differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference<'a> {
    /// The event's number.
    pub seq: u64,
    /// What the first run has there; `None`: it had ended.
    pub one: Option<&'a Event>,
    /// What the other run has there.
    pub other: Option<&'a Event>,
}

impl Timeline {
    /// A run of `plan` under `seed`.
    pub fn new(plan: Arc<Plan>, seed: u64, events: impl Into<Events>) -> Timeline {
        let header =
            Header { version: RECORD_VERSION, mockdc: env!("CARGO_PKG_VERSION").to_owned(), seed, plan };
        Timeline { header, events: events.into() }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.header.plan
    }

    /// The instant of the last event.
    pub fn end(&self) -> SimTime {
        self.events.last().map_or(SimTime::START, |event| event.at)
    }

    /// Why the run ended; `None` when the record breaks off.
    pub fn end_reason(&self) -> Option<EndReason> {
        self.events.iter().rev().find_map(|event| match event.kind {
            EventKind::End { reason } => Some(reason),
            _ => None,
        })
    }

    /// Writes `events.jsonl`: the header, then an event a line.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut out, &self.header)?;
        out.write_all(b"\n")?;
        for event in self.events.read() {
            serde_json::to_writer(&mut out, &event)?;
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// Reads what [`Timeline::write`] wrote.
    pub fn read(input: impl BufRead) -> Result<Timeline, RecordError> {
        let mut lines = input.lines().enumerate().map(|(index, line)| (index + 1, line));
        let (_, first) = lines.next().ok_or(RecordError::Empty)?;
        let first = first.map_err(|error| RecordError::Io { line: 1, error })?;
        let header = read_header(&first)?;
        let mut events = Events::default();
        for (line, text) in lines {
            let text = text.map_err(|error| RecordError::Io { line, error })?;
            let event: Event =
                serde_json::from_str(&text).map_err(|error| RecordError::Event { line, error })?;
            let expected = events.len() as u64;
            if event.seq != expected {
                return Err(RecordError::Order { line, expected, found: event.seq });
            }
            events.push(event);
        }
        Ok(Timeline { header, events })
    }

    /// A number that the same events always give, and others hardly ever. Seed and plan do not enter.
    pub fn digest(&self) -> u64 {
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        for event in self.events.read() {
            // Writing into a hash cannot fail, and every event has a JSON form.
            let written = serde_json::to_writer(&mut hash, &event);
            debug_assert!(written.is_ok());
        }
        hash.0
    }

    /// The first event in which another run differs; `None` when they are the same.
    pub fn first_difference<'a>(&'a self, other: &'a Timeline) -> Option<Difference<'a>> {
        let same = self.events.read().zip(other.events.read()).take_while(|(one, two)| one == two).count();
        let longest = self.events.len().max(other.events.len());
        (same < longest).then(|| Difference {
            seq: same as u64,
            one: self.events.get(same),
            other: other.events.get(same),
        })
    }
}

fn read_header(line: &str) -> Result<Header, RecordError> {
    #[derive(Deserialize)]
    struct Form {
        version: u64,
    }
    // The form is looked at first: a header of another form need not have this one's fields.
    let form: Form = serde_json::from_str(line).map_err(RecordError::Header)?;
    if form.version != u64::from(RECORD_VERSION) {
        return Err(RecordError::Version(form.version));
    }
    serde_json::from_str(line).map_err(RecordError::Header)
}

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl Write for Fnv {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::story::{Story, plan, timeline};
    use super::*;

    fn run() -> Timeline {
        let mut story = Story::default();
        story.user("PDC1", "A").at("1m").line("BDC1", "Wnremote.log", "Waiting for PDC/BDC Sync (2221)~");
        story.process_ends("BDC1", 3, "Ccmboot.exe", Some(1326));
        timeline(plan(), &story)
    }

    fn written(run: &Timeline) -> String {
        let mut bytes = Vec::new();
        run.write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_run_reads_as_it_was_written() {
        let run = run();
        let text = written(&run);
        assert_eq!(text.lines().count(), 1 + run.events.len());
        let again = Timeline::read(text.as_bytes()).unwrap();
        assert_eq!(again.events, run.events);
        assert_eq!(again.header.seed, run.header.seed);
        assert_eq!(written(&again), text);
        assert_eq!(again.digest(), run.digest());
        assert!(again.first_difference(&run).is_none());
    }

    #[test]
    fn a_spoilt_record_is_refused_with_its_line() {
        let text = written(&run());
        let mut lines: Vec<&str> = text.lines().collect();
        let read = |lines: &[&str]| Timeline::read(lines.join("\n").as_bytes()).unwrap_err().to_string();
        lines[2] = "{\"seq\":1}";
        assert!(read(&lines).starts_with("line 3 is no event"), "{}", read(&lines));
        lines.remove(2);
        assert_eq!(read(&lines), "line 3 holds event 2 where event 1 belongs");
        assert!(read(&lines[1..]).starts_with("line 1 is no header"));
        assert!(read(&["{\"version\":7}"]).contains("form 7"));
        assert!(matches!(Timeline::read(&b""[..]), Err(RecordError::Empty)));
    }

    #[test]
    fn two_runs_part_at_the_first_event_that_differs() {
        let one = run();
        let with = |events: Vec<Event>| Timeline { events: events.into(), header: one.header.clone() };
        let mut events = one.events.to_vec();
        events[1].at = SimTime(61_000);
        let other = with(events.clone());
        assert_ne!(one.digest(), other.digest());
        assert_eq!(one.first_difference(&other).map(|difference| difference.seq), Some(1));
        events = one.events.to_vec();
        events.pop();
        let other = with(events);
        let difference = one.first_difference(&other).unwrap();
        assert_eq!((difference.seq, difference.other), (2, None));
    }
}
