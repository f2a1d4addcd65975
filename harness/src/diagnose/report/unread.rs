//! What of the files could not be read, told by line.

use std::io::{self, Write};

use mockdc_scenarios::visible;

use super::super::history::LogFile;
use super::super::input::Input;
use super::Names;
use super::console::counted;

/// Most files without a record that are named.
pub(super) const MOST_STRANGE: usize = 10;

/// Writes which lines were not read and why, and which files are no logs.
pub(super) fn unread(out: &mut dyn Write, input: &Input, names: &Names) -> io::Result<()> {
    let mut any = false;
    let mut strange = 0;
    for file in input.history.files.iter().filter(|file| !file.shown.is_empty() || file.dropped > 0) {
        if !any {
            writeln!(out, "\nNot read")?;
            any = true;
        }
        if file.is_no_log() {
            strange += 1;
            if strange <= MOST_STRANGE {
                writeln!(out, "  {}: {}", names.hide(&file.path), no_log(file))?;
            }
            continue;
        }
        for line in &file.shown {
            writeln!(
                out,
                "  {}:{}: {}: {}",
                names.hide(&file.path),
                line.line,
                line.why.text(),
                visible(&names.hide(line.text.trim_end()))
            )?;
        }
        let total: u64 = file.unread.values().sum();
        let more = total - file.shown.len() as u64;
        if more > 0 {
            writeln!(out, "  {}: {} more", names.hide(&file.path), counted(more, "line"))?;
        }
        if file.dropped > 0 {
            writeln!(
                out,
                "  {}: {} are counted and not looked at, for want of room: give the part of the log that matters",
                names.hide(&file.path),
                counted(file.dropped, "event")
            )?;
        }
    }
    if strange > MOST_STRANGE {
        writeln!(out, "  and {} without a record", counted((strange - MOST_STRANGE) as u64, "more file"))?;
    }
    Ok(())
}

/// What is said of a file that is no log.
pub(super) fn no_log(file: &LogFile) -> String {
    format!("no record in {}", counted(file.lines, "line"))
}
