//! `mockdc list --kb`: articles, what each is about, the scenarios that replay it, and their verdicts.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use mockdc_scenarios::{Plan, condition, visible};
use serde::Serialize;

use super::arguments::{Format, List, Select};
use super::run::DEFAULT_SEED;
use super::{Exit, Streams, inspect, interrupt, pool};
use crate::judge::judge;
use crate::orchestrator;
use crate::report::{Outcome, RunResult};

/// The catalogue, from the project's top folder.
const CATALOGUE: &str = "scenarios/kb";

/// An article, or another source that scenarios cite.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Article {
    article: String,
    /// What has to come together for it; nothing for a source that the catalogue does not know.
    condition: Option<&'static str>,
    /// The worst of its scenarios.
    verdict: RunResult,
    scenarios: Vec<Row>,
}

/// A scenario with all of its cases.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Row {
    name: String,
    title: String,
    file: String,
    /// The worst of its cases.
    verdict: RunResult,
    cases: usize,
    /// The cases that do not pass.
    not_passed: Vec<String>,
}

/// Runs what is selected on the fake, and prints the table.
pub(super) fn list(list: List, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let List { mut paths, name, tag, format, .. } = list;
    if paths.is_empty() {
        paths.push(PathBuf::from(CATALOGUE));
        if !paths[0].is_dir() {
            writeln!(
                streams.err,
                "error: there is no folder {CATALOGUE} here\nhelp: run this in the project's top folder, or give the \
                 folder of the catalogue: `mockdc list --kb PATH`"
            )?;
            return Ok(Exit::Usage);
        }
    }
    let selection = match inspect::load(&Select { paths, name, tag, set: Vec::new() }, streams)? {
        Ok(selection) => selection,
        Err(exit) => return Ok(exit),
    };
    let plans: Arc<[Arc<Plan>]> = selection.plans.into_iter().map(Arc::new).collect();
    let results = match play(&plans)? {
        Ok(results) => results,
        Err(why) => {
            writeln!(streams.err, "error: {why}")?;
            return Ok(Exit::InvalidScenario);
        }
    };
    if results.len() < plans.len() {
        writeln!(streams.err, "interrupted: {} of {} runs are done", results.len(), plans.len())?;
        return Ok(Exit::Interrupted);
    }
    let rows = rows(&plans, &results);
    let articles = by_article(&plans, &rows);
    match format {
        Format::Console => print(&articles, &rows, streams)?,
        Format::Json => writeln!(streams.out, "{}", serde_json::to_string_pretty(&articles)?)?,
    }
    Ok(results.into_iter().map(exit_of).max().unwrap_or(Exit::Passed))
}

/// The result of each plan, in order; fewer when somebody interrupts.
fn play(plans: &Arc<[Arc<Plan>]>) -> io::Result<Result<Vec<RunResult>, String>> {
    let desk = Arc::new(pool::Desk::default());
    let closing = Arc::clone(&desk);
    let _watch = interrupt::watch(move || closing.close())?;
    let of_work = Arc::clone(plans);
    let work = move |number: usize| {
        let plan = &of_work[number];
        let timeline = orchestrator::run(plan, plan.seed.unwrap_or(DEFAULT_SEED))?;
        let judgement = judge(&timeline);
        Ok::<RunResult, orchestrator::RunError>(
            Outcome { timeline, judgement, rerun: String::new() }.result(),
        )
    };
    let mut results = Vec::with_capacity(plans.len());
    let mut failed = None;
    pool::in_order(&desk, plans.len(), pool::cores(), work, |_, played| {
        Ok(match played {
            Ok(result) => {
                results.push(result);
                ControlFlow::Continue(())
            }
            Err(error) => {
                failed = Some(error.to_string());
                ControlFlow::Break(())
            }
        })
    })?;
    Ok(failed.map_or(Ok(results), Err))
}

/// Scenarios in the order of their files, each with all of its cases.
fn rows(plans: &[Arc<Plan>], results: &[RunResult]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (plan, result) in plans.iter().zip(results) {
        let name = scenario(plan);
        if rows.last().is_none_or(|row| row.name != name || row.file != plan.file) {
            let (title, file) = (plan.title.clone(), plan.file.clone());
            let verdict = RunResult::Pass;
            rows.push(Row { name: name.to_owned(), title, file, verdict, cases: 0, not_passed: Vec::new() });
        }
        if let Some(row) = rows.last_mut() {
            row.cases += 1;
            row.verdict = worse(row.verdict, *result);
            if *result != RunResult::Pass {
                row.not_passed.push(plan.name.clone());
            }
        }
    }
    rows
}

/// Articles in ascending order, each with the scenarios that cite it.
fn by_article(plans: &[Arc<Plan>], rows: &[Row]) -> Vec<Article> {
    let mut articles: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for plan in plans {
        let Some(row) = rows.iter().position(|row| row.name == scenario(plan) && row.file == plan.file)
        else {
            continue;
        };
        for article in &plan.cites {
            let of_article = articles.entry(article).or_default();
            if !of_article.contains(&row) {
                of_article.push(row);
            }
        }
    }
    let article = |(article, of_article): (&str, Vec<usize>)| Article {
        article: article.to_owned(),
        condition: condition(article),
        verdict: of_article.iter().fold(RunResult::Pass, |worst, row| worse(worst, rows[*row].verdict)),
        scenarios: of_article.into_iter().map(|row| rows[row].clone()).collect(),
    };
    articles.into_iter().map(article).collect()
}

fn print(articles: &[Article], rows: &[Row], streams: &mut Streams<'_>) -> io::Result<()> {
    let width = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    for article in articles {
        let condition = article.condition.unwrap_or("(not in mockdc's table of articles)");
        writeln!(streams.out, "{}  {condition}", visible(&article.article))?;
        for row in &article.scenarios {
            let cases = match (row.cases, row.not_passed.len()) {
                (1, _) => String::new(),
                (cases, 0) => format!("{cases} cases"),
                (cases, failed) => format!("{failed} of {cases} cases do not pass"),
            };
            let line = format!("  {:4}  {:width$}  {cases}", row.verdict.word(), row.name);
            writeln!(streams.out, "{}", line.trim_end())?;
        }
    }
    let cases: usize = rows.iter().map(|row| row.cases).sum();
    let failed: Vec<&Row> = rows.iter().filter(|row| row.verdict != RunResult::Pass).collect();
    let verdict = match failed.len() {
        0 => "all pass".to_owned(),
        number => format!("{number} scenarios do not pass"),
    };
    writeln!(
        streams.out,
        "\n{} articles, {} scenarios with {cases} cases: {verdict}",
        articles.len(),
        rows.len()
    )?;
    for row in failed {
        for case in &row.not_passed {
            let command = crate::report::quoted(["mockdc", "run", &row.file, "--name", case]);
            writeln!(streams.out, "{command}")?;
        }
    }
    Ok(())
}

/// A scenario's name without that of its case.
fn scenario(plan: &Plan) -> &str {
    plan.name.split('[').next().unwrap_or_default()
}

fn worse(one: RunResult, other: RunResult) -> RunResult {
    if exit_of(other) > exit_of(one) { other } else { one }
}

fn exit_of(result: RunResult) -> Exit {
    match result {
        RunResult::Pass | RunResult::Skipped => Exit::Passed,
        RunResult::Inconclusive => Exit::Inconclusive,
        RunResult::Fail => Exit::Failed,
        RunResult::Bug => Exit::Bug,
    }
}
