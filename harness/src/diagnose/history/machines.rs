//! Which machine wrote a log, by what it says and else by the folder that it lies in; whom a line is about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::collect::{Event, LogFile};

/// What a machine is in an install.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// It runs the services of a site.
    SiteServer,
    /// It gets or has the client.
    Client,
}

/// A machine whose logs were read.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Its name, in capitals.
    pub name: String,
    /// Whether a log states the name; otherwise it is the folder's, or made up.
    pub certain: bool,
    /// What it is.
    pub part: Part,
    /// Minutes that one of its stamps adds for universal time.
    pub bias: Option<i32>,
}

/// The machines of files and their events; each event's machine; whom each event is about.
pub(super) fn assign(
    files: &[LogFile],
    events: &[Event],
) -> (Vec<Machine>, Vec<usize>, Vec<Option<Arc<str>>>) {
    let about = subjects(&logs(files), events);
    let folders: Vec<String> = files.iter().map(|file| folder(&file.path)).collect();
    let mut keys: Vec<(String, Part)> = Vec::new();
    let mut machines: Vec<Machine> = Vec::new();
    let mut of = Vec::with_capacity(events.len());
    for event in events {
        let (folder, part) = (folders[event.file].as_str(), part(&event.component));
        let known = keys.iter().position(|(known, of)| known == folder && *of == part);
        let number = known.unwrap_or_else(|| {
            machines.push(Machine { name: String::new(), certain: false, part, bias: None });
            keys.push((folder.to_owned(), part));
            machines.len() - 1
        });
        machines[number].bias = machines[number].bias.or(event.bias);
        of.push(number);
    }
    name(&mut machines, &keys, events, &of, &about);
    merge(machines, of, about)
}

/// A machine's name: by the account that was made for it, by the only machine that the site server speaks of, by the
/// folder's name.
fn name(
    machines: &mut [Machine],
    keys: &[(String, Part)],
    events: &[Event],
    of: &[usize],
    about: &[Option<Arc<str>>],
) {
    let mut spoken: Vec<&str> = about.iter().flatten().map(|host| &**host).collect();
    spoken.sort_unstable();
    spoken.dedup();
    let clients = machines.iter().filter(|machine| machine.part == Part::Client).count();
    for (number, machine) in machines.iter_mut().enumerate() {
        let own = || events.iter().zip(of).filter(|(_, of)| **of == number).map(|(event, _)| event);
        let account = || {
            own().find_map(|event| {
                let account = event.value("account").filter(|_| event.is("generated"))?;
                account_host(account)
            })
        };
        let folder = Path::new(&keys[number].0).file_name().map(|name| name.to_string_lossy().to_uppercase());
        let folder = folder.filter(|name| is_host_name(name) && !is_common(name));
        let certain = match machine.part {
            Part::Client => account().or_else(|| match spoken.as_slice() {
                [only] if clients == 1 => Some((*only).to_owned()),
                _ => None,
            }),
            Part::SiteServer => None,
        };
        machine.certain = certain.is_some();
        machine.name = certain.or(folder).unwrap_or_else(|| {
            match machine.part {
                Part::Client => "CLIENT",
                Part::SiteServer => "SITESERVER",
            }
            .to_owned()
        });
    }
}

/// Machines of one name are one: their logs lay in several folders.
fn merge(
    machines: Vec<Machine>,
    of: Vec<usize>,
    about: Vec<Option<Arc<str>>>,
) -> (Vec<Machine>, Vec<usize>, Vec<Option<Arc<str>>>) {
    let mut merged: Vec<Machine> = Vec::new();
    let mut place = Vec::new();
    for machine in machines {
        let same = |other: &Machine| other.name == machine.name && other.part == machine.part;
        match merged.iter().position(same) {
            Some(at) => {
                merged[at].bias = merged[at].bias.or(machine.bias);
                merged[at].certain |= machine.certain;
                place.push(at);
            }
            None => {
                place.push(merged.len());
                merged.push(machine);
            }
        }
    }
    let of: Vec<usize> = of.into_iter().map(|number| place[number]).collect();
    let names: Vec<Arc<str>> = merged.iter().map(|machine| machine.name.as_str().into()).collect();
    let about = about
        .into_iter()
        .zip(&of)
        .map(|(about, of)| match merged[*of].part {
            Part::Client => Some(Arc::clone(&names[*of])),
            Part::SiteServer => about,
        })
        .collect();
    (merged, of, about)
}

/// The log that each file is of, by the place of its first file. When a log is full it is renamed, `Ccm.log` to
/// `Ccm.lo_` and since SMS 2003 also to `Ccm-20230715-091245.log`, and goes on in a new file.
fn logs(files: &[LogFile]) -> Vec<usize> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    files.iter().enumerate().map(|(place, file)| *first.entry(log(&file.path)).or_insert(place)).collect()
}

/// The name that all files of a log have in common.
fn log(path: &str) -> String {
    let path = path.to_lowercase();
    let Some(stem) = path.strip_suffix(".log").or_else(|| path.strip_suffix(".lo_")) else { return path };
    let is_time =
        |part: &str, digits: usize| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = stem.rsplitn(3, '-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(time), Some(day), Some(name)) if is_time(time, 6) && is_time(day, 8) => name.to_owned(),
        _ => stem.to_owned(),
    }
}

/// Which client each line of a site server is about: the one it names, else the one that its thread works on.
fn subjects(logs: &[usize], events: &[Event]) -> Vec<Option<Arc<str>>> {
    let mut working: BTreeMap<(usize, Option<u64>), Arc<str>> = BTreeMap::new();
    let mut hosts: BTreeSet<Arc<str>> = BTreeSet::new();
    events
        .iter()
        .map(|event| {
            if part(&event.component) != Part::SiteServer {
                return None;
            }
            let named = event.value("host").map(str::to_uppercase);
            let named = named.or_else(|| account_host(event.value("account")?));
            let key = (logs[event.file], event.thread);
            match named {
                Some(host) => {
                    let host = match hosts.get(host.as_str()) {
                        Some(known) => Arc::clone(known),
                        None => {
                            let new: Arc<str> = host.into();
                            hosts.insert(Arc::clone(&new));
                            new
                        }
                    };
                    working.insert(key, Arc::clone(&host));
                    Some(host)
                }
                None => working.get(&key).cloned(),
            }
        })
        .collect()
}

/// The machine in the name of an account that was made for it.
pub(in crate::diagnose) fn account_host(account: &str) -> Option<String> {
    let host = account.strip_prefix("SMS&_").or_else(|| account.strip_prefix("SMS#_"))?;
    is_host_name(host).then(|| host.to_uppercase())
}

/// What a machine is whose component writes a line: services of a site have names, programs of a client are files.
fn part(component: &str) -> Part {
    let upper = component.to_ascii_uppercase();
    match upper.starts_with("SMS_") && !upper.contains('.') {
        true => Part::SiteServer,
        false => Part::Client,
    }
}

fn folder(path: &str) -> String {
    Path::new(path).parent().map(|parent| parent.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 15
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '$'))
}

/// Folders that say nothing of a machine.
fn is_common(name: &str) -> bool {
    matches!(
        name,
        "LOGS" | "LOG" | "TMP" | "TEMP" | "SMS" | "MS" | "DEBUG" | "DESKTOP" | "DOWNLOADS" | "CUSTOMER"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_log_that_was_rotated_are_one_log() {
        let paths = [
            "SMS1/Ccm-20230715-091245.log",
            "SMS1/Ccm.lo_",
            "SMS1/CCM.LOG",
            "SMS2/Ccm.log",
            "SMS1/Ccm-2023-091245.log",
            "SMS1/ccm.txt",
        ];
        let files = paths.map(|path| LogFile { path: path.to_owned(), ..LogFile::default() });
        assert_eq!(logs(&files), [0, 0, 0, 3, 4, 5]);
    }
}
