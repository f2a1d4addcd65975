//! Registry, files and shares of one machine.

use std::collections::BTreeSet;

use super::Row;
use crate::domain::Facts;
use crate::{Data, HostName, MachineSettings, Name, Reply, SimTime, StateKey, Value, Verb, Win32Error};

/// The share of the system folder.
const ADMIN_SHARE: &str = "admin$";

/// Registry values, files and shares.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    host: HostName,
    registry: Row<(Name, Name), Data>,
    files: Row<Name, String>,
    shares: BTreeSet<Name>,
}

impl Store {
    /// What is there at the start.
    pub(crate) fn new(host: HostName, settings: &MachineSettings) -> Store {
        let registry = settings.registry.iter().flat_map(|(key, values)| {
            values.iter().map(move |(value, data)| {
                ((Name::from(key.as_str()), Name::from(value.as_str())), data.clone())
            })
        });
        let files = settings.files.iter().map(|(path, text)| (Name::from(path.as_str()), text.clone()));
        let mut shares = settings.shares.clone();
        if settings.admin_share {
            shares.insert(ADMIN_SHARE.into());
        }
        Store { host, registry: registry.collect(), files: files.collect(), shares }
    }

    /// States everything that is there.
    pub(crate) fn state_all(&self, now: SimTime, facts: &mut Facts) {
        for ((key, value), data) in self.registry.iter() {
            let key = StateKey::Registry { key: key.clone(), value: value.clone() };
            facts.state(now, &self.host, key, Some(shown(data)), None);
        }
        for (path, text) in self.files.iter() {
            let key = StateKey::File { path: path.clone() };
            facts.state(now, &self.host, key, Some(Value::Text(text.as_str().into())), None);
        }
        for share in &self.shares {
            let key = StateKey::Share { share: share.clone() };
            facts.state(now, &self.host, key, Some(Value::Is(true)), None);
        }
    }

    /// A registry value's data.
    pub(crate) fn value(&self, key: &str, value: &str) -> Option<&Data> {
        self.registry.get(&(Name::from(key), Name::from(value)))
    }

    /// Whether the folder is shared.
    pub(crate) fn has_share(&self, share: &Name) -> bool {
        self.shares.contains(share)
    }

    /// Performs a verb of registry, files or shares; `None` when the verb is none of these.
    pub(crate) fn perform(
        &mut self,
        now: SimTime,
        verb: &Verb,
        facts: &mut Facts,
    ) -> Option<Result<Reply, Win32Error>> {
        let (key, value) = match verb {
            Verb::RegistryRead { key, value } => {
                let data = self.registry.get(&(key.clone(), value.clone()));
                return Some(data.cloned().map(Reply::Data).ok_or(Win32Error::FILE_NOT_FOUND));
            }
            Verb::FileRead { path } => {
                let text = self.files.get(path);
                return Some(text.cloned().map(Reply::Text).ok_or(Win32Error::FILE_NOT_FOUND));
            }
            Verb::RegistryWrite { key, value, data } => {
                let old = self.registry.insert((key.clone(), value.clone()), data.clone());
                if old.as_ref() == Some(data) {
                    return Some(Ok(Reply::Done));
                }
                (StateKey::Registry { key: key.clone(), value: value.clone() }, Some(shown(data)))
            }
            Verb::RegistryDelete { key, value } => {
                if self.registry.remove(&(key.clone(), value.clone())).is_none() {
                    return Some(Err(Win32Error::FILE_NOT_FOUND));
                }
                (StateKey::Registry { key: key.clone(), value: value.clone() }, None)
            }
            Verb::FileWrite { path, content } => {
                self.files.insert(path.clone(), content.clone());
                (StateKey::File { path: path.clone() }, Some(Value::Text(content.as_str().into())))
            }
            Verb::FileDelete { path } => {
                if self.files.remove(path).is_none() {
                    return Some(Err(Win32Error::FILE_NOT_FOUND));
                }
                (StateKey::File { path: path.clone() }, None)
            }
            Verb::ShareAdd { share } => {
                if !self.shares.insert(share.clone()) {
                    return Some(Err(Win32Error::DUPLICATE_SHARE));
                }
                (StateKey::Share { share: share.clone() }, Some(Value::Is(true)))
            }
            Verb::ShareDelete { share } => {
                if !self.shares.remove(share) {
                    return Some(Err(Win32Error::NET_NAME_NOT_FOUND));
                }
                (StateKey::Share { share: share.clone() }, None)
            }
            _ => return None,
        };
        facts.state(now, &self.host, key, value, None);
        Some(Ok(Reply::Done))
    }
}

/// Registry data as observable state: a number, or text.
fn shown(data: &Data) -> Value {
    match data {
        Data::Dword(number) => Value::Number(i64::from(*number)),
        Data::Text(text) => Value::Text(text.as_str().into()),
        Data::List(list) => Value::Text(list.join("\n").into()),
    }
}
