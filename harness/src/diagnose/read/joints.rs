//! Lines and their stamps: where a stamp begins, and how one that was wrapped is put together.

use super::record::Stamp;
use super::stamp;

/// The beginning of a record of Configuration Manager's dialect.
pub(super) const CCM_BEGIN: &[u8] = b"<![LOG[";

/// A line and its stamp.
pub(super) fn split(line: &[u8]) -> Option<(&[u8], Stamp<'_>)> {
    let (message, rest) = mark(line)?;
    Some((message, stamp::suffix(rest)?))
}

/// Whether a line is a record of its own, or begins one.
pub(super) fn is_whole(line: &[u8]) -> bool {
    mark(line).is_some()
        || line.starts_with(CCM_BEGIN)
        || stamp::viewer(line).is_some()
        || stamp::net_setup(line).is_some()
}

/// Lines, which are parted by line ends, put together so that a stamp comes out that is `good`. A wrap replaces a
/// blank, or falls within a word.
pub(super) fn joined(lines: &[u8], good: impl Fn(&Stamp<'_>) -> bool) -> Option<Vec<u8>> {
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
pub(super) fn mark(line: &[u8]) -> Option<(&[u8], &[u8])> {
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
