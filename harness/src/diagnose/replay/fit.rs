//! The smallest setting whose own logs repeat a customer's order of events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use mockdc_scenarios::{Plan, read_str};

use super::customer::Customer;
use super::distance::{Distance, Traced};
use super::setting::Setting;
use super::trace::{Item, history_of, trace};
use crate::diagnose::history::History;
use crate::diagnose::report::Names;
use crate::diagnose::rules::{Diagnosis, Rule, diagnose};
use crate::diagnose::{Facts, Lexicon};

/// A scenario that reproduces what the logs show.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The scenario file.
    pub text: String,
    /// How many settings were run.
    pub tried: usize,
    /// Events that only one of the two logs has: 0 when the order on each machine is the same.
    pub apart: usize,
    /// Pairs of events of two machines that come in another order, where the clocks are known well enough to tell.
    pub crossed: usize,
}

/// Why there is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum NoScenario {
    /// No article is diagnosed, so there is nothing to reproduce. Give more logs: see what the report asks for.
    #[error("nothing is diagnosed, so there is nothing to reproduce")]
    Nothing,
    /// What causes the article's failure cannot be inferred from logs. Start from a scenario of the catalogue that cites it.
    #[error(
        "what causes {0} cannot be inferred from logs: start from a scenario of the catalogue that cites it (`mockdc list scenarios --format json`)"
    )]
    NotInferable(String),
    /// No setting could be run: a bug of mockdc.
    #[error("no setting could be run; the last one failed with: {0}")]
    NoneRuns(String),
}

/// Settings that are tried at most.
const MOST_TRIED: usize = 400;

/// Finds the smallest setting whose logs repeat the order of events about a diagnosed client.
pub fn fit(
    history: &History,
    facts: &Facts,
    diagnosis: &Diagnosis<'_>,
    names: &Names,
    lexicon: &Lexicon,
    rules: &[Rule],
) -> Result<Fitted, NoScenario> {
    let situation = diagnosis.situations.first().ok_or(NoScenario::Nothing)?;
    let items = trace(history, diagnosis);
    let wanted = Traced::new(history, &diagnosis.client, &items);
    let customer = Customer { history, facts, diagnosis, names, trace: &items };
    let settings = customer.settings(&situation.rule.article)?;
    let mut best: Option<(Distance, Setting)> = None;
    let (mut tried, mut failed) = (0, String::new());
    for setting in settings.into_iter().take(MOST_TRIED) {
        tried += 1;
        let replayed = match replay(&setting.render(), lexicon, rules) {
            Ok(replayed) => replayed,
            Err(error) => {
                failed = error;
                continue;
            }
        };
        let mut apart = wanted.distance(&replayed.traced());
        apart.another = !replayed.articles.contains(&situation.rule.article);
        // Settings come the smallest first: a larger one must be nearer.
        if best.as_ref().is_none_or(|(known, _)| apart < *known) {
            best = Some((apart, setting));
        }
        if apart == Distance::default() {
            break;
        }
    }
    let Some((apart, mut setting)) = best else { return Err(NoScenario::NoneRuns(failed)) };
    // What the run says of itself goes into the file: its broken promises, and the customer's lines that it repeats.
    if let Ok(own) = replay(&setting.render(), lexicon, rules) {
        let judgement = judged(&own.plan).map_err(NoScenario::NoneRuns)?;
        setting.violates = judgement
            .promises
            .iter()
            .filter(|finding| finding.is_broken())
            .map(|finding| finding.promise.to_string())
            .collect();
        if apart.alone == 0 {
            let seen: BTreeSet<_> = items.iter().map(|item| item.key.part).collect();
            setting.expected =
                expected(&own.history, own.items.iter().filter(|item| seen.contains(&item.key.part)));
        }
    }
    Ok(Fitted { text: setting.render(), tried, apart: apart.alone, crossed: apart.crossed })
}

/// A run of a setting, as its own logs tell it.
struct Replayed {
    plan: Arc<Plan>,
    history: History,
    client: String,
    items: Vec<Item>,
    /// What its own logs are diagnosed as.
    articles: Vec<String>,
}

impl Replayed {
    fn traced(&self) -> Traced<'_> {
        Traced::new(&self.history, &self.client, &self.items)
    }
}

/// Replays a scenario; in words why that cannot be done.
fn replay(text: &str, lexicon: &Lexicon, rules: &[Rule]) -> Result<Replayed, String> {
    let mut plans = read_str("diagnosed.toml", text).map_err(|report| report.render(100))?;
    let plan = Arc::new(plans.remove(0));
    let timeline = crate::orchestrator::run(&plan, 1).map_err(|error| error.to_string())?;
    let history = history_of(lexicon, &timeline).map_err(|error| error.to_string())?;
    let all = diagnose(rules, &history, &Facts::default());
    let Some(diagnosis) = all.first() else { return Err("its run says nothing of a client".to_owned()) };
    let articles = diagnosis.likeliest().iter().map(|found| found.rule.article.clone()).collect();
    let (client, items) = (diagnosis.client.clone(), trace(&history, diagnosis));
    Ok(Replayed { plan, history, client, items, articles })
}

fn judged(plan: &Arc<Plan>) -> Result<crate::judge::Judgement, String> {
    let timeline = crate::orchestrator::run(plan, 1).map_err(|error| error.to_string())?;
    Ok(crate::judge::judge(&timeline))
}

/// The lines of a run's trace as expectations, by host and file.
fn expected<'i>(run: &History, trace: impl Iterator<Item = &'i Item>) -> Vec<(String, String, Vec<String>)> {
    let mut logs: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for item in trace {
        let event = &run.events[item.event];
        let path = &run.files[event.file].path;
        let Some((host, file)) = path.split_once('/') else { continue };
        let lines = logs.entry((host.to_owned(), file.to_owned())).or_default();
        // A request's number is drawn anew; what stands before it tells the line.
        let told = match event.value("request") {
            Some(request) => event.message.split(request).next().unwrap_or_default(),
            None => &event.message,
        };
        lines.push(told.to_owned());
    }
    logs.into_iter().map(|((host, file), lines)| (host, file, lines)).collect()
}
