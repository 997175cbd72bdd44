//! Labs as data: a file under `labs/`, parsed and checked before anything starts.

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

use crate::checks::{self, Check};
pub use crate::{
    checks::GateOutcome,
    platform::{Entrance, PlatformKind},
};

/// Lab: a title, what it teaches, an initial state, and steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Lab {
    /// Name by which the lab is run, such as `canary`.
    pub id: String,
    /// Position in the walkthrough: the number at the start of the file name.
    pub number: Option<u32>,
    /// Title, one line.
    pub title: String,
    /// Explanation of what the lab teaches.
    pub teaches: String,
    /// Platforms on which the lab can run.
    pub platforms: Vec<PlatformKind>,
    /// Service whose versions are counted.
    pub service: String,
    /// Actions before the first step.
    pub start: Actions,
    /// Steps, in order.
    pub steps: Vec<Step>,
    /// Path of the file, as the user named it.
    pub file: PathBuf,
}

/// Step of a lab. Its parts are run in the order of the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Title, one line.
    pub title: String,
    /// Explanation of why the step is done and what to look at.
    pub explain: Option<String>,
    /// Reason why the step cannot be shown locally, if any.
    pub cluster_only: Option<String>,
    /// Reason why the step cannot be shown on a cluster, if any.
    pub local_only: Option<String>,
    /// Changes before the traffic.
    pub actions: Actions,
    /// Traffic to send. Several run at the same time.
    pub traffic: Vec<Traffic>,
    /// Changes halfway through the traffic.
    pub during: Option<Actions>,
    /// Gate that must pass for the lab to continue.
    pub gate: Option<Gate>,
    /// Checks of the step.
    pub expect: Vec<Check>,
    /// Location in the lab's file.
    pub location: Location,
}

impl Step {
    /// Returns why this step cannot be shown on a platform, or `None` if it can.
    #[must_use]
    pub fn skipped_on(&self, platform: PlatformKind) -> Option<&str> {
        match platform {
            PlatformKind::Local => self.cluster_only.as_deref(),
            PlatformKind::Cluster => self.local_only.as_deref(),
        }
    }

    /// True if the lab continues only after a rollback.
    #[must_use]
    pub fn expects_breach(&self) -> bool {
        self.expect.iter().any(|check| check.kind == checks::CheckKind::Gate(GateOutcome::Breached))
    }
}

/// Changes to the mesh and to the applications, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Actions {
    /// Files or folders that are applied, relative to the project's root.
    pub apply: Vec<PathBuf>,
    /// Files or folders whose resources are deleted, relative to the project's root.
    pub delete: Vec<PathBuf>,
    /// Deployments to scale.
    pub scale: Vec<Scale>,
    /// Deployments to restart.
    pub restart: Vec<Restart>,
    /// True if the faults that the lab has set so far are cleared, before new ones are set.
    pub clear_faults: bool,
    /// Faults to set in the applications.
    pub faults: Vec<Faults>,
    /// Effect to wait for.
    pub wait: Option<Wait>,
    /// Metric of a proxy or an application to wait for, after the effect.
    pub wait_metric: Option<MetricWait>,
}

impl Actions {
    /// Returns true if there are no changes and no waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Desired number of pods of a Deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Name of the Deployment.
    pub deployment: String,
    /// Number of pods.
    pub replicas: u32,
    /// Location in the lab's file.
    pub location: Location,
}

/// Restart of a Deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Restart {
    /// Name of the Deployment.
    pub deployment: String,
    /// Location in the lab's file.
    pub location: Location,
}

/// Fault rules for every matching instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Faults {
    /// Service, as its `app` label names it.
    pub service: String,
    /// Version to match, or `None` for all versions.
    pub version: Option<String>,
    /// Pattern that instance names must match, in which `*` matches any text, or `None` for all names.
    pub instance: Option<String>,
    /// Maximum number of instances, taken in the order of their names.
    pub instances: Option<u32>,
    /// Rules, one per line.
    pub rules: String,
    /// Location in the lab's file.
    pub location: Location,
}

/// Requests at a constant rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Traffic {
    /// Name by which checks refer to the traffic.
    pub name: String,
    /// Entrance of the requests.
    pub from: Entrance,
    /// Path and query of the requests.
    pub path: String,
    /// Headers of the requests.
    pub headers: Vec<(String, String)>,
    /// Requests per second.
    pub rate: f64,
    /// Duration of the traffic.
    pub duration: Duration,
    /// True if each request opens a new connection.
    pub fresh: bool,
    /// Time limit for a response.
    pub timeout: Duration,
    /// Location in the lab's file.
    pub location: Location,
}

impl Traffic {
    /// Returns the number of requests.
    #[must_use]
    pub fn requests(&self) -> u64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let requests = (self.rate * self.duration.as_secs_f64()).round() as u64;
        requests
    }
}

/// Checks that must pass before the next step, and the rollback if one fails.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// Checks that must pass.
    pub checks: Vec<Check>,
    /// Actions to run at once if a check fails.
    pub rollback: Actions,
}
