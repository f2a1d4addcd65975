//! Values and lines as scenarios write them.

use std::fmt::Write;

/// A key with its value, and where that comes from.
pub(super) fn line(out: &mut String, key: &str, value: &str, from: &str) -> std::fmt::Result {
    writeln!(out, "{key} = {value} # {}", from.replace(['\n', '\r'], " "))
}

/// A text as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A length of time as scenarios write it.
pub(super) fn span(seconds: i64) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = String::new();
    for (number, unit) in [(hours, 'h'), (minutes, 'm'), (rest, 's')] {
        if number > 0 {
            // Writing into a string cannot fail.
            let _ = write!(text, "{number}{unit}");
        }
    }
    match text.is_empty() {
        true => "\"0s\"".to_owned(),
        false => format!("\"{text}\""),
    }
}

/// The name for something that no log names: the one that is wanted, or one like it where that is taken.
pub(in super::super) fn stand_in(wanted: &str, taken: &[&str]) -> String {
    let free = |name: &String| !taken.iter().any(|taken| taken.eq_ignore_ascii_case(name));
    let others = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_owned()).chain(others).find(free).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_nobodys_name() {
        assert_eq!(stand_in("PDC", &["BDC1", "SITE1"]), "PDC");
        assert_eq!(stand_in("PDC", &["pdc", "SITE1"]), "PDC-2");
        assert_eq!(stand_in("PDC", &["PDC-2", "PDC"]), "PDC-3");
    }
}
