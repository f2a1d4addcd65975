//! What the parts of resolving share: the names that exist, and the problems so far.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use indexmap::IndexMap;
use mockdc_mocks::{AccountName, Authority, Credentials, HostName, Name, SimTime, Span};

use crate::diagnostic::{Lines, did_you_mean};
use crate::read::{Columns, Hosts, Located, Node, RawCredentials, Word, entry, substitute};
use crate::{Code, Problem, Profile, ProfileError};

/// What a host is to the rest of the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostRole {
    Pdc,
    Bdc,
    Machine,
}

/// A host and the place where it is stated.
pub(super) struct HostEntry {
    pub(super) role: HostRole,
    pub(super) span: Range<usize>,
}

/// What is known of a script before its steps are resolved.
#[derive(Default)]
pub(super) struct ScriptNames {
    pub(super) steps: BTreeSet<Name>,
    pub(super) kept: BTreeSet<Name>,
    /// The scripts that its steps run, and where.
    pub(super) runs: Vec<(Name, Range<usize>)>,
}

/// The names that exist, and the problems so far.
pub(super) struct Context<'t> {
    lines: Lines,
    pub(super) folder: &'t std::path::Path,
    pub(super) problems: Vec<Problem>,
    pub(super) domain: Name,
    pub(super) until: Option<(SimTime, Range<usize>)>,
    pub(super) hosts: IndexMap<HostName, HostEntry>,
    pub(super) clients: IndexMap<HostName, Range<usize>>,
    pub(super) site_servers: IndexMap<HostName, Range<usize>>,
    pub(super) accounts: BTreeMap<AccountName, Range<usize>>,
    pub(super) units: BTreeMap<Name, Range<usize>>,
    pub(super) sites: BTreeSet<Name>,
    pub(super) policies: BTreeMap<Name, Range<usize>>,
    pub(super) faults: BTreeMap<Name, Range<usize>>,
    pub(super) scripts: BTreeMap<Name, ScriptNames>,
    pub(super) steps: BTreeSet<Name>,
    pub(super) rules: BTreeMap<Name, Range<usize>>,
    /// Whether the file has a `[program]`.
    pub(super) has_program: bool,
    /// Clients that a step upgrades, and where it says so.
    pub(super) upgrades: Vec<Located<HostName>>,
}

impl<'t> Context<'t> {
    pub(super) fn new(text: &str, folder: &'t std::path::Path) -> Context<'t> {
        Context {
            lines: Lines::new(text),
            folder,
            problems: Vec::new(),
            domain: "CORP".into(),
            until: None,
            hosts: IndexMap::new(),
            clients: IndexMap::new(),
            site_servers: IndexMap::new(),
            accounts: BTreeMap::new(),
            units: BTreeMap::new(),
            sites: BTreeSet::new(),
            policies: BTreeMap::new(),
            faults: BTreeMap::new(),
            scripts: BTreeMap::new(),
            steps: BTreeSet::new(),
            rules: BTreeMap::new(),
            has_program: false,
            upgrades: Vec::new(),
        }
    }

    pub(super) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The line in which a table begins.
    pub(super) fn line(&self, node: &Node<'_>) -> u32 {
        u32::try_from(self.lines.line(node.span().start)).unwrap_or(u32::MAX)
    }

    /// A name that does not exist.
    pub(super) fn unknown<'a>(
        &mut self,
        code: Code,
        what: &str,
        word: (&str, Range<usize>),
        names: impl IntoIterator<Item = &'a str>,
        otherwise: &str,
    ) {
        let help = did_you_mean(word.0, names).unwrap_or_else(|| otherwise.to_owned());
        self.report(
            Problem::new(code, format!("there is no {what} `{}`", word.0)).at(word.1, "unknown").help(help),
        );
    }

    /// One host that must exist.
    pub(super) fn host(&mut self, text: &str, span: Range<usize>) -> Option<HostName> {
        let host = HostName::from(text);
        if self.hosts.contains_key(&host) {
            return Some(host);
        }
        let names: Vec<String> = self.hosts.keys().map(ToString::to_string).collect();
        self.unknown(
            Code::UnknownHost,
            "host",
            (text, span),
            names.iter().map(String::as_str),
            "add a `[[dc]]` or `[[machine]]` of this name",
        );
        None
    }

    /// A domain controller that must exist.
    pub(super) fn dc(&mut self, text: &str, span: Range<usize>) -> Option<HostName> {
        let host = HostName::from(text);
        match self.hosts.get(&host) {
            Some(entry) if entry.role != HostRole::Machine => Some(host),
            Some(entry) => {
                let stated = entry.span.clone();
                self.report(
                    Problem::new(Code::UnknownDc, format!("`{text}` is no domain controller"))
                        .at(span, "a domain controller belongs here")
                        .at(stated, "it is stated here as a machine")
                        .help("name a `[[dc]]`"),
                );
                None
            }
            None => {
                let names = self.dcs();
                self.unknown(
                    Code::UnknownDc,
                    "domain controller",
                    (text, span),
                    names.iter().map(HostName::as_str),
                    "add a `[[dc]]` of this name",
                );
                None
            }
        }
    }

    /// A client that must exist.
    pub(super) fn client(&mut self, text: &str, span: Range<usize>) -> Option<HostName> {
        let host = HostName::from(text);
        if self.clients.contains_key(&host) {
            return Some(host);
        }
        let names: Vec<String> = self.clients.keys().map(ToString::to_string).collect();
        self.unknown(
            Code::UnknownClient,
            "client",
            (text, span),
            names.iter().map(String::as_str),
            "add a `[[client]]` for this machine",
        );
        None
    }

    pub(super) fn pdc(&self) -> Option<HostName> {
        self.hosts.iter().find(|(_, entry)| entry.role == HostRole::Pdc).map(|(host, _)| host.clone())
    }

    pub(super) fn dcs(&self) -> Vec<HostName> {
        self.hosts
            .iter()
            .filter(|(_, entry)| entry.role != HostRole::Machine)
            .map(|(host, _)| host.clone())
            .collect()
    }

    /// The hosts that words stand for: names, wildcards, patterns.
    pub(super) fn each_host(&mut self, hosts: &Hosts) -> Vec<Located<HostName>> {
        let mut all: Vec<Located<HostName>> = Vec::new();
        for word in &hosts.0 {
            all.extend(self.word_hosts(word));
        }
        all
    }

    fn word_hosts(&mut self, word: &Word) -> Vec<Located<HostName>> {
        let located = |value: HostName| Located { value, span: word.span.clone() };
        let Some(wildcard) = wildcard(&word.value) else {
            return self.host(&word.value, word.span.clone()).map(located).into_iter().collect();
        };
        let found: Vec<_> = self
            .hosts
            .keys()
            .filter(|host| matches(&wildcard, host.as_str()))
            .cloned()
            .map(located)
            .collect();
        if found.is_empty() {
            let names: Vec<&str> = self.hosts.keys().map(HostName::as_str).collect();
            let problem = Problem::new(Code::MatchesNothing, format!("no host matches `{}`", word.value))
                .at(word.span.clone(), "stands for no host")
                .help(format!("there are: {}", crate::diagnostic::list(names)));
            self.report(problem);
        }
        found
    }

    pub(super) fn each_client(&mut self, hosts: &Hosts) -> Vec<Located<HostName>> {
        let mut all = Vec::new();
        for word in &hosts.0 {
            if let Some(wildcard) = wildcard(&word.value) {
                let clients: Vec<HostName> =
                    self.clients.keys().filter(|host| matches(&wildcard, host.as_str())).cloned().collect();
                if clients.is_empty() {
                    self.report(
                        Problem::new(Code::MatchesNothing, format!("no client matches `{}`", word.value))
                            .at(word.span.clone(), "stands for no client")
                            .help("add a `[[client]]` for these machines"),
                    );
                }
                all.extend(clients.into_iter().map(|value| Located { value, span: word.span.clone() }));
            } else if let Some(value) = self.client(&word.value, word.span.clone()) {
                all.push(Located { value, span: word.span.clone() });
            }
        }
        all
    }

    /// Credentials, with the database in which the account lives.
    pub(super) fn credentials(&mut self, raw: &RawCredentials) -> Credentials {
        let (authority, user) = match raw.user.value.split_once('\\') {
            None => (Authority::Domain, raw.user.value.as_str()),
            Some((place, user)) if self.domain == *place => (Authority::Domain, user),
            Some((place, user)) => {
                let host = self.host(place, raw.user.span.clone());
                match host.filter(|host| self.hosts[host].role == HostRole::Machine) {
                    Some(host) => (Authority::Local(host), user),
                    None => (Authority::Domain, user),
                }
            }
        };
        Credentials { authority, user: user.into(), password: raw.password.clone() }
    }

    /// A profile with what the scenario overrides.
    pub(super) fn profile(
        &mut self,
        word: &Word,
        overrides: &toml::Table,
        place: Range<usize>,
    ) -> Option<Profile> {
        match Profile::resolve(&word.value, overrides) {
            Ok(profile) => Some(profile),
            Err(ProfileError::Unknown { .. }) => {
                self.unknown(
                    Code::UnknownProfile,
                    "profile",
                    (&word.value, word.span.clone()),
                    Profile::names(),
                    "",
                );
                None
            }
            Err(error) => {
                self.profile_value(&error, place, Some(word.span.clone()));
                None
            }
        }
    }

    /// A value of a profile cannot be overridden like this.
    pub(super) fn profile_value(
        &mut self,
        error: &ProfileError,
        place: Range<usize>,
        profile: Option<Range<usize>>,
    ) {
        let mut problem = Problem::new(Code::ProfileValue, error.to_string()).at(place, "overridden here");
        if let Some(profile) = profile {
            problem = problem.at(profile, "a value of this profile");
        }
        self.report(problem.help("sections, keys and types are those of the profile"));
    }

    /// An instant that lies in the run.
    pub(super) fn instant(&mut self, span: &Located<Span>) -> SimTime {
        let at = SimTime::START + span.value;
        if at < SimTime::START {
            self.report(
                Problem::new(Code::BeforeTheStart, format!("{} lies before the start", span.value))
                    .at(span.span.clone(), "times count from the start")
                    .help("the start is `\"0s\"`; what was before is stated as the world at the start"),
            );
        } else if let Some((until, place)) = &self.until
            && at > *until
        {
            let problem =
                Problem::new(Code::AfterTheEnd, format!("{} lies after the end, {until}", span.value))
                    .at(span.span.clone(), "never comes")
                    .at(place.clone(), "the scenario ends here")
                    .help("make it earlier, or `until` later");
            self.report(problem);
        }
        at
    }

    /// Two things of a kind with the same name.
    pub(super) fn duplicate(&mut self, what: &str, name: &str, second: Range<usize>, first: Range<usize>) {
        self.report(
            Problem::new(Code::DuplicateName, format!("two {what} are called `{name}`"))
                .at(second, "the second")
                .at(first, "the first")
                .help("rename one of them; case makes no difference"),
        );
    }

    /// The table once for each host of its `for-each`, with `${each}` replaced; the table itself without one.
    pub(super) fn repeated<'i>(&mut self, node: &Node<'i>) -> Vec<Node<'i>> {
        let Some(each) = entry(node, "for-each") else { return vec![node.clone()] };
        let Some(hosts) = crate::read::read::<Hosts>(each, &mut self.problems) else { return Vec::new() };
        let hosts = self.each_host(&hosts);
        hosts
            .into_iter()
            .map(|host| {
                let mut copy = node.clone();
                if let toml::de::DeValue::Table(table) = copy.get_mut() {
                    crate::read::take(table, "for-each");
                }
                let value = toml::de::DeValue::String(host.value.as_str().to_owned().into());
                let columns: Columns<'i> = [("each".to_owned(), toml::Spanned::new(host.span, value))].into();
                substitute(&mut copy, &columns, &mut BTreeSet::new(), &mut self.problems);
                copy
            })
            .collect()
    }
}

/// The wildcard that a text with `*` or `{n}` is.
fn wildcard(text: &str) -> Option<String> {
    if let Some((before, rest)) = text.split_once("{n")
        && let Some((_, after)) = rest.split_once('}')
    {
        return Some(format!("{before}*{after}"));
    }
    text.contains('*').then(|| text.to_owned())
}

fn matches(wildcard: &str, name: &str) -> bool {
    let (wildcard, name) = (wildcard.to_ascii_lowercase(), name.to_ascii_lowercase());
    let parts: Vec<&str> = wildcard.split('*').collect();
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    for (at, part) in rest.iter().enumerate() {
        if at + 1 == rest.len() {
            return left.ends_with(part);
        }
        let Some(found) = left.find(part) else { return false };
        left = &left[found + part.len()..];
    }
    left.is_empty()
}

/// The place of the value under a path of keys, or of the deepest table on the way.
pub(super) fn place_of(node: &Node<'_>, path: &[&str]) -> Range<usize> {
    match path.split_first().and_then(|(key, rest)| entry(node, key).map(|inner| (inner, rest))) {
        Some((inner, rest)) => place_of(inner, rest),
        None => node.span(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_and_patterns_stand_for_names() {
        assert_eq!(wildcard("BDC{n:02}").unwrap(), "BDC*");
        assert_eq!(wildcard("BDC1"), None);
        assert!(matches("bdc*", "BDC17"));
        assert!(matches("*-DC-*", "NTD-DC-01"));
        assert!(!matches("BDC*X", "BDC1"));
        assert!(matches("*", "anything"));
    }
}
