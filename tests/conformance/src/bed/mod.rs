//! The meshes on which cases are tried.

mod cluster;
mod local;

use std::{path::PathBuf, time::Duration};

use anyhow::bail;
use meshwalk::traffic::{Answered, Question};

use serde_json::Value;

pub use cluster::Cluster;
pub use local::Local;

use crate::{case::Probe, configuration::Proxy};

/// How long a request may take: longer than any delay of the cases.
const TIMEOUT: Duration = Duration::from_secs(8);

/// A mesh with the workload of the cases.
pub enum Bed {
    /// Processes on this machine.
    Local(Box<Local>),
    /// A cluster with Istio.
    Cluster(Box<Cluster>),
}

/// How a change of resources ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// They are taken.
    Taken,
    /// They were refused, with these words; nothing has changed.
    Refused(String),
}

impl Bed {
    /// What it is called in reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Local(_) => "local",
            Self::Cluster(_) => "cluster",
        }
    }

    /// The namespace of the workload.
    #[must_use]
    pub fn namespace(&self) -> &str {
        match self {
            Self::Local(_) => crate::names::NAMESPACE,
            Self::Cluster(cluster) => cluster.namespace(),
        }
    }

    /// How many rounds of probes in a row must show what is expected, and how long to wait for them. The local mesh
    /// says when a change is in force; on a cluster only its effects do, and old connections show old ones for a while.
    #[must_use]
    pub fn patience(&self) -> (u32, Duration) {
        match self {
            Self::Local(_) => (1, Duration::from_secs(5)),
            Self::Cluster(_) => (3, Duration::from_secs(20)),
        }
    }

    /// Puts resources in force.
    ///
    /// # Errors
    /// If the mesh cannot be asked.
    pub async fn apply(&self, resources: &str) -> anyhow::Result<Applied> {
        match self {
            Self::Local(local) => local.apply(resources).await,
            Self::Cluster(cluster) => cluster.apply(resources).await,
        }
    }

    /// Takes resources out of force, at the latest when others are put in force.
    ///
    /// # Errors
    /// If the mesh cannot be asked.
    pub async fn delete(&self, resources: &str) -> anyhow::Result<()> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Cluster(cluster) => cluster.delete(resources).await,
        }
    }

    /// Asks as often as the probe says.
    ///
    /// # Errors
    /// If the client cannot be reached. A request without an answer is none.
    pub async fn ask(&mut self, probe: &Probe) -> anyhow::Result<Vec<Answered>> {
        let mut answers = Vec::new();
        for _ in 0..probe.times {
            answers.push(match self {
                Self::Local(local) => local.ask(probe).await?,
                Self::Cluster(cluster) => cluster.ask(probe).await?,
            });
        }
        Ok(answers)
    }

    /// A proxy's `config_dump`.
    ///
    /// # Errors
    /// If it cannot be asked.
    pub async fn dump(&self, proxy: Proxy) -> anyhow::Result<Value> {
        match self {
            Self::Local(local) => local.dump(proxy).await,
            Self::Cluster(cluster) => cluster.dump(proxy).await,
        }
    }

    /// Ends the mesh, or takes the workload away.
    ///
    /// # Errors
    /// If something is left.
    pub async fn end(self) -> anyhow::Result<()> {
        match self {
            Self::Local(local) => local.end().await,
            Self::Cluster(cluster) => cluster.end().await,
        }
    }
}

/// The question of a probe, to be asked at an address.
fn question(probe: &Probe, namespace: &str, authority: &str) -> anyhow::Result<Question> {
    if !probe.path.starts_with('/') {
        bail!("the path {:?} of probe {:?} has to begin with a slash", probe.path, probe.name);
    }
    Ok(Question {
        url: format!("http://{authority}{}", probe.path),
        method: probe.method.clone(),
        host: Some(probe.host(namespace)),
        headers: probe.headers.clone().into_iter().collect(),
        timeout_ms: u64::try_from(TIMEOUT.as_millis()).unwrap_or(u64::MAX),
    })
}

/// The workload's files for a kind of bed.
#[must_use]
pub fn workload(kind: &str) -> [PathBuf; 2] {
    let folder = crate::project().join("tests/conformance/workload");
    [folder.join("common"), folder.join(kind)]
}
