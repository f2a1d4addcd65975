//! `mockdc why`: what led to an event of a saved run.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use clap::Args;

use super::arguments::Format;
use super::interrupt::{self, Watch};
use super::{Exit, Streams};
use crate::report::{Cast, Evidence, Outcome, visible_line};
use crate::timeline::Timeline;
use crate::why::Because;

/// `mockdc why`
#[derive(Debug, Args)]
pub struct Why {
    /// A scenario's folder among the results (`mockdc run … --results DIR`), or its `events.jsonl`.
    pub run: PathBuf,
    /// The number of the event, from 0. Without one: what speaks against the run, or what it breaks as stated.
    pub event: Option<u64>,
    /// The number of the event, again.
    #[arg(long = "event", value_name = "N", conflicts_with = "event")]
    pub number: Option<u64>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mockdc why`
pub(super) fn why(command: &Why, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let event = command.event.or(command.number);
    let ((run, answers), _watch) = match saved(&command.run, streams, move |run| answered(run, event))? {
        Ok(saved) => saved,
        Err(exit) => return Ok(exit),
    };
    let answers = match answers {
        Ok(answers) => answers,
        Err(seq) => {
            writeln!(streams.err, "error: the run has no event {seq}; it has {}, from 0", run.events.len())?;
            return Ok(Exit::Usage);
        }
    };
    if answers.is_empty() {
        writeln!(
            streams.err,
            "error: nothing speaks against this run\nhelp: name an event: `mockdc why {} 42`",
            command.run.display()
        )?;
        return Ok(Exit::Usage);
    }
    match command.format {
        Format::Console => {
            for (place, answer) in answers.iter().enumerate() {
                if place > 0 {
                    writeln!(streams.out)?;
                }
                for line in answer.lines() {
                    writeln!(streams.out, "{}", visible_line(&line))?;
                }
            }
        }
        Format::Json => {
            let cast = Cast::of(&run.events);
            let named: BTreeSet<u64> = answers.iter().flat_map(events_of).collect();
            let events: Vec<Evidence> =
                named.into_iter().filter_map(|seq| Evidence::of(seq, &run.events, &cast)).collect();
            let document = serde_json::json!({ "answers": answers, "events": events });
            writeln!(streams.out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
    }
    Ok(Exit::Passed)
}

/// Why this event, or what speaks against the run, came about. `Err`: there is no event of this number.
fn answered(run: Timeline, event: Option<u64>) -> (Timeline, Result<Vec<Because>, u64>) {
    let asked = event.map_or_else(|| telling(&run), |seq| vec![seq]);
    let answers = asked.into_iter().map(|seq| crate::why::why(&run, seq).ok_or(seq)).collect();
    (run, answers)
}

/// The events that show why the run did not pass, or else what it breaks as stated: the last of each reason.
fn telling(run: &Timeline) -> Vec<u64> {
    let judgement = crate::judge::judge(run);
    let outcome = Outcome { timeline: run.clone(), judgement, rerun: String::new() };
    let summary = outcome.summary();
    let last = |evidence: &[Evidence]| evidence.last().map(|evidence| evidence.event);
    let mut seqs: Vec<u64> = summary.reasons.iter().filter_map(|reason| last(&reason.evidence)).collect();
    if seqs.is_empty() {
        seqs = summary.breaks_as_stated.iter().filter_map(|broken| last(&broken.evidence)).collect();
    }
    let mut seen = BTreeSet::new();
    seqs.retain(|seq| seen.insert(*seq));
    seqs
}

fn events_of(because: &Because) -> Vec<u64> {
    let mut events = because.events.clone();
    events.extend(because.because.iter().flat_map(events_of));
    events
}

/// What is made of a saved run: of an `events.jsonl`, or the folder that holds one. The reason why there is none is
/// printed. The watch is kept until what was made is written.
pub(super) fn saved<T: Send + 'static>(
    path: &Path,
    streams: &mut Streams<'_>,
    make: impl FnOnce(Timeline) -> T + Send + 'static,
) -> io::Result<Result<(T, Watch), Exit>> {
    let file = match path.is_dir() {
        false => path.to_owned(),
        true => match inside(path) {
            Ok(file) => file,
            Err(why) => {
                writeln!(streams.err, "error: {why}")?;
                return Ok(Err(Exit::Usage));
            }
        },
    };
    let of_work = file.clone();
    let work = move || File::open(of_work).map(|opened| Timeline::read(BufReader::new(opened)).map(make));
    let Some((opened, watch)) = interrupt::attended(work)? else {
        return interrupt::interrupted(streams).map(Err);
    };
    let made = match opened {
        Ok(made) => made,
        Err(error) => {
            writeln!(
                streams.err,
                "error: cannot read `{}`: {error}\nhelp: name the folder of a run that `mockdc run … --results DIR` \
                 kept, or its events.jsonl",
                file.display()
            )?;
            return Ok(Err(Exit::Usage));
        }
    };
    match made {
        Ok(made) => Ok(Ok((made, watch))),
        Err(error) => {
            writeln!(
                streams.err,
                "error: `{}` is no saved run: {error}\nhelp: `mockdc run … --results DIR` writes one as events.jsonl",
                file.display()
            )?;
            Ok(Err(Exit::Usage))
        }
    }
}

/// The record in a folder: its own, or that of the only scenario in it.
fn inside(folder: &Path) -> Result<PathBuf, String> {
    let own = folder.join("events.jsonl");
    if own.is_file() {
        return Ok(own);
    }
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("cannot read `{}`: {error}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("events.jsonl")))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    match found.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(format!(
            "`{}` holds no events.jsonl; `mockdc run … --results DIR` writes one for each scenario",
            folder.display()
        )),
        several => {
            let names: Vec<String> = several
                .iter()
                .take(5)
                .filter_map(|path| Some(path.parent()?.display().to_string()))
                .collect();
            Err(format!(
                "`{}` holds the runs of {} scenarios; name one: {}",
                folder.display(),
                several.len(),
                names.join(", ")
            ))
        }
    }
}
