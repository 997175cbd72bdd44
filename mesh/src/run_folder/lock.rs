//! Lock file next to a run's folder. Its owner has the name, and the kernel releases it when the process exits.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use super::{Error, base};

/// Path of the lock of the run `name`. The file contains its process ID.
pub(crate) fn lock_of(name: &str) -> PathBuf {
    lock_in(&base(), name)
}

/// As [`lock_of`], in a given base folder.
pub(super) fn lock_in(base: &Path, name: &str) -> PathBuf {
    base.join(format!("{name}.lock"))
}

/// Takes the lock for the life of the process and writes the process ID into it.
///
/// # Errors
/// If a run of this name is alive, or the file cannot be used.
pub(super) fn take(lock: &Path, name: &str) -> Result<File, Error> {
    let io_error = |action, source| Error::Io { action, path: lock.to_owned(), source };
    let mut retries = 10;
    loop {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(lock)
            .map_err(|source| io_error("open", source))?;
        match file.try_lock() {
            Ok(()) => {}
            // A starting run holds each lock for a moment while it removes folders of dead runs.
            Err(TryLockError::WouldBlock) if retries > 0 => {
                retries -= 1;
                std::thread::sleep(std::time::Duration::from_millis(10));
                continue;
            }
            Err(TryLockError::WouldBlock) => {
                let process = fs::read_to_string(lock).unwrap_or_default();
                return Err(Error::Taken { name: name.to_owned(), process: process.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io_error("lock", source)),
        }
        // The previous owner may have removed the file between open and lock; then try again.
        let same = match (file.metadata(), fs::metadata(lock)) {
            (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
            _ => false,
        };
        if same {
            file.set_len(0)
                .and_then(|()| write!(file, "{}", std::process::id()))
                .map_err(|source| io_error("write", source))?;
            return Ok(file);
        }
    }
}
