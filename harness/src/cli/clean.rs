//! `mockdc clean`

use std::io;

use mockdc_containers::{Cleaning, Removed, clean};

use super::arguments::Clean;
use super::{Exit, Streams};

/// Removes what runs on containers left, and says what it was.
pub(super) fn run(arguments: &Clean, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let Clean { images, dry_run } = *arguments;
    let removed = runtime.block_on(clean(Cleaning { images, dry_run }));
    let Removed { containers, networks, volumes, images, alive } = match removed {
        Ok(removed) => removed,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Environment);
        }
    };
    let counts = [(containers, "container"), (networks, "network"), (volumes, "volume"), (images, "image")];
    let counted: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, thing)| format!("{count} {thing}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    match counted.as_slice() {
        [] => writeln!(streams.out, "nothing of mockdc's was left")?,
        counted if dry_run => writeln!(streams.out, "would be removed: {}", counted.join(", "))?,
        counted => writeln!(streams.out, "removed: {}", counted.join(", "))?,
    }
    for run in alive {
        writeln!(streams.err, "note: run {run} is under way in another process, and what is its own stays")?;
    }
    Ok(Exit::Passed)
}
