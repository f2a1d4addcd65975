//! The tables of a world, as they are written.

use std::collections::{BTreeMap, BTreeSet};

use mockdc_mocks::{
    AccountFlag, AccountName, AccountPolicy, AdSpec, AdVersion, ComputerAccounts, Data, DcRole, DelaySpec,
    DeltaSizes, DisabledHalf, Distribution, GroupKind, Language, MachineKind, Name, Nt4BdcSpec, Nt4Spec, Os,
    ProgramName, RefreshInterval, Replication, Right, Secret, SecureChannelSpec, ServiceName, Slots, Span,
    SpanError, StartMode, VerbKind,
};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::{
    ConstantOr, Endless, Hosts, Located, Model, Percent, Rate, Scalar, Short, Size, TimeOfDay, Word, refuse,
};
use crate::Code;

/// Keys at the top of the file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Head {
    #[serde(rename = "format")]
    pub(crate) _format: i64,
    pub(crate) name: Word,
    #[serde(default)]
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    pub(crate) start: Option<Word>,
    pub(crate) time_zone: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) until: Option<Located<Span>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawDomain {
    pub(crate) name: Option<Word>,
    pub(crate) replication: Option<Located<Model>>,
    pub(crate) account_policy: Option<Located<RawAccountPolicy>>,
    pub(crate) administrator_password: Option<Secret>,
    pub(crate) further_users: Option<u32>,
    pub(crate) refresh: Option<mockdc_mocks::RefreshSpec>,
    pub(crate) computer_accounts: Option<ComputerAccounts>,
    pub(crate) secure_channel: Option<SecureChannelSpec>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawAccountPolicy {
    history: Option<u32>,
    minimum_age: Option<Span>,
    maximum_age: Option<Endless>,
    minimum_length: Option<u32>,
    complexity: bool,
    lockout_threshold: u32,
    lockout_reset: Option<Span>,
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
#[derive(Clone, Debug)]
pub(crate) enum RawReplication {
    Delay(RawDelay),
    Nt4(RawNt4),
    Ad(RawAd),
}

/// A delay for every stream, or one for each.
#[derive(Clone, Debug)]
pub(crate) struct RawDelay(pub(crate) DelaySpec);

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct DelayTable {
    all: Option<Length>,
    sam: Option<Length>,
    builtin: Option<Length>,
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
struct Length(Distribution);

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

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawNt4 {
    pulse: Option<Span>,
    first_pulse: Option<Span>,
    pulse_maximum: Option<Span>,
    pulse_concurrency: Option<u32>,
    slots: Option<Slots>,
    pulse_timeout1: Option<Span>,
    pulse_timeout2: Option<Span>,
    change_log_size: Option<Size>,
    bdc: Nt4BdcSpec,
    sizes: RawSizes,
    machine_passwords_urgent: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct RawSizes {
    user: Option<Size>,
    group: Option<Size>,
    member: Option<Size>,
    local_group: Option<Size>,
    rights: Option<Size>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawAd {
    version: AdVersion,
    notify_first: Option<Span>,
    notify_next: Option<Span>,
    poll: Option<Span>,
    rights_in_policy: Option<bool>,
}

impl From<RawReplication> for Replication {
    fn from(raw: RawReplication) -> Replication {
        match raw {
            RawReplication::Delay(delay) => Replication::Delay(delay.0),
            RawReplication::Nt4(raw) => {
                let plain = Nt4Spec::default();
                let sizes = DeltaSizes::default();
                let size = |raw: Option<Size>, plain: u64| raw.map_or(plain, |size| size.0);
                Replication::Nt4(Nt4Spec {
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
                    machine_passwords_urgent: raw
                        .machine_passwords_urgent
                        .unwrap_or(plain.machine_passwords_urgent),
                })
            }
            RawReplication::Ad(raw) => {
                let plain = AdSpec::default();
                Replication::Ad(AdSpec {
                    version: raw.version,
                    notify_first: raw.notify_first,
                    notify_next: raw.notify_next,
                    poll: raw.poll.unwrap_or(plain.poll),
                    site_links: Vec::new(),
                    rights_in_policy: raw.rights_in_policy.unwrap_or(plain.rights_in_policy),
                })
            }
        }
    }
}

/// `[[dc]]`, `[[machine]]` and the machine's part of `[[site-server]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawHost {
    pub(crate) name: Option<Word>,
    pub(crate) names: Option<Vec<Word>>,
    pub(crate) count: Option<Located<u32>>,
    pub(crate) role: Option<Located<DcRole>>,
    pub(crate) kind: Option<Located<MachineKind>>,
    pub(crate) joined: Option<bool>,
    pub(crate) logon_server: Option<Word>,
    pub(crate) os: Option<Os>,
    pub(crate) language: Language,
    pub(crate) site: Option<Word>,
    pub(crate) unit: Option<Word>,
    pub(crate) up: Option<bool>,
    pub(crate) boot: Option<Span>,
    pub(crate) users: Vec<Located<RawUser>>,
    pub(crate) groups: Vec<RawGroup>,
    pub(crate) rights: Vec<RawRight>,
    pub(crate) services: Vec<RawService>,
    pub(crate) registry: BTreeMap<String, BTreeMap<String, RawData>>,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) shares: BTreeSet<Name>,
    pub(crate) admin_share: Option<bool>,
    pub(crate) refresh: Option<RefreshInterval>,
    pub(crate) delay: Option<Located<RawDelay>>,
    pub(crate) nt4: Option<Located<Nt4BdcSpec>>,
    // Those of a site server.
    pub(crate) profile: Option<Word>,
    pub(crate) service_account: Option<RawCredentials>,
    pub(crate) connection_accounts: Vec<RawCredentials>,
    pub(crate) excluded: Option<Hosts>,
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

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawCredentials {
    pub(crate) user: Word,
    pub(crate) password: Secret,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawService {
    pub(crate) name: ServiceName,
    pub(crate) program: ProgramName,
    pub(crate) account: Option<RawCredentials>,
    #[serde(default)]
    pub(crate) start: StartMode,
    #[serde(default)]
    pub(crate) running: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUser {
    pub(crate) name: Word,
    pub(crate) count: Option<Located<u32>>,
    pub(crate) password: Secret,
    #[serde(default)]
    pub(crate) comment: String,
    #[serde(default)]
    pub(crate) flags: BTreeSet<AccountFlag>,
    #[serde(default)]
    pub(crate) password_age: Span,
    #[serde(default)]
    pub(crate) earlier_passwords: Vec<Secret>,
    #[serde(default)]
    pub(crate) member_of: Vec<Word>,
    pub(crate) expires: Option<Span>,
    #[serde(default)]
    pub(crate) logon_hours: Vec<RawHours>,
    #[serde(default)]
    pub(crate) workstations: Vec<Word>,
}

/// Hours of each day.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawHours {
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawGroup {
    pub(crate) name: Word,
    #[serde(default)]
    pub(crate) kind: GroupKind,
    #[serde(default)]
    pub(crate) members: Vec<Word>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRight {
    pub(crate) account: Word,
    pub(crate) rights: Vec<Right>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawUnit {
    pub(crate) name: Word,
    pub(crate) parent: Option<Word>,
    #[serde(default)]
    pub(crate) block_inheritance: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPolicy {
    pub(crate) name: Word,
    pub(crate) template: Option<Word>,
    pub(crate) template_file: Option<Word>,
    #[serde(default)]
    pub(crate) rights: BTreeMap<Right, Vec<Name>>,
    #[serde(default)]
    pub(crate) members: BTreeMap<AccountName, Vec<Name>>,
    #[serde(default)]
    pub(crate) member_of: BTreeMap<AccountName, Vec<Name>>,
    pub(crate) links: Option<Vec<Short<RawGpoLink>>>,
    pub(crate) disabled: Option<DisabledHalf>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawGpoLink {
    pub(crate) container: Word,
    pub(crate) order: Option<u32>,
    pub(crate) enabled: Option<bool>,
    #[serde(default)]
    pub(crate) enforced: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLink {
    pub(crate) between: (Word, Word),
    pub(crate) bandwidth: Option<Rate>,
    #[serde(default)]
    pub(crate) latency: Span,
    #[serde(default)]
    pub(crate) busy: Vec<Located<RawBusy>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawBusy {
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
    pub(crate) left: Percent,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSiteLink {
    pub(crate) name: Word,
    pub(crate) sites: Vec<Word>,
    pub(crate) interval: Option<Located<Span>>,
    pub(crate) first: Option<Span>,
    pub(crate) cost: Option<u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawFault {
    pub(crate) name: Word,
    pub(crate) from: Option<Located<Span>>,
    pub(crate) until: Option<Located<Span>>,
    #[serde(default)]
    pub(crate) count: mockdc_mocks::Occasions,
    #[serde(default)]
    pub(crate) touches_nothing: bool,
    pub(crate) partition: Option<RawPartition>,
    pub(crate) hold: Option<RawHold>,
    pub(crate) slow: Option<RawSlow>,
    pub(crate) drop: Option<RawDrop>,
    pub(crate) pause: Option<AtHost>,
    pub(crate) crash: Option<RawCrash>,
    pub(crate) clock_skew: Option<RawSkew>,
    pub(crate) refuse: Option<RawRefuse>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawPartition {
    pub(crate) from: Hosts,
    pub(crate) to: Hosts,
    #[serde(default)]
    pub(crate) one_way: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawHold {
    pub(crate) at: Hosts,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSlow {
    pub(crate) between: (Word, Word),
    #[serde(default)]
    pub(crate) latency: Span,
    pub(crate) bandwidth: Option<Rate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDrop {
    pub(crate) verb: Option<VerbKind>,
    pub(crate) at: Option<Word>,
    pub(crate) from: Option<Word>,
    pub(crate) timeout: Option<Span>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct AtHost {
    pub(crate) at: Word,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawCrash {
    pub(crate) at: Word,
    #[serde(default)]
    pub(crate) loses_unreplicated: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSkew {
    pub(crate) at: Word,
    pub(crate) by: Span,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawRefuse {
    pub(crate) verb: VerbKind,
    pub(crate) at: Option<Word>,
    pub(crate) from: Option<Word>,
    pub(crate) account: Option<AccountName>,
    pub(crate) code: u32,
}

/// The keys of `[[client]]` that are not sections of the profile.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawClient {
    pub(crate) machine: Option<Hosts>,
    pub(crate) machines: Option<Hosts>,
    pub(crate) profile: Option<Word>,
    pub(crate) installed: bool,
}
