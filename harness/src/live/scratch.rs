//! A folder of a live run's own, for its owner's eyes: password, endpoints, token.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The folder; it goes when this is dropped, unless somebody has named it. A run that is killed leaves it, and the next
/// one removes it.
#[derive(Debug)]
pub struct Scratch {
    path: PathBuf,
    /// Locked as long as the folder is in use, by whatever process of whatever namespace; none on a folder that stays.
    lock: Option<File>,
}

/// The file whose lock says that a folder is in use.
const LOCK: &str = "lock";

impl Scratch {
    /// Makes one below the system's folder for such things, and removes there what killed runs have left.
    pub fn new() -> io::Result<Scratch> {
        let below = std::env::temp_dir();
        sweep(&below);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = below.join(format!("mockdc-{}-{number}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Scratch::locked(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// One that somebody has named, made where it is not there. It stays.
    pub fn at(folder: &Path) -> io::Result<Scratch> {
        let named =
            |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", folder.display()));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(named)?;
        Ok(Scratch { path: std::path::absolute(folder).map_err(named)?, lock: None })
    }

    /// The lock is there before it has its name, so that nobody finds it open.
    fn locked(path: PathBuf) -> io::Result<Scratch> {
        let fresh = path.join("lock.new");
        let lock = File::options().write(true).create_new(true).mode(0o600).open(&fresh)?;
        lock.try_lock()?;
        fs::rename(&fresh, path.join(LOCK))?;
        Ok(Scratch { path, lock: Some(lock) })
    }

    /// Writes a file into it that nobody else can read, and gives its path.
    pub fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.path().join(name);
        // A file that is there already could be open to others, or lead elsewhere: a new one takes its place.
        let fresh = self.path().join(format!(".{name}.{}", std::process::id()));
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&fresh, &path)?;
        Ok(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Removes the folders whose run is gone. What belongs to somebody else, or cannot be removed, stays.
fn sweep(below: &Path) {
    let Ok(entries) = fs::read_dir(below) else { return };
    let user = rustix::process::geteuid().as_raw();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let numbers = name.to_str().and_then(|name| name.strip_prefix("mockdc-")?.split_once('-'));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        // Nobody but its owner can have put anything into a folder of ours; those of others are left alone.
        let own = entry.metadata().is_ok_and(|entry| entry.is_dir() && entry.uid() == user);
        if !own || !numbers.is_some_and(|(process, number)| is_number(process) && is_number(number)) {
            continue;
        }
        let lock = File::options().write(true).open(entry.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.lock.is_some() {
            // What cannot be removed is a few files in a folder for such things.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_run_s_folder_goes_and_a_living_one_stays() -> io::Result<()> {
        let below = Scratch::new()?;
        let make = |name: &str| {
            let path = below.path().join(name);
            fs::create_dir(&path).map(|()| path)
        };
        let living = Scratch::locked(make("mockdc-1-0")?)?;
        living.write("token", "secret")?;
        let killed = Scratch::locked(make("mockdc-2-7")?)?;
        let left = killed.path().to_owned();
        killed.write("token", "secret")?;
        // As a process that is killed does: the lock goes, and nothing is removed.
        killed.lock.as_ref().ok_or(io::ErrorKind::NotFound)?.unlock()?;
        std::mem::forget(killed);
        let foreign = [make("mockdc-3-x")?, make("mockdc-results")?, make("mockdc-4-1")?];
        sweep(below.path());
        assert!(!left.exists() && living.path().join("token").exists());
        assert!(foreign.iter().all(|path| path.exists()), "they are none of ours, or have no lock");
        Ok(())
    }
}
