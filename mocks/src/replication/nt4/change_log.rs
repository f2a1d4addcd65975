//! The PDC's change log: a ring of references to what changed (Q266729, Q238191, Q244396).

use crate::{Stream, Version};

/// Bytes of an entry of the change log (Q244396).
const ENTRY: u64 = 32;

/// The change log. It remembers which commit every serial number stands for, so that a full synchronisation can name
/// what it brought; only what a ring of its size still holds can be asked for.
#[derive(Clone, Debug)]
pub(crate) struct ChangeLog {
    /// Entries of SAM, BUILTIN and LSA; an entry's serial number is its place, from 1.
    streams: [Vec<Entry>; 3],
    written: u64,
    capacity: u64,
}

/// An entry: which commit, not what it made.
#[derive(Clone, Copy, Debug)]
struct Entry {
    version: Version,
    /// How many entries of all three databases were written before it.
    position: u64,
}

/// What was asked for has been overwritten: status 0xC0000134 (Q244396).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overwritten;

impl ChangeLog {
    /// A log of `bytes`.
    pub(super) fn new(bytes: u64) -> ChangeLog {
        ChangeLog { streams: [const { Vec::new() }; 3], written: 0, capacity: (bytes / ENTRY).max(1) }
    }

    /// Writes an entry.
    pub(super) fn append(&mut self, stream: Stream, version: Version) {
        self.streams[stream as usize].push(Entry { version, position: self.written });
        self.written += 1;
    }

    /// The serial number of a database at the PDC; 0 at the start of the run.
    pub(super) fn serial(&self, stream: Stream) -> u64 {
        self.streams[stream as usize].len() as u64
    }

    /// The serial numbers of the three databases.
    pub(super) fn serials(&self) -> [u64; 3] {
        Stream::ALL.map(|stream| self.serial(stream))
    }

    /// Up to which serial numbers of the three databases two logs are about the same changes.
    pub(super) fn common(&self, other: &ChangeLog) -> [u64; 3] {
        Stream::ALL.map(|stream| {
            let [one, two] = [self, other].map(|log| log.ever_after(stream, 0));
            one.zip(two).take_while(|(one, two)| one == two).count() as u64
        })
    }

    /// The commits after a serial number, as long as the ring holds the first of them.
    pub(super) fn after(
        &self,
        stream: Stream,
        serial: u64,
    ) -> Result<impl Iterator<Item = Version> + '_, Overwritten> {
        match self.entries_after(stream, serial).first() {
            Some(first) if first.position + self.capacity < self.written => Err(Overwritten),
            _ => Ok(self.ever_after(stream, serial)),
        }
    }

    /// The commits after a serial number, overwritten ones included.
    pub(super) fn ever_after(&self, stream: Stream, serial: u64) -> impl Iterator<Item = Version> + '_ {
        self.entries_after(stream, serial).iter().map(|entry| entry.version)
    }

    /// Forgets the commits after a serial number, as a PDC does that comes back with an older database.
    pub(super) fn forget_after(&mut self, stream: Stream, serial: u64) -> Vec<Version> {
        let lost = self.ever_after(stream, serial).collect();
        self.streams[stream as usize].truncate(usize::try_from(serial).unwrap_or(usize::MAX));
        lost
    }

    /// Forgets these commits, wherever they stand.
    pub(super) fn forget(&mut self, lost: &[Version]) {
        for stream in &mut self.streams {
            stream.retain(|entry| !lost.contains(&entry.version));
        }
    }

    fn entries_after(&self, stream: Stream, serial: u64) -> &[Entry] {
        let entries = &self.streams[stream as usize];
        &entries[usize::try_from(serial).unwrap_or(usize::MAX).min(entries.len())..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_logs_agree_up_to_the_first_entry_that_differs() {
        let log = |sam: &[u64]| {
            let mut log = ChangeLog::new(64 * ENTRY);
            sam.iter().for_each(|version| log.append(Stream::Sam, Version(*version)));
            log.append(Stream::Lsa, Version(9));
            log
        };
        assert_eq!(log(&[1, 2, 3]).common(&log(&[1, 2, 4, 3])), [2, 0, 1]);
        assert_eq!(log(&[1, 2]).common(&log(&[1, 2, 3])), [2, 0, 1]);
        assert_eq!(log(&[]).common(&log(&[1])), [0, 0, 1]);
    }

    #[test]
    fn an_entry_leaves_the_ring_when_as_many_as_it_holds_came_after() {
        let mut log = ChangeLog::new(4 * ENTRY);
        log.append(Stream::Lsa, Version(1));
        for version in 2..=4 {
            log.append(Stream::Sam, Version(version));
        }
        assert!(log.after(Stream::Lsa, 0).is_ok());
        log.append(Stream::Sam, Version(5));
        assert_eq!(log.after(Stream::Lsa, 0).err(), Some(Overwritten));
        let kept: Vec<_> = log.after(Stream::Sam, 2).unwrap().collect();
        assert_eq!(kept, vec![Version(4), Version(5)]);
        assert_eq!(log.ever_after(Stream::Lsa, 0).collect::<Vec<_>>(), vec![Version(1)]);
        assert_eq!(log.serials(), [4, 0, 1]);
    }
}
