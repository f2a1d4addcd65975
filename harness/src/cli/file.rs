//! Files that a command is asked to write.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Exit, Streams};

/// Writes a file. `Some` when that fails; the reason is printed by then.
pub(super) fn write_file(
    path: &Path,
    streams: &mut Streams<'_>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<Exit>> {
    let written = File::create(path).map(BufWriter::new).and_then(|mut out| {
        write(&mut out)?;
        out.flush()
    });
    match written {
        Ok(()) => Ok(None),
        Err(error) => {
            writeln!(streams.err, "error: cannot write `{}`: {error}", path.display())?;
            Ok(Some(Exit::Environment))
        }
    }
}
