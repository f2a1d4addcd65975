//! Characters that cannot be seen, and how they are shown.

use std::borrow::Cow;

/// Control characters, those of Unicode's category Cf, which turn or join text without being seen, separators of lines
/// that are none of a file, and what is no character at all.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}' | '\u{e0020}'..='\u{e007f}')
}

/// A text as it can be shown to people: what cannot be seen, or would turn the rest around, stands as `\u{202e}`.
/// Line ends and tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_visible(&mut shown, c);
    }
    Cow::Owned(shown)
}

/// Adds a character as [`visible`] shows it.
pub(super) fn push_visible(shown: &mut String, c: char) {
    match is_hidden(c) {
        true if c == '\r' => shown.push_str("\\r"),
        true => shown.extend(c.escape_unicode()),
        false => shown.push(c),
    }
}

fn is_hidden(c: char) -> bool {
    is_unseen(c) && !matches!(c, '\n' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_hides_text_is_shown_as_its_number() {
        assert_eq!(visible("admin\u{202e}txt.exe"), "admin\\u{202e}txt.exe");
        assert_eq!(visible("a\u{1b}[31mb\u{0}"), "a\\u{1b}[31mb\\u{0}");
        assert!(matches!(visible("Ümlaute,\tund\nZeilen"), Cow::Borrowed(_)));
    }
}
