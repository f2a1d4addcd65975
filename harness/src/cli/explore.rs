//! `mockdc explore`.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use clap::Args;
use mockdc_scenarios::{Action, Draft, Values, Variable, story};

use super::arguments::{Assignment, Format};
use super::file::write_file;
use super::subject::{Subject, found, trials};
use super::{Exit, Streams, interrupt};
use crate::report::{quoted, safe, visible};
use crate::vary::{self, Criterion, Ends, Exploration, Failure};

/// `mockdc explore`
#[derive(Debug, Args)]
pub struct Explore {
    /// Which scenario.
    #[command(flatten)]
    pub subject: Subject,
    /// A key and the values that it may take, beside those of the scenario's table `[vary]`: `KEY=FROM..TO`, or
    /// `KEY=VALUE,VALUE,…`. May be given several times.
    #[arg(long, value_name = "KEY=VALUES")]
    pub vary: Vec<Assignment>,
    /// Combinations of values that are tried.
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub cases: u32,
    /// What the combinations are drawn from: another number tries others.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    pub draw: u64,
    /// The file that a scenario that fails is written into: `NAME-found.toml` beside the scenario unless said otherwise.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `mockdc explore`
pub(super) fn explore(command: &Explore, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let trials = match trials(&command.subject, streams)? {
        Ok(trials) => trials,
        Err(exit) => return Ok(exit),
    };
    if let (Some(out), [_, _, ..]) = (&command.out, trials.as_slice()) {
        let names: Vec<&str> = trials.iter().map(|(trial, _)| trial.name.as_str()).collect();
        writeln!(
            streams.err,
            "error: `{}` is one file, and {} scenarios are explored\nhelp: choose one with `--name`: {}; or leave out \
             `--out`, and each gets a file of its own",
            out.display(),
            names.len(),
            names.join(", ")
        )?;
        return Ok(Exit::Usage);
    }
    // The cases of a file have its keys in common.
    let variables = match trials.first().map(|(trial, _)| variables(command, &trial.draft, streams)) {
        Some(variables) => match variables? {
            Ok(variables) => variables,
            Err(exit) => return Ok(exit),
        },
        None => return Ok(Exit::NothingSelected),
    };
    let (cases, draw, jobs) = (command.cases.max(1), command.draw, command.subject.asked.jobs());
    let work = move || -> Vec<Exploration> {
        trials.iter().map(|(trial, _)| vary::explore(trial, &variables, cases, draw, jobs)).collect()
    };
    let Some((explored, _watch)) = interrupt::attended(work)? else {
        return interrupt::interrupted(streams);
    };
    let (mut exit, mut documents) = (Exit::Passed, Vec::new());
    for explored in &explored {
        let (ends, document) = match told(command, explored, streams)? {
            Ok(told) => told,
            Err(exit) => return Ok(exit),
        };
        exit = exit.max(ends);
        documents.push(document);
    }
    if command.format == Format::Json {
        let document = match documents.as_mut_slice() {
            [only] => only.take(),
            _ => serde_json::Value::Array(documents),
        };
        writeln!(streams.out, "{}", serde_json::to_string_pretty(&document)?)?;
    }
    Ok(exit)
}

/// What varies: the table `[vary]`, and what the command line adds to it. The reason why nothing does is printed.
fn variables(
    command: &Explore,
    draft: &Draft,
    streams: &mut Streams<'_>,
) -> io::Result<Result<Vec<Variable>, Exit>> {
    let mut variables = draft.variables();
    for Assignment { key, value } in &command.vary {
        let key = match found(draft, key, streams)? {
            Ok(key) => key,
            Err(exit) => return Ok(Err(exit)),
        };
        match Values::parse(&key, value) {
            Ok(values) => {
                variables.retain(|variable| variable.key.path != key.path);
                variables.push(Variable { key, values });
            }
            Err(why) => {
                writeln!(streams.err, "error: {why}")?;
                return Ok(Err(Exit::Usage));
            }
        }
    }
    if variables.is_empty() {
        writeln!(
            streams.err,
            "error: nothing in the scenario is marked as variable\nhelp: write a table `[vary]` with a line such as \
             `\"domain.replication.nt4.pulse\" = {{ from = \"5m\", to = \"2h\" }}`, or add `--vary KEY=FROM..TO`"
        )?;
        return Ok(Err(Exit::Usage));
    }
    Ok(Ok(variables))
}

/// Writes the file of a failure, and tells it where people read; gives the form for machines.
fn told(
    command: &Explore,
    explored: &Exploration,
    streams: &mut Streams<'_>,
) -> io::Result<Result<(Exit, serde_json::Value), Exit>> {
    let mut document = serde_json::to_value(explored)?;
    let Some(failure) = &explored.failure else {
        if command.format == Format::Console {
            let Exploration { scenario, tried, refused, open, .. } = explored;
            writeln!(
                streams.out,
                "{scenario}: no failure in {tried} combinations ({refused} not possible, {open} open)"
            )?;
        }
        return Ok(Ok((Exit::Passed, document)));
    };
    let path = command.out.clone().unwrap_or_else(|| {
        let file = &command.subject.scenario;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        file.with_file_name(format!("{stem}{}-found.toml", suffix(&explored.scenario)))
    });
    let text = scenario(command, explored, failure);
    if let Some(exit) = write_file(&path, streams, |out| out.write_all(text.as_bytes()))? {
        return Ok(Err(exit));
    }
    let file = path.to_string_lossy();
    document["file"] = file.as_ref().into();
    if command.format == Format::Console {
        tell(explored, failure, streams)?;
        writeln!(streams.out, "{}", quoted(["mockdc", "run", &file]))?;
    }
    Ok(Ok((if failure.ends == Ends::Bug { Exit::Bug } else { Exit::Failed }, document)))
}

/// What a case adds to the name of its file: the same each time, whichever cases are explored beside it, and another for
/// each case, although a file's name cannot hold every letter of a case's.
fn suffix(scenario: &str) -> String {
    let Some((_, case)) = scenario.split_once('[') else { return String::new() };
    let case = case.strip_suffix(']').unwrap_or(case);
    let safe = safe(case);
    // Some systems take small and capital letters of a file's name for the same.
    match safe == case && !case.chars().any(char::is_uppercase) {
        true => format!("-{safe}"),
        false => format!("-{safe}-{:08x}", checksum(case.as_bytes())),
    }
}

/// FNV-1a of 32 bits.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn tell(explored: &Exploration, failure: &Failure, streams: &mut Streams<'_>) -> io::Result<()> {
    writeln!(streams.out, "{}: fails, after {} combinations", explored.scenario, explored.tried)?;
    writeln!(streams.out, "  {}", visible(&failure.why))?;
    for line in settings(failure) {
        writeln!(streams.out, "  with {line}")?;
    }
    if !failure.taken_out.is_empty() {
        writeln!(
            streams.out,
            "  {} tables are not needed for it and are taken out",
            failure.taken_out.len()
        )?;
    }
    let plans = failure.draft.plans().unwrap_or_default();
    if let Some(plan) = plans.iter().find(|plan| plan.name == explored.scenario).or(plans.first()) {
        writeln!(streams.out)?;
        writeln!(streams.out, "{}\n", visible(story(plan).trim_end()))?;
    }
    Ok(())
}

fn settings(failure: &Failure) -> Vec<String> {
    match failure.settings.as_slice() {
        [] => vec!["the values of the file as they are".to_owned()],
        settings => settings.iter().map(|(key, value)| format!("{key} = {value}")).collect(),
    }
}

/// The scenario that fails, as a file of its own.
fn scenario(command: &Explore, explored: &Exploration, failure: &Failure) -> String {
    let mut comment = format!(
        "Found by `mockdc explore {}` as the smallest that fails:\n{}",
        command.subject.scenario.display(),
        visible(&failure.why).replace('\n', " ")
    );
    for line in settings(failure) {
        comment += "\nwith ";
        comment += &line;
    }
    let base = explored.scenario.split('[').next().unwrap_or_default();
    let draft = failure.draft.named(&format!("{base}-found"));
    let mut text = draft.text_below(&visible(&comment));
    // What was asked on the command line stands in the file, so that it fails by itself.
    if command.subject.asked.judge == Criterion::Installed {
        let plans = failure.draft.plans().unwrap_or_default();
        let clients: BTreeSet<&str> = plans
            .iter()
            .flat_map(|plan| &plan.steps)
            .filter_map(|step| match &step.action {
                Action::Install { client, .. } => Some(client.as_str()),
                _ => None,
            })
            .collect();
        for client in clients {
            text += &format!("\n[[expect]]\ninstalled = {{ client = \"{client}\", attempt = 1 }}\n");
        }
    }
    // Tables that were taken out leave blank lines behind.
    mockdc_scenarios::format(&text).unwrap_or(text)
}
