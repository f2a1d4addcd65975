//! One log entry in each of the forms that articles print.

use std::fmt::Write;

use jiff::civil::{DateTime, Weekday};

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The message; `~` stands for a line end within it.
    pub message: &'a str,
    /// Who wrote it: a component's name or the full path of a program.
    pub component: &'a str,
    /// When, by the clock of its host.
    pub at: DateTime,
    /// The full name of the time zone, for components that state one: `Pacific Standard Time`.
    pub zone: Option<&'a str>,
    /// The thread.
    pub thread: u32,
    /// Blanks between the message and its suffix: two, with some components one (Q236052).
    pub blanks: usize,
}

impl Entry<'_> {
    /// The line in the file (SMS 2.0 and later).
    pub fn raw(&self) -> String {
        let mut line = String::with_capacity(self.message.len() + self.component.len() + 80);
        let Entry { message, component, thread, blanks, .. } = self;
        put(&mut line, format_args!("{message}{:blanks$}$$<{component}><", ""));
        let at = self.at;
        put_day(&mut line, at);
        put(
            &mut line,
            format_args!(
                "{:02}:{:02}:{:02}.{:03} {}",
                at.hour(),
                at.minute(),
                at.second(),
                at.millisecond(),
                at.year()
            ),
        );
        if let Some(zone) = self.zone {
            put(&mut line, format_args!(" {zone}"));
        }
        put(&mut line, format_args!("><thread={thread} (0x{thread:X})>"));
        line
    }

    /// The line in the file of SMS 1.x: no milliseconds, a line end within the date, the thread bare and in
    /// hexadecimal (Q171005).
    pub fn first_generation(&self) -> String {
        let mut line = String::with_capacity(self.message.len() + self.component.len() + 60);
        let Entry { message, component, thread, blanks, .. } = self;
        put(&mut line, format_args!("{message}{:blanks$}$$<{component}><", ""));
        let at = self.at;
        put_day(&mut line, at);
        let (hour, minute, second, year) = (at.hour(), at.minute(), at.second(), at.year());
        put(&mut line, format_args!("{hour:02}:{minute:02}:{second:02} {year}~><thread={thread:X}>"));
        line
    }

    /// The line in the file of a 16-bit program, which states neither time nor thread (Q253648).
    pub fn starter(&self) -> String {
        let Entry { message, component, blanks, .. } = self;
        format!("{message}{:blanks$}$$<{component}>", "")
    }

    /// The line as the viewer shows it: `MESSAGE COMPONENT 9/20/99 5:24:08 PM 276 (0x114)` (Q262298).
    pub fn viewer(&self) -> String {
        let Entry { message, component, thread, at, .. } = self;
        let message = message.trim_end_matches('~');
        let (half, hour) = match at.hour() {
            hour @ 0..12 => ("AM", hour),
            hour => ("PM", hour - 12),
        };
        let hour = if hour == 0 { 12 } else { hour };
        let (month, day, year) = (at.month(), at.day(), at.year().rem_euclid(100));
        let (minute, second) = (at.minute(), at.second());
        format!(
            "{message} {component} {month}/{day}/{year:02} {hour}:{minute:02}:{second:02} {half} \
             {thread} (0x{thread:X})"
        )
    }
}

/// Messages run together without their suffixes, from the first quotation mark on, as KB828371 prints them.
pub fn run_together<'a>(messages: impl IntoIterator<Item = &'a str>) -> String {
    let whole: String = messages.into_iter().map(|message| message.trim_end_matches('~')).collect();
    match whole.find('"') {
        Some(quotation) => whole[quotation..].to_owned(),
        None => whole,
    }
}

fn put_day(line: &mut String, at: DateTime) {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let weekday = match at.weekday() {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    };
    let month = MONTHS[usize::from(at.month().unsigned_abs()) - 1];
    put(line, format_args!("{weekday} {month} {:02} ", at.day()));
}

fn put(line: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _ = line.write_fmt(text);
}
