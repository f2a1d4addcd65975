//! Dotted paths: how a key of a scenario is named.

use super::Key;

/// A part of the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A key of a table.
    Key(String),
    /// An item of a list.
    Item {
        /// Its place, from 0.
        index: usize,
        /// Its name, where it has one that tells it from the others.
        name: Option<String>,
        /// Whether the list has this item alone.
        only: bool,
    },
}

/// Why a path means no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The path is not written as one.
    #[error("`{path}` is no key: {reason}")]
    Form {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No value of the scenario has this key.
    #[error("the scenario has no value `{path}`{}", nearest.as_ref().map_or_else(String::new, |near| format!(": did you mean `{near}`?")))]
    Unknown {
        /// The path.
        path: String,
        /// The nearest key.
        nearest: Option<String>,
    },
    /// There are several tables of the kind.
    #[error("`{path}` can mean several values: write {}, or `[*]` for all of them", meant.join(", "))]
    Ambiguous {
        /// The path.
        path: String,
        /// What it can mean.
        meant: Vec<String>,
    },
}

/// A key with what stands in its brackets.
#[derive(Debug)]
struct Segment {
    key: String,
    chosen: Option<String>,
}

/// The key as a path of this crate shows it.
pub(super) fn shown(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                let plain =
                    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "-_#&$".contains(c));
                text.push_str(&if plain { key.clone() } else { format!("\"{key}\"") });
            }
            Part::Item { only: true, .. } => {}
            Part::Item { name: Some(name), .. } => text.push_str(&format!("[{name}]")),
            Part::Item { index, .. } => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

pub(super) fn find(keys: &[Key], path: &str) -> Result<Key, KeyError> {
    let segments = segments(path)?;
    let mut found: Vec<(&Key, bool)> =
        keys.iter().filter_map(|key| fits(&key.places[0], &segments).map(|certain| (key, certain))).collect();
    // A name that stands for one table in this file is no answer when an exact one is there.
    if found.iter().any(|(_, certain)| *certain) {
        found.retain(|(_, certain)| *certain);
    }
    let stars = segments.iter().any(|segment| segment.chosen.as_deref() == Some("*"));
    match found.as_slice() {
        [] => Err(KeyError::Unknown { path: path.to_owned(), nearest: nearest(keys, path) }),
        [(key, _)] => Ok((*key).clone()),
        [(first, _), ..] if stars && found.iter().all(|(_, certain)| *certain) => Ok(Key {
            path: path.to_owned(),
            places: found.iter().flat_map(|(key, _)| key.places.iter().cloned()).collect(),
            ..(*first).clone()
        }),
        several => Err(KeyError::Ambiguous {
            path: path.to_owned(),
            meant: several.iter().take(5).map(|(key, _)| format!("`{}`", key.path)).collect(),
        }),
    }
}

/// Whether the parts are what the segments say; `Some(false)` when a list has others beside.
fn fits(parts: &[Part], segments: &[Segment]) -> Option<bool> {
    let mut parts = parts.iter().peekable();
    let mut certain = true;
    for segment in segments {
        match parts.next()? {
            Part::Key(key) if key.eq_ignore_ascii_case(&segment.key) => {}
            _ => return None,
        }
        let mut chosen = segment.chosen.as_deref();
        while let Some(Part::Item { index, name, only }) = parts.peek() {
            match chosen.take() {
                None => certain &= *only,
                Some("*") => {}
                Some(wanted) if wanted.parse() == Ok(*index) => {}
                Some(wanted) if name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(wanted)) => {}
                Some(_) => return None,
            }
            parts.next();
        }
        if chosen.is_some() {
            return None;
        }
    }
    parts.next().is_none().then_some(certain)
}

fn segments(path: &str) -> Result<Vec<Segment>, KeyError> {
    let form = |reason| KeyError::Form { path: path.to_owned(), reason };
    let mut segments = Vec::new();
    let mut rest = path.trim();
    loop {
        let key;
        if let Some(quoted) = rest.strip_prefix('"') {
            let (inside, after) = quoted.split_once('"').ok_or_else(|| form("a quote is not closed"))?;
            key = inside.to_owned();
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            key = rest[..end].trim().to_owned();
            rest = &rest[end..];
        }
        if key.is_empty() {
            return Err(form("write keys with dots between them, such as `domain.replication.nt4.pulse`"));
        }
        let chosen = match rest.strip_prefix('[') {
            None => None,
            Some(inside) => {
                let (inside, after) =
                    inside.split_once(']').ok_or_else(|| form("a bracket is not closed"))?;
                rest = after;
                Some(inside.trim().trim_matches('"').to_owned())
            }
        };
        segments.push(Segment { key, chosen });
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(segments),
            None => return Err(form("a dot belongs between two keys")),
        }
    }
}

/// The key that was perhaps meant: one that ends so, or one that is written much alike.
fn nearest(keys: &[Key], path: &str) -> Option<String> {
    let folded = path.to_lowercase();
    let ending = format!(".{folded}");
    if let Some(key) = keys.iter().find(|key| key.path.to_lowercase().ends_with(&ending)) {
        return Some(key.path.clone());
    }
    let last = folded.rsplit('.').next().unwrap_or_default();
    keys.iter()
        .map(|key| {
            let known = key.path.to_lowercase();
            let tail = known.rsplit('.').next().unwrap_or_default();
            // A slip in the last word weighs most: the words before it are often left out or misplaced.
            (strsim::damerau_levenshtein(last, tail) * 4 + strsim::damerau_levenshtein(&folded, &known), key)
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= 6 + path.chars().count())
        .map(|(_, key)| key.path.clone())
}
