//! Scenario × backend × verdict: whether every backend says the same.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::summary::{RunResult, Summary, Totals};
use super::text::visible_line;
use crate::backend::Backend;

/// The table of a run on several backends, or on another than the fake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Table {
    /// The columns, with the totals of each.
    pub backends: Vec<Column>,
    /// The rows, in the order of the scenarios.
    pub rows: Vec<Row>,
    /// How many rows have backends that ran the scenario and do not agree.
    pub differing: u64,
}

/// A backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Column {
    /// Which.
    pub backend: Backend,
    /// How its runs ended.
    pub totals: Totals,
}

/// A scenario with a seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Row {
    /// The scenario.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// What came of it on each backend, in the order of the columns; nothing where it was not reached.
    pub cells: Vec<Option<Cell>>,
    /// Whether all backends that ran it agree.
    pub agree: bool,
}

/// What came of a scenario on a backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cell {
    /// The verdict.
    pub result: RunResult,
    /// Why it did not pass or was not run.
    pub reasons: Vec<String>,
    /// Where the backend and the model beside it said different things.
    pub differences: Vec<String>,
}

impl Table {
    /// The table of these results.
    pub fn of(backends: &[Backend], summaries: &[Summary]) -> Table {
        let mut rows: Vec<Row> = Vec::new();
        for summary in summaries {
            let place = rows
                .iter()
                .position(|row| row.scenario == summary.name && row.seed == summary.seed)
                .unwrap_or_else(|| {
                    let cells = vec![None; backends.len()];
                    rows.push(Row { scenario: summary.name.clone(), seed: summary.seed, cells, agree: true });
                    rows.len() - 1
                });
            let Some(column) = backends.iter().position(|backend| *backend == summary.backend) else {
                continue;
            };
            let differences = summary.wall.as_ref().map(|wall| wall.differences.clone()).unwrap_or_default();
            let reasons = summary.reasons.iter().map(|reason| reason.text.clone()).collect();
            rows[place].cells[column] = Some(Cell { result: summary.result, reasons, differences });
        }
        for row in &mut rows {
            let mut ran = row.cells.iter().flatten().map(|cell| cell.result);
            let mut ran = ran.by_ref().filter(|result| *result != RunResult::Skipped);
            let first = ran.next();
            row.agree = ran.all(|result| Some(result) == first);
        }
        let differing = rows.iter().filter(|row| !row.agree).count() as u64;
        let columns = backends.iter().map(|backend| Column {
            backend: *backend,
            totals: Totals::of(summaries.iter().filter(|summary| summary.backend == *backend)),
        });
        Table { backends: columns.collect(), rows, differing }
    }

    /// In columns, for people.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let names: Vec<String> = self.rows.iter().map(Row::name).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max("scenario".len());
        write!(out, "\n{:<width$}", "scenario")?;
        for column in &self.backends {
            write!(out, "  {:<6}", column.backend)?;
        }
        writeln!(out)?;
        for (row, name) in self.rows.iter().zip(names) {
            let mut line = format!("{name:<width$}");
            for cell in &row.cells {
                line.push_str(&format!("  {:<6}", cell.as_ref().map_or("-", |cell| cell.result.word())));
            }
            if !row.agree {
                line.push_str("  they differ");
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        for column in &self.backends {
            writeln!(out, "{}: {}", column.backend, column.totals)?;
        }
        if self.backends.len() > 1 {
            match self.differing {
                0 => writeln!(out, "the backends agree wherever they ran the same scenario")?,
                1 => writeln!(out, "the backends differ in 1 scenario")?,
                more => writeln!(out, "the backends differ in {more} scenarios")?,
            }
        }
        Ok(())
    }

    /// As a table in Markdown, with the reasons of what did not pass.
    pub fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        let cell =
            |text: &str| visible_line(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;");
        write!(out, "| scenario |")?;
        for column in &self.backends {
            write!(out, " {} |", column.backend)?;
        }
        writeln!(out, " remark |")?;
        writeln!(out, "|---|{}---|", "---|".repeat(self.backends.len()))?;
        for row in &self.rows {
            write!(out, "| {} |", cell(&row.name()))?;
            let mut remarks = Vec::new();
            for (column, found) in self.backends.iter().zip(&row.cells) {
                write!(out, " {} |", found.as_ref().map_or("-", |found| found.result.word()))?;
                for text in found.iter().flat_map(|found| found.reasons.iter().chain(&found.differences)) {
                    remarks.push(cell(&format!("{}: {text}", column.backend)));
                }
            }
            writeln!(out, " {} |", remarks.join("<br>"))?;
        }
        writeln!(out)?;
        for column in &self.backends {
            writeln!(out, "- {}: {}", column.backend, column.totals)?;
        }
        Ok(())
    }
}

impl Row {
    fn name(&self) -> String {
        format!("{} (seed {})", self.scenario, self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(name: &str, backend: Backend, result: RunResult, why: &str) -> Summary {
        let plan = crate::timeline::story::plan();
        let mut summary = Summary::skipped(&plan, 1, why, String::new());
        summary.name = name.into();
        summary.backend = backend;
        summary.result = result;
        if result == RunResult::Pass {
            summary.reasons.clear();
        }
        summary
    }

    fn table() -> Table {
        use RunResult::{Fail, Pass, Skipped};
        let summaries = [
            summary("alike", Backend::Fake, Pass, ""),
            summary("differs", Backend::Fake, Pass, ""),
            summary("skipped", Backend::Fake, Pass, ""),
            summary("alike", Backend::Samba, Pass, ""),
            summary("differs", Backend::Samba, Fail, "a | b <i>"),
            summary("skipped", Backend::Samba, Skipped, "five controllers"),
        ];
        Table::of(&[Backend::Fake, Backend::Samba], &summaries)
    }

    #[test]
    fn rows_agree_unless_two_backends_ran_them_and_say_otherwise() {
        let table = table();
        let agree: Vec<bool> = table.rows.iter().map(|row| row.agree).collect();
        assert_eq!(agree, [true, false, true]);
        assert_eq!(table.differing, 1);
        assert_eq!(
            table.backends[1].totals,
            Totals { passed: 1, failed: 1, skipped: 1, ..Totals::default() }
        );
    }

    #[test]
    fn the_table_is_printed_in_columns() {
        let mut out = Vec::new();
        table().print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("differs (seed 1)  pass    FAIL    they differ\n"), "{text}");
        assert!(text.contains("skipped (seed 1)  pass    skip\n"), "{text}");
        assert!(text.ends_with("the backends differ in 1 scenario\n"), "{text}");
    }

    #[test]
    fn markdown_keeps_its_cells_whatever_a_reason_says() {
        let mut out = Vec::new();
        table().markdown(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("| differs (seed 1) | pass | FAIL | samba: a \\| b &lt;i> |"), "{text}");
        assert!(text.contains("samba: five controllers"), "{text}");
    }

    #[test]
    fn the_table_is_read_back_from_its_json() {
        let text = serde_json::to_string(&table()).unwrap();
        assert_eq!(serde_json::from_str::<Table>(&text).unwrap(), table());
    }
}
