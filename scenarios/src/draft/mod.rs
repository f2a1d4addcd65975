//! A scenario whose values can be changed: any duration, count, size, word or switch of the file, or of a profile that it
//! uses, is set by its dotted key, and the whole is resolved again. Comments and layout of the file stay.

mod amount;
mod keys;
mod place;
mod put;

pub use amount::{Amount, AmountError, Dimension, Setting};
pub use keys::{Key, Kind};
pub use place::KeyError;

use std::path::Path;

use toml_edit::DocumentMut;

use crate::resolve::read_text;
use crate::{Plan, Report, read_str};

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

#[cfg(test)]
mod tests;
