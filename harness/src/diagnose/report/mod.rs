//! What was found, told: as text, as JSON, as a page.

mod console;
mod html;
mod json;
mod redact;
mod unread;

pub(in crate::diagnose) use console::place;
pub use console::{Show, console};
pub use html::html;
pub use json::json;
pub use redact::Names;

use jiff::civil::DateTime;
use mockdc_mocks::Win32Error;

/// An instant of a history: date and time, to the second.
pub fn instant(millis: i64) -> String {
    civil(millis).map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn civil(millis: i64) -> Option<DateTime> {
    let instant = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime())
}

/// A length of time in its two largest units.
pub fn length(millis: i64) -> String {
    let seconds = millis.unsigned_abs() / 1000;
    let (days, hours, minutes, rest) =
        (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes, rest) {
        (0, 0, 0, _) if millis.unsigned_abs() < 1000 => format!("{} ms", millis.unsigned_abs()),
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, 0) => format!("{minutes} min"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, 0, _) => format!("{hours} h"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, 0, ..) => format!("{days} d"),
        (days, hours, ..) => format!("{days} d {hours} h"),
    }
}

/// A code with its name and text.
pub fn code(code: u32) -> String {
    let error = Win32Error(code);
    match error.name() {
        Some(name) => format!("{code} {name}: {}", error.text()),
        None if code > 0xFFFF => format!("0x{code:08X}"),
        None => code.to_string(),
    }
}
