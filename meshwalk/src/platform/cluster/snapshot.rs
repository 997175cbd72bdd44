//! Takes and restores a snapshot of the active state of a namespace.

use std::collections::BTreeMap;

use super::{
    ClusterPlatform, Kubectl,
    objects::{self, Objects},
    pods::Pod,
};
use crate::platform::{FaultChange, PlatformError, Snapshot};

impl ClusterPlatform {
    /// Takes a snapshot of the active state.
    pub(super) async fn take_snapshot(&self) -> Result<Snapshot, PlatformError> {
        let documents = self.objects().await?.into_values().collect();
        let mut faults = BTreeMap::new();
        for pod in self.pods().await? {
            faults.insert(pod.instance.name.clone(), self.rules(&pod).await?);
        }
        let (replicas, workloads) = (self.replicas().await?, Some(self.workloads().await?));
        // A user may lack the right to read namespaces. Without the UID, a snapshot matches any namespace of this name.
        let of = self.namespace_uid().await.ok();
        Ok(Snapshot { documents, faults, replicas, workloads, of })
    }

    /// Returns true if the namespace of a snapshot still exists. Deleting a namespace also deletes the changes of a
    /// lab, and the content of a later one of the same name is not the lab's.
    pub(super) async fn snapshot_applies(&self, snapshot: &Snapshot) -> Result<bool, PlatformError> {
        Ok(match self.namespace_uid().await {
            Ok(uid) => snapshot.of.as_ref().is_none_or(|of| *of == uid),
            Err(error) => !error.to_string().contains("NotFound"),
        })
    }

    async fn namespace_uid(&self) -> Result<String, PlatformError> {
        let words = ["get", "namespace", self.kubectl.namespace().name(), "-o", "jsonpath={.metadata.uid}"];
        Ok(self.kubectl.run(&self.kubectl.arguments_anywhere(&words), None).await?.trim().to_owned())
    }

    /// Restores a snapshot. Returns when the proxies have loaded it.
    pub(super) async fn restore_snapshot(&self, snapshot: &Snapshot) -> Result<(), PlatformError> {
        let before = self.proxy_configs().await?;
        // Try both, even if one of them fails.
        let objects = self.restore_objects(&objects::by_name(snapshot.documents.iter().cloned())).await;
        let workloads = match &snapshot.workloads {
            Some(then) => self.remove_since(then).await,
            None => Ok(()),
        };
        for pod in self.pods().await? {
            let rules = snapshot.faults.get(&pod.instance.name).map_or("", String::as_str);
            if let Err(error) = self.restore_rules(&pod, rules).await {
                // The rules of a pod that has ended are gone with it.
                if self.has_pod(self.kubectl.namespace().name(), &pod.path()).await? {
                    return Err(error);
                }
            }
        }
        let scaled = self.rescale(&snapshot.replicas).await;
        objects?;
        workloads?;
        self.wait_for_proxies(&before).await?;
        scaled
    }

    /// Returns the fault rules of a pod, one per line.
    async fn rules(&self, pod: &Pod) -> Result<String, PlatformError> {
        let rules = self.control(pod).await?.rules().await?;
        Ok(rules.into_iter().map(|rule| rule.rule).collect::<Vec<_>>().join("\n"))
    }

    async fn restore_rules(&self, pod: &Pod, rules: &str) -> Result<(), PlatformError> {
        if self.rules(pod).await? == rules {
            return Ok(());
        }
        self.control(pod).await?.change(FaultChange::Replace(rules)).await.map(drop)
    }

    async fn restore_objects(&self, then: &Objects) -> Result<(), PlatformError> {
        let way = objects::way_back(&self.objects().await?, then);
        for (kind, name) in &way.delete {
            let arguments = self.kubectl.arguments(&["delete", kind, name, "--ignore-not-found"]);
            self.kubectl.show(&Kubectl::line(&arguments));
            self.kubectl.run(&arguments, None).await?;
        }
        for (verb, items) in [("create", &way.create), ("replace", &way.replace)] {
            if !items.is_empty() {
                let arguments = self.kubectl.arguments(&[verb, "-f", "-"]);
                let names: Vec<_> = items.iter().filter_map(|item| item["metadata"]["name"].as_str()).collect();
                self.kubectl.show(&format!("{}  # as found: {}", Kubectl::line(&arguments), names.join(", ")));
                self.kubectl.run(&arguments, Some(&objects::list(items))).await?;
            }
        }
        Ok(())
    }
}
