//! A run's folder: sockets, configuration, keys and logs, entered by this user only, gone when the run ends.

mod lock;
pub mod running;

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

pub(crate) use lock::lock_of;

/// The control socket's name in the folder.
pub const CONTROL_SOCKET: &str = "control.sock";

/// `sun_path` in `sockaddr_un` holds 108 bytes, the closing zero among them (unix(7)).
const SOCKET_PATH_LIMIT: usize = 107;

/// What a socket's path is like below the folder; each pod's own is checked when it starts.
const TYPICAL_SOCKET: &str = "istio-ingressgateway/envoy.sock";

/// Why a run has no folder.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another run has it.
    #[error(
        "a mesh named {name:?} is already running (process {process}); stop it with `meshwalk down{}` or choose another --name",
        name_flag(name)
    )]
    Taken {
        /// The mesh's name.
        name: String,
        /// The process that has it, as far as it told.
        process: String,
    },
    /// A name that is no single folder name.
    #[error("{name:?} is no name for a mesh; use letters, digits, - and _, at most 32 of them")]
    Name {
        /// As given.
        name: String,
    },
    /// A socket could not be bound.
    #[error(
        "the path {path} is too long for a Unix socket ({length} bytes, {limit} are possible); set XDG_RUNTIME_DIR to a shorter folder or choose a shorter --name"
    )]
    TooLong {
        /// The socket.
        path: PathBuf,
        /// Its length.
        length: usize,
        /// The operating system's limit.
        limit: usize,
    },
    /// Somebody else could reach into it.
    #[error("the folder {path} belongs to another user or is open to others; remove it or set XDG_RUNTIME_DIR")]
    NotPrivate {
        /// The folder.
        path: PathBuf,
    },
    /// The operating system said no.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
}

/// How a mesh of this name is named on the command line: nothing for the default name.
pub fn name_flag(name: &str) -> String {
    if name == DEFAULT_NAME { String::new() } else { format!(" --name {name}") }
}

/// The name of a mesh that was given none.
pub const DEFAULT_NAME: &str = "default";

/// The folder in which every run of this user has its own: `$XDG_RUNTIME_DIR/meshwalk`, or one in the folder for
/// temporary files where no session set that variable (a container, `su`, a service).
pub fn base() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|value| Path::new(value).is_dir()) {
        Some(folder) => PathBuf::from(folder).join("meshwalk"),
        None => std::env::temp_dir().join(format!("meshwalk-{}", rustix::process::getuid().as_raw())),
    }
}

/// The folder of the run of that name.
pub fn path_of(name: &str) -> PathBuf {
    base().join(name)
}

/// A run's folder. It is removed when this is dropped; the lock beside it is released by the kernel in any case.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    lock: PathBuf,
    // Held, not read: the kernel releases the lock with the last descriptor, however the process ends.
    _held: File,
}

impl RunFolder {
    /// Takes the folder of that name; sweeps what dead runs left, of this name and of others.
    ///
    /// # Errors
    /// If a run of that name lives, or the folder cannot be made private.
    pub fn take(name: &str) -> Result<Self, Error> {
        Self::take_in(&base(), name)
    }

    /// As [`RunFolder::take`], in a given base folder.
    ///
    /// # Errors
    /// As [`RunFolder::take`].
    pub fn take_in(base: &Path, name: &str) -> Result<Self, Error> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 32 || !name.chars().all(fits) {
            return Err(Error::Name { name: name.to_owned() });
        }
        let path = base.join(name);
        check_socket_length(&path.join(TYPICAL_SOCKET))?;
        let lock = lock::lock_in(base, name);
        let mut patience = 10;
        let held = loop {
            make_private(base)?;
            sweep(base);
            match lock::take(&lock, name) {
                // The last run of this user took the empty base folder away just now.
                Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound && patience > 0 => {
                    patience -= 1;
                }
                held => break held?,
            }
        };
        remove(&path)?;
        make_private(&path)?;
        Ok(Self { path, lock, _held: held })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // The lock file goes before its lock is released, or a run that waits for it would lock a removed file.
        let removed = remove(&self.path).and_then(|()| remove_file(&self.lock));
        if let Err(error) = removed {
            tracing::warn!("{error}");
        }
        // The last run leaves nothing; while there are others, the folder is not empty and stays.
        let _ = self.lock.parent().map(fs::remove_dir);
    }
}

/// Whether a Unix socket of this path can be bound.
///
/// # Errors
/// [`Error::TooLong`] if not.
pub fn check_socket_length(socket: &Path) -> Result<(), Error> {
    let length = socket.as_os_str().len();
    if length > SOCKET_PATH_LIMIT {
        return Err(Error::TooLong { path: socket.to_owned(), length, limit: SOCKET_PATH_LIMIT });
    }
    Ok(())
}

/// Removes the folders of runs whose lock nobody holds: a power cut or SIGKILL left them.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let lock = entry.path();
        if lock.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(file) = File::open(&lock) else { continue };
        if file.try_lock().is_ok() {
            let swept = remove(&lock.with_extension("")).and_then(|()| remove_file(&lock));
            match swept {
                Ok(()) => tracing::info!("swept what a dead run left in {}", lock.with_extension("").display()),
                Err(error) => tracing::warn!("{error}"),
            }
        }
    }
}

fn make_private(path: &Path) -> Result<(), Error> {
    let io_error = |action, source| Error::Io { action, path: path.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| io_error("make", source))?;
    // A symbolic link is not followed: in a folder for temporary files anybody could have laid one.
    let found = fs::symlink_metadata(path).map_err(|source| io_error("look at", source))?;
    let ours = found.is_dir() && found.uid() == rustix::process::geteuid().as_raw();
    if !ours || found.permissions().mode() & 0o077 != 0 {
        return Err(Error::NotPrivate { path: path.to_owned() });
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Io { action: "remove", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Io { action: "remove", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
