//! Conditions: one grammar for waits, branches, `when` and expectations.

use mockdc_mocks::{HostName, Name, SimTime, Span, StateKey, Value};
use serde::{Deserialize, Serialize};

use super::Pattern;

/// Something that is true or false of the run at an instant.
///
/// Names may hold `${kept}` inside scripts: it is replaced when the condition is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Condition {
    /// All hold.
    All(Vec<Condition>),
    /// At least one holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A piece of a host's state compares as stated; absent state equals nothing.
    State {
        /// The host.
        at: HostName,
        /// Which piece: attribute, membership, right, service, registry value, file, reachability, counter, …
        key: StateKey,
        /// The comparison.
        is: Comparison,
    },
    /// The result of a script's step so far: its code, 0 for success. False before the step has run.
    Result {
        /// The script; the one that asks when absent.
        script: Option<Name>,
        /// The step's id.
        step: Name,
        /// The comparison with its code.
        is: Comparison,
    },
    /// A value that a script keeps.
    Kept {
        /// The script; the one that asks when absent.
        script: Option<Name>,
        /// The name under which it is kept.
        name: Name,
        /// The comparison.
        is: Comparison,
    },
    /// Events so far that match.
    Happened {
        /// The event.
        event: Pattern,
        /// The comparison with their number; at least 1 unless said otherwise.
        count: Comparison,
    },
    /// The time since the last event that matches. False before the first.
    Age {
        /// The event.
        of: Pattern,
        /// At least this.
        at_least: Span,
    },
    /// The clock has reached this instant.
    Clock {
        /// The instant.
        from: SimTime,
    },
}

/// A comparison with a constant or a kept value (`Text("${kept}")`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// There is such a thing, whatever its value.
    Present,
    /// There is no such thing.
    Absent,
    /// Equal. Text without regard to case; the number of a DWORD equals its value.
    Equal(Value),
    /// There, and not equal.
    Unequal(Value),
    /// There, and at least this.
    AtLeast(Value),
    /// There, and at most this.
    AtMost(Value),
    /// There, and its text contains this.
    Contains(String),
}
