//! Stores a report in a ConfigMap of the workload's namespace.

use std::collections::BTreeMap;

use super::ClusterPlatform;
use crate::platform::PlatformError;

impl ClusterPlatform {
    /// Writes entries to a ConfigMap, and removes those that are `None`. Creating the ConfigMap needs the right to
    /// create one, while changing it needs only the right to patch it.
    ///
    /// # Errors
    /// Fails if the ConfigMap can be neither changed nor created.
    pub async fn leave(&self, name: &str, entries: &BTreeMap<&str, Option<String>>) -> Result<(), PlatformError> {
        let patch = serde_json::json!({ "data": entries }).to_string();
        // Pass the file by standard input, because an argument is too short for a report.
        let words = ["patch", "configmap", name, "--type=merge", "--patch-file=/dev/stdin"];
        let patched = self.kubectl.run(&self.kubectl.arguments(&words), Some(&patch)).await;
        let Err(error) = patched else { return Ok(()) };
        if !error.to_string().contains("NotFound") {
            return Err(error);
        }
        let there: BTreeMap<_, _> = entries.iter().filter(|(_, text)| text.is_some()).collect();
        let map = serde_json::json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": there,
            "metadata": { "name": name, "labels": { "app.kubernetes.io/part-of": "meshwalk" } },
        });
        self.kubectl.run(&self.kubectl.arguments(&["create", "-f", "-"]), Some(&map.to_string())).await.map(drop)
    }
}
