//! The names of the promises that a product should keep.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! promises {
    ($($id:ident $name:literal $text:literal $source:literal;)*) => {
        /// A promise that a product should keep. The checks are the harness's; the names belong to the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum PromiseId { $(#[doc = $text] $id,)* }

        impl PromiseId {
            /// Every promise.
            pub const ALL: &[PromiseId] = &[$(PromiseId::$id),*];

            /// Its name in scenario files.
            pub fn as_str(self) -> &'static str {
                match self { $(PromiseId::$id => $name,)* }
            }

            /// What it says.
            pub fn text(self) -> &'static str {
                match self { $(PromiseId::$id => $text,)* }
            }

            /// Where it comes from.
            pub fn source(self) -> &'static str {
                match self { $(PromiseId::$id => $source,)* }
            }
        }
    };
}

promises! {
    NoCallAsADeletedAccount "no-call-as-a-deleted-account"
        "No call is made to a domain controller under an account that has been deleted there." "Q304961";
    BootstrapAccountOutlivesItsProcesses "bootstrap-account-outlives-its-processes"
        "The bootstrap account exists as long as a process runs under it." "Q304961";
    BootstrapAccountDeletedOnTime "bootstrap-account-deleted-on-time"
        "The bootstrap account is deleted the stated time after the loader stops: 15 minutes." "Q304961";
    LoaderOutlivesItsChild "loader-outlives-its-child"
        "The boot loader does not stop while the child that it started still runs." "Q304961";
    ComponentLaunchesWithItsRights "component-launches-with-its-rights"
        "A component launches whenever its account holds the rights that this launch needs; the client's service starts." "KB828371, Q223138";
    ComponentRightsAreKept "component-rights-are-kept"
        "Whenever a component is due to launch, its account holds the rights and the membership that it needs, the right of its service to log on included." "KB828371, Q320235, Q280532";
    FailedLaunchIsReported "failed-launch-is-reported"
        "A component that does not launch is reported: with the code of the failure, and by its agent's status." "KB828371, Q280532";
    LocalSystemNeedsNoPolicy "local-system-needs-no-policy"
        "A client that runs as Local System does not depend on rights that a domain policy can take." "KB828371";
    NoTemporaryAccountLeftOver "no-temporary-account-left-over"
        "No temporary account is left over when its install is over." "Q304961, Q217044";
    RetriesStayWithinTheirBound "retries-stay-within-their-bound"
        "An install is attempted no more often, and no faster, than the product says: hourly, for 7 days." "Q264630";
    WaitEndsWithinItsMaximum "wait-ends-within-its-maximum"
        "An install's wait for its account to be usable at the target is met before the product's maximum wait is over." "Q271724, Q221218";
    LastReadShowsOwnWrites "last-read-shows-own-writes"
        "What a program last reads of an account at a controller shows everything that the program had written of it before, wherever it wrote." "MS-ADTS 3.1.1.1.5 (replicas converge, and may differ until then)";
}

impl fmt::Display for PromiseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text is no promise's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no promise")]
pub struct UnknownPromise(pub String);

impl FromStr for PromiseId {
    type Err = UnknownPromise;

    fn from_str(text: &str) -> Result<PromiseId, UnknownPromise> {
        PromiseId::ALL
            .iter()
            .copied()
            .find(|promise| promise.as_str() == text)
            .ok_or_else(|| UnknownPromise(text.to_owned()))
    }
}
