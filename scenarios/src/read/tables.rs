//! The tables of a world, as they are written.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{
    AccountFlag, AccountName, AccountPolicy, AdSpec, AdVersion, ComputerAccounts, Data, DcRole, DelaySpec,
    DeltaSizes, DisabledHalf, Distribution, FunctionalLevel, GroupKind, Language, MachineKind, Name,
    Nt4BdcSpec, Nt4Spec, Os, ProgramName, RefreshInterval, Replication, Right, Secret, SecureChannelSpec,
    ServiceName, Slots, Span, SpanError, StartMode, VerbKind,
};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::{
    ConstantOr, Endless, Hosts, Located, Model, Percent, Rate, Scalar, Short, Size, TimeOfDay, Word, refuse,
};
use crate::Code;
use crate::schema::{ProfileName, ServerValues, size_text};

/// Keys at the top of the file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Head {
    /// The version of the language; always the first key. There is one: 1.
    #[serde(rename = "format")]
    pub(crate) _format: i64,
    /// The name, unique among what is run together: small letters, digits, `-` and `.`.
    pub(crate) name: Word,
    /// One line for people.
    #[serde(default)]
    pub(crate) title: String,
    /// What the scenario shows, at length.
    #[serde(default)]
    pub(crate) description: String,
    /// The articles that it stands on: `Q304961`.
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    /// Words to select by, with `--tag`.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// The date of instant 0. Logs show it, and hours of the day follow it.
    #[schemars(extend("default" = "2002-08-06 09:00:00"))]
    pub(crate) start: Option<Word>,
    /// The full name of the time zone that servers write into their logs.
    #[schemars(extend("default" = "Pacific Standard Time"))]
    pub(crate) time_zone: Option<String>,
    /// Fixes the seed of everything drawn; the command line's otherwise.
    pub(crate) seed: Option<u64>,
    /// The end of the run. By default an hour after the first attempt of each install is decided and the last step has run.
    pub(crate) until: Option<Located<Span>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawDomain {
    /// The NetBIOS name of the domain.
    #[schemars(extend("default" = "CORP"))]
    pub(crate) name: Option<Word>,
    /// How changes travel between domain controllers: a table with the model as its key. `nt4` with its defaults when absent.
    pub(crate) replication: Option<Located<Model>>,
    /// Password and lockout policy of the domain.
    pub(crate) account_policy: Option<Located<RawAccountPolicy>>,
    /// The password of the domain's Administrator.
    #[schemars(extend("default" = "Adm1n-password!"))]
    pub(crate) administrator_password: Option<Secret>,
    /// Members of Domain Users beside the accounts named here; they only cost bytes.
    #[schemars(extend("default" = 0))]
    pub(crate) further_users: Option<u32>,
    /// How often machines refresh their group policy, and how long SYSVOL takes.
    pub(crate) refresh: Option<mockdc_mocks::RefreshSpec>,
    /// Whether machines have accounts in the directory; by default they do as soon as the file speaks of one.
    pub(crate) computer_accounts: Option<ComputerAccounts>,
    /// How secure channels behave where the sources are silent.
    pub(crate) secure_channel: Option<SecureChannelSpec>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawAccountPolicy {
    /// Passwords that are remembered and refused; 0: none.
    #[schemars(extend("default" = AccountPolicy::default().history))]
    history: Option<u32>,
    /// Least age of a password before it can be changed.
    #[schemars(extend("default" = AccountPolicy::default().minimum_age))]
    minimum_age: Option<Span>,
    /// Age at which a password expires, or `"never"`.
    #[schemars(extend("default" = AccountPolicy::default().maximum_age))]
    maximum_age: Option<Endless>,
    /// Least length of a password in characters.
    #[schemars(extend("default" = AccountPolicy::default().minimum_length))]
    minimum_length: Option<u32>,
    /// Passwords need letters of three of four classes, and no user name.
    complexity: bool,
    /// Bad passwords that lock an account out; 0: never.
    lockout_threshold: u32,
    /// Time without a bad password after which the count starts anew.
    #[schemars(extend("default" = AccountPolicy::default().lockout_reset))]
    lockout_reset: Option<Span>,
    /// How long a lockout lasts, or `"forever"`: until an administrator unlocks the account.
    #[schemars(extend("default" = AccountPolicy::default().lockout_duration))]
    lockout_duration: Option<Endless>,
}

impl From<RawAccountPolicy> for AccountPolicy {
    fn from(raw: RawAccountPolicy) -> AccountPolicy {
        let plain = AccountPolicy::default();
        AccountPolicy {
            history: raw.history.unwrap_or(plain.history),
            minimum_age: raw.minimum_age.unwrap_or(plain.minimum_age),
            maximum_age: raw.maximum_age.map_or(plain.maximum_age, |age| age.0),
            minimum_length: raw.minimum_length.unwrap_or(plain.minimum_length),
            complexity: raw.complexity,
            lockout_threshold: raw.lockout_threshold,
            lockout_reset: raw.lockout_reset.unwrap_or(plain.lockout_reset),
            lockout_duration: raw.lockout_duration.map_or(plain.lockout_duration, |span| span.0),
        }
    }
}

/// A replication model with its values.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(crate) enum RawReplication {
    /// Each change is visible so long after its commit.
    Delay(RawDelay),
    /// Netlogon of Windows NT 4.0: one writer, pulses, a change log.
    Nt4(RawNt4),
    /// Active Directory: multi-master, notifications, sites.
    Ad(RawAd),
}

/// A delay for every stream, or one for each.
#[derive(Clone, Debug)]
pub(crate) struct RawDelay(pub(crate) DelaySpec);

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct DelayTable {
    /// Every stream that has no delay of its own.
    #[schemars(extend("default" = "0s"))]
    all: Option<Length>,
    /// Users and global groups.
    sam: Option<Length>,
    /// Local groups.
    builtin: Option<Length>,
    /// User rights.
    lsa: Option<Length>,
}

impl<'de> Deserialize<'de> for RawDelay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawDelay, D::Error> {
        match ConstantOr::<DelayTable>::deserialize(deserializer)? {
            ConstantOr::Constant(constant) => {
                let all =
                    within_bounds(Distribution::Constant(span_of(&constant).map_err(D::Error::custom)?))?;
                Ok(RawDelay(DelaySpec { all, ..DelaySpec::default() }))
            }
            ConstantOr::Table(table) => Ok(RawDelay(DelaySpec {
                all: table.all.map(|length| length.0).unwrap_or_default(),
                sam: table.sam.map(|length| length.0),
                builtin: table.builtin.map(|length| length.0),
                lsa: table.lsa.map(|length| length.0),
            })),
        }
    }
}

/// A constant length of time, or a distribution.
#[derive(Clone, Debug)]
pub(crate) struct Length(Distribution);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Length, D::Error> {
        match ConstantOr::<Distribution>::deserialize(deserializer)? {
            ConstantOr::Constant(constant) => {
                let span = span_of(&constant).map_err(D::Error::custom)?;
                within_bounds(Distribution::Constant(span)).map(Length)
            }
            ConstantOr::Table(distribution) => within_bounds(distribution).map(Length),
        }
    }
}

/// Refuses a distribution that has nothing to draw, or that would draw times before the change.
fn within_bounds<E: Error>(distribution: Distribution) -> Result<Distribution, E> {
    let (stated, from, to) = match distribution {
        Distribution::Constant(span) => (vec![span], span, None),
        Distribution::Uniform { from, to } => (vec![from, to], from, Some(to)),
        Distribution::Normal { mean, deviation, from, to } => (vec![mean, deviation, from], from, to),
        Distribution::Exponential { mean, from, to } => (vec![mean, from], from, to),
    };
    if stated.iter().chain(&to).any(|span| *span < Span::ZERO) {
        return Err(refuse(Code::OutOfRange, "a delay below zero", "no change is visible before it is made"));
    }
    match to {
        Some(to) if to < from => Err(refuse(
            Code::EmptyWindow,
            format_args!("nothing lies between {from} and {to}"),
            "`to` is at least `from`",
        )),
        _ => Ok(distribution),
    }
}

fn span_of(constant: &Scalar) -> Result<Span, SpanError> {
    match constant {
        Scalar::Text(text) => text.parse(),
        Scalar::Number(number) => Err(SpanError::NoUnit(number.to_string())),
        Scalar::Is(_) => Err(SpanError::Form),
    }
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawNt4 {
    /// Length of a notification cycle; changes inside it are batched. 1m to 48h.
    #[schemars(extend("default" = Nt4Spec::default().pulse))]
    pulse: Option<Span>,
    /// When the first cycle of the run begins; one whole pulse after the start when absent.
    first_pulse: Option<Span>,
    /// Every BDC is told at least this often. 1m to 48h.
    #[schemars(extend("default" = Nt4Spec::default().pulse_maximum))]
    pulse_maximum: Option<Span>,
    /// How many BDCs replicate at once.
    #[schemars(extend("default" = Nt4Spec::default().pulse_concurrency))]
    pulse_concurrency: Option<u32>,
    /// How the places for concurrent BDCs are filled.
    #[schemars(extend("default" = Nt4Spec::default().slots))]
    slots: Option<Slots>,
    /// A BDC answers a pulse within this, or frees its place.
    #[schemars(extend("default" = Nt4Spec::default().pulse_timeout1))]
    pulse_timeout1: Option<Span>,
    /// A BDC comes back for its next chunk within this.
    #[schemars(extend("default" = Nt4Spec::default().pulse_timeout2))]
    pulse_timeout2: Option<Span>,
    /// Size of the change log, at 32 bytes a change. 64KB to 4MB.
    #[schemars(extend("default" = size_text(Nt4Spec::default().change_log_size)))]
    change_log_size: Option<Size>,
    /// The BDC's settings, for every BDC that has none of its own.
    bdc: Nt4BdcSpec,
    /// Bytes on the wire of each kind of delta.
    sizes: RawSizes,
    /// Whether a change of a computer account's password is replicated at once.
    machine_passwords_urgent: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct RawSizes {
    /// A user.
    #[schemars(extend("default" = size_text(DeltaSizes::default().user)))]
    user: Option<Size>,
    /// A group without its members.
    #[schemars(extend("default" = size_text(DeltaSizes::default().group)))]
    group: Option<Size>,
    /// One member of a group whose membership changed; the whole list travels.
    #[schemars(extend("default" = size_text(DeltaSizes::default().member)))]
    member: Option<Size>,
    /// A local group.
    #[schemars(extend("default" = size_text(DeltaSizes::default().local_group)))]
    local_group: Option<Size>,
    /// An account's rights or a secret.
    #[schemars(extend("default" = size_text(DeltaSizes::default().rights)))]
    rights: Option<Size>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawAd {
    /// The version of Windows that sets the defaults.
    version: AdVersion,
    /// Delay before the first partner of the site is notified. 5m with `windows-2000`, 15s with `windows-2003`.
    notify_first: Option<Span>,
    /// Gap before each further partner is notified. 30s with `windows-2000`, 3s with `windows-2003`.
    notify_next: Option<Span>,
    /// How often a controller polls its partners inside a site.
    #[schemars(extend("default" = AdSpec::default().poll))]
    poll: Option<Span>,
    /// Whether a right that is granted at a controller goes into the Default Domain Controllers Policy, and reaches the others by its replication and their refresh.
    #[schemars(extend("default" = AdSpec::default().rights_in_policy))]
    rights_in_policy: Option<bool>,
    /// The functional level: whether a group's members replicate as one list or each by itself. That of the version when absent.
    functional_level: Option<FunctionalLevel>,
    /// How long a deletion is remembered. 2d or more.
    #[schemars(extend("default" = AdSpec::default().tombstone_lifetime))]
    tombstone_lifetime: Option<Span>,
    /// Mixed mode: Netlogon at the PDC emulator, which serves the BDCs of Windows NT 4.0.
    mixed: Option<RawNt4>,
}

impl From<RawNt4> for Nt4Spec {
    fn from(raw: RawNt4) -> Nt4Spec {
        let plain = Nt4Spec::default();
        let sizes = DeltaSizes::default();
        let size = |raw: Option<Size>, plain: u64| raw.map_or(plain, |size| size.0);
        Nt4Spec {
            pulse: raw.pulse.unwrap_or(plain.pulse),
            first_pulse: raw.first_pulse,
            pulse_maximum: raw.pulse_maximum.unwrap_or(plain.pulse_maximum),
            pulse_concurrency: raw.pulse_concurrency.unwrap_or(plain.pulse_concurrency),
            slots: raw.slots.unwrap_or(plain.slots),
            pulse_timeout1: raw.pulse_timeout1.unwrap_or(plain.pulse_timeout1),
            pulse_timeout2: raw.pulse_timeout2.unwrap_or(plain.pulse_timeout2),
            change_log_size: size(raw.change_log_size, plain.change_log_size),
            bdc: raw.bdc,
            sizes: DeltaSizes {
                user: size(raw.sizes.user, sizes.user),
                group: size(raw.sizes.group, sizes.group),
                member: size(raw.sizes.member, sizes.member),
                local_group: size(raw.sizes.local_group, sizes.local_group),
                rights: size(raw.sizes.rights, sizes.rights),
            },
            machine_passwords_urgent: raw.machine_passwords_urgent.unwrap_or(plain.machine_passwords_urgent),
        }
    }
}

impl From<RawReplication> for Replication {
    fn from(raw: RawReplication) -> Replication {
        match raw {
            RawReplication::Delay(delay) => Replication::Delay(delay.0),
            RawReplication::Nt4(raw) => Replication::Nt4(raw.into()),
            RawReplication::Ad(raw) => {
                let plain = AdSpec::default();
                Replication::Ad(AdSpec {
                    version: raw.version,
                    notify_first: raw.notify_first,
                    notify_next: raw.notify_next,
                    poll: raw.poll.unwrap_or(plain.poll),
                    site_links: Vec::new(),
                    rights_in_policy: raw.rights_in_policy.unwrap_or(plain.rights_in_policy),
                    functional_level: raw.functional_level,
                    tombstone_lifetime: raw.tombstone_lifetime.unwrap_or(plain.tombstone_lifetime),
                    mixed: raw.mixed.map(Nt4Spec::from),
                })
            }
        }
    }
}

/// `[[dc]]`, `[[machine]]` and the machine's part of `[[site-server]]`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawHost {
    /// The NetBIOS name. With `count` a pattern: `BDC{n}`, or `BDC{n:02}` with leading zeros.
    pub(crate) name: Option<Word>,
    /// Several names that share everything else.
    pub(crate) names: Option<Vec<Word>>,
    /// How many machines the pattern in `name` stands for.
    pub(crate) count: Option<Located<u32>>,
    /// Its role; exactly one controller is the `pdc`.
    #[schemars(extend("default" = "bdc"))]
    pub(crate) role: Option<Located<DcRole>>,
    /// Which kind of machine.
    #[schemars(extend("default" = "workstation"))]
    pub(crate) kind: Option<Located<MachineKind>>,
    /// Whether it belongs to the domain at the start.
    #[schemars(extend("default" = true))]
    pub(crate) joined: Option<bool>,
    /// The controller that it asks first.
    pub(crate) logon_server: Option<Word>,
    /// Its operating system; `windows-2000` where the domain replicates with `ad`.
    #[schemars(extend("default" = "windows-nt-4"))]
    pub(crate) os: Option<Os>,
    /// Its language: names of built-in groups and system texts follow it.
    pub(crate) language: Language,
    /// Its Active Directory site.
    #[schemars(extend("default" = "Default-First-Site-Name"))]
    pub(crate) site: Option<Word>,
    /// Its organisational unit; the domain itself when absent.
    pub(crate) unit: Option<Word>,
    /// Whether it is up at the start.
    #[schemars(extend("default" = true))]
    pub(crate) up: Option<bool>,
    /// How long a restart takes until services start.
    #[schemars(extend("default" = "2m"))]
    pub(crate) boot: Option<Span>,
    /// Accounts of its own database (not on a domain controller: use `[[user]]`).
    pub(crate) users: Vec<Located<RawUser>>,
    /// Local groups of its own, and further members of built-in ones.
    pub(crate) groups: Vec<RawGroup>,
    /// Rights of the machine's own policy, beside the defaults.
    pub(crate) rights: Vec<RawRight>,
    /// Services that are installed at the start.
    pub(crate) services: Vec<RawService>,
    /// Registry values: the key, then the name of the value.
    pub(crate) registry: BTreeMap<String, BTreeMap<String, RawData>>,
    /// Files: path and content.
    pub(crate) files: BTreeMap<String, String>,
    /// Shares beside `admin$`.
    pub(crate) shares: BTreeSet<Name>,
    /// Whether `admin$` is shared.
    #[schemars(extend("default" = true))]
    pub(crate) admin_share: Option<bool>,
    /// Its own refresh of group policy; the domain's when absent.
    pub(crate) refresh: Option<RefreshInterval>,
    /// Its own delay, with the `delay` model.
    pub(crate) delay: Option<Located<RawDelay>>,
    /// Its own Netlogon parameters, with the `nt4` model.
    pub(crate) nt4: Option<Located<Nt4BdcSpec>>,
    // Those of a site server.
    /// The profile of its server side; that of the first client when absent.
    #[schemars(with = "Option<ProfileName>")]
    pub(crate) profile: Option<Word>,
    /// The account of its services, made as a domain administrator unless a `[[user]]` has the name.
    pub(crate) service_account: Option<RawCredentials>,
    /// Client remote installation accounts, tried first and in this order.
    pub(crate) connection_accounts: Vec<RawCredentials>,
    /// Hosts for which no request is made.
    pub(crate) excluded: Option<Hosts>,
    /// Values of the profile's server side, its section `ccm`, overridden in place.
    #[schemars(with = "Option<ServerValues>")]
    pub(crate) ccm: Option<Located<toml::Table>>,
}

/// Registry data: a number, a text or a list of texts.
#[derive(Clone, Debug)]
pub(crate) struct RawData(pub(crate) Data);

impl<'de> Deserialize<'de> for RawData {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RawData, D::Error> {
        struct V;
        impl<'de> serde::de::Visitor<'de> for V {
            type Value = RawData;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string, a number from 0 to 4294967295, or a list of strings")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RawData, E> {
                Ok(RawData(Data::Text(text.to_owned())))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<RawData, E> {
                u32::try_from(number)
                    .map(|number| RawData(Data::Dword(number)))
                    .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<RawData, A::Error> {
                let mut list = Vec::new();
                while let Some(text) = seq.next_element()? {
                    list.push(text);
                }
                Ok(RawData(Data::List(list)))
            }
        }
        deserializer.deserialize_any(V)
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawCredentials {
    /// The account: `NAME` or `DOMAIN\NAME` for the domain's, `HOST\NAME` for that machine's own.
    pub(crate) user: Word,
    /// Its password, as the caller believes it to be.
    pub(crate) password: Secret,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawService {
    /// Its short name.
    pub(crate) name: ServiceName,
    /// The program that it runs.
    pub(crate) program: ProgramName,
    /// Its logon account; Local System when absent.
    pub(crate) account: Option<RawCredentials>,
    /// When it starts by itself.
    #[serde(default)]
    pub(crate) start: StartMode,
    /// Whether it runs at the start of the run.
    #[serde(default)]
    pub(crate) running: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUser {
    /// The name. With `count` a pattern: `USER{n}`.
    pub(crate) name: Word,
    /// How many users the pattern in `name` stands for.
    pub(crate) count: Option<Located<u32>>,
    /// The password.
    pub(crate) password: Secret,
    /// The comment.
    #[serde(default)]
    pub(crate) comment: String,
    /// Flags that are set.
    #[serde(default)]
    pub(crate) flags: BTreeSet<AccountFlag>,
    /// How old the password is at the start.
    #[serde(default)]
    pub(crate) password_age: Span,
    /// Earlier passwords, latest first, for the history.
    #[serde(default)]
    pub(crate) earlier_passwords: Vec<Secret>,
    /// Groups, global or local, beside Domain Users.
    #[serde(default)]
    pub(crate) member_of: Vec<Word>,
    /// When the account expires, since the start; never when absent.
    pub(crate) expires: Option<Span>,
    /// Hours of each day in which it may log on; outside of them 1328. Always when empty.
    #[serde(default)]
    pub(crate) logon_hours: Vec<RawHours>,
    /// Hosts that it may log on from; from others 1329. All when empty.
    #[serde(default)]
    pub(crate) workstations: Vec<Word>,
}

/// Hours of each day.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawHours {
    /// From this time of day.
    pub(crate) from: TimeOfDay,
    /// Until before this one; over midnight when it is the earlier.
    pub(crate) to: TimeOfDay,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawGroup {
    /// The name; a built-in group may be named, to add members.
    pub(crate) name: Word,
    /// Global or local.
    #[serde(default)]
    pub(crate) kind: GroupKind,
    /// Its members.
    #[serde(default)]
    pub(crate) members: Vec<Word>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRight {
    /// The account or group.
    pub(crate) account: Word,
    /// The rights that it holds.
    pub(crate) rights: Vec<Right>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUnit {
    /// The name.
    pub(crate) name: Word,
    /// The unit that holds it; the domain when absent.
    pub(crate) parent: Option<Word>,
    /// Whether policies of containers above do not reach it, unless they are enforced.
    #[serde(default)]
    pub(crate) block_inheritance: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicy {
    /// The name of the group policy object.
    pub(crate) name: Word,
    /// The text of its security template, `GptTmpl.inf`; what stands beside is written into it.
    pub(crate) template: Option<Word>,
    /// A file with the template, beside the scenario: UTF-16LE with BOM, or UTF-8.
    pub(crate) template_file: Option<Word>,
    /// User rights that it defines, each with its holders; an empty list: nobody.
    #[serde(default)]
    pub(crate) rights: BTreeMap<Right, Vec<Name>>,
    /// Restricted groups: who their members are.
    #[serde(default)]
    pub(crate) members: BTreeMap<AccountName, Vec<Name>>,
    /// Restricted groups: which groups they belong to.
    #[serde(default)]
    pub(crate) member_of: BTreeMap<AccountName, Vec<Name>>,
    /// Where it is linked: `domain`, `site:NAME` or a unit, or tables.
    pub(crate) links: Option<Vec<Short<RawGpoLink>>>,
    /// Which half of it is disabled.
    pub(crate) disabled: Option<DisabledHalf>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawGpoLink {
    /// `domain`, `site:NAME` or the name of a unit.
    pub(crate) container: Word,
    /// Its place among the links of the container, from 1; the first wins.
    pub(crate) order: Option<u32>,
    /// Whether the link is enabled.
    #[schemars(extend("default" = true))]
    pub(crate) enabled: Option<bool>,
    /// Whether it is enforced (*No Override*).
    #[serde(default)]
    pub(crate) enforced: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLink {
    /// The two hosts; a wildcard makes one link for each pair.
    pub(crate) between: (Word, Word),
    /// What it carries; unlimited when absent.
    pub(crate) bandwidth: Option<Rate>,
    /// How long a packet takes, one way.
    #[serde(default)]
    pub(crate) latency: Span,
    /// Daily hours in which others use it as well.
    #[serde(default)]
    pub(crate) busy: Vec<Located<RawBusy>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawBusy {
    /// From this time of day.
    pub(crate) from: TimeOfDay,
    /// Until this one.
    pub(crate) to: TimeOfDay,
    /// The share of the bandwidth that is left to us.
    pub(crate) left: Percent,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSiteLink {
    /// The name.
    pub(crate) name: Word,
    /// The sites that it joins, two or more.
    pub(crate) sites: Vec<Word>,
    /// How often it replicates. 15m to 7d.
    #[schemars(extend("default" = "3h"))]
    pub(crate) interval: Option<Located<Span>>,
    /// When its first window of the run opens; one interval after the start when absent.
    pub(crate) first: Option<Located<Span>>,
    /// Its cost; ways of least cost are taken.
    #[schemars(extend("default" = 100))]
    pub(crate) cost: Option<u32>,
    /// Its hours each day, instead of `first`; the interval begins anew with them. Always open when absent.
    #[serde(default)]
    pub(crate) open: Vec<Located<RawHours>>,
    /// The longest random addition to each start, a minute at least. 15m with `windows-2000`, 0s with `windows-2003`.
    pub(crate) jitter: Option<Located<Span>>,
    /// Whether its ends tell each other of changes as inside a site, of urgent ones at once.
    #[serde(default)]
    pub(crate) notify: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawFault {
    /// The name, for reports and `fault-touched`.
    pub(crate) name: Word,
    /// When it begins; with the run when absent.
    pub(crate) from: Option<Located<Span>>,
    /// When it ends; with the run when absent.
    pub(crate) until: Option<Located<Span>>,
    /// Which of the occasions it touches.
    #[serde(default)]
    pub(crate) count: mockdc_mocks::Occasions,
    /// It must touch nothing: touching fails the run, as touching nothing does otherwise.
    #[serde(default)]
    pub(crate) touches_nothing: bool,
    /// Nothing gets from one side to the other.
    pub(crate) partition: Option<RawPartition>,
    /// Replication to these hosts waits until the fault ends.
    pub(crate) hold: Option<RawHold>,
    /// A link is slow.
    pub(crate) slow: Option<RawSlow>,
    /// Calls get lost: the caller gives up after a while.
    pub(crate) drop: Option<RawDrop>,
    /// The host stands still: it answers nothing, and loses nothing.
    pub(crate) pause: Option<AtHost>,
    /// The host goes down when the fault begins, and comes up when it ends.
    pub(crate) crash: Option<RawCrash>,
    /// The host's clock is wrong.
    pub(crate) clock_skew: Option<RawSkew>,
    /// Operations are refused with a code.
    pub(crate) refuse: Option<RawRefuse>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPartition {
    /// One side.
    pub(crate) from: Hosts,
    /// The other side.
    pub(crate) to: Hosts,
    /// Only what goes from the first side to the second is lost.
    #[serde(default)]
    pub(crate) one_way: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawHold {
    /// The hosts.
    pub(crate) at: Hosts,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSlow {
    /// The two hosts.
    pub(crate) between: (Word, Word),
    /// Added to each packet, one way.
    #[serde(default)]
    pub(crate) latency: Span,
    /// What it still carries.
    pub(crate) bandwidth: Option<Rate>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDrop {
    /// Which operation; all when absent.
    pub(crate) verb: Option<VerbKind>,
    /// At which host; at all when absent.
    pub(crate) at: Option<Word>,
    /// From which host; from all when absent.
    pub(crate) from: Option<Word>,
    /// When the caller gives up.
    #[schemars(extend("default" = "30s"))]
    pub(crate) timeout: Option<Span>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AtHost {
    /// The host.
    pub(crate) at: Word,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawCrash {
    /// The host.
    pub(crate) at: Word,
    /// Whether changes that nobody has received are lost.
    #[serde(default)]
    pub(crate) loses_unreplicated: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSkew {
    /// The host.
    pub(crate) at: Word,
    /// How far ahead its clock is; behind when negative.
    pub(crate) by: Span,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRefuse {
    /// Which operation.
    pub(crate) verb: VerbKind,
    /// At which host; at all when absent.
    pub(crate) at: Option<Word>,
    /// From which host; from all when absent.
    pub(crate) from: Option<Word>,
    /// Only what is about this account, or called by it.
    pub(crate) account: Option<AccountName>,
    /// The Win32 code of the refusal.
    pub(crate) code: u32,
}

/// `[program]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawProgram {
    /// The host that it is taken to run on, so that links and faults between it and the controllers are the program's; the first `[[machine]]` or `[[site-server]]` when absent, or else the PDC.
    pub(crate) host: Option<Word>,
    /// The credentials that it is given; those of the domain's Administrator when absent.
    pub(crate) user: Option<RawCredentials>,
    /// The program and its arguments, when the command line has none after `--`. `{pdc.url}` and other placeholders are filled in.
    pub(crate) run: Vec<String>,
    /// How long it may run, on the wall clock; `--timeout` of the command line comes first.
    #[schemars(extend("default" = "5m"))]
    pub(crate) timeout: Option<Located<Span>>,
    /// Files that it writes, for the condition `file`; they are looked at when it has ended.
    pub(crate) files: Vec<Name>,
}

/// The keys of `[[client]]` that are not sections of the profile.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawClient {
    /// Where the client is or is to be installed.
    pub(crate) machine: Option<Hosts>,
    /// Several machines that share everything else.
    pub(crate) machines: Option<Hosts>,
    /// The product and its version: `mockdc profiles` lists them.
    #[schemars(with = "Option<ProfileName>")]
    pub(crate) profile: Option<Word>,
    /// The client is installed at the start, with its accounts, rights and services.
    pub(crate) installed: bool,
}
