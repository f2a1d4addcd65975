//! `mockdc diagnose`

use std::io;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::arguments::Diagnose;
use super::{Exit, Streams};
use crate::diagnose::report::{self, Names, Show};
use crate::diagnose::{Input, Lexicon, find, load};

/// Fewer bytes than this are read before anybody asks.
const WORTH_IT: u64 = 32 * 1024 * 1024;

pub(super) fn run(diagnose: &Diagnose, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let input = match read(diagnose, streams)? {
        Ok(input) => input,
        Err(exit) => return Ok(exit),
    };
    let names = match diagnose.keep_names {
        true => Names::kept(),
        false => Names::replaced(&input.history, &input.facts),
    };
    report::console(streams.out, &input, &names, Show { everything: diagnose.all })?;
    Ok(Exit::Passed)
}

/// Reads the files. `Err` when that failed; the reason is printed by then.
fn read(diagnose: &Diagnose, streams: &mut Streams<'_>) -> io::Result<Result<Input, Exit>> {
    let lexicon = match Lexicon::built_in() {
        Ok(lexicon) => lexicon,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Err(Exit::Bug));
        }
    };
    let files = match find(&diagnose.paths) {
        Ok(files) => files,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Err(Exit::Usage));
        }
    };
    let total = files.iter().map(|(_, size)| size).sum();
    let bar = (streams.progress && total >= WORTH_IT).then(|| bar(total));
    let loaded = load(&files, &lexicon, &mut |bytes| {
        if let Some(bar) = &bar {
            bar.inc(bytes);
        }
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let input = match loaded {
        Ok(input) => input,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Err(Exit::Environment));
        }
    };
    let records = input.history.files.iter().any(|file| !file.records.is_empty());
    if !records && input.facts.is_empty() {
        writeln!(
            streams.err,
            "error: no record was found in {} files\nhelp: give logs of a site server or a client, such as Ccm.log, \
             Wnremote.log or Clisvc.log, or a folder with them",
            files.len()
        )?;
        for refused in &input.refused {
            writeln!(streams.err, "note: {refused}")?;
        }
        return Ok(Err(Exit::NothingSelected));
    }
    Ok(Ok(input))
}

fn bar(total: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(8));
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}
