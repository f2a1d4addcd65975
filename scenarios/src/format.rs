//! Formatting of scenario files: one way to lay them out, with every comment kept and nothing else said.

use toml_edit::{Array, Decor, DocumentMut, InlineTable, Item, RawString, Table, Value};

/// Blanks by which the items of a list on several lines are set in.
const STEP: usize = 2;

/// Why a file cannot be formatted.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// It is no TOML. `mockdc check` tells the place and the remedy.
    #[error("{0}")]
    Syntax(#[from] toml_edit::TomlError),
    /// The layout would have changed what the file says: a bug of mockdc. The file is left alone.
    #[error(
        "formatting would change what the file says; this is a bug of mockdc, and the file is left as it is"
    )]
    Changes,
}

/// The text laid out anew: one blank line before each table and at most one elsewhere, one blank around `=` and inside
/// braces, the items of a list on several lines set in by two and with their columns kept, no blank at the
/// end of a line. Comments, the order of
/// keys and how strings are written stay. What is formatted stays as it is when it is formatted again.
pub fn format(text: &str) -> Result<String, FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut document: DocumentMut = text.parse()?;
    let trailing = lead(document.trailing().as_str().unwrap_or_default(), false);
    document.set_trailing(trailing.trim_end().to_owned());
    lay_out_table(document.as_table_mut(), true);
    let mut formatted = document.to_string();
    formatted.truncate(formatted.trim_end().len());
    let formatted = formatted.trim_start_matches('\n').to_owned() + "\n";
    let says = |text: &str| toml::from_str::<toml::Table>(text).ok();
    if says(text) == says(&formatted) { Ok(formatted) } else { Err(FormatError::Changes) }
}

fn lay_out_table(table: &mut Table, root: bool) {
    if !root && !table.is_implicit() && !table.is_dotted() {
        let decor = table.decor_mut();
        let before = lead(text_of(decor.prefix()), false);
        let after = tail(text_of(decor.suffix()));
        decor.set_prefix(format!("\n{}", before.trim_start_matches('\n')));
        decor.set_suffix(after);
    }
    lay_out_keys(table, &mut !root);
}

/// `first`: whether the next key stands right below a header.
fn lay_out_keys(table: &mut Table, first: &mut bool) {
    for (mut key, item) in table.iter_mut() {
        *key.dotted_decor_mut() = Decor::new("", "");
        match item {
            Item::Value(value) => {
                let decor = key.leaf_decor_mut();
                let before = lead(text_of(decor.prefix()), *first);
                decor.set_prefix(before);
                decor.set_suffix(" ");
                *first = false;
                let after = tail(text_of(value.decor().suffix()));
                lay_out_value(value, 0);
                *value.decor_mut() = Decor::new(" ", after);
            }
            Item::Table(inner) if inner.is_dotted() => lay_out_keys(inner, first),
            Item::Table(inner) => lay_out_table(inner, false),
            Item::ArrayOfTables(tables) => tables.iter_mut().for_each(|inner| lay_out_table(inner, false)),
            Item::None => {}
        }
    }
}

fn lay_out_value(value: &mut Value, indent: usize) {
    match value {
        Value::Array(array) => lay_out_array(array, indent),
        Value::InlineTable(table) => lay_out_inline(table, indent),
        _ => {}
    }
}

fn lay_out_array(array: &mut Array, indent: usize) {
    // Without a comma at the end, what follows the last item counts as its own.
    if let Some(last) = array.iter_mut().last() {
        let own = text_of(last.decor().suffix()).to_owned();
        last.decor_mut().set_suffix("");
        let all = own + array.trailing().as_str().unwrap_or_default();
        array.set_trailing(all);
    }
    // A comment before a comma belongs to neither side.
    if array.iter().any(|item| has(item.decor().suffix(), '#')) {
        for item in array.iter_mut() {
            lay_out_value(item, indent + STEP);
            let (before, after) = (text_of(item.decor().prefix()), text_of(item.decor().suffix()));
            *item.decor_mut() = Decor::new(without_blanks(before), without_blanks(after));
        }
        let trailing = without_blanks(array.trailing().as_str().unwrap_or_default());
        array.set_trailing(trailing);
        return;
    }
    let several =
        array.iter().any(|item| has(item.decor().prefix(), '\n') || has(item.decor().suffix(), '\n'))
            || has(Some(array.trailing()), '\n');
    for (place, item) in array.iter_mut().enumerate() {
        lay_out_value(item, if several { indent + STEP } else { indent });
        let prefix = match (several, place) {
            (true, _) => between(text_of(item.decor().prefix()), indent + STEP),
            (false, 0) => String::new(),
            (false, _) => " ".to_owned(),
        };
        *item.decor_mut() = Decor::new(prefix, "");
    }
    let empty = array.is_empty();
    let trailing = array.trailing().as_str().unwrap_or_default().to_owned();
    if several && (!empty || trailing.contains('#')) {
        let notes = between(&trailing, indent + STEP);
        let notes = notes.trim_end_matches(' ').to_owned() + &" ".repeat(indent);
        array.set_trailing(notes);
        array.set_trailing_comma(!empty);
    } else {
        array.set_trailing("");
        array.set_trailing_comma(false);
    }
}

fn lay_out_inline(table: &mut InlineTable, indent: usize) {
    let odd = |decor: &Decor| {
        [decor.prefix(), decor.suffix()].into_iter().any(|raw| has(raw, '#') || has(raw, '\n'))
    };
    let left_alone = table.iter().any(|(key, value)| {
        let key = table.key(key);
        let dotted = value.as_inline_table().is_some_and(InlineTable::is_dotted);
        dotted || odd(value.decor()) || key.is_some_and(|key| odd(key.leaf_decor()))
    });
    if left_alone {
        return;
    }
    let count = table.len();
    for (place, (mut key, value)) in table.iter_mut().enumerate() {
        lay_out_value(value, indent);
        // Rows of a list on several lines may stand in columns.
        let column = text_of(key.leaf_decor().prefix());
        let kept = indent > 0 && place > 0 && !column.is_empty() && column.trim_matches(' ').is_empty();
        let before = if kept { column.to_owned() } else { " ".to_owned() };
        *key.leaf_decor_mut() = Decor::new(before, " ");
        *value.decor_mut() = Decor::new(" ", if place + 1 == count { " " } else { "" });
    }
}

/// What stands before a key or header: its comments, and at most one blank line at a time.
fn lead(raw: &str, below_header: bool) -> String {
    let mut text = String::new();
    let mut blank = false;
    let mut lines: Vec<&str> = raw.split('\n').map(str::trim).collect();
    // The last piece is what the line of the key itself begins with.
    lines.pop();
    for line in lines {
        if line.is_empty() {
            blank = true;
            continue;
        }
        if blank && !(text.is_empty() && below_header) {
            text.push('\n');
        }
        blank = false;
        text.push_str(line);
        text.push('\n');
    }
    if blank && !(text.is_empty() && below_header) {
        text.push('\n');
    }
    text
}

/// What stands behind a value or header on its line: a comment, as far away as it was.
fn tail(raw: &str) -> String {
    let raw = raw.trim_end();
    let comment = raw.trim_start();
    match (comment.is_empty(), raw.len() > comment.len()) {
        (true, _) => String::new(),
        (false, true) => raw.to_owned(),
        (false, false) => format!(" {comment}"),
    }
}

/// What stands between two items of a list on several lines: the comment of the first, the comments above the second.
fn between(raw: &str, indent: usize) -> String {
    let (first, rest) = raw.split_once('\n').unwrap_or((raw, ""));
    let mut text = tail(first);
    for line in rest.split('\n').map(str::trim).filter(|line| !line.is_empty()) {
        text.push('\n');
        text.push_str(&" ".repeat(indent));
        text.push_str(line);
    }
    text.push('\n');
    text + &" ".repeat(indent)
}

/// The text without blanks at the ends of its lines.
fn without_blanks(raw: &str) -> String {
    raw.split('\n').map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn text_of(raw: Option<&RawString>) -> &str {
    raw.and_then(RawString::as_str).unwrap_or_default()
}

fn has(raw: Option<&RawString>, letter: char) -> bool {
    text_of(raw).contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_way_to_lay_out_a_file() {
        let text = "\u{feff}# head\r\nformat=1\n\n\n\nname   = 'a'   # why\n[domain]\n\nreplication={nt4={pulse=\"5m\" , first-pulse=\"2m\"}}\n  # of a\n  [[dc]]  # first\n\n  name=\"A\"\nsites=[ \"a\",\"b\" ,]\nloader . x = 1\n\n\n[[step]]\nlog={ in-order=[ # why\n\"a\", # one\n # two\n\n\"b\"\n] }\nempty=[\n]\n# end\n\n";
        let laid_out = "# head\nformat = 1\n\nname = 'a'   # why\n\n[domain]\nreplication = { nt4 = { pulse = \"5m\", first-pulse = \"2m\" } }\n\n# of a\n[[dc]]  # first\nname = \"A\"\nsites = [\"a\", \"b\"]\nloader.x = 1\n\n[[step]]\nlog = { in-order = [ # why\n  \"a\", # one\n  # two\n  \"b\",\n] }\nempty = []\n# end\n";
        assert_eq!(format(text).unwrap(), laid_out);
        assert_eq!(format(laid_out).unwrap(), laid_out);
    }

    #[test]
    fn what_is_no_toml_is_refused() {
        assert!(matches!(format("a = "), Err(FormatError::Syntax(_))));
        assert_eq!(format("").unwrap(), "\n");
    }
}
