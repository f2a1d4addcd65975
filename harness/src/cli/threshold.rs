//! `mockdc threshold`.

use std::io;

use clap::Args;
use mockdc_scenarios::{Amount, Key, Kind};

use super::arguments::Format;
use super::subject::{Subject, found, list_keys, trial};
use super::{Exit, Streams, interrupt};
use crate::report;
use crate::vary::{self, Ends, Range, Trial};

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
