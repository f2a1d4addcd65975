//! A matrix of rights by components, for people and as comma-separated values.

use std::io::{self, Write};

use super::matrix::{Matrix, Met, Moment, Row};
use super::sweep::quoted;

impl Matrix {
    /// The matrix as tables for people, one for each moment.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{}: what {} of {} launches without a right (`service` is the service itself; `unverified`: it is launched, \
             and its verification fails)",
            self.scenario, self.machine, self.profile
        )?;
        let first = self.rows.iter().map(|row| row.without.constant().len()).max().unwrap_or(0);
        for moment in Moment::ALL {
            writeln!(out, "\nafter {}", moment.words())?;
            write!(out, "{:first$}", "without")?;
            for head in self.heads() {
                write!(out, "  {head:>WIDTH$}")?;
            }
            writeln!(out)?;
            for row in self.rows.iter().filter(|row| row.after == moment) {
                write!(out, "{:first$}", row.without.constant())?;
                for (cell, head) in cells(row).into_iter().zip(self.heads()) {
                    write!(out, "  {cell:>width$}", width = head.chars().count().max(WIDTH))?;
                }
                writeln!(out)?;
                if !row.failing.is_empty() {
                    writeln!(out, "{:first$}  shown as failing: {}", "", row.failing.join(", "))?;
                }
            }
        }
        Ok(())
    }

    fn heads(&self) -> impl Iterator<Item = &str> {
        std::iter::once("service").chain(self.components.iter().map(String::as_str))
    }

    /// The matrix as comma-separated values, with a head: a line for each moment, right and component.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "after,without,service,component,launch,verification,agent,agent-fails")?;
        for row in &self.rows {
            let code = |code: Option<u32>| code.map_or_else(String::new, |code| code.to_string());
            for ((component, met), agent) in self.components.iter().zip(&row.components).zip(&self.agents) {
                writeln!(
                    out,
                    "{},{},{},{},{},{},{},{}",
                    row.after.word(),
                    row.without.constant(),
                    row.service.unwrap_or(0),
                    quoted(component),
                    code(met.launch),
                    code(met.verification),
                    quoted(agent),
                    row.failing.contains(agent)
                )?;
            }
        }
        Ok(())
    }
}

/// Columns that a cell takes.
const WIDTH: usize = 10;

fn cells(row: &Row) -> Vec<String> {
    let service = row.service.map_or_else(|| "runs".to_owned(), |code| code.to_string());
    let met = |met: &Met| match (met.launch, met.verification) {
        (None, _) => "-".to_owned(),
        (Some(0), None | Some(0)) => "runs".to_owned(),
        (Some(0), Some(_)) => "unverified".to_owned(),
        (Some(code), _) => code.to_string(),
    };
    std::iter::once(service).chain(row.components.iter().map(met)).collect()
}
