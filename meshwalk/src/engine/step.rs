//! Runs one step: change, wait for the effect, send, decide, and roll back after a breached gate.

use std::time::Instant;

use super::{Engine, StopReason, halted_step, milliseconds, observer::Event};
use crate::{
    checks::{Check, Counters, Evidence, GateOutcome, Needs, Status, Verdict},
    lab::{Gate, Lab, Step},
    report::{GateReport, LabReport, StepReport, When, overall},
};

impl Engine<'_> {
    /// Runs a step. An error ends the lab.
    pub(super) async fn step(&self, lab: &Lab, index: usize, report: &mut LabReport) -> Result<(), StopReason> {
        let Some(step) = lab.steps.get(index) else { return Ok(()) };
        if let Some(why) = step.skipped_on(self.platform.kind()) {
            report.steps.push(skipped(step, why));
            report.steps.last().into_iter().for_each(|step| self.observer.tell(&Event::StepOver(step)));
            return Ok(());
        }
        if self.observer.wants_commands() {
            let commands = self.commands(&step.actions).await?;
            tokio::select! {
                () = self.observer.ready(index + 1, lab.steps.len(), step, &commands) => {}
                () = self.interrupt.wait() => return Err(StopReason::Interrupted),
            }
        }
        self.observer.tell(&Event::Step(index + 1, lab.steps.len(), step));
        let started = Instant::now();
        let mut done = StepReport { status: Status::Passed, reason: None, checks: Vec::new(), ..skipped(step, "") };
        let result = self.play(lab, step, &mut done).await;
        let undecided = step.expect.iter().skip(done.checks.len());
        let reason = "the step did not come so far";
        done.checks.extend(undecided.map(|check| Verdict::skipped(check, reason)).collect::<Vec<_>>());
        done.status = overall(done.checks.iter().map(|check| check.status));
        if let Err(halt) = &result {
            done.status = Status::Failed;
            done.reason = Some(halted_step(halt));
        } else if done.checks.is_empty() {
            done.status = Status::Passed;
        }
        done.took_ms = milliseconds(started.elapsed());
        self.observer.tell(&Event::StepOver(&done));
        report.steps.push(done);
        result
    }

    async fn play(&self, lab: &Lab, step: &Step, done: &mut StepReport) -> Result<(), StopReason> {
        let gate_checks = step.gate.iter().flat_map(|gate| &gate.checks);
        let needs = Needs::of(step.expect.iter().chain(gate_checks));
        let mut evidence = Evidence { untraced: self.platform.untraced().map(str::to_owned), ..Evidence::default() };
        if needs.instances_before {
            evidence.instances_before = self.platform.instances().await?;
        }
        self.change(&step.actions, When::Before, &mut done.changes).await?;
        self.settle(lab, &step.actions, When::Before, &mut done.waits).await?;
        let before = self.count(&needs).await?;
        evidence.runs = self.send(lab, step, done).await?;
        if let Some(gate) = &step.gate {
            evidence.gate = Some(self.gate(lab, gate, &before, &mut evidence, done).await?);
        }
        done.checks = self.decide(&step.expect, &Needs::of(&step.expect), &before, &mut evidence).await?;
        done.checks.iter().for_each(|verdict| self.observer.tell(&Event::Decided(verdict)));
        if evidence.gate == Some(GateOutcome::Breached) && !step.expects_breach() {
            return Err(StopReason::Failed("the gate was breached, so the lab was rolled back and stopped".to_owned()));
        }
        Ok(())
    }

    /// Decides a gate, and rolls back at once if it is breached.
    async fn gate(
        &self,
        lab: &Lab,
        gate: &Gate,
        before: &Counters,
        evidence: &mut Evidence,
        done: &mut StepReport,
    ) -> Result<GateOutcome, StopReason> {
        let checks = self.decide(&gate.checks, &Needs::of(&gate.checks), before, evidence).await?;
        checks.iter().for_each(|verdict| self.observer.tell(&Event::Weighed(verdict)));
        let breached = checks.iter().any(|check| check.status == Status::Failed);
        let outcome = if breached { GateOutcome::Breached } else { GateOutcome::Held };
        self.observer.tell(&Event::Gate(outcome));
        done.gate = Some(GateReport { outcome, checks });
        if breached {
            self.change(&gate.rollback, When::Rollback, &mut done.changes).await?;
            self.settle(lab, &gate.rollback, When::Rollback, &mut done.waits).await?;
        }
        Ok(outcome)
    }
}

/// Returns the report of a step that did not run.
pub(super) fn skipped(step: &Step, reason: &str) -> StepReport {
    let skip = |check: &Check| Verdict::skipped(check, reason);
    StepReport {
        title: step.title.clone(),
        explain: step.explain.clone(),
        status: Status::Skipped,
        reason: Some(reason.to_owned()),
        took_ms: 0.0,
        changes: Vec::new(),
        waits: Vec::new(),
        traffic: Vec::new(),
        gate: None,
        checks: step.expect.iter().map(skip).collect(),
    }
}
