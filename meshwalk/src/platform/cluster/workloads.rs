//! Deletes the workloads that a lab added when it ends. Workloads that existed before are kept.

use std::collections::BTreeSet;

use super::{ClusterPlatform, Kubectl};
use crate::platform::PlatformError;

/// Kinds of a workload's objects.
const KINDS: &str = "deployments,services,serviceaccounts";

impl ClusterPlatform {
    /// Returns the existing objects of workloads, such as `deployment.apps/backend-v1`.
    pub(super) async fn workloads(&self) -> Result<BTreeSet<String>, PlatformError> {
        let names = self.kubectl.get(&["get", KINDS, "-o", "name"]).await?;
        Ok(names.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Deletes the objects that were added since. Returns when their pods are gone, because a draining pod would still
    /// be queried for faults and metrics.
    pub(super) async fn remove_since(&self, then: &BTreeSet<String>) -> Result<(), PlatformError> {
        let now = self.workloads().await?;
        let came: Vec<&str> = now.difference(then).map(String::as_str).collect();
        if came.is_empty() {
            return Ok(());
        }
        let mut words = vec!["delete", "--ignore-not-found", "--cascade=foreground"];
        words.extend(came);
        let arguments = self.kubectl.arguments(&words);
        self.kubectl.show(&Kubectl::line(&arguments));
        self.kubectl.run(&arguments, None).await.map(drop)
    }
}
