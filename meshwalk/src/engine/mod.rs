//! Runs labs: applies each step, sends traffic, checks the evidence, and restores the state before the lab.

mod changes;
mod collect;
mod interrupt;
mod observer;
mod send;
mod snapshot_store;
mod step;
mod wait;
mod wait_metric;

use std::{
    path::Path,
    time::{Duration, Instant, SystemTime},
};

pub use interrupt::{Interrupt, Interrupter};
pub use observer::{Event, Observer};
pub use snapshot_store::{SnapshotStore, SnapshotStoreError, StoredSnapshot};

use crate::{
    checks::Status,
    lab::Lab,
    platform::{Platform, PlatformError, Snapshot},
    report::{FORMAT, LabReport, Report, When, overall},
    traffic::RunError,
};

/// Time limit for a restore, in which each change waits for every proxy.
const RESTORE: Duration = Duration::from_secs(150);

/// Runs labs on a platform.
pub struct Engine<'a> {
    /// Platform on which the labs run.
    pub platform: &'a dyn Platform,
    /// Observer that is notified of events.
    pub observer: &'a dyn Observer,
    /// Signal that requests a stop.
    pub interrupt: Interrupt,
    /// Folder to which the labs' files are relative.
    pub root: &'a Path,
    /// Store that keeps a snapshot until it is restored.
    pub snapshot_store: SnapshotStore,
}

/// Reason why a lab ends early.
#[derive(Debug)]
enum StopReason {
    /// The user requested a stop.
    Interrupted,
    /// An effect that the lab waits for did not occur.
    Failed(String),
    /// The lab cannot be run.
    Broken(String),
}

impl From<PlatformError> for StopReason {
    fn from(error: PlatformError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<RunError> for StopReason {
    fn from(error: RunError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl Engine<'_> {
    /// Runs labs one after the other, and returns the report.
    ///
    /// # Errors
    /// Fails if the platform cannot be identified.
    pub async fn run(&self, labs: &[Lab]) -> Result<Report, PlatformError> {
        let started = (Instant::now(), SystemTime::now());
        let platform = self.platform.describe().await?;
        let mut reports = Vec::new();
        for lab in labs {
            let report = if self.interrupt.is_requested() {
                skipped(lab, "the run was interrupted")
            } else {
                self.lab(lab).await
            };
            self.observer.tell(&Event::LabOver(&report));
            reports.push(report);
        }
        Ok(Report {
            format: FORMAT,
            platform,
            started: crate::report::timestamp(started.1),
            took_ms: milliseconds(started.0.elapsed()),
            status: overall(reports.iter().map(|lab| lab.status)),
            interrupted: self.interrupt.is_requested(),
            labs: reports,
        })
    }

    /// Runs one lab, and restores the platform's state.
    async fn lab(&self, lab: &Lab) -> LabReport {
        let started = Instant::now();
        self.observer.tell(&Event::Lab(lab));
        if !lab.platforms.contains(&self.platform.kind()) {
            let platforms: Vec<_> = lab.platforms.iter().map(ToString::to_string).collect();
            return skipped(lab, &format!("this lab runs on {} only", platforms.join(" and ")));
        }
        let mut report = LabReport { status: Status::Passed, reason: None, ..skipped(lab, "") };
        let snapshot = match self.remember(lab).await {
            Ok(snapshot) => snapshot,
            Err(halt) => {
                halted(&mut report, halt);
                return report;
            }
        };
        if let Err(halt) = self.steps(lab, &mut report).await {
            halted(&mut report, halt);
        }
        self.restore(&snapshot, &mut report).await;
        let steps = overall(report.steps.iter().map(|step| step.status));
        if report.status != Status::Failed {
            report.status = steps;
        }
        report.took_ms = milliseconds(started.elapsed());
        report
    }

    /// Takes a snapshot of the active state, and stores it so that it survives this process.
    async fn remember(&self, lab: &Lab) -> Result<Snapshot, StopReason> {
        let snapshot = self.platform.snapshot().await?;
        if self.platform.outlives() {
            self.snapshot_store.keep(&lab.id, &snapshot).map_err(|error| StopReason::Broken(error.to_string()))?;
        }
        Ok(snapshot)
    }

    async fn steps(&self, lab: &Lab, report: &mut LabReport) -> Result<(), StopReason> {
        self.change(&lab.start, When::Before, &mut report.start).await?;
        self.settle(lab, &lab.start, When::Before, &mut Vec::new()).await?;
        let mut halt = None;
        for (index, step) in lab.steps.iter().enumerate() {
            let done = match &halt {
                None => self.step(lab, index, report).await,
                Some(_) => {
                    report.steps.push(step::skipped(step, "the lab did not come so far"));
                    continue;
                }
            };
            halt = done.err();
        }
        halt.map_or(Ok(()), Err)
    }

    /// Restores the snapshot, whether or not the lab succeeded.
    async fn restore(&self, snapshot: &Snapshot, report: &mut LabReport) {
        self.observer.tell(&Event::Restoring);
        let why = match tokio::time::timeout(RESTORE, self.platform.restore(snapshot)).await {
            Ok(Ok(())) => match self.keeper_forgets() {
                Ok(()) => {
                    report.restored = Some(true);
                    return;
                }
                Err(error) => error.to_string(),
            },
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("it took longer than {RESTORE:?}"),
        };
        let again = || format!("; `{}` tries it again", self.platform.restore_command());
        let help = if self.platform.outlives() { again() } else { String::new() };
        let why = format!("cannot restore the state before the lab: {why}{help}");
        self.observer.tell(&Event::NotRestored(&why));
        report.restored = Some(false);
        halted(report, StopReason::Broken(why));
    }

    fn keeper_forgets(&self) -> Result<(), SnapshotStoreError> {
        if self.platform.outlives() { self.snapshot_store.forget() } else { Ok(()) }
    }
}

/// Returns the report of a lab that did not run.
fn skipped(lab: &Lab, reason: &str) -> LabReport {
    LabReport {
        lab: lab.id.clone(),
        title: lab.title.clone(),
        teaches: lab.teaches.clone(),
        file: lab.file.clone(),
        status: Status::Skipped,
        reason: Some(reason.to_owned()),
        broke_off: false,
        took_ms: 0.0,
        start: Vec::new(),
        steps: Vec::new(),
        restored: None,
    }
}

/// Describes why a lab ended early.
fn halted_step(halt: &StopReason) -> String {
    match halt {
        StopReason::Interrupted => "the run was interrupted".to_owned(),
        StopReason::Failed(why) | StopReason::Broken(why) => why.clone(),
    }
}

/// Records why a lab ended early. The first reason comes first.
fn halted(report: &mut LabReport, halt: StopReason) {
    let reason = halted_step(&halt);
    report.status = Status::Failed;
    report.broke_off |= matches!(halt, StopReason::Broken(_));
    report.reason = Some(report.reason.take().map_or(reason.clone(), |first| format!("{first}; {reason}")));
}

/// Converts a duration to the unit of reports.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
