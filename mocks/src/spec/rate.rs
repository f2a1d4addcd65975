//! Rates of transfer as texts with their unit: `64kbit/s`. Serde's `with = "rate"` of an `Option<u64>` of bits a second.

use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serializer};

/// Bits a second of a text such as `64kbit/s`.
pub fn parse(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "bit/s" => 1,
        "kbit/s" => 1_000,
        "mbit/s" => 1_000_000,
        "gbit/s" => 1_000_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|rate| *rate > 0)
}

/// A rate in the greatest unit of which it is a whole number: `64 kbit/s`.
pub fn text(bits_per_second: u64) -> String {
    match bits_per_second {
        rate if rate > 0 && rate % 1_000_000 == 0 => format!("{} Mbit/s", rate / 1_000_000),
        rate if rate > 0 && rate % 1_000 == 0 => format!("{} kbit/s", rate / 1_000),
        rate => format!("{rate} bit/s"),
    }
}

/// Writes a rate as a scenario has it.
pub(super) fn serialize<S: Serializer>(rate: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    match rate {
        Some(rate) => serializer.serialize_some(&text(*rate).replace(' ', "")),
        None => serializer.serialize_none(),
    }
}

/// Reads a rate; a bare number, as former recordings have it, is bits a second.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Bits(u64),
        Text(String),
    }
    match Option::<Written>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Written::Bits(rate)) => Ok(Some(rate)),
        Some(Written::Text(text)) => parse(&text)
            .map(Some)
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Str(&text), &"a rate such as `64kbit/s`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FaultKind;

    #[test]
    fn a_rate_has_a_unit_and_is_more_than_nothing() {
        assert_eq!(parse("64kbit/s"), Some(64_000));
        assert_eq!(parse("9600 bit/s"), Some(9_600));
        assert_eq!(parse("0bit/s"), None);
        assert_eq!(parse("64"), None);
        assert_eq!(parse("99999999999999999999Gbit/s"), None);
        assert_eq!(text(64_000), "64 kbit/s");
    }

    #[test]
    fn a_slow_line_is_written_as_in_a_scenario_and_read_as_it_once_was() {
        let kind = FaultKind::Slow {
            between: ("PDC1".into(), "BDC1".into()),
            latency: crate::Span::ZERO,
            bits_per_second: Some(9_600),
        };
        let written = serde_json::to_string(&kind).unwrap();
        assert!(written.contains(r#""bandwidth":"9600bit/s""#), "{written}");
        let once = r#"{"slow": {"between": ["PDC1", "BDC1"], "latency": "0s", "bits-per-second": 9600}}"#;
        let today = r#"{"slow": {"between": ["PDC1", "BDC1"], "bandwidth": "9600bit/s"}}"#;
        for text in [written.as_str(), once, today] {
            assert_eq!(serde_json::from_str::<FaultKind>(text).unwrap(), kind, "{text}");
        }
    }
}
