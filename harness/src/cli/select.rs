//! From paths, names and tags to plans.

use std::io;
use std::path::{Path, PathBuf};

use mockdc_scenarios::{Draft, Plan, Report, read_file};

use super::arguments::{Assignment, Select};

/// A folder that holds a file of this name is not entered.
pub const SKIP_MARK: &str = ".mockdc-skip";

/// What reading the selected files gave.
#[derive(Debug, Default)]
pub struct Selection {
    /// Plans, in the order of their files.
    pub plans: Vec<Plan>,
    /// Files with mistakes.
    pub reports: Vec<Report>,
    /// TOML files in folders that are no scenarios: they have no key `format` before their first table.
    pub skipped: Vec<PathBuf>,
    /// Scenario files read.
    pub files: usize,
}

/// Why files cannot be selected.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// The path does not exist. Remedy: check its spelling; names are selected with `--name`.
    #[error("there is no file or folder `{}`; to select scenarios by name, give a folder and `--name`", .0.display())]
    Missing(PathBuf),
    /// The path cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Read {
        /// The path.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A value cannot be set. Remedy: `mockdc threshold SCENARIO --keys` lists the keys of a scenario.
    #[error("{file}: {why}")]
    Set {
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
}

/// Reads everything below the paths.
pub fn read(paths: &[PathBuf]) -> Result<Selection, SelectError> {
    read_with(paths, &[])
}

/// Reads everything below the paths, with these values set in each file.
pub fn read_with(paths: &[PathBuf], settings: &[Assignment]) -> Result<Selection, SelectError> {
    let mut selection = Selection::default();
    let files = files(paths, &mut selection.skipped)?;
    for file in files {
        selection.files += 1;
        let read = match settings {
            [] => read_file(&file),
            settings => match Draft::read_file(&file) {
                Ok(draft) => set(draft, settings)?.plans(),
                Err(report) => Err(report),
            },
        };
        match read {
            Ok(plans) => selection.plans.extend(plans),
            Err(report) => selection.reports.push(report),
        }
    }
    Ok(selection)
}

/// The scenario with these values.
pub(super) fn set(draft: Draft, settings: &[Assignment]) -> Result<Draft, SelectError> {
    settings.iter().try_fold(draft, |draft, Assignment { key, value }| {
        let refused = |why: String| SelectError::Set { file: draft.label().to_owned(), why };
        let key = draft.find(key).map_err(|error| refused(error.to_string()))?;
        let setting = key.setting(value).map_err(|why| refused(format!("{}: {why}", key.path)))?;
        Ok(draft.with(&key, &setting))
    })
}

/// The scenario files at and below the paths; other TOML files in folders are added to `skipped`.
pub(super) fn files(paths: &[PathBuf], skipped: &mut Vec<PathBuf>) -> Result<Vec<PathBuf>, SelectError> {
    let mut files = Vec::new();
    for path in paths {
        let kind = std::fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SelectError::Missing(path.clone()),
            _ => SelectError::Read { path: path.clone(), error },
        })?;
        if kind.is_dir() {
            walk(path, &mut files, skipped)?;
        } else {
            files.push(path.clone());
        }
    }
    files.dedup();
    Ok(files)
}

/// Keeps what the names and tags select.
pub fn filter(plans: &mut Vec<Plan>, select: &Select) {
    plans.retain(|plan| {
        let named = select.name.is_empty() || select.name.iter().any(|pattern| glob(pattern, &plan.name));
        named && select.tag.iter().all(|tag| plan.tags.contains(tag))
    });
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>, skipped: &mut Vec<PathBuf>) -> Result<(), SelectError> {
    let error = |error| SelectError::Read { path: folder.to_owned(), error };
    if folder.join(SKIP_MARK).exists() {
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        entries.push(entry.map_err(error)?.path());
    }
    entries.sort();
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(&path, files, skipped)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            match is_scenario(&path) {
                true => files.push(path),
                false => skipped.push(path),
            }
        }
    }
    Ok(())
}

/// Whether a file has a key `format` before its first table. What cannot be read as text counts as a scenario, so that it is reported.
fn is_scenario(path: &Path) -> bool {
    use io::Read;
    let mut head = Vec::new();
    if std::fs::File::open(path).and_then(|file| file.take(64 * 1024).read_to_end(&mut head)).is_err() {
        return true;
    }
    let Ok(text) =
        std::str::from_utf8(&head).or_else(|error| std::str::from_utf8(&head[..error.valid_up_to()]))
    else {
        return true;
    };
    let keys = text
        .lines()
        .map(|line| line.trim_start_matches('\u{feff}').trim())
        .take_while(|line| !line.starts_with('['));
    let mut nothing = true;
    for line in keys.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        nothing = false;
        if line.split('=').next().is_some_and(|key| key.trim() == "format") {
            return true;
        }
    }
    // An empty file is no scenario of somebody's either, but somebody may have meant it to be one.
    nothing && text.lines().all(|line| line.trim().is_empty() || line.trim().starts_with('#'))
}

/// Whether `name` matches `pattern`, in which `*` stands for any run of characters.
pub fn glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_run() {
        assert!(glob("q304961-*", "q304961-sp3"));
        assert!(glob("*bdc*", "slow-bdc-again"));
        assert!(glob("a*b*c", "a-b-c"));
        assert!(glob("exact", "exact"));
        assert!(!glob("exact", "exactly"));
        assert!(!glob("a*bc*c", "abc"));
    }
}
