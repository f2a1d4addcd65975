//! Files that a command is asked to write.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Exit, Streams};

/// Writes a file. `Some` when that fails; the reason is printed by then.
pub(super) fn write_file(
    path: &Path,
    streams: &mut Streams<'_>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<Option<Exit>> {
    match whole(path, write) {
        Ok(()) => Ok(None),
        Err(error) => {
            writeln!(
                streams.err,
                "error: cannot write `{}`: {error}\nhelp: name a file in a folder that exists and takes new files",
                path.display()
            )?;
            Ok(Some(Exit::Environment))
        }
    }
}

/// Writes a file that is whole or, when the process is ended meanwhile, what it was before: it is written beside its
/// place and moved there. Where that cannot be, it is written in place: a device, a pipe, a link, a file in a folder that
/// takes no other, or one that nothing can be moved to, such as a file that is mounted into a container.
pub(super) fn whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let fill = |file: File| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    };
    let plain = fs::symlink_metadata(path).map_or_else(
        |error| error.kind() == io::ErrorKind::NotFound,
        |there| there.is_file() && !there.permissions().readonly(),
    );
    let beside = plain.then(|| beside(path)).flatten();
    let Some((aside, file)) =
        beside.and_then(|aside| File::create_new(&aside).ok().map(|file| (aside, file)))
    else {
        return fill(File::create(path)?);
    };
    let moved = keep_permissions(path, &file)
        .and_then(|()| fill(file))
        .and_then(|()| fs::rename(&aside, path).or_else(|_| fs::copy(&aside, path).map(drop)));
    // Nothing is there any more once it was moved; that the rest of it stays is not worth a message.
    drop(fs::remove_file(&aside));
    moved
}

/// A hidden file beside this one, with the number of the process in its name.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_string_lossy();
    Some(path.with_file_name(format!(".{name}.{}", std::process::id())))
}

/// Whoever may read the file that is replaced may read the new one.
fn keep_permissions(path: &Path, file: &File) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) => file.set_permissions(there.permissions()),
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("mockdc-file-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let folder = folder("whole");
        let path = folder.join("out.csv");
        whole(&path, |out| out.write_all(b"one")).unwrap();
        let broken = whole(&path, |out| {
            out.write_all(b"half of the other")?;
            assert_eq!(fs::read(&path)?, b"one", "it is not touched before the other is whole");
            Err(io::Error::other("ended"))
        });
        assert_eq!(broken.unwrap_err().to_string(), "ended");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        whole(&path, |out| out.write_all(b"other")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"other");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::remove_dir_all(folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_written_through_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = folder("link");
        let (target, link) = (folder.join("target"), folder.join("link"));
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&target, &link).unwrap();
        whole(&link, |out| out.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
        whole(&target, |out| out.write_all(b"newer")).unwrap();
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
        whole(Path::new("/dev/null"), |out| out.write_all(b"nothing")).unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
