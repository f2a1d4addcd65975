//! From what happened to articles: rules as data (`scenarios/diagnosis`), each with lines for and against.

mod condition;
mod evaluate;
#[cfg(test)]
mod tests;

use mockdc_scenarios::DIAGNOSES;
use serde::Deserialize;

use super::{Facts, History};
use condition::Condition;
use evaluate::Case;
pub use evaluate::Grounds;

/// The rules of one article.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// The article.
    pub article: String,
    /// What happens, in a line.
    pub title: String,
    /// What helps.
    pub remedy: String,
    /// What to ask the customer for next.
    pub ask: Vec<String>,
    /// What the article describes; one of them is enough.
    symptom: Vec<Sign>,
    /// What makes it more or less likely.
    #[serde(default)]
    sign: Vec<Sign>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Sign {
    weight: i32,
    says: String,
    when: Condition,
}

/// The rules are broken. They are built in, so users never see this.
#[derive(Debug, thiserror::Error)]
#[error("scenarios/diagnosis/{file}.toml: {reason}")]
pub struct RuleError {
    file: &'static str,
    reason: String,
}

/// What speaks for or against an article.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// How much: positive speaks for it.
    pub weight: i32,
    /// In a sentence.
    pub says: String,
    /// The lines and facts.
    pub grounds: Grounds,
}

/// An article that describes what the logs show.
#[derive(Clone, Debug)]
pub struct Situation<'r> {
    /// The article's rules.
    pub rule: &'r Rule,
    /// The sum of what speaks for and against it.
    pub score: i32,
    /// What does. A symptom comes first.
    pub evidence: Vec<Evidence>,
}

/// What the logs about one client amount to.
#[derive(Clone, Debug)]
pub struct Diagnosis<'r> {
    /// The client; empty for lines that are about none.
    pub client: String,
    /// Articles that describe it, the likeliest first. None: the evidence is insufficient.
    pub situations: Vec<Situation<'r>>,
}

impl Diagnosis<'_> {
    /// The articles with the most evidence; several when the logs cannot tell them apart.
    pub fn likeliest(&self) -> &[Situation<'_>] {
        let best = self.situations.first().map_or(0, |situation| situation.score);
        let end = self.situations.iter().position(|situation| situation.score < best);
        &self.situations[..end.unwrap_or(self.situations.len())]
    }
}

impl Rule {
    /// All built-in rules.
    pub fn built_in() -> Result<Vec<Rule>, RuleError> {
        let read = |(file, text): &(&'static str, &str)| {
            toml::from_str(text).map_err(|error| RuleError { file, reason: error.to_string() })
        };
        DIAGNOSES.iter().map(read).collect()
    }

    fn judge<'r>(&'r self, case: &Case<'_>) -> Option<Situation<'r>> {
        let found = |sign: &Sign| {
            let grounds = case.holds(&sign.when)?;
            Some(Evidence { weight: sign.weight, says: sign.says.clone(), grounds })
        };
        // Symptoms are several faces of one thing: only the weightiest counts.
        let mut symptoms: Vec<Evidence> = self.symptom.iter().filter_map(found).collect();
        symptoms.sort_by_key(|symptom| -symptom.weight);
        let score = symptoms.first()?.weight;
        for symptom in &mut symptoms[1..] {
            symptom.weight = 0;
        }
        let signs: Vec<Evidence> = self.sign.iter().filter_map(found).collect();
        let score = score + signs.iter().map(|sign| sign.weight).sum::<i32>();
        let evidence = symptoms.into_iter().chain(signs).collect();
        (score > 0).then_some(Situation { rule: self, score, evidence })
    }
}

/// A diagnosis for each client of whom the logs speak.
pub fn diagnose<'r>(rules: &'r [Rule], history: &History, facts: &Facts) -> Vec<Diagnosis<'r>> {
    let mut clients: Vec<String> = history.clients().into_iter().map(str::to_owned).collect();
    // Lines about no client, such as those of a set-up, are a case of their own.
    let homeless = (0..history.events.len())
        .any(|number| history.about[number].is_none() && history.events[number].code.is_some());
    if homeless || clients.is_empty() {
        clients.push(String::new());
    }
    clients
        .into_iter()
        .map(|client| {
            let case = Case::new(history, facts, &client);
            let mut situations: Vec<Situation<'r>> =
                rules.iter().filter_map(|rule| rule.judge(&case)).collect();
            situations.sort_by(|one, other| {
                other.score.cmp(&one.score).then_with(|| one.rule.article.cmp(&other.rule.article))
            });
            Diagnosis { client, situations }
        })
        .collect()
}
