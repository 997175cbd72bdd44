//! Scales and restarts Deployments.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{ClusterPlatform, Kubectl};
use crate::platform::PlatformError;

/// Time limit for one `kubectl rollout status`, shorter than the limit of a command.
const LOOK: &str = "--timeout=50s";
/// Number of times that a rollout is watched. A pod may need a minute to start and half a minute to end.
const LOOKS: u32 = 4;

impl ClusterPlatform {
    /// Returns the command that replaces the pods of a Deployment.
    pub(super) fn restarting(&self, deployment: &str) -> Vec<String> {
        self.kubectl.arguments(&["rollout", "restart", &format!("deployment/{deployment}")])
    }

    /// Returns the command that sets the number of pods of a Deployment.
    pub(super) fn scaling(&self, deployment: &str, replicas: u32) -> Vec<String> {
        self.kubectl.arguments(&["scale", &format!("deployment/{deployment}"), &format!("--replicas={replicas}")])
    }

    /// Runs one of these commands. Waits until the new pods are ready, the old ones are gone, and the proxies know the
    /// endpoints.
    pub(super) async fn roll(&self, command: &[String], deployment: &str) -> Result<(), PlatformError> {
        let before = self.names(deployment).await?;
        self.kubectl.run(command, None).await?;
        self.run_until_done(&["rollout", "status", &format!("deployment/{deployment}"), LOOK]).await?;
        let after = self.names(deployment).await?;
        let gone: Vec<_> = before.difference(&after).map(|name| format!("pod/{name}")).collect();
        if !gone.is_empty() {
            let words = ["wait", "--for=delete", LOOK].into_iter().chain(gone.iter().map(String::as_str));
            self.run_until_done(&words.collect::<Vec<_>>()).await?;
        }
        self.wait_for_endpoints().await
    }

    /// Returns the desired number of pods of each Deployment of the namespace.
    pub(super) async fn replicas(&self) -> Result<BTreeMap<String, u32>, PlatformError> {
        let list = self.kubectl.get(&["get", "deployments", "-o", "json"]).await?;
        let list: Value = super::parsed("listing the Deployments", &list)?;
        let items = list["items"].as_array().map_or(&[][..], Vec::as_slice);
        let replicas = |item: &Value| {
            let count = item["spec"]["replicas"].as_u64().and_then(|count| u32::try_from(count).ok())?;
            Some((item["metadata"]["name"].as_str()?.to_owned(), count))
        };
        Ok(items.iter().filter_map(replicas).collect())
    }

    /// Restores the number of pods of each Deployment. A Deployment added or deleted since is left unchanged.
    pub(super) async fn rescale(&self, then: &BTreeMap<String, u32>) -> Result<(), PlatformError> {
        let now = self.replicas().await?;
        for (deployment, count) in then {
            if now.get(deployment).is_some_and(|present| present != count) {
                let command = self.scaling(deployment, *count);
                self.kubectl.show(&Kubectl::line(&command));
                self.roll(&command, deployment).await?;
            }
        }
        Ok(())
    }

    /// Runs a waiting command, and repeats it if it ends by its own time limit.
    async fn run_until_done(&self, words: &[&str]) -> Result<(), PlatformError> {
        let arguments = self.kubectl.arguments(words);
        self.kubectl.show(&Kubectl::line(&arguments));
        let mut outcome = self.kubectl.run(&arguments, None).await;
        for _ in 1..LOOKS {
            match &outcome {
                Err(error) if error.to_string().contains("timed out") => {}
                _ => break,
            }
            outcome = self.kubectl.run(&arguments, None).await;
        }
        outcome.map(drop)
    }

    async fn names(&self, deployment: &str) -> Result<BTreeSet<String>, PlatformError> {
        let its = self.pods().await?.into_iter().filter(|pod| pod.instance.workload == deployment);
        Ok(its.map(|pod| pod.instance.name).collect())
    }
}
