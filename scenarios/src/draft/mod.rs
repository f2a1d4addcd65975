//! A scenario whose values can be changed: any duration, count, size, word or switch of the file, or of a profile that it
//! uses, is set by its dotted key, and the whole is resolved again. Comments and layout of the file stay.

mod amount;
mod keys;
mod place;
mod put;
mod variables;

pub use amount::{Amount, AmountError, Dimension, Setting};
pub use keys::{Key, Kind};
pub use place::KeyError;
pub use variables::{Values, Variable};

use std::path::Path;

use toml_edit::DocumentMut;

use crate::read::{Node, parse, take};
use crate::resolve::read_text;
use crate::{Plan, Problem, Report, read_str};

/// A scenario file, ready to be changed.
#[derive(Clone, Debug)]
pub struct Draft {
    label: String,
    document: DocumentMut,
    keys: Vec<Key>,
}

impl Draft {
    /// Reads a scenario file. One with mistakes is refused with all of them, as by [`crate::read_file`].
    pub fn read_file(path: &Path) -> Result<Draft, Report> {
        let (label, text) = read_text(path)?;
        Draft::read_str(&label, &text)
    }

    /// Reads a scenario from its text; `label` is the file's name as the user gave it.
    pub fn read_str(label: &str, text: &str) -> Result<Draft, Report> {
        let plans = read_str(label, text)?;
        // What `read_str` takes is TOML; the two parsers agree on that, and a difference shows as a syntax error.
        let document: DocumentMut = match text.trim_start_matches('\u{feff}').parse() {
            Ok(document) => document,
            Err(error) => {
                let error: toml_edit::TomlError = error;
                let place = error.span().unwrap_or(0..0);
                let problem =
                    crate::Problem::new(crate::Code::Syntax, error.message().to_owned()).at(place, "here");
                return Err(Report::new(label, text, vec![problem]));
            }
        };
        let keys = keys::keys(&document, &plans);
        Ok(Draft { label: label.to_owned(), document, keys })
    }

    /// The file's name, as the user gave it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Every key whose value can be set: those that the file states, and those with a default.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The key that a dotted path means: `domain.replication.nt4.pulse`, `dc[BDC1].boot`, `fault[0].until`,
    /// `client[*].loader.time-out`. `[*]` stands for all tables of a kind, which then get the same value.
    pub fn find(&self, path: &str) -> Result<Key, KeyError> {
        place::find(&self.keys, path)
    }

    /// What the scenario marks as variable, in its table `[vary]`.
    pub fn variables(&self) -> Vec<Variable> {
        let text = self.text();
        // The text was read when the draft was made, so that nothing is wrong with its table.
        let Ok(mut document) = parse(&text) else { return Vec::new() };
        let table = take(&mut document, "vary");
        table.map_or_else(Vec::new, |table| variables::variables(&self.keys, &table).0)
    }

    /// How many tables of this kind the file has at its top: `[[fault]]`, `[[step]]`.
    pub fn count(&self, kind: &str) -> usize {
        match self.document.get(kind) {
            Some(toml_edit::Item::ArrayOfTables(tables)) => tables.len(),
            _ => 0,
        }
    }

    /// The scenario without one of its tables of a kind.
    #[must_use]
    pub fn without_item(&self, kind: &str, index: usize) -> Draft {
        let mut changed = self.clone();
        let mut empty = false;
        if let Some(toml_edit::Item::ArrayOfTables(tables)) = changed.document.get_mut(kind)
            && index < tables.len()
        {
            tables.remove(index);
            empty = tables.is_empty();
        }
        if empty {
            changed.document.remove(kind);
        }
        changed
    }

    /// The scenario with a seed of its own.
    #[must_use]
    pub fn seeded(&self, seed: u64) -> Draft {
        let mut changed = self.clone();
        let seed = toml_edit::Value::from(i64::try_from(seed).unwrap_or(i64::MAX));
        put::put(changed.document.as_item_mut(), &[place::Part::Key("seed".to_owned())], &seed);
        changed
    }

    /// The scenario with this key set.
    #[must_use]
    pub fn with(&self, key: &Key, setting: &Setting) -> Draft {
        let mut changed = self.clone();
        for place in &key.places {
            put::put(changed.document.as_item_mut(), place, &setting.to_value());
        }
        changed
    }

    /// The scenario without the table `[name]` at its top.
    #[must_use]
    pub fn without_table(&self, name: &str) -> Draft {
        let mut changed = self.clone();
        changed.document.remove(name);
        changed
    }

    /// The plans of the scenario as it stands: one for each case.
    pub fn plans(&self) -> Result<Vec<Plan>, Report> {
        read_str(&self.label, &self.text())
    }

    /// The text of the scenario as it stands, with the comments of the file.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// The text with a comment before its first line.
    pub fn text_below(&self, comment: &str) -> String {
        let mut text = String::new();
        for line in comment.lines() {
            text.push_str("# ");
            text.push_str(line);
            text.push('\n');
        }
        text + &self.text()
    }

    /// Gives the scenario another name.
    #[must_use]
    pub fn named(&self, name: &str) -> Draft {
        let mut changed = self.clone();
        put::put(
            changed.document.as_item_mut(),
            &[place::Part::Key("name".to_owned())],
            &toml_edit::Value::from(name),
        );
        changed
    }
}

/// What is wrong with the table `[vary]` of a scenario that is right otherwise.
pub(crate) fn check_variables(text: &str, plans: &[Plan], table: &Node<'_>) -> Vec<Problem> {
    let Ok(document) = text.trim_start_matches('\u{feff}').parse::<DocumentMut>() else { return Vec::new() };
    variables::variables(&keys::keys(&document, plans), table).1
}

#[cfg(test)]
mod tests;
