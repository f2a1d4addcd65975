//! Cases: rows of values, each of which makes a scenario of its own; and the placeholders that stand for them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Node, entry, items};
use crate::diagnostic::did_you_mean;
use crate::{Code, Problem};

/// What placeholders stand for.
pub(crate) type Columns<'i> = BTreeMap<String, Node<'i>>;

/// A row.
pub(crate) struct Case<'i> {
    /// Its name.
    pub(crate) name: String,
    /// Its columns.
    pub(crate) columns: Columns<'i>,
    span: Range<usize>,
}

/// Takes the rows out of the document.
pub(crate) fn take_cases<'i>(document: &mut DeTable<'i>, problems: &mut Vec<Problem>) -> Vec<Case<'i>> {
    let Some(node) = take(document, "case") else { return Vec::new() };
    let mut cases: Vec<Case<'i>> = Vec::new();
    let mut seen: BTreeMap<String, Range<usize>> = BTreeMap::new();
    for row in items(&node) {
        let DeValue::Table(table) = row.get_ref() else {
            problems.push(single_brackets("case", row.span()));
            continue;
        };
        let Some(name) =
            entry(row, "name").and_then(|name| name.get_ref().as_str().map(|text| (text, name.span())))
        else {
            problems.push(
                Problem::new(Code::MissingKey, "a case has no `name`")
                    .at(row.span(), "this case")
                    .help("add `name = \"…\"`"),
            );
            continue;
        };
        if !is_scenario_name(name.0) {
            problems.push(
                Problem::new(Code::BadName, format!("`{}` is no name of a case", name.0.escape_debug()))
                    .at(name.1.clone(), "not possible")
                    .help("small letters, digits, `-` and `.`, with a letter or digit among them"),
            );
        }
        match seen.get(name.0) {
            Some(first) => problems.push(
                Problem::new(Code::DuplicateName, format!("two cases are called `{}`", name.0))
                    .at(name.1.clone(), "the second")
                    .at(first.clone(), "the first")
                    .help("rename one of them"),
            ),
            None => {
                seen.insert(name.0.to_owned(), name.1.clone());
            }
        }
        let columns = table
            .iter()
            .filter(|(key, _)| key.get_ref() != "name")
            .map(|(key, value)| (key.get_ref().to_string(), value.clone()))
            .collect();
        cases.push(Case { name: name.0.to_owned(), columns, span: name.1 });
    }
    let mut all: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for (column, value) in cases.iter().flat_map(|case| &case.columns) {
        all.entry(column).or_insert_with(|| value.span());
    }
    for case in &cases {
        for (column, has) in all.iter().filter(|(column, _)| !case.columns.contains_key(**column)) {
            problems.push(
                Problem::new(Code::MissingColumn, format!("the case `{}` has no `{column}`", case.name))
                    .at(case.span.clone(), "this case")
                    .at(has.clone(), "another case has it")
                    .help(format!("add `{column} = …` to the case")),
            );
        }
    }
    cases
}

/// Whether a scenario or a case can be called so.
pub(crate) fn is_scenario_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.chars().all(|c| plain(c) || "-.".contains(c)) && name.chars().any(plain)
}

/// Columns that no placeholder has used.
pub(crate) fn unused_columns(cases: &[Case<'_>], used: &BTreeSet<String>, problems: &mut Vec<Problem>) {
    if let Some(case) = cases.first() {
        for (column, value) in case.columns.iter().filter(|(column, _)| !used.contains(*column)) {
            problems.push(
                Problem::new(Code::UnusedColumn, format!("nothing uses the column `{column}`"))
                    .at(value.span(), "its value in the first case")
                    .help(format!("use it as `${{{column}}}`, or take it out of the cases")),
            );
        }
    }
}

/// Keeps of the tables bound with `only-in` those of this case, and takes the key out.
pub(crate) fn keep_only_in(
    document: &mut DeTable<'_>,
    case: Option<&str>,
    names: &BTreeSet<&str>,
    problems: &mut Vec<Problem>,
) {
    for (key, node) in document.iter_mut() {
        if !["step", "expect", "rule", "policy", "fault", "user"].contains(&key.get_ref().as_ref()) {
            continue;
        }
        let DeValue::Array(tables) = node.get_mut() else { continue };
        let mut keeps = |table: &mut Node<'_>| {
            let DeValue::Table(table) = table.get_mut() else { return true };
            let Some(only) = take(table, "only-in") else { return true };
            let mut here = false;
            for name in items(&only) {
                match name.get_ref().as_str() {
                    Some(text) if names.contains(text) => here |= case == Some(text),
                    Some(text) => problems.push(
                        Problem::new(Code::UnknownCase, format!("there is no case `{text}`"))
                            .at(name.span(), "unknown")
                            .maybe_help(did_you_mean(text, names.iter().copied()))
                            .maybe_help(Some("add `[[case]]` tables".to_owned())),
                    ),
                    None => problems.push(
                        Problem::new(Code::WrongType, "`only-in` is a list of names of cases")
                            .at(name.span(), "no name"),
                    ),
                }
            }
            here
        };
        let kept =
            tables.iter().cloned().filter_map(|mut table| keeps(&mut table).then_some(table)).collect();
        *tables = kept;
    }
}

/// Takes an entry out of a table.
pub(crate) fn take<'i>(table: &mut DeTable<'i>, name: &str) -> Option<Node<'i>> {
    let key = table.keys().find(|key| key.get_ref() == name)?.clone();
    table.remove(&key)
}

/// Single brackets where double ones belong.
pub(crate) fn single_brackets(name: &str, span: Range<usize>) -> Problem {
    Problem::new(Code::SingleBrackets, format!("there can be several of `{name}`"))
        .at(span, "a single table")
        .help(format!("write `[[{name}]]`"))
}

/// Replaces `${column}` in every string; a string that is nothing but a placeholder takes the value with its type.
pub(crate) fn substitute<'i>(
    node: &mut Node<'i>,
    columns: &Columns<'i>,
    used: &mut BTreeSet<String>,
    problems: &mut Vec<Problem>,
) {
    let span = node.span();
    match node.get_mut() {
        DeValue::Table(table) => {
            table.iter_mut().for_each(|(_, value)| substitute(value, columns, used, problems));
        }
        DeValue::Array(list) => list.iter_mut().for_each(|item| substitute(item, columns, used, problems)),
        value @ DeValue::String(_) => {
            let text = value.as_str().unwrap_or_default().to_owned();
            let names = placeholders(&text);
            if let [only] = names.as_slice()
                && text == format!("${{{only}}}")
                && let Some(column) = columns.get(only)
            {
                used.insert(only.clone());
                *value = column.get_ref().clone();
                return;
            }
            let mut replaced = text.clone();
            for name in names {
                let Some(column) = columns.get(&name) else { continue };
                used.insert(name.clone());
                match scalar_text(column.get_ref()) {
                    Some(text) => replaced = replaced.replace(&format!("${{{name}}}"), &text),
                    None => problems.push(
                        Problem::new(
                            Code::WrongType,
                            format!("`{name}` is a list or table and cannot stand inside a text"),
                        )
                        .at(span.clone(), "inside this text")
                        .at(column.span(), "the column's value")
                        .help("let the placeholder be the whole string, or make the column a text"),
                    ),
                }
            }
            if replaced != text {
                *value = DeValue::String(Cow::Owned(replaced));
            }
        }
        _ => {}
    }
}

fn scalar_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(is) => Some(is.to_string()),
        DeValue::Datetime(when) => Some(when.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// The names in `${…}` of a text.
pub(crate) fn placeholders(text: &str) -> Vec<String> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name.to_owned()))
        .collect()
}

/// Reports every placeholder that stands for nothing, in tables where none is known beside `each` under `for-each`.
pub(crate) fn check_placeholders(node: &Node<'_>, known: &[String], problems: &mut Vec<Problem>) {
    match node.get_ref() {
        DeValue::Table(table) => {
            let each = table.keys().any(|key| key.get_ref() == "for-each");
            let mut inner = known.to_vec();
            inner.extend(each.then(|| "each".to_owned()));
            table.values().for_each(|value| check_placeholders(value, &inner, problems));
        }
        DeValue::Array(list) => list.iter().for_each(|item| check_placeholders(item, known, problems)),
        DeValue::String(text) => {
            for name in placeholders(text).iter().filter(|name| !known.contains(name)) {
                problems.push(
                    Problem::new(Code::UnknownPlaceholder, format!("`${{{name}}}` stands for nothing here"))
                        .at(node.span(), "in this text")
                        .maybe_help(did_you_mean(name, known.iter().map(String::as_str)))
                        .maybe_help(Some(
                            "columns come from `[[case]]`, `${each}` from `for-each`".to_owned(),
                        )),
                );
            }
        }
        _ => {}
    }
}
