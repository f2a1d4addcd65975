//! Exports of a real directory: what of them is there at the start (`domain.ldif`).

mod identity;
mod kinds;
mod objects;

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::dn::{self, Rdn};
use mockdc_mocks::{AccountName, EntrySpec, GroupKind, GroupSpec, Name, Secret, UnitSpec, UserSpec};

use self::identity::{Identities, Reference};
use self::kinds::{Class, class_of, folded, is_built_in, is_everywhere, is_true, start_ms};
use crate::ldif::{LdifEntry, ldif_text, read_ldif};
use crate::read::{Node, RawDomain, Unread, Word, read, read_bytes_up_to};
use crate::resolve::context::Context;
use crate::{Code, IMPORTED_PASSWORD, Import, Problem};

/// More than any export that a scenario can use: a hundred thousand accounts with all their attributes.
const LARGEST: usize = 256 << 20;

/// More parts than any directory's names have.
const MOST_PARTS: usize = 64;

/// The longest name of a group, in characters (MS-SAMR 3.1.1.6).
const LONGEST_GROUP: usize = 256;

/// Problems of one file beyond these are of a kind with the first ones.
const MOST_PROBLEMS: usize = 20;

/// What exports add to the world.
#[derive(Default)]
pub(in crate::resolve) struct Imported {
    pub(in crate::resolve) users: Vec<UserSpec>,
    pub(in crate::resolve) groups: Vec<GroupSpec>,
    pub(in crate::resolve) units: Vec<UnitSpec>,
    pub(in crate::resolve) imports: Vec<Import>,
    /// The numbers of the domain's security identifiers.
    pub(in crate::resolve) sid: Option<[u32; 3]>,
}

/// Reads the exports that the domain's table names. `start` is the scenario's date: expiry is stated since then.
pub(in crate::resolve) fn import(context: &mut Context<'_>, node: &Node<'_>, start: &str) -> Imported {
    // What is wrong with the table has been told.
    let Some(RawDomain { ldif, ldif_password, .. }) = read::<RawDomain>(node, &mut Vec::new()) else {
        return Imported::default();
    };
    let password = ldif_password.unwrap_or_else(|| IMPORTED_PASSWORD.into());
    let mut all = Reading {
        context,
        password,
        start_ms: start_ms(start),
        taken: Imported::default(),
        names: BTreeMap::new(),
        units: BTreeMap::new(),
        others: BTreeSet::new(),
        wanted: Vec::new(),
        identities: Identities::default(),
        references: Vec::new(),
    };
    for file in &ldif {
        all.file(file);
    }
    all.join();
    all.refer();
    all.taken.sid = all.identities.authority;
    all.taken
}

/// An export that is being read, and those before it: they may name each other's objects.
struct Reading<'a, 't> {
    context: &'a mut Context<'t>,
    password: Secret,
    /// The scenario's start in milliseconds since 1970.
    start_ms: Option<i64>,
    taken: Imported,
    /// The accounts by their folded distinguished names.
    names: BTreeMap<String, AccountName>,
    /// The places of the units that are taken over.
    units: BTreeMap<Name, usize>,
    /// Entries that are not taken over, by the same: nobody misses them as members.
    others: BTreeSet<String>,
    /// Memberships by folded names: group, member, and the file that tells of it.
    wanted: Vec<(String, String, usize)>,
    identities: Identities,
    references: Vec<Reference>,
}

impl Reading<'_, '_> {
    fn file(&mut self, file: &Word) {
        let Some(text) = self.text(file) else { return };
        let (entries, errors) = read_ldif(&text);
        let mut problems: Vec<(usize, String)> =
            errors.into_iter().map(|error| (error.line, error.reason)).collect();
        self.taken.imports.push(Import { file: file.value.clone(), ..Import::default() });
        for entry in &entries {
            if let Err(reason) = self.entry(file, entry) {
                problems.push((entry.line, reason));
            }
        }
        problems.sort();
        let more = problems.len().saturating_sub(MOST_PROBLEMS);
        for (line, reason) in problems.into_iter().take(MOST_PROBLEMS) {
            self.context.report(
                Problem::new(Code::Ldif, format!("{}:{line}: {reason}", file.value))
                    .at(file.span.clone(), format!("line {line} of this export"))
                    .help("mend that line, or take the entry out; `mockdc explain ldif` shows one"),
            );
        }
        if more > 0 {
            let text = format!("{}: {more} more entries and lines cannot be taken over", file.value);
            self.context.report(Problem::new(Code::Ldif, text).at(file.span.clone(), "this export"));
        }
    }

    fn text(&mut self, file: &Word) -> Option<String> {
        let told = |why: String, code: Code, help: &str| {
            Problem::new(code, format!("the file `{}` {why}", file.value))
                .at(file.span.clone(), "relative to the scenario")
                .help(help)
        };
        let beside = "put the export beside the scenario";
        let bytes = match read_bytes_up_to(&self.context.folder.join(&file.value), LARGEST) {
            Ok(bytes) => bytes,
            Err(unread) => {
                let why = match unread {
                    Unread::Refused(kind) => format!("cannot be read: {kind}"),
                    Unread::NotAFile => "is a device or pipe".to_owned(),
                    Unread::TooLarge => format!("has more than {} MB", LARGEST >> 20),
                };
                self.context.report(told(why, Code::LdifFile, beside));
                return None;
            }
        };
        match ldif_text(&bytes) {
            Ok(text) => Some(text.into_owned()),
            Err(at) => {
                let why = format!("is no text at octet {at}: neither UTF-8 nor UTF-16 with its mark");
                self.context.report(told(
                    why,
                    Code::Ldif,
                    "export it anew; values that are no text stand in base64",
                ));
                None
            }
        }
    }

    /// Takes an entry over; the reason why it cannot be.
    fn entry(&mut self, file: &Word, entry: &LdifEntry) -> Result<(), String> {
        let name = std::str::from_utf8(&entry.dn).map_err(|_| "the name is not UTF-8".to_owned())?;
        let rdns = dn::parse(name).filter(|rdns| !rdns.is_empty());
        let rdns = rdns.ok_or_else(|| format!("`{name}` is no distinguished name"))?;
        if rdns.len() > MOST_PARTS {
            return Err(format!("a name of {} parts, and {MOST_PARTS} are possible", rdns.len()));
        }
        if let Some(kind) = entry.text("changetype").filter(|kind| !kind.trim().eq_ignore_ascii_case("add")) {
            return Err(format!(
                "a record of changes (`changetype: {}`), and no entry: what a domain has at its start is listed, not changed",
                kind.trim()
            ));
        }
        if let Some(value) = entry.attributes.iter().find(|value| value.elsewhere) {
            return Err(format!("the value of `{}` stands in another file", value.name));
        }
        let below: Vec<Rdn> =
            rdns.into_iter().take_while(|rdn| !rdn.attribute.eq_ignore_ascii_case("dc")).collect();
        match class_of(entry) {
            _ if entry.text("isDeleted").is_some_and(is_true) => self.leave_out("deleted object"),
            Class::User | Class::Computer => self.user(file, entry, &below)?,
            Class::Group => self.group(file, entry, &below)?,
            Class::Unit => self.units(&below),
            Class::Other(class) => {
                if class.eq_ignore_ascii_case("domainDNS") {
                    self.domain_entry(entry);
                }
                self.leave_out(&format!("object of class {class}"));
            }
        }
        let own = folded(&entry.dn).filter(|own| !self.names.contains_key(own));
        self.others.extend(own);
        Ok(())
    }

    /// The name under which an account logs on.
    fn account(&mut self, entry: &LdifEntry) -> Result<String, String> {
        let name = entry.text("sAMAccountName").map(str::trim).filter(|name| !name.is_empty());
        let shown = String::from_utf8_lossy(&entry.dn);
        let name = name.ok_or_else(|| format!("`{shown}` has no sAMAccountName"))?;
        let bad = |c: char| c.is_control() || "\"/\\[]:;|=,+*?<>@".contains(c);
        if name.contains(bad) || name.ends_with('.') {
            return Err(format!("`{}` is no name of an account", name.escape_debug()));
        }
        Ok(name.to_owned())
    }

    fn declare(&mut self, file: &Word, name: &str) -> Result<(), String> {
        match self.context.accounts.insert(name.into(), file.span.clone()) {
            Some(_) => Err(format!("another account is called `{name}`")),
            None => Ok(()),
        }
    }

    /// Notes under which distinguished name others know an account.
    fn known(&mut self, entry: &LdifEntry, name: &str) -> Result<(), String> {
        // What every domain has is known to the model, or to nobody.
        let modelled = !is_everywhere(entry, name) || is_built_in(name);
        let Some(dn) = folded(&entry.dn).filter(|_| modelled) else { return Ok(()) };
        match self.names.get(&dn) {
            Some(other) if *other != *name => {
                Err(format!("`{}` is the name of `{other}` already", String::from_utf8_lossy(&entry.dn)))
            }
            _ => {
                self.names.insert(dn, name.into());
                Ok(())
            }
        }
    }

    /// Notes who belongs to whom, whichever of the two says so.
    fn memberships(&mut self, entry: &LdifEntry) {
        let Some(own) = folded(&entry.dn) else { return };
        let file = self.taken.imports.len() - 1;
        for value in &entry.attributes {
            let (name, _) = value.name.split_once(';').unwrap_or((&value.name, ""));
            let is_member = name.eq_ignore_ascii_case("member");
            if !is_member && !name.eq_ignore_ascii_case("memberOf") {
                continue;
            }
            if let Some(other) = folded(&value.value) {
                let (group, member) = if is_member { (own.clone(), other) } else { (other, own.clone()) };
                self.wanted.push((group, member, file));
            }
        }
    }

    /// Makes the members members, now that all accounts are known.
    fn join(&mut self) {
        let mut members: BTreeMap<AccountName, BTreeSet<AccountName>> = BTreeMap::new();
        let mut missing: BTreeSet<(String, usize)> = BTreeSet::new();
        for (group, member, file) in std::mem::take(&mut self.wanted) {
            match (self.names.get(&group), self.names.get(&member)) {
                (Some(group), Some(member)) => {
                    members.entry(group.clone()).or_default().insert(member.clone());
                }
                _ if self.others.contains(&group) || self.others.contains(&member) => {
                    let left_out = &mut self.taken.imports[file].left_out;
                    let what = "membership of or in what is not taken over".to_owned();
                    *left_out.entry(what).or_default() += 1;
                }
                (None, _) => {
                    missing.insert((group, file));
                }
                (_, None) => {
                    missing.insert((member, file));
                }
            }
        }
        for (_, file) in missing {
            let left_out = &mut self.taken.imports[file].left_out;
            *left_out.entry("member or group that no export has".to_owned()).or_default() += 1;
        }
        let places: BTreeMap<AccountName, usize> =
            self.taken.groups.iter().enumerate().map(|(place, group)| (group.name.clone(), place)).collect();
        for (group, members) in members {
            let members: Vec<AccountName> = members.into_iter().collect();
            match places.get(&group) {
                Some(place) => self.taken.groups[*place].members = members,
                None => self.taken.groups.push(GroupSpec {
                    name: group,
                    kind: GroupKind::Global,
                    members,
                    entry: EntrySpec::default(),
                }),
            }
        }
    }

    fn leave_out(&mut self, what: &str) {
        if let Some(import) = self.taken.imports.last_mut() {
            *import.left_out.entry(what.to_owned()).or_default() += 1;
        }
    }
}
