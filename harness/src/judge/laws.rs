//! Laws: what holds in every run, whatever the product does. A breach is a bug of mockdc.

mod convergence;
mod origin;
mod rights;
mod sums;
mod time;
mod waits;

pub(crate) use convergence::{KeyHashes, shared};
pub(crate) use time::run_forward;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::outline::Outline;
use super::side_by_side::all_of;
use super::{Breach, Tested};
use crate::timeline::Timeline;

macro_rules! laws {
    ($($id:ident $name:literal $text:literal;)*) => {
        /// A law of every run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum LawId { $(#[doc = $text] $id,)* }

        impl LawId {
            /// Every law.
            pub const ALL: &[LawId] = &[$(LawId::$id),*];

            /// Its name.
            pub fn as_str(self) -> &'static str {
                match self { $(LawId::$id => $name,)* }
            }

            /// What it says.
            pub fn text(self) -> &'static str {
                match self { $(LawId::$id => $text,)* }
            }
        }
    };
}

laws! {
    TimeRunsForward "time-runs-forward"
        "Events are numbered without gaps, time never runs backwards, and nothing follows the end.";
    ProcessEndsOnce "process-ends-once"
        "A process starts once and ends once.";
    ReplicasConverge "replicas-converge"
        "Once changes and faults have ended, all domain controllers show the same accounts.";
    ReplicasShowOnlyCommits "replicas-show-only-commits"
        "A replica never shows what no source had committed.";
    WaitsEndByTheirLimit "waits-end-by-their-limit"
        "Each wait ends by its limit.";
    SumsAddUp "sums-add-up"
        "Deltas, bytes and attempts add up.";
    EffectiveRights "effective-rights"
        "A right that a launch finds is one that policy gives to its account, or gave to its token.";
}

impl fmt::Display for LawId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a run says of one law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct LawFinding {
    /// The law.
    pub law: LawId,
    /// How often the run put it to the test; 0: nothing in it could have broken the law.
    pub occasions: u32,
    /// The occasions on which it was broken; none in a run of a sound mockdc.
    pub breaches: Vec<Breach>,
}

/// What a run says of every law, in the order of [`LawId::ALL`].
pub fn laws(run: &Timeline) -> Vec<LawFinding> {
    check_laws(&Outline::of(run))
}

pub(crate) fn check_laws(outline: &Outline<'_>) -> Vec<LawFinding> {
    let finding = |law: &LawId| {
        let Tested { occasions, breaches } = test(*law, outline);
        LawFinding { law: *law, occasions, breaches }
    };
    all_of(outline, LawId::ALL, finding)
}

fn test(law: LawId, outline: &Outline<'_>) -> Tested {
    match law {
        LawId::TimeRunsForward => time::runs_forward(outline),
        LawId::ProcessEndsOnce => time::processes_end_once(outline),
        LawId::ReplicasConverge => convergence::replicas_converge(outline),
        LawId::ReplicasShowOnlyCommits => origin::replicas_show_only_commits(outline),
        LawId::WaitsEndByTheirLimit => waits::waits_end_by_their_limit(outline),
        LawId::SumsAddUp => sums::sums_add_up(outline),
        LawId::EffectiveRights => rights::effective_rights(outline),
    }
}

#[cfg(test)]
mod tests;
