//! Scripts: any other bootstrap, stated in the scenario file.

use mockdc_mocks::{HostName, Name, ProgramName, ServiceName, Span, VerbKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Condition, Trigger};

/// A script actor. Texts may hold `${name}`, which stands for a kept value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Script {
    /// Its name.
    pub name: Name,
    /// The line of the file in which it begins, from 1.
    pub line: u32,
    /// Where it runs; as a service's program it runs where the service does.
    pub host: Option<HostName>,
    /// Under whom it calls; Local System of its host when absent, and the service's token as a service's program.
    pub user: Option<ScriptUser>,
    /// What starts it.
    pub start: ScriptStart,
    /// What it does.
    pub steps: Vec<ScriptStep>,
}

/// Credentials in a script; texts may hold `${name}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScriptUser {
    /// The account. `NAME` or `DOMAIN\NAME` is the domain's, `HOST\NAME` that host's own.
    pub user: String,
    /// Its password.
    pub password: String,
}

/// What starts a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScriptStart {
    /// A time, a period, or something that happens.
    Trigger(Trigger),
    /// It is the program of services and launches: it starts anew with each, under its token.
    Program(ProgramName),
    /// Only another script or a step starts it.
    OnDemand,
}

/// A step of a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ScriptStep {
    /// Its id: as given, or `SCRIPT-N`.
    pub id: Name,
    /// The line of the file, from 1.
    pub line: u32,
    /// What it does.
    pub act: ScriptAct,
    /// Codes beside 0 with which the script goes on; any other ends it with that code. `None`: any code will do.
    pub tolerate: Option<Vec<u32>>,
    /// The script goes on only with this code: a failure that is required.
    pub require: Option<u32>,
    /// Keeps the reply (a text or number) under this name.
    pub keep: Option<Name>,
}

/// What a step of a script does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum ScriptAct {
    /// Performs an operation of the port.
    Do {
        /// At which host; the script's own when absent.
        at: Option<String>,
        /// Under whom; as the script when absent.
        user: Option<ScriptUser>,
        /// The verb.
        verb: VerbKind,
        /// Its arguments as written: a table, in which texts may hold `${name}`.
        arguments: toml::Table,
    },
    /// Waits until a condition holds; 1460 when the limit is over.
    Wait {
        /// The condition.
        until: Condition,
        /// A step that is performed before each look at the condition.
        polling: Option<Box<ScriptStep>>,
        /// How often it looks.
        every: Span,
        /// For how long at most; for ever when absent.
        limit: Option<Span>,
    },
    /// Lets time pass.
    Pause(Span),
    /// Keeps a value.
    Keep {
        /// Its name.
        name: Name,
        /// The value; text with `${name}`.
        value: String,
    },
    /// Draws a value from the seed and keeps it.
    Draw {
        /// Its name.
        name: Name,
        /// What.
        kind: Draw,
        /// Its length in characters.
        length: u32,
    },
    /// Writes a line to a log. `${name}` is a kept value, `${text:NAME}` the system text of a kept code.
    Log {
        /// The file.
        file: Name,
        /// The component.
        component: Name,
        /// The message.
        text: String,
    },
    /// Branches.
    If {
        /// The condition.
        condition: Condition,
        /// When it holds.
        then: Vec<ScriptStep>,
        /// When not.
        otherwise: Vec<ScriptStep>,
    },
    /// Runs another script to its end; the step's code is that script's.
    Run {
        /// Its name.
        script: Name,
    },
    /// Tries alternatives in turn, until one of them ends without a refused step.
    FirstOf(Vec<Vec<ScriptStep>>),
    /// As a service's program: reports the service as running, or as failed with a code.
    Report {
        /// The service.
        service: ServiceName,
        /// `None`: running; a code: failed, and the script ends.
        failed: Option<u32>,
    },
    /// Ends the script: 0 is success.
    End(u32),
}

/// What can be drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Draw {
    /// A password: letters of both cases, digits and others.
    Password,
    /// A name: letters and digits.
    Name,
}
