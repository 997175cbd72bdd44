//! Runs cases on a mesh: applies resources, probes until the expectations are met, and deletes the resources.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::{
    case::Case,
    observation::Observation,
    test_mesh::{ApplyResult, TestMesh},
};

/// Pause between two rounds of probes.
const PAUSE: Duration = Duration::from_millis(100);

/// Results of a run of the cases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Name of the mesh.
    pub target: String,
    /// Namespace of the workload.
    pub namespace: String,
    /// Results of the cases.
    pub cases: Vec<CaseOutcome>,
    /// Names of cases that were excluded from the run.
    pub left_out: Vec<String>,
}

/// Result of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseOutcome {
    /// Name of the case.
    pub case: String,
    /// True if all expectations were met.
    pub passed: bool,
    /// Expectations that were not met, one per line.
    pub unmet: Vec<String>,
    /// Message with which the mesh rejected the resources, if that is intended.
    pub refused: Option<String>,
    /// Last results of the probes, in their order.
    pub probes: Vec<ProbeResult>,
    /// Duration of the case, in seconds.
    pub took_s: f64,
}

/// Result of a probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// Name of the probe.
    pub probe: String,
    /// Observation of its responses.
    pub observed: Observation,
}

impl Outcome {
    /// Returns true if every case passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| case.passed)
    }
}

/// Runs a case, and deletes its resources afterwards, also if it failed. On a cluster, `clear` must pass before the
/// case.
///
/// # Errors
/// Fails if the mesh or a client cannot be reached.
pub async fn run(mesh: &mut TestMesh, case: &Case, clear: &Case) -> anyhow::Result<CaseOutcome> {
    let started = Instant::now();
    let mut outcome = CaseOutcome {
        case: case.case.clone(),
        passed: false,
        unmet: Vec::new(),
        refused: None,
        probes: Vec::new(),
        took_s: 0.0,
    };
    let defaults = case.resources.trim().is_empty();
    // The local mesh deletes an earlier case's resources together with the next apply, so no state without a case
    // exists.
    let is_clear = matches!(mesh, TestMesh::Cluster(_));
    if is_clear {
        let mut left = probe(mesh, clear, &mut Vec::new()).await?;
        left.iter_mut().for_each(|line| line.insert_str(0, "an earlier case is still in force: "));
        outcome.unmet.append(&mut left);
    }
    if !defaults && is_clear && before(mesh, case).await? {
        outcome.unmet.push("the probes show all this without the resources, so they prove nothing".to_owned());
    } else if defaults && is_clear {
        outcome.unmet.extend(probe(mesh, case, &mut outcome.probes).await?);
    } else {
        let what = || format!("the resources of the case {}", case.case);
        let applied = mesh.apply(&case.resources).await.with_context(what)?;
        match (applied, &case.refused_locally, mesh.name()) {
            (ApplyResult::Refused(why), Some(part), "local") if why.contains(part) => outcome.refused = Some(why),
            (ApplyResult::Refused(why), ..) => outcome.unmet.push(format!("refused: {why}")),
            (ApplyResult::Taken, refused, name) => {
                let probed = probe(mesh, case, &mut outcome.probes).await;
                mesh.delete(&case.resources).await.with_context(what)?;
                outcome.unmet.extend(probed?);
                if refused.is_some() && name == "local" {
                    outcome.unmet.push("the local mesh took what it should have refused".to_owned());
                }
            }
        }
    }
    outcome.passed = outcome.unmet.is_empty();
    outcome.took_s = started.elapsed().as_secs_f64();
    Ok(outcome)
}

/// Returns true if all probes meet the expectations before the resources are applied. An earlier case may still have an
/// effect, so the probes are repeated.
async fn before(mesh: &mut TestMesh, case: &Case) -> anyhow::Result<bool> {
    let end = Instant::now() + mesh.patience().1 / 4;
    loop {
        if round(mesh, case, &mut Vec::new()).await?.is_some() {
            return Ok(false);
        }
        if Instant::now() > end {
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Probes until all expectations are met several times in a row, or until a deadline. Returns those not met then.
async fn probe(mesh: &mut TestMesh, case: &Case, seen: &mut Vec<ProbeResult>) -> anyhow::Result<Vec<String>> {
    let (times, patience) = mesh.patience();
    let end = Instant::now() + patience;
    let mut in_a_row = 0;
    loop {
        let unmet = all(mesh, case, seen).await?;
        in_a_row = if unmet.is_empty() { in_a_row + 1 } else { 0 };
        if in_a_row >= times || Instant::now() > end {
            return Ok(unmet);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Runs the probes in order until one does not meet an expectation, and returns that expectation.
async fn round(mesh: &mut TestMesh, case: &Case, seen: &mut Vec<ProbeResult>) -> anyhow::Result<Option<String>> {
    seen.clear();
    for probe in &case.probes {
        let observed = Observation::of(&mesh.ask(probe).await?);
        let unmet = probe.expect.unmet(&observed, mesh.namespace());
        seen.push(ProbeResult { probe: probe.name.clone(), observed });
        if let Some(first) = unmet.into_iter().next() {
            return Ok(Some(first));
        }
    }
    Ok(None)
}

/// Runs all probes, and returns all expectations that were not met.
async fn all(mesh: &mut TestMesh, case: &Case, seen: &mut Vec<ProbeResult>) -> anyhow::Result<Vec<String>> {
    seen.clear();
    let mut all = Vec::new();
    for probe in &case.probes {
        let observed = Observation::of(&mesh.ask(probe).await?);
        let unmet = probe.expect.unmet(&observed, mesh.namespace());
        all.extend(unmet.into_iter().map(|line| format!("{}: {line}", probe.name)));
        seen.push(ProbeResult { probe: probe.name.clone(), observed });
    }
    Ok(all)
}
