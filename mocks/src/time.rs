//! The scenario's time: instants and spans in milliseconds, never read from a clock of the machine.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An instant, in milliseconds since the scenario's start.
///
/// Negative instants lie before the start: the day on which a password was set, say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SimTime(pub i64);

impl SimTime {
    /// The scenario's start.
    pub const START: SimTime = SimTime(0);
    /// Later than any instant of a run.
    pub const NEVER: SimTime = SimTime(i64::MAX);

    /// Milliseconds since the start.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// The span from `earlier` to this instant; negative when this one is the earlier.
    pub fn since(self, earlier: SimTime) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Span> for SimTime {
    type Output = SimTime;
    fn sub(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Span(self.0).fmt(f)
    }
}

/// Reads the time of the run. The one thing a driver of virtual or wall time must offer to whoever only reads.
pub trait Clock {
    /// The present instant.
    fn now(&self) -> SimTime;
}

/// A length of time, in milliseconds. Written with units: `"15m"`, `"1h30m"`, `"250ms"`, `"7d"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub i64);

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// A span of `n` milliseconds.
    pub const fn millis(n: i64) -> Span {
        Span(n)
    }

    /// A span of `n` seconds.
    pub const fn secs(n: i64) -> Span {
        Span(n * 1_000)
    }

    /// A span of `n` minutes.
    pub const fn mins(n: i64) -> Span {
        Span(n * 60_000)
    }

    /// A span of `n` hours.
    pub const fn hours(n: i64) -> Span {
        Span(n * 3_600_000)
    }

    /// A span of `n` days of 24 hours.
    pub const fn days(n: i64) -> Span {
        Span(n * 86_400_000)
    }

    /// Milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The span, `n` times.
    pub const fn times(self, n: i64) -> Span {
        Span(self.0.saturating_mul(n))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

const UNITS: [(&str, i64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let mut rest = self.0.unsigned_abs();
        for (unit, size) in &UNITS[1..] {
            let n = rest / size.unsigned_abs();
            rest %= size.unsigned_abs();
            if n > 0 {
                write!(f, "{n}{unit}")?;
            }
        }
        Ok(())
    }
}

/// Why a text is not a span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// A number stands without a unit; write `"15m"`, not `"15"`.
    #[error("`{0}` has no unit: write for example `{0}s`, `{0}m` or `{0}h`")]
    NoUnit(String),
    /// The unit is none of w, d, h, m, s, ms.
    #[error("`{0}` is no unit of time: use w, d, h, m, s or ms")]
    Unit(String),
    /// No number where one belongs.
    #[error("a duration is numbers with units, such as `15m`, `1h30m` or `250ms`")]
    Form,
    /// More milliseconds than fit.
    #[error("the duration is longer than mockdc can count")]
    Range,
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Span, SpanError> {
        let (sign, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        if rest.is_empty() {
            return Err(SpanError::Form);
        }
        let mut total: i64 = 0;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits == 0 {
                return Err(SpanError::Form);
            }
            let (number, tail) = rest.split_at(digits);
            let letters = tail.len() - tail.trim_start_matches(|c: char| !c.is_ascii_digit()).len();
            let (unit, tail) = tail.split_at(letters);
            if unit.is_empty() {
                return Err(SpanError::NoUnit(text.to_owned()));
            }
            let size = UNITS
                .iter()
                .find(|(name, _)| *name == unit)
                .ok_or_else(|| SpanError::Unit(unit.to_owned()))?
                .1;
            let number: i64 = number.parse().map_err(|_| SpanError::Range)?;
            total = number.checked_mul(size).and_then(|n| total.checked_add(n)).ok_or(SpanError::Range)?;
            rest = tail;
        }
        // A tenth of the range leaves room for sums of instants and spans.
        if total > i64::MAX / 10 {
            return Err(SpanError::Range);
        }
        Ok(Span(sign * total))
    }
}

/// As it is written where people read it, and as a number of milliseconds in a binary form.
impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.collect_str(self),
            false => serializer.serialize_i64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Span);
        }
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_as_they_are_written() {
        for text in ["15m", "1h30m", "250ms", "7d", "-2h", "0s", "1d1h1m1s1ms"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("90m".parse::<Span>().unwrap(), Span::mins(90));
        assert_eq!("2w".parse::<Span>().unwrap(), Span::days(14));
    }

    #[test]
    fn a_bare_number_is_refused_with_the_remedy() {
        let error = "15".parse::<Span>().unwrap_err();
        assert!(error.to_string().contains("15m"), "{error}");
        assert!(matches!("15 minutes".parse::<Span>(), Err(SpanError::Unit(_))));
        assert_eq!("".parse::<Span>(), Err(SpanError::Form));
        assert_eq!("99999999999999999999d".parse::<Span>(), Err(SpanError::Range));
    }
}
