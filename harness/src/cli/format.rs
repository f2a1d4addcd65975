//! `mockdc fmt`.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::arguments::Fmt;
use super::{Exit, Streams, select};

/// Columns that diagnostics are wrapped to.
const WIDTH: usize = 100;

/// `mockdc fmt`
pub(super) fn fmt(fmt: &Fmt, streams: &mut Streams<'_>) -> io::Result<Exit> {
    if fmt.paths.iter().any(|path| path == Path::new("-")) {
        if fmt.paths.len() > 1 {
            writeln!(streams.err, "error: `-` is standard input and stands alone")?;
            return Ok(Exit::Usage);
        }
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text)?;
        return match formatted("standard input", &text, streams)? {
            None => Ok(Exit::InvalidScenario),
            Some(formatted) if fmt.check => Ok(if formatted == text { Exit::Passed } else { Exit::Failed }),
            Some(formatted) => streams.out.write_all(formatted.as_bytes()).map(|()| Exit::Passed),
        };
    }
    let files = match select::files(&fmt.paths, &mut Vec::new()) {
        Ok(files) => files,
        Err(error) => {
            writeln!(streams.err, "error: {error}")?;
            return Ok(Exit::Usage);
        }
    };
    if files.is_empty() {
        writeln!(streams.err, "error: no scenario file was found")?;
        return Ok(Exit::NothingSelected);
    }
    let mut exit = Exit::Passed;
    for path in files {
        let label = path.display().to_string();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                writeln!(streams.err, "error: cannot read `{label}`: {error}")?;
                exit = exit.max(Exit::Environment);
                continue;
            }
        };
        match formatted(&label, &text, streams)? {
            None => exit = exit.max(Exit::InvalidScenario),
            Some(formatted) if formatted == text => {}
            Some(_) if fmt.check => {
                writeln!(streams.out, "{label}")?;
                exit = exit.max(Exit::Failed);
            }
            Some(formatted) => match replace(&path, &formatted) {
                Ok(()) => writeln!(streams.out, "{label}")?,
                Err(error) => {
                    writeln!(streams.err, "error: cannot write `{label}`: {error}")?;
                    exit = exit.max(Exit::Environment);
                }
            },
        }
    }
    if exit == Exit::Failed {
        writeln!(streams.err, "help: `mockdc fmt` without `--check` lays these files out")?;
    }
    Ok(exit)
}

/// `None` when the text is no TOML; what is wrong is printed by then.
fn formatted(label: &str, text: &str, streams: &mut Streams<'_>) -> io::Result<Option<String>> {
    match mockdc_scenarios::format(text) {
        Ok(formatted) => Ok(Some(formatted)),
        Err(error) => {
            match mockdc_scenarios::read_str(label, text) {
                Err(report) => write!(streams.err, "{}", report.render(WIDTH))?,
                Ok(_) => writeln!(streams.err, "error: {label}: {error}")?,
            }
            Ok(None)
        }
    }
}

/// Puts a file into the place of another in one go, so that a full disk costs nobody their scenario.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.mockdc-fmt"));
    let written = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, fs::metadata(&path)?.permissions()))
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
