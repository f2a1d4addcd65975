//! Finding and reading files. The only part of diagnosing that touches a disk.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::facts::{FactError, Facts, Kind, kind_of};
use super::history::{Collector, History};
use super::lexicon::Lexicon;
use super::read::{Reader, decode};

/// Bytes that are read at a time.
const CHUNK: usize = 256 * 1024;

/// Bytes of a file that tell its kind.
const HEAD: u64 = 4096;

/// Bytes of memory that the events of all logs take together at most; those of a site's year fit in.
pub const ROOM: usize = 32 * 1024 * 1024;

/// Bytes of memory that the events of a log can take for each of its own: an event takes six times as much as a short
/// record, and errors that are no known lines have a quarter of the room.
const EACH_BYTE: usize = 24;

/// Bytes of memory that any log can need: in a small one each line may be the first of its kind.
const LEAST: usize = 256 * 1024;

/// The largest file that is no log, in bytes.
const LARGEST_FACT: u64 = 64 * 1024 * 1024;

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Input {
    /// The logs.
    pub history: History,
    /// What came beside them.
    pub facts: Facts,
    /// Files that are none of the kinds that are read, or broken ones, with the reason.
    pub refused: Vec<FactError>,
}

/// Why files cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The path does not exist.
    #[error("there is no file or folder `{}`", .0.display())]
    Missing(PathBuf),
    /// The system refused.
    #[error("cannot read `{}`: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

/// All files at and below the paths, in order, each with its size. Hidden files are left out.
pub fn find(paths: &[PathBuf]) -> Result<Vec<(PathBuf, u64)>, InputError> {
    let mut files = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => InputError::Missing(path.clone()),
            _ => InputError::Io { path: path.clone(), error },
        })?;
        match metadata.is_dir() {
            true => walk(path, &mut files)?,
            false => files.push((path.clone(), metadata.len())),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|(path, _)| seen.insert(path.clone()));
    Ok(files)
}

fn walk(folder: &Path, files: &mut Vec<(PathBuf, u64)>) -> Result<(), InputError> {
    let failed = |path: &Path, error| InputError::Io { path: path.to_owned(), error };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(folder, error))? {
        entries.push(entry.map_err(|error| failed(folder, error))?.path());
    }
    entries.sort();
    for path in entries {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        // A link may lead around in a circle: files behind links are read, folders are not.
        let link = std::fs::symlink_metadata(&path).map_err(|error| failed(&path, error))?.is_symlink();
        let Ok(metadata) = std::fs::metadata(&path) else { continue };
        if metadata.is_dir() && !link {
            walk(&path, files)?;
        } else if metadata.is_file() {
            files.push((path, metadata.len()));
        }
    }
    Ok(())
}

/// Reads files; `progress` is told how many bytes more were read.
pub fn load(
    files: &[(PathBuf, u64)],
    lexicon: &Lexicon,
    progress: &mut dyn FnMut(u64),
) -> Result<Input, InputError> {
    let mut facts = Facts::default();
    let mut refused = Vec::new();
    let (mut logs, mut events) = (Vec::new(), Vec::new());
    let sizes: Vec<u64> = files.iter().map(|(_, size)| *size).collect();
    for ((path, size), room) in files.iter().zip(shares(&sizes)) {
        let failed = |error| InputError::Io { path: path.clone(), error };
        let shown = path.to_string_lossy().into_owned();
        let mut file = File::open(path).map_err(failed)?;
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head).map_err(failed)?;
        if own_marker(path) {
            continue;
        }
        match kind_of(&decode(&head)) {
            Kind::Log => {
                let mut collector = Collector::new(lexicon, logs.len(), shown, room);
                let (bytes, lines) = read_log(&head, &mut file, &mut collector, progress).map_err(failed)?;
                let (log, more) = collector.finish(bytes, lines);
                logs.push(log);
                events.extend(more);
            }
            kind if *size > LARGEST_FACT => {
                let reason = format!("{size} bytes are too many for a file of kind {kind:?}");
                refused.push(FactError { path: shown, reason });
            }
            kind => {
                let mut bytes = head;
                file.read_to_end(&mut bytes).map_err(failed)?;
                progress(bytes.len() as u64);
                if let Err(error) = facts.add(&shown, kind, &bytes) {
                    refused.push(error);
                }
            }
        }
    }
    Ok(Input { history: History::merge(logs, events), facts, refused })
}

/// The room that each file's events get: as much as it can need, and where that is too much in all, large files an equal
/// part of what small ones leave.
fn shares(sizes: &[u64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|number| sizes[*number]);
    let (mut left, mut shares) = (ROOM, vec![0; sizes.len()]);
    for (done, number) in order.into_iter().enumerate() {
        // A pipe has no size.
        let most = usize::try_from(sizes[number]).unwrap_or(usize::MAX).saturating_mul(EACH_BYTE).max(LEAST);
        let most = if sizes[number] == 0 { usize::MAX } else { most };
        shares[number] = most.min(left / (sizes.len() - done));
        left -= shares[number];
    }
    shares
}

fn read_log(
    head: &[u8],
    file: &mut File,
    collector: &mut Collector<'_>,
    progress: &mut dyn FnMut(u64),
) -> io::Result<(u64, u64)> {
    let mut reader = Reader::new();
    let mut take = |piece: super::read::Piece<'_>| collector.take(piece);
    reader.push(head, &mut take);
    progress(head.len() as u64);
    let mut bytes = head.len() as u64;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        reader.push(&chunk[..read], &mut take);
        progress(read as u64);
        bytes += read as u64;
    }
    let lines = reader.finish(&mut take);
    Ok((bytes, lines))
}

/// What a results folder of mockdc holds beside logs: not a customer's, and it says what happened.
fn own_marker(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let beside = |other: &str| path.with_file_name(other).exists();
    (name == "events.jsonl" && beside("summary.json"))
        || (name == "summary.json" && (beside("events.jsonl") || beside(".mockdc-results")))
        || (matches!(name.to_str(), Some("table.json" | "table.md" | "timeline.html"))
            && beside("summary.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_logs_get_what_they_can_need_and_large_ones_share_the_rest() {
        const GIGABYTE: u64 = 1 << 30;
        assert_eq!(shares(&[1000, 20_000]), [LEAST, 20_000 * EACH_BYTE]);
        let shared = shares(&[GIGABYTE, 1000, GIGABYTE]);
        assert_eq!((shared[0], shared[1], shared[2]), ((ROOM - LEAST) / 2, LEAST, (ROOM - LEAST) / 2));
        assert_eq!(shares(&[0]), [ROOM], "a pipe does not say how much will come");
        let many = shares(&vec![GIGABYTE; 10_000]);
        assert!(many.iter().sum::<usize>() <= ROOM && many.iter().all(|share| *share > 0));
    }

    #[test]
    fn a_small_log_is_kept_whole_though_each_line_is_the_first_of_its_kind()
    -> Result<(), Box<dyn std::error::Error>> {
        let lexicon = Lexicon::built_in()?;
        let stamp = "$$<SMS_SETUP><Tue Aug 06 09:10:00.000 2002><thread=108 (0x6C)>\r\n";
        for lines in [2, 20, 2000] {
            let of = |number: usize| match number % 2 {
                0 => format!("NetServerGetInfo failed ({number})  {stamp}"),
                _ => format!("error {number} {stamp}"),
            };
            let log: String = (0..lines).map(of).collect();
            let mut collector = Collector::new(&lexicon, 0, String::new(), shares(&[log.len() as u64])[0]);
            let mut reader = Reader::new();
            reader.push(log.as_bytes(), &mut |piece| collector.take(piece));
            let read = reader.finish(&mut |piece| collector.take(piece));
            let (file, events) = collector.finish(log.len() as u64, read);
            assert_eq!((file.dropped, events.len()), (0, lines));
        }
        Ok(())
    }
}
