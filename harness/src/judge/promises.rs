//! Promises: what a product should keep. A scenario lists every one that it breaks.

mod accounts;
mod install;
mod launches;
mod wire;

use mockdc_scenarios::PromiseId;
use serde::Serialize;

use super::outline::Outline;
use super::side_by_side::all_of;
use super::{Breach, Tested};
use crate::timeline::Timeline;

/// What a run says of one promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Finding {
    /// The promise.
    pub promise: PromiseId,
    /// How often the run put it to the test; 0: nobody in it makes this promise.
    pub occasions: u32,
    /// The occasions on which it was broken.
    pub breaches: Vec<Breach>,
}

impl Finding {
    /// Whether it was broken.
    pub fn is_broken(&self) -> bool {
        !self.breaches.is_empty()
    }
}

/// What a run says of every promise, in the order of [`PromiseId::ALL`].
pub fn promises(run: &Timeline) -> Vec<Finding> {
    check_promises(&Outline::of(run))
}

pub(crate) fn check_promises(outline: &Outline<'_>) -> Vec<Finding> {
    let finding = |promise: &PromiseId| {
        let Tested { occasions, breaches } = test(*promise, outline);
        Finding { promise: *promise, occasions, breaches }
    };
    all_of(outline, PromiseId::ALL, finding)
}

fn test(promise: PromiseId, outline: &Outline<'_>) -> Tested {
    match promise {
        PromiseId::NoCallAsADeletedAccount => accounts::no_call_as_a_deleted_account(outline),
        PromiseId::BootstrapAccountOutlivesItsProcesses => accounts::outlives_its_processes(outline),
        PromiseId::BootstrapAccountDeletedOnTime => accounts::deleted_on_time(outline),
        PromiseId::NoTemporaryAccountLeftOver => accounts::none_left_over(outline),
        PromiseId::LoaderOutlivesItsChild => install::loader_outlives_its_child(outline),
        PromiseId::RetriesStayWithinTheirBound => install::retries_stay_within_their_bound(outline),
        PromiseId::WaitEndsWithinItsMaximum => install::wait_ends_within_its_maximum(outline),
        PromiseId::LastReadShowsOwnWrites => wire::last_read_shows_own_writes(outline),
        PromiseId::ComponentLaunchesWithItsRights => launches::launches_with_its_rights(outline),
        PromiseId::ComponentRightsAreKept => launches::rights_are_kept(outline),
        PromiseId::FailedLaunchIsReported => launches::failed_launch_is_reported(outline),
        PromiseId::LocalSystemNeedsNoPolicy => launches::local_system_needs_no_policy(outline),
    }
}

#[cfg(test)]
mod tests;
