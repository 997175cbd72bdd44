//! A report that stays in the cluster, in a ConfigMap of the workload's namespace.

use std::collections::BTreeMap;

use super::ClusterPlatform;
use crate::platform::PlatformError;

impl ClusterPlatform {
    /// Puts entries into a ConfigMap, and takes out those that are nothing. One that is not there is made, which needs
    /// the right to; one that is there needs no right but to change it.
    ///
    /// # Errors
    /// If it can neither be changed nor made.
    pub async fn leave(&self, name: &str, entries: &BTreeMap<&str, Option<String>>) -> Result<(), PlatformError> {
        let patch = serde_json::json!({ "data": entries }).to_string();
        // The file is the standard input: an argument has no room for a report.
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
