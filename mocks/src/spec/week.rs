//! Days of the week, on which hours begin.

use serde::{Deserialize, Serialize};

use crate::Span;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

impl Weekday {
    /// Every day, Monday first.
    pub const ALL: [Weekday; 7] =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

    /// Its name in full: `Monday`.
    pub fn name(self) -> &'static str {
        match self {
            Weekday::Mon => "Monday",
            Weekday::Tue => "Tuesday",
            Weekday::Wed => "Wednesday",
            Weekday::Thu => "Thursday",
            Weekday::Fri => "Friday",
            Weekday::Sat => "Saturday",
            Weekday::Sun => "Sunday",
        }
    }
}

/// Some days of every week; all of them by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "Vec<Weekday>"))]
#[serde(try_from = "Vec<Weekday>", into = "Vec<Weekday>")]
pub struct Weekdays(u8);

impl Default for Weekdays {
    fn default() -> Weekdays {
        Weekdays::EVERY
    }
}

impl Weekdays {
    /// Every day.
    pub const EVERY: Weekdays = Weekdays(0x7f);

    /// Whether no day is left out.
    pub fn is_every_day(&self) -> bool {
        *self == Weekdays::EVERY
    }

    /// Whether the day is among them.
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day as u8) != 0
    }

    /// The days, Monday first.
    pub fn iter(self) -> impl Iterator<Item = Weekday> {
        Weekday::ALL.into_iter().filter(move |day| self.contains(*day))
    }

    /// Whether it holds the day that begins `days` days after a Monday began, in this week or another.
    pub(crate) fn has(self, days: i64) -> bool {
        self.0 & (1 << days.rem_euclid(7)) != 0
    }
}

impl FromIterator<Weekday> for Weekdays {
    fn from_iter<I: IntoIterator<Item = Weekday>>(days: I) -> Weekdays {
        Weekdays(days.into_iter().fold(0, |all, day| all | 1 << day as u8))
    }
}

/// Hours that begin on no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hours of no day: name a day, such as \"mon\", or leave `days` out: every day")]
pub struct NoDay;

impl TryFrom<Vec<Weekday>> for Weekdays {
    type Error = NoDay;

    fn try_from(days: Vec<Weekday>) -> Result<Weekdays, NoDay> {
        match days.is_empty() {
            true => Err(NoDay),
            false => Ok(days.into_iter().collect()),
        }
    }
}

impl From<Weekdays> for Vec<Weekday> {
    fn from(days: Weekdays) -> Vec<Weekday> {
        days.iter().collect()
    }
}

/// Whether an instant lies in hours that begin on `days` at `from` and last until before `to`, over midnight when `to`
/// is the earlier. `time` is the span since any Monday's midnight; the same time twice is no time at all.
pub(crate) fn within(days: Weekdays, from: Span, to: Span, time: Span) -> bool {
    const DAY: i64 = 86_400_000;
    let (day, time) = (time.0.div_euclid(DAY), time.0.rem_euclid(DAY));
    match from <= to {
        true => days.has(day) && (from.0..to.0).contains(&time),
        false => time >= from.0 && days.has(day) || time < to.0 && days.has(day - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
        let fridays: Weekdays = [Weekday::Fri].into_iter().collect();
        let (from, to) = (Span::hours(22), Span::hours(6));
        let at = |day: i64, hour: i64| Span::days(day) + Span::hours(hour);
        let inside = |time| within(fridays, from, to, time);
        assert!(inside(at(4, 22)) && inside(at(5, 5)) && inside(at(11, 23)));
        assert!(!inside(at(4, 5)), "Thursday's night is over");
        assert!(!inside(at(5, 22)) && !inside(at(5, 6)));
        assert!(within(fridays, to, from, at(4, 12)) && !within(fridays, to, from, at(3, 12)));
    }

    #[test]
    fn a_night_from_sunday_ends_in_the_next_week() {
        let sundays: Weekdays = [Weekday::Sun].into_iter().collect();
        assert!(within(sundays, Span::hours(22), Span::hours(6), Span::hours(3)));
    }

    #[test]
    fn days_are_written_as_a_list_and_read_back() {
        let days: Weekdays = [Weekday::Sun, Weekday::Mon].into_iter().collect();
        let text = serde_json::to_string(&days).unwrap_or_default();
        assert_eq!(text, r#"["mon","sun"]"#);
        assert_eq!(serde_json::from_str::<Weekdays>(&text).ok(), Some(days));
        assert!(serde_json::from_str::<Weekdays>(r#"["friday"]"#).is_err());
        assert!(serde_json::from_str::<Weekdays>("[]").is_err());
        assert!(Weekdays::default().is_every_day() && !days.is_every_day());
    }
}
