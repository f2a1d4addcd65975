//! Links between hosts and between sites, as they are written.

use mockdc_mocks::{Span, Weekday};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Located, Percent, Rate, RawHours, TimeOfDay, Word};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLink {
    /// The two hosts; a wildcard makes one link for each pair.
    pub(crate) between: (Word, Word),
    /// What it carries; unlimited when absent.
    pub(crate) bandwidth: Option<Rate>,
    /// How long a packet takes, one way.
    #[serde(default)]
    pub(crate) latency: Span,
    /// Hours in which others use it as well.
    #[serde(default)]
    pub(crate) busy: Vec<Located<RawBusy>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawBusy {
    /// From this time of day.
    pub(crate) from: TimeOfDay,
    /// Until this one.
    pub(crate) to: TimeOfDay,
    /// The days on which they begin; every day when absent.
    pub(crate) days: Option<Located<Vec<Weekday>>>,
    /// The share of the bandwidth that is left to us.
    pub(crate) left: Percent,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSiteLink {
    /// The name.
    pub(crate) name: Word,
    /// The sites that it joins, two or more.
    pub(crate) sites: Vec<Word>,
    /// How often it replicates. 15m to 7d.
    #[schemars(extend("default" = "3h"))]
    pub(crate) interval: Option<Located<Span>>,
    /// When its first window of the run opens; one interval after the start when absent.
    pub(crate) first: Option<Located<Span>>,
    /// Its cost; ways of least cost are taken.
    #[schemars(extend("default" = 100))]
    pub(crate) cost: Option<u32>,
    /// Its hours, instead of `first`; the interval begins anew with them. Always open when absent.
    #[serde(default)]
    pub(crate) open: Vec<Located<RawHours>>,
    /// The longest random addition to each start, a minute at least. 15m with `windows-2000`, 0s with `windows-2003`.
    pub(crate) jitter: Option<Located<Span>>,
    /// Whether its ends tell each other of changes as inside a site, of urgent ones at once.
    #[serde(default)]
    pub(crate) notify: bool,
}
