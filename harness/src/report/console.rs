//! Results for people: a line a scenario, and for one that did not pass the reason, what happened around it, and
//! the command that repeats it. Nothing here depends on the machine or the hour: the same runs print the same bytes.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::story::Cast;
use super::summary::{RunResult, Summary, Totals};
use crate::timeline::Event;

/// Events shown before and after one that is evidence.
const AROUND: usize = 3;

/// Events shown of one run at most.
const MOST: usize = 60;

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
    let name = &summary.name;
    if summary.result == RunResult::Skipped {
        let why: Vec<&str> = summary.reasons.iter().map(|reason| reason.text.as_str()).collect();
        return writeln!(out, "{result}  {name:<width$}  {}", why.join("; "), width = style.names);
    }
    let measures = &summary.measures;
    writeln!(
        out,
        "{result}  {name:<width$}  {:>6} events  {}",
        measures.events,
        measures.lasted,
        width = style.names
    )
}

/// Why a scenario did not pass: its reasons, the events around them, and last the command that repeats it.
/// Prints nothing for one that passed or was skipped.
pub fn failure(out: &mut dyn Write, summary: &Summary, events: &[Event], style: Style) -> io::Result<()> {
    if matches!(summary.result, RunResult::Pass | RunResult::Skipped) {
        return Ok(());
    }
    for reason in &summary.reasons {
        let place = match reason.line {
            Some(line) => format!("{}:{line}", summary.file),
            None => summary.file.clone(),
        };
        writeln!(out, "  {}: {}", style.paint(&place, "1"), reason.text)?;
        if let Some(because) = &reason.because {
            writeln!(out, "    because {because}")?;
        }
    }
    let shown: BTreeSet<u64> = summary
        .reasons
        .iter()
        .flat_map(|reason| reason.evidence.iter().map(|evidence| evidence.event))
        .collect();
    events_around(out, &shown, events, style)?;
    breaks_as_stated(out, summary)?;
    writeln!(out, "  {}", style.paint(&summary.rerun, "36"))
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
    writeln!(out, "  breaks as stated: {}", names.join(", "))
}

/// The events in `marked` and those around them, in columns; the last ones when none is marked.
fn events_around(
    out: &mut dyn Write,
    marked: &BTreeSet<u64>,
    events: &[Event],
    style: Style,
) -> io::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    let last = events.len() - 1;
    for seq in marked {
        let at = usize::try_from(*seq).unwrap_or(usize::MAX).min(last);
        let window = at.saturating_sub(AROUND)..=(at + AROUND).min(last);
        if chosen.len() + 2 * AROUND + 1 > MOST {
            break;
        }
        chosen.extend(window);
    }
    if chosen.is_empty() {
        chosen.extend(last.saturating_sub(2 * AROUND)..=last);
    }
    let cast = Cast::of(events);
    let widths = cast.widths(chosen.iter().map(|at| &events[*at]));
    writeln!(out)?;
    let mut next = 0;
    for at in chosen {
        if at != next {
            writeln!(out, "    ...")?;
        }
        next = at + 1;
        let line = cast.line(&events[at], widths);
        match marked.contains(&events[at].seq) {
            true => writeln!(out, "  {} {}", style.paint(">", "1;31"), style.paint(&line, "1"))?,
            false => writeln!(out, "    {line}")?,
        }
    }
    if next <= last {
        writeln!(out, "    ...")?;
    }
    writeln!(out)
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
