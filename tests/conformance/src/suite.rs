//! Runs cases on a bed: resources in force, probes until they show what is expected, resources away.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::{
    bed::{Applied, Bed},
    case::Case,
    observed::Observed,
};

/// The pause between two rounds of probes.
const PAUSE: Duration = Duration::from_millis(100);

/// What a run of the cases left behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Where it ran.
    pub target: String,
    /// The namespace of its workload.
    pub namespace: String,
    /// The cases.
    pub cases: Vec<CaseOutcome>,
    /// Cases that nobody wanted to run there.
    pub left_out: Vec<String>,
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseOutcome {
    /// Its name.
    pub case: String,
    /// Whether all was as expected.
    pub passed: bool,
    /// What was not, each as a line.
    pub unmet: Vec<String>,
    /// Why the mesh did not take its resources, where that is intended.
    pub refused: Option<String>,
    /// What the probes showed at last, in their order.
    pub probes: Vec<Seen>,
    /// How long it took, in seconds.
    pub took_s: f64,
}

/// What a probe showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The probe's name.
    pub probe: String,
    /// What its answers showed.
    pub observed: Observed,
}

impl Outcome {
    /// Whether every case passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| case.passed)
    }
}

/// Runs a case. What it put in force is away afterwards, also if it failed. `clear` is what holds without any case.
///
/// # Errors
/// If the mesh or a client cannot be asked.
pub async fn run(bed: &mut Bed, case: &Case, clear: &Case) -> anyhow::Result<CaseOutcome> {
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
    // Locally an earlier case's resources go only when the next ones come, so there is no state between the two.
    let is_clear = matches!(bed, Bed::Cluster(_));
    if is_clear {
        let mut left = probe(bed, clear, &mut Vec::new()).await?;
        left.iter_mut().for_each(|line| line.insert_str(0, "an earlier case is still in force: "));
        outcome.unmet.append(&mut left);
    }
    if !defaults && is_clear && before(bed, case).await? {
        outcome.unmet.push("the probes show all this without the resources, so they prove nothing".to_owned());
    } else if defaults && is_clear {
        outcome.unmet.extend(probe(bed, case, &mut outcome.probes).await?);
    } else {
        let what = || format!("the resources of the case {}", case.case);
        let applied = bed.apply(&case.resources).await.with_context(what)?;
        match (applied, &case.refused_locally, bed.name()) {
            (Applied::Refused(why), Some(part), "local") if why.contains(part) => outcome.refused = Some(why),
            (Applied::Refused(why), ..) => outcome.unmet.push(format!("refused: {why}")),
            (Applied::Taken, refused, name) => {
                let probed = probe(bed, case, &mut outcome.probes).await;
                bed.delete(&case.resources).await.with_context(what)?;
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

/// Whether all probes show what is expected before the resources are in force. What an earlier case left may still be
/// on its way out, so that one look is not enough to say so.
async fn before(bed: &mut Bed, case: &Case) -> anyhow::Result<bool> {
    let end = Instant::now() + bed.patience().1 / 4;
    loop {
        if round(bed, case, &mut Vec::new()).await?.is_some() {
            return Ok(false);
        }
        if Instant::now() > end {
            return Ok(true);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks until everything is as expected, several times in a row, or patience ends; what was not as expected then.
async fn probe(bed: &mut Bed, case: &Case, seen: &mut Vec<Seen>) -> anyhow::Result<Vec<String>> {
    let (times, patience) = bed.patience();
    let end = Instant::now() + patience;
    let mut in_a_row = 0;
    loop {
        let unmet = all(bed, case, seen).await?;
        in_a_row = if unmet.is_empty() { in_a_row + 1 } else { 0 };
        if in_a_row >= times || Instant::now() > end {
            return Ok(unmet);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks once until something is not as expected; that, if there is anything.
async fn round(bed: &mut Bed, case: &Case, seen: &mut Vec<Seen>) -> anyhow::Result<Option<String>> {
    seen.clear();
    for probe in &case.probes {
        let observed = Observed::of(&bed.ask(probe).await?);
        let unmet = probe.expect.unmet(&observed, bed.namespace());
        seen.push(Seen { probe: probe.name.clone(), observed });
        if let Some(first) = unmet.into_iter().next() {
            return Ok(Some(first));
        }
    }
    Ok(None)
}

/// Asks all, and says all that was not as expected.
async fn all(bed: &mut Bed, case: &Case, seen: &mut Vec<Seen>) -> anyhow::Result<Vec<String>> {
    seen.clear();
    let mut all = Vec::new();
    for probe in &case.probes {
        let observed = Observed::of(&bed.ask(probe).await?);
        let unmet = probe.expect.unmet(&observed, bed.namespace());
        all.extend(unmet.into_iter().map(|line| format!("{}: {line}", probe.name)));
        seen.push(Seen { probe: probe.name.clone(), observed });
    }
    Ok(all)
}
