//! Exports of a real directory: what of them is there at the start (`domain.ldif`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use mockdc_mocks::dn::{self, Rdn};
use mockdc_mocks::{
    AccountFlag, AccountName, EntrySpec, GroupKind, GroupSpec, HostName, LogonHours, LogonLimits, Name,
    Secret, Span, UnitSpec, UserSpec,
};

use super::directory::BUILT_IN;
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
    };
    for file in &ldif {
        all.file(file);
    }
    all.join();
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
            Class::Other(class) => self.leave_out(&format!("object of class {class}")),
        }
        let own = folded(&entry.dn).filter(|own| !self.names.contains_key(own));
        self.others.extend(own);
        Ok(())
    }

    fn user(&mut self, file: &Word, entry: &LdifEntry, below: &[Rdn]) -> Result<(), String> {
        let name = self.account(entry)?;
        // It is a number of 32 bits, which some tools write with a sign.
        let control = number(entry, "userAccountControl", i64::from(i32::MIN)..=i64::from(u32::MAX))?;
        let control = control.unwrap_or_default() as u32;
        let computer = matches!(class_of(entry), Class::Computer) || name.ends_with('$');
        if control & 0x800 != 0 {
            self.leave_out("account of a trust");
            return Ok(());
        }
        let host = HostName::from(name.trim_end_matches('$'));
        if computer && self.context.hosts.contains_key(&host) {
            // The scenario's own machines have accounts of their own.
            return Ok(());
        }
        self.known(entry, &name)?;
        self.memberships(entry);
        if is_everywhere(entry, &name) {
            return Ok(());
        }
        if host.as_str().is_empty() {
            return Err(format!("`{name}` is no name of an account"));
        }
        let most = if computer { 16 } else { 20 };
        let length = name.chars().count();
        if length > most {
            return Err(format!("the name `{name}` has {length} characters, and {most} are possible"));
        }
        self.declare(file, &name)?;
        let mut flags = BTreeSet::new();
        let bits = [
            (0x2, AccountFlag::Disabled),
            (0x40, AccountFlag::CannotChangePassword),
            (0x1000, AccountFlag::WorkstationTrustAccount),
            (0x2000, AccountFlag::ServerTrustAccount),
            (0x1_0000, AccountFlag::PasswordNeverExpires),
        ];
        flags.extend(bits.into_iter().filter(|(bit, _)| control & bit != 0).map(|(_, flag)| flag));
        if computer && control & 0x3000 == 0 {
            flags.insert(AccountFlag::WorkstationTrustAccount);
        }
        if entry.text("pwdLastSet").is_some_and(|text| text.trim() == "0") && !computer {
            flags.insert(AccountFlag::MustChangePassword);
        }
        let home = if computer { ("CN=Computers", name.trim_end_matches('$')) } else { ("CN=Users", &*name) };
        let place = self.place(below, home);
        let mut own = EntrySpec { place, ..EntrySpec::default() };
        // Bits to which the model gives no meaning are shown as they were.
        let others = control & !0x81_3252;
        if others != 0 {
            own.attributes.insert("userAccountControl".into(), vec![others.to_string()]);
        }
        self.attributes(
            entry,
            &mut own,
            &["description", "useraccountcontrol", "logonhours", "userworkstations"],
        );
        let limits = self.limits(entry);
        if entry.text("description").is_none() && !entry.values("description").is_empty() {
            self.leave_out("attribute description");
        }
        if entry.text("primaryGroupID").is_some_and(|id| !["513", "514", "515", "516"].contains(&id.trim())) {
            self.leave_out("attribute primaryGroupID");
        }
        let expires = self.expires(entry);
        self.taken.users.push(UserSpec {
            name: name.as_str().into(),
            password: self.password.clone(),
            comment: entry.text("description").unwrap_or_default().to_owned(),
            flags,
            password_age: Span::ZERO,
            earlier_passwords: Vec::new(),
            member_of: Vec::new(),
            expires,
            limits,
            entry: own,
        });
        if let Some(import) = self.taken.imports.last_mut() {
            *(if computer { &mut import.computers } else { &mut import.users }) += 1;
        }
        Ok(())
    }

    fn group(&mut self, file: &Word, entry: &LdifEntry, below: &[Rdn]) -> Result<(), String> {
        let name = self.account(entry)?;
        self.known(entry, &name)?;
        self.memberships(entry);
        if is_everywhere(entry, &name) {
            return Ok(());
        }
        let length = name.chars().count();
        if length > LONGEST_GROUP {
            return Err(format!(
                "the name `{name}` has {length} characters, and {LONGEST_GROUP} are possible"
            ));
        }
        let kind = number(entry, "groupType", i64::from(i32::MIN)..=i64::from(u32::MAX))?;
        let kind = kind.unwrap_or(-0x7fff_fffe) as u32;
        self.declare(file, &name)?;
        let place = self.place(below, ("CN=Users", &name));
        let mut own = EntrySpec { place, ..EntrySpec::default() };
        // Universal groups and those for mail alone are global ones to the model, and show as what they were.
        if !matches!(kind, 0x8000_0002 | 0x8000_0004) {
            own.attributes.insert("groupType".into(), vec![(kind as i32).to_string()]);
        }
        self.attributes(entry, &mut own, &["grouptype"]);
        let kind = if kind & 4 != 0 { GroupKind::Local } else { GroupKind::Global };
        self.taken.groups.push(GroupSpec {
            name: name.as_str().into(),
            kind,
            members: Vec::new(),
            entry: own,
        });
        if let Some(import) = self.taken.imports.last_mut() {
            import.groups += 1;
        }
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

    /// Where an account stands, when that is not where its kind stands by default. The units on the way are there then.
    fn place(&mut self, below: &[Rdn], (home, common_name): (&str, &str)) -> Option<String> {
        let (own, above) = below.split_first()?;
        let written: Vec<String> = above.iter().map(Rdn::written).collect();
        let container = written.join(",");
        let is = |name: &str| container.eq_ignore_ascii_case(name);
        if !own.attribute.eq_ignore_ascii_case("cn") {
            self.leave_out(&format!("name by {}", own.attribute));
            return None;
        }
        if is(home) {
            return (own.value != common_name).then(|| format!("{},{container}", own.written()));
        }
        let containers = ["CN=Users", "CN=Computers", "OU=Domain Controllers"];
        if !containers.iter().any(|name| is(name)) {
            if above.is_empty() || !above.iter().all(|rdn| rdn.attribute.eq_ignore_ascii_case("ou")) {
                self.leave_out(&format!("place in {container}"));
                return None;
            }
            if !self.unit(above) {
                self.leave_out(&format!("place in {container}, since another unit has its name"));
                return None;
            }
        }
        Some(format!("{},{container}", own.written()))
    }

    fn units(&mut self, below: &[Rdn]) {
        let written: Vec<String> = below.iter().map(Rdn::written).collect();
        if !below.iter().all(|rdn| rdn.attribute.eq_ignore_ascii_case("ou")) || !self.unit(below) {
            self.leave_out(&format!("unit {}", written.join(",")));
        }
    }

    /// Sees to it that an organisational unit is there, and those above it; not when another has the name, for the model
    /// tells units by their names.
    fn unit(&mut self, path: &[Rdn]) -> bool {
        let Some((own, above)) = path.split_first() else { return true };
        let parent = above.first().map(|rdn| Name::from(rdn.value.as_str()));
        if own.value.eq_ignore_ascii_case("Domain Controllers") && parent.is_none() {
            return true;
        }
        if !self.unit(above) {
            return false;
        }
        let name = Name::from(own.value.as_str());
        if let Some(place) = self.units.get(&name) {
            return self.taken.units[*place].parent == parent;
        }
        // A unit of the scenario's own stands where the scenario says.
        if self.context.units.contains_key(&name) {
            return false;
        }
        self.context.units.insert(name.clone(), 0..0);
        self.units.insert(name.clone(), self.taken.units.len());
        self.taken.units.push(UnitSpec { name, parent, block_inheritance: false });
        if let Some(import) = self.taken.imports.last_mut() {
            import.units += 1;
        }
        true
    }

    /// Takes the attributes over that describe; tells of the others.
    fn attributes(&mut self, entry: &LdifEntry, own: &mut EntrySpec, modelled: &[&str]) {
        let user = !modelled.contains(&"grouptype");
        for value in &entry.attributes {
            let name = value.name.to_ascii_lowercase();
            let is = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(&name));
            if modelled.contains(&name.as_str()) || is(MADE_ANEW) || name.starts_with("member;") {
                continue;
            }
            let kept = KEPT.iter().find(|known| known.eq_ignore_ascii_case(&name));
            let kept = kept.filter(|known| user || OF_GROUPS.contains(known));
            match (kept, std::str::from_utf8(&value.value)) {
                (Some(kept), Ok(text)) if !text.is_empty() => {
                    own.attributes.entry((*kept).into()).or_default().push(text.to_owned());
                }
                _ => self.leave_out(&format!("attribute {}", value.name)),
            }
        }
    }

    /// When and from where an account may log on.
    fn limits(&mut self, entry: &LdifEntry) -> LogonLimits {
        let week = entry.values("logonHours").first().copied();
        let hours = week.and_then(LogonHours::of_week);
        if week.is_some() && hours.is_none() {
            self.leave_out("attribute logonHours");
        }
        let stations = entry.text("userWorkstations").unwrap_or_default().split(',').map(str::trim);
        LogonLimits {
            hours: hours.unwrap_or_default(),
            workstations: stations.filter(|host| !host.is_empty()).map(HostName::from).collect(),
        }
    }

    /// When an account expires, since the scenario's start.
    fn expires(&self, entry: &LdifEntry) -> Option<Span> {
        /// Milliseconds from 1601 to 1970.
        const TO_1970: i64 = 11_644_473_600_000;
        let file_time = entry.text("accountExpires")?.trim().parse::<i64>().ok()?;
        if file_time <= 0 || file_time == i64::MAX {
            return None;
        }
        Some(Span::millis(file_time / 10_000 - TO_1970 - self.start_ms?))
    }

    fn leave_out(&mut self, what: &str) {
        if let Some(import) = self.taken.imports.last_mut() {
            *import.left_out.entry(what.to_owned()).or_default() += 1;
        }
    }
}

/// The number that an attribute has, in these bounds.
fn number(entry: &LdifEntry, name: &str, bounds: RangeInclusive<i64>) -> Result<Option<i64>, String> {
    let Some(value) = entry.values(name).first().copied() else { return Ok(None) };
    let number = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse::<i64>().ok());
    match number.filter(|number| bounds.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("`{name}: {}` is no number of 32 bits", String::from_utf8_lossy(value).trim())),
    }
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Class {
    User,
    Computer,
    Group,
    Unit,
    Other(String),
}

/// An export may be one of some attributes only: then what it has tells what it is.
fn class_of(entry: &LdifEntry) -> Class {
    let classes: Vec<String> = entry
        .values("objectClass")
        .into_iter()
        .map(|class| String::from_utf8_lossy(class).trim().to_ascii_lowercase())
        .collect();
    let is = |class: &str| classes.iter().any(|known| known == class);
    if classes.is_empty() {
        return match (entry.text("groupType"), entry.text("sAMAccountName")) {
            (Some(_), _) => Class::Group,
            (None, Some(name)) if name.ends_with('$') => Class::Computer,
            (None, Some(_)) => Class::User,
            (None, None) => Class::Other("none".to_owned()),
        };
    }
    match () {
        () if is("computer") => Class::Computer,
        () if is("user") => Class::User,
        () if is("group") => Class::Group,
        () if is("organizationalunit") => Class::Unit,
        () => {
            let last = entry.values("objectClass").last().copied().unwrap_or_default();
            Class::Other(String::from_utf8_lossy(last).trim().to_owned())
        }
    }
}

/// Whether every domain has this account: then the export adds to it no more than its members.
fn is_everywhere(entry: &LdifEntry, name: &str) -> bool {
    entry.text("isCriticalSystemObject").is_some_and(is_true)
        || is_built_in(name)
        || FURTHER_BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_true(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("true")
}

fn folded(dn: &[u8]) -> Option<String> {
    dn::normal(std::str::from_utf8(dn).ok()?)
}

fn start_ms(start: &str) -> Option<i64> {
    let date: jiff::civil::DateTime = start.parse().ok()?;
    Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// Accounts that the directory of every domain shows, beside those that the model knows.
const FURTHER_BUILT_IN: &[&str] = &[
    "krbtgt",
    "Domain Computers",
    "Domain Controllers",
    "Cert Publishers",
    "Schema Admins",
    "Enterprise Admins",
    "Group Policy Creator Owners",
];

/// Attributes that describe, and that are shown as they were.
const KEPT: &[&str] = &[
    "adminDescription",
    "c",
    "co",
    "comment",
    "company",
    "department",
    "description",
    "displayName",
    "division",
    "dNSHostName",
    "employeeID",
    "employeeNumber",
    "employeeType",
    "facsimileTelephoneNumber",
    "gidNumber",
    "givenName",
    "homeDirectory",
    "homeDrive",
    "homePhone",
    "info",
    "initials",
    "ipPhone",
    "l",
    "location",
    "loginShell",
    "mail",
    "middleName",
    "mobile",
    "operatingSystem",
    "operatingSystemServicePack",
    "operatingSystemVersion",
    "pager",
    "personalTitle",
    "physicalDeliveryOfficeName",
    "postalCode",
    "postOfficeBox",
    "profilePath",
    "proxyAddresses",
    "scriptPath",
    "servicePrincipalName",
    "sn",
    "st",
    "streetAddress",
    "telephoneNumber",
    "title",
    "uid",
    "uidNumber",
    "unixHomeDirectory",
    "userPrincipalName",
    "wWWHomePage",
];

/// Those of them that a group can have.
const OF_GROUPS: &[&str] = &[
    "adminDescription",
    "description",
    "displayName",
    "gidNumber",
    "info",
    "mail",
    "proxyAddresses",
    "wWWHomePage",
];

/// Attributes that a directory makes or computes by itself, and those that are taken over in another way.
const MADE_ANEW: &[&str] = &[
    "accountExpires",
    "adminCount",
    "badPasswordTime",
    "badPwdCount",
    "canonicalName",
    "changetype",
    "cn",
    "codePage",
    "countryCode",
    "createTimeStamp",
    "distinguishedName",
    "dSCorePropagationData",
    "instanceType",
    "isCriticalSystemObject",
    "lastLogoff",
    "lastLogon",
    "lastLogonTimestamp",
    "logonCount",
    "member",
    "memberOf",
    "modifyTimeStamp",
    "msDS-User-Account-Control-Computed",
    "name",
    "nTSecurityDescriptor",
    "objectCategory",
    "objectClass",
    "objectGUID",
    "objectSid",
    "parentGUID",
    "primaryGroupID",
    "primaryGroupToken",
    "pwdLastSet",
    "replPropertyMetaData",
    "sAMAccountName",
    "sAMAccountType",
    "sDRightsEffective",
    "showInAdvancedViewOnly",
    "structuralObjectClass",
    "subSchemaSubEntry",
    "systemFlags",
    "uSNChanged",
    "uSNCreated",
    "whenChanged",
    "whenCreated",
];
