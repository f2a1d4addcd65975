//! A scenario over one or two ranges of values, and over seeds.

use std::fmt::Write as _;
use std::io::{self, Write};

use mockdc_scenarios::{Amount, Key, Setting};
use serde::Serialize;

use super::interval::{Interval, wilson};
use super::parallel::parallel;
use super::trial::{Ends, Trial};

/// More cells than anyone looks at.
pub const MOST_CELLS: usize = 250_000;

/// A key and the values that it takes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Axis {
    /// The key.
    #[serde(flatten)]
    pub key: Key,
    /// Its values, in order.
    pub values: Vec<Setting>,
}

impl Axis {
    /// The values of `FROM..TO/STEPS` or of `VALUE,VALUE,…`, for this key.
    pub fn parse(key: Key, text: &str) -> Result<Axis, String> {
        let values = match text.split_once("..") {
            Some((from, rest)) => {
                let Some(dimension) = key.dimension() else {
                    return Err(format!("`{}` is no amount: list its values with commas", key.path));
                };
                let (to, steps) = rest.split_once('/').unwrap_or((rest, "10"));
                let amount = |text: &str| dimension.parse(text).map_err(|error| error.to_string());
                let (from, to) = (amount(from)?, amount(to.trim_start_matches('='))?);
                let steps: i64 =
                    steps.trim().parse().ok().filter(|steps| (1..=10_000).contains(steps)).ok_or_else(
                        || format!("`{steps}` is no number of steps: write for example `{from}..{to}/12`"),
                    )?;
                if from >= to {
                    return Err(format!("the range {from}..{to} is empty: the first value is the larger"));
                }
                spread(from, to, steps)
            }
            None => text.split(',').map(|value| key.setting(value.trim())).collect::<Result<_, _>>()?,
        };
        Ok(Axis { key, values })
    }
}

/// So many even steps, ends included; without the values that would be there twice.
fn spread(from: Amount, to: Amount, steps: i64) -> Vec<Setting> {
    let reach = i128::from(to.value) - i128::from(from.value);
    let unit = i128::from(from.dimension.resolution().value);
    let mut values: Vec<i64> = (0..=steps)
        .map(|n| {
            let exact = reach * i128::from(n) / i128::from(steps);
            // Whole seconds, where the ends are.
            let whole = if reach % unit == 0 { exact / unit * unit } else { exact };
            i64::try_from(i128::from(from.value) + whole).unwrap_or(to.value)
        })
        .collect();
    values.dedup();
    values.into_iter().map(|value| Setting::Amount(from.of(value))).collect()
}

/// How the runs of one combination of values ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cell {
    /// The values, one for each axis.
    pub values: Vec<Setting>,
    /// Runs.
    pub runs: u64,
    /// Runs in which it held.
    pub held: u64,
    /// Runs in which it did not.
    pub failed: u64,
    /// Runs that cannot be told.
    pub open: u64,
    /// Runs that show a bug of mockdc.
    pub bugs: u64,
    /// The share that held, with its interval; nothing where the scenario is not possible.
    pub held_share: Option<Interval>,
    /// Why the first that did not hold did not, or why the scenario is not possible.
    pub why: Option<String>,
    /// The seed of that run.
    pub seed: Option<u64>,
}

/// A sweep that was made.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sweep {
    /// The scenario.
    pub scenario: String,
    /// One or two.
    pub axes: Vec<Axis>,
    /// Seeds of each cell, ends included.
    pub seeds: (u64, u64),
    /// All combinations; the last axis varies fastest.
    pub cells: Vec<Cell>,
}

impl Sweep {
    /// Makes it, on so many threads.
    pub fn make(trial: &Trial, axes: Vec<Axis>, jobs: usize) -> Sweep {
        let mut combinations: Vec<Vec<Setting>> = vec![Vec::new()];
        for axis in &axes {
            combinations = combinations
                .iter()
                .flat_map(|head| {
                    axis.values.iter().map(|value| [head.as_slice(), std::slice::from_ref(value)].concat())
                })
                .collect();
        }
        let cells = parallel(&combinations, jobs, |values| {
            let settings: Vec<(&Key, Setting)> =
                axes.iter().zip(values).map(|(axis, value)| (&axis.key, value.clone())).collect();
            cell(trial, values.clone(), &settings)
        });
        let seeds = (*trial.seeds.start(), *trial.seeds.end());
        Sweep { scenario: trial.name.clone(), axes, seeds, cells }
    }

    /// Whether a run showed a bug of mockdc.
    pub fn shows_a_bug(&self) -> bool {
        self.cells.iter().any(|cell| cell.bugs > 0)
    }

    /// The cells as comma-separated values, with a head.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let keys: Vec<String> = self.axes.iter().map(|axis| quoted(&axis.key.path)).collect();
        writeln!(out, "{},runs,held,failed,open,share,low,high,seed,why", keys.join(","))?;
        for cell in &self.cells {
            let values: Vec<String> = cell.values.iter().map(|value| quoted(&value.to_string())).collect();
            let share = cell.held_share.map_or_else(
                || ",,".to_owned(),
                |share| format!("{:.4},{:.4},{:.4}", share.share, share.low, share.high),
            );
            let seed = cell.seed.map_or_else(String::new, |seed| seed.to_string());
            let why = quoted(cell.why.as_deref().unwrap_or_default());
            let values = values.join(",");
            let Cell { runs, held, failed, open, .. } = cell;
            writeln!(out, "{values},{runs},{held},{failed},{open},{share},{seed},{why}")?;
        }
        Ok(())
    }

    /// The heat map, as SVG.
    pub fn svg(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(super::heat::svg(self).as_bytes())
    }

    /// The cells as a table for people.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.axes.as_slice() {
            [rows, columns] => {
                writeln!(out, "{}: {} down, {} across", self.scenario, rows.key.path, columns.key.path)?;
                let first = rows.values.iter().map(|value| value.to_string().len()).max().unwrap_or(0);
                let across: Vec<String> = columns.values.iter().map(ToString::to_string).collect();
                let mut head = " ".repeat(first);
                let widths: Vec<usize> = across.iter().map(|text| text.len().max(6)).collect();
                for (text, width) in across.iter().zip(&widths) {
                    let _ = write!(head, "  {text:>width$}");
                }
                writeln!(out, "{head}")?;
                for (row, value) in self.cells.chunks(columns.values.len().max(1)).zip(&rows.values) {
                    write!(out, "{:>first$}", value.to_string())?;
                    for (cell, width) in row.iter().zip(&widths) {
                        write!(out, "  {:>width$}", cell.mark())?;
                    }
                    writeln!(out)?;
                }
            }
            _ => {
                let keys: Vec<&str> = self.axes.iter().map(|axis| axis.key.path.as_str()).collect();
                writeln!(out, "{}: {}", self.scenario, keys.join(", "))?;
                let told: Vec<String> = self.cells.iter().map(Cell::name).collect();
                let width = told.iter().map(String::len).max().unwrap_or(0);
                for (cell, name) in self.cells.iter().zip(&told) {
                    let range = match cell.held_share {
                        Some(share) if cell.runs > 1 => format!(
                            "  {} of {} hold, {:.1}% to {:.1}%",
                            cell.held,
                            cell.runs,
                            share.low * 100.0,
                            share.high * 100.0
                        ),
                        _ => String::new(),
                    };
                    let why = cell.why.as_ref().map_or_else(String::new, |why| format!("  {why}"));
                    writeln!(out, "{name:>width$}  {:>6}{range}{why}", cell.mark())?;
                }
            }
        }
        Ok(())
    }
}

impl Cell {
    /// The cell in a word or a share.
    pub fn mark(&self) -> String {
        match self {
            _ if self.bugs > 0 => "BUG".into(),
            Cell { held_share: None, .. } => "-".into(),
            Cell { runs: 1, held: 1, .. } => "holds".into(),
            Cell { runs: 1, open: 1, .. } => "open".into(),
            Cell { runs: 1, .. } => "FAILS".into(),
            Cell { held_share: Some(share), .. } => format!("{:.1}%", share.share * 100.0),
        }
    }

    fn name(&self) -> String {
        self.values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

fn cell(trial: &Trial, values: Vec<Setting>, settings: &[(&Key, Setting)]) -> Cell {
    let answers = trial.answers(settings);
    let count = |ends: Ends| answers.iter().filter(|answer| answer.ends == ends).count() as u64;
    let told = answers.iter().find(|answer| answer.ends != Ends::Holds);
    let (held, failed, open, bugs) =
        (count(Ends::Holds), count(Ends::Fails), count(Ends::Open), count(Ends::Bug));
    let runs = held + failed + open + bugs;
    Cell {
        values,
        runs,
        held,
        failed,
        open,
        bugs,
        held_share: wilson(held, runs),
        why: told.and_then(|answer| answer.why.clone()),
        seed: told.and_then(|answer| answer.seed),
    }
}

/// A field of comma-separated values (RFC 4180).
pub(super) fn quoted(text: &str) -> String {
    // A spreadsheet takes a field that begins so for a formula.
    let text = if text.starts_with(['=', '+', '@']) { format!("'{text}") } else { text.to_owned() };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}
