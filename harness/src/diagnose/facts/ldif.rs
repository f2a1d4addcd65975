//! LDIF: entries of a directory as text (RFC 2849).

use base64::Engine;

/// An entry of the directory.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// Its name.
    pub dn: String,
    /// Its attributes in the order of the file; one with several values stands several times.
    pub attributes: Vec<(String, String)>,
}

impl Entry {
    /// The first value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Why LDIF cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct LdifError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// The entries of a file. Records of changes count as entries with what they add.
pub(crate) fn entries(text: &str) -> Result<Vec<Entry>, LdifError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open = false;
    for (line, whole) in unfolded(text) {
        if whole.is_empty() {
            open = false;
            continue;
        }
        if whole.starts_with('#') || whole == "-" {
            continue;
        }
        let failed = |reason: String| LdifError { line, reason };
        let (name, value) =
            whole.split_once(':').ok_or_else(|| failed(format!("`{whole}` is no `attribute: value`")))?;
        let value = match value.strip_prefix(':') {
            Some(encoded) => {
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(encoded.trim())
                    .map_err(|error| failed(format!("the value of `{name}` is no base64: {error}")))?;
                super::super::read::text(&bytes).into_owned()
            }
            None => value.trim().to_owned(),
        };
        if name.eq_ignore_ascii_case("dn") {
            entries.push(Entry { dn: value, attributes: Vec::new() });
            open = true;
        } else if open && let Some(entry) = entries.last_mut() {
            entry.attributes.push((name.to_owned(), value));
        } else if !name.eq_ignore_ascii_case("version") {
            return Err(failed(format!("`{name}` stands before the first `dn:`")));
        }
    }
    Ok(entries)
}

/// Lines with their continuations, which begin with a blank, put behind them.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix(' '), lines.last_mut()) {
            (Some(more), Some((_, whole))) if !whole.is_empty() => whole.push_str(more),
            _ => lines.push((at + 1, line.trim_end().to_owned())),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_and_encoded_values_are_read() -> Result<(), LdifError> {
        let text = "version: 1\n\ndn: CN=SMS&_BDC1,CN=Us\n ers,DC=corp\nsAMAccountName: SMS&_BDC1\n\
                    description:: w4l0w6k=\n\ndn: DC=corp\nmaxPwdAge: -1\n";
        let entries = entries(text)?;
        assert_eq!(entries[0].dn, "CN=SMS&_BDC1,CN=Users,DC=corp");
        assert_eq!(entries[0].attribute("DESCRIPTION"), Some("Été"));
        assert_eq!(entries[1].attribute("maxpwdage"), Some("-1"));
        Ok(())
    }

    #[test]
    fn a_line_that_is_no_attribute_is_told() {
        assert_eq!(entries("dn: a\nnonsense\n").unwrap_err().line, 2);
        assert_eq!(entries("cn: a\n").unwrap_err().line, 1);
    }
}
