//! The results folder: a folder a scenario, with its events, its summary and the logs of its hosts.
//!
//! ```text
//! DIR/.mockdc-results            what mockdc wrote here; the only things that it ever removes
//! DIR/summary.json               all results
//! DIR/table.json, .md, .txt      scenario × backend × verdict, of a run on another backend than the fake
//! DIR/SCENARIO/events.jsonl      the run, an object a line
//! DIR/SCENARIO/summary.json      its result
//! DIR/SCENARIO/logs/HOST/FILE    logs in the product's own format
//! DIR/SCENARIO/timeline.html     the run as a page that needs no network
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use mockdc_mocks::{HostName, Name};

use super::series::Series;
use super::summary::{RunResult, Summary};
use super::table::Table;
use super::{Outcome, json};
use crate::logs::{LogFormat, StartError};
use crate::picture;
use crate::timeline::{Class, Classes, EventKind, Events, Timeline};

/// The file that makes a folder one of ours. Each line names an entry that mockdc wrote.
const MARKER: &str = ".mockdc-results";

/// The first line of the marker.
const MARKER_HEAD: &str = "mockdc results 1";

/// How lines end in the logs of the products.
const LINE_END: &[u8] = b"\r\n";

/// The longest name of a folder or file, in bytes: room for a suffix below what file systems take.
const LONGEST_NAME: usize = 120;

/// Why results could not be written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder holds something that mockdc did not write: it would be lost. Name another folder, or an empty one.
    #[error("{} is not empty and holds no results of mockdc: name another folder, or empty it", .0.display())]
    Foreign(PathBuf),
    /// There is a file of that name.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// The plan's start is no date, so that no log line has one. Write `2002-08-06T09:00:00`.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The system refused.
    #[error("cannot write {}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        error: io::Error,
    },
}

/// Writes the results of all runs into `dir`.
pub fn write_results(dir: &Path, outcomes: &[Outcome]) -> Result<(), FolderError> {
    let mut folder = ResultsFolder::create(dir)?;
    let summaries: Vec<Summary> = outcomes.iter().map(Outcome::summary).collect();
    for (outcome, summary) in outcomes.iter().zip(&summaries) {
        folder.add(summary, &outcome.timeline)?;
    }
    folder.finish(None, &summaries)
}

/// A results folder that is being written.
#[derive(Debug)]
pub struct ResultsFolder {
    dir: PathBuf,
    entries: Taken,
    pages_of_passes: bool,
}

impl ResultsFolder {
    /// Makes the folder, or empties one that mockdc wrote before. Refuses any other folder with something in it.
    pub fn create(dir: &Path) -> Result<ResultsFolder, FolderError> {
        if dir.exists() && !dir.is_dir() {
            return Err(FolderError::NotAFolder(dir.to_owned()));
        }
        fs::create_dir_all(dir).map_err(|error| failed(dir, error))?;
        clear(dir)?;
        let mut folder =
            ResultsFolder { dir: dir.to_owned(), entries: Taken::default(), pages_of_passes: true };
        for entry in ["summary.json", "table.json", "table.md", "table.txt"] {
            folder.entries.take(entry);
        }
        folder.note(MARKER_HEAD)?;
        folder.note("summary.json")?;
        Ok(folder)
    }

    /// Leaves out the pages of runs that passed: many seeds make many of them.
    #[must_use]
    pub fn without_pages_of_passes(mut self) -> ResultsFolder {
        self.pages_of_passes = false;
        self
    }

    /// Adds a judged run and gives its folder.
    pub fn write(&mut self, outcome: &Outcome) -> Result<PathBuf, FolderError> {
        self.add(&outcome.summary(), &outcome.timeline)
    }

    /// Adds a run with the summary that was made of it, and gives its folder.
    pub fn add(&mut self, summary: &Summary, timeline: &Timeline) -> Result<PathBuf, FolderError> {
        let format = LogFormat::of(timeline.plan())?;
        let dir = self.add_unrun(summary)?;
        write_file(&dir.join("events.jsonl"), |out| timeline.write(out))?;
        write_logs(&dir.join("logs"), &timeline.events, &format)?;
        if self.pages_of_passes || summary.result != RunResult::Pass {
            let judgement = crate::judge::judge(timeline);
            write_file(&dir.join("timeline.html"), |out| {
                picture::page(out, timeline, &judgement, summary.result, &summary.rerun)
            })?;
        }
        Ok(dir)
    }

    /// Adds a scenario of which there is no run, and gives its folder.
    pub fn add_unrun(&mut self, summary: &Summary) -> Result<PathBuf, FolderError> {
        let label = summary.label();
        let name = match self.entries.is_free(&label) {
            true => self.entries.take(&label),
            false => self.entries.take(&format!("{label}-seed-{}", summary.seed)),
        };
        self.note(&name)?;
        let dir = self.dir.join(name);
        fs::create_dir_all(&dir).map_err(|error| failed(&dir, error))?;
        write_file(&dir.join("summary.json"), |out| {
            serde_json::to_writer_pretty(&mut *out, summary)?;
            writeln!(out)
        })?;
        Ok(dir)
    }

    /// Writes the table of backends, as `table.json`, `table.md` and `table.txt`.
    pub fn add_table(&mut self, table: &Table) -> Result<(), FolderError> {
        for entry in ["table.json", "table.md", "table.txt"] {
            self.note(entry)?;
        }
        write_file(&self.dir.join("table.json"), |out| {
            serde_json::to_writer_pretty(&mut *out, table)?;
            writeln!(out)
        })?;
        write_file(&self.dir.join("table.txt"), |out| table.print(out))?;
        write_file(&self.dir.join("table.md"), |out| table.markdown(out))
    }

    /// Writes the summary of all runs, and what was run together.
    pub fn finish(&mut self, series: Option<&Series>, summaries: &[Summary]) -> Result<(), FolderError> {
        let all: Vec<&Summary> = summaries.iter().collect();
        write_file(&self.dir.join("summary.json"), |out| json::document(out, series, &all))
    }

    /// Notes an entry before it is written, so that it can be removed even if writing breaks off.
    fn note(&self, entry: &str) -> Result<(), FolderError> {
        let path = self.dir.join(MARKER);
        let opened = File::options().create(true).append(true).open(&path);
        opened.and_then(|mut file| writeln!(file, "{entry}")).map_err(|error| failed(&path, error))
    }
}

/// Removes what mockdc wrote into `dir` before, and nothing else.
fn clear(dir: &Path) -> Result<(), FolderError> {
    let marker = dir.join(MARKER);
    let noted = match fs::read_to_string(&marker) {
        Ok(text) if text.lines().next() == Some(MARKER_HEAD) => text,
        Ok(_) => return Err(FolderError::Foreign(dir.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut entries = fs::read_dir(dir).map_err(|error| failed(dir, error))?;
            return match entries.next() {
                None => Ok(()),
                Some(_) => Err(FolderError::Foreign(dir.to_owned())),
            };
        }
        Err(error) => return Err(failed(&marker, error)),
    };
    for entry in noted.lines().skip(1).filter(|entry| safe(entry) == *entry) {
        let path = dir.join(entry);
        // A link is removed itself: what it points to is not ours.
        let removed = match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        removed.map_err(|error| failed(&path, error))?;
    }
    fs::remove_file(&marker).map_err(|error| failed(&marker, error))
}

fn write_logs(dir: &Path, events: &Events, format: &LogFormat) -> Result<(), FolderError> {
    let mut logs: BTreeMap<HostName, BTreeMap<Name, Vec<u8>>> = BTreeMap::new();
    for event in events.chosen(0, Classes::these(&[Class::Log])) {
        let EventKind::Log { file, .. } = &event.kind else { continue };
        let Some(line) = format.line(&event) else { continue };
        let log = logs.entry(event.host.clone()).or_default().entry(file.clone()).or_default();
        log.extend_from_slice(line.as_bytes());
        log.extend_from_slice(LINE_END);
    }
    let mut hosts = Taken::default();
    for (host, files) in logs {
        let dir = dir.join(hosts.take(host.as_str()));
        fs::create_dir_all(&dir).map_err(|error| failed(&dir, error))?;
        let mut names = Taken::default();
        for (file, bytes) in files {
            write_file(&dir.join(names.take(file.as_str())), |out| out.write_all(&bytes))?;
        }
    }
    Ok(())
}

fn write_file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), FolderError> {
    let written = File::create(path).map(BufWriter::new).and_then(|mut out| {
        write(&mut out)?;
        out.flush()
    });
    written.map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: io::Error) -> FolderError {
    FolderError::Io { path: path.to_owned(), error }
}

/// Names of one folder that are in use, without regard to case, as some file systems have it.
#[derive(Debug, Default)]
struct Taken(BTreeSet<String>);

impl Taken {
    fn is_free(&self, wanted: &str) -> bool {
        !self.0.contains(&safe(wanted).to_lowercase())
    }

    /// Takes the name, made safe, with a number behind it when it is in use.
    fn take(&mut self, wanted: &str) -> String {
        let base = safe(wanted);
        let mut name = base.clone();
        let mut number = 2;
        while !self.0.insert(name.to_lowercase()) {
            name = format!("{base}-{number}");
            number += 1;
        }
        name
    }
}

/// A name that every file system takes, that no shell takes apart, and that leads nowhere else.
pub(crate) fn safe(name: &str) -> String {
    let mut safe = String::new();
    for letter in name.chars() {
        if safe.len() + letter.len_utf8() > LONGEST_NAME {
            break;
        }
        if letter.is_alphanumeric() || matches!(letter, '.' | '_' | '&' | '#' | '=' | ',') {
            safe.push(letter);
        } else if !safe.ends_with('-') {
            safe.push('-');
        }
    }
    let safe = safe.trim_end_matches(['-', '.']).trim_start_matches(['-', '.']);
    let stem = safe.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|last: char| last.is_ascii_digit()));
    match (safe.is_empty(), device) {
        (true, _) => "unnamed".into(),
        (_, true) => format!("{safe}-"),
        _ => safe.to_owned(),
    }
}
