//! Differences that are known, as data: a file a topic, each entry with its reason. One that no longer occurs fails a
//! run that is long enough to meet it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::compare::Difference;

const TOPICS: &[(&str, &str)] = &[
    ("front", include_str!("known/front.toml")),
    ("logons", include_str!("known/logons.toml")),
    ("names", include_str!("known/names.toml")),
    ("passwords", include_str!("known/passwords.toml")),
];

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    #[serde(default)]
    difference: Vec<Entry>,
}

/// A known difference. What is left out matches anything.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Entry {
    name: String,
    /// At which subject: `samba` unless said otherwise, or `front`.
    #[serde(default = "samba")]
    at: String,
    /// Why the two differ, and which of them does as Windows does.
    reason: String,
    what: String,
    attribute: Option<String>,
    fake: Option<String>,
    subject: Option<String>,
    /// The policies under which it occurs; any when there are none.
    #[serde(default)]
    policies: Vec<String>,
    /// Whether it occurs only where wrong passwords are asked again at the primary controller.
    #[serde(default)]
    asks: bool,
    /// Whether the two have gone different ways by it, so that the rest of the sequence tells nothing; so unless said
    /// otherwise.
    #[serde(default = "yes")]
    ends: bool,
    /// In how many sequences it is certain to occur.
    occurs_within: u64,
}

fn samba() -> String {
    "samba".to_owned()
}

fn yes() -> bool {
    true
}

/// All known differences, with how often each was met.
#[derive(Clone)]
pub(crate) struct Known {
    entries: Vec<Entry>,
    met: BTreeMap<String, u64>,
}

impl Known {
    /// Nothing may differ.
    pub(crate) fn none() -> Known {
        Known { entries: Vec::new(), met: BTreeMap::new() }
    }

    /// What is known of a subject.
    pub(crate) fn read(subject: &str) -> Known {
        let entries: Vec<Entry> = TOPICS
            .iter()
            .flat_map(|(topic, text)| {
                let topic: Topic =
                    toml::from_str(text).unwrap_or_else(|error| panic!("known/{topic}.toml: {error}"));
                topic.difference
            })
            .collect();
        assert!(entries.iter().all(|entry| entry.reason.len() > 40), "each known difference says why");
        let entries = entries.into_iter().filter(|entry| entry.at == subject).collect();
        Known { entries, met: BTreeMap::new() }
    }

    /// Counts a difference when it is known, and says whether it ends the sequence; nothing for an unknown one.
    pub(crate) fn meets(&mut self, difference: &Difference, circumstances: &str) -> Option<bool> {
        let (policy, asks) = match circumstances.split_once(' ') {
            Some((policy, _)) => (policy, true),
            None => (circumstances, false),
        };
        let fits =
            |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        let entry = self.entries.iter().find(|entry| {
            entry.what == difference.what
                && fits(&entry.attribute, &difference.attribute)
                && fits(&entry.fake, &difference.fake)
                && fits(&entry.subject, &difference.subject)
                && (asks || !entry.asks)
                && (entry.policies.is_empty() || entry.policies.iter().any(|one| one == policy))
        })?;
        *self.met.entry(entry.name.clone()).or_default() += 1;
        Some(entry.ends)
    }

    /// How often each known difference was met.
    pub(crate) fn into_met(self) -> BTreeMap<String, u64> {
        self.met
    }

    /// Known differences that a run of this length should have met and has not.
    pub(crate) fn vanished(&self, sequences: u64, met: &BTreeMap<String, u64>) -> Vec<String> {
        let gone = self
            .entries
            .iter()
            .filter(|entry| sequences >= entry.occurs_within && !met.contains_key(&entry.name));
        gone.map(|entry| entry.name.clone()).collect()
    }
}
