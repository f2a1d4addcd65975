//! The command line.

mod arguments;
mod asked;
mod clean;
mod compare;
mod ctl;
mod diagnose;
mod exit;
mod explore;
mod file;
mod format;
mod inspect;
mod interrupt;
mod kb;
mod live;
mod pictures;
mod pool;
mod programs;
mod progress;
mod relay;
mod run;
mod select;
mod stop;
mod subject;
mod sweep;
mod threshold;
mod why;

pub use arguments::{Arguments, Assignment, Command, Diagnose, Format, Merge, Report, ReportFormat, Run};
pub use compare::Compare;
pub use exit::Exit;
pub use explore::Explore;
pub use pictures::Picture;
pub use select::{SKIP_MARK, SelectError, Selection, filter, glob, read, read_with};
pub use sweep::Sweep;
pub use threshold::Threshold;
pub use why::Why;

use std::io::{self, Write};

use clap::CommandFactory;

use crate::report::{GitHub, Harmless, Written};

/// Where results and messages go, so that tests can look at both.
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut dyn Write,
    /// Progress, notes and errors.
    pub err: &'a mut dyn Write,
    /// Whether results may be coloured.
    pub colour: bool,
    /// Whether somebody watches `err`, so that progress is worth drawing.
    pub progress: bool,
    /// The runner of GitHub Actions that reads `out` and `err`, if one does.
    pub github: Option<GitHub>,
    /// What the runner is told at the end; nothing else that is written commands it.
    pub commands: Vec<String>,
}

impl<'a> Streams<'a> {
    /// For somebody who reads and is no runner.
    pub fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Streams<'a> {
        Streams { out, err, colour: false, progress: false, github: None, commands: Vec::new() }
    }
}

/// Performs a command.
pub fn perform(arguments: Arguments, streams: &mut Streams<'_>) -> Exit {
    let exit = match streams.github.take() {
        None => dispatch(arguments, streams),
        Some(github) => before_a_runner(arguments, streams, github),
    };
    for command in std::mem::take(&mut streams.commands) {
        let _ = writeln!(streams.err, "{command}");
    }
    exit
}

/// Performs a command of which a runner reads the output.
fn before_a_runner(arguments: Arguments, streams: &mut Streams<'_>, github: GitHub) -> Exit {
    let written = match &arguments.command {
        Command::Run(Run { format: ReportFormat::Json | ReportFormat::Tap, .. })
        | Command::Judge { format: ReportFormat::Json | ReportFormat::Tap, .. }
        | Command::Report {
            command: Report::Merge(Merge { format: ReportFormat::Json | ReportFormat::Tap, .. }),
        } => Written::Quoted,
        Command::List(list) if list.format == Format::Json => Written::Quoted,
        Command::Check(check) if check.format == Format::Json => Written::Quoted,
        Command::Threshold(threshold) if threshold.format == Format::Json => Written::Quoted,
        Command::Sweep(sweep) if sweep.format == Format::Json => Written::Quoted,
        Command::Compare(compare) if compare.format == Format::Json => Written::Quoted,
        Command::Report { command: Report::Trace(_) } => Written::Quoted,
        Command::Explore(explore) if explore.format == Format::Json => Written::Quoted,
        Command::Why(why) if why.format == Format::Json => Written::Quoted,
        Command::Diagnose(diagnose) if diagnose.format == Format::Json => Written::Quoted,
        Command::Serve(serve) if serve.live.format != ReportFormat::Console => Written::Quoted,
        Command::Exec(exec) if exec.live.format != ReportFormat::Console => Written::Quoted,
        Command::Ctl(ctl) if ctl.format == Format::Json => Written::Quoted,
        _ => Written::Text,
    };
    let mut out = Harmless::new(streams.out, written);
    let mut err = Harmless::new(streams.err, Written::Text);
    let mut inner = Streams::new(&mut out, &mut err);
    inner.colour = streams.colour;
    inner.github = Some(github);
    let exit = dispatch(arguments, &mut inner);
    streams.commands = inner.commands;
    let finished = out.finish().and(err.finish());
    match finished {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => exit.max(Exit::Environment),
        _ => exit,
    }
}

fn dispatch(arguments: Arguments, streams: &mut Streams<'_>) -> Exit {
    let result = match arguments.command {
        Command::Run(run) => run::run(&run, streams),
        Command::List(list) if list.kb => kb::list(list, streams),
        Command::List(list) => inspect::list(&list, streams),
        Command::Show(select) => inspect::show(&select, streams),
        Command::Check(check) => inspect::check(&check, streams),
        Command::Fmt(fmt) => format::fmt(&fmt, streams),
        Command::Schema => write!(streams.out, "{}", mockdc_scenarios::schema_text()).map(|()| Exit::Passed),
        Command::Explain(explain) => inspect::explain(&explain, streams),
        Command::Profiles { name } => inspect::profiles(name.as_deref(), streams),
        Command::Judge { events, format } => run::judge_again(&events, format, streams),
        Command::Threshold(threshold) => threshold::threshold(&threshold, streams),
        Command::Sweep(sweep) => sweep::sweep(&sweep, streams),
        Command::Compare(compare) => compare::compare(&compare, streams),
        Command::Explore(explore) => explore::explore(&explore, streams),
        Command::Why(why) => why::why(&why, streams),
        Command::Report { command: Report::Merge(merge) } => run::merge(&merge, streams),
        Command::Diagnose(diagnose) => diagnose::run(&diagnose, streams),
        Command::Report { command: Report::Html(of) } => pictures::html(&of, streams),
        Command::Report { command: Report::Trace(of) } => pictures::trace(&of, streams),
        Command::Report { command: Report::Picture(of) } => pictures::terminal(&of, streams),
        Command::Serve(serve) => live::serve(&serve, streams),
        Command::Exec(exec) => live::exec(&exec, streams),
        Command::Ctl(ctl) => ctl::ctl(&ctl, streams),
        Command::Relay(relay) => relay::relay(&relay, streams),
        Command::Probe(probe) => relay::probe(&probe, streams),
        Command::Clean(clean) => clean::run(&clean, streams),
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
