//! What goes wrong: rules with a scope, a window and a count.

use serde::{Deserialize, Serialize};

use super::wire::one_or_many;
use crate::{AccountName, HostName, Name, Span, VerbKind, Win32Error, WireSpec, rate};

/// A fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FaultSpec {
    /// Its name.
    pub name: Name,
    /// What it does.
    pub kind: FaultKind,
    /// From when, since the start.
    #[serde(default)]
    pub from: Span,
    /// Until when, exclusive; to the end of the run when absent.
    #[serde(default)]
    pub until: Option<Span>,
    /// Which of the occasions in the window it touches.
    #[serde(default)]
    pub count: Occasions,
    /// The fault must touch nothing: touching fails the run.
    #[serde(default)]
    pub touches_nothing: bool,
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum FaultKind {
    /// No traffic between the hosts. Calls end with 1722, or 53 for shares; replication fails.
    Partition {
        /// One side.
        #[serde(deserialize_with = "one_or_many")]
        from: Vec<HostName>,
        /// The other side.
        #[serde(deserialize_with = "one_or_many")]
        to: Vec<HostName>,
        /// One way only: `from` does not reach `to`, and `to` does reach `from`.
        #[serde(default)]
        one_way: bool,
    },
    /// Replication to these controllers is held until the window ends, and then goes on.
    Hold {
        /// The controllers.
        #[serde(deserialize_with = "one_or_many")]
        at: Vec<HostName>,
    },
    /// Traffic between two hosts takes longer.
    Slow {
        /// The hosts.
        between: (HostName, HostName),
        /// Added to each call and each chunk, one way.
        #[serde(default)]
        latency: Span,
        /// Bits a second for replication; written `bandwidth = "64kbit/s"`, as in a scenario.
        #[serde(default, rename = "bandwidth", alias = "bits-per-second", with = "rate")]
        bits_per_second: Option<u64>,
    },
    /// Calls of the verb get lost: the caller waits for its time-out and gets 1722, and nothing is done.
    Drop {
        /// The verb; any when absent.
        #[serde(default)]
        verb: Option<VerbKind>,
        /// At which host; any when absent.
        #[serde(default)]
        at: Option<HostName>,
        /// From which host; any when absent.
        #[serde(default)]
        from: Option<HostName>,
        /// After how long the caller gives up.
        #[serde(default = "half_a_minute")]
        timeout: Span,
    },
    /// The host answers nothing and does nothing while the window lasts; then it goes on.
    Pause {
        /// The host.
        at: HostName,
    },
    /// The host goes down when the window opens and is switched on when it closes: it is up after its boot time.
    Crash {
        /// The host.
        at: HostName,
        /// A controller forgets what it had committed and not yet passed on.
        #[serde(default)]
        loses_unreplicated: bool,
    },
    /// The host's clock is wrong by this much: its log lines, and 2457 beyond the tolerance.
    ClockSkew {
        /// The host.
        at: HostName,
        /// Ahead; negative: behind.
        by: Span,
    },
    /// An operation is refused with a code, and not performed.
    Refuse {
        /// The verb.
        verb: VerbKind,
        /// At which host; any when absent.
        #[serde(default)]
        at: Option<HostName>,
        /// From which host; any when absent.
        #[serde(default)]
        from: Option<HostName>,
        /// Only for this account.
        #[serde(default)]
        account: Option<AccountName>,
        /// The code.
        code: Win32Error,
    },
    /// Operations of LDAP are spoiled at the ports of controllers. Only clients at ports meet it.
    Wire(WireSpec),
    /// Nobody listens at the ports of these controllers while the window lasts: connections are refused, and those that
    /// are there stay. Only clients at ports meet it.
    ClosePort {
        /// The controllers; all of them when empty.
        #[serde(default, deserialize_with = "one_or_many", skip_serializing_if = "Vec::is_empty")]
        at: Vec<HostName>,
    },
}

impl FaultKind {
    /// Whether only clients at real ports can meet it.
    pub fn is_at_ports(&self) -> bool {
        matches!(self, FaultKind::Wire(_) | FaultKind::ClosePort { .. })
    }

    /// The hosts that it names.
    pub fn hosts(&self) -> Vec<&HostName> {
        match self {
            FaultKind::Partition { from, to, .. } => from.iter().chain(to).collect(),
            FaultKind::Hold { at } | FaultKind::ClosePort { at } | FaultKind::Wire(WireSpec { at, .. }) => {
                at.iter().collect()
            }
            FaultKind::Slow { between: (one, other), .. } => vec![one, other],
            FaultKind::Pause { at } | FaultKind::Crash { at, .. } | FaultKind::ClockSkew { at, .. } => {
                vec![at]
            }
            FaultKind::Drop { at, from, .. } | FaultKind::Refuse { at, from, .. } => {
                at.iter().chain(from).collect()
            }
        }
    }
}

fn half_a_minute() -> Span {
    Span::secs(30)
}

/// Which of the occasions a fault touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Occasions {
    /// Every one.
    #[default]
    All,
    /// The first n.
    First(u32),
    /// The n-th, the 2n-th, and so on.
    Every(u32),
    /// The n-th only.
    Nth(u32),
    /// Every one behind the first n.
    After(u32),
}
