//! `mockdc explore`.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use clap::Args;
use mockdc_scenarios::{Action, Values, Variable, story};

use super::arguments::{Assignment, Format};
use super::file::write_file;
use super::vary::{Subject, found, trial};
use super::{Exit, Streams};
use crate::report::{quoted, visible};
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
    let (trial, _) = match trial(&command.subject, streams)? {
        Ok(ready) => ready,
        Err(exit) => return Ok(exit),
    };
    let mut variables = trial.draft.variables();
    for Assignment { key, value } in &command.vary {
        let key = match found(&trial.draft, key, streams)? {
            Ok(key) => key,
            Err(exit) => return Ok(exit),
        };
        match Values::parse(&key, value) {
            Ok(values) => {
                variables.retain(|variable| variable.key.path != key.path);
                variables.push(Variable { key, values });
            }
            Err(why) => {
                writeln!(streams.err, "error: {why}")?;
                return Ok(Exit::Usage);
            }
        }
    }
    if variables.is_empty() {
        writeln!(
            streams.err,
            "error: nothing in the scenario is marked as variable\nhelp: write a table `[vary]` with a line such as \
             `\"domain.replication.nt4.pulse\" = {{ from = \"5m\", to = \"2h\" }}`, or add `--vary KEY=FROM..TO`"
        )?;
        return Ok(Exit::Usage);
    }
    let explored = vary::explore(&trial, &variables, command.cases.max(1), command.draw);
    let Some(failure) = &explored.failure else {
        match command.format {
            Format::Json => writeln!(streams.out, "{}", serde_json::to_string_pretty(&explored)?)?,
            Format::Console => {
                let Exploration { tried, refused, open, .. } = &explored;
                writeln!(
                    streams.out,
                    "{}: no failure in {tried} combinations ({refused} not possible, {open} open)",
                    trial.name
                )?;
            }
        }
        return Ok(Exit::Passed);
    };
    let path = command.out.clone().unwrap_or_else(|| {
        let stem = command.subject.scenario.file_stem().unwrap_or_default().to_string_lossy();
        command.subject.scenario.with_file_name(format!("{stem}-found.toml"))
    });
    let text = scenario(command, &explored, failure);
    if let Some(exit) = write_file(&path, streams, |out| out.write_all(text.as_bytes()))? {
        return Ok(exit);
    }
    let file = path.to_string_lossy();
    match command.format {
        Format::Json => {
            let mut document = serde_json::to_value(&explored)?;
            document["file"] = file.as_ref().into();
            writeln!(streams.out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
        Format::Console => {
            tell(&explored, failure, streams)?;
            writeln!(streams.out, "{}", quoted(["mockdc", "run", &file]))?;
        }
    }
    Ok(if failure.ends == Ends::Bug { Exit::Bug } else { Exit::Failed })
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
    if command.subject.judge == Criterion::Installed {
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
