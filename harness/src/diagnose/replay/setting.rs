//! A setting that may reproduce a failure.

use mockdc_mocks::Right;

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inferred<T> {
    pub(super) value: T,
    /// `measured: …` with the lines, or `assumed: …` with the reason.
    pub(super) from: String,
}

impl<T> Inferred<T> {
    pub(super) fn measured(value: T, lines: impl Into<String>) -> Inferred<T> {
        Inferred { value, from: format!("measured: {}", lines.into()) }
    }

    pub(super) fn assumed(value: T, why: impl Into<String>) -> Inferred<T> {
        Inferred { value, from: format!("assumed: {}", why.into()) }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// New accounts are late at the client, a domain controller.
    Delay(Inferred<Lateness>),
    /// A policy takes rights from the client's account, or its membership in Administrators.
    Policy {
        /// Rights that are defined without the account.
        rights: Inferred<Vec<Right>>,
        /// Whether Administrators is restricted without the account.
        restricted: bool,
        /// Whether the maintenance cycle meets it, not a restart.
        at_cycle: Inferred<bool>,
        /// Where the logs show the install: how long after their first line the client met it, in seconds.
        since_install: Option<Inferred<i64>>,
    },
    /// The client's administrative share does not answer.
    Unreachable {
        /// Where an attempt gets through at last: when the share is there again, in seconds after the first line.
        back: Option<Inferred<i64>>,
    },
}

/// How accounts are late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lateness {
    /// Each change by the same time, in seconds.
    Constant(i64),
    /// By pulses of NT 4.0: the first one, and the time between two, in seconds.
    Pulse { first: i64, every: i64 },
    /// The first account comes at once; what is made later comes at this time, in seconds after the start.
    Held { until: i64 },
    /// Accounts by one time and their rights by another, in seconds.
    RightsLater { account: i64, rights: i64 },
}

/// How a client is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// By the site server.
    Remote,
    /// By an administrator at the machine.
    Manual,
}

/// Everything that a scenario states.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) article: String,
    pub(super) title: String,
    pub(super) start: Inferred<String>,
    pub(super) domain: Inferred<String>,
    pub(super) client: Inferred<String>,
    pub(super) server: Inferred<String>,
    pub(super) profile: Inferred<String>,
    pub(super) method: Inferred<Method>,
    /// The language of the systems, when it is not English.
    pub(super) language: Option<Inferred<String>>,
    pub(super) cause: Cause,
    /// The longest wait at the PDC, in minutes, when it is not the usual one.
    pub(super) longest_wait: Option<Inferred<u32>>,
    /// Values of the client's profile that are not as usual, by their keys.
    pub(super) overrides: Vec<(&'static str, Inferred<String>)>,
    /// The minimum age of a password, in days.
    pub(super) minimum_age: Option<Inferred<i64>>,
    /// The minimum length of a password.
    pub(super) minimum_length: Option<Inferred<i64>>,
    /// How much the client's clock is ahead, in seconds.
    pub(super) ahead: Option<Inferred<i64>>,
    /// The promises that the run breaks.
    pub(super) violates: Vec<String>,
    /// Lines of the customer's logs that the run repeats: host, file and message.
    pub(super) expected: Vec<(String, String, Vec<String>)>,
}
