//! Formats the table at the end of a run.

use super::{LabReport, Report};
use crate::checks::Status;

/// Formats one line per lab, followed by what failed or was skipped.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut lines = vec![["LAB", "STATUS", "STEPS", "CHECKS", "REQUESTS", "TOOK"].map(str::to_owned)];
    lines.extend(report.labs.iter().map(line));
    let widths: [usize; 6] =
        std::array::from_fn(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default());
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<_> = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    for lab in &report.labs {
        details(lab, &mut text);
    }
    text
}

fn line(lab: &LabReport) -> [String; 6] {
    let of = |passed: usize, all: usize| format!("{passed}/{all}");
    let steps = lab.steps.iter().filter(|step| step.status == Status::Passed).count();
    let checks: Vec<_> = lab.steps.iter().flat_map(|step| &step.checks).collect();
    let held = checks.iter().filter(|check| check.status == Status::Passed).count();
    let requests: u64 = lab.steps.iter().flat_map(|step| &step.traffic).map(|traffic| traffic.summary.requests).sum();
    [
        lab.lab.clone(),
        lab.status.word().to_owned(),
        of(steps, lab.steps.len()),
        of(held, checks.len()),
        requests.to_string(),
        format!("{:.1} s", lab.took_ms / 1000.0),
    ]
}

fn details(lab: &LabReport, text: &mut String) {
    if let Some(reason) = &lab.reason {
        text.push_str(&format!("\n{} {}: {reason}\n", lab.lab, lab.status.word()));
    }
    for step in &lab.steps {
        // An expected breach is not a failure of the step.
        let gate = step.gate.iter().filter(|_| step.status == Status::Failed).flat_map(|gate| &gate.checks);
        let unheld: Vec<_> = gate.chain(&step.checks).filter(|check| check.status == Status::Failed).collect();
        if unheld.is_empty() {
            continue;
        }
        text.push_str(&format!("\n{}, {}:\n", lab.lab, step.title));
        for check in unheld {
            text.push_str(&format!("  {} failed\n    expected  {}\n", check.name, check.expected));
            text.push_str(&format!("    observed  {}\n    because   {}\n", check.observed, check.reason));
        }
    }
}
