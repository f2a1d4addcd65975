//! Names of a customer's machines, users, domains and sites become stand-ins in whatever is written.

use std::collections::BTreeMap;

use super::super::Facts;
use super::super::history::{History, account_host};

/// Replaces names. The same name gets the same stand-in wherever it occurs.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Stand-ins by name in small letters.
    stand_ins: BTreeMap<String, String>,
    /// How many stand-ins there are of each kind.
    given: BTreeMap<String, usize>,
}

/// Accounts that the products name themselves, and principals that every system has.
const PRODUCT: [&str; 12] = [
    "smsservice",
    "smsclisvcacct&",
    "smsclitoknacct&",
    "smsclitoknlocalacct&",
    "smsccmbootacct&",
    "smslogonsvc",
    "smsinternalcligrp",
    "smscliinternalgrp",
    "administrator",
    "administrators",
    "domain users",
    "domain admins",
];

impl Names {
    /// Every name stays.
    pub fn kept() -> Names {
        Names::default()
    }

    /// Stand-ins for all names in a history, numbered in the order in which they come up.
    pub fn replaced(history: &History, facts: &Facts) -> Names {
        let mut names = Names::default();
        let machines = history.machines.iter().map(|machine| machine.name.as_str());
        for host in machines.chain(history.about.iter().flatten().map(|host| &**host)) {
            names.host(host);
        }
        for event in &history.events {
            for (place, value) in &event.values {
                match &**place {
                    "host" => names.host(value),
                    "account" => names.account(value),
                    "domain" => names.domain(value),
                    "site" => names.add("SITE", value),
                    _ => {}
                }
            }
        }
        for (_, template) in &facts.templates {
            for holder in template.rights().flat_map(|(_, holders)| holders) {
                if !holder.as_str().starts_with('*') {
                    names.account(holder.as_str());
                }
            }
        }
        for (_, link) in &facts.links {
            names.host(&link.destination);
            names.host(&link.source);
            names.components(&link.context);
        }
        for (_, entry) in &facts.entries {
            names.components(&entry.dn);
            if let Some(account) = entry.attribute("sAMAccountName") {
                names.account(account.trim_end_matches('$'));
            }
        }
        names
    }

    /// The stand-in of a name, or the name where it has none.
    pub fn of<'n>(&'n self, name: &'n str) -> &'n str {
        self.stand_ins.get(&name.to_lowercase()).map_or(name, String::as_str)
    }

    /// A text with all names replaced, where they stand as words of their own.
    pub fn hide(&self, text: &str) -> String {
        if self.stand_ins.is_empty() {
            return text.to_owned();
        }
        let mut hidden = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            let word_end = rest.find(|letter: char| !of_a_name(letter)).unwrap_or(rest.len());
            let (word, more) = rest.split_at(word_end);
            hidden.push_str(&self.word(word));
            let gap_end = more.find(of_a_name).unwrap_or(more.len());
            hidden.push_str(&more[..gap_end]);
            rest = &more[gap_end..];
        }
        hidden
    }

    /// A word, which may be a name, or names with `_` before or `.` and `$` behind.
    fn word(&self, word: &str) -> String {
        if let Some(stand_in) = self.stand_ins.get(&word.to_lowercase()) {
            return stand_in.clone();
        }
        for prefix in ["SMS&_", "SMS#_", "SMSClient_", "SMSServer_", "SMSSvc_"] {
            if let Some(name) = word.strip_prefix(prefix) {
                return format!("{prefix}{}", self.word(name));
            }
        }
        if let Some((first, more)) = word.split_once('.') {
            return format!("{}.{}", self.word(first), self.word(more));
        }
        match word.strip_suffix('$') {
            Some(name) if !name.is_empty() => format!("{}$", self.word(name)),
            _ => word.to_owned(),
        }
    }

    fn host(&mut self, name: &str) {
        if !matches!(name, "CLIENT" | "SITESERVER") {
            self.add("HOST", name);
        }
    }

    fn domain(&mut self, name: &str) {
        // Whether a name has fewer than four characters can be the cause of a failure (Q265882).
        let stem = if name.len() < 4 { "D" } else { "DOMAIN" };
        self.add(stem, name);
    }

    /// `DOMAIN\user`, or a bare account.
    fn account(&mut self, account: &str) {
        let (domain, user) =
            account.split_once('\\').map_or((None, account), |(domain, user)| (Some(domain), user));
        if let Some(domain) = domain {
            // A machine may stand there as well.
            if !self.stand_ins.contains_key(&domain.to_lowercase()) {
                self.domain(domain);
            }
        }
        match account_host(user) {
            Some(host) => self.host(&host),
            None => self.add("USER", user),
        }
    }

    /// The parts of a distinguished name's domain.
    fn components(&mut self, dn: &str) {
        for part in dn.split(',') {
            if let Some((kind, value)) = part.trim().split_once('=')
                && kind.eq_ignore_ascii_case("dc")
                && value.len() > 3
            {
                self.domain(value);
            }
        }
    }

    fn add(&mut self, stem: &str, name: &str) {
        let key = name.to_lowercase();
        if name.is_empty() || PRODUCT.contains(&key.as_str()) || self.stand_ins.contains_key(&key) {
            return;
        }
        let number = self.given.entry(stem.to_owned()).or_default();
        *number += 1;
        self.stand_ins.insert(key, format!("{stem}{number}"));
    }
}

fn of_a_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '&' | '#' | '$' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_hidden_wherever_it_stands_as_a_word() {
        let mut names = Names::default();
        names.host("SRV-17");
        names.account(r"ACME\jdoe");
        names.account(r"ACME\SMSService");
        names.account("SMS&_NTD-MD-01");
        let hidden =
            names.hide(r"\\srv-17\admin$ ACME\jdoe 'SMS&_NTD-MD-01' SRV-171 srv-17.acme.com ACME\SMSService");
        assert_eq!(
            hidden,
            r"\\HOST1\admin$ DOMAIN1\USER1 'SMS&_HOST2' SRV-171 HOST1.DOMAIN1.com DOMAIN1\SMSService"
        );
        assert_eq!(Names::kept().hide("SRV-17"), "SRV-17");
    }

    #[test]
    fn a_short_domain_stays_short() {
        let mut names = Names::default();
        names.account(r"AB\x");
        assert_eq!(names.of("AB").len(), 2);
    }
}
