//! Checks whether an interrupted lab left a snapshot to restore.

use crate::{
    engine::{SnapshotStore, StoredSnapshot},
    platform::Platform,
};

/// Snapshot state after earlier labs.
pub(super) enum Leftover {
    /// No snapshot: every lab restored the state before it.
    None,
    /// The snapshot's namespace was deleted. The snapshot is removed; the value describes it.
    Gone(String),
    /// A snapshot to restore.
    Unrestored(StoredSnapshot),
}

impl Leftover {
    /// Reads the stored snapshot, and removes it if it can no longer be restored.
    ///
    /// # Errors
    /// Fails if the snapshot cannot be read or removed, or the platform cannot be identified.
    pub(super) async fn on(platform: &dyn Platform, snapshot_store: &SnapshotStore) -> anyhow::Result<Self> {
        let Some(kept) = snapshot_store.kept()? else { return Ok(Self::None) };
        if platform.is_of(&kept.snapshot).await? {
            return Ok(Self::Unrestored(kept));
        }
        snapshot_store.forget()?;
        let lab = kept.lab;
        Ok(Self::Gone(format!("nothing to restore: the lab {lab} was interrupted, but its namespace was deleted")))
    }
}
