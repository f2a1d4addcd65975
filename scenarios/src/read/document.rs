//! The document: its text, its tree, and one table of it after the other.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::values::MARK;
use crate::diagnostic::{did_you_mean, list};
use crate::{Code, Problem};

/// A value of the document with its place.
pub(crate) type Node<'i> = Spanned<DeValue<'i>>;

/// More than any scenario needs.
const LARGEST: usize = 4 << 20;

/// Syntax errors beyond these are consequences of the first ones.
const SYNTAX_ERRORS: usize = 10;

/// The tree of a document that says which format it has, or everything that keeps it from being read.
pub(crate) fn parse(text: &str) -> Result<DeTable<'_>, Vec<Problem>> {
    check_size(text.len())?;
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Err(vec![
            Problem::new(Code::EmptyFile, "the file says nothing")
                .help("start with `format = 1` and a `name`; LANGUAGE.md has a whole scenario"),
        ]);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().take(SYNTAX_ERRORS).map(|error| syntax(error, text)).collect());
    }
    let table = table.into_inner();
    check_format(&table)?;
    Ok(table)
}

/// Refuses what is too large to be a scenario before anything looks at it.
pub(crate) fn check_size(bytes: usize) -> Result<(), Vec<Problem>> {
    if bytes <= LARGEST {
        return Ok(());
    }
    Err(vec![too_large("file")])
}

/// What keeps a file from being read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// The system refuses it.
    Refused(io::ErrorKind),
    /// It is a device, a pipe or the like, whose size says nothing about how much comes out of it.
    NotAFile,
    /// It has more than [`LARGEST`] bytes.
    TooLarge,
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Unread {
        Unread::Refused(error.kind())
    }
}

/// The bytes of a regular file, of which no more are taken in than a scenario may have.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Unread> {
    read_bytes_up_to(path, LARGEST)
}

/// The same of a file that may have so many bytes.
pub(crate) fn read_bytes_up_to(path: &Path, most: usize) -> Result<Vec<u8>, Unread> {
    let regular = |metadata: std::fs::Metadata| {
        if metadata.is_dir() {
            return Err(Unread::Refused(io::ErrorKind::IsADirectory));
        }
        if metadata.is_file() { Ok(()) } else { Err(Unread::NotAFile) }
    };
    // Before it is opened, too: to open a pipe is to wait for its writer.
    regular(std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    regular(file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most { Err(Unread::TooLarge) } else { Ok(bytes) }
}

/// How a file that is too large is told.
pub(crate) fn too_large(what: &str) -> Problem {
    Problem::new(Code::TooLarge, format!("the {what} has more than {} MB", LARGEST >> 20))
        .help("a name with `count` stands for many hosts; templates can be files of their own")
}

fn syntax(error: &toml::de::Error, text: &str) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let span = span.start.min(text.len())..span.end.min(text.len());
    let code = if error.message().contains("duplicate key") { Code::DuplicateKey } else { Code::Syntax };
    let problem = Problem::new(code, error.message().to_owned()).at(span, "here");
    match code {
        Code::DuplicateKey => {
            problem.help("keep one of the two; `[[name]]` is for tables of which there are several")
        }
        _ => problem.help("look also at what stands just before: a quote, bracket or comma may be missing"),
    }
}

fn check_format(table: &DeTable<'_>) -> Result<(), Vec<Problem>> {
    let first = table.iter().min_by_key(|(key, _)| key.span().start);
    let Some((key, value)) = table.iter().find(|(key, _)| key.get_ref() == "format") else {
        let place = first.map_or(0..0, |(key, _)| key.span());
        return Err(vec![
            Problem::new(Code::FormatMissing, "the file does not say which format it has")
                .at(place, "`format = 1` belongs before this")
                .help("write `format = 1` as the first line"),
        ]);
    };
    let mut problems = Vec::new();
    let one =
        value.get_ref().as_integer().is_some_and(|number| number.as_str() == "1" && number.radix() == 10);
    if !one {
        problems.push(
            Problem::new(Code::FormatUnsupported, "this is not a format that mockdc reads")
                .at(value.span(), "not 1")
                .help("write `format = 1`; a later format needs a later mockdc"),
        );
    }
    if let Some((other, _)) = first.filter(|(other, _)| other.span() != key.span()) {
        problems.push(
            Problem::new(Code::FormatNotFirst, "`format` is not the first key")
                .at(key.span(), "this belongs to the top")
                .at(other.span(), "this stands before it")
                .help("move `format = 1` to the first line"),
        );
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// Reads one table; a mistake in it is reported with its place.
pub(crate) fn read<T: DeserializeOwned>(node: &Node<'_>, problems: &mut Vec<Problem>) -> Option<T> {
    match T::deserialize(ValueDeserializer::from(node.clone())) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(read_problem(error.message(), error.span(), node));
            None
        }
    }
}

/// Keys whose values are durations, for the advice about a bare number.
const DURATIONS: &[&str] = &[
    "after",
    "at",
    "at-least",
    "boot",
    "by",
    "clock",
    "constant",
    "deviation",
    "down",
    "end",
    "every",
    "exactly",
    "expires",
    "first",
    "first-pulse",
    "from",
    "interval",
    "latency",
    "limit",
    "lockout-duration",
    "lockout-reset",
    "maximum-age",
    "mean",
    "minimum-age",
    "not-after",
    "not-before",
    "notify-first",
    "notify-next",
    "offset",
    "password-age",
    "pause",
    "poll",
    "pulse",
    "pulse-maximum",
    "pulse-timeout1",
    "pulse-timeout2",
    "randomize",
    "reapply",
    "stagger",
    "sysvol",
    "timeout",
    "to",
    "until",
    "within",
];

/// What serde says, in the words of this language.
fn read_problem(message: &str, span: Option<Range<usize>>, node: &Node<'_>) -> Problem {
    let span = span.unwrap_or_else(|| node.span());
    if let Some((name, rest)) = message.split_once(MARK) {
        let (text, help) = rest.split_once(MARK).unwrap_or((rest, ""));
        let code = Code::ALL.iter().copied().find(|code| code.as_str() == name).unwrap_or(Code::WrongType);
        let problem = Problem::new(code, text).at(span, "");
        return if help.is_empty() { problem } else { problem.help(help) };
    }
    let quoted = quoted(message);
    let wrong = quoted.first().copied().unwrap_or_default();
    let known = quoted.get(1..).unwrap_or_default();
    let suggestion = did_you_mean(wrong, known.iter().copied());
    if message.starts_with("unknown field") {
        return Problem::new(Code::UnknownKey, format!("`{wrong}` is no key here"))
            .at(span, "unknown")
            .maybe_help(suggestion);
    }
    if message.starts_with("missing field") {
        return Problem::new(Code::MissingKey, format!("`{wrong}` is missing"))
            .at(span, format!("this table needs `{wrong}`"))
            .help(format!("add `{wrong} = …`"));
    }
    if message.starts_with("unknown variant") {
        let (code, what) = if known.contains(&"SeTcbPrivilege") {
            (Code::UnknownRight, "user right")
        } else if known.contains(&"user-add") {
            (Code::UnknownVerb, "operation")
        } else if known.contains(&"account-created") && !known.contains(&"all") {
            (Code::UnknownEvent, "kind of event")
        } else if known.contains(&"visible") {
            (Code::UnknownCondition, "condition")
        } else {
            (Code::UnknownWord, "word that can stand here")
        };
        return Problem::new(code, format!("`{wrong}` is no {what}"))
            .at(span, "unknown")
            .maybe_help(suggestion);
    }
    if message.contains("found 0 elements") || message.contains("found empty table") {
        return Problem::new(Code::NoVerb, "the table says nothing")
            .at(span, "exactly one key belongs here")
            .help("an empty table stands for nothing");
    }
    if message.contains("more than 1 element") {
        return Problem::new(Code::SeveralVerbs, "the table says several things at once")
            .at(span, "exactly one key belongs here")
            .help("make a table for each; conditions are joined with `all = [ … ]` or `any = [ … ]`");
    }
    let bare = message.starts_with("invalid type: integer")
        && message.ends_with("expected a string")
        && key_of(node, &span).is_some_and(|key| DURATIONS.contains(&key.as_str()));
    if message.contains("has no unit") || bare {
        return Problem::new(Code::DurationWithoutUnit, format!("`{wrong}` has no unit"))
            .at(span, "how much of what?")
            .help(format!("write for example `\"{wrong}s\"`, `\"{wrong}m\"` or `\"{wrong}h\"`"));
    }
    if ["is no unit of time", "a duration is", "the duration is"].iter().any(|part| message.contains(part)) {
        return Problem::new(Code::BadDuration, message.to_owned())
            .at(span, "no duration")
            .help("write for example `\"15m\"`, `\"1h30m\"` or `\"250ms\"`");
    }
    let text =
        message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: ")).unwrap_or(message);
    Problem::new(Code::WrongType, text.to_owned()).at(span, "of another type").help(
        "text stands in quotes, numbers and true or false without them, lists in `[ ]`, tables in `{ }`",
    )
}

/// What stands in backticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

/// The key under which the value with this place stands.
fn key_of(node: &Node<'_>, span: &Range<usize>) -> Option<String> {
    match node.get_ref() {
        DeValue::Table(table) => table.iter().find_map(|(key, value)| {
            if value.span() == *span { Some(key.get_ref().to_string()) } else { key_of(value, span) }
        }),
        DeValue::Array(items) => items.iter().find_map(|item| key_of(item, span)),
        _ => None,
    }
}

/// The table's entry.
pub(crate) fn entry<'n, 'i>(node: &'n Node<'i>, name: &str) -> Option<&'n Node<'i>> {
    match node.get_ref() {
        DeValue::Table(table) => table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value),
        _ => None,
    }
}

/// The items of a list; a value that is no list is its own only item.
pub(crate) fn items<'n, 'i>(node: &'n Node<'i>) -> Vec<&'n Node<'i>> {
    match node.get_ref() {
        DeValue::Array(items) => items.iter().collect(),
        _ => vec![node],
    }
}

/// A table of the document as a value.
pub(crate) fn table_node<'i>(table: DeTable<'i>, span: Range<usize>) -> Node<'i> {
    Spanned::new(span, DeValue::Table(table))
}

/// The value without places.
pub(crate) fn plain(node: &Node<'_>) -> toml::Value {
    match node.get_ref() {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(number) => {
            toml::Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).unwrap_or(i64::MAX))
        }
        DeValue::Float(number) => toml::Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(is) => toml::Value::Boolean(*is),
        DeValue::Datetime(when) => toml::Value::Datetime(*when),
        DeValue::Array(items) => toml::Value::Array(items.iter().map(plain).collect()),
        DeValue::Table(_) => toml::Value::Table(plain_table(node)),
    }
}

/// The table without places; empty when it is no table.
pub(crate) fn plain_table(node: &Node<'_>) -> toml::Table {
    match node.get_ref() {
        DeValue::Table(table) => {
            table.iter().map(|(key, value)| (key.get_ref().to_string(), plain(value))).collect()
        }
        _ => toml::Table::new(),
    }
}

/// A sentence that offers the known keys.
pub(crate) fn unknown_key(wrong: &str, span: Range<usize>, known: &[&str]) -> Problem {
    Problem::new(Code::UnknownKey, format!("`{wrong}` is no key here"))
        .at(span, "unknown")
        .help(did_you_mean(wrong, known.iter().copied()).unwrap_or_else(|| list(known.iter().copied())))
}
