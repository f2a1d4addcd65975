//! The models of replication and their values, as they are written.

use mockdc_mocks::{
    AdSpec, AdVersion, DelaySpec, DeltaSizes, Distribution, FunctionalLevel, Nt4BdcSpec, Nt4Spec,
    Replication, Slots, Span, SpanError,
};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::{ConstantOr, Scalar, Size, refuse};
use crate::Code;
use crate::schema::size_text;

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
