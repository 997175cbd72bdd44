//! Data of a run, as `report.json` contains it. `docs/report.schema.json` is its schema.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;

use crate::{
    checks::{Status, Verdict},
    lab::{Entrance, GateOutcome},
    platform::Description,
    traffic::{Bucket, Summary},
};

/// Version of the report's format. It increases with each change that a reader of the old format cannot handle.
pub const FORMAT: u32 = 1;

/// Report of a run of labs.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of this format.
    pub format: u32,
    /// Platform and versions.
    #[serde(flatten)]
    pub platform: Description,
    /// Start of the run, RFC 3339, UTC.
    pub started: String,
    /// Duration of the run, in milliseconds.
    pub took_ms: f64,
    /// Status of the run: failed if any lab failed, skipped if all were skipped.
    pub status: Status,
    /// True if the run was interrupted.
    pub interrupted: bool,
    /// Labs in the order in which they ran.
    pub labs: Vec<LabReport>,
}

/// Report of a lab.
#[derive(Debug, Clone, Serialize)]
pub struct LabReport {
    /// Name of the lab.
    pub lab: String,
    /// Title of the lab.
    pub title: String,
    /// Explanation of what the lab teaches.
    pub teaches: String,
    /// Path of the lab's file.
    pub file: PathBuf,
    /// Status of the lab: failed if any step failed or the lab ended early.
    pub status: Status,
    /// Reason why the lab was skipped or ended early.
    pub reason: Option<String>,
    /// True if the lab ended early for another reason than a failed check, such as a rejected file or a lost mesh.
    pub broke_off: bool,
    /// Duration of the lab, in milliseconds.
    pub took_ms: f64,
    /// Changes before the first step.
    pub start: Vec<Change>,
    /// Steps of the lab.
    pub steps: Vec<StepReport>,
    /// True if the state before the lab was restored, or `None` if the lab had changed nothing.
    pub restored: Option<bool>,
}

/// Report of a step.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// Title of the step.
    pub title: String,
    /// Explanation of the step.
    pub explain: Option<String>,
    /// Status of the step: failed if any check failed.
    pub status: Status,
    /// Reason why the step was skipped or ended early.
    pub reason: Option<String>,
    /// Duration of the step, in milliseconds.
    pub took_ms: f64,
    /// Changes in order.
    pub changes: Vec<Change>,
    /// Results of the waits.
    pub waits: Vec<WaitReport>,
    /// Traffic with its results.
    pub traffic: Vec<TrafficReport>,
    /// Outcome of the gate.
    pub gate: Option<GateReport>,
    /// Checks with their verdicts.
    pub checks: Vec<Verdict>,
}

/// Change to the mesh or to an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Time of the change within the step.
    pub when: When,
    /// Equivalent commands.
    pub command: String,
    /// Files that were applied or deleted, with their text.
    pub files: Vec<FileText>,
}

/// Time of a change within a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Before the traffic.
    Before,
    /// Halfway through the traffic.
    During,
    /// After the traffic, because a gate was breached.
    Rollback,
}

/// File with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileText {
    /// Path from the project's root.
    pub path: PathBuf,
    /// Text of the file.
    pub text: String,
}

/// Result of a wait for an effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitReport {
    /// Time of the wait within the step.
    pub when: When,
    /// Entrance of the probes, and what they had to show.
    pub what: String,
    /// Number of probes.
    pub probes: u64,
    /// Duration of the wait, in milliseconds.
    pub took_ms: f64,
    /// Outcome of the last probe.
    pub last: String,
    /// True if the effect occurred in time.
    pub came: bool,
}

/// Traffic with its results.
#[derive(Debug, Clone, Serialize)]
pub struct TrafficReport {
    /// Name of the traffic.
    pub name: String,
    /// Entrance of the requests.
    pub from: Entrance,
    /// Path and query of the requests.
    pub path: String,
    /// Headers of the requests.
    pub headers: BTreeMap<String, String>,
    /// Seconds into the traffic at which changes began.
    pub changed_at_s: Option<f64>,
    /// Seconds into the traffic at which the changes and their waits were complete.
    pub changed_until_s: Option<f64>,
    /// Cause of extra latency, if any.
    pub caveat: Option<String>,
    /// Summary of the results.
    pub summary: Summary,
    /// Results over time.
    pub timeline: Vec<Bucket>,
}

/// Outcome of a gate.
#[derive(Debug, Clone, Serialize)]
pub struct GateReport {
    /// Decision of the gate.
    pub outcome: GateOutcome,
    /// Checks of the gate.
    pub checks: Vec<Verdict>,
}

/// Combines the statuses of parts: failed if one failed, skipped if all were skipped, otherwise passed.
pub fn overall(parts: impl IntoIterator<Item = Status>) -> Status {
    let (mut passed, mut skipped) = (false, false);
    for part in parts {
        match part {
            Status::Failed => return Status::Failed,
            Status::Passed => passed = true,
            Status::Skipped => skipped = true,
        }
    }
    if skipped && !passed { Status::Skipped } else { Status::Passed }
}
