//! From chunks of bytes to records, without looking back further than a record.

use memchr::memmem::Finder;

use super::record::{Piece, Record, Stamp, Unread, Why};
use super::stamp;
use super::text::Decoder;

/// The longest line, in bytes; what is longer is no log.
const LONGEST_LINE: usize = 256 * 1024;

/// The longest record of the dialect that runs over lines, in bytes.
const LONGEST_RECORD: usize = 256 * 1024;

/// Lines over which a stamp may be wrapped.
const WRAPPED_LINES: u32 = 3;

/// A longer line is no part of a stamp, in bytes.
const MOST_WRAPPED: usize = 400;

/// Lines without a stamp that may belong to the next record's message.
const LEAD_LINES: u32 = 2;

/// Reads a log. Chunks go in with [`Reader::push`], as they come from a file or a wire; records come out.
#[derive(Debug, Default)]
pub struct Reader {
    decoder: Decoder,
    split: Split,
    lines: Lines,
}

impl Reader {
    /// A reader at the start of a file.
    pub fn new() -> Reader {
        Reader::default()
    }

    /// Reads the next chunk of the file and hands over what is complete.
    pub fn push(&mut self, chunk: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        let Reader { decoder, split, lines } = self;
        split.push(decoder.decode(chunk), lines, take);
    }

    /// Ends the file: hands over what is left, and says how many lines there were.
    pub fn finish(self, take: &mut dyn FnMut(Piece<'_>)) -> u64 {
        let Reader { mut decoder, mut split, mut lines } = self;
        split.push(decoder.finish(), &mut lines, take);
        if !split.carry.is_empty() {
            lines.line(&split.carry, take);
        }
        lines.finish(take);
        lines.number
    }
}

/// Parts text into lines.
#[derive(Debug, Default)]
struct Split {
    /// A line that the last chunk broke off.
    carry: Vec<u8>,
    /// Whether the rest of a line that was too long is passed over.
    skipping: bool,
}

impl Split {
    fn push(&mut self, text: &[u8], lines: &mut Lines, take: &mut dyn FnMut(Piece<'_>)) {
        let mut rest = text;
        if self.skipping || !self.carry.is_empty() {
            let end = memchr::memchr(b'\n', rest);
            let tail = &rest[..end.unwrap_or(rest.len())];
            if !self.skipping {
                self.carry.extend_from_slice(tail);
            }
            match end {
                Some(end) => {
                    if !self.skipping {
                        lines.line(&self.carry, take);
                    }
                    self.skipping = false;
                    self.carry.clear();
                    rest = &rest[end + 1..];
                }
                None => rest = &[],
            }
        }
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', rest) {
            lines.line(&rest[start..end], take);
            start = end + 1;
        }
        self.carry.extend_from_slice(&rest[start..]);
        if self.carry.len() > LONGEST_LINE {
            lines.line(&self.carry, take);
            self.carry.clear();
            self.skipping = true;
        }
    }
}

/// What is open when a line comes.
#[derive(Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    /// A line whose stamp goes on in the next.
    Suffix,
    /// A record of [`Dialect::Ccm`] whose end is still to come.
    Ccm,
}

/// Reads line by line.
#[derive(Debug)]
struct Lines {
    number: u64,
    open: Open,
    /// The text of what is open.
    held: Vec<u8>,
    held_line: u64,
    held_lines: u32,
    /// Lines without a stamp before the next record.
    lead: Vec<u8>,
    lead_line: u64,
    lead_lines: u32,
    ccm_end: Finder<'static>,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines {
            number: 0,
            open: Open::Nothing,
            held: Vec::new(),
            held_line: 0,
            held_lines: 0,
            lead: Vec::new(),
            lead_line: 0,
            lead_lines: 0,
            ccm_end: Finder::new(CCM_END),
        }
    }
}

const CCM_BEGIN: &[u8] = b"<![LOG[";
const CCM_END: &[u8] = b"]LOG]!>";

impl Lines {
    fn line(&mut self, line: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        self.number += 1;
        if line.len() > LONGEST_LINE {
            return self.too_long(line, take);
        }
        let line = line.trim_ascii_end();
        match self.open {
            Open::Nothing => self.fresh(line, take),
            Open::Suffix => self.wrapped(line, take),
            Open::Ccm => self.within(line, take),
        }
    }

    /// A line with nothing open before it.
    fn fresh(&mut self, line: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        if line.is_empty() {
            return self.drop_lead(take);
        }
        if line[0] == b'<' && line.starts_with(CCM_BEGIN) {
            return self.begin_ccm(line, take);
        }
        if let Some((message, rest)) = mark(line) {
            match stamp::suffix(rest) {
                // The thread may stand on the next line.
                Some(stamp) if stamp.thread.is_some() => {
                    return self.record(message, stamp, self.number, 1, take);
                }
                Some(_) => return self.hold(line, Open::Suffix),
                None if stamp::may_go_on(rest) => return self.hold(line, Open::Suffix),
                None => return self.unread(line, Why::BrokenStamp, take),
            }
        }
        if line.ends_with(b")")
            && let Some((message, stamp)) = stamp::viewer(line)
        {
            return self.record(message, stamp, self.number, 1, take);
        }
        if line[0].is_ascii_digit()
            && let Some((message, stamp)) = stamp::net_setup(line)
        {
            return self.record(message, stamp, self.number, 1, take);
        }
        self.lead(line, take);
    }

    fn record(
        &mut self,
        message: &[u8],
        stamp: Stamp<'_>,
        line: u64,
        lines: u32,
        take: &mut dyn FnMut(Piece<'_>),
    ) {
        let record = Record { line, lines, lead: &self.lead, message: message.trim_ascii(), stamp };
        take(Piece::Record(record));
        self.lead.clear();
        self.lead_lines = 0;
    }

    fn hold(&mut self, line: &[u8], open: Open) {
        self.held.clear();
        self.held.extend_from_slice(line);
        self.held_line = self.number;
        self.held_lines = 1;
        self.open = open;
    }

    /// A line after one whose stamp was not complete.
    fn wrapped(&mut self, line: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.held);
        let complete = joined(&held, |stamp| stamp.thread.is_none()).is_some();
        let goes_on = match complete {
            // Nothing but the thread can be missing.
            true => line.trim_ascii_start().starts_with(b"<thread"),
            false => !line.is_empty() && !is_whole(line) && line.len() < MOST_WRAPPED,
        };
        if !goes_on {
            self.open = Open::Nothing;
            self.release(&held, Why::BrokenStamp, take);
            return self.fresh(line, take);
        }
        let more = [&held, &b"\n"[..], line.trim_ascii_start()].concat();
        self.held_lines += 1;
        if let Some(whole) = joined(&more, |stamp| stamp.thread.is_some())
            && let Some((message, stamp)) = split(&whole)
        {
            self.open = Open::Nothing;
            return self.record(message, stamp, self.held_line, self.held_lines, take);
        }
        if self.held_lines < WRAPPED_LINES {
            self.held = more;
            return;
        }
        self.open = Open::Nothing;
        self.release(&more, Why::BrokenStamp, take);
    }

    /// Hands over what was held: a record if it is one without its thread, else its lines as broken ones.
    fn release(&mut self, held: &[u8], why: Why, take: &mut dyn FnMut(Piece<'_>)) {
        let (line, lines) = (self.held_line, self.held_lines);
        if let Some(whole) = joined(held, |_| true)
            && let Some((message, stamp)) = split(&whole)
        {
            return self.record(message, stamp, line, lines, take);
        }
        self.unread_at(held, line, why, take);
    }

    fn begin_ccm(&mut self, line: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        match self.ccm(line) {
            Some((message, rest)) => match stamp::ccm(rest) {
                Some(stamp) => self.record(message, stamp, self.number, 1, take),
                None if rest.len() < 400 && !rest.ends_with(b">") => self.hold(line, Open::Ccm),
                None => self.unread(line, Why::BrokenStamp, take),
            },
            None => self.hold(line, Open::Ccm),
        }
    }

    /// The message and what follows its end.
    fn ccm<'a>(&self, whole: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let body = &whole[CCM_BEGIN.len()..];
        let end = self.ccm_end.find(body)?;
        Some((&body[..end], &body[end + CCM_END.len()..]))
    }

    /// A line within a record that runs over lines.
    fn within(&mut self, line: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        if line.starts_with(CCM_BEGIN) || self.held.len() + line.len() > LONGEST_RECORD {
            let held = std::mem::take(&mut self.held);
            self.open = Open::Nothing;
            self.unread_at(&held, self.held_line, Why::BrokenStamp, take);
            return self.fresh(line, take);
        }
        self.held.push(b'\n');
        self.held.extend_from_slice(line);
        self.held_lines += 1;
        let held = std::mem::take(&mut self.held);
        match self.ccm(&held) {
            Some((message, rest)) => match stamp::ccm(rest) {
                Some(stamp) => {
                    self.open = Open::Nothing;
                    self.record(message, stamp, self.held_line, self.held_lines, take);
                }
                None if rest.len() < 400 => self.held = held,
                None => {
                    self.open = Open::Nothing;
                    self.unread_at(&held, self.held_line, Why::BrokenStamp, take);
                }
            },
            None => self.held = held,
        }
    }

    /// Keeps a line without a stamp: it may be the beginning of the next record's message.
    fn lead(&mut self, line: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        if self.lead_lines == LEAD_LINES || self.lead.len() + line.len() > 4096 {
            self.drop_lead(take);
        }
        if line.len() > 4096 {
            return self.unread(line, Why::NoStamp, take);
        }
        if self.lead_lines == 0 {
            self.lead_line = self.number;
        } else {
            self.lead.push(b'\n');
        }
        self.lead.extend_from_slice(line);
        self.lead_lines += 1;
    }

    fn drop_lead(&mut self, take: &mut dyn FnMut(Piece<'_>)) {
        if self.lead_lines == 0 {
            return;
        }
        for (line, text) in (self.lead_line..).zip(self.lead.split(|byte| *byte == b'\n')) {
            take(Piece::Unread(Unread { line, text, why: Why::NoStamp }));
        }
        self.lead.clear();
        self.lead_lines = 0;
    }

    fn unread(&mut self, line: &[u8], why: Why, take: &mut dyn FnMut(Piece<'_>)) {
        self.unread_at(line, self.number, why, take);
    }

    fn unread_at(&mut self, text: &[u8], line: u64, why: Why, take: &mut dyn FnMut(Piece<'_>)) {
        self.drop_lead(take);
        for (line, text) in (line..).zip(text.split(|byte| *byte == b'\n')) {
            take(Piece::Unread(Unread { line, text, why }));
        }
    }

    fn too_long(&mut self, start: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
        if self.open != Open::Nothing {
            let held = std::mem::take(&mut self.held);
            self.open = Open::Nothing;
            self.unread_at(&held, self.held_line, Why::BrokenStamp, take);
        }
        let shown = &start[..256];
        self.unread(shown, Why::TooLong, take);
    }

    fn finish(&mut self, take: &mut dyn FnMut(Piece<'_>)) {
        let held = std::mem::take(&mut self.held);
        let line = self.held_line;
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {}
            Open::Suffix => self.release(&held, Why::Truncated, take),
            Open::Ccm => self.unread_at(&held, line, Why::Truncated, take),
        }
        self.drop_lead(take);
    }
}

/// A line and its stamp.
fn split(line: &[u8]) -> Option<(&[u8], Stamp<'_>)> {
    let (message, rest) = mark(line)?;
    Some((message, stamp::suffix(rest)?))
}

/// Whether a line is a record of its own, or begins one.
fn is_whole(line: &[u8]) -> bool {
    mark(line).is_some()
        || line.starts_with(CCM_BEGIN)
        || stamp::viewer(line).is_some()
        || stamp::net_setup(line).is_some()
}

/// Lines, which are parted by line ends, put together so that a stamp comes out that is `good`. A wrap replaces a
/// blank, or falls within a word.
fn joined(lines: &[u8], good: impl Fn(&Stamp<'_>) -> bool) -> Option<Vec<u8>> {
    let parts: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').collect();
    (0..1u32 << (parts.len() - 1)).find_map(|joints| {
        let mut whole = parts[0].to_vec();
        for (place, part) in parts[1..].iter().enumerate() {
            if joints & (1 << place) != 0 {
                whole.push(b' ');
            }
            whole.extend_from_slice(part);
        }
        let found = split(&whole).is_some_and(|(_, stamp)| good(&stamp));
        found.then_some(whole)
    })
}

/// The message of a line, and what follows the mark of its stamp: `$$<`, or one of its slips `<$$` and `$$>`.
fn mark(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = line.len();
    while let Some(at) = memchr::memrchr(b'$', &line[..end]) {
        if at > 0 && line[at - 1] == b'$' {
            return match (line.get(at + 1), at.checked_sub(2).map(|before| line[before])) {
                (Some(b'<' | b'>'), _) => Some((&line[..at - 1], &line[at + 2..])),
                (_, Some(b'<')) => Some((&line[..at - 2], &line[at + 1..])),
                _ => None,
            };
        }
        end = at;
    }
    None
}
