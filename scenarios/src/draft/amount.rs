//! Amounts: durations, sizes, rates, shares and counts as numbers of their smallest unit.

use std::fmt;

use mockdc_mocks::{Span, rate};
use serde::Serialize;

use crate::read::{parse_percent, parse_size};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// Milliseconds.
    Duration,
    /// Bytes.
    Size,
    /// Bits a second.
    Rate,
    /// Per cent.
    Share,
    /// Things.
    Count,
}

impl Dimension {
    /// The dimension's name.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Duration => "duration",
            Dimension::Size => "size",
            Dimension::Rate => "rate",
            Dimension::Share => "share",
            Dimension::Count => "count",
        }
    }

    /// An amount of this dimension, read as a scenario writes it.
    pub fn parse(self, text: &str) -> Result<Amount, AmountError> {
        let text = text.trim();
        let wrong = || AmountError { text: text.to_owned(), dimension: self };
        let value = match self {
            Dimension::Duration => text.parse::<Span>().map_err(|_| wrong())?.as_millis(),
            Dimension::Size => number(parse_size(text)).ok_or_else(wrong)?,
            Dimension::Rate => number(rate::parse(text)).ok_or_else(wrong)?,
            Dimension::Share => parse_percent(text).map(i64::from).ok_or_else(wrong)?,
            Dimension::Count => text.replace('_', "").parse().map_err(|_| wrong())?,
        };
        Ok(Amount { dimension: self, value })
    }

    /// The smallest step that is worth telling apart: a second, a byte, one.
    pub fn resolution(self) -> Amount {
        let value = if self == Dimension::Duration { 1_000 } else { 1 };
        Amount { dimension: self, value }
    }
}

fn number(value: Option<u64>) -> Option<i64> {
    value.and_then(|value| i64::try_from(value).ok())
}

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {}: write for example {}", dimension.name(), example(*dimension))]
pub struct AmountError {
    /// The text.
    pub text: String,
    /// What it should be.
    pub dimension: Dimension,
}

fn example(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Duration => "`15m`, `1h30m` or `250ms`",
        Dimension::Size => "`64KB`",
        Dimension::Rate => "`64kbit/s`",
        Dimension::Share => "`25%`",
        Dimension::Count => "`7`",
    }
}

/// So much of a dimension. It prints as a scenario writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount {
    /// What the number counts.
    pub dimension: Dimension,
    /// How much, in the smallest unit.
    pub value: i64,
}

impl Amount {
    /// Another amount of the same dimension.
    pub fn of(self, value: i64) -> Amount {
        Amount { value, ..self }
    }

    /// What a text of a scenario counts, by its unit; `None` for a word.
    pub(super) fn guess(text: &str) -> Option<Amount> {
        [Dimension::Duration, Dimension::Size, Dimension::Rate, Dimension::Share]
            .into_iter()
            .find_map(|dimension| dimension.parse(text).ok())
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        // The largest unit in which the number is whole.
        let whole = |factors: &[(i64, &'static str)]| {
            factors
                .iter()
                .find(|(factor, _)| value != 0 && value % factor == 0)
                .or(factors.last())
                .map_or_else(String::new, |(factor, unit)| format!("{}{unit}", value / factor))
        };
        let text = match self.dimension {
            Dimension::Duration => Span::millis(value).to_string(),
            Dimension::Size => whole(&[(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"), (1, "B")]),
            Dimension::Rate => {
                whole(&[(1_000_000_000, "Gbit/s"), (1_000_000, "Mbit/s"), (1_000, "kbit/s"), (1, "bit/s")])
            }
            Dimension::Share => format!("{value}%"),
            Dimension::Count => value.to_string(),
        };
        f.pad(&text)
    }
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.dimension {
            Dimension::Count => serializer.serialize_i64(self.value),
            _ => serializer.collect_str(self),
        }
    }
}

/// What a key is set to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum Setting {
    /// An amount.
    Amount(Amount),
    /// True or false.
    Switch(bool),
    /// A word or a text.
    Text(String),
}

impl Setting {
    pub(super) fn to_value(&self) -> toml_edit::Value {
        match self {
            Setting::Amount(Amount { dimension: Dimension::Count, value }) => (*value).into(),
            Setting::Amount(amount) => amount.to_string().into(),
            Setting::Switch(is) => (*is).into(),
            Setting::Text(text) => text.into(),
        }
    }

    /// What stands in a file; `None` for a list or a table.
    pub(super) fn of(value: &toml::Value) -> Option<Setting> {
        match value {
            toml::Value::Integer(value) => {
                Some(Setting::Amount(Amount { dimension: Dimension::Count, value: *value }))
            }
            toml::Value::Boolean(is) => Some(Setting::Switch(*is)),
            toml::Value::String(text) => Some(match Amount::guess(text) {
                Some(amount) => Setting::Amount(amount),
                None => Setting::Text(text.clone()),
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Amount(amount) => amount.fmt(f),
            Setting::Switch(is) => f.pad(if *is { "true" } else { "false" }),
            Setting::Text(text) => f.pad(text),
        }
    }
}
