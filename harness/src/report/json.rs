//! Results for machines: the same summaries that the console prints, as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::summary::{Summary, Totals};

/// All results as one document: version, totals, scenarios.
pub fn document(out: &mut dyn Write, summaries: &[&Summary]) -> io::Result<()> {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Document<'a> {
        mockdc: &'static str,
        totals: Totals,
        scenarios: &'a [&'a Summary],
    }
    let totals = Totals::of(summaries.iter().copied());
    let document = Document { mockdc: env!("CARGO_PKG_VERSION"), totals, scenarios: summaries };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// One result as a line.
pub fn line(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    serde_json::to_writer(&mut *out, summary)?;
    writeln!(out)
}
