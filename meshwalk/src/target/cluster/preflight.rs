//! What has to be there before a lab begins, so that its lack does not pass for a failed lab.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{ClusterTarget, objects::KINDS};
use crate::target::TargetError;

/// What scripts/deploy.sh brings, and whether it has a sidecar.
const WORKLOADS: [(&str, bool); 5] =
    [("frontend", true), ("backend-v1", true), ("backend-v2", true), ("stranger", true), ("outsider", false)];

impl ClusterTarget {
    /// Looks whether everything is there that labs need, and returns the versions of it.
    ///
    /// # Errors
    /// The first thing that is missing, with the remedy.
    pub async fn preflight(&self) -> Result<BTreeMap<String, String>, TargetError> {
        let versions = self.versions().await?;
        self.istio().await?;
        self.permissions().await?;
        self.workload().await?;
        Ok(versions)
    }

    async fn versions(&self) -> Result<BTreeMap<String, String>, TargetError> {
        // Without a kubectl there is nothing to say about clusters.
        self.kubectl.get(&["version", "--client"]).await?;
        let remedy = |error: TargetError| {
            let why = "\nno cluster answers; scripts/cluster-up.sh starts one, and --context names another";
            TargetError::failed("looking for the cluster", format!("{error}{why}"))
        };
        let answer = self.kubectl.get(&["version", "--request-timeout=10s", "-o", "json"]).await.map_err(remedy)?;
        let version: Value = serde_json::from_str(&answer).unwrap_or_default();
        let kubernetes = version["serverVersion"]["gitVersion"].as_str().unwrap_or("unknown").to_owned();
        let own = env!("CARGO_PKG_VERSION").to_owned();
        Ok(BTreeMap::from([("kubernetes".to_owned(), kubernetes), ("meshwalk".to_owned(), own)]))
    }

    /// Everybody who may use a cluster at all may ask which kinds it has.
    async fn istio(&self) -> Result<(), TargetError> {
        for group in ["networking.istio.io", "security.istio.io"] {
            let kinds = self.kubectl.get(&["api-resources", "--api-group", group, "-o", "name"]).await?;
            if kinds.trim().is_empty() {
                let why = "the cluster does not have its kinds: `istioctl install -f istio/install/default.yaml` \
                           installs it, and scripts/cluster-up.sh a whole cluster with it";
                return Err(TargetError::failed("looking for Istio", why));
            }
        }
        Ok(())
    }

    async fn permissions(&self) -> Result<(), TargetError> {
        let mut needed = vec![("list", "pods"), ("create", "pods/portforward")];
        for kind in [KINDS[0], KINDS[1], KINDS[2], KINDS[6], KINDS[7]] {
            needed.extend(["list", "create", "patch", "update", "delete"].map(|verb| (verb, kind)));
        }
        let ask = |(verb, kind): (&'static str, &'static str)| async move {
            let arguments = self.kubectl.arguments(&["auth", "can-i", verb, kind]);
            let answer = self.kubectl.run(&arguments, None).await;
            // A refusal is an answer with the exit code 1.
            let refused = answer.err().is_some_and(|error| error.to_string().lines().any(|l| l.trim().ends_with("no")));
            refused.then(|| format!("{verb} {kind}"))
        };
        let mut missing = Vec::new();
        // A few at a time: each is a process.
        for some in needed.chunks(6) {
            let answers = futures_util::future::join_all(some.iter().map(|need| ask(*need))).await;
            missing.extend(answers.into_iter().flatten());
        }
        if missing.is_empty() {
            return Ok(());
        }
        let namespace = self.kubectl.namespace();
        let why = format!(
            "you may not: {}\nask whoever runs the cluster for a Role with these rights in the namespace {namespace}",
            missing.join(", ")
        );
        Err(TargetError::failed("looking whether the labs are allowed what they do", why))
    }

    async fn workload(&self) -> Result<(), TargetError> {
        let namespace = self.kubectl.namespace();
        let what = format!("looking for the workload in the namespace {namespace}");
        let fail = |why: String| Err(TargetError::failed(&what, why));
        let pods = self.pods().await?;
        for (workload, meshed) in WORKLOADS {
            let mut its = pods.iter().filter(|pod| pod.instance.workload == workload).peekable();
            if its.peek().is_none() {
                return fail(format!("no pod of {workload} is there: scripts/deploy.sh brings it"));
            }
            for pod in its {
                let name = &pod.instance.name;
                match pod.sidecar {
                    None if meshed => {
                        return fail(format!(
                            "the pod {name} has no sidecar, although it belongs to the mesh. Istio injects one when a \
                             pod starts in a namespace with the label: `kubectl label namespace {namespace} \
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
                             istio-proxy` shows why, and `istioctl proxy-status` whether it hears from istiod"
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
        if self.gateway_url.is_none() && self.gateway_pods().await?.is_empty() {
            let why = "no pod with the label istio=ingressgateway runs in the namespace istio-system: install Istio \
                       with an ingress gateway";
            return Err(TargetError::failed("looking for the ingress gateway", why));
        }
        Ok(())
    }
}
