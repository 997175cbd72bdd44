//! Labs as data: what a file under `labs/` says, read and checked before anything starts.

pub mod files;
mod namespace;
mod read;
mod select;
mod wait;
mod workloads;

use std::{path::PathBuf, time::Duration};

use meshwalk_yaml::Location;
pub use read::{NamedFile, fault_rules, read};
pub use select::select;
pub use wait::{MetricWait, Wait};

use crate::checks;
pub use crate::{
    checks::{Check, GateOutcome, check_of_expression},
    platform::{Entrance, PlatformKind},
    quantity,
};

/// A lab: a title, what it teaches, a state to start from, and steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Lab {
    /// The name by which it is run, as `canary`.
    pub id: String,
    /// Its place in the walkthrough: the number that its file's name begins with.
    pub number: Option<u32>,
    /// Its title, one line.
    pub title: String,
    /// What it teaches, as prose.
    pub teaches: String,
    /// Where it can run.
    pub platforms: Vec<PlatformKind>,
    /// The service whose versions are counted.
    pub service: String,
    /// What is put in force before the first step.
    pub start: Actions,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// Its file, as the user named it.
    pub file: PathBuf,
}

/// One step of a lab. Its parts happen in the order of the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its title, one line.
    pub title: String,
    /// Why it is done and what to look at, as prose.
    pub explain: Option<String>,
    /// Why it cannot be shown locally, if so.
    pub cluster_only: Option<String>,
    /// Why it cannot be shown on a cluster, if so.
    pub local_only: Option<String>,
    /// What is changed first.
    pub actions: Actions,
    /// What is sent. Several run at the same time.
    pub traffic: Vec<Traffic>,
    /// What is changed halfway through the traffic.
    pub during: Option<Actions>,
    /// What must hold for the lab to go on, and what is done where it does not.
    pub gate: Option<Gate>,
    /// What must have been seen.
    pub expect: Vec<Check>,
    /// Where it stands.
    pub location: Location,
}

impl Step {
    /// Why this step cannot be shown on a target, or nothing where it can.
    #[must_use]
    pub fn skipped_on(&self, platform: PlatformKind) -> Option<&str> {
        match platform {
            PlatformKind::Local => self.cluster_only.as_deref(),
            PlatformKind::Cluster => self.local_only.as_deref(),
        }
    }

    /// True if the lab goes on only after a rollback.
    #[must_use]
    pub fn expects_breach(&self) -> bool {
        self.expect.iter().any(|check| check.kind == checks::Kind::Gate(GateOutcome::Breached))
    }
}

/// Changes to the mesh and to the applications, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Actions {
    /// Files or folders that are applied, relative to the project's root.
    pub apply: Vec<PathBuf>,
    /// Files or folders whose resources are deleted, relative to the project's root.
    pub delete: Vec<PathBuf>,
    /// Deployments that get another number of pods.
    pub scale: Vec<Scale>,
    /// Deployments whose pods are replaced by new ones.
    pub restart: Vec<Restart>,
    /// Whether the faults that the lab has set so far are cleared, before new ones are set.
    pub clear_faults: bool,
    /// Faults of the applications' own.
    pub faults: Vec<Faults>,
    /// The effect to wait for.
    pub wait: Option<Wait>,
    /// The state of a proxy or an application to wait for, after that.
    pub wait_metric: Option<MetricWait>,
}

impl Actions {
    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How many pods a Deployment shall have.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// The Deployment.
    pub deployment: String,
    /// How many pods.
    pub replicas: u32,
    /// Where it stands.
    pub location: Location,
}

/// A Deployment that shall have new pods.
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    /// The Deployment.
    pub deployment: String,
    /// Where it stands.
    pub location: Location,
}

/// Fault rules for every matching instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// The service, as its `app` label names it.
    pub service: String,
    /// Only instances of this version.
    pub version: Option<String>,
    /// Only instances whose name matches this pattern, in which `*` stands for anything.
    pub instance: Option<String>,
    /// Only so many of them, the first ones by name.
    pub instances: Option<u32>,
    /// The rules, one per line.
    pub rules: String,
    /// Where it stands.
    pub location: Location,
}

/// Requests at a constant rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// By which checks refer to it.
    pub name: String,
    /// Where they enter.
    pub from: Entrance,
    /// Their path and query.
    pub path: String,
    /// Their headers.
    pub headers: Vec<(String, String)>,
    /// Requests per second.
    pub rate: f64,
    /// How long requests become due.
    pub duration: Duration,
    /// Whether each request opens a connection of its own.
    pub fresh: bool,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Where it stands.
    pub location: Location,
}

impl Traffic {
    /// How many requests become due.
    #[must_use]
    pub fn requests(&self) -> u64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let requests = (self.rate * self.duration.as_secs_f64()).round() as u64;
        requests
    }
}

/// Checks that a step must pass before the next one, and the way back where it does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// What must hold.
    pub checks: Vec<Check>,
    /// What is done at once where one does not.
    pub rollback: Actions,
}
