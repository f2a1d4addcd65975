//! `mockdc compare`: the regression test of a fix.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use mockdc_scenarios::{Draft, Plan, Profile};

use super::arguments::{Assignment, Format, LiveSpeed, live_speed, time_out};
use super::asked::Asked;
use super::file::write_file;
use super::interrupt::{self, Watch};
use super::{Exit, Streams, inspect, programs, select};
use crate::orchestrator;
use crate::report::{self, Document, Outcome, Summary};
use crate::vary::{Comparison, parallel};

/// `mockdc compare`
#[derive(Debug, Args)]
pub struct Compare {
    /// What is known: a results folder, a profile (`sms-2.0-sp3`), settings (`KEY=VALUE,KEY=VALUE`), or `as-is`. With
    /// `--program` a scenario file, as after `--on`.
    #[arg(required_unless_present = "program")]
    pub a: Option<String>,
    /// What is tried: as before.
    #[arg(required_unless_present = "program")]
    pub b: Option<String>,
    /// The scenarios that both are run on: files, and folders that are searched for them.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub on: Vec<PathBuf>,
    /// A program with its arguments, as a shell takes them apart: first A, then B. Each is run against the served
    /// controllers of each scenario, as by `mockdc exec`. Given once it is B, and the scenario's own program is A.
    #[arg(long, value_name = "COMMAND")]
    pub program: Vec<String>,
    /// With `--program`: how many seconds of the scenario pass in one of the wall; 1 unless said otherwise.
    #[arg(long, value_name = "SPEED", requires = "program", value_parser = live_speed)]
    pub speed: Option<LiveSpeed>,
    /// With `--program`: how long each run of a program may take, on the wall clock: `90s`.
    #[arg(long, value_name = "TIME", requires = "program", value_parser = time_out)]
    pub timeout: Option<mockdc_mocks::Span>,
    /// Only scenarios whose name matches; `*` stands for anything. May be given several times.
    #[arg(long, value_name = "PATTERN")]
    pub name: Vec<String>,
    /// What is asked. Programs run one after the other unless `--jobs` says otherwise: they share the machine's clock.
    #[command(flatten)]
    pub asked: Asked,
    /// Write the differences as JUnit XML into this file.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// One of the two.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Side {
    /// The scenarios as they stand.
    AsIs,
    /// Every client with another profile.
    Profile(String),
    /// Other values.
    Settings(Vec<Assignment>),
    /// Runs that were made before.
    Results(PathBuf),
}

impl Side {
    fn parse(text: &str) -> Result<Side, String> {
        if text == "as-is" {
            return Ok(Side::AsIs);
        }
        if Path::new(text).exists() {
            return Ok(Side::Results(PathBuf::from(text)));
        }
        if text.contains('=') {
            let settings = text.split(',').map(str::parse).collect::<Result<_, String>>()?;
            return Ok(Side::Settings(settings));
        }
        match Profile::resolve(text, &Default::default()) {
            Ok(profile) => Ok(Side::Profile(profile.name)),
            Err(error) => Err(format!(
                "`{text}` is no results folder, no setting (`KEY=VALUE`), not `as-is`, and no profile: {error}"
            )),
        }
    }

    fn settings(&self) -> Vec<Assignment> {
        match self {
            Side::Profile(name) => {
                vec![Assignment { key: "client[*].profile".to_owned(), value: name.clone() }]
            }
            Side::Settings(settings) => settings.clone(),
            Side::AsIs | Side::Results(_) => Vec::new(),
        }
    }
}

/// `mockdc compare`
pub(super) fn compare(command: &Compare, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (names, both) = match command.program.is_empty() {
        true => sides(command, streams)?,
        false => programs::compared(command, streams)?,
    };
    let Both { one, other, left_out, watch: _watch } = match both {
        Ok(both) => both,
        Err(exit) => return Ok(exit),
    };
    let mut comparison = Comparison::of((&names.0, &one), (&names.1, &other), command.asked.judge);
    comparison.left_out = left_out;
    if comparison.compared == 0 {
        writeln!(streams.err, "error: there is no run that both have")?;
        for why in comparison.only_one.iter().chain(&comparison.left_out).take(5) {
            writeln!(streams.err, "note: {}", report::visible(why))?;
        }
        return Ok(Exit::NothingSelected);
    }
    if let Some(path) = &command.junit
        && let Some(exit) = write_file(path, streams, |out| comparison.junit(out))?
    {
        return Ok(exit);
    }
    match command.format {
        Format::Json => writeln!(streams.out, "{}", serde_json::to_string_pretty(&comparison)?)?,
        Format::Console => comparison.print(streams.out)?,
    }
    let bug = one.iter().chain(&other).any(|summary| summary.result == report::RunResult::Bug);
    Ok(match comparison.loses() {
        _ if bug => Exit::Bug,
        true => Exit::Failed,
        false => Exit::Passed,
    })
}

/// The names of A and B.
pub(super) type Names = (String, String);

/// The runs of A and of B.
pub(super) struct Both {
    /// A's.
    pub(super) one: Vec<Summary>,
    /// B's.
    pub(super) other: Vec<Summary>,
    /// What was run with neither, because one of the two is not possible there: why.
    pub(super) left_out: Vec<String>,
    /// Kept until all is written.
    pub(super) watch: Option<Watch>,
}

/// Profiles, settings, or results folders.
fn sides(command: &Compare, streams: &mut Streams<'_>) -> io::Result<(Names, Result<Both, Exit>)> {
    let names = (command.a.clone().unwrap_or_default(), command.b.clone().unwrap_or_default());
    let (a, b) = match (Side::parse(&names.0), Side::parse(&names.1)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(why), _) | (_, Err(why)) => {
            writeln!(streams.err, "error: {why}")?;
            return Ok((names, Err(Exit::Usage)));
        }
    };
    let both = match (&a, &b) {
        (Side::Results(a), Side::Results(b)) => match (read_results(a), read_results(b)) {
            (Ok(one), Ok(other)) => Ok(Both { one, other, left_out: Vec::new(), watch: None }),
            (Err(why), _) | (_, Err(why)) => {
                writeln!(streams.err, "error: {why}")?;
                Err(Exit::Usage)
            }
        },
        (Side::Results(_), _) | (_, Side::Results(_)) => {
            writeln!(
                streams.err,
                "error: one is a results folder and the other is not\nhelp: `mockdc run … --results DIR` makes the \
                 other folder"
            )?;
            Err(Exit::Usage)
        }
        _ => run_both(command, &a, &b, streams)?,
    };
    Ok((names, both))
}

fn read_results(path: &Path) -> Result<Vec<Summary>, String> {
    let path = if path.is_dir() { path.join("summary.json") } else { path.to_owned() };
    let bytes = std::fs::read(&path).map_err(|error| {
        format!(
            "cannot read `{}`: {error}; `mockdc run … --results DIR` makes a results folder",
            path.display()
        )
    })?;
    let document: Document = serde_json::from_slice(&bytes).map_err(|error| {
        format!(
            "`{}` is no summary of results: {error}; `mockdc run … --results DIR` makes a folder with one",
            path.display()
        )
    })?;
    Ok(document.scenarios)
}

/// Runs the scenarios with A and with B; what cannot be run with one of them is left out of both, with the reason.
fn run_both(
    command: &Compare,
    a: &Side,
    b: &Side,
    streams: &mut Streams<'_>,
) -> io::Result<Result<Both, Exit>> {
    if command.on.is_empty() {
        writeln!(
            streams.err,
            "error: nothing says on which scenarios the two are compared\nhelp: add `--on scenarios`, or files"
        )?;
        return Ok(Err(Exit::Usage));
    }
    let files = match select::files(&command.on, &mut Vec::new()) {
        Ok(files) => files,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Err(Exit::Usage));
        }
    };
    let (mut plans, mut left_out, mut reports) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let draft = match Draft::read_file(&file) {
            Ok(draft) => draft,
            Err(report) => {
                reports.push(report);
                continue;
            }
        };
        let with = |side: &Side| -> Result<Vec<Plan>, String> {
            let draft = select::set(draft.clone(), &side.settings()).map_err(|error| error.to_string())?;
            draft.plans().map_err(|report| {
                let first = report.problems.first().map_or("", |problem| problem.message.as_str());
                format!("{}: {first}", draft.label())
            })
        };
        match (with(a), with(b)) {
            (Ok(one), Ok(other)) => {
                let chosen = |plan: &Plan| {
                    command.name.is_empty() || command.name.iter().any(|name| select::glob(name, &plan.name))
                };
                plans.extend(one.into_iter().zip(other).filter(|(plan, _)| chosen(plan)));
            }
            (Err(why), _) => left_out.push(format!("A is not possible: {why}")),
            (_, Err(why)) => left_out.push(format!("B is not possible: {why}")),
        }
    }
    if !reports.is_empty() {
        inspect::tell_mistakes(&reports, streams)?;
        return Ok(Err(Exit::InvalidScenario));
    }
    let mut work = Vec::new();
    let (a, b) = (Arc::new(a.clone()), Arc::new(b.clone()));
    for (one, other) in plans {
        let seeds = command.asked.seeds(&one);
        let (one, other) = (Arc::new(one), Arc::new(other));
        for seed in seeds {
            work.push((Arc::clone(&one), Arc::clone(&a), seed));
            work.push((Arc::clone(&other), Arc::clone(&b), seed));
        }
    }
    let jobs = command.asked.jobs();
    let runs = move || parallel(&work, jobs, |(plan, side, seed)| summary(plan, *seed, side));
    let Some((runs, watch)) = interrupt::attended(runs)? else {
        return interrupt::interrupted(streams).map(Err);
    };
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for (place, run) in runs.into_iter().enumerate() {
        match run {
            Ok(summary) if place % 2 == 0 => one.push(summary),
            Ok(summary) => other.push(summary),
            Err(why) => left_out.push(why),
        }
    }
    Ok(Ok(Both { one, other, left_out, watch: Some(watch) }))
}

fn summary(plan: &Arc<Plan>, seed: u64, side: &Side) -> Result<Summary, String> {
    let timeline = orchestrator::run(plan, seed).map_err(|error| error.to_string())?;
    let judgement = crate::judge::judge(&timeline);
    let seed = format!("{seed}..{seed}");
    let mut words = vec!["mockdc", "run", &plan.file, "--name", &plan.name, "--seeds", &seed];
    let sets: Vec<String> = side.settings().iter().map(ToString::to_string).collect();
    sets.iter().for_each(|set| words.extend(["--set", set]));
    let rerun = report::quoted(words);
    Ok(Outcome { timeline, judgement, rerun }.summary())
}
