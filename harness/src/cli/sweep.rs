//! `mockdc sweep`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use mockdc_scenarios::Plan;

use super::arguments::{Assignment, Format};
use super::file::write_file;
use super::subject::{Subject, found, trial};
use super::{Exit, Streams, interrupt};
use crate::vary::{self, Axis, Matrix, Trial};

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
