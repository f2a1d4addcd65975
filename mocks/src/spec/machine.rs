//! Domain controllers, machines and what is on them at the start.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Octets, Weekday, Weekdays, within};
use crate::{
    AccountFlag, AccountName, Credentials, Data, DelaySpec, HostName, Membership, Name, Nt4BdcSpec,
    ProgramName, Right, Secret, ServiceName, Span, StartMode,
};

/// A domain controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DcSpec {
    /// Its name.
    pub name: HostName,
    /// Its role.
    pub role: DcRole,
    /// What is on it, as on any machine.
    #[serde(default)]
    pub machine: MachineSettings,
    /// Its own delays, with `replication = { delay }`.
    #[serde(default)]
    pub delay: Option<DelaySpec>,
    /// Its own Netlogon parameters, with `replication = { nt4 }`.
    #[serde(default)]
    pub nt4: Option<Nt4BdcSpec>,
}

/// The role of a domain controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DcRole {
    /// The primary domain controller, or the PDC emulator.
    Pdc,
    /// A backup domain controller, or any other domain controller of Active Directory.
    Bdc,
    /// A read-only domain controller of Active Directory: it pulls, nobody pulls from it, and it keeps no passwords. The
    /// forest's functional level is Windows Server 2003.
    Rodc,
}

/// A member server or workstation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MachineSpec {
    /// Its name.
    pub name: HostName,
    /// What it is.
    #[serde(default)]
    pub kind: MachineKind,
    /// What is on it.
    #[serde(default)]
    pub machine: MachineSettings,
    /// Whether it belongs to the domain.
    #[serde(default, skip_serializing_if = "Membership::is_domain")]
    pub membership: Membership,
    /// The controller that it asks first (Q167029); others only while that one is not found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logon_server: Option<HostName>,
}

impl MachineSpec {
    /// A member of the domain with what any machine has.
    pub fn new(name: impl Into<HostName>, kind: MachineKind) -> MachineSpec {
        let machine = MachineSettings::default();
        MachineSpec { name: name.into(), kind, machine, membership: Membership::Domain, logon_server: None }
    }
}

/// Kinds of machines that are not domain controllers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MachineKind {
    /// A workstation of the domain.
    #[default]
    Workstation,
    /// A member server.
    MemberServer,
}

/// What any machine has, a domain controller included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct MachineSettings {
    /// Its operating system.
    pub os: Os,
    /// Its language: names of built-in groups and system texts follow it.
    pub language: Language,
    /// Its Active Directory site.
    pub site: Name,
    /// Its organisational unit; the domain itself when absent.
    pub unit: Option<Name>,
    /// Whether it is up at the start.
    pub up: bool,
    /// How long a restart takes until services start.
    pub boot: Span,
    /// Local accounts beside the built-in ones (not on a domain controller).
    pub users: Vec<UserSpec>,
    /// Local groups beside the built-in ones, and further members of built-in ones.
    pub groups: Vec<GroupSpec>,
    /// Rights of the machine's own policy, beside the defaults.
    pub rights: Vec<RightSpec>,
    /// Services.
    pub services: Vec<ServiceSpec>,
    /// Registry values: key, then value name.
    pub registry: BTreeMap<String, BTreeMap<String, Data>>,
    /// Files: path and content.
    pub files: BTreeMap<String, String>,
    /// Shares beside `admin$`.
    pub shares: BTreeSet<Name>,
    /// Whether `admin$` is shared.
    pub admin_share: bool,
    /// The machine's own policy refresh; the domain's when absent.
    pub refresh: Option<RefreshInterval>,
}

impl Default for MachineSettings {
    fn default() -> MachineSettings {
        MachineSettings {
            os: Os::Nt4,
            language: Language::English,
            site: "Default-First-Site-Name".into(),
            unit: None,
            up: true,
            boot: Span::mins(2),
            users: Vec::new(),
            groups: Vec::new(),
            rights: Vec::new(),
            services: Vec::new(),
            registry: BTreeMap::new(),
            files: BTreeMap::new(),
            shares: BTreeSet::new(),
            admin_share: true,
            refresh: None,
        }
    }
}

/// Operating systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Os {
    /// Windows NT 4.0: no group policy.
    #[default]
    #[serde(rename = "windows-nt-4")]
    Nt4,
    /// Windows 2000.
    #[serde(rename = "windows-2000")]
    Windows2000,
    /// Windows XP.
    #[serde(rename = "windows-xp")]
    Xp,
    /// Windows Server 2003.
    #[serde(rename = "windows-2003")]
    Windows2003,
}

/// Languages of a machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English
    #[default]
    English,
    /// German: Administratoren
    German,
    /// French: Administrateurs
    French,
    /// Spanish: Administradores
    Spanish,
}

/// How often a machine refreshes its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RefreshInterval {
    /// The interval.
    pub every: Span,
    /// A random addition to each interval, from 0 to this.
    #[serde(default)]
    pub offset: Span,
    /// When the first refresh of the run happens; one interval after the start when absent.
    #[serde(default)]
    pub first: Option<Span>,
}

/// A user at the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct UserSpec {
    /// Its name.
    pub name: AccountName,
    /// Its password.
    pub password: Secret,
    /// Its comment.
    #[serde(default)]
    pub comment: String,
    /// Its flags.
    #[serde(default)]
    pub flags: BTreeSet<AccountFlag>,
    /// How old its password is at the start.
    #[serde(default)]
    pub password_age: Span,
    /// Earlier passwords, latest first, for the history.
    #[serde(default)]
    pub earlier_passwords: Vec<Secret>,
    /// Groups it belongs to, global or local, beside Domain Users.
    #[serde(default)]
    pub member_of: Vec<AccountName>,
    /// When it expires, since the start.
    #[serde(default)]
    pub expires: Option<Span>,
    /// When and where it may log on.
    #[serde(default)]
    pub limits: LogonLimits,
    /// What the directory has of it beside.
    #[serde(default, skip_serializing_if = "EntrySpec::is_empty")]
    pub entry: EntrySpec,
}

/// What the directory has of an account or group to which the model gives no meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct EntrySpec {
    /// Its distinguished name below the domain's, `CN=Ann Lee,OU=Staff`; where its kind stands by default when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Attributes by their names in the schema, each with its values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<Name, Vec<String>>,
    /// Attributes that are no text, by their names in the schema, each with its values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub octets: BTreeMap<Name, Vec<Octets>>,
    /// Attributes whose values are accounts (`manager`), each with the logon names of these.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<Name, Vec<AccountName>>,
    /// The 16 octets of its `objectGUID`; made of its number when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<Octets>,
    /// The last number of its security identifier, at least 1000; the next free one when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rid: Option<u32>,
}

impl EntrySpec {
    /// Whether the directory has nothing beside.
    pub fn is_empty(&self) -> bool {
        *self == EntrySpec::default()
    }
}

/// When and from where a user may log on. The built-in administrator always may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LogonLimits {
    /// The hours; all when empty. Outside of them 1328.
    pub hours: Vec<LogonHours>,
    /// The computers that it may log on from; all when empty. From others 1329.
    pub workstations: BTreeSet<HostName>,
}

/// Hours of some days, from one time of the day until before another; over midnight when `to` is the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogonHours {
    /// Since midnight.
    pub from: Span,
    /// Since midnight.
    pub to: Span,
    /// The days on which they begin.
    #[serde(default, skip_serializing_if = "Weekdays::is_every_day")]
    pub days: Weekdays,
}

impl LogonHours {
    /// The hours of a week of 168 bits, from Sunday's first hour on, as `logonHours` of a directory has them; `None` when
    /// it is no week.
    pub fn of_week(week: &[u8]) -> Option<Vec<LogonHours>> {
        if week.len() != 21 {
            return None;
        }
        if week.iter().all(|octet| *octet == 0xff) {
            return Some(Vec::new());
        }
        let allowed = |hour: usize| week[hour / 8] & (1 << (hour % 8)) != 0;
        // The same hours of several days stand together.
        let mut list: Vec<(i64, i64, Vec<Weekday>)> = Vec::new();
        for (day, weekday) in Weekday::ALL.into_iter().enumerate() {
            let first = (day + 1) % 7 * 24;
            let mut start = None;
            for hour in 0..=24 {
                match (start, hour < 24 && allowed(first + hour as usize)) {
                    (None, true) => start = Some(hour),
                    (Some(from), false) => {
                        match list.iter_mut().find(|(begin, end, _)| (*begin, *end) == (from, hour)) {
                            Some((_, _, days)) => days.push(weekday),
                            None => list.push((from, hour, vec![weekday])),
                        }
                        start = None;
                    }
                    _ => {}
                }
            }
        }
        if list.is_empty() {
            // At no time: a span without length.
            list.push((0, 0, Weekday::ALL.to_vec()));
        }
        let span = |(from, to, days): (i64, i64, Vec<Weekday>)| LogonHours {
            from: Span::hours(from),
            to: Span::hours(to),
            days: days.into_iter().collect(),
        };
        Some(list.into_iter().map(span).collect())
    }

    /// Whether an instant lies in them; `time` is the span since any Monday's midnight.
    pub(crate) fn include(&self, time: Span) -> bool {
        within(self.days, self.from, self.to, time)
    }
}

impl LogonLimits {
    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        self.hours.is_empty() && self.workstations.is_empty()
    }

    /// Whether a logon is within the limits: 1328, 1329. `time` is the span since any
    /// Monday's midnight.
    pub fn allow(&self, time: Span, from: &HostName) -> Result<(), crate::Win32Error> {
        match () {
            () if !self.hours.is_empty() && !self.hours.iter().any(|hours| hours.include(time)) => {
                Err(crate::Win32Error::INVALID_LOGON_HOURS)
            }
            () if !self.workstations.is_empty() && !self.workstations.contains(from) => {
                Err(crate::Win32Error::INVALID_WORKSTATION)
            }
            () => Ok(()),
        }
    }
}

/// A group at the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GroupSpec {
    /// Its name. A built-in group may be named, to add members.
    pub name: AccountName,
    /// Global or local.
    #[serde(default)]
    pub kind: GroupKind,
    /// Its members.
    #[serde(default)]
    pub members: Vec<AccountName>,
    /// What the directory has of it beside.
    #[serde(default, skip_serializing_if = "EntrySpec::is_empty")]
    pub entry: EntrySpec,
}

/// Kinds of groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// A global group of the domain.
    #[default]
    Global,
    /// A local group of a machine, or of all domain controllers.
    Local,
}

/// A right held at the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RightSpec {
    /// The account or group.
    pub account: AccountName,
    /// Its rights.
    pub rights: Vec<Right>,
}

/// A service at the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceSpec {
    /// Its name.
    pub name: ServiceName,
    /// Its program.
    pub program: ProgramName,
    /// Its logon account; Local System when absent.
    #[serde(default)]
    pub account: Option<Credentials>,
    /// When it starts by itself.
    #[serde(default)]
    pub start: StartMode,
    /// Whether it runs at the start of the run.
    #[serde(default)]
    pub running: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_of_a_week_are_those_of_its_days() {
        assert_eq!(LogonHours::of_week(&[0xff; 21]), Some(Vec::new()));
        let office = [0x00, 0xff, 0x01].repeat(7);
        let span = |days: &[Weekday]| LogonHours {
            from: Span::hours(8),
            to: Span::hours(17),
            days: days.iter().copied().collect(),
        };
        assert_eq!(LogonHours::of_week(&office), Some(vec![span(&Weekday::ALL)]));
        // A week begins with Sunday: its second day is Monday.
        let mut uneven = office;
        uneven[3..6].fill(0);
        assert_eq!(LogonHours::of_week(&uneven), Some(vec![span(&Weekday::ALL[1..])]));
        assert_eq!(LogonHours::of_week(&[0; 21]).map(|hours| hours[0].from == hours[0].to), Some(true));
        assert_eq!(LogonHours::of_week(&[0; 20]), None);
    }
}
