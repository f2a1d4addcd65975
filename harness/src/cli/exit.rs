//! Exit codes. They are part of the interface: scripts and CI rely on them.

/// What the program's exit code says. Of several, the one that stands latest here wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Everything passed.
    Passed,
    /// The run was interrupted.
    Interrupted,
    /// A verdict is inconclusive; that is not green.
    Inconclusive,
    /// An expectation or a promise failed.
    Failed,
    /// Two runs with the same seed differ.
    NotDeterministic,
    /// Nothing was selected.
    NothingSelected,
    /// The environment lacks something: a folder that cannot be written, say.
    Environment,
    /// A scenario file is invalid; nothing was run.
    InvalidScenario,
    /// The command line is wrong.
    Usage,
    /// A law was broken: a bug of mockdc.
    Bug,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::InvalidScenario => 3,
            Exit::NothingSelected => 4,
            Exit::Inconclusive => 5,
            Exit::Environment => 6,
            Exit::NotDeterministic => 7,
            Exit::Bug => 8,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> std::process::ExitCode {
        std::process::ExitCode::from(exit.code())
    }
}
