//! Folder of a run: sockets, configuration, keys and logs. Only this user can enter it, and it is removed when the run
//! ends.

mod lock;
mod running_meshes;

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

pub(crate) use lock::lock_of;
pub use running_meshes::running_meshes;

/// File name of the control socket in the folder.
pub const CONTROL_SOCKET: &str = "control.sock";

/// Longest path of a Unix socket: `sun_path` holds 108 bytes with the closing zero (unix(7)).
const SOCKET_PATH_LIMIT: usize = 107;

/// Typical path of a socket in the folder. Each pod's own path is checked when it starts.
const TYPICAL_SOCKET: &str = "istio-ingressgateway/envoy.sock";

/// Error of creating a run's folder.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another run uses the name.
    #[error(
        "a mesh named {name:?} is already running (process {process}); stop it with `meshwalk down{}` or choose another --name",
        name_flag(name)
    )]
    Taken {
        /// Name of the mesh.
        name: String,
        /// Process ID in the lock file.
        process: String,
    },
    /// The name is not usable as a folder name.
    #[error("invalid mesh name {name:?}; use at most 32 letters, digits, - and _")]
    Name {
        /// Name as given.
        name: String,
    },
    /// The path of a socket would be too long.
    #[error(
        "the path {path} is too long for a Unix socket ({length} bytes, the limit is {limit}); set XDG_RUNTIME_DIR to a shorter folder or choose a shorter --name"
    )]
    TooLong {
        /// Path of the socket.
        path: PathBuf,
        /// Length of the path.
        length: usize,
        /// Limit of the operating system.
        limit: usize,
    },
    /// Other users can access the folder.
    #[error("the folder {path} belongs to another user or is open to others; remove it or set XDG_RUNTIME_DIR")]
    NotPrivate {
        /// Path of the folder.
        path: PathBuf,
    },
    /// A file operation failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// The operation.
        action: &'static str,
        /// Path of the file.
        path: PathBuf,
        /// Reason of the operating system.
        source: io::Error,
    },
}

/// The `--name` flag for a mesh; empty for the default name.
pub fn name_flag(name: &str) -> String {
    if name == DEFAULT_NAME { String::new() } else { format!(" --name {name}") }
}

/// Default of `--name`.
pub const DEFAULT_NAME: &str = "default";

/// Folder of all runs of this user: `$XDG_RUNTIME_DIR/meshwalk`, or one in the folder for temporary files if the
/// variable is not set (a container, `su`, a service).
pub fn base() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|value| Path::new(value).is_dir()) {
        Some(folder) => PathBuf::from(folder).join("meshwalk"),
        None => std::env::temp_dir().join(format!("meshwalk-{}", rustix::process::getuid().as_raw())),
    }
}

/// Folder of the run of this name.
pub fn path_of(name: &str) -> PathBuf {
    base().join(name)
}

/// Folder of a run, removed on drop. The kernel releases its lock when the process exits.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    lock: PathBuf,
    // Keeps the lock: the kernel releases it with the last descriptor.
    _held: File,
}

impl RunFolder {
    /// Takes the folder of this name and removes the folders of dead runs.
    ///
    /// # Errors
    /// If a run of this name is alive, or the folder cannot be made private.
    pub fn take(name: &str) -> Result<Self, Error> {
        Self::take_in(&base(), name)
    }

    /// As [`RunFolder::take`], in a given base folder.
    ///
    /// # Errors
    /// As [`RunFolder::take`].
    pub fn take_in(base: &Path, name: &str) -> Result<Self, Error> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > 32 || !name.chars().all(is_allowed) {
            return Err(Error::Name { name: name.to_owned() });
        }
        let path = base.join(name);
        check_socket_length(&path.join(TYPICAL_SOCKET))?;
        let lock = lock::lock_in(base, name);
        let mut retries = 10;
        let held = loop {
            make_private(base)?;
            remove_dead_runs(base);
            match lock::take(&lock, name) {
                // The last run of this user has just removed the empty base folder.
                Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound && retries > 0 => {
                    retries -= 1;
                }
                held => break held?,
            }
        };
        remove(&path)?;
        make_private(&path)?;
        Ok(Self { path, lock, _held: held })
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // Remove the file before the lock is released; a waiting run would otherwise lock a removed file.
        let removed = remove(&self.path).and_then(|()| remove_file(&self.lock));
        if let Err(error) = removed {
            tracing::warn!("{error}");
        }
        // Fails while other runs use the folder.
        let _ = self.lock.parent().map(fs::remove_dir);
    }
}

/// Checks that a Unix socket can be bound at this path.
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

/// Removes the folders of runs whose lock is free: they were killed or lost power.
fn remove_dead_runs(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let lock = entry.path();
        if lock.extension().is_none_or(|extension| extension != "lock") {
            continue;
        }
        let Ok(file) = File::open(&lock) else { continue };
        if file.try_lock().is_ok() {
            let removed = remove(&lock.with_extension("")).and_then(|()| remove_file(&lock));
            match removed {
                Ok(()) => tracing::info!("removed the folder of a dead run: {}", lock.with_extension("").display()),
                Err(error) => tracing::warn!("{error}"),
            }
        }
    }
}

fn make_private(path: &Path) -> Result<(), Error> {
    let io_error = |action, source| Error::Io { action, path: path.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| io_error("create", source))?;
    // `symlink_metadata`: do not follow a link that another user may have created.
    let found = fs::symlink_metadata(path).map_err(|source| io_error("read the permissions of", source))?;
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
