//! `mockdc run`, `mockdc judge` and `mockdc report merge`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use mockdc_scenarios::Plan;

use super::arguments::{JUnitFiles, Merge, ReportFormat, Run};
use super::diagnose::Against;
use super::file::write_file;
use super::progress::Progress;
use super::{Exit, Streams, inspect, interrupt, pool};
use crate::backend::{self, Backend, NoRun, Played};
use crate::orchestrator::{self, Prepared};
use crate::report::console::{self, Style};
use crate::report::{self, JUnitForm, Outcome, Reason, RunResult, Series, Summary, Table, Totals, json};
use crate::run::{Pace, Pulse};
use crate::timeline::{Events, Timeline};

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
    let mut backends = run.backend.clone();
    backends.sort_unstable();
    backends.dedup();
    if run.check_determinism && backends != [Backend::Fake] {
        writeln!(
            streams.err,
            "error: `--check-determinism` compares two runs in virtual time\nhelp: leave out `--backend`"
        )?;
        return Ok(Exit::Usage);
    }
    let mut series = Series::of(&plans, run.seeds, run.seed.unwrap_or(DEFAULT_SEED));
    series.backends.clone_from(&backends);
    if let Some(partition) = run.partition {
        series.partition = Some(partition);
        let mut place = 0..;
        plans.retain(|plan| place.next().is_some_and(|place| partition.holds(place, &plan.name)));
        if plans.is_empty() {
            // Not an error: with more parts than scenarios some parts have none, and the others have them all.
            writeln!(streams.err, "note: none of {} scenarios is in {partition}", series.cases.len())?;
        }
    }
    let against = match against(run, streams)? {
        Ok(against) => against,
        Err(exit) => return Ok(exit),
    };
    let folder = match run.results.as_deref().map(report::ResultsFolder::create).transpose() {
        Ok(folder) => folder,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Environment);
        }
    };
    let folder = match run.seeds {
        Some(_) => folder.map(report::ResultsFolder::without_pages_of_passes),
        None => folder,
    };
    let pictures = match super::pictures::Pictures::new(run.html.as_deref(), run.trace.as_deref()) {
        Ok(pictures) => pictures,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Environment);
        }
    };
    let plans: Vec<Arc<Plan>> = plans.into_iter().map(Arc::new).collect();
    let mut jobs: Vec<Job> = Vec::new();
    for backend in &backends {
        for plan in &plans {
            let start: Arc<OnceLock<Prepared>> = Arc::default();
            jobs.extend(seeds(run, plan).map(|seed| Job {
                plan: Arc::clone(plan),
                seed,
                backend: *backend,
                start: run.seeds.is_some().then(|| Arc::clone(&start)),
            }));
        }
    }
    let jobs: Arc<[Job]> = jobs.into();
    let labels: Vec<String> = jobs.iter().map(|job| report::label(&job.plan.name, job.backend)).collect();
    let style = Style { colour: streams.colour, names: 0 }.for_names(labels.iter().map(String::as_str));
    let mut hall = Hall { run, style, folder, pictures, against, differs: false, summaries: Vec::new() };
    let progress = Progress::new(jobs.len(), streams.progress);
    let threads = run.jobs.map_or_else(pool::cores, |jobs| usize::from(jobs.get()));
    let again = match (run.check_determinism, run.second_seed) {
        (false, _) => Again::Never,
        (true, None) => Again::SameSeed,
        (true, Some(seed)) => Again::Seed(seed),
    };
    let set: Arc<[String]> = run.select.set.iter().map(ToString::to_string).collect();
    let pulse = progress.pulse();
    let how = How { many_seeds: run.seeds.is_some(), again, speed: run.speed, set, pulse };
    let of_work = Arc::clone(&jobs);
    let play = move |number: usize| play(&of_work[number], &how);
    let desk = Arc::new(pool::Desk::default());
    let closing = Arc::clone(&desk);
    mockdc_containers::leave_signals_to_the_program();
    let watch = interrupt::watch(move || closing.close())?;
    let _last = backends.contains(&Backend::Samba).then_some(AwaitContainers);
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
    let Hall { folder, summaries, differs, .. } = hall;
    series.stopped = summaries.len() < jobs.len();
    // One column that says what the list says already is not worth printing.
    let table = (backends != [Backend::Fake]).then(|| Table::of(&backends, &summaries));
    if let Some(mut folder) = folder {
        let written = table.as_ref().map_or(Ok(()), |table| folder.add_table(table));
        if let Err(error) = written.and_then(|()| folder.finish(Some(&series), &summaries)) {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Environment);
        }
    }
    if let Some(table) = table.filter(|_| run.format == ReportFormat::Console) {
        table.print(streams.out)?;
    }
    let mut exit = tell(&summaries, Some(&series), run.format, &run.junit, style, streams)?;
    if differs {
        exit = exit.max(Exit::Failed);
    }
    // What went before is told and written by now.
    if let Some((worse, why)) = failed {
        writeln!(streams.err, "error: {why}")?;
        exit = exit.max(worse);
    }
    let interrupted = series.stopped && watch.asked();
    if interrupted {
        writeln!(streams.err, "interrupted: {} of {} runs are done", summaries.len(), jobs.len())?;
    }
    streams.out.flush()?;
    Ok(if interrupted { exit.max(Exit::Interrupted) } else { exit })
}

/// Reads the customer's logs of `--against`. `Err` when that failed; the reason is printed by then.
fn against(run: &Run, streams: &mut Streams<'_>) -> io::Result<Result<Option<Against>, Exit>> {
    if run.against.is_empty() {
        return Ok(Ok(None));
    }
    if run.format != ReportFormat::Console {
        writeln!(
            streams.err,
            "error: `--against` shows logs side by side, and only as text\nhelp: leave out `--format`"
        )?;
        return Ok(Err(Exit::Usage));
    }
    Ok(Against::read(&run.against, run.keep_names, streams)?.map(Some))
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
    let labels: Vec<String> = summaries.iter().map(Summary::label).collect();
    let style = style.for_names(labels.iter().map(String::as_str));
    let table = (series.backends != [Backend::Fake]).then(|| Table::of(&series.backends, &summaries));
    if let (Some(path), Some(table)) = (&merge.table, &table)
        && let Some(exit) = write_file(path, streams, |out| table.markdown(out))?
    {
        return Ok(exit);
    }
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
    if let Some(table) = table.filter(|_| merge.format == ReportFormat::Console) {
        table.print(streams.out)?;
    }
    if let Some(path) = &merge.summary {
        let all: Vec<&Summary> = summaries.iter().collect();
        if let Some(exit) = write_file(path, streams, |out| json::document(out, Some(&series), &all))? {
            return Ok(exit);
        }
    }
    tell(&summaries, Some(&series), merge.format, &merge.junit, style, streams)
}

/// What is told once all results are there.
pub(super) fn tell(
    summaries: &[Summary],
    series: Option<&Series>,
    format: ReportFormat,
    junit: &JUnitFiles,
    style: Style,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let all: Vec<&Summary> = summaries.iter().collect();
    // Runs of one scenario that came of several seeds are told apart by them.
    let labels: BTreeSet<String> = summaries.iter().map(Summary::label).collect();
    let many_seeds = series.is_some_and(|series| series.seeds.is_some())
        || (series.is_none() && labels.len() < summaries.len());
    for (path, form) in [(&junit.junit, JUnitForm::Usual), (&junit.junit_strict, JUnitForm::Strict)] {
        if let Some(path) = path
            && let Some(exit) = write_file(path, streams, |out| report::junit(out, &all, many_seeds, form))?
        {
            return Ok(exit);
        }
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

/// Where results come in, one after the other.
struct Hall<'r> {
    run: &'r Run,
    style: Style,
    folder: Option<report::ResultsFolder>,
    pictures: super::pictures::Pictures,
    /// A customer's logs, to be shown beside each run's.
    against: Option<Against>,
    /// Whether a run's logs differ from them.
    differs: bool,
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
    fn take(&mut self, done: Done, text: &mut Vec<u8>) -> io::Result<Taken> {
        let (summary, timeline) = match done {
            Done::Ran(summary, timeline) => (*summary, Some(timeline)),
            Done::NotRun(summary) => (*summary, None),
            // What is done by then is told and written.
            Done::Failed(Exit::Interrupted, _) => return Ok(Taken::Enough),
            Done::Failed(exit, why) => return Ok(Taken::Failed(exit, why)),
        };
        if let Some(folder) = &mut self.folder {
            let added = match &timeline {
                Some(timeline) => folder.add(&summary, timeline),
                None => folder.add_unrun(&summary),
            };
            if let Err(error) = added {
                return Ok(Taken::Failed(Exit::Environment, error.to_string()));
            }
        }
        if let Some(timeline) = &timeline
            && let Err(error) = self.pictures.add(&summary, timeline, self.run.seeds.is_some())
        {
            return Ok(Taken::Failed(Exit::Environment, error));
        }
        let passed = matches!(summary.result, RunResult::Pass | RunResult::Skipped);
        if self.run.format == ReportFormat::Console {
            // With many seeds only what did not pass is worth a line each.
            if self.run.seeds.is_none() || summary.result != RunResult::Pass {
                console::scenario_line(text, &summary, self.style)?;
            }
            let none = Events::default();
            let events = timeline.as_ref().map_or(&none, |timeline| &timeline.events);
            console::failure(text, &summary, events, self.style)?;
            if let (Some(against), Some(timeline)) = (&self.against, &timeline) {
                self.differs |= !against.show(timeline, text)?;
            }
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

/// Whichever way a series ends, the containers of the run that is under way go first.
struct AwaitContainers;

impl Drop for AwaitContainers {
    fn drop(&mut self) {
        backend::await_the_end_of_containers();
    }
}

/// One run that is to be made.
struct Job {
    plan: Arc<Plan>,
    seed: u64,
    backend: Backend,
    /// What all runs of the plan begin with, where there are several.
    start: Option<Arc<OnceLock<Prepared>>>,
}

/// What came of a job.
enum Done {
    /// A run, with what is to be told of it.
    Ran(Box<Summary>, Timeline),
    /// The backend cannot do what the scenario needs, or nothing can be told of what it did.
    NotRun(Box<Summary>),
    /// Nothing more can be done, and why.
    Failed(Exit, String),
}

/// How jobs are done.
#[derive(Clone)]
struct How {
    many_seeds: bool,
    again: Again,
    speed: Option<Pace>,
    /// Values set on the command line.
    set: Arc<[String]>,
    /// To whom runs in virtual time tell how far they have got, where somebody looks.
    pulse: Option<Arc<Pulse>>,
}

fn play(job: &Job, how: &How) -> Done {
    let Job { plan, seed, backend, start } = job;
    let (seed, backend) = (*seed, *backend);
    let rerun = rerun(job, how);
    let told = |summary: Summary| Box::new(Summary { backend, ..summary });
    if plan.program.is_some() {
        let why = format!("it needs a program: `mockdc exec {}` runs it", plan.file);
        return Done::NotRun(told(Summary::skipped(plan, seed, why, rerun)));
    }
    let own = OnceLock::new();
    if let (Backend::Fake, None) = (backend, how.speed) {
        // A plan that cannot be prepared is told when it is played.
        let prepared = match start {
            Some(shared) => Prepared::shared(plan, shared),
            None => Prepared::for_one_run(plan).map(|prepared| own.get_or_init(|| prepared)),
        };
        if let (Ok(prepared), Some(pulse)) = (prepared, &how.pulse) {
            prepared.tell(pulse);
        }
    }
    let start = start.as_deref().unwrap_or(&own);
    let Played { timeline, wall } = match backend::play_from(start, plan, seed, backend, how.speed) {
        Ok(played) => played,
        Err(NoRun::Skip(why)) => return Done::NotRun(told(Summary::skipped(plan, seed, why, rerun))),
        Err(NoRun::Open(why)) => return Done::NotRun(told(Summary::open(plan, seed, why, rerun))),
        Err(NoRun::Broken(why)) => return Done::NotRun(told(Summary::broken(plan, seed, why, rerun))),
        Err(NoRun::Plan(error)) => return Done::Failed(Exit::InvalidScenario, error.to_string()),
        Err(NoRun::Environment(why)) => return Done::Failed(Exit::Environment, why),
        Err(NoRun::Interrupted) => return Done::Failed(Exit::Interrupted, "interrupted".into()),
    };
    // A run on the wall clock was not made from the start that is prepared.
    let judgement = match start.get().filter(|_| wall.is_none()) {
        Some(prepared) => prepared.judge(&timeline),
        None => crate::judge::judge(&timeline),
    };
    let outcome = Outcome { timeline, judgement, rerun };
    let mut summary = told(Summary { wall, ..outcome.summary() });
    let difference = match how.again {
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
    Done::Ran(summary, outcome.timeline)
}

/// The command that repeats a run.
fn rerun(job: &Job, how: &How) -> String {
    let Job { plan, seed, backend, .. } = job;
    let seed = seed.to_string();
    let mut words = vec!["mockdc", "run", &plan.file, "--name", &plan.name];
    let range = format!("{seed}..{seed}");
    match (how.many_seeds, plan.seed) {
        // A scenario's own seed comes before `--seed`; a range of one sets it aside again.
        (true, Some(_)) => words.extend(["--seeds", &range]),
        (false, Some(_)) => {}
        (_, None) => words.extend(["--seed", &seed]),
    }
    for set in how.set.iter() {
        words.extend(["--set", set]);
    }
    if *backend != Backend::Fake {
        words.extend(["--backend", backend.name()]);
    }
    let speed = how.speed.map(|speed| speed.to_string());
    if let Some(speed) = &speed {
        words.extend(["--speed", speed]);
    }
    report::quoted(words)
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

pub(super) fn exit_of(summary: &Summary) -> Exit {
    let differs = summary.reasons.iter().any(|reason| reason.kind == NOT_DETERMINISTIC);
    match summary.result {
        RunResult::Bug => Exit::Bug,
        _ if differs => Exit::NotDeterministic,
        _ if summary.is_broken() => Exit::Environment,
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
