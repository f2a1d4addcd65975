//! Pictures of runs: `mockdc run --html` and `--trace`, `mockdc report html`, `trace` and `picture`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::file::{whole, write_file};
use super::why::saved;
use super::{Exit, Streams};
use crate::picture::{self, Scene};
use crate::report::{Outcome, Summary, quoted, safe};
use crate::timeline::Timeline;

/// Columns of a picture for a terminal.
const COLUMNS: usize = 100;

/// `mockdc report html`, `trace` and `picture`
#[derive(Debug, Args)]
pub struct Picture {
    /// A scenario's folder among the results (`mockdc run … --results DIR`), or its `events.jsonl`.
    pub run: PathBuf,
    /// The file that is written; standard output when absent.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `mockdc report html`
pub(super) fn html(of: &Picture, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let words = ["mockdc", "report", "html", &of.run.to_string_lossy()].map(str::to_owned);
    write(of, streams, move |out, outcome| {
        let rerun = quoted(words.iter().map(String::as_str));
        picture::page(out, &outcome.timeline, &outcome.judgement, outcome.result(), &rerun)
    })
}

/// `mockdc report trace`
pub(super) fn trace(of: &Picture, streams: &mut Streams<'_>) -> io::Result<Exit> {
    write(of, streams, |out, outcome| picture::trace(out, &Scene::of(&outcome.timeline, &outcome.judgement)))
}

/// `mockdc report picture`
pub(super) fn terminal(of: &Picture, streams: &mut Streams<'_>) -> io::Result<Exit> {
    write(of, streams, |out, outcome| {
        picture::terminal(out, &Scene::of(&outcome.timeline, &outcome.judgement), COLUMNS)
    })
}

fn write(
    of: &Picture,
    streams: &mut Streams<'_>,
    write: impl FnOnce(&mut dyn Write, &Outcome) -> io::Result<()>,
) -> io::Result<Exit> {
    let judged = |timeline: Timeline| {
        let judgement = crate::judge::judge(&timeline);
        Outcome { timeline, judgement, rerun: String::new() }
    };
    let (outcome, _watch) = match saved(&of.run, streams, judged)? {
        Ok(saved) => saved,
        Err(exit) => return Ok(exit),
    };
    match &of.out {
        None => write(streams.out, &outcome)?,
        Some(path) => {
            if let Some(exit) = write_file(path, streams, |out| write(out, &outcome))? {
                return Ok(exit);
            }
        }
    }
    Ok(Exit::Passed)
}

/// Folders that pictures of runs are written into while the runs are made.
#[derive(Debug, Default)]
pub(super) struct Pictures {
    html: Option<PathBuf>,
    trace: Option<PathBuf>,
    taken: BTreeSet<String>,
}

impl Pictures {
    /// Makes the folders that are asked for.
    pub(super) fn new(html: Option<&Path>, trace: Option<&Path>) -> Result<Pictures, String> {
        for folder in [html, trace].into_iter().flatten() {
            fs::create_dir_all(folder)
                .map_err(|error| format!("cannot make the folder `{}`: {error}", folder.display()))?;
        }
        let own = |folder: Option<&Path>| folder.map(Path::to_owned);
        Ok(Pictures { html: own(html), trace: own(trace), taken: BTreeSet::new() })
    }

    /// Draws a run that was made.
    pub(super) fn add(&mut self, summary: &Summary, run: &Timeline, many_seeds: bool) -> Result<(), String> {
        if self.html.is_none() && self.trace.is_none() {
            return Ok(());
        }
        let judgement = crate::judge::judge(run);
        let label = match many_seeds {
            true => format!("{}-seed-{}", summary.label(), summary.seed),
            false => summary.label(),
        };
        let base = safe(&label);
        let mut name = base.clone();
        let mut number = 2;
        while !self.taken.insert(name.to_lowercase()) {
            name = format!("{base}-{number}");
            number += 1;
        }
        if let Some(folder) = &self.html {
            file(&folder.join(format!("{name}.html")), |out| {
                picture::page(out, run, &judgement, summary.result, &summary.rerun)
            })?;
        }
        if let Some(folder) = &self.trace {
            file(&folder.join(format!("{name}.trace.json")), |out| {
                picture::trace(out, &Scene::of(run, &judgement))
            })?;
        }
        Ok(())
    }
}

fn file(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
    whole(path, write).map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}
