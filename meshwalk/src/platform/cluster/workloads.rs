//! Workloads that a lab brings along: they go when it ends. Those that were there are left to whoever deployed them.

use std::collections::BTreeSet;

use super::{ClusterPlatform, Kubectl};
use crate::platform::PlatformError;

/// The kinds of which a workload consists.
const KINDS: &str = "deployments,services,serviceaccounts";

impl ClusterPlatform {
    /// The workloads' objects that there are, as `deployment.apps/backend-v1`.
    pub(super) async fn workloads(&self) -> Result<BTreeSet<String>, PlatformError> {
        let names = self.kubectl.get(&["get", KINDS, "-o", "name"]).await?;
        Ok(names.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Deletes those that came since, and returns when their pods are gone: one that still drains would be asked for
    /// its faults and its metrics.
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
