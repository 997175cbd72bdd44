//! Checks the prerequisites of labs, to report a missing one before a lab fails because of it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{ClusterPlatform, GATEWAY_NAMESPACE, Kubectl, gateway::resolve};
use crate::platform::PlatformError;

/// Deployments that scripts/deploy.sh creates, and whether they have a sidecar.
const WORKLOADS: [(&str, bool); 5] =
    [("frontend", true), ("backend-v1", true), ("backend-v2", true), ("unauthorized", true), ("outsider", false)];

/// Minimum minor version of kubectl 1.x for the commands used here. versions.env has the same value.
pub(super) const LEAST_KUBECTL: u32 = 31;

/// Time limit for the first response of the cluster.
const ANSWER: Duration = Duration::from_secs(10);

const INSTALL: &str = "`istioctl install -f istio/install/default.yaml` installs it, and scripts/cluster-up.sh a whole \
                       cluster with it";

impl ClusterPlatform {
    /// Checks that everything labs need exists, and returns the versions.
    ///
    /// # Errors
    /// Returns the first missing prerequisite, with a hint.
    pub async fn preflight(&self) -> Result<BTreeMap<String, String>, PlatformError> {
        self.kubectl_itself().await?;
        let kubernetes = self.server().await?;
        self.istio().await?;
        self.namespace_there().await?;
        self.permissions().await?;
        self.workload().await?;
        self.gateway_there().await?;
        let own = env!("CARGO_PKG_VERSION").to_owned();
        Ok(BTreeMap::from([("kubernetes".to_owned(), kubernetes), ("meshwalk".to_owned(), own)]))
    }

    /// Checks that kubectl is installed and new enough.
    async fn kubectl_itself(&self) -> Result<(), PlatformError> {
        let answer = self.kubectl.get(&["version", "--client", "-o", "json"]).await?;
        let version: Value = serde_json::from_str(&answer).unwrap_or_default();
        let version = version["clientVersion"]["gitVersion"].as_str().unwrap_or("of an unknown version");
        if is_new_enough(version) {
            return Ok(());
        }
        let why = format!(
            "it is {version} and has to be 1.{LEAST_KUBECTL} or newer; https://kubernetes.io/docs/tasks/tools says how \
             to install it"
        );
        Err(PlatformError::failed("looking for kubectl", why))
    }

    /// Returns the version of the cluster if it answers.
    async fn server(&self) -> Result<String, PlatformError> {
        // With --request-timeout, kubectl would not find the cluster that it runs in.
        let answer = tokio::time::timeout(ANSWER, self.kubectl.get(&["version", "-o", "json"])).await;
        let answer = answer
            .unwrap_or_else(|_| Err(PlatformError::failed("kubectl version", format!("no answer within {ANSWER:?}"))));
        let answer = answer.map_err(|error| {
            let why = match self.kubectl.context() {
                Some(context) if error.to_string().contains("does not exist") => {
                    format!("there is no context {context}; `kubectl config get-contexts` lists the contexts")
                }
                Some(context) => format!("no cluster answers in the context {context}; --context names another"),
                None => "no cluster answers; scripts/cluster-up.sh starts one, and --context names another".to_owned(),
            };
            PlatformError::failed("looking for the cluster", format!("{error}\n{why}"))
        })?;
        let version: Value = serde_json::from_str(&answer).unwrap_or_default();
        Ok(version["serverVersion"]["gitVersion"].as_str().unwrap_or("unknown").to_owned())
    }

    /// Every user of a cluster may list its API resources.
    async fn istio(&self) -> Result<(), PlatformError> {
        for group in ["networking.istio.io", "security.istio.io"] {
            let kinds = self.kubectl.get(&["api-resources", "--api-group", group, "-o", "name"]).await?;
            if kinds.trim().is_empty() {
                let why = format!("the cluster does not have its kinds of the group {group}: {INSTALL}");
                return Err(PlatformError::failed("looking for Istio", why));
            }
        }
        if self.control_planes().await.is_some_and(|all| !all.is_empty() && all.iter().all(|ready| *ready == 0)) {
            let why = "its control plane is not ready: `kubectl get pods -A -l app=istiod` shows why";
            return Err(PlatformError::failed("looking for Istio", why));
        }
        Ok(())
    }

    /// Returns how many pods of each Istio control plane are ready, or `None` if the user may not list them. A managed
    /// control plane has no pods on the cluster.
    async fn control_planes(&self) -> Option<Vec<u64>> {
        let arguments =
            self.kubectl.arguments_anywhere(&["get", "deployments", "-A", "-l", "app=istiod", "-o", "json"]);
        self.kubectl.show(&Kubectl::line(&arguments));
        let list: Value = serde_json::from_str(&self.kubectl.run(&arguments, None).await.ok()?).ok()?;
        let ready = |deployment: &Value| deployment["status"]["readyReplicas"].as_u64().unwrap_or_default();
        Some(list["items"].as_array()?.iter().map(ready).collect())
    }

    async fn namespace_there(&self) -> Result<(), PlatformError> {
        let namespace = self.kubectl.namespace();
        let arguments = self.kubectl.arguments_anywhere(&["get", "namespace", namespace.name(), "-o", "name"]);
        match self.kubectl.run(&arguments, None).await {
            // A user may lack the right to read namespaces. The next check looks at their content.
            Err(error) if error.to_string().contains("NotFound") => {
                let deploy = self.with_flags("scripts/deploy.sh");
                let why = format!("there is none; `{deploy}` makes it, with the workload in it");
                Err(PlatformError::failed(format!("looking for the namespace {namespace}"), why))
            }
            _ => Ok(()),
        }
    }

    async fn workload(&self) -> Result<(), PlatformError> {
        let namespace = self.kubectl.namespace();
        let what = format!("looking for the workload in the namespace {namespace}");
        let fail = |why: String| Err(PlatformError::failed(&what, why));
        let pods = self.pods().await?;
        for (workload, meshed) in WORKLOADS {
            let its: Vec<_> = pods.iter().filter(|pod| pod.instance.workload == workload).collect();
            if its.is_empty() {
                let deploy = self.with_flags("scripts/deploy.sh");
                return fail(format!("{workload} has no pod; `{deploy}` deploys it"));
            }
            for pod in its {
                let name = &pod.instance.name;
                match pod.sidecar {
                    None if meshed => {
                        let none = self.control_planes().await.is_some_and(|all| all.is_empty());
                        let first = if none { format!("Istio does not run here: {INSTALL}. ") } else { String::new() };
                        return fail(format!(
                            "the pod {name} has no sidecar, although it belongs to the mesh. {first}Istio injects one \
                             when a pod starts in a namespace with the label: `kubectl label namespace {namespace} \
                             istio-injection=enabled`, then `kubectl -n {namespace} rollout restart deployment`"
                        ));
                    }
                    Some(_) if !meshed => {
                        return fail(format!(
                            "the pod {name} has a sidecar, and is to be a client from outside of the mesh: its label \
                             sidecar.istio.io/inject has to be \"false\", as scripts/deploy.sh sets it"
                        ));
                    }
                    Some(false) => {
                        return fail(format!(
                            "the sidecar of the pod {name} is not ready: `kubectl -n {namespace} logs {name} -c \
                             istio-proxy` shows why, and `istioctl proxy-status` whether istiod sends it configuration"
                        ));
                    }
                    _ if !pod.instance.ready => {
                        return fail(format!(
                            "the pod {name} is not ready: `kubectl -n {namespace} describe pod {name}` shows why"
                        ));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    async fn gateway_there(&self) -> Result<(), PlatformError> {
        if let Some(url) = &self.ways.gateway {
            resolve(url).await.map_err(|why| PlatformError::failed(format!("--gateway {url}"), why))?;
            // The gateway answers only if a Gateway opens its port, and a lab may apply the first one.
            let gateways = ["get", "gateways.networking.istio.io", "-o", "name"];
            if !self.kubectl.get(&gateways).await?.trim().is_empty() {
                self.gateway_entry().await?;
            }
            return Ok(());
        }
        if !self.gateway_pods().await?.is_empty() {
            return Ok(());
        }
        let why = format!(
            "no pod with the label istio=ingressgateway runs in the namespace {GATEWAY_NAMESPACE}: install Istio with an \
             ingress gateway, or name another one by --gateway URL"
        );
        Err(PlatformError::failed("looking for the ingress gateway", why))
    }

    /// Returns the command line of a script for this cluster and namespace.
    pub(super) fn with_flags(&self, script: &str) -> String {
        let context = self.kubectl.context().map(|context| format!(" --context {context}")).unwrap_or_default();
        let namespace = self.kubectl.namespace();
        let namespace = if namespace.is_usual() { String::new() } else { format!(" --namespace {namespace}") };
        format!("{script}{context}{namespace}")
    }
}

/// Returns true if a version such as `v1.34.0` is new enough for the kubectl commands used here.
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (1, LEAST_KUBECTL),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kubectl_is_as_new_as_the_scripts_want_it() {
        let versions = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../versions.env")).unwrap();
        assert!(versions.contains(&format!("\nKUBECTL_LEAST_VERSION=1.{LEAST_KUBECTL}.0\n")));
        assert!(is_new_enough("v1.31.0") && is_new_enough("v1.34.2+k3s1") && is_new_enough("v2.0.0"));
        assert!(!is_new_enough("v1.30.9") && !is_new_enough("of an unknown version"));
    }
}
