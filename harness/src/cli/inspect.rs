//! Commands that look at scenarios without running them.

use std::io;

use mockdc_mocks::Win32Error;
use mockdc_scenarios::{Code, Profile, PromiseId, Report, visible};

use super::arguments::{Check, Explain, Format, List, Select};
use super::select::{self, Selection};
use super::{Exit, Streams};

/// Columns that diagnostics are wrapped to.
const WIDTH: usize = 100;

/// Reads the selected files. `None` when that failed; the reasons are printed by then.
pub(super) fn load(select: &Select, streams: &mut Streams<'_>) -> io::Result<Result<Selection, Exit>> {
    let mut selection = match select::read_with(&select.paths, &select.set) {
        Ok(selection) => selection,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Err(Exit::Usage));
        }
    };
    note_skipped(&selection, streams)?;
    if !selection.reports.is_empty() {
        print_reports(&selection, streams)?;
        return Ok(Err(Exit::InvalidScenario));
    }
    if let Some(name) = twice(&selection) {
        writeln!(
            streams.err,
            "error: two scenarios are named `{}`: {} and {}\nhelp: give each a name of its own",
            name.0,
            visible(name.1),
            visible(name.2)
        )?;
        return Ok(Err(Exit::InvalidScenario));
    }
    select::filter(&mut selection.plans, select);
    if selection.plans.is_empty() {
        writeln!(
            streams.err,
            "error: nothing is selected: {} files were read, and no scenario fits\nhelp: `mockdc list` shows names and \
             tags",
            selection.files
        )?;
        return Ok(Err(Exit::NothingSelected));
    }
    Ok(Ok(selection))
}

fn twice(selection: &Selection) -> Option<(&str, &str, &str)> {
    let mut seen: std::collections::BTreeMap<&str, &str> = std::collections::BTreeMap::new();
    for plan in &selection.plans {
        if let Some(file) = seen.insert(&plan.name, &plan.file) {
            return Some((&plan.name, file, &plan.file));
        }
    }
    None
}

fn note_skipped(selection: &Selection, streams: &mut Streams<'_>) -> io::Result<()> {
    for path in
        selection.skipped.iter().filter(|path| path.file_name().is_some_and(|name| name != "Cargo.toml"))
    {
        writeln!(
            streams.err,
            "note: {} is no scenario and is skipped: it has no key `format` before its first table",
            visible(&path.display().to_string())
        )?;
    }
    Ok(())
}

fn print_reports(selection: &Selection, streams: &mut Streams<'_>) -> io::Result<()> {
    tell_mistakes(&selection.reports, streams)
}

/// Tells all mistakes of scenario files.
pub(super) fn tell_mistakes(reports: &[Report], streams: &mut Streams<'_>) -> io::Result<()> {
    let mut problems = 0;
    for report in reports {
        problems += report.problems.len();
        write!(streams.err, "{}", report.render(WIDTH))?;
    }
    writeln!(
        streams.err,
        "{} in {}; nothing was run. `mockdc explain CODE` tells more.",
        counted(problems, "mistake"),
        counted(reports.len(), "file"),
    )
}

fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// `mockdc list`
pub(super) fn list(list: &List, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let select =
        Select { paths: list.paths.clone(), name: list.name.clone(), tag: list.tag.clone(), set: Vec::new() };
    let selection = match load(&select, streams)? {
        Ok(selection) => selection,
        Err(exit) => return Ok(exit),
    };
    match list.format {
        Format::Console => {
            let width = selection.plans.iter().map(|plan| plan.name.len()).max().unwrap_or(0);
            for plan in &selection.plans {
                writeln!(streams.out, "{:width$}  {}", plan.name, visible(&plan.title))?;
            }
        }
        Format::Json => {
            let rows: Vec<_> = selection
                .plans
                .iter()
                .map(|plan| {
                    serde_json::json!({
                        "name": plan.name, "title": plan.title, "file": plan.file,
                        "cites": plan.cites, "tags": plan.tags,
                    })
                })
                .collect();
            writeln!(streams.out, "{}", serde_json::to_string_pretty(&rows)?)?;
        }
    }
    Ok(Exit::Passed)
}

/// `mockdc show`
pub(super) fn show(select: &Select, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let selection = match load(select, streams)? {
        Ok(selection) => selection,
        Err(exit) => return Ok(exit),
    };
    for (place, plan) in selection.plans.iter().enumerate() {
        if place > 0 {
            writeln!(streams.out)?;
        }
        writeln!(streams.out, "{}", visible(mockdc_scenarios::story(plan).trim_end()))?;
    }
    Ok(Exit::Passed)
}

/// `mockdc check`
pub(super) fn check(check: &Check, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let selection = match select::read(&check.paths) {
        Ok(selection) => selection,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Usage);
        }
    };
    note_skipped(&selection, streams)?;
    let duplicate = twice(&selection);
    match check.format {
        Format::Console => {
            if !selection.reports.is_empty() {
                print_reports(&selection, streams)?;
            }
            if let Some((name, first, second)) = duplicate {
                writeln!(streams.err, "error: two scenarios are named `{name}`: {first} and {second}")?;
            }
            if selection.reports.is_empty() && duplicate.is_none() && selection.files > 0 {
                writeln!(
                    streams.out,
                    "{}, {}: no mistakes",
                    counted(selection.files, "file"),
                    counted(selection.plans.len(), "scenario")
                )?;
                // The cases of a file read the same exports.
                let imports = selection.plans.iter().flat_map(|plan| {
                    plan.imports.iter().map(|import| (plan.file.as_str(), import.to_string()))
                });
                for (file, import) in imports.collect::<std::collections::BTreeSet<_>>() {
                    writeln!(streams.out, "{file} takes from {import}")?;
                }
            }
        }
        Format::Json => {
            let reports: Vec<_> = selection.reports.iter().map(mockdc_scenarios::Report::to_json).collect();
            writeln!(streams.out, "{}", serde_json::to_string_pretty(&reports)?)?;
        }
    }
    Ok(match (selection.files, selection.reports.is_empty() && duplicate.is_none()) {
        (0, _) => {
            writeln!(streams.err, "error: no scenario file was found")?;
            Exit::NothingSelected
        }
        (_, true) => Exit::Passed,
        (_, false) => Exit::InvalidScenario,
    })
}

/// `mockdc explain`
pub(super) fn explain(explain: &Explain, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let Some(code) = explain.code.as_deref() else {
        writeln!(streams.out, "Diagnostics of scenario files:")?;
        for code in Code::ALL {
            writeln!(streams.out, "  {:24}  {}", code.as_str(), code.meaning())?;
        }
        writeln!(streams.out, "\nPromises:")?;
        for promise in PromiseId::ALL {
            writeln!(streams.out, "  {promise:44}  {}", promise.text())?;
        }
        writeln!(
            streams.out,
            "\n`mockdc explain CODE` tells more of each, and of Win32 codes such as 1326."
        )?;
        return Ok(Exit::Passed);
    };
    if let Some(text) = mockdc_scenarios::explain(code) {
        writeln!(streams.out, "{}", text.trim_end())?;
        return Ok(Exit::Passed);
    }
    if let Ok(promise) = code.parse::<PromiseId>() {
        writeln!(streams.out, "{promise}\n\n{}\n\nSource: {}", promise.text(), promise.source())?;
        return Ok(Exit::Passed);
    }
    if let Some(error) = code.parse().ok().map(Win32Error).filter(|error| error.name().is_some()) {
        writeln!(streams.out, "{error}\n\n{}", error.text())?;
        return Ok(Exit::Passed);
    }
    let known =
        mockdc_scenarios::codes().into_iter().chain(PromiseId::ALL.iter().map(|promise| promise.as_str()));
    let nearest = known.min_by_key(|known| strsim::levenshtein(known, code));
    writeln!(streams.err, "error: `{code}` is no diagnostic, promise or known Win32 code")?;
    if let Some(nearest) = nearest.filter(|known| strsim::levenshtein(known, code) <= 1 + known.len() / 3) {
        writeln!(streams.err, "help: did you mean `{nearest}`?")?;
    } else {
        writeln!(streams.err, "help: `mockdc explain` lists them")?;
    }
    Ok(Exit::Usage)
}

/// `mockdc profiles`
pub(super) fn profiles(name: Option<&str>, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let Some(name) = name else {
        for name in Profile::names() {
            match Profile::resolve(name, &toml::Table::new()) {
                Ok(profile) => writeln!(streams.out, "{name:20}  {}", profile.title)?,
                Err(error) => writeln!(streams.err, "error: {error}")?,
            }
        }
        return Ok(Exit::Passed);
    };
    match Profile::resolve(name, &toml::Table::new()) {
        Ok(profile) => {
            let text = toml::to_string_pretty(&profile).map_err(io::Error::other)?;
            write!(streams.out, "{text}")?;
            Ok(Exit::Passed)
        }
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            Ok(Exit::Usage)
        }
    }
}
