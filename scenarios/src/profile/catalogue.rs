//! The built-in profiles, patches and overrides.

use toml::{Table, Value};

use super::Profile;

macro_rules! catalogue {
    ($($name:literal)*) => {
        const SOURCES: &[(&str, &str)] = &[$((
            $name,
            include_str!(concat!("../../profiles/", $name, ".toml")),
        )),*];
    };
}

catalogue! {
    "sms-2.0-rtm" "sms-2.0-sp1" "sms-2.0-sp2" "sms-2.0-sp3" "sms-2.0-sp3-hotfix" "sms-2.0-sp3-french"
    "sms-2.0-sp4" "sms-2.0-sp4-hrp" "sms-2003-legacy" "sms-2003-advanced"
}

/// Why a profile cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// There is no profile of this name.
    #[error("there is no profile `{name}`{}; there are {}", meant(suggestion), names.join(", "))]
    Unknown {
        /// The name as given.
        name: String,
        /// The names that exist.
        names: Vec<&'static str>,
        /// The nearest of them.
        suggestion: Option<String>,
    },
    /// An override names a value that profiles do not have.
    #[error("a profile has no value `{path}`{}", meant(suggestion))]
    UnknownKey {
        /// Where: `loader.time-oot`.
        path: String,
        /// The nearest path that exists.
        suggestion: Option<String>,
    },
    /// An override has the wrong type or lacks a unit.
    #[error("`{path}`: {reason}")]
    WrongValue {
        /// Where: `loader.time-out`.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// A built-in profile is itself broken. A test reads them all; users never see this.
    #[error("the built-in profile `{name}` is broken: {reason}")]
    Broken {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

fn meant(suggestion: &Option<String>) -> String {
    suggestion.as_ref().map_or_else(String::new, |other| format!(" (did you mean `{other}`?)"))
}

impl Profile {
    /// The names of the built-in profiles, oldest product first.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SOURCES.iter().map(|source| source.0)
    }

    /// The profile `name` with `overrides`, nested tables of the profile's own shape, applied last.
    pub fn resolve(name: &str, overrides: &Table) -> Result<Profile, ProfileError> {
        overridden(&built_in(name)?, overrides)
    }

    /// This profile with further overrides, applied last.
    pub fn with(&self, overrides: &Table) -> Result<Profile, ProfileError> {
        let broken = |error: toml::ser::Error| ProfileError::Broken {
            name: self.name.clone(),
            reason: error.to_string(),
        };
        overridden(&Table::try_from(self).map_err(broken)?, overrides)
    }
}

fn overridden(base: &Table, overrides: &Table) -> Result<Profile, ProfileError> {
    check_keys(base, overrides, "")?;
    let mut table = base.clone();
    patch(&mut table, overrides);
    typed(table).map_err(|reason| blame(base, overrides, reason))
}

/// The whole table of a built-in profile, its ancestors included.
fn built_in(name: &str) -> Result<Table, ProfileError> {
    let source = SOURCES.iter().find(|source| source.0 == name).ok_or_else(|| unknown(name))?;
    let broken = |reason: String| ProfileError::Broken { name: name.to_owned(), reason };
    let mut own: Table = source.1.parse().map_err(|error: toml::de::Error| broken(error.to_string()))?;
    let mut whole = match own.remove("extends") {
        Some(Value::String(parent)) if parent != name => built_in(&parent)?,
        None => Table::new(),
        Some(other) => return Err(broken(format!("it cannot extend {other}"))),
    };
    patch(&mut whole, &own);
    whole.insert("name".to_owned(), Value::String(name.to_owned()));
    Ok(whole)
}

fn unknown(name: &str) -> ProfileError {
    ProfileError::Unknown {
        name: name.to_owned(),
        names: Profile::names().collect(),
        suggestion: nearest(name, Profile::names()),
    }
}

/// Lays `top` over `table`: tables merge, everything else replaces.
fn patch(table: &mut Table, top: &Table) {
    for (key, value) in top {
        match (table.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => patch(below, above),
            _ => {
                table.insert(key.clone(), value.clone());
            }
        }
    }
}

fn typed(table: Table) -> Result<Profile, String> {
    Value::Table(table).try_into().map_err(|error: toml::de::Error| error.message().to_owned())
}

/// Every key of an override must be one that the profile has; only components may be new.
fn check_keys(base: &Table, top: &Table, prefix: &str) -> Result<(), ProfileError> {
    for (key, value) in top {
        let path = format!("{prefix}{key}");
        match (base.get(key), value) {
            (Some(_), _) if path == "name" => {
                return Err(ProfileError::UnknownKey { path, suggestion: None });
            }
            (Some(Value::Table(below)), Value::Table(above)) => {
                check_keys(below, above, &format!("{path}."))?;
            }
            (Some(_), _) => {}
            (None, _) if prefix == "components." => {}
            (None, _) => {
                let siblings = base.keys().map(String::as_str).filter(|sibling| path != *sibling);
                let suggestion = nearest(key, siblings).map(|sibling| format!("{prefix}{sibling}"));
                return Err(ProfileError::UnknownKey { path, suggestion });
            }
        }
    }
    Ok(())
}

/// Finds the value that is to blame by laying the overrides over the base one at a time.
fn blame(base: &Table, overrides: &Table, whole: String) -> ProfileError {
    let mut leaves = Vec::new();
    collect_leaves(overrides, &mut Vec::new(), &mut leaves);
    for (path, value) in leaves {
        let mut alone = value;
        for key in path.iter().rev() {
            alone = Value::Table(Table::from_iter([(key.clone(), alone)]));
        }
        let Value::Table(alone) = alone else { continue };
        let mut table = base.clone();
        patch(&mut table, &alone);
        if let Err(reason) = typed(table) {
            return ProfileError::WrongValue { path: path.join("."), reason: without_place(&reason) };
        }
    }
    ProfileError::WrongValue { path: "profile".to_owned(), reason: without_place(&whole) }
}

fn collect_leaves(table: &Table, path: &mut Vec<String>, leaves: &mut Vec<(Vec<String>, Value)>) {
    for (key, value) in table {
        path.push(key.clone());
        match value {
            // A component is judged as a whole: a new one has no value below it to patch.
            Value::Table(below) if !(path.len() == 2 && path[0] == "components") => {
                collect_leaves(below, path, leaves);
            }
            _ => leaves.push((path.clone(), value.clone())),
        }
        path.pop();
    }
}

fn without_place(reason: &str) -> String {
    reason.lines().next().unwrap_or(reason).trim_end().to_owned()
}

fn nearest<'a>(wrong: &str, right: impl Iterator<Item = &'a str>) -> Option<String> {
    right
        .map(|candidate| (strsim::jaro_winkler(wrong, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}
