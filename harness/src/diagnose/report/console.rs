//! The report as text.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use mockdc_scenarios::visible;

use super::super::history::{Clock, Event, History, LogFile, Part};
use super::super::input::Input;
use super::super::rules::{Diagnosis, Grounds, Situation};
use super::unread::unread;
use super::{Names, code, instant, length};

/// What the text shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Show {
    /// Every event, also those of a client that does its daily work.
    pub everything: bool,
}

/// Steps of a client's daily work: one of each component at each start.
const DAILY: [&str; 6] = [
    "component-begins",
    "component-launches",
    "component-verifies",
    "cycle-installs",
    "cycle-verifies",
    "cycle-done",
];

/// Most events of the timeline unless everything is shown.
const MOST: usize = 200;

/// Most waits, the longest ones, unless everything is shown.
const MOST_WAITS: usize = 50;

/// Writes what the logs say.
pub fn console(
    out: &mut dyn Write,
    input: &Input,
    found: &[Diagnosis<'_>],
    names: &Names,
    show: Show,
) -> io::Result<()> {
    let history = &input.history;
    files(out, input, names)?;
    clocks(out, history, names)?;
    timeline(out, history, names, show)?;
    waits(out, history, names, show)?;
    codes(out, history, names)?;
    unread(out, input, names)?;
    diagnoses(out, history, found, names)
}

/// What was read, and how much of it.
pub(super) fn files(out: &mut dyn Write, input: &Input, names: &Names) -> io::Result<()> {
    let history = &input.history;
    let (strange, logs): (Vec<&LogFile>, Vec<&LogFile>) =
        history.files.iter().partition(|file| file.is_no_log());
    let records: u64 = logs.iter().flat_map(|file| file.records.values()).sum();
    let unread: u64 = logs.iter().flat_map(|file| file.unread.values()).sum();
    let other: u64 = logs.iter().map(|file| file.unrecognised).sum();
    writeln!(
        out,
        "{} of {}: {}, {other} of them of no interest here; {} not read",
        counted(logs.len() as u64, "log"),
        counted(history.machines.len() as u64, "machine"),
        counted(records, "record"),
        counted(unread, "line"),
    )?;
    if !strange.is_empty() {
        writeln!(out, "{} without any record: no known kind of log", counted(strange.len() as u64, "file"))?;
    }
    let facts = &input.facts;
    let beside = [
        (facts.templates.len(), "security template"),
        (facts.registry.len(), "registry value"),
        (facts.links.len(), "replication link"),
        (facts.entries.len(), "directory entry"),
    ];
    for (number, thing) in beside.into_iter().filter(|(number, _)| *number > 0) {
        let thing = match (number, thing) {
            (1, _) => thing.to_owned(),
            (_, "directory entry") => "directory entries".to_owned(),
            _ => format!("{thing}s"),
        };
        writeln!(out, "{number} {thing}")?;
    }
    for refused in &input.refused {
        writeln!(out, "not read: {}", visible(&names.hide(&refused.to_string())))?;
    }
    for link in facts.links.iter().map(|(_, link)| link).filter(|link| link.status != 0) {
        writeln!(
            out,
            "replication from {} to {} fails for the {}. time: {}",
            names.of(&link.source),
            names.of(&link.destination),
            link.failures,
            code(link.status)
        )?;
    }
    Ok(())
}

fn clocks(out: &mut dyn Write, history: &History, names: &Names) -> io::Result<()> {
    let Some(reference) = history.machines.iter().find(|machine| machine.part == Part::SiteServer) else {
        return Ok(());
    };
    for (machine, clock) in history.machines.iter().zip(&history.clocks) {
        if machine.part == Part::Client {
            let (name, reference) = (names.of(&machine.name), names.of(&reference.name));
            writeln!(out, "clock of {name}: {}", skew(clock, reference))?;
        }
    }
    Ok(())
}

/// What is known of a clock, in words.
pub(super) fn skew(clock: &Clock, reference: &str) -> String {
    if clock.pairs == 0 {
        return format!("no pair of lines compares it with {reference}; taken as it is");
    }
    if clock.contradictory {
        return format!(
            "{} pairs of lines compare it with {reference} and contradict each other; taken as it is",
            clock.pairs
        );
    }
    let side = |bound: i64| match bound {
        0 => "the same".to_owned(),
        1.. => format!("{} ahead", length(bound)),
        _ => format!("{} behind", length(bound)),
    };
    let range = match (clock.least, clock.most) {
        (Some(least), Some(most)) if least == most => side(least),
        (Some(least), Some(most)) => format!("between {} and {}", side(least), side(most)),
        (Some(least), None) => format!("at least {}", side(least)),
        (None, Some(most)) => format!("at most {}", side(most)),
        (None, None) => "anything".to_owned(),
    };
    let taken = match clock.ahead {
        0 => "as it is".to_owned(),
        ahead => format!("as {}", side(ahead)),
    };
    format!("{range} of {reference}'s, by {}; taken {taken}", pairs(clock.pairs))
}

fn timeline(out: &mut dyn Write, history: &History, names: &Names, show: Show) -> io::Result<()> {
    let shown: Vec<usize> = (0..history.events.len())
        .filter(|number| show.everything || !is_daily(&history.events[*number]))
        .collect();
    if shown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nTimeline{}", if history.in_universal_time() { ", in universal time" } else { "" })?;
    let width = history.machines.iter().map(|machine| names.of(&machine.name).len()).max().unwrap_or(0);
    let most = if show.everything { usize::MAX } else { MOST };
    for number in shown.iter().take(most) {
        let event = &history.events[*number];
        let machine = names.of(&history.machines[history.machine_of[*number]].name);
        let at = history.when(*number).map_or_else(|| "-".to_owned(), instant);
        write!(
            out,
            "  {at:19}  {machine:width$}  {:22}  {}",
            place(history, event),
            visible(&names.hide(&event.message))
        )?;
        if event.count > 1 {
            write!(out, "  × {} in {}", event.count, length(event.lasted()))?;
        }
        writeln!(out)?;
    }
    if shown.len() > most {
        writeln!(out, "  … and {} more: `--all` shows them", shown.len() - most)?;
    }
    let daily = history.events.len() - shown.len();
    if daily > 0 {
        writeln!(
            out,
            "  {} of components at work left out: `--all` shows them",
            counted(daily as u64, "line")
        )?;
    }
    Ok(())
}

/// Where an event stands: the file's name and its lines.
pub(in crate::diagnose) fn place(history: &History, event: &Event) -> String {
    let path = Path::new(&history.files[event.file].path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match event.last_line == event.line {
        true => format!("{name}:{}", event.line),
        false => format!("{name}:{}-{}", event.line, event.last_line),
    }
}

fn is_daily(event: &Event) -> bool {
    event.step.as_deref().is_some_and(|step| DAILY.contains(&step)) && event.code.is_none_or(|code| code == 0)
}

fn waits(out: &mut dyn Write, history: &History, names: &Names, show: Show) -> io::Result<()> {
    if history.waits.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nWaits")?;
    let most = if show.everything { history.waits.len() } else { MOST_WAITS };
    let mut longest: Vec<usize> = (0..history.waits.len()).collect();
    longest.sort_by_key(|place| std::cmp::Reverse(history.waits[*place].lasted));
    longest.truncate(most);
    longest.sort_unstable();
    for wait in longest.into_iter().map(|place| &history.waits[place]) {
        let machine = names.of(&history.machines[wait.machine].name);
        let about = wait.about.as_deref().map_or("an unknown client", |name| names.of(name));
        let from = history.when(wait.first).map_or_else(|| "-".to_owned(), instant);
        let then = match wait.then {
            Some(then) => format!("then `{}`", visible(&names.hide(&history.events[then].message))),
            None => "and the log says no more".to_owned(),
        };
        writeln!(
            out,
            "  {from}  {machine} waits for the account of {about}: {} over {}, the last answer {}; {then}",
            counted(wait.looks, "look"),
            length(wait.lasted),
            wait.code.unwrap_or(0),
        )?;
    }
    if let Some(more @ 1..) = history.waits.len().checked_sub(most) {
        writeln!(out, "  … and {more} that are no longer than these: `--all` shows them")?;
    }
    Ok(())
}

fn codes(out: &mut dyn Write, history: &History, names: &Names) -> io::Result<()> {
    let mut codes: BTreeMap<u32, (u64, usize)> = BTreeMap::new();
    for (number, event) in history.events.iter().enumerate() {
        if let Some(code) = event.code.filter(|code| *code != 0) {
            let entry = codes.entry(code).or_insert((0, number));
            entry.0 += event.count;
        }
    }
    if codes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nCodes")?;
    for (number, (times, first)) in codes {
        let event = &history.events[first];
        let machine = names.of(&history.machines[history.machine_of[first]].name);
        writeln!(out, "  {}  ({times}×, first at {machine}, {})", code(number), place(history, event))?;
    }
    Ok(())
}

/// `1 line`, `2 lines`.
pub(super) fn counted(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

fn pairs(number: usize) -> String {
    format!("{} of lines", counted(number as u64, "pair"))
}

fn diagnoses(
    out: &mut dyn Write,
    history: &History,
    diagnoses: &[Diagnosis<'_>],
    names: &Names,
) -> io::Result<()> {
    for diagnosis in diagnoses {
        let client = match diagnosis.client.as_str() {
            "" => "lines about no client".to_owned(),
            client => names.of(client).to_owned(),
        };
        let likeliest = diagnosis.likeliest();
        if likeliest.is_empty() {
            writeln!(out, "\nDiagnosis of {client}: insufficient evidence")?;
            writeln!(out, "  no line shows what an article of the catalogue describes")?;
            continue;
        }
        writeln!(out, "\nDiagnosis of {client}: {}", heads(likeliest))?;
        if likeliest.len() > 1 {
            writeln!(out, "  the logs alone do not tell these apart")?;
        }
        for (place, situation) in diagnosis.situations.iter().enumerate() {
            let rule = situation.rule;
            writeln!(
                out,
                "  {}. {}  {} (evidence {})",
                place + 1,
                rule.article,
                rule.title,
                situation.score
            )?;
            for evidence in &situation.evidence {
                let side = match evidence.weight {
                    ..0 => "against",
                    _ => "for",
                };
                writeln!(
                    out,
                    "     {side:7}  {}{}",
                    evidence.says,
                    grounds(history, &evidence.grounds, names)
                )?;
            }
            writeln!(out, "     helps    {}", rule.remedy)?;
            for question in &rule.ask {
                writeln!(out, "     ask      {question}")?;
            }
        }
    }
    Ok(())
}

fn heads(situations: &[Situation<'_>]) -> String {
    let articles: Vec<&str> = situations.iter().map(|situation| situation.rule.article.as_str()).collect();
    articles.join(" or ")
}

/// The places of evidence, in brackets; nothing where there are none.
pub(super) fn grounds(history: &History, grounds: &Grounds, names: &Names) -> String {
    let lines = grounds.events.iter().map(|number| place(history, &history.events[*number]));
    let all: Vec<String> = lines.chain(grounds.facts.iter().map(|fact| names.hide(fact))).collect();
    match all.is_empty() {
        true => String::new(),
        false => format!(" ({})", all.join(", ")),
    }
}
