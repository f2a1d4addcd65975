//! What goes wrong: rules with a scope, a window and a count.

use serde::{Deserialize, Serialize};

use crate::{AccountName, HostName, Name, Span, VerbKind, Win32Error};

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
        from: Vec<HostName>,
        /// The other side.
        to: Vec<HostName>,
        /// One way only: `from` does not reach `to`, and `to` does reach `from`.
        #[serde(default)]
        one_way: bool,
    },
    /// Replication to these controllers is held until the window ends, and then goes on.
    Hold {
        /// The controllers.
        at: Vec<HostName>,
    },
    /// Traffic between two hosts takes longer.
    Slow {
        /// The hosts.
        between: (HostName, HostName),
        /// Added to each call and each chunk, one way.
        latency: Span,
        /// Bits a second for replication.
        #[serde(default)]
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
}
