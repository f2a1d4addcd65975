//! From lines to records: stamps that are wrapped, records that run over lines, and lines that belong to none.

use memchr::memmem::Finder;

use super::joints::{CCM_BEGIN, is_whole, joined, mark, split};
use super::reader::LONGEST_LINE;
use super::record::{Piece, Record, Stamp, Unread, Why};
use super::stamp;

/// The longest record of the dialect that runs over lines, in bytes.
const LONGEST_RECORD: usize = 256 * 1024;

/// Lines over which a stamp may be wrapped.
const WRAPPED_LINES: u32 = 3;

/// A longer line is no part of a stamp, in bytes.
const MOST_WRAPPED: usize = 400;

/// Lines without a stamp that may belong to the next record's message.
const LEAD_LINES: u32 = 2;

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
pub(super) struct Lines {
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

const CCM_END: &[u8] = b"]LOG]!>";

impl Lines {
    /// How many lines there were.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line.
    pub(super) fn line(&mut self, line: &[u8], take: &mut dyn FnMut(Piece<'_>)) {
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

    /// Hands over what is left at the end of the file.
    pub(super) fn finish(&mut self, take: &mut dyn FnMut(Piece<'_>)) {
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
