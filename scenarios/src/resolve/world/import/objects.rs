//! Users, computers, groups and units of an export.

use std::collections::BTreeSet;

use mockdc_mocks::dn::Rdn;
use mockdc_mocks::{
    AccountFlag, EntrySpec, GroupKind, GroupSpec, HostName, LogonHours, LogonLimits, Name, Octets, Span,
    UnitSpec, UserSpec,
};

use super::kinds::*;
use super::{LONGEST_GROUP, Reading};
use crate::ldif::LdifEntry;
use crate::read::Word;

impl Reading<'_, '_> {
    pub(super) fn user(&mut self, file: &Word, entry: &LdifEntry, below: &[Rdn]) -> Result<(), String> {
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
        let modelled = &["description", "useraccountcontrol", "logonhours", "userworkstations"];
        self.attributes(entry, &name, &mut own, modelled);
        self.identity(entry, &mut own);
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

    pub(super) fn group(&mut self, file: &Word, entry: &LdifEntry, below: &[Rdn]) -> Result<(), String> {
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
        self.attributes(entry, &name, &mut own, &["grouptype"]);
        self.identity(entry, &mut own);
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

    /// Where an account stands, when that is not where its kind stands by default. The units on the way are there then.
    pub(super) fn place(&mut self, below: &[Rdn], (home, common_name): (&str, &str)) -> Option<String> {
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

    pub(super) fn units(&mut self, below: &[Rdn]) {
        let written: Vec<String> = below.iter().map(Rdn::written).collect();
        if !below.iter().all(|rdn| rdn.attribute.eq_ignore_ascii_case("ou")) || !self.unit(below) {
            self.leave_out(&format!("unit {}", written.join(",")));
        }
    }

    /// Sees to it that an organisational unit is there, and those above it; not when another has the name, for the model
    /// tells units by their names.
    pub(super) fn unit(&mut self, path: &[Rdn]) -> bool {
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

    /// Takes the attributes over that describe, and notes whom they name; tells of the others.
    pub(super) fn attributes(
        &mut self,
        entry: &LdifEntry,
        account: &str,
        own: &mut EntrySpec,
        modelled: &[&str],
    ) {
        let user = !modelled.contains(&"grouptype");
        for value in &entry.attributes {
            let name = value.name.to_ascii_lowercase();
            let is = |list: &[&str]| list.iter().any(|known| known.eq_ignore_ascii_case(&name));
            if modelled.contains(&name.as_str()) || is(MADE_ANEW) || name.starts_with("member;") {
                continue;
            }
            let find =
                |list: &[&'static str]| list.iter().find(|known| known.eq_ignore_ascii_case(&name)).copied();
            if let Some(attribute) = find(if user { REFERENCES } else { REFERENCES_OF_GROUPS }) {
                self.refers(account, attribute, &value.value);
                continue;
            }
            let binary = name.strip_suffix(";binary").unwrap_or(&name);
            if let Some(kept) = OCTETS.iter().find(|known| user && known.eq_ignore_ascii_case(binary)) {
                own.octets.entry((*kept).into()).or_default().push(Octets(value.value.clone()));
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
    pub(super) fn limits(&mut self, entry: &LdifEntry) -> LogonLimits {
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
    pub(super) fn expires(&self, entry: &LdifEntry) -> Option<Span> {
        /// Milliseconds from 1601 to 1970.
        const TO_1970: i64 = 11_644_473_600_000;
        let file_time = entry.text("accountExpires")?.trim().parse::<i64>().ok()?;
        if file_time <= 0 || file_time == i64::MAX {
            return None;
        }
        Some(Span::millis(file_time / 10_000 - TO_1970 - self.start_ms?))
    }
}
