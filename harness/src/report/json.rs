//! Results for machines: the same summaries that the console prints, as JSON.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::series::Series;
use super::summary::{Summary, Totals};

/// All results, as `summary.json` and `--format json` hold them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Document {
    /// The version of mockdc that wrote it.
    pub mockdc: String,
    /// How many ended in which way.
    pub totals: Totals,
    /// What was run together; nothing for a run that was judged again.
    pub series: Option<Series>,
    /// The results, in order.
    pub scenarios: Vec<Summary>,
}

/// Writes all results as one [`Document`].
pub fn document(out: &mut dyn Write, series: Option<&Series>, summaries: &[&Summary]) -> io::Result<()> {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Borrowed<'a> {
        mockdc: &'static str,
        totals: Totals,
        series: Option<&'a Series>,
        scenarios: &'a [&'a Summary],
    }
    let totals = Totals::of(summaries.iter().copied());
    let document = Borrowed { mockdc: env!("CARGO_PKG_VERSION"), totals, series, scenarios: summaries };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// One result as a line.
pub fn line(out: &mut dyn Write, summary: &Summary) -> io::Result<()> {
    serde_json::to_writer(&mut *out, summary)?;
    writeln!(out)
}
