//! Snapshots are kept in a file until they are put back, for the case that this process cannot do it any more.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::platform::Snapshot;

/// Where snapshots lie until they are put back: one file per mesh.
#[derive(Debug, Clone)]
pub struct SnapshotStore {
    file: PathBuf,
}

/// What is kept: which lab took the snapshot, and when.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct KeptSnapshot {
    /// The lab that changed what is in force.
    pub lab: String,
    /// When it began, in seconds of Unix time.
    pub unix_time: u64,
    /// What was in force before.
    pub snapshot: Snapshot,
}

/// Why a snapshot could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotStoreError {
    /// The file cannot be used.
    #[error("cannot {action} {file}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The snapshot's file.
        file: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The file is none of ours.
    #[error("{file} holds no snapshot ({source}); remove it if you do not need it")]
    Foreign {
        /// The snapshot's file.
        file: PathBuf,
        /// What could not be read.
        source: serde_json::Error,
    },
}

impl SnapshotStore {
    /// The keeper for the mesh of that name, in the user's folder for state: it outlives a reboot, as a cluster does.
    #[must_use]
    pub fn for_mesh(name: &str) -> Self {
        let set = |variable: &str| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let state = set("XDG_STATE_HOME")
            .or_else(|| set("HOME").map(|home| home.join(".local/state")))
            .unwrap_or_else(std::env::temp_dir);
        Self::at(&state.join("meshwalk").join(format!("before-{name}.json")))
    }

    /// A keeper that uses this file.
    #[must_use]
    pub fn at(file: &Path) -> Self {
        Self { file: file.to_owned() }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Keeps a snapshot. One that is there already stays: it was never put back, and what is in force now is not how
    /// it was before.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn keep(&self, lab: &str, snapshot: &Snapshot) -> Result<(), SnapshotStoreError> {
        if self.file.exists() {
            return Ok(());
        }
        let failed = |action| move |source| SnapshotStoreError::Io { action, file: self.file.clone(), source };
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let kept = KeptSnapshot { lab: lab.to_owned(), unix_time: since.as_secs(), snapshot: snapshot.clone() };
        let text = serde_json::to_vec_pretty(&kept)
            .map_err(|source| SnapshotStoreError::Foreign { file: self.file.clone(), source })?;
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed("create the folder of"))?;
        // Half a snapshot would be worse than none: it is moved in when it is whole.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed("write"))?;
        file.write_all(&text).map_err(failed("write"))?;
        file.persist(&self.file).map_err(|error| failed("write")(error.error))?;
        Ok(())
    }

    /// The snapshot that has not been put back, if there is one.
    ///
    /// # Errors
    /// If the file is there and cannot be read.
    pub fn kept(&self) -> Result<Option<KeptSnapshot>, SnapshotStoreError> {
        match fs::read(&self.file) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|source| SnapshotStoreError::Foreign { file: self.file.clone(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(SnapshotStoreError::Io { action: "read", file: self.file.clone(), source }),
        }
    }

    /// Forgets the snapshot: it has been put back.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn forget(&self) -> Result<(), SnapshotStoreError> {
        match fs::remove_file(&self.file) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(SnapshotStoreError::Io { action: "remove", file: self.file.clone(), source })
            }
            _ => Ok(()),
        }
    }
}
