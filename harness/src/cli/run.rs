//! `mockdc run` and `mockdc judge`.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use mockdc_scenarios::Plan;

use super::arguments::{Format, Run};
use super::{Exit, Streams, inspect};
use crate::orchestrator::{self, RunError};
use crate::report::console::{self, Style};
use crate::report::{self, Outcome, RunResult, Summary, Totals, json};
use crate::timeline::Timeline;

/// The seed of a run for which nobody states one.
pub(super) const DEFAULT_SEED: u64 = 1;

/// `mockdc run`
pub(super) fn run(run: &Run, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let selection = match inspect::load(&run.select, streams)? {
        Ok(selection) => selection,
        Err(exit) => return Ok(exit),
    };
    let mut folder = match &run.results {
        None => None,
        Some(path) => match report::ResultsFolder::create(path) {
            Ok(folder) => Some(folder),
            Err(error) => {
                writeln!(streams.err, "error: {error}")?;
                return Ok(Exit::Environment);
            }
        },
    };
    let plans: Vec<Arc<Plan>> = selection.plans.into_iter().map(Arc::new).collect();
    let style =
        Style { colour: streams.colour, names: 0 }.for_names(plans.iter().map(|plan| plan.name.as_str()));
    let mut exit = Exit::Passed;
    let mut summaries: Vec<Summary> = Vec::new();
    'plans: for plan in &plans {
        for seed in seeds(run, plan) {
            let outcome = match replay(plan, seed, run.seeds.is_some()) {
                Ok(outcome) => outcome,
                Err(error) => {
                    writeln!(streams.err, "error: {error}")?;
                    return Ok(Exit::InvalidScenario);
                }
            };
            if run.check_determinism {
                exit = exit.max(compare(plan, seed, &outcome.timeline, streams)?);
            }
            let summary = outcome.summary();
            if let Some(folder) = &mut folder
                && let Err(error) = folder.add(&summary, &outcome.timeline)
            {
                writeln!(streams.err, "error: {error}")?;
                return Ok(Exit::Environment);
            }
            exit = exit.max(exit_of(summary.result));
            if run.format == Format::Console {
                // With many seeds only what did not pass is worth a line each.
                if run.seeds.is_none() || summary.result != RunResult::Pass {
                    console::scenario_line(streams.out, &summary, style)?;
                }
                console::failure(streams.out, &summary, &outcome.timeline.events, style)?;
            }
            let stop = run.fail_fast && summary.result != RunResult::Pass;
            summaries.push(summary);
            if stop {
                break 'plans;
            }
        }
    }
    if let Some(mut folder) = folder
        && let Err(error) = folder.finish(&summaries)
    {
        writeln!(streams.err, "error: {error}")?;
        return Ok(Exit::Environment);
    }
    match run.format {
        Format::Console => console::summary(streams.out, Totals::of(&summaries), style)?,
        Format::Json => json::document(streams.out, &summaries.iter().collect::<Vec<_>>())?,
    }
    Ok(exit)
}

/// `mockdc judge`: a saved run, judged again.
pub(super) fn judge_again(path: &Path, format: Format, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            writeln!(streams.err, "error: cannot read `{}`: {error}", path.display())?;
            return Ok(Exit::Usage);
        }
    };
    let timeline = match Timeline::read(BufReader::new(file)) {
        Ok(timeline) => timeline,
        Err(error) => {
            writeln!(
                streams.err,
                "error: `{}` is no saved run: {error}\nhelp: `mockdc run … --results DIR` writes one as events.jsonl",
                path.display()
            )?;
            return Ok(Exit::Usage);
        }
    };
    let judgement = crate::judge::judge(&timeline);
    let rerun = report::quoted(["mockdc", "judge", &path.to_string_lossy()]);
    let outcome = Outcome { timeline, judgement, rerun };
    let summary = outcome.summary();
    match format {
        Format::Console => {
            let style = Style { colour: streams.colour, names: 0 }.for_names([summary.name.as_str()]);
            console::scenario_line(streams.out, &summary, style)?;
            console::failure(streams.out, &summary, &outcome.timeline.events, style)?;
        }
        Format::Json => json::document(streams.out, &[&summary])?,
    }
    Ok(exit_of(summary.result))
}

fn replay(plan: &Arc<Plan>, seed: u64, many_seeds: bool) -> Result<Outcome, RunError> {
    let timeline = orchestrator::run(plan, seed)?;
    let judgement = crate::judge::judge(&timeline);
    let seed = seed.to_string();
    let mut words = vec!["mockdc", "run", &plan.file, "--name", &plan.name];
    let range = format!("{seed}..{seed}");
    match (many_seeds, plan.seed) {
        // A scenario's own seed comes before `--seed`; a range of one sets it aside again.
        (true, Some(_)) => words.extend(["--seeds", &range]),
        (false, Some(_)) => {}
        (_, None) => words.extend(["--seed", &seed]),
    }
    let rerun = report::quoted(words);
    Ok(Outcome { timeline, judgement, rerun })
}

fn seeds(run: &Run, plan: &Plan) -> std::ops::RangeInclusive<u64> {
    match run.seeds {
        Some((from, to)) => from..=to,
        None => {
            let seed = plan.seed.or(run.seed).unwrap_or(DEFAULT_SEED);
            seed..=seed
        }
    }
}

/// Runs a plan once more and shows the first event that differs.
fn compare(plan: &Arc<Plan>, seed: u64, first: &Timeline, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let again = match orchestrator::run(plan, seed) {
        Ok(again) => again,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::NotDeterministic);
        }
    };
    let Some(difference) = first.first_difference(&again) else { return Ok(Exit::Passed) };
    let told = |event: Option<&crate::timeline::Event>| match event {
        Some(event) => format!("{}  {}  {}", report::instant(event.at), event.host, report::describe(event)),
        None => "nothing: the run had ended".to_owned(),
    };
    writeln!(
        streams.out,
        "`{}` with seed {seed} is not deterministic: event {} differs\n  first:  {}\n  second: {}",
        plan.name,
        difference.seq,
        told(difference.one),
        told(difference.other)
    )?;
    Ok(Exit::NotDeterministic)
}

fn exit_of(result: RunResult) -> Exit {
    match result {
        RunResult::Pass | RunResult::Skipped => Exit::Passed,
        RunResult::Fail => Exit::Failed,
        RunResult::Inconclusive => Exit::Inconclusive,
        RunResult::Bug => Exit::Bug,
    }
}
