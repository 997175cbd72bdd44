//! Meshes on which cases run.

mod cluster;
mod local;

use std::{path::PathBuf, time::Duration};

use anyhow::bail;
use meshwalk::traffic::{SingleRequest, SingleResponse};

use serde_json::Value;

pub use cluster::Cluster;
pub use local::Local;

use crate::{case::Probe, configuration::Proxy};

/// Time limit for a request, longer than any delay of the cases.
const TIMEOUT: Duration = Duration::from_secs(8);

/// Mesh with the workload of the cases.
pub enum TestMesh {
    /// Local mesh of processes on this machine.
    Local(Box<Local>),
    /// Cluster with Istio.
    Cluster(Box<Cluster>),
}

/// Result of applying resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyResult {
    /// The resources were accepted.
    Taken,
    /// The resources were rejected with this message, without changes.
    Refused(String),
}

impl TestMesh {
    /// Returns the name in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Cluster(_) => "cluster",
        }
    }

    /// Returns the namespace of the workload.
    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::Local(_) => crate::names::NAMESPACE,
            Self::Cluster(cluster) => cluster.namespace(),
        }
    }

    /// Returns how many consecutive rounds of probes must meet the expectations, and the time limit. The local mesh
    /// reports when a change is active. A cluster shows only its effects, and existing connections show old ones for a
    /// while.
    #[must_use]
    pub fn patience(&self) -> (u32, Duration) {
        match self {
            Self::Local(_) => (1, Duration::from_secs(5)),
            Self::Cluster(_) => (3, Duration::from_secs(20)),
        }
    }

    /// Applies resources.
    ///
    /// # Errors
    /// Fails if the mesh cannot be reached.
    pub async fn apply(&self, resources: &str) -> anyhow::Result<ApplyResult> {
        match self {
            Self::Local(local) => local.apply(resources).await,
            Self::Cluster(cluster) => cluster.apply(resources).await,
        }
    }

    /// Deletes resources, at the latest with the next apply.
    ///
    /// # Errors
    /// Fails if the mesh cannot be reached.
    pub async fn delete(&self, resources: &str) -> anyhow::Result<()> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Cluster(cluster) => cluster.delete(resources).await,
        }
    }

    /// Sends the requests of a probe.
    ///
    /// # Errors
    /// Fails if the client cannot be reached. A request without a response is not an error.
    pub async fn ask(&mut self, probe: &Probe) -> anyhow::Result<Vec<SingleResponse>> {
        let mut answers = Vec::new();
        for _ in 0..probe.times {
            answers.push(match self {
                Self::Local(local) => local.ask(probe).await?,
                Self::Cluster(cluster) => cluster.ask(probe).await?,
            });
        }
        Ok(answers)
    }

    /// Returns a proxy's `config_dump`.
    ///
    /// # Errors
    /// Fails if the proxy cannot be reached.
    pub async fn dump(&self, proxy: Proxy) -> anyhow::Result<Value> {
        match self {
            Self::Local(local) => local.dump(proxy).await,
            Self::Cluster(cluster) => cluster.dump(proxy).await,
        }
    }

    /// Stops the mesh, or deletes the workload.
    ///
    /// # Errors
    /// Fails if a part remains.
    pub async fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Local(local) => local.end().await,
            Self::Cluster(cluster) => cluster.end().await,
        }
    }
}

/// Returns the request of a probe for an address.
fn question(probe: &Probe, namespace: &str, authority: &str) -> anyhow::Result<SingleRequest> {
    if !probe.path.starts_with('/') {
        bail!("the path {:?} of probe {:?} has to begin with a slash", probe.path, probe.name);
    }
    Ok(SingleRequest {
        url: format!("http://{authority}{}", probe.path),
        method: probe.method.clone(),
        host: Some(probe.host(namespace)),
        headers: probe.headers.clone().into_iter().collect(),
        timeout_ms: u64::try_from(TIMEOUT.as_millis()).unwrap_or(u64::MAX),
    })
}

/// Returns the workload's files for a kind of mesh.
#[must_use]
pub fn workload(kind: &str) -> [PathBuf; 2] {
    let folder = crate::project().join("tests/conformance/workload");
    [folder.join("common"), folder.join(kind)]
}
