//! `mockdc run`, `mockdc judge` and `mockdc report merge`.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use mockdc_scenarios::Plan;

use super::arguments::{Merge, ReportFormat, Run};
use super::progress::Progress;
use super::{Exit, Streams, inspect, interrupt, pool};
use crate::orchestrator::{self, RunError};
use crate::report::console::{self, Style};
use crate::report::{self, Outcome, Reason, RunResult, Series, Summary, Totals, json};
use crate::timeline::Timeline;

/// The seed of a run for which nobody states one.
pub(super) const DEFAULT_SEED: u64 = 1;

/// The kind of the reason that two runs with the same seed differ.
const NOT_DETERMINISTIC: &str = "not-deterministic";

/// `mockdc run`
pub(super) fn run(run: &Run, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let selection = match inspect::load(&run.select, streams)? {
        Ok(selection) => selection,
        Err(exit) => return Ok(exit),
    };
    let mut plans = selection.plans;
    let mut series = Series::of(&plans, run.seeds, run.seed.unwrap_or(DEFAULT_SEED));
    if let Some(partition) = run.partition {
        series.partition = Some(partition);
        let mut place = 0..;
        plans.retain(|plan| place.next().is_some_and(|place| partition.holds(place, &plan.name)));
        if plans.is_empty() {
            // Not an error: with more parts than scenarios some parts have none, and the others have them all.
            writeln!(streams.err, "note: none of {} scenarios is in {partition}", series.cases.len())?;
        }
    }
    let folder = match run.results.as_deref().map(report::ResultsFolder::create).transpose() {
        Ok(folder) => folder,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Environment);
        }
    };
    let style =
        Style { colour: streams.colour, names: 0 }.for_names(plans.iter().map(|plan| plan.name.as_str()));
    let plans = plans.into_iter().map(Arc::new);
    let jobs: Arc<[(Arc<Plan>, u64)]> =
        plans.flat_map(|plan| seeds(run, &plan).map(move |seed| (Arc::clone(&plan), seed))).collect();
    let mut hall = Hall { run, style, folder, summaries: Vec::new() };
    let progress = Progress::new(jobs.len(), streams.progress);
    let threads = run.jobs.map_or_else(pool::cores, |jobs| usize::from(jobs.get()));
    let again = match (run.check_determinism, run.second_seed) {
        (false, _) => Again::Never,
        (true, None) => Again::SameSeed,
        (true, Some(seed)) => Again::Seed(seed),
    };
    let (of_work, many_seeds) = (Arc::clone(&jobs), run.seeds.is_some());
    let play = move |number: usize| {
        let (plan, seed) = &of_work[number];
        play(plan, *seed, many_seeds, again)
    };
    let desk = Arc::new(pool::Desk::default());
    let closing = Arc::clone(&desk);
    let watch = interrupt::watch(move || closing.close())?;
    let mut failed = None;
    pool::in_order(&desk, jobs.len(), threads, play, |_, played| {
        let mut text = Vec::new();
        let taken = hall.take(played, &mut text)?;
        progress.print(streams.out, &text)?;
        progress.advance(taken.passed());
        Ok(match taken {
            Taken::GoOn { .. } => ControlFlow::Continue(()),
            Taken::Enough => ControlFlow::Break(()),
            Taken::Failed(exit, why) => {
                failed = Some((exit, why));
                ControlFlow::Break(())
            }
        })
    })?;
    progress.finish();
    if let Some((exit, why)) = failed {
        writeln!(streams.err, "error: {why}")?;
        return Ok(exit);
    }
    let Hall { folder, summaries, .. } = hall;
    series.stopped = summaries.len() < jobs.len();
    if let Some(mut folder) = folder
        && let Err(error) = folder.finish(Some(&series), &summaries)
    {
        writeln!(streams.err, "error: {error}")?;
        return Ok(Exit::Environment);
    }
    let exit = tell(&summaries, Some(&series), run.format, run.junit.as_deref(), style, streams)?;
    if series.stopped && watch.asked() {
        writeln!(streams.err, "interrupted: {} of {} runs are done", summaries.len(), jobs.len())?;
        return Ok(exit.max(Exit::Interrupted));
    }
    Ok(exit)
}

/// `mockdc report merge`
pub(super) fn merge(merge: &Merge, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (series, summaries) = match report::merge(&merge.results) {
        Ok(merged) => merged,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Usage);
        }
    };
    let style = Style { colour: streams.colour, names: 0 };
    let style = style.for_names(summaries.iter().map(|summary| summary.name.as_str()));
    if merge.format == ReportFormat::Console {
        for summary in &summaries {
            if series.seeds.is_none() || summary.result != RunResult::Pass {
                console::scenario_line(streams.out, summary, style)?;
            }
            for line in report::reasons(summary).lines() {
                writeln!(streams.out, "  {line}")?;
            }
        }
    }
    if let Some(path) = &merge.summary {
        let all: Vec<&Summary> = summaries.iter().collect();
        if let Some(exit) = write_to(path, streams, |out| json::document(out, Some(&series), &all))? {
            return Ok(exit);
        }
    }
    tell(&summaries, Some(&series), merge.format, merge.junit.as_deref(), style, streams)
}

/// What is told once all results are there.
fn tell(
    summaries: &[Summary],
    series: Option<&Series>,
    format: ReportFormat,
    junit: Option<&Path>,
    style: Style,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let all: Vec<&Summary> = summaries.iter().collect();
    let many_seeds = series.is_some_and(|series| series.seeds.is_some());
    if let Some(path) = junit
        && let Some(exit) = write_to(path, streams, |out| report::junit(out, &all, many_seeds))?
    {
        return Ok(exit);
    }
    match format {
        ReportFormat::Console => console::summary(streams.out, Totals::of(summaries), style)?,
        ReportFormat::Json => json::document(streams.out, series, &all)?,
        ReportFormat::Tap => report::tap(streams.out, &all, many_seeds)?,
    }
    if let Some(github) = &streams.github {
        streams.commands.extend(github.annotations(&all));
        if let Err(error) = github.summarize(&all) {
            writeln!(streams.err, "warning: cannot write the step's summary: {error}")?;
        }
    }
    Ok(summaries.iter().map(exit_of).max().unwrap_or(Exit::Passed))
}

/// Writes a file. `Some` when that fails; the reason is printed by then.
fn write_to(
    path: &Path,
    streams: &mut Streams<'_>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<Exit>> {
    let written = File::create(path).map(BufWriter::new).and_then(|mut out| {
        write(&mut out)?;
        out.flush()
    });
    match written {
        Ok(()) => Ok(None),
        Err(error) => {
            writeln!(streams.err, "error: cannot write `{}`: {error}", path.display())?;
            Ok(Some(Exit::Environment))
        }
    }
}

/// Where results come in, one after the other.
struct Hall<'r> {
    run: &'r Run,
    style: Style,
    folder: Option<report::ResultsFolder>,
    summaries: Vec<Summary>,
}

/// What a result means for those that follow.
enum Taken {
    /// Go on.
    GoOn { passed: bool },
    /// It did not pass, and that is enough.
    Enough,
    /// Nothing more can be done, and why.
    Failed(Exit, String),
}

impl Taken {
    fn passed(&self) -> bool {
        matches!(self, Taken::GoOn { passed: true })
    }
}

impl Hall<'_> {
    /// Takes a result in; what is to be printed of it goes to `text`.
    fn take(&mut self, played: Result<Played, RunError>, text: &mut Vec<u8>) -> io::Result<Taken> {
        let Played { outcome, summary } = match played {
            Ok(played) => played,
            Err(error) => return Ok(Taken::Failed(Exit::InvalidScenario, error.to_string())),
        };
        if let Some(folder) = &mut self.folder
            && let Err(error) = folder.add(&summary, &outcome.timeline)
        {
            return Ok(Taken::Failed(Exit::Environment, error.to_string()));
        }
        let passed = summary.result == RunResult::Pass;
        if self.run.format == ReportFormat::Console {
            // With many seeds only what did not pass is worth a line each.
            if self.run.seeds.is_none() || !passed {
                console::scenario_line(text, &summary, self.style)?;
            }
            console::failure(text, &summary, &outcome.timeline.events, self.style)?;
        }
        self.summaries.push(summary);
        Ok(if self.run.fail_fast && !passed { Taken::Enough } else { Taken::GoOn { passed } })
    }
}

/// `mockdc judge`: a saved run, judged again.
pub(super) fn judge_again(path: &Path, format: ReportFormat, streams: &mut Streams<'_>) -> io::Result<Exit> {
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
        ReportFormat::Console => {
            let style = Style { colour: streams.colour, names: 0 }.for_names([summary.name.as_str()]);
            console::scenario_line(streams.out, &summary, style)?;
            console::failure(streams.out, &summary, &outcome.timeline.events, style)?;
        }
        ReportFormat::Json => json::document(streams.out, None, &[&summary])?,
        ReportFormat::Tap => report::tap(streams.out, &[&summary], false)?,
    }
    Ok(exit_of(&summary))
}

/// Whether each run is made a second time, and under which seed.
#[derive(Clone, Copy)]
enum Again {
    Never,
    SameSeed,
    Seed(u64),
}

/// A run with what is to be told of it.
struct Played {
    outcome: Outcome,
    summary: Summary,
}

fn play(plan: &Arc<Plan>, seed: u64, many_seeds: bool, again: Again) -> Result<Played, RunError> {
    let outcome = replay(plan, seed, many_seeds)?;
    let mut summary = outcome.summary();
    let difference = match again {
        Again::Never => None,
        Again::SameSeed => compare(plan, seed, seed, &outcome.timeline),
        Again::Seed(second) => compare(plan, seed, second, &outcome.timeline),
    };
    if let Some(text) = difference {
        if summary.result == RunResult::Pass {
            summary.result = RunResult::Fail;
        }
        let kind = NOT_DETERMINISTIC.into();
        summary.reasons.push(Reason { kind, line: None, text, because: None, evidence: Vec::new() });
    }
    Ok(Played { outcome, summary })
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

/// Runs a plan once more and tells the first event that differs.
fn compare(plan: &Arc<Plan>, seed: u64, second: u64, first: &Timeline) -> Option<String> {
    let again = match orchestrator::run(plan, second) {
        Ok(again) => again,
        Err(error) => {
            return Some(format!("`{}` with seed {seed} ran once and not twice: {error}", plan.name));
        }
    };
    let difference = first.first_difference(&again)?;
    let told = |event: Option<&crate::timeline::Event>| match event {
        Some(event) => format!("{}  {}  {}", report::instant(event.at), event.host, report::describe(event)),
        None => "nothing: the run had ended".to_owned(),
    };
    Some(format!(
        "`{}` with seed {seed} is not deterministic: event {} differs\n  first:  {}\n  second: {}",
        plan.name,
        difference.seq,
        told(difference.one),
        told(difference.other)
    ))
}

fn exit_of(summary: &Summary) -> Exit {
    let differs = summary.reasons.iter().any(|reason| reason.kind == NOT_DETERMINISTIC);
    match summary.result {
        RunResult::Bug => Exit::Bug,
        _ if differs => Exit::NotDeterministic,
        RunResult::Pass | RunResult::Skipped => Exit::Passed,
        RunResult::Fail => Exit::Failed,
        RunResult::Inconclusive => Exit::Inconclusive,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_that_differ_end_with_7_and_a_bug_with_8() {
        let plan = Plan::clone(&crate::timeline::story::plan());
        let differs = Reason {
            kind: NOT_DETERMINISTIC.into(),
            line: None,
            text: "event 3 differs".into(),
            because: None,
            evidence: Vec::new(),
        };
        let summary =
            |result, reasons| Summary { result, reasons, ..Summary::unrun(&plan, 1, String::new()) };
        assert_eq!(exit_of(&summary(RunResult::Fail, vec![differs.clone()])).code(), 7);
        assert_eq!(exit_of(&summary(RunResult::Fail, Vec::new())).code(), 1);
        assert_eq!(exit_of(&summary(RunResult::Bug, vec![differs])).code(), 8);
    }
}
