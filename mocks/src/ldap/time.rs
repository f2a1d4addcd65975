//! Instants as the directory writes them.

/// Seconds between 1601-01-01 and 1970-01-01.
const SECONDS_1601_TO_1970: i64 = 11_644_473_600;

/// GeneralizedTime in UTC: `20020806090000.0Z`, of milliseconds since 1970.
pub(super) fn generalized(unix_ms: i64) -> String {
    let seconds = unix_ms.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}.0Z")
}

/// Hundreds of nanoseconds since 1601, as Windows counts file times.
pub(super) fn file_time(unix_ms: i64) -> i64 {
    unix_ms.saturating_add(SECONDS_1601_TO_1970 * 1000).saturating_mul(10_000)
}

/// Milliseconds since 1970 of a file time.
pub(super) fn from_file_time(file_time: i64) -> i64 {
    file_time / 10_000 - SECONDS_1601_TO_1970 * 1000
}

/// Milliseconds since 1970 of a GeneralizedTime in UTC, fractions ignored.
pub(super) fn parse_generalized(text: &str) -> Option<i64> {
    let digits = text.get(..14)?;
    let rest = text.get(14..)?;
    let utc = rest == "Z" || rest.strip_prefix('.').is_some_and(|rest| rest.ends_with('Z'));
    if !utc || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let sane =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    sane.then(|| (days_of(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) * 1000)
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    // Counted from the first of March of the year 0, so that leap days end a year.
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generalized_time_reads_back() {
        for (unix_ms, text) in [
            (0, "19700101000000.0Z"),
            (1_028_624_400_000, "20020806090000.0Z"),
            (951_782_400_000, "20000229000000.0Z"),
            (-11_644_473_600_000, "16010101000000.0Z"),
        ] {
            assert_eq!(generalized(unix_ms), text);
            assert_eq!(parse_generalized(text), Some(unix_ms));
        }
        assert_eq!(parse_generalized("20020806"), None);
        assert_eq!(parse_generalized("20021306090000.0Z"), None);
        assert_eq!(from_file_time(file_time(1_028_624_400_000)), 1_028_624_400_000);
        assert_eq!(file_time(-11_644_473_600_000), 0);
    }
}
