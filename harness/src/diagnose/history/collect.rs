//! From the records of one file to events: known lines and errors, repeated ones folded into one.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use jiff::civil::DateTime;

use super::super::codes;
use super::super::lexicon::{Lexicon, trimmed};
use super::super::read::{Dialect, Piece, Record, Stamp, Unread, Why, Zone, text};
use super::zones::bias_of;

/// The longest message that is looked at, in bytes: no known line comes near it.
const LONGEST_MESSAGE: usize = 4096;

/// How much of a longer message is kept, in bytes.
const KEPT_OF_LONGER: usize = 1024;

/// Threads, components and messages of a file that are remembered at a time; real logs have fewer.
const MOST_REMEMBERED: usize = 4096;

/// Of the room of a file errors that are no known lines get one part in so many.
const FOR_ERRORS: usize = 4;

/// Unread lines that are shown of a file.
const SHOWN: usize = 20;

/// Repetitions further apart than this many milliseconds are two events.
const FOLD_GAP: i64 = 30 * 60_000;

/// What a file held.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct LogFile {
    /// Its path, as given.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its lines.
    pub lines: u64,
    /// Its records, by dialect.
    pub records: BTreeMap<Dialect, u64>,
    /// Records that are neither a known line nor look like an error.
    pub unrecognised: u64,
    /// Lines that belong to no record, by reason.
    pub unread: BTreeMap<Why, u64>,
    /// The first of them.
    pub shown: Vec<UnreadLine>,
    /// Events that were not kept, because there was no room for them.
    pub dropped: u64,
}

impl LogFile {
    /// Whether it has lines and no record, so that it is no log of any known kind.
    pub fn is_no_log(&self) -> bool {
        self.records.is_empty() && self.lines > 0
    }
}

/// A line that belongs to no record.
#[derive(Clone, Debug, serde::Serialize)]
pub struct UnreadLine {
    /// Its number, from 1.
    pub line: u64,
    /// Why.
    pub why: Why,
    /// Its beginning.
    pub text: String,
}

/// A known line or an error, with its repetitions.
#[derive(Clone, Debug)]
pub struct Event {
    /// The file, by its place in the history.
    pub file: usize,
    /// The first line.
    pub line: u64,
    /// The line of the last repetition.
    pub last_line: u64,
    /// How often it stands there in a row.
    pub count: u64,
    /// When, by its machine's clock, in milliseconds since 1970; of a record without a time, that of the one before.
    pub at: Option<i64>,
    /// When the last repetition was.
    pub last_at: Option<i64>,
    /// Minutes that its stamp adds for universal time.
    pub bias: Option<i32>,
    /// The thread.
    pub thread: Option<u64>,
    /// Who wrote it.
    pub component: Arc<str>,
    /// Whether the stamp left out the year.
    pub yearless: bool,
    says: Arc<Says>,
}

/// What a line says; the same lines of a file share it.
#[derive(Clone, Debug)]
pub struct Says {
    /// The step, when the line is a known one.
    pub step: Option<Arc<str>>,
    /// The values of a known line.
    pub values: Vec<(Arc<str>, String)>,
    /// The code in it, as a Win32 code where it is one.
    pub code: Option<u32>,
    /// The profiles whose wording it is.
    pub profiles: Vec<&'static str>,
    /// The message.
    pub message: String,
}

/// An event is read as its line.
impl Deref for Event {
    type Target = Says;

    fn deref(&self) -> &Says {
        &self.says
    }
}

impl Says {
    /// The value of a place in a known line.
    pub fn value(&self, place: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| &**name == place).map(|(_, value)| value.as_str())
    }

    /// Whether it is a known line of this step.
    pub fn is(&self, step: &str) -> bool {
        self.step.as_deref() == Some(step)
    }

    /// What it takes in memory, in bytes.
    fn size(&self) -> usize {
        let values: usize = self.values.iter().map(|(_, value)| VALUE + value.len()).sum();
        size_of::<Says>() + self.message.len() + values
    }
}

/// What a value takes beside its text, in bytes.
const VALUE: usize = size_of::<(Arc<str>, String)>();

impl Event {
    /// How long its repetitions last, in milliseconds.
    pub fn lasted(&self) -> i64 {
        self.last_at.zip(self.at).map_or(0, |(last, first)| (last - first).max(0))
    }
}

/// Takes the pieces of one file in.
pub struct Collector<'l> {
    lexicon: &'l Lexicon,
    number: usize,
    file: LogFile,
    events: Vec<Event>,
    /// The last event of each thread, and the message as it stands in the file.
    last: BTreeMap<Option<u64>, (usize, Vec<u8>)>,
    now: Option<i64>,
    /// Bytes that known lines may still take.
    room: usize,
    /// Bytes that other errors may still take.
    room_for_errors: usize,
    said: BTreeMap<String, Arc<Says>>,
    components: BTreeMap<Vec<u8>, Arc<str>>,
    names: BTreeMap<String, Arc<str>>,
}

impl<'l> Collector<'l> {
    /// For the file with this place in the history, whose events take `room` bytes at most; what comes when they are
    /// full is read and counted only.
    pub fn new(lexicon: &'l Lexicon, number: usize, path: String, room: usize) -> Collector<'l> {
        let room_for_errors = room / FOR_ERRORS;
        Collector {
            lexicon,
            number,
            file: LogFile { path, ..LogFile::default() },
            events: Vec::new(),
            last: BTreeMap::new(),
            now: None,
            room: room - room_for_errors,
            room_for_errors,
            said: BTreeMap::new(),
            components: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    /// Takes a piece.
    pub fn take(&mut self, piece: Piece<'_>) {
        match piece {
            Piece::Record(record) => self.record(&record),
            Piece::Unread(unread) => self.unread(unread),
        }
    }

    /// The file and its events.
    pub fn finish(mut self, bytes: u64, lines: u64) -> (LogFile, Vec<Event>) {
        self.file.bytes = bytes;
        self.file.lines = lines;
        self.events.shrink_to_fit();
        (self.file, self.events)
    }

    fn unread(&mut self, Unread { line, text: bytes, why }: Unread<'_>) {
        *self.file.unread.entry(why).or_default() += 1;
        if self.file.shown.len() < SHOWN {
            let text = text(&bytes[..bytes.len().min(400)]).chars().take(160).collect();
            self.file.shown.push(UnreadLine { line, why, text });
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        let Record { line, lead, message, stamp, .. } = *record;
        *self.file.records.entry(stamp.dialect).or_default() += 1;
        if stamp.at.is_some() {
            self.now = stamp.at.map(millis);
        }
        if lead.is_empty() && self.repeats(line, message, &stamp) {
            return;
        }
        let own = text(message);
        // The lines before are this message's beginning when that makes it a known one.
        if !lead.is_empty() {
            let whole = text(lead).replace('\n', " ") + " " + &own;
            if self.keep(line, &whole, message, &stamp, false) {
                return;
            }
            for (back, lost) in lead.split(|byte| *byte == b'\n').rev().enumerate() {
                let number = line.saturating_sub(back as u64 + 1);
                self.unread(Unread { line: number, text: lost, why: Why::NoStamp });
            }
        }
        if !self.keep(line, &own, message, &stamp, true) {
            self.file.unrecognised += 1;
        }
    }

    /// Whether the record repeats the last event of its thread; then it is counted there.
    fn repeats(&mut self, line: u64, message: &[u8], stamp: &Stamp<'_>) -> bool {
        let Some((number, last)) = self.last.get(&stamp.thread) else { return false };
        if last != message || message.len() > LONGEST_MESSAGE {
            return false;
        }
        let event = &mut self.events[*number];
        let near = match (self.now, event.last_at) {
            (Some(now), Some(last)) => (0..=FOLD_GAP).contains(&(now - last)),
            _ => true,
        };
        if !near || event.component.as_bytes() != stamp.component {
            return false;
        }
        event.count += 1;
        event.last_line = line;
        event.last_at = self.now;
        true
    }

    /// Keeps a known line, and an error if `errors`. Answers whether it is kept.
    fn keep(&mut self, line: u64, message: &str, raw: &[u8], stamp: &Stamp<'_>, errors: bool) -> bool {
        let Some((says, new)) = self.says(message, errors) else { return false };
        let mut size = size_of::<Event>();
        if new {
            size += says.size() + stamp.component.len().min(KEPT_OF_LONGER);
        }
        let room = if says.step.is_some() { &mut self.room } else { &mut self.room_for_errors };
        if *room < size {
            self.file.dropped += 1;
            return true;
        }
        *room -= size;
        if new && message.len() <= LONGEST_MESSAGE {
            remember(&mut self.said, trimmed(message).to_owned(), Arc::clone(&says));
        }
        let component = match self.components.get(stamp.component) {
            Some(component) => Arc::clone(component),
            None => {
                let name: Arc<str> = text(beginning(stamp.component)).into();
                if stamp.component.len() <= KEPT_OF_LONGER {
                    remember(&mut self.components, stamp.component.to_owned(), Arc::clone(&name));
                }
                name
            }
        };
        let bias = match stamp.zone {
            Zone::Unstated => None,
            Zone::Bias(minutes) => Some(minutes),
            Zone::Named(name) => bias_of(&text(name)),
        };
        self.events.push(Event {
            file: self.number,
            line,
            last_line: line,
            count: 1,
            at: self.now,
            last_at: self.now,
            bias,
            thread: stamp.thread,
            component,
            yearless: stamp.yearless,
            says,
        });
        if raw.len() <= LONGEST_MESSAGE {
            remember(&mut self.last, stamp.thread, (self.events.len() - 1, raw.to_owned()));
        }
        true
    }

    /// What a message says, if it is a known line, or an error and `errors` are looked for; and whether it is new.
    fn says(&mut self, message: &str, errors: bool) -> Option<(Arc<Says>, bool)> {
        if let Some(said) = self.said.get(trimmed(message)).filter(|said| errors || said.step.is_some()) {
            return Some((Arc::clone(said), false));
        }
        let known = match message.len() <= LONGEST_MESSAGE {
            true => self.lexicon.recognise(message),
            false => None,
        };
        let kept = |message: &str| trimmed(message).to_owned();
        let says = match known {
            Some(known) => Says {
                code: codes::of_values(&known.values),
                step: Some(self.name(known.step)),
                values: known
                    .values
                    .iter()
                    .map(|(name, value)| (self.name(name), (*value).to_owned()))
                    .collect(),
                profiles: known.profiles.to_vec(),
                message: kept(message),
            },
            None if errors && looks_like_an_error(message.as_bytes()) => {
                let message = match message.len() <= LONGEST_MESSAGE {
                    true => kept(message),
                    false => kept(&text(beginning(message.as_bytes()))),
                };
                let code = codes::of_message(&message);
                Says { step: None, values: Vec::new(), profiles: Vec::new(), code, message }
            }
            None => return None,
        };
        Some((Arc::new(says), true))
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        match self.names.get(name) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = name.into();
                self.names.insert(name.to_owned(), Arc::clone(&new));
                new
            }
        }
    }
}

/// Adds to a table that does not grow for ever: a full one is begun anew.
fn remember<K: Ord, V>(table: &mut BTreeMap<K, V>, key: K, value: V) {
    if table.len() >= MOST_REMEMBERED {
        table.clear();
    }
    table.insert(key, value);
}

/// The beginning of a text that is too long to be kept.
fn beginning(text: &[u8]) -> &[u8] {
    &text[..text.len().min(KEPT_OF_LONGER)]
}

/// Milliseconds since 1970 by the machine's clock.
pub(crate) fn millis(at: DateTime) -> i64 {
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
    i64::try_from(at.duration_since(epoch).as_millis()).unwrap_or(i64::MAX)
}

fn looks_like_an_error(message: &[u8]) -> bool {
    let has = |word: &[u8]| memchr::memmem::find(message, word).is_some();
    has(b"rror") || has(b"ERROR") || has(b"ailed") || has(b"FAILED") || has(b"denied") || has(b"annot")
}
