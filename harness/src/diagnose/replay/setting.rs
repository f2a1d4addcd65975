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
    Unreachable(Unreachable),
    /// A session of another account stands in the way at the client, which is the PDC.
    Session {
        /// Where an attempt gets through at last: when the session ends, in seconds after the first line.
        until: Option<Inferred<i64>>,
    },
    /// A service that the install asks for does not run at the client.
    Stopped(Inferred<&'static str>),
    /// The accounts of a domain controller's client are not granted a right that their groups have lost.
    NotGranted {
        /// How late the accounts are.
        late: Inferred<Lateness>,
        /// Whether the logs show the install.
        installs: bool,
        /// Whether the maintenance cycle meets it, where they do not.
        at_cycle: Inferred<bool>,
    },
    /// The account that the clients of controllers share is locked by a machine with an account of the same name.
    Locked {
        /// Whether the maintenance cycle meets it, not a restart.
        at_cycle: Inferred<bool>,
    },
    /// A machine refuses launches to a client that runs as Local System, from whom no policy takes a right.
    Refused {
        /// With what.
        code: Inferred<u32>,
        /// The client's service.
        service: String,
        /// Whether the maintenance cycle meets it, not a restart.
        at_cycle: Inferred<bool>,
    },
    /// A set-up finds no PDC; what it logs, in this order.
    NoPrimary(Vec<SetupLine>),
}

impl Cause {
    /// How long it is there before the install that meets it, in seconds.
    pub(super) fn comes_first(&self) -> i64 {
        match self {
            Cause::Session { .. } | Cause::Stopped(_) => 60,
            _ => 0,
        }
    }
}

/// What is known of a machine that cannot be reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unreachable {
    /// Where an attempt gets through at last: when the share is there again, in seconds after the first line.
    pub(super) back: Option<Inferred<i64>>,
    /// When a second request comes, in seconds after the first line.
    pub(super) again: Option<Inferred<i64>>,
    /// An account of the machine's own that shares the name of the site server's, and after how many wrong passwords it
    /// is locked.
    pub(super) namesake: Option<Inferred<(String, u64)>>,
    /// No further attempt comes.
    pub(super) once: Option<Inferred<()>>,
}

/// A line of a set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SetupLine {
    /// What it tells of.
    pub(super) tells: Tells,
    /// Its file.
    pub(super) file: String,
    /// Who writes it.
    pub(super) component: String,
    /// What it says, names replaced, and where it stands.
    pub(super) text: Inferred<String>,
}

/// What a line of a set-up tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tells {
    /// The PDC was not found.
    NoPrimary,
    /// An account could not be made there.
    NoAccount,
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
