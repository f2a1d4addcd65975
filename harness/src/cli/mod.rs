//! The command line.

mod arguments;
mod exit;
mod inspect;
mod run;
mod select;

pub use arguments::{Arguments, Command, Format};
pub use exit::Exit;
pub use select::{SKIP_MARK, SelectError, Selection, filter, glob, read};

use std::io::{self, Write};

use clap::CommandFactory;

/// Where results and messages go, so that tests can look at both.
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Progress, notes and errors.
    pub err: &'a mut dyn Write,
    /// Whether results may be coloured.
    pub colour: bool,
}

/// Performs a command.
pub fn perform(arguments: Arguments, streams: &mut Streams<'_>) -> Exit {
    let result = match arguments.command {
        Command::Run(run) => run::run(&run, streams),
        Command::List(list) => inspect::list(&list, streams),
        Command::Show(select) => inspect::show(&select, streams),
        Command::Check(check) => inspect::check(&check, streams),
        Command::Explain(explain) => inspect::explain(&explain, streams),
        Command::Profiles { name } => inspect::profiles(name.as_deref(), streams),
        Command::Judge { events, format } => run::judge_again(&events, format, streams),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "mockdc", &mut streams.out);
            Ok(Exit::Passed)
        }
    };
    match result {
        Ok(exit) => exit,
        // Whoever reads our output may stop reading: `mockdc list | head` is no failure of ours.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Passed,
        Err(error) => {
            let _ = writeln!(streams.err, "error: {error}");
            Exit::Environment
        }
    }
}
