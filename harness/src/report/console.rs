//! Results for people: a line a scenario, and for one that did not pass the reason, what happened around it, and
//! the command that repeats it. Nothing here depends on the machine or the hour: the same runs print the same bytes.

use std::collections::BTreeSet;
use std::io::{self, Write};

use mockdc_mocks::{Fact, StateKey};

use super::cast::Cast;
use super::summary::{Reason, RunResult, Summary, Totals};
use super::text::visible;
use crate::backend::OnTheWall;
use crate::timeline::{Event, EventKind, Events};

/// Events shown before and after one that is evidence.
const AROUND: usize = 3;

/// Events shown of one run at most.
const MOST: usize = 25;

/// How the console looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Whether to colour.
    pub colour: bool,
    /// Characters that the names of scenarios take.
    pub names: usize,
}

impl Style {
    /// Colours on a terminal, unless `NO_COLOR` holds something (<https://no-color.org>).
    pub fn new(terminal: bool, no_color: Option<&std::ffi::OsStr>) -> Style {
        Style { colour: terminal && no_color.is_none_or(|value| value.is_empty()), names: 0 }
    }

    /// With a column wide enough for these names.
    pub fn for_names<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Style {
        let names = names.into_iter().map(|name| name.chars().count()).max().unwrap_or(0);
        Style { names, ..self }
    }

    fn paint(self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn result(self, result: RunResult) -> String {
        let code = match result {
            RunResult::Pass => "32",
            RunResult::Fail | RunResult::Bug => "1;31",
            RunResult::Inconclusive => "33",
            RunResult::Skipped => "2",
        };
        self.paint(&format!("{:<4}", result.word()), code)
    }
}

/// One line: how a scenario went, its name, and how much happened in it.
pub fn scenario_line(out: &mut dyn Write, summary: &Summary, style: Style) -> io::Result<()> {
    let result = style.result(summary.result);
    let name = &summary.label();
    if summary.result == RunResult::Skipped {
        let why: Vec<&str> = summary.reasons.iter().map(|reason| reason.text.as_str()).collect();
        let why = visible(&why.join("; "));
        return writeln!(out, "{result}  {name:<width$}  {why}", width = style.names);
    }
    let measures = &summary.measures;
    writeln!(
        out,
        "{result}  {name:<width$}  {:>6} events  {}{}",
        measures.events,
        measures.lasted,
        summary.wall.as_ref().map(on_the_wall).unwrap_or_default(),
        width = style.names
    )
}

/// What a run on the wall clock took: speed, operations, and whatever was tried again.
fn on_the_wall(wall: &OnTheWall) -> String {
    let seconds = wall.worked_ms as f64 / 1_000.0;
    let mut text = format!("  {} operations in {seconds:.1} s", wall.calls);
    if wall.speed != "jump" {
        text.push_str(&format!(", at {}, at most {} ms late", wall.speed, wall.lag_ms));
    }
    if let Some(from) = &wall.slowed_from {
        text.push_str(&format!(", slowed from {from}"));
    }
    if wall.attempts > 1 {
        text.push_str(&format!(", {} attempts", wall.attempts));
    }
    if wall.retries > 0 {
        text.push_str(&format!(", {} tried again", wall.retries));
    }
    if !wall.differences.is_empty() {
        text.push_str(&format!(", {} answered otherwise", wall.differences.len()));
    }
    text
}

/// Why a scenario did not pass: its reasons, the events around them, and last the command that repeats it.
/// Prints nothing for one that passed or was skipped.
pub fn failure(out: &mut dyn Write, summary: &Summary, events: &Events, style: Style) -> io::Result<()> {
    if matches!(summary.result, RunResult::Pass | RunResult::Skipped) {
        return Ok(());
    }
    for (number, reason) in summary.reasons.iter().enumerate() {
        let place = match reason.line {
            Some(line) => format!("{}:{line}", summary.file),
            None => summary.file.clone(),
        };
        writeln!(out, "  {}: {}", style.paint(&visible(&place), "1"), visible(&reason.text))?;
        // Reasons of one line share the author's words: they are told once, below the last.
        let next = summary.reasons.get(number + 1);
        let shared = next.is_some_and(|next| (next.line, &next.because) == (reason.line, &reason.because));
        if let Some(because) = reason.because.as_ref().filter(|_| !shared) {
            writeln!(out, "    because {}", visible(because))?;
        }
    }
    events_around(out, &summary.reasons, events, style)?;
    breaks_as_stated(out, summary)?;
    writeln!(out, "  {}", style.paint(&visible(&summary.rerun), "36"))
}

fn breaks_as_stated(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    if summary.breaks_as_stated.is_empty() {
        return Ok(());
    }
    let mut names: Vec<&str> = Vec::new();
    for broken in &summary.breaks_as_stated {
        if !names.contains(&broken.name.as_str()) {
            names.push(&broken.name);
        }
    }
    writeln!(out, "  breaks as stated: {}", visible(&names.join(", ")))
}

/// The events that are evidence and those around them, in columns; the last ones when there is no evidence.
fn events_around(out: &mut dyn Write, reasons: &[Reason], events: &Events, style: Style) -> io::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let marked: BTreeSet<u64> =
        reasons.iter().flat_map(|reason| reason.evidence.iter().map(|evidence| evidence.event)).collect();
    let mut chosen = chosen(reasons, &marked, events);
    let last = events.len() - 1;
    if chosen.is_empty() {
        chosen.extend(last.saturating_sub(2 * AROUND)..=last);
    }
    let cast = Cast::of(events);
    let widths = cast.widths(chosen.iter().map(|at| &events[*at]));
    // What is noise leaves no gap behind.
    let gap = |from: usize, to: usize| events.range(from..to).any(|event| !is_noise(event));
    writeln!(out)?;
    let mut next = 0;
    for at in chosen {
        if gap(next, at) {
            writeln!(out, "    ...")?;
        }
        next = at + 1;
        let line = visible(&cast.line(&events[at], widths));
        match marked.contains(&events[at].seq) {
            true => writeln!(out, "  {} {}", style.paint(">", "1;31"), style.paint(&line, "1"))?,
            false => writeln!(out, "    {line}")?,
        }
    }
    if gap(next, events.len()) {
        writeln!(out, "    ...")?;
    }
    writeln!(out)
}

/// Places of the events to show, the most telling ones as far as there is room: the evidence of the first reason and
/// what stands next to it, then that of the others, then more and more of what lies around.
fn chosen(reasons: &[Reason], marked: &BTreeSet<u64>, events: &Events) -> BTreeSet<usize> {
    let places = |reason: &Reason| -> Vec<usize> {
        let seqs = reason.evidence.iter().filter_map(|evidence| usize::try_from(evidence.event).ok());
        seqs.filter(|at| *at < events.len()).collect()
    };
    let first: Vec<usize> = reasons.first().map(places).unwrap_or_default();
    let others: Vec<usize> = reasons.iter().skip(1).flat_map(places).collect();
    let shows = |at: &usize| marked.contains(&events[*at].seq) || !is_noise(&events[*at]);
    let around = |at: usize, far: usize| {
        let before = (0..at).rev().filter(shows).nth(far);
        before.into_iter().chain((at + 1..events.len()).filter(shows).nth(far))
    };
    let mut chosen = BTreeSet::new();
    let mut take = |places: &mut dyn Iterator<Item = usize>| {
        for at in places {
            if chosen.len() < MOST {
                chosen.insert(at);
            }
        }
    };
    take(&mut first.iter().copied());
    take(&mut first.iter().take(MOST).flat_map(|at| around(*at, 0)));
    take(&mut others.iter().copied());
    for far in 0..AROUND {
        take(&mut first.iter().chain(&others).take(MOST).flat_map(|at| around(*at, far)));
    }
    chosen
}

/// Attributes of accounts and counters change by the dozen, and explain only what asks for them.
fn is_noise(event: &Event) -> bool {
    matches!(
        event.kind,
        EventKind::Fact(Fact::State { key: StateKey::Attribute { .. } | StateKey::Counter { .. }, .. })
    )
}

/// The last line of all: how many ended in which way.
pub fn summary(out: &mut dyn Write, totals: Totals, style: Style) -> io::Result<()> {
    let code = match totals {
        Totals { failed: 0, bugs: 0, inconclusive: 0, .. } => "32",
        Totals { failed: 0, bugs: 0, .. } => "33",
        _ => "1;31",
    };
    writeln!(out, "{}", style.paint(&totals.to_string(), code))
}
