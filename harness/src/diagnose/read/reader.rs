//! From chunks of bytes to records, without looking back further than a record.

use super::lines::Lines;
use super::record::Piece;
use super::text::Decoder;

/// The longest line, in bytes; what is longer is no log.
pub(super) const LONGEST_LINE: usize = 256 * 1024;

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
        lines.number()
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
