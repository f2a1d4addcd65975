//! `mockdc diagnose`, and the comparison of a run with a customer's logs.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::{Diagnose, Format};
use super::file::write_file;
use super::{Exit, Streams, interrupt};
use crate::diagnose::replay::{NoScenario, against, fit, history_of};
use crate::diagnose::report::{self, Names, Show};
use crate::diagnose::rules::{Diagnosis, Rule, diagnose};
use crate::diagnose::{Facts, Input, Lexicon, find, load};
use crate::timeline::Timeline;

/// Fewer bytes than this are read before anybody asks.
const WORTH_IT: u64 = 32 * 1024 * 1024;

/// What recognises lines and articles.
struct Knowledge {
    lexicon: Lexicon,
    rules: Vec<Rule>,
}

/// `mockdc diagnose`
pub(super) fn run(arguments: &Diagnose, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let (arguments, progress) = (arguments.clone(), streams.progress);
    let work = move || Told::of(&arguments, progress);
    let Some((told, _watch)) = interrupt::attended(work)? else {
        return interrupt::interrupted(streams);
    };
    let told = told?;
    // A file that cannot be written does not take what was found with it.
    streams.out.write_all(&told.out)?;
    streams.err.write_all(&told.err)?;
    for (path, bytes) in &told.files {
        if let Some(exit) = write_file(path, streams, |out| out.write_all(bytes))? {
            return Ok(exit);
        }
    }
    Ok(told.exit)
}

/// What is told in the end, and nothing of it before: so nobody finds the half of it when it is broken off.
struct Told {
    exit: Exit,
    out: Vec<u8>,
    err: Vec<u8>,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Told {
    fn of(arguments: &Diagnose, progress: bool) -> io::Result<Told> {
        let (mut out, mut err, mut files) = (Vec::new(), Vec::new(), Vec::new());
        let mut streams = Streams::new(&mut out, &mut err);
        streams.progress = progress;
        let exit = tell(arguments, &mut files, &mut streams)?;
        Ok(Told { exit, out, err, files })
    }
}

fn tell(
    arguments: &Diagnose,
    files: &mut Vec<(PathBuf, Vec<u8>)>,
    streams: &mut Streams<'_>,
) -> io::Result<Exit> {
    let knowledge = match Knowledge::built_in() {
        Ok(knowledge) => knowledge,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Bug);
        }
    };
    let input = match read(&arguments.paths, &knowledge.lexicon, streams)? {
        Ok(input) => input,
        Err(exit) => return Ok(exit),
    };
    let names = names(&input, arguments.keep_names);
    let found = diagnose(&knowledge.rules, &input.history, &input.facts);
    match arguments.format {
        Format::Console => {
            let show = Show { everything: arguments.all };
            report::console(streams.out, &input, &found, &names, show)?;
        }
        Format::Json => {
            let document = report::json(&input, &found, &names);
            writeln!(streams.out, "{}", serde_json::to_string_pretty(&document)?)?;
        }
    }
    if let Some(path) = &arguments.html {
        let mut page = Vec::new();
        report::html(&mut page, &input, &found, &names)?;
        files.push((path.clone(), page));
    }
    let diagnosed = found.iter().any(|diagnosis| !diagnosis.situations.is_empty());
    let exit = if diagnosed { Exit::Passed } else { Exit::Inconclusive };
    match &arguments.scenario {
        Some(path) => {
            let of = Found { input: &input, found: &found, names: &names, knowledge: &knowledge };
            let (ends, text) = scenario(arguments, path, &of, streams)?;
            files.extend(text.map(|text| (path.clone(), text.into_bytes())));
            Ok(exit.max(ends))
        }
        None => Ok(exit),
    }
}

/// What was read, and what came of it.
struct Found<'a> {
    input: &'a Input,
    found: &'a [Diagnosis<'a>],
    names: &'a Names,
    knowledge: &'a Knowledge,
}

/// The scenario that reproduces a failure, which goes to `path`.
fn scenario(
    arguments: &Diagnose,
    path: &Path,
    of: &Found<'_>,
    streams: &mut Streams<'_>,
) -> io::Result<(Exit, Option<String>)> {
    let Found { input, found, names, knowledge } = *of;
    let wanted = |diagnosis: &&Diagnosis<'_>| match &arguments.client {
        Some(client) => names.of(&diagnosis.client).eq_ignore_ascii_case(client),
        None => !diagnosis.situations.is_empty(),
    };
    let Some(diagnosis) = found.iter().find(wanted) else {
        return match &arguments.client {
            Some(client) => {
                let known: Vec<&str> = found.iter().map(|diagnosis| names.of(&diagnosis.client)).collect();
                writeln!(
                    streams.err,
                    "error: the logs speak of no client `{client}`\nhelp: they speak of {}",
                    known.join(", ")
                )?;
                Ok((Exit::Usage, None))
            }
            None => {
                writeln!(streams.err, "no scenario: {}", NoScenario::Nothing)?;
                Ok((Exit::Inconclusive, None))
            }
        };
    };
    let Knowledge { lexicon, rules } = knowledge;
    let fitted = match fit(&input.history, &input.facts, diagnosis, names, lexicon, rules) {
        Ok(fitted) => fitted,
        Err(error @ NoScenario::NoneRuns(_)) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok((Exit::Bug, None));
        }
        Err(error) => {
            writeln!(streams.err, "no scenario: {error}")?;
            return Ok((Exit::Inconclusive, None));
        }
    };
    let (shown, tried) = (path.display(), fitted.tried);
    let exit = match (fitted.apart, fitted.crossed) {
        (0, 0) => {
            writeln!(streams.err, "{shown}: repeats the order of events ({tried} settings tried)")?;
            Exit::Passed
        }
        (0, crossed) => {
            writeln!(
                streams.err,
                "{shown}: the nearest of {tried} settings; it repeats the order on each machine, and {crossed} pairs of \
                 lines of two machines stand the other way round, as their clocks are known"
            )?;
            Exit::Inconclusive
        }
        (apart, _) => {
            writeln!(
                streams.err,
                "{shown}: the nearest of {tried} settings; {apart} events differ\nhelp: `mockdc run {shown} --against \
                 LOGS` shows them"
            )?;
            Exit::Inconclusive
        }
    };
    Ok((exit, Some(fitted.text)))
}

/// A customer's logs that runs are compared with.
pub(super) struct Against {
    knowledge: Knowledge,
    input: Input,
    names: Names,
}

impl Against {
    /// Reads the logs. `Err` when that failed; the reason is printed by then.
    pub(super) fn read(
        paths: &[PathBuf],
        keep_names: bool,
        streams: &mut Streams<'_>,
    ) -> io::Result<Result<Against, Exit>> {
        let knowledge = match Knowledge::built_in() {
            Ok(knowledge) => knowledge,
            Err(error) => {
                writeln!(streams.err, "error: {error}")?;
                return Ok(Err(Exit::Bug));
            }
        };
        Ok(read(paths, &knowledge.lexicon, streams)?.map(|input| {
            let names = names(&input, keep_names);
            Against { knowledge, input, names }
        }))
    }

    /// Shows a run's log beside the customer's. Answers whether they have the same events in the same order.
    pub(super) fn show(&self, run: &Timeline, out: &mut dyn Write) -> io::Result<bool> {
        let Knowledge { lexicon, rules } = &self.knowledge;
        let history = history_of(lexicon, run).map_err(io::Error::other)?;
        let own = diagnose(rules, &history, &Facts::default());
        let theirs = diagnose(rules, &self.input.history, &self.input.facts);
        let Some(one) = first(&own, |_| false) else {
            writeln!(out, "this run leaves no logs about a client")?;
            return Ok(false);
        };
        let named =
            |diagnosis: &Diagnosis<'_>| self.names.of(&diagnosis.client).eq_ignore_ascii_case(&one.client);
        let Some(other) = first(&theirs, named) else {
            writeln!(out, "the customer's logs speak of no client")?;
            return Ok(false);
        };
        against(out, (&history, one), (&self.input.history, other), &self.names)
    }
}

/// The diagnosis that is wanted, else the first one that came to an article, else the first one.
fn first<'d, 'r>(
    all: &'d [Diagnosis<'r>],
    wanted: impl Fn(&Diagnosis<'r>) -> bool,
) -> Option<&'d Diagnosis<'r>> {
    let diagnosed = || all.iter().find(|diagnosis| !diagnosis.situations.is_empty());
    all.iter().find(|diagnosis| wanted(diagnosis)).or_else(diagnosed).or(all.first())
}

impl Knowledge {
    fn built_in() -> Result<Knowledge, Box<dyn std::error::Error>> {
        Ok(Knowledge { lexicon: Lexicon::built_in()?, rules: Rule::built_in()? })
    }
}

fn names(input: &Input, kept: bool) -> Names {
    if kept { Names::kept() } else { Names::replaced(&input.history, &input.facts) }
}

/// Reads the files. `Err` when that failed; the reason is printed by then.
fn read(paths: &[PathBuf], lexicon: &Lexicon, streams: &mut Streams<'_>) -> io::Result<Result<Input, Exit>> {
    let files = match find(paths) {
        Ok(files) => files,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Err(Exit::Usage));
        }
    };
    let total = files.iter().map(|(_, size)| size).sum();
    let bar = (streams.progress && total >= WORTH_IT).then(|| bar(total));
    let loaded = load(&files, lexicon, &mut |bytes| {
        if let Some(bar) = &bar {
            bar.inc(bytes);
        }
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let input = match loaded {
        Ok(input) => input,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Err(Exit::Environment));
        }
    };
    let records = input.history.files.iter().any(|file| !file.records.is_empty());
    if !records && input.facts.is_empty() {
        writeln!(
            streams.err,
            "error: no record was found in {}\nhelp: give logs of a site server or a client, such as Ccm.log, \
             Wnremote.log or Clisvc.log, or a folder with them",
            if files.len() == 1 { "this file".to_owned() } else { format!("{} files", files.len()) }
        )?;
        for refused in &input.refused {
            writeln!(streams.err, "note: {refused}")?;
        }
        return Ok(Err(Exit::NothingSelected));
    }
    Ok(Ok(input))
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
