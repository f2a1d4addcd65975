//! A folder of a live run's own, for its owner's eyes: password, endpoints, token.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The folder; it goes when this is dropped, unless somebody has named it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    stays: bool,
}

impl Scratch {
    /// Makes one below the system's folder for such things.
    pub fn new() -> io::Result<Scratch> {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("mockdc-{}-{number}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Scratch { path, stays: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// One that somebody has named, made where it is not there. It stays.
    pub fn at(folder: &Path) -> io::Result<Scratch> {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(named)?;
        Ok(Scratch { path: std::path::absolute(folder).map_err(named)?, stays: true })
    }

    /// Writes a file into it that nobody else can read, and gives its path.
    pub fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.stays {
            // What cannot be removed is a few files in a folder for such things.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
