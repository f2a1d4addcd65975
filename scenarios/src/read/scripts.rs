//! Scripts and their steps, as they are written.

use mockdc_mocks::{Name, ServiceName, Span, Verb};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Located, RawCondition, RawCredentials, Short, Word};
use crate::Draw;
use crate::schema::{OneOrMany, Tolerated};

/// `[[script]]` without its steps.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScript {
    /// The name.
    pub(crate) name: Word,
    /// Where it runs; may be left out with `program`.
    pub(crate) host: Option<Word>,
    /// Under whom it calls; Local System of its host when absent.
    #[serde(rename = "user")]
    pub(crate) _user: Option<RawCredentials>,
    /// When: so long after the start.
    pub(crate) at: Option<Located<Span>>,
    /// When: again and again, so often.
    pub(crate) every: Option<Located<Span>>,
    /// With `every`: the first time; drawn from one period when absent.
    pub(crate) first: Option<Located<Span>>,
    /// With `every`: the last possible time.
    pub(crate) end: Option<Located<Span>>,
    /// With `every`: how often at most.
    pub(crate) count: Option<u32>,
    /// When: as soon as a condition comes true, an event happens, or a log line appears.
    pub(crate) when: Option<RawCondition>,
    /// With `when`: each time, and not only once.
    #[schemars(extend("default" = false))]
    pub(crate) each: Option<bool>,
    /// With `when`: so long after.
    #[schemars(extend("default" = "0s"))]
    pub(crate) after: Option<Span>,
    /// It is what services and launches of this program run, each time anew and under their token.
    pub(crate) program: Option<mockdc_mocks::ProgramName>,
    /// Its steps, one after the other.
    #[serde(rename = "step")]
    #[schemars(with = "Option<Vec<RawScriptStep>>")]
    pub(crate) _step: Option<serde::de::IgnoredAny>,
}

/// `[[script.step]]`. Inner steps are read one by one from the tree.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawScriptStep {
    /// Its name, for `result` and reports; `SCRIPT-N` otherwise.
    pub(crate) id: Option<Word>,
    /// Performs an operation of the port.
    #[serde(rename = "do")]
    #[schemars(with = "Option<Verb>")]
    pub(crate) _operation: Option<serde::de::IgnoredAny>,
    /// With `do`: at which host; the script's own when absent.
    pub(crate) at: Option<Word>,
    /// With `do`: under whom; as the script when absent.
    #[serde(rename = "as")]
    pub(crate) user: Option<crate::ScriptUser>,
    /// Codes beside 0 with which the script goes on, or `"any"`; it ends with any other.
    #[serde(rename = "tolerate")]
    #[schemars(with = "Option<Tolerated>")]
    pub(crate) _tolerate: Option<serde::de::IgnoredAny>,
    /// The script goes on only with this code.
    pub(crate) require: Option<u32>,
    /// Keeps the reply, a text or number, under this name.
    pub(crate) keep: Option<Name>,
    /// Waits until a condition holds; 1460 when the limit is over.
    pub(crate) wait: Option<Located<RawWait>>,
    /// Lets time pass.
    pub(crate) pause: Option<Span>,
    /// Keeps a value.
    pub(crate) set: Option<RawSet>,
    /// Draws a value from the seed and keeps it.
    pub(crate) draw: Option<RawDraw>,
    /// Writes a line to a log.
    pub(crate) log: Option<RawWriteLog>,
    /// Branches: when this condition holds, `then`, otherwise `else`.
    #[serde(rename = "if")]
    pub(crate) condition: Option<RawCondition>,
    /// With `if`: steps when it holds.
    #[serde(rename = "then")]
    #[schemars(with = "Option<Vec<RawScriptStep>>")]
    pub(crate) _then: Option<serde::de::IgnoredAny>,
    /// With `if`: steps when it does not.
    #[serde(rename = "else")]
    #[schemars(with = "Option<Vec<RawScriptStep>>")]
    pub(crate) _otherwise: Option<serde::de::IgnoredAny>,
    /// Tries lists of steps in turn, until one of them ends without a refused step.
    #[serde(rename = "first-of")]
    #[schemars(with = "Option<Vec<OneOrMany<RawScriptStep>>>")]
    pub(crate) _first_of: Option<serde::de::IgnoredAny>,
    /// Runs another script to its end; the code of the step is that of the script.
    pub(crate) run: Option<Word>,
    /// As a service's program: the service runs, or has failed.
    pub(crate) report: Option<Short<RawReport>>,
    /// Ends the script with this code; 0 is success.
    pub(crate) end: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWait {
    /// The condition.
    pub(crate) until: RawCondition,
    /// How often it looks.
    pub(crate) every: Option<Located<Span>>,
    /// For how long at most; for ever when absent.
    pub(crate) limit: Option<Located<Span>>,
    /// A step that is performed before each look.
    #[serde(rename = "polling")]
    #[schemars(with = "Option<Box<RawScriptStep>>")]
    pub(crate) _polling: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawSet {
    /// Its name.
    pub(crate) name: Name,
    /// The value; `${name}` stands for what is kept.
    pub(crate) value: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawDraw {
    /// Its name.
    pub(crate) name: Name,
    /// What is drawn.
    pub(crate) kind: Draw,
    /// How many characters.
    pub(crate) length: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawWriteLog {
    /// The log file.
    pub(crate) file: Name,
    /// The component.
    pub(crate) component: Name,
    /// The line. `${name}` stands for what is kept, `${text:NAME}` for the system text of a kept code.
    pub(crate) text: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct RawReport {
    /// The service.
    pub(crate) service: ServiceName,
    /// It failed with this code, and the script ends; it runs when absent.
    pub(crate) failed: Option<u32>,
}
