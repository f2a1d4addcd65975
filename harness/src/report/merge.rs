//! Results of several machines put together to those of one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::json::Document;
use super::series::{Partition, Series};
use super::summary::Summary;

/// Why results do not make a whole.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There are no results at this place: the run broke off before its end, or the path is another one.
    #[error("cannot read {}: {error}; a run that ends writes its summary there with `--results DIR`", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is no summary, or one of another version's.
    #[error("{} is no summary of runs: {error}", path.display())]
    NoSummary {
        /// The file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// The results do not say what was run together: they do not come from `mockdc run`.
    #[error("{} does not say what was run together: merge what `mockdc run --results DIR` wrote", .0.display())]
    NoSeries(PathBuf),
    /// Two results differ in something that is the same for all partitions of a run. Run all partitions with the same
    /// mockdc, over the same files, with the same options.
    #[error("{} and {} are not parts of one run: {what}", first.display(), second.display())]
    Mixed {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// In what they differ.
        what: String,
    },
    /// Two results are of the same partition.
    #[error("{} and {} are both partition {partition}: give each once", first.display(), second.display())]
    Twice {
        /// The partition.
        partition: Partition,
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A partition has no results. Add its folder, or run it.
    #[error("the results of {missing} are missing: add them, or run `mockdc run … --partition` for each")]
    Missing {
        /// Which.
        missing: String,
    },
    /// A file lacks results that it should have, or has some that it should not.
    #[error("{} is not whole: {what}", path.display())]
    NotWhole {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

/// One of the results that are put together.
struct Part {
    path: PathBuf,
    mockdc: String,
    series: Series,
    scenarios: Vec<Summary>,
}

/// Puts results folders, or their files `summary.json`, together: what was run, and the results in the order in which
/// one machine would have had them.
pub fn merge(results: &[PathBuf]) -> Result<(Series, Vec<Summary>), MergeError> {
    let parts = results.iter().map(|path| read(path)).collect::<Result<Vec<Part>, _>>()?;
    let Some(first) = parts.first() else {
        return Err(MergeError::Missing { missing: "all partitions".into() });
    };
    for part in &parts[1..] {
        if let Some(what) = difference(first, part) {
            return Err(MergeError::Mixed { first: first.path.clone(), second: part.path.clone(), what });
        }
    }
    check_partitions(&parts)?;
    for part in &parts {
        check_whole(part)?;
    }
    let stopped = parts.iter().any(|part| part.series.stopped);
    let series = Series { partition: None, stopped, ..first.series.clone() };
    let places: BTreeMap<&str, usize> =
        series.cases.iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    let mut summaries: Vec<Summary> = parts.into_iter().flat_map(|part| part.scenarios).collect();
    let turns = |backend| series.backends.iter().position(|turn| *turn == backend);
    summaries.sort_by_key(|summary| {
        (turns(summary.backend), places.get(summary.name.as_str()).copied(), summary.seed)
    });
    Ok((series, summaries))
}

fn read(path: &Path) -> Result<Part, MergeError> {
    let path = if path.is_dir() { path.join("summary.json") } else { path.to_owned() };
    let bytes = fs::read(&path).map_err(|error| MergeError::Unread { path: path.clone(), error })?;
    let document: Document = serde_json::from_slice(&bytes)
        .map_err(|error| MergeError::NoSummary { path: path.clone(), error })?;
    let Document { mockdc, series, scenarios, .. } = document;
    match series {
        Some(series) => Ok(Part { path, mockdc, series, scenarios }),
        None => Err(MergeError::NoSeries(path)),
    }
}

/// In what two results differ that must be the same.
fn difference(one: &Part, other: &Part) -> Option<String> {
    if one.mockdc != other.mockdc {
        return Some(format!("one was run by mockdc {}, the other by {}", one.mockdc, other.mockdc));
    }
    let (one, other) = (&one.series, &other.series);
    if one.cases != other.cases {
        let names = |series: &Series| series.cases.iter().cloned().collect::<BTreeSet<String>>();
        let only = names(one).symmetric_difference(&names(other)).next().cloned();
        return Some(match only {
            Some(name) => format!("`{name}` was selected for one of them and not for the other"),
            None => "the same scenarios were selected in another order".to_owned(),
        });
    }
    if one.plans != other.plans {
        return Some("scenarios of the same names say different things".to_owned());
    }
    let seeds = |series: &Series| match series.seeds {
        Some((from, to)) => format!("the seeds {from}..{to}"),
        None => format!("the seed {}", series.seed),
    };
    if seeds(one) != seeds(other) {
        return Some(format!("one was run with {}, the other with {}", seeds(one), seeds(other)));
    }
    let backends = |series: &Series| {
        series.backends.iter().map(|backend| backend.name()).collect::<Vec<_>>().join(" and ")
    };
    if one.backends != other.backends {
        return Some(format!("one was run on {}, the other on {}", backends(one), backends(other)));
    }
    let deal = |series: &Series| series.partition.map(|partition| (partition.deal, partition.parts));
    if deal(one) != deal(other) {
        let told = |series: &Series| match series.partition {
            Some(partition) => format!("is partition {partition}"),
            None => "is the whole run".to_owned(),
        };
        return Some(format!("one {}, the other {}", told(one), told(other)));
    }
    None
}

/// That each part is there once.
fn check_partitions(parts: &[Part]) -> Result<(), MergeError> {
    let mut seen: BTreeMap<u64, &Part> = BTreeMap::new();
    for part in parts {
        let Some(partition) = part.series.partition else {
            return match parts {
                [_] => Ok(()),
                [first, second, ..] => Err(MergeError::Mixed {
                    first: first.path.clone(),
                    second: second.path.clone(),
                    what: "each is a whole run of its own".into(),
                }),
                [] => Ok(()),
            };
        };
        if let Some(earlier) = seen.insert(partition.part, part) {
            let (first, second) = (earlier.path.clone(), part.path.clone());
            return Err(MergeError::Twice { partition, first, second });
        }
    }
    let Some(partition) = parts.first().and_then(|part| part.series.partition) else { return Ok(()) };
    let mut missing = (1..=partition.parts).filter(|part| !seen.contains_key(part)).peekable();
    if missing.peek().is_none() {
        return Ok(());
    }
    let names: Vec<String> =
        missing.by_ref().take(10).map(|part| Partition { part, ..partition }.to_string()).collect();
    let more = missing.count();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(MergeError::Missing { missing: format!("{}{more}", names.join(", ")) })
}

/// That a part has the results of the scenarios that belong to it, all of them unless it was stopped, and no other.
fn check_whole(part: &Part) -> Result<(), MergeError> {
    let wrong = |what: String| Err(MergeError::NotWhole { path: part.path.clone(), what });
    let mut due: BTreeMap<&str, u64> = BTreeMap::new();
    for (place, name) in part.series.cases.iter().enumerate() {
        if part.series.partition.is_none_or(|partition| partition.holds(place, name)) {
            due.insert(name, part.series.runs_a_case());
        }
    }
    for summary in &part.scenarios {
        match due.get_mut(summary.name.as_str()) {
            Some(runs @ 1..) => *runs -= 1,
            _ => return wrong(format!("`{}` does not belong to it, or is there too often", summary.name)),
        }
    }
    match due.iter().find(|(_, runs)| **runs > 0) {
        Some((name, _)) if !part.series.stopped => wrong(format!("it has too few results of `{name}`")),
        _ => Ok(()),
    }
}
