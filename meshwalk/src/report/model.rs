//! What a run leaves behind, as `report.json` holds it. `docs/report.schema.json` says the same as a schema.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;

use crate::{
    checks::{Status, Verdict},
    lab::{Entrance, GateOutcome},
    platform::Description,
    traffic::{Bucket, Summary},
};

/// The version of the report's format: counts up with each change that a reader of the old one would not understand.
pub const FORMAT: u32 = 1;

/// A run of labs.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// Where the labs ran, and on what.
    #[serde(flatten)]
    pub platform: Description,
    /// When the run started, RFC 3339, UTC.
    pub started: String,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// Failed if any lab failed, skipped if all were.
    pub status: Status,
    /// Whether it was interrupted.
    pub interrupted: bool,
    /// The labs, in the order in which they ran.
    pub labs: Vec<LabReport>,
}

/// What became of a lab.
#[derive(Debug, Clone, Serialize)]
pub struct LabReport {
    /// The lab's name.
    pub lab: String,
    /// Its title.
    pub title: String,
    /// What it teaches.
    pub teaches: String,
    /// Its file.
    pub file: PathBuf,
    /// Failed if any step failed or the lab broke off.
    pub status: Status,
    /// Why it was skipped or broke off.
    pub reason: Option<String>,
    /// Whether it broke off for a reason that is no failed check: a file that was refused, a mesh that went away.
    pub broke_off: bool,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// What was put in force before the first step.
    pub start: Vec<Change>,
    /// The steps.
    pub steps: Vec<StepReport>,
    /// Whether everything was put back as it was before the lab; none where nothing had been changed.
    pub restored: Option<bool>,
}

/// What became of a step.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// The step's title.
    pub title: String,
    /// Why it is done.
    pub explain: Option<String>,
    /// Failed if any check failed.
    pub status: Status,
    /// Why it was skipped or broke off.
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// What was changed, in order.
    pub changes: Vec<Change>,
    /// Which effects were waited for.
    pub waits: Vec<Waited>,
    /// What was sent, and what became of it.
    pub traffic: Vec<TrafficReport>,
    /// What the gate decided.
    pub gate: Option<GateReport>,
    /// What was expected, and what was seen.
    pub checks: Vec<Verdict>,
}

/// A change to the mesh or to an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When in the step.
    pub when: When,
    /// The commands to the same effect.
    pub command: String,
    /// The files that it applied or deleted, with their text.
    pub files: Vec<FileText>,
}

/// When a change happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Before the traffic.
    Before,
    /// In the midst of it.
    During,
    /// After it, because a gate was breached.
    Rollback,
}

/// A file and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileText {
    /// Its path from the project's root.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// An effect that was waited for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waited {
    /// When in the step.
    pub when: When,
    /// Where the probes entered, and what they had to show.
    pub what: String,
    /// How many probes it took.
    pub probes: u64,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// What the last probe showed.
    pub last: String,
    /// Whether the effect came within its time.
    pub came: bool,
}

/// Traffic and what became of it.
#[derive(Debug, Clone, Serialize)]
pub struct TrafficReport {
    /// Its name.
    pub name: String,
    /// Where it entered.
    pub from: Entrance,
    /// Its path and query.
    pub path: String,
    /// Its headers.
    pub headers: BTreeMap<String, String>,
    /// Seconds into the traffic at which changes began.
    pub changed_at_s: Option<f64>,
    /// Seconds into the traffic at which they were done, and what was waited for had come.
    pub changed_until_s: Option<f64>,
    /// What distorts its latencies, if anything does.
    pub caveat: Option<String>,
    /// It in figures.
    pub summary: Summary,
    /// It over time.
    pub timeline: Vec<Bucket>,
}

/// A gate's decision.
#[derive(Debug, Clone, Serialize)]
pub struct GateReport {
    /// What it decided.
    pub outcome: GateOutcome,
    /// Its checks.
    pub checks: Vec<Verdict>,
}

/// The status of a whole from the statuses of its parts: failed if one failed, skipped if all were, else passed.
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
