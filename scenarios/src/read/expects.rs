//! Expectations and rules, as they are written.

use mockdc_mocks::{Name, Span};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ConstantOr, Hosts, Located, RawCondition, RawIs, Scalar, Short, Word};
use crate::schema::Breakable;
use crate::{Measure, Pattern};

/// `[[expect]]`, the claims of `of-many`, and the claim of a `[[rule]]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawExpect {
    /// Its name; only in a rule.
    pub(crate) name: Option<Word>,
    /// Why, in your words; reports show it.
    pub(crate) because: Option<String>,
    /// Of a claim about several hosts: how many of them it must hold for.
    #[schemars(extend("default" = "all"))]
    pub(crate) hold: Option<RawQuantity>,

    /// The client is installed at the end.
    pub(crate) installed: Option<Short<RawInstalled>>,
    /// One attempt to install the client failed.
    pub(crate) attempt_failed: Option<RawAttemptFailed>,
    /// The install failed for good: retries are exhausted.
    pub(crate) install_failed: Option<Short<RawInstallFailed>>,
    /// How a script ended.
    pub(crate) script: Option<RawScriptEnded>,
    /// How the user's own program ended.
    pub(crate) program: Option<RawProgramEnded>,
    /// An event happens, at least once.
    pub(crate) event: Option<Pattern>,
    /// Lines stand in a log, or do not.
    pub(crate) log: Option<Located<RawLog>>,
    /// A condition holds; at the end when no time is said.
    pub(crate) state: Option<RawCondition>,
    /// A number over the whole run compares so, with `is`.
    pub(crate) measure: Option<Measure>,
    /// The promises and rules of its own that the scenario breaks: all of them, and no other.
    #[schemars(with = "Option<Vec<Breakable>>")]
    pub(crate) violates: Option<Vec<Word>>,
    /// So many of several claims hold.
    pub(crate) of_many: Option<Located<RawOfMany>>,

    /// With `measure`: the comparison.
    pub(crate) is: Option<RawIs>,
    /// With `event`: it never happens. With `state`: at no moment.
    #[schemars(extend("default" = false))]
    pub(crate) never: Option<Located<bool>>,
    /// With `event`: how often, over the whole run.
    pub(crate) times: Option<Located<RawIs>>,
    /// With `event`: the n-th, from 1, exists, and timing speaks of it.
    pub(crate) nth: Option<Located<u32>>,
    /// With `event`: after the first such event.
    pub(crate) after: Option<Pattern>,
    /// With `after`: exactly so long.
    pub(crate) exactly: Option<Located<Span>>,
    /// With `after`: at most so long.
    pub(crate) within: Option<Located<Span>>,
    /// With `after`: at least so long.
    pub(crate) at_least: Option<Located<Span>>,
    /// With `event`: before the first such event, which must exist.
    pub(crate) before: Option<Pattern>,
    /// With `event`: at this instant. With `state`: then, after everything that happens at it.
    pub(crate) at: Option<Located<Span>>,
    /// With `event`: not before this instant.
    pub(crate) not_before: Option<Located<Span>>,
    /// With `event`: not after this instant.
    pub(crate) not_after: Option<Located<Span>>,
    /// With `state`: just before the first such event.
    pub(crate) just_before: Option<Pattern>,
    /// With `state`: just after the first such event.
    pub(crate) just_after: Option<Pattern>,
    /// With `state`: at every moment, or at every one between two instants.
    pub(crate) throughout: Option<Located<ConstantOr<RawThroughout>>>,
    /// With `state`: at some moment.
    #[schemars(extend("default" = false))]
    pub(crate) once: Option<Located<bool>>,
    /// With `state`: at no moment at which this condition holds.
    pub(crate) never_while: Option<RawCondition>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstalled {
    /// The clients.
    pub(crate) client: Hosts,
    /// By which attempt, from 1; any when absent.
    pub(crate) attempt: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawAttemptFailed {
    /// The clients.
    pub(crate) client: Hosts,
    /// Which attempt, from 1.
    #[schemars(extend("default" = 1))]
    pub(crate) attempt: Option<Located<u32>>,
    /// Its Win32 code; any when absent.
    pub(crate) code: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawInstallFailed {
    /// The clients.
    pub(crate) client: Hosts,
    /// The Win32 code of the last attempt; any when absent.
    pub(crate) code: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScriptEnded {
    /// The script.
    pub(crate) name: Word,
    /// A code (0: success), `"still-waiting"` or `"never-started"`.
    pub(crate) ended: Located<Scalar>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawProgramEnded {
    /// An exit code (0: success), `"timed-out"` or `"killed"`.
    pub(crate) ended: Located<Scalar>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawLog {
    /// The hosts.
    pub(crate) host: Hosts,
    /// The log file.
    pub(crate) file: Name,
    /// These lines stand in this order; others may stand between. A part of a line with `*` at an end.
    pub(crate) in_order: Option<Vec<String>>,
    /// None of these lines stands in it.
    pub(crate) none_of: Option<Vec<String>>,
    /// This line stands in it.
    pub(crate) line: Option<String>,
    /// With `line`: it does not.
    #[schemars(extend("default" = false))]
    pub(crate) never: Option<Located<bool>>,
    /// With `line`: how often.
    pub(crate) times: Option<Located<RawIs>>,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(crate) struct RawThroughout {
    /// From this instant; the start when absent.
    pub(crate) from: Option<Located<Span>>,
    /// To this instant; the end when absent.
    pub(crate) to: Option<Located<Span>>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawOfMany {
    /// How many of them hold.
    pub(crate) hold: RawQuantity,
    /// The claims.
    pub(crate) claims: Vec<RawExpect>,
}

/// `"all"`, `"none"`, or a table.
pub(crate) type RawQuantity = crate::Quantity;
