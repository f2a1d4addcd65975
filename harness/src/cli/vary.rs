//! `mockdc threshold` and `mockdc sweep`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use mockdc_scenarios::{Amount, Draft, Key, KeyError, Kind, Plan};

use super::arguments::{Assignment, Format};
use super::asked::Asked;
use super::file::write_file;
use super::{Exit, Streams, inspect, interrupt, select};
use crate::report;
use crate::vary::{self, Axis, Ends, Matrix, Range, Trial};

/// Which scenario of one file, and what is asked of it.
#[derive(Debug, Args)]
pub struct Subject {
    /// The scenario file.
    pub scenario: PathBuf,
    /// The scenario in it, where its cases are several: `name[case]`, or a pattern that one of them fits.
    #[arg(long)]
    pub name: Option<String>,
    /// Set a value of the scenario beforehand: `client.loader.time-out=20m`. May be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<Assignment>,
    /// What is asked of it.
    #[command(flatten)]
    pub asked: Asked,
}

/// `mockdc threshold`
#[derive(Debug, Args)]
pub struct Threshold {
    /// Which scenario.
    #[command(flatten)]
    pub subject: Subject,
    /// The key whose value varies: `domain.replication.nt4.pulse`, `dc[BDC1].boot`, `client[*].loader.time-out`.
    #[arg(long, value_name = "KEY", required_unless_present = "keys")]
    pub vary: Option<String>,
    /// The least value that is tried.
    #[arg(long, value_name = "VALUE")]
    pub from: Option<String>,
    /// The greatest value that is tried.
    #[arg(long, value_name = "VALUE")]
    pub to: Option<String>,
    /// How exactly the limit is told: a second for durations, one of anything else, unless said otherwise.
    #[arg(long, value_name = "VALUE")]
    pub resolution: Option<String>,
    /// Values that are tried before anything is halved; more of them find narrower windows.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub probes: u16,
    /// List the keys that can vary, with their values, and do nothing else.
    #[arg(long)]
    pub keys: bool,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mockdc sweep`
#[derive(Debug, Args)]
pub struct Sweep {
    /// Which scenario.
    #[command(flatten)]
    pub subject: Subject,
    /// A key and its values: `KEY=FROM..TO/STEPS`, or `KEY=VALUE,VALUE,…`. Given twice: all combinations.
    #[arg(long, value_name = "KEY=VALUES")]
    pub vary: Vec<Assignment>,
    /// Show instead which component of the client fails without which right.
    #[arg(long, conflicts_with = "vary")]
    pub privileges: bool,
    /// With `--privileges`: the client's machine; the first client's when absent.
    #[arg(long, value_name = "MACHINE", requires = "privileges")]
    pub client: Option<String>,
    /// Write the cells as comma-separated values into this file.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write the heat map into this file.
    #[arg(long, value_name = "FILE", conflicts_with = "privileges")]
    pub svg: Option<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mockdc threshold`
pub(super) fn threshold(command: &Threshold, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let trial = match trial(&command.subject, streams)? {
        Ok((trial, _)) => trial,
        Err(exit) => return Ok(exit),
    };
    let Some(path) = command.vary.as_deref().filter(|_| !command.keys) else {
        return list_keys(&trial.draft, command.format, streams);
    };
    let key = match found(&trial.draft, path, streams)? {
        Ok(key) => key,
        Err(exit) => return Ok(exit),
    };
    let range = match range(command, &key) {
        Ok(range) => range,
        Err(why) => {
            writeln!(streams.err, "error: {why}")?;
            return Ok(Exit::Usage);
        }
    };
    let (of_work, jobs) = (trial.clone(), command.subject.asked.jobs());
    let work = move || vary::Threshold::find(&of_work, &key, range, jobs);
    let Some((found, _watch)) = interrupt::attended(work)? else {
        return interrupt::interrupted(streams);
    };
    match command.format {
        Format::Json => writeln!(streams.out, "{}", serde_json::to_string_pretty(&found)?)?,
        Format::Console => tell(&trial, &found, command, streams)?,
    }
    let bug = found.bands.iter().any(|band| band.ends == Ends::Bug);
    Ok(match found.flips() {
        _ if bug => Exit::Bug,
        true => Exit::Passed,
        false => Exit::Inconclusive,
    })
}

fn tell(
    trial: &Trial,
    found: &vary::Threshold,
    command: &Threshold,
    streams: &mut Streams<'_>,
) -> io::Result<()> {
    writeln!(streams.out, "{}", found.sentence())?;
    let present = found.present.as_ref().map_or_else(|| "not stated".to_owned(), ToString::to_string);
    writeln!(
        streams.out,
        "{}: now {present}; to the nearest {}; {} values tried, at most {} apart where nothing changes",
        trial.name, found.resolution, found.tried, found.widest_gap
    )?;
    if !found.monotone {
        writeln!(streams.out, "the answer changes more than once: look at each band")?;
    }
    for band in &found.bands {
        let why = band.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let why = report::visible_line(&why);
        writeln!(streams.out, "  {} to {}  {}{why}", band.from, band.to, band.ends.word())?;
    }
    if let Some(band) = found.bands.iter().find(|band| band.ends == Ends::Fails) {
        let set = format!("{}={}", found.key, band.from);
        let sets: Vec<String> = command.subject.set.iter().map(ToString::to_string).chain([set]).collect();
        let file = command.subject.scenario.to_string_lossy();
        let mut words = vec!["mockdc", "run", &file, "--name", &trial.name];
        let seed = trial.seeds.start().to_string();
        words.extend(["--seed", &seed]);
        sets.iter().for_each(|set| words.extend(["--set", set]));
        writeln!(streams.out, "{}", report::quoted(words))?;
    }
    Ok(())
}

fn range(command: &Threshold, key: &Key) -> Result<Range, String> {
    if key.kind == Kind::Column {
        let column = key.stated.as_ref().map_or_else(String::new, ToString::to_string);
        return Err(format!("`{}` is `{column}`, a column of the cases: vary it in `case[NAME]`", key.path));
    }
    let Some(dimension) = key.dimension() else {
        return Err(format!(
            "`{}` is no duration, size, rate, share or count: `mockdc sweep` tries its values",
            key.path
        ));
    };
    let mut range = Range::of(key, dimension);
    let amount = |text: &Option<String>, default: Amount| match text {
        Some(text) => dimension.parse(text).map_err(|error| error.to_string()),
        None => Ok(default),
    };
    range.resolution = amount(&command.resolution, range.resolution)?;
    range.from = amount(&command.from, range.from)?;
    range.to = amount(&command.to, range.to.max(range.from.of(range.from.value.saturating_mul(4))))?;
    range.probes = usize::from(command.probes.max(2));
    if range.from >= range.to {
        return Err(format!(
            "nothing lies between {} and {}: `--from` is less than `--to`",
            range.from, range.to
        ));
    }
    if range.resolution.value < 1 {
        return Err("`--resolution` is more than nothing".to_owned());
    }
    Ok(range)
}

/// `mockdc sweep`
pub(super) fn sweep(command: &Sweep, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (trial, plan) = match trial(&command.subject, streams)? {
        Ok(ready) => ready,
        Err(exit) => return Ok(exit),
    };
    if command.privileges {
        return privileges(command, &trial, plan, streams);
    }
    if !(1..=2).contains(&command.vary.len()) {
        writeln!(
            streams.err,
            "error: `--vary` is given once or twice\nhelp: for example `--vary domain.replication.nt4.pulse=5m..1h/11`"
        )?;
        return Ok(Exit::Usage);
    }
    let mut axes = Vec::new();
    for Assignment { key, value } in &command.vary {
        let key = match found(&trial.draft, key, streams)? {
            Ok(key) => key,
            Err(exit) => return Ok(exit),
        };
        match Axis::parse(key, value) {
            Ok(axis) => axes.push(axis),
            Err(why) => {
                writeln!(streams.err, "error: {why}")?;
                return Ok(Exit::Usage);
            }
        }
    }
    let cells: usize = axes.iter().map(|axis| axis.values.len()).product();
    if cells > vary::MOST_CELLS {
        writeln!(streams.err, "error: {cells} combinations are more than {}", vary::MOST_CELLS)?;
        return Ok(Exit::Usage);
    }
    let jobs = command.subject.asked.jobs();
    let Some((swept, _watch)) = interrupt::attended(move || vary::Sweep::make(&trial, axes, jobs))? else {
        return interrupt::interrupted(streams);
    };
    for (path, svg) in [(&command.csv, false), (&command.svg, true)] {
        let Some(path) = path else { continue };
        let write = |out: &mut dyn Write| if svg { swept.svg(out) } else { swept.csv(out) };
        if let Some(exit) = write_file(path, streams, write)? {
            return Ok(exit);
        }
    }
    match command.format {
        Format::Json => writeln!(streams.out, "{}", serde_json::to_string_pretty(&swept)?)?,
        Format::Console => swept.print(streams.out)?,
    }
    Ok(if swept.shows_a_bug() { Exit::Bug } else { Exit::Passed })
}

fn privileges(command: &Sweep, trial: &Trial, plan: Plan, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (seed, jobs, client) = (*trial.seeds.start(), command.subject.asked.jobs(), command.client.clone());
    let work = move || Matrix::make(&plan, client.as_deref(), seed, jobs);
    let Some((made, _watch)) = interrupt::attended(work)? else {
        return interrupt::interrupted(streams);
    };
    let matrix = match made {
        Ok(matrix) => matrix,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Usage);
        }
    };
    if let Some(path) = &command.csv
        && let Some(exit) = write_file(path, streams, |out| matrix.csv(out))?
    {
        return Ok(exit);
    }
    match command.format {
        Format::Json => writeln!(streams.out, "{}", serde_json::to_string_pretty(&matrix)?)?,
        Format::Console => matrix.print(streams.out)?,
    }
    Ok(Exit::Passed)
}

/// The scenario of one file with its values set. The reason why there is none is printed.
pub(super) fn trial(subject: &Subject, streams: &mut Streams<'_>) -> io::Result<Result<(Trial, Plan), Exit>> {
    let mut found = match trials(subject, streams)? {
        Ok(found) => found,
        Err(exit) => return Ok(Err(exit)),
    };
    match (found.pop(), found.as_slice()) {
        (Some(only), []) => Ok(Ok(only)),
        (last, others) => {
            let names: Vec<&str> = others.iter().chain(&last).map(|(trial, _)| trial.name.as_str()).collect();
            writeln!(
                streams.err,
                "error: the file holds several scenarios\nhelp: choose one with `--name`: {}",
                names.join(", ")
            )?;
            Ok(Err(Exit::Usage))
        }
    }
}

/// The scenarios of one file that are selected, with their values set. The reason why there is none is printed.
pub(super) fn trials(
    subject: &Subject,
    streams: &mut Streams<'_>,
) -> io::Result<Result<Vec<(Trial, Plan)>, Exit>> {
    if subject.scenario.is_dir() {
        writeln!(
            streams.err,
            "error: `{}` is a folder\nhelp: name one scenario file",
            subject.scenario.display()
        )?;
        return Ok(Err(Exit::Usage));
    }
    if !subject.scenario.exists() {
        writeln!(streams.err, "error: there is no file `{}`", subject.scenario.display())?;
        return Ok(Err(Exit::Usage));
    }
    let draft = match Draft::read_file(&subject.scenario) {
        Ok(draft) => draft,
        Err(report) => {
            inspect::tell_mistakes(&[report], streams)?;
            return Ok(Err(Exit::InvalidScenario));
        }
    };
    let draft = match select::set(draft, &subject.set) {
        Ok(draft) => draft,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Err(Exit::Usage));
        }
    };
    let plans = match draft.plans() {
        Ok(plans) => plans,
        Err(report) => {
            inspect::tell_mistakes(&[report], streams)?;
            return Ok(Err(Exit::InvalidScenario));
        }
    };
    let wanted = |plan: &Plan| {
        subject.name.as_deref().is_none_or(|name| plan.name == name || select::glob(name, &plan.name))
    };
    let names: Vec<String> = plans.iter().map(|plan| plan.name.clone()).collect();
    let chosen: Vec<(Trial, Plan)> = plans
        .into_iter()
        .filter(wanted)
        .map(|plan| {
            let (name, seeds) = (plan.name.clone(), subject.asked.seeds(&plan));
            let draft = draft.clone();
            (Trial { draft, name, seeds, criterion: subject.asked.judge }, plan)
        })
        .collect();
    if chosen.is_empty() {
        writeln!(streams.err, "error: no scenario of the file fits `--name`; it has {}", names.join(", "))?;
        return Ok(Err(Exit::NothingSelected));
    }
    Ok(Ok(chosen))
}

/// The key of a path. What was perhaps meant, and what there is, is printed when there is none.
pub(super) fn found(draft: &Draft, path: &str, streams: &mut Streams<'_>) -> io::Result<Result<Key, Exit>> {
    let error = match draft.find(path) {
        Ok(key) => return Ok(Ok(key)),
        Err(error) => error,
    };
    writeln!(streams.err, "error: {error}")?;
    if matches!(error, KeyError::Unknown { .. }) {
        writeln!(streams.err, "These can vary:")?;
        print_keys(draft, streams.err)?;
    }
    Ok(Err(Exit::Usage))
}

fn list_keys(draft: &Draft, format: Format, streams: &mut Streams<'_>) -> io::Result<Exit> {
    match format {
        Format::Json => writeln!(streams.out, "{}", serde_json::to_string_pretty(draft.keys())?)?,
        Format::Console => print_keys(draft, streams.out)?,
    }
    Ok(Exit::Passed)
}

fn print_keys(draft: &Draft, out: &mut dyn Write) -> io::Result<()> {
    let amounts: Vec<&Key> = draft.keys().iter().filter(|key| key.dimension().is_some()).collect();
    let width = amounts.iter().map(|key| key.path.chars().count()).max().unwrap_or(0);
    for key in amounts {
        let value = match (&key.stated, &key.default) {
            (Some(stated), _) => stated.to_string(),
            (None, Some(default)) => format!("{default} unless stated"),
            (None, None) => "not stated".to_owned(),
        };
        writeln!(out, "  {:width$}  {value}", key.path)?;
    }
    Ok(())
}
