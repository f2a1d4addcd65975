//! Faults, as they are written.

use mockdc_mocks::{AccountName, Drip, PortOperation, Span, VerbKind, WireCut};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Endless, Hosts, Located, Rate, Word};

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
    /// Operations of LDAP are spoiled at the ports of controllers. Only clients at ports meet it: `mockdc serve` and
    /// `exec`.
    pub(crate) wire: Option<RawWire>,
    /// Nobody listens at the ports of controllers while the fault lasts. Only clients at ports meet it.
    pub(crate) close_port: Option<RawClosePort>,
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

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWire {
    /// At which controllers; at all when absent.
    #[serde(default)]
    pub(crate) at: Hosts,
    /// Which operation; every one that has an answer when absent.
    pub(crate) operation: Option<PortOperation>,
    /// It is not performed; the answer is the LDAP result of this number.
    #[schemars(range(min = 1, max = 16383))]
    pub(crate) result: Option<u32>,
    /// What stands in the answer beside the result.
    pub(crate) text: Option<String>,
    /// It is performed, and the answer comes so much later; never with `"forever"`.
    pub(crate) hang: Option<Endless>,
    /// It is performed, and the answer comes in pieces.
    pub(crate) drip: Option<Drip>,
    /// It is performed, and the answer breaks off.
    pub(crate) effect: Option<WireCut>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawClosePort {
    /// At which controllers; at all when absent.
    #[serde(default)]
    pub(crate) at: Hosts,
}
