//! A run in a few lines of a terminal.

use std::io::{self, Write};

use mockdc_mocks::{SimTime, Span};

use super::scene::{BarKind, ClaimState, MarkKind, Scene};
use crate::report::{instant, visible_line};

/// Columns of the lanes' names at most.
const NAMES: usize = 24;

/// Lanes that are shown at most.
const MOST_LANES: usize = 40;

/// Writes the picture, at most `width` columns wide: a line a lane, and below it what does not hold.
pub fn terminal(out: &mut dyn Write, scene: &Scene, width: usize) -> io::Result<()> {
    let names = scene
        .lanes
        .iter()
        .map(|lane| lane.label.chars().count() + usize::from(!lane.head) * 2)
        .max()
        .unwrap_or(0)
        .min(NAMES);
    let columns = width.saturating_sub(names + 2).max(20);
    let place = |at: i64| {
        let at = at.clamp(0, scene.end);
        (i128::from(at) * (columns as i128 - 1) / i128::from(scene.end.max(1))) as usize
    };
    let cell = Span::millis(scene.end / columns as i64);
    writeln!(out, "{:names$}  0{:>rest$}", "", instant(SimTime(scene.end)), rest = columns - 1)?;
    for (number, lane) in scene.lanes.iter().enumerate().take(MOST_LANES) {
        let mut row = vec![' '; columns];
        let own = scene.bars.iter().filter(|bar| bar.lane == number);
        for bar in own {
            let letter = match bar.kind {
                BarKind::Life => '─',
                BarKind::Wait => '·',
                BarKind::TimedOut => '░',
                BarKind::Down => '▓',
                BarKind::Fault => '▒',
            };
            for slot in &mut row[place(bar.from)..=place(bar.to)] {
                *slot = letter;
            }
        }
        let mut worth = vec![0; columns];
        for mark in scene.marks.iter().filter(|mark| mark.lane == number && mark.at >= 0) {
            let (letter, weight) = match mark.kind {
                MarkKind::Refused => ('x', 5),
                MarkKind::Fault => ('!', 4),
                MarkKind::Replication => ('»', 3),
                MarkKind::Course | MarkKind::Policy => ('+', 2),
                MarkKind::Call | MarkKind::Wait => ('•', 1),
                MarkKind::State | MarkKind::Log | MarkKind::End => continue,
            };
            let at = place(mark.at);
            if weight > worth[at] {
                (row[at], worth[at]) = (letter, weight);
            }
        }
        let label = if lane.head { lane.label.clone() } else { format!("  {}", lane.label) };
        let label: String = visible_line(&label).chars().take(names).collect();
        let row: String = row.into_iter().collect();
        writeln!(out, "{label:names$}  {}", row.trim_end())?;
    }
    if let Some(more @ 1..) = scene.lanes.len().checked_sub(MOST_LANES) {
        writeln!(out, "… and {more} more lanes")?;
    }
    writeln!(
        out,
        "x refused  » replication  + course  • call  · waits  ░ in vain  ▓ down  ▒ fault  ! touched  ({cell} a column)"
    )?;
    for claim in scene.claims.iter().filter(|claim| claim.state != ClaimState::Holds) {
        let state = match claim.state {
            ClaimState::Fails => "fails",
            ClaimState::Untold => "open",
            ClaimState::BrokenAsStated => "broken as stated",
            ClaimState::Holds => "holds",
        };
        let events: Vec<String> = claim.evidence.iter().take(6).map(|seq| format!("#{seq}")).collect();
        writeln!(out, "{state}: {} {}  {}", claim.kind, visible_line(&claim.text), events.join(" "))?;
    }
    Ok(())
}
