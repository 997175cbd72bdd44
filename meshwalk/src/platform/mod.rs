//! What a lab needs of the place where it runs, the same on one machine and on a cluster.

mod cluster;
mod control;
mod entrance;
mod exchange;
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

/// The answer of a target, in time.
pub type Reply<'a, T> = BoxFuture<'a, Result<T, PlatformError>>;

/// Why a target did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// It read the request and says what is wrong with it. Nothing was changed.
    #[error("{what} was refused; nothing was changed:\n{why}")]
    Refused {
        /// What was asked for.
        what: String,
        /// Its own words, one problem per line.
        why: String,
    },
    /// It could not be asked, or broke down over it.
    #[error("{what} failed: {why}")]
    Failed {
        /// What was asked for.
        what: String,
        /// Why, and what to do.
        why: String,
    },
}

impl PlatformError {
    /// It could not be asked, or broke down over it.
    pub fn failed(what: impl Into<String>, why: impl std::fmt::Display) -> Self {
        Self::Failed { what: what.into(), why: why.to_string() }
    }
}

/// What runs there, for the report.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Description {
    /// Which target.
    #[serde(rename = "target")]
    pub platform: PlatformKind,
    /// Its name, as the mesh's or the context's.
    pub name: String,
    /// Versions by what has them, as `envoy`.
    pub versions: BTreeMap<String, String>,
}

/// A pod, as far as labs see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The pod's name.
    pub name: String,
    /// The Deployment's name.
    pub workload: String,
    /// The service that it belongs to: its label `app`.
    pub service: String,
    /// Its label `version`.
    pub version: Option<String>,
    /// Whether it is ready.
    pub ready: bool,
}

/// Where requests enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where to connect.
    pub address: Address,
    /// The `Host` header.
    pub authority: String,
    /// What distorts the latency on the way there, if anything does.
    pub caveat: Option<String>,
}

/// A span of a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Its id.
    pub id: String,
    /// Its parent's id; nothing for a root.
    pub parent: Option<String>,
    /// The service that recorded it.
    pub service: String,
    /// When it began, in nanoseconds of Unix time.
    pub start: u64,
}

/// The resources in force and the rules of the applications, in a form that survives this process.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Snapshot {
    /// The documents of the mesh's resources, workloads not among them.
    pub documents: Vec<serde_json::Value>,
    /// Each instance's fault rules, one per line.
    pub faults: BTreeMap<String, String>,
    /// How many pods each Deployment shall have, where `documents` do not say it.
    #[serde(default)]
    pub replicas: BTreeMap<String, u32>,
    /// The names of the workloads' objects, where `documents` do not hold them: those that come later go again.
    #[serde(default)]
    pub workloads: Option<BTreeSet<String>>,
    /// What tells the place from a later one of the same name, where that can be told: of a namespace, its UID.
    #[serde(default)]
    pub of: Option<String>,
}

/// Requests at once, on connections that are kept: a proxy serves one more request of the old configuration on each of
/// its own kept connections, and one request at a time does not meet all of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settle {
    /// So many at once.
    pub burst: u32,
    /// So many times in a row, all of them with the effect.
    pub times: u32,
}

/// A place where labs run.
pub trait Platform: Send + Sync {
    /// Which of the places this is.
    fn kind(&self) -> PlatformKind;

    /// What runs there.
    fn describe(&self) -> Reply<'_, Description>;

    /// Puts resources in force, and returns when every proxy has them or says that it cannot have them.
    fn apply<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()>;

    /// Takes the resources that the files name out of force.
    fn delete<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()>;

    /// What is in force, to be put back later.
    fn snapshot(&self) -> Reply<'_, Snapshot>;

    /// Whether a snapshot is of what there is now. To a place that has been made anew since, nothing is put back.
    fn is_of<'a>(&'a self, _snapshot: &'a Snapshot) -> Reply<'a, bool> {
        Box::pin(async { Ok(true) })
    }

    /// Puts back what was in force: what came since goes, what went comes back.
    fn restore<'a>(&'a self, snapshot: &'a Snapshot) -> Reply<'a, ()>;

    /// Replaces the pods of a Deployment by new ones; returns when these are ready and the old ones are gone.
    fn restart<'a>(&'a self, deployment: &'a str) -> Reply<'a, ()>;

    /// Gives a Deployment so many pods; returns when these are ready and those that went are gone.
    fn scale<'a>(&'a self, deployment: &'a str, replicas: u32) -> Reply<'a, ()>;

    /// Every pod of the workload.
    fn instances(&self) -> Reply<'_, Vec<Instance>>;

    /// Changes the fault rules of an instance, and says which came. Where they are refused, those before are in force.
    fn change_faults<'a>(&'a self, instance: &'a str, change: FaultChange<'a>) -> Reply<'a, Vec<FaultRule>>;

    /// The fault rules of an instance.
    fn faults<'a>(&'a self, instance: &'a str) -> Reply<'a, Vec<FaultRule>>;

    /// Where requests of a lab enter.
    fn entry(&self, from: Entrance) -> Reply<'_, Entry>;

    /// The metrics of the proxies and applications of these workloads. Instances that do not answer are noted in it.
    fn scrape<'a>(&'a self, workloads: &'a [String]) -> Reply<'a, Scrape>;

    /// The spans of a trace that have arrived so far.
    fn trace<'a>(&'a self, id: &'a str) -> Reply<'a, Vec<Span>>;

    /// Why traces cannot be looked at here, if so; checks of them are skipped then.
    fn untraced(&self) -> Option<&str> {
        None
    }

    /// What an effect has to hold for, beyond what a lab says, where a change reaches proxies one after the other.
    fn settle(&self) -> Option<Settle> {
        None
    }

    /// The commands that a learner would type to the same effect, one per line.
    fn command<'a>(&'a self, action: &'a Action<'a>) -> Reply<'a, String>;

    /// Whether what a lab changes outlives this process, so that its snapshot has to as well.
    fn outlives(&self) -> bool;

    /// The command that puts back what a lab left that could not do it itself.
    fn restore_command(&self) -> String {
        "meshwalk restore".to_owned()
    }
}

/// Something that a lab does to a target, to be shown as a command.
#[derive(Debug, Clone, Copy)]
pub enum Action<'a> {
    /// Put resources in force.
    Apply(&'a [PathBuf]),
    /// Take them out of force.
    Delete(&'a [PathBuf]),
    /// Replace a Deployment's pods by new ones.
    Restart(&'a str),
    /// Give a Deployment so many pods.
    Scale(&'a str, u32),
    /// Change an instance's fault rules.
    Faults(&'a str, FaultChange<'a>),
}

/// Reads an answer in JSON.
fn parsed<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, PlatformError> {
    serde_json::from_str(text)
        .map_err(|error| PlatformError::failed(what, format!("the answer cannot be read ({error}): {text}")))
}
