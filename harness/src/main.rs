//! The binary `mockdc`.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use mockdc::cli::{Arguments, Streams, perform};
use mockdc::report::GitHub;

/// A run makes and drops many small values: this allocator does it in half the instructions of the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    start_tracing();
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut out = BufWriter::new(stdout.lock());
    let mut err = io::stderr();
    let progress = err.is_terminal();
    let github = GitHub::from_env();
    let exit =
        perform(arguments, &mut Streams { colour, progress, github, ..Streams::new(&mut out, &mut err) });
    match out.flush() {
        Ok(()) => exit.into(),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit.into(),
        Err(error) => {
            let _ = writeln!(err, "error: cannot write results: {error}");
            mockdc::cli::Exit::Environment.into()
        }
    }
}

/// `MOCKDC_LOG=debug` shows what the driver does, on standard error.
fn start_tracing() {
    use tracing_subscriber::EnvFilter;
    if std::env::var_os("MOCKDC_LOG").is_some() {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::from_env("MOCKDC_LOG"))
            .with_writer(io::stderr)
            .without_time()
            .init();
    }
}
