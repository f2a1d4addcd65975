//! Results in version 14 of the Test Anything Protocol: a line a scenario, and a YAML block for one that did not pass.

use std::io::{self, Write};

use super::junit::result_name;
use super::summary::{RunResult, Summary};
use super::text::{headline, reasons, visible_line};

/// Writes all results. `many_seeds`: the seed is part of each name.
pub fn tap(out: &mut dyn Write, summaries: &[&Summary], many_seeds: bool) -> io::Result<()> {
    writeln!(out, "TAP version 14\n1..{}", summaries.len())?;
    for (number, summary) in summaries.iter().enumerate() {
        let name = match many_seeds {
            true => format!("{} (seed {})", summary.label(), summary.seed),
            false => summary.label(),
        };
        let ok = matches!(summary.result, RunResult::Pass | RunResult::Skipped);
        write!(out, "{} {} - {}", if ok { "ok" } else { "not ok" }, number + 1, escaped(&name))?;
        match summary.result {
            RunResult::Skipped => writeln!(out, " # SKIP {}", escaped(&headline(summary)))?,
            RunResult::Pass => writeln!(out)?,
            _ => {
                writeln!(out)?;
                diagnostics(out, summary)?;
            }
        }
    }
    Ok(())
}

fn diagnostics(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    writeln!(out, "  ---")?;
    writeln!(out, "  message: {}", quoted(&headline(summary)))?;
    writeln!(out, "  severity: {}", result_name(summary.result))?;
    writeln!(out, "  file: {}", quoted(&summary.file))?;
    if let Some(line) = summary.reasons.iter().find_map(|reason| reason.line) {
        writeln!(out, "  line: {line}")?;
    }
    writeln!(out, "  title: {}", quoted(&summary.title))?;
    writeln!(out, "  seed: {}", summary.seed)?;
    writeln!(out, "  rerun: {}", quoted(&summary.rerun))?;
    writeln!(out, "  reasons:")?;
    for line in reasons(summary).lines() {
        writeln!(out, "    - {}", quoted(line))?;
    }
    writeln!(out, "  ...")
}

/// A description: one line, in which `#` begins no directive.
fn escaped(text: &str) -> String {
    visible_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

/// A text in double quotes as YAML reads it. JSON's form of a text is one of YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(visible_line(text)).to_string()
}
