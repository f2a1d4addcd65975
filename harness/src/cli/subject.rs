//! The one scenario that is tried many times, and its keys.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use mockdc_scenarios::{Draft, Key, KeyError, Plan};

use super::arguments::{Assignment, Format};
use super::asked::Asked;
use super::{Exit, Streams, inspect, select};
use crate::vary::Trial;

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

/// Lists the keys that can vary.
pub(super) fn list_keys(draft: &Draft, format: Format, streams: &mut Streams<'_>) -> io::Result<Exit> {
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
