//! What a lab left behind that did not end as it began: whether there still is something to put back.

use crate::{
    engine::{KeptSnapshot, SnapshotStore},
    platform::Platform,
};

/// What a lab left behind.
pub(super) enum Left {
    /// Nothing: every lab ended as it began.
    Nothing,
    /// Something in a namespace that is gone, and with it what was to be put back. It is forgotten; this says so.
    Gone(String),
    /// A snapshot that is to be put back.
    Unrestored(KeptSnapshot),
}

impl Left {
    /// Looks at what is kept, and forgets what nobody can put back any more.
    ///
    /// # Errors
    /// If what is kept cannot be read or forgotten, or the target does not say whether it is the same as then.
    pub(super) async fn on(platform: &dyn Platform, snapshot_store: &SnapshotStore) -> anyhow::Result<Self> {
        let Some(kept) = snapshot_store.kept()? else { return Ok(Self::Nothing) };
        if platform.is_of(&kept.snapshot).await? {
            return Ok(Self::Unrestored(kept));
        }
        snapshot_store.forget()?;
        let lab = kept.lab;
        Ok(Self::Gone(format!(
            "nothing to put back: the lab {lab} did not end as it began, in a namespace that is gone"
        )))
    }
}
