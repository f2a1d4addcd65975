//! How changes travel between domain controllers.

use serde::{Deserialize, Serialize};

use super::Weekdays;
use crate::{DcRole, DcSpec, HostName, Name, Os, Span};

/// The replication model of the domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replication {
    /// Each change becomes visible a fixed or drawn time after its commit.
    Delay(DelaySpec),
    /// Netlogon of Windows NT 4.0: one writer, pulses, change log.
    Nt4(Nt4Spec),
    /// Active Directory: multi-master, notifications, sites.
    Ad(AdSpec),
}

impl Default for Replication {
    fn default() -> Replication {
        Replication::Nt4(Nt4Spec::default())
    }
}

/// Delay of visibility, per stream. A stream without its own value takes `all`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DelaySpec {
    /// Every stream.
    pub all: Distribution,
    /// Users and global groups.
    pub sam: Option<Distribution>,
    /// Local groups.
    pub builtin: Option<Distribution>,
    /// User rights.
    pub lsa: Option<Distribution>,
}

/// A length of time, constant or drawn. Draws are rounded to whole milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Distribution {
    /// Always the same.
    Constant(Span),
    /// Every length between the bounds is as likely.
    Uniform {
        /// The least.
        from: Span,
        /// The most.
        to: Span,
    },
    /// The bell curve, cut at the bounds.
    Normal {
        /// The mean.
        mean: Span,
        /// The standard deviation.
        deviation: Span,
        /// The least; zero unless said otherwise.
        #[serde(default)]
        from: Span,
        /// The most.
        #[serde(default)]
        to: Option<Span>,
    },
    /// The exponential distribution, cut at the bounds.
    Exponential {
        /// The mean.
        mean: Span,
        /// The least; zero unless said otherwise.
        #[serde(default)]
        from: Span,
        /// The most.
        #[serde(default)]
        to: Option<Span>,
    },
}

impl Default for Distribution {
    fn default() -> Distribution {
        Distribution::Constant(Span::ZERO)
    }
}

/// Netlogon's parameters (FACTS.md, "Windows NT 4.0 replication"). Those of the PDC stand here; a BDC may override
/// its own in [`DcSpec::nt4`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Nt4Spec {
    /// Length of a notification cycle; changes inside it are batched. 300 s; 60 s to 48 h.
    pub pulse: Span,
    /// When the first cycle of the run begins; one whole pulse after the start when absent (A32).
    pub first_pulse: Option<Span>,
    /// Every BDC is told at least this often. 7,200 s.
    pub pulse_maximum: Span,
    /// How many BDCs replicate at once. 10 (A12).
    pub pulse_concurrency: u32,
    /// How the places for concurrent BDCs are filled (A12).
    pub slots: Slots,
    /// A BDC answers a pulse within this, or frees its place. 10 s.
    pub pulse_timeout1: Span,
    /// A BDC comes back for its next chunk within this. 300 s.
    pub pulse_timeout2: Span,
    /// Bytes of the change log at 32 bytes a change. 65,536; 64 KB to 4 MB.
    pub change_log_size: u64,
    /// The BDC's settings, for every BDC that has none of its own.
    pub bdc: Nt4BdcSpec,
    /// Bytes of a partial synchronisation for each kind of delta.
    pub sizes: DeltaSizes,
    /// Whether a machine's new password does not wait for the pulse: so until Service Pack 4 (Q154502, Q175468, A54).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub machine_passwords_urgent: bool,
}

impl Default for Nt4Spec {
    fn default() -> Nt4Spec {
        Nt4Spec {
            pulse: Span::secs(300),
            first_pulse: None,
            pulse_maximum: Span::secs(7_200),
            pulse_concurrency: 10,
            slots: Slots::Sliding,
            pulse_timeout1: Span::secs(10),
            pulse_timeout2: Span::secs(300),
            change_log_size: 65_536,
            bdc: Nt4BdcSpec::default(),
            sizes: DeltaSizes::default(),
            machine_passwords_urgent: false,
        }
    }
}

/// How the places for concurrent BDCs are filled (Q244382 has both readings).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Slots {
    /// A new BDC is told as soon as one is done.
    #[default]
    Sliding,
    /// The next ones are told when all of a batch are done.
    Batch,
}

/// Netlogon's parameters at a BDC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Nt4BdcSpec {
    /// Longest pause before a pulse is answered; the pause is drawn from 0 to this. 1 s; 0 to 120 s.
    pub randomize: Span,
    /// Per cent of the time and of the 128 KB chunk that replication may take. 100; 0: never.
    pub governor: u32,
    /// Whether each Netlogon start makes a full synchronisation.
    pub full_at_start: bool,
}

impl Default for Nt4BdcSpec {
    fn default() -> Nt4BdcSpec {
        Nt4BdcSpec { randomize: Span::secs(1), governor: 100, full_at_start: false }
    }
}

/// Bytes on the wire of each kind of delta (Q238191, and rules of thumb: FACTS.md, "Sizes").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct DeltaSizes {
    /// A user.
    pub user: u64,
    /// A group without its members.
    pub group: u64,
    /// One member of a group whose membership changed; the whole list travels.
    pub member: u64,
    /// A local group.
    pub local_group: u64,
    /// An account's rights or a secret.
    pub rights: u64,
}

impl Default for DeltaSizes {
    fn default() -> DeltaSizes {
        DeltaSizes { user: 1_024, group: 4_096, member: 8, local_group: 1_024, rights: 512 }
    }
}

/// Active Directory replication (FACTS.md, "Active Directory replication").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct AdSpec {
    /// The version that sets the defaults.
    pub version: AdVersion,
    /// Delay before the first partner of the site is notified: 300 s (2000), 15 s (2003).
    pub notify_first: Option<Span>,
    /// Gap before each further partner: 30 s (2000), 3 s (2003).
    pub notify_next: Option<Span>,
    /// Poll inside a site. One hour.
    pub poll: Span,
    /// Site links. Sites without a link between them do not replicate.
    pub site_links: Vec<SiteLinkSpec>,
    /// Where a right that is granted at a domain controller goes: into the Default Domain Controllers Policy.
    pub rights_in_policy: bool,
    /// The functional level; that of the version when absent.
    pub functional_level: Option<FunctionalLevel>,
    /// How long a deletion is remembered. 60 days.
    pub tombstone_lifetime: Span,
    /// Mixed mode: Netlogon's settings at the PDC emulator, which alone serves the BDCs of Windows NT 4.0. A BDC is one
    /// of those when its system is Windows NT 4.0. In native mode, without this, every controller is a replica.
    pub mixed: Option<Nt4Spec>,
}

impl AdSpec {
    /// The functional level.
    pub fn level(&self) -> FunctionalLevel {
        self.functional_level.unwrap_or(match self.version {
            AdVersion::Windows2000 => FunctionalLevel::Windows2000,
            AdVersion::Windows2003 => FunctionalLevel::Windows2003,
        })
    }

    /// Whether read-only controllers can be in the forest: members have to be replicated value by value, and no controller
    /// may be older than Windows Server 2003.
    pub fn takes_read_only(&self) -> bool {
        self.level() == FunctionalLevel::Windows2003
    }

    /// Whether a controller is a BDC of Windows NT 4.0, which the PDC emulator feeds.
    pub fn feeds(&self, dc: &DcSpec) -> bool {
        self.mixed.is_some() && dc.role == DcRole::Bdc && dc.machine.os == Os::Nt4
    }
}

impl Default for AdSpec {
    fn default() -> AdSpec {
        AdSpec {
            version: AdVersion::Windows2000,
            notify_first: None,
            notify_next: None,
            poll: Span::hours(1),
            site_links: Vec::new(),
            rights_in_policy: true,
            functional_level: None,
            tombstone_lifetime: Span::days(60),
            mixed: None,
        }
    }
}

/// Functional levels of a forest (KB825916): what its controllers may rely on in each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FunctionalLevel {
    /// A group's members are one attribute: the whole list travels, and of two edits one is lost.
    #[serde(rename = "windows-2000")]
    Windows2000,
    /// Windows Server 2003 interim, beside BDCs of Windows NT 4.0: members are replicated value by value.
    #[serde(rename = "windows-2003-interim")]
    Windows2003Interim,
    /// Members are replicated value by value.
    #[serde(rename = "windows-2003")]
    Windows2003,
}

impl FunctionalLevel {
    /// Whether members are replicated value by value.
    pub fn links_values(self) -> bool {
        self >= FunctionalLevel::Windows2003Interim
    }
}

/// Versions of Active Directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AdVersion {
    /// Windows 2000: 300 s and 30 s; jitter between sites; a group's members are one attribute.
    #[default]
    #[serde(rename = "windows-2000")]
    Windows2000,
    /// Windows Server 2003: 15 s and 3 s; members are replicated value by value unless the functional level is lower.
    #[serde(rename = "windows-2003")]
    Windows2003,
}

/// A site link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SiteLinkSpec {
    /// Its name.
    pub name: Name,
    /// The sites that it joins.
    pub sites: Vec<Name>,
    /// Its replication interval: 180 min; 15 min to 7 days.
    #[serde(default = "three_hours")]
    pub interval: Span,
    /// When its first window of the run opens; one interval after the start when absent.
    #[serde(default)]
    pub first: Option<Span>,
    /// Its cost: 100.
    #[serde(default = "hundred")]
    pub cost: u32,
    /// The hours in which it is open; all when empty. The interval begins anew when it opens (Q228866).
    #[serde(default)]
    pub open: Vec<OpenHours>,
    /// The longest random addition to each start; at least a minute is added when it is not zero. Under Windows 2000
    /// 15 min, under Windows Server 2003 none, when absent (Q228866).
    #[serde(default)]
    pub jitter: Option<Span>,
    /// Change notification over the link: controllers at its ends are told as inside a site, of urgent changes at once.
    #[serde(default)]
    pub notify: bool,
}

/// Hours of some days, from one time of the day until before another; over midnight when `to` is the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OpenHours {
    /// Since midnight.
    pub from: Span,
    /// Since midnight.
    pub to: Span,
    /// The days on which they begin.
    #[serde(default)]
    pub days: Weekdays,
}

impl OpenHours {
    /// How long the window is; the same time twice is the whole day.
    pub fn length(&self) -> Span {
        match self.to - self.from {
            length if length > Span::ZERO => length,
            length => length + Span::days(1),
        }
    }
}

fn three_hours() -> Span {
    Span::mins(180)
}

fn hundred() -> u32 {
    100
}

/// A network link between two hosts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LinkSpec {
    /// The two hosts, in any order.
    pub between: (HostName, HostName),
    /// Bits a second; unlimited when absent.
    #[serde(default)]
    pub bits_per_second: Option<u64>,
    /// One way.
    #[serde(default)]
    pub latency: Span,
    /// Hours in which others use the link as well.
    #[serde(default)]
    pub busy: Vec<BusyHours>,
}

/// Hours in which a link is busy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BusyHours {
    /// From this time of day, as a span since midnight.
    pub from: Span,
    /// To this time of day.
    pub to: Span,
    /// The days on which they begin.
    #[serde(default)]
    pub days: Weekdays,
    /// Per cent of the bandwidth that is left to us.
    pub left: u32,
}
