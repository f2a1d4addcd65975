//! `mockdc compare --program`: two programs against the served controllers of the same scenarios.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use mockdc_scenarios::Plan;

use super::arguments::{LiveSpeed, Select};
use super::compare::{Both, Compare, Names};
use super::stop::Stop;
use super::{Exit, Streams, inspect, interrupt, live};
use crate::live::{NoLive, Setup, Told, can_start, run_live};
use crate::report::{Outcome, Summary};
use crate::vary::parallel;

/// What A is when only B is given.
const OWN: &str = "the scenario's own program";

/// Runs both programs on each scenario with each seed.
pub(super) fn compared(
    command: &Compare,
    streams: &mut Streams<'_>,
) -> io::Result<(Names, Result<Both, Exit>)> {
    let (a, b) = match command.program.as_slice() {
        [b] => (OWN.to_owned(), b.clone()),
        [a, b] => (a.clone(), b.clone()),
        programs => {
            let names = (String::new(), String::new());
            writeln!(streams.err, "error: {} programs are given, and two are compared", programs.len())?;
            return Ok((names, Err(Exit::Usage)));
        }
    };
    let mut words = [Vec::new(), Vec::new()];
    for (text, words) in command.program.iter().rev().zip(words.iter_mut().rev()) {
        match shlex::split(text).filter(|words| !words.is_empty()) {
            Some(split) => *words = split,
            None => {
                let why = if text.trim().is_empty() { "it is empty" } else { "a quote in it is not closed" };
                writeln!(streams.err, "error: `--program '{text}'`: {why}")?;
                return Ok(((a, b), Err(Exit::Usage)));
            }
        }
    }
    let both = match work(command, &words, streams)? {
        Ok(work) => match none_starts(&work, streams)? {
            None => run(&work, command, streams)?,
            Some(exit) => Err(exit),
        },
        Err(exit) => Err(exit),
    };
    Ok(((a, b), both))
}

/// One run that is to be made.
struct Work {
    setup: Setup,
    /// The command that makes it again.
    rerun: String,
}

/// The runs, those of A and B in turn.
fn work(
    command: &Compare,
    words: &[Vec<String>; 2],
    streams: &mut Streams<'_>,
) -> io::Result<Result<Vec<Work>, Exit>> {
    let given = [&command.a, &command.b].into_iter().flatten().map(PathBuf::from);
    let paths: Vec<PathBuf> = given.chain(command.on.iter().cloned()).collect();
    if paths.is_empty() {
        writeln!(
            streams.err,
            "error: nothing says against which scenario the programs are run\nhelp: `mockdc compare SCENARIO --program A \
             --program B`"
        )?;
        return Ok(Err(Exit::Usage));
    }
    let speed = match command.speed {
        None => 1.0,
        Some(LiveSpeed(Some(speed))) => speed,
        Some(LiveSpeed(None)) => {
            writeln!(
                streams.err,
                "error: `--speed manual`: nobody would move the clock\nhelp: write a number: 60 lets a minute of the \
                 scenario pass in a second"
            )?;
            return Ok(Err(Exit::Usage));
        }
    };
    let select = Select { paths, name: command.name.clone(), tag: Vec::new(), set: Vec::new() };
    let plans = match inspect::load(&select, streams)? {
        Ok(selection) => selection.plans,
        Err(exit) => return Ok(Err(exit)),
    };
    let mut work = Vec::new();
    for plan in plans.into_iter().map(Arc::new) {
        if words[0].is_empty() && stated(&plan).is_empty() {
            writeln!(
                streams.err,
                "error: `{}` states no program that the one given could be compared with\nhelp: give `--program` twice, \
                 or state it in the scenario: `[program]` with `run = [ … ]`",
                plan.name
            )?;
            return Ok(Err(Exit::Usage));
        }
        for seed in command.asked.seeds(&plan) {
            for words in words {
                let program = if words.is_empty() { stated(&plan) } else { words };
                let setup = Setup {
                    plan: Arc::clone(&plan),
                    seed,
                    speed: Some(speed),
                    ports: crate::live::Ports::Free,
                    listen: Ipv4Addr::LOCALHOST.into(),
                    public_port: None,
                    files: None,
                    control: None,
                    command: Some(program.to_vec()),
                    timeout: command.timeout,
                };
                let rerun = live::rerun(&setup, Some(words));
                work.push(Work { setup, rerun });
            }
        }
    }
    Ok(Ok(work))
}

/// The program that a scenario states; nothing when it states none.
fn stated(plan: &Plan) -> &[String] {
    plan.program.as_ref().map_or(&[], |program| &program.run)
}

/// Says which program is not there or may not be run, before any run is made. `None` when each can be started.
fn none_starts(work: &[Work], streams: &mut Streams<'_>) -> io::Result<Option<Exit>> {
    for (place, Work { setup, .. }) in work.iter().enumerate() {
        let command = setup.command.as_deref().unwrap_or_default();
        if let Err(error) = can_start(command) {
            return refused(place, setup, &NoLive::Program(error), streams).map(Some);
        }
    }
    Ok(None)
}

/// Says why there is no run of A or of B; runs of A have even places.
fn refused(place: usize, setup: &Setup, error: &NoLive, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let side = if place.is_multiple_of(2) { "A" } else { "B" };
    writeln!(streams.err, "note: no run of {side} on `{}`", setup.plan.name)?;
    live::refuse(error, streams)
}

/// What came of a run.
enum Ran {
    Done(Box<Summary>, Vec<String>),
    Stopped,
    Failed(NoLive),
}

fn run(work: &[Work], command: &Compare, streams: &mut Streams<'_>) -> io::Result<Result<Both, Exit>> {
    let (stop, watch) = Stop::watched()?;
    let jobs = command.asked.jobs.map_or(1, |jobs| usize::from(jobs.get()));
    let (mut one, mut other, mut noted) = (Vec::new(), Vec::new(), Vec::new());
    let ran = parallel(work, jobs, |work| one_run(work, &stop));
    // Runs that were left out because one failed are not what is told.
    let failed = ran.iter().enumerate().find_map(|(place, ran)| match ran {
        Ran::Failed(error) if !watch.asked() => Some((place, error)),
        _ => None,
    });
    if let Some((place, error)) = failed {
        return refused(place, &work[place].setup, error, streams).map(Err);
    }
    for (place, ran) in ran.into_iter().enumerate() {
        match ran {
            Ran::Stopped | Ran::Failed(_) => return interrupt::interrupted(streams).map(Err),
            Ran::Done(summary, notes) => {
                for note in notes {
                    if !noted.contains(&note) {
                        writeln!(streams.err, "note: {note}")?;
                        noted.push(note);
                    }
                }
                if place.is_multiple_of(2) { one.push(*summary) } else { other.push(*summary) }
            }
        }
    }
    Ok(Ok(Both { one, other, left_out: Vec::new(), watch: Some(watch) }))
}

fn one_run(work: &Work, stop: &Stop) -> Ran {
    if stop.asked() {
        return Ran::Stopped;
    }
    let mut notes = Vec::new();
    let told = |told: Told<'_>| {
        if let Told::Note(note) = told {
            notes.push(note.to_owned());
        }
        Ok(())
    };
    match run_live(&work.setup, |inbox| stop.add(inbox), told) {
        Ok(lived) if lived.stopped => Ran::Stopped,
        Ok(lived) => {
            let judgement = crate::judge::judge(&lived.timeline);
            let outcome = Outcome { timeline: lived.timeline, judgement, rerun: work.rerun.clone() };
            Ran::Done(Box::new(outcome.summary()), notes)
        }
        Err(error) => {
            // The others could only fail likewise, or come to nothing without this one.
            stop.all();
            Ran::Failed(error)
        }
    }
}
