//! Two ways to run the same scenarios, and in what their results differ.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::trial::Criterion;
use crate::report::{RunResult, Summary, strict_junit, visible, visible_line};

/// What changed between two runs of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// What: `verdict`, `installs`, `attempts`, `promise NAME`, `reason`.
    pub what: String,
    /// With A.
    pub a: String,
    /// With B.
    pub b: String,
    /// Whether this is better, worse or neither.
    pub way: Way,
}

/// Which way something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// A held it, and B does not.
    Lost,
    /// It is another, neither better nor worse.
    Other,
    /// B holds it, and A did not.
    Won,
}

impl Way {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Way::Lost => "LOST",
            Way::Other => "other",
            Way::Won => "won",
        }
    }
}

/// The differences of one scenario with one seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// The scenario.
    pub scenario: String,
    /// Its file.
    pub file: String,
    /// The seed.
    pub seed: u64,
    /// Whether B loses what A won, by what was asked for.
    pub lost: bool,
    /// All that changed; worse before better.
    pub changes: Vec<Change>,
    /// The command that repeats it with A.
    pub rerun_a: String,
    /// The command that repeats it with B.
    pub rerun_b: String,
}

/// Two series of runs, compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    /// What A is.
    pub a: String,
    /// What B is.
    pub b: String,
    /// What counts as lost.
    pub criterion: Criterion,
    /// Runs that both have.
    pub compared: u64,
    /// Runs that only one of the two has.
    pub only_one: Vec<String>,
    /// Files that were not run, because one of the two is not possible there: why.
    pub left_out: Vec<String>,
    /// Scenarios and seeds whose results differ.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Compares run by run: those of the same scenario and seed.
    pub fn of(a: (&str, &[Summary]), b: (&str, &[Summary]), criterion: Criterion) -> Comparison {
        let key = |summary: &Summary| (summary.label(), summary.seed);
        let others: BTreeMap<_, &Summary> = b.1.iter().map(|summary| (key(summary), summary)).collect();
        let own: BTreeSet<_> = a.1.iter().map(key).collect();
        let mut only_one: Vec<String> = Vec::new();
        let (mut compared, mut differences) = (0, Vec::new());
        for one in a.1 {
            let Some(other) = others.get(&key(one)) else {
                only_one.push(format!("{} with seed {}: only {}", one.label(), one.seed, a.0));
                continue;
            };
            compared += 1;
            let changes = changes(one, other, criterion);
            if !changes.is_empty() {
                differences.push(Difference {
                    scenario: one.label(),
                    file: one.file.clone(),
                    seed: one.seed,
                    lost: lost(one, other, criterion),
                    changes,
                    rerun_a: one.rerun.clone(),
                    rerun_b: other.rerun.clone(),
                });
            }
        }
        for other in b.1.iter().filter(|other| !own.contains(&key(other))) {
            only_one.push(format!("{} with seed {}: only {}", other.label(), other.seed, b.0));
        }
        Comparison {
            a: a.0.to_owned(),
            b: b.0.to_owned(),
            criterion,
            compared,
            only_one,
            left_out: Vec::new(),
            differences,
        }
    }

    /// Whether B loses something that A won.
    pub fn loses(&self) -> bool {
        self.differences.iter().any(|difference| difference.lost)
    }

    /// The differences as a table for people.
    pub fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for difference in &self.differences {
            let lost = if difference.lost { "LOST" } else { "    " };
            writeln!(out, "{lost}  {}  seed {}", difference.scenario, difference.seed)?;
            let width =
                difference.changes.iter().map(|change| change.what.chars().count()).max().unwrap_or(0);
            for change in &difference.changes {
                writeln!(
                    out,
                    "      {:5}  {:width$}  {}  →  {}",
                    change.way.word(),
                    change.what,
                    visible_line(&change.a),
                    visible_line(&change.b)
                )?;
            }
            if difference.lost {
                writeln!(out, "      A: {}\n      B: {}", difference.rerun_a, difference.rerun_b)?;
            }
        }
        for only in &self.only_one {
            writeln!(out, "only one of the two has {only}")?;
        }
        for why in self.left_out.iter().take(3) {
            writeln!(out, "left out: {}", visible_line(why))?;
        }
        if let Some(more @ 1..) = self.left_out.len().checked_sub(3) {
            writeln!(out, "left out: {more} more, listed with `--format json`")?;
        }
        let lost = self.differences.iter().filter(|difference| difference.lost).count();
        let won = self
            .differences
            .iter()
            .filter(|difference| difference.changes.iter().any(|change| change.way == Way::Won))
            .count();
        writeln!(
            out,
            "A = {}, B = {}: {} {} compared, {} differ; B loses {lost}, and wins something in {won}",
            self.a,
            self.b,
            self.compared,
            if self.compared == 1 { "run" } else { "runs" },
            self.differences.len()
        )
    }

    /// The differences as JUnit: what B loses is a failure, other differences are passed cases that tell them.
    pub fn junit(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut suite = TestSuite::new(visible_line(&format!("{} against {}", self.b, self.a)));
        for difference in &self.differences {
            let told: Vec<String> = difference
                .changes
                .iter()
                .map(|change| format!("{} {}: {} -> {}", change.way.word(), change.what, change.a, change.b))
                .collect();
            let told = visible(&told.join("\n"));
            let mut status = match difference.lost {
                false => TestCaseStatus::success(),
                true => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    let first = difference.changes.first().map_or("", |change| change.what.as_str());
                    status
                        .set_type("lost")
                        .set_message(visible_line(&format!("B loses what A won: {first}")));
                    status
                }
            };
            if difference.lost {
                status
                    .set_description(format!("{told}\nA: {}\nB: {}", difference.rerun_a, difference.rerun_b));
            }
            let name = visible_line(&format!("{} (seed {})", difference.scenario, difference.seed));
            let mut case = TestCase::new(name, status);
            case.set_classname(visible_line(&difference.file));
            if !difference.lost {
                case.set_system_out(told);
            }
            suite.add_test_case(case);
        }
        let mut report = Report::new("mockdc compare");
        report.add_test_suite(suite);
        strict_junit(out, &report)
    }
}

fn lost(a: &Summary, b: &Summary, criterion: Criterion) -> bool {
    let broken = |summary: &Summary| -> BTreeSet<String> {
        let broken = summary.promises.iter().filter(|promise| promise.breaches > 0);
        broken.map(|promise| promise.name.clone()).collect()
    };
    match criterion {
        _ if b.result == RunResult::Bug => a.result != RunResult::Bug,
        Criterion::Verdict => a.result == RunResult::Pass && b.result != RunResult::Pass,
        Criterion::Installed => {
            let worth = |summary: &Summary| {
                (summary.measures.installed, std::cmp::Reverse(summary.measures.attempts))
            };
            worth(b) < worth(a)
        }
        Criterion::Promises => !broken(b).is_subset(&broken(a)),
    }
}

fn changes(a: &Summary, b: &Summary, criterion: Criterion) -> Vec<Change> {
    // What a scenario expects counts only where its verdict does.
    let expected = |way: Way| if criterion == Criterion::Verdict { way } else { Way::Other };
    let mut changes = Vec::new();
    let mut add = |what: String, one: String, other: String, way: Way| {
        if one != other {
            changes.push(Change { what, a: one, b: other, way });
        }
    };
    let verdict = match (a.result == RunResult::Pass, b.result == RunResult::Pass) {
        (true, false) => Way::Lost,
        (false, true) => Way::Won,
        _ => Way::Other,
    };
    add("verdict".into(), a.result.word().to_lowercase(), b.result.word().to_lowercase(), expected(verdict));
    let (one, other) = (a.measures.installed, b.measures.installed);
    let way = if other < one { Way::Lost } else { Way::Won };
    add("installed clients".into(), one.to_string(), other.to_string(), way);
    let (one, other) = (a.measures.attempts, b.measures.attempts);
    let way = if other > one { Way::Lost } else { Way::Won };
    add("attempts to install".into(), one.to_string(), other.to_string(), way);
    for promise in &a.promises {
        let Some(after) = b.promises.iter().find(|after| after.name == promise.name) else { continue };
        let told = |occasions: u32, breaches: u32| match (occasions, breaches) {
            (0, _) => "not put to the test".to_owned(),
            (_, 0) => "kept".to_owned(),
            (occasions, breaches) => format!("broken on {breaches} of {occasions} occasions"),
        };
        let way = match (promise.breaches, after.breaches) {
            (one, other) if other > one => Way::Lost,
            (one, other) if other < one => Way::Won,
            _ => Way::Other,
        };
        // How often a kept promise was put to the test says nothing of it.
        if (promise.breaches > 0 || after.breaches > 0) || (promise.occasions == 0) != (after.occasions == 0)
        {
            add(
                format!("promise {}", promise.name),
                told(promise.occasions, promise.breaches),
                told(after.occasions, after.breaches),
                way,
            );
        }
    }
    // Reasons are told by their texts: a line of the file may have moved.
    let texts = |summary: &Summary| -> Vec<String> {
        summary.reasons.iter().map(|reason| reason.text.clone()).collect()
    };
    let (one, other) = (texts(a), texts(b));
    for text in other.iter().filter(|text| !one.contains(text)) {
        add("reason".into(), "-".into(), text.clone(), expected(Way::Lost));
    }
    for text in one.iter().filter(|text| !other.contains(text)) {
        add("reason".into(), text.clone(), "-".into(), expected(Way::Won));
    }
    changes.sort_by_key(|change| change.way);
    changes
}
