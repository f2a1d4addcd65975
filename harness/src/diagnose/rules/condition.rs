//! What a rule asks of the logs about a client and of the facts beside them.

use mockdc_mocks::Right;
use serde::{Deserialize, Deserializer};

/// A condition: exactly one of the verbs, or a line.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Condition {
    /// A line of this step …
    pub(super) line: Option<String>,
    /// … or of one of these …
    pub(super) lines: Vec<String>,
    /// … with this code …
    pub(super) code: Option<u32>,
    /// … or with one of these …
    pub(super) codes: Vec<u32>,
    /// … with this text in one of its values.
    pub(super) value: Option<String>,
    /// Lines in this order.
    pub(super) order: Vec<Condition>,
    /// A wait.
    pub(super) wait: Option<WaitCondition>,
    /// The time between two lines.
    pub(super) gap: Option<Gap>,
    /// A line that is the last of its log's work on this client.
    pub(super) last: Option<Box<Condition>>,
    /// All of these.
    pub(super) all: Vec<Condition>,
    /// One of these.
    pub(super) any: Vec<Condition>,
    /// Not this.
    pub(super) not: Option<Box<Condition>>,
    /// What the client is.
    pub(super) target: Option<Target>,
    /// The language of system texts.
    pub(super) language: Option<String>,
    /// A registry value.
    pub(super) registry: Option<Registry>,
    /// A template defines one of these rights and leaves the client's account out.
    pub(super) right_taken: Vec<Right>,
    /// Templates define some of these rights, and all of them list the client's account.
    pub(super) rights_kept: Vec<Right>,
    /// A template restricts Administrators and leaves the client's account out.
    pub(super) administrators_restricted: bool,
    /// A template states a minimum password age.
    pub(super) minimum_password_age: bool,
    /// A replication link fails.
    pub(super) replication_fails: bool,
    /// The domain of the accounts has fewer characters than this.
    pub(super) short_domain: Option<usize>,
    /// An account is tried under so many domains' names.
    pub(super) prefixes: Option<usize>,
    /// So many requests for the client wait for their retry at once.
    pub(super) requests_side_by_side: Option<usize>,
}

/// What a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Target {
    DomainController,
    Member,
}

/// A wait: the same look again and again.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct WaitCondition {
    #[serde(default)]
    pub(super) line: Option<String>,
    #[serde(default)]
    pub(super) lines: Vec<String>,
    pub(super) code: Option<u32>,
    #[serde(default, deserialize_with = "length")]
    pub(super) at_least: Option<i64>,
    #[serde(default, deserialize_with = "length")]
    pub(super) at_most: Option<i64>,
    /// What ended it.
    #[serde(default)]
    pub(super) then: Option<Box<Condition>>,
    /// How long after its last look at most.
    #[serde(default, deserialize_with = "length")]
    pub(super) within: Option<i64>,
}

/// The time from a line to the first one of another step behind it. `ccm-stored-retry` is the step in which a request
/// is put aside.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Gap {
    pub(super) from: String,
    pub(super) to: String,
    #[serde(default, deserialize_with = "length")]
    pub(super) at_least: Option<i64>,
    #[serde(default, deserialize_with = "length")]
    pub(super) at_most: Option<i64>,
}

/// A registry value that is a number.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Registry {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) at_least: u32,
}

/// A duration with its unit, in milliseconds.
fn length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let span: mockdc_mocks::Span = text.parse().map_err(serde::de::Error::custom)?;
    Ok(Some(span.as_millis()))
}
