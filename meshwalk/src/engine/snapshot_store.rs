//! Stores snapshots in a file until they are restored, in case this process ends before the restore.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::platform::Snapshot;

/// Store of one mesh's snapshot.
#[derive(Debug, Clone)]
pub struct SnapshotStore {
    file: PathBuf,
}

/// Snapshot with the lab that took it and the time.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StoredSnapshot {
    /// Lab that took the snapshot.
    pub lab: String,
    /// Start of the lab, in seconds of Unix time.
    pub unix_time: u64,
    /// State before the lab.
    pub snapshot: Snapshot,
}

/// Error of a snapshot store.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotStoreError {
    /// The file cannot be read, written or removed.
    #[error("cannot {action} {file}: {source}")]
    Io {
        /// Operation that failed.
        action: &'static str,
        /// Path of the snapshot.
        file: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file is not a snapshot.
    #[error("{file} is not a valid snapshot ({source}); remove it if you do not need it")]
    Foreign {
        /// Path of the snapshot.
        file: PathBuf,
        /// Error of the parser.
        source: serde_json::Error,
    },
}

impl SnapshotStore {
    /// Creates the store of the mesh with this name, in the user's state folder, which survives a reboot.
    #[must_use]
    pub fn for_mesh(name: &str) -> Self {
        let set = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = set("XDG_STATE_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".local/state")))
            .unwrap_or_else(std::env::temp_dir);
        Self::at(&state.join("meshwalk").join(format!("before-{name}.json")))
    }

    /// Creates a store that uses this file.
    #[must_use]
    pub fn at(file: &Path) -> Self {
        Self { file: file.to_owned() }
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Stores a snapshot. An existing snapshot is kept: it was not restored, so the current state is not the original
    /// one.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn keep(&self, lab: &str, snapshot: &Snapshot) -> Result<(), SnapshotStoreError> {
        if self.file.exists() {
            return Ok(());
        }
        let failed = |action| move |source| SnapshotStoreError::Io { action, file: self.file.clone(), source };
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let kept = StoredSnapshot { lab: lab.to_owned(), unix_time: since.as_secs(), snapshot: snapshot.clone() };
        let text = serde_json::to_vec_pretty(&kept)
            .map_err(|source| SnapshotStoreError::Foreign { file: self.file.clone(), source })?;
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed("create the folder of"))?;
        // Write a temporary file and rename it, so that a snapshot is never incomplete.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed("write"))?;
        file.write_all(&text).map_err(failed("write"))?;
        file.persist(&self.file).map_err(|error| failed("write")(error.error))?;
        Ok(())
    }

    /// Returns the snapshot that has not been restored, or `None`.
    ///
    /// # Errors
    /// Fails if the file exists and cannot be read.
    pub fn kept(&self) -> Result<Option<StoredSnapshot>, SnapshotStoreError> {
        match fs::read(&self.file) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|source| SnapshotStoreError::Foreign { file: self.file.clone(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SnapshotStoreError::Io { action: "read", file: self.file.clone(), source }),
        }
    }

    /// Removes the snapshot after its restore.
    ///
    /// # Errors
    /// Fails if the file cannot be removed.
    pub fn forget(&self) -> Result<(), SnapshotStoreError> {
        match fs::remove_file(&self.file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(SnapshotStoreError::Io { action: "remove", file: self.file.clone(), source })
            }
            _ => Ok(()),
        }
    }
}
