//! The platform on which labs run: one interface for a local mesh and for a cluster.

mod cluster;
mod control;
mod entrance;
mod fault_rule;
mod instance_selector;
mod kind;
mod local;
mod manifest_files;
pub mod several;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use futures_util::future::BoxFuture;

pub use cluster::{AccessOptions, ClusterPlatform, Kubectl, Show};
use control::Control;
pub use control::{FaultChange, Token};
pub use entrance::Entrance;
pub use fault_rule::FaultRule;
pub use instance_selector::InstanceSelector;
pub use kind::PlatformKind;
pub use local::LocalPlatform;
pub use manifest_files::manifest_files;

use crate::{evidence::Scrape, traffic::Address};

/// Future of a platform's result.
pub type Reply<'a, T> = BoxFuture<'a, Result<T, PlatformError>>;

/// Error of a platform operation.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The platform rejected the request as invalid. No changes were applied.
    #[error("{what} was refused; nothing was changed:\n{why}")]
    Refused {
        /// Operation that was requested.
        what: String,
        /// Messages of the platform, one problem per line.
        why: String,
    },
    /// The platform could not be reached, or failed during the operation.
    #[error("{what} failed: {why}")]
    Failed {
        /// Operation that was requested.
        what: String,
        /// Cause of the failure, with a hint.
        why: String,
    },
}

impl PlatformError {
    /// Creates an error for a platform that could not be reached, or failed during the operation.
    pub fn failed(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Failed { what: what.into(), why: why.to_string() }
    }
}

/// Platform and versions, for the report.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Description {
    /// Kind of the platform.
    #[serde(rename = "target")]
    pub platform: PlatformKind,
    /// Name of the mesh or of the kubeconfig context.
    pub name: String,
    /// Versions by component, such as `envoy`.
    pub versions: BTreeMap<String, String>,
}

/// Pod, with the properties that labs use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Name of the pod.
    pub name: String,
    /// Name of the Deployment.
    pub workload: String,
    /// Service of the pod, from its label `app`.
    pub service: String,
    /// Version of the pod, from its label `version`.
    pub version: Option<String>,
    /// True if the pod is ready.
    pub ready: bool,
}

/// Address at which requests enter the mesh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Address to connect to.
    pub address: Address,
    /// Value of the `Host` header.
    pub authority: String,
    /// Cause of extra latency on the way to the mesh, if any.
    pub caveat: Option<String>,
}

/// Span of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// ID of the span.
    pub id: String,
    /// ID of the parent span, or `None` for a root.
    pub parent: Option<String>,
    /// Service that recorded the span.
    pub service: String,
    /// Start time in nanoseconds of Unix time.
    pub start: u64,
}

/// Active resources and fault rules, in a form that outlives this process.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Snapshot {
    /// Documents of the mesh's resources, without workloads.
    pub documents: Vec<serde_json::Value>,
    /// Fault rules of each instance, one per line.
    pub faults: BTreeMap<String, String>,
    /// Number of pods of each Deployment, if `documents` does not contain it.
    #[serde(default)]
    pub replicas: BTreeMap<String, u32>,
    /// Names of the workloads' objects, if `documents` does not contain them. Objects added later are deleted on
    /// restore.
    #[serde(default)]
    pub workloads: Option<BTreeSet<String>>,
    /// Identifier that distinguishes the environment from a later one of the same name, such as a namespace's UID.
    #[serde(default)]
    pub of: Option<String>,
}

/// Concurrent requests on kept connections. A proxy serves one more request of the old configuration on each of its own
/// kept connections, and single requests do not use all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settle {
    /// Number of concurrent requests.
    pub burst: u32,
    /// Number of consecutive bursts in which every request must show the effect.
    pub times: u32,
}

/// Platform on which labs run.
pub trait Platform: Send + Sync {
    /// Returns the kind of the platform.
    fn kind(&self) -> PlatformKind;

    /// Returns the platform's name and versions.
    fn describe(&self) -> Reply<'_, Description>;

    /// Applies resources. Returns when every proxy has loaded them or has rejected them.
    fn apply<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()>;

    /// Deletes the resources named in the files.
    fn delete<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()>;

    /// Returns a snapshot of the active state, for a later restore.
    fn snapshot(&self) -> Reply<'_, Snapshot>;

    /// Returns true if a snapshot belongs to the current environment. A snapshot is not restored to a recreated one.
    fn is_of<'a>(&'a self, _snapshot: &'a Snapshot) -> Reply<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    /// Restores a snapshot: deletes what was added since, and recreates what was deleted.
    fn restore<'a>(&'a self, snapshot: &'a Snapshot) -> Reply<'a, ()>;

    /// Replaces the pods of a Deployment. Returns when the new pods are ready and the old ones are gone.
    fn restart<'a>(&'a self, deployment: &'a str) -> Reply<'a, ()>;

    /// Sets the number of pods of a Deployment. Returns when the new pods are ready and surplus ones are gone.
    fn scale<'a>(&'a self, deployment: &'a str, replicas: u32) -> Reply<'a, ()>;

    /// Returns every pod of the workload.
    fn instances(&self) -> Reply<'_, Vec<Instance>>;

    /// Changes the fault rules of an instance, and returns the added ones. If they are rejected, the old rules stay
    /// active.
    fn change_faults<'a>(&'a self, instance: &'a str, change: FaultChange<'a>) -> Reply<'a, Vec<FaultRule>>;

    /// Returns the fault rules of an instance.
    fn faults<'a>(&'a self, instance: &'a str) -> Reply<'a, Vec<FaultRule>>;

    /// Returns the address at which requests of a lab enter.
    fn entry(&self, from: Entrance) -> Reply<'_, Entry>;

    /// Scrapes the proxies and applications of these workloads. The result lists instances that do not answer.
    fn scrape<'a>(&'a self, workloads: &'a [String]) -> Reply<'a, Scrape>;

    /// Returns the spans of a trace that have arrived so far.
    fn trace<'a>(&'a self, id: &'a str) -> Reply<'a, Vec<Span>>;

    /// Returns why traces are unavailable, or `None`. Checks of traces are skipped if they are unavailable.
    fn untraced(&self) -> Option<&str> {
        None
    }

    /// Returns the bursts that must show an effect after a lab's own wait, if changes reach proxies one by one.
    fn settle(&self) -> Option<Settle> {
        None
    }

    /// Returns the commands that a user would type for an operation, one per line.
    fn command<'a>(&'a self, action: &'a Action<'a>) -> Reply<'a, String>;

    /// Returns true if the changes of a lab outlive this process, so that its snapshot must be stored in a file.
    fn outlives(&self) -> bool;

    /// Returns the command that restores the state saved before an interrupted lab.
    fn restore_command(&self) -> String {
        "meshwalk restore".to_owned()
    }
}

/// Operation of a lab on a platform, to be shown as a command.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// Apply resources.
    Apply(&'a [PathBuf]),
    /// Delete resources.
    Delete(&'a [PathBuf]),
    /// Replace the pods of a Deployment.
    Restart(&'a str),
    /// Set the number of pods of a Deployment.
    Scale(&'a str, u32),
    /// Change the fault rules of an instance.
    Faults(&'a str, FaultChange<'a>),
}

/// Parses a JSON response.
fn parsed<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, PlatformError> {
    serde_json::from_str(text)
        .map_err(|error| PlatformError::failed(what, format!("the answer cannot be read ({error}): {text}")))
}
