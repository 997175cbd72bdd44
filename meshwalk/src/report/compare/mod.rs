//! Compares two reports: their labs, steps, checks and verdicts.

mod read;
#[cfg(test)]
mod tests;
mod words;

pub use read::{ReadError, parse, read};
pub use words::words;

use crate::checks::Status;
use read::{ReportedCheck, ReportedLab, ReportedStep};

/// Parts of a report that a comparison uses.
pub use read::SavedReport;

/// Differences between two reports, and what only one of the runs looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Names of the two reports.
    pub names: [String; 2],
    may_skip: Vec<String>,
    /// Number of labs, steps and checks that both reports contain.
    pub compared: Counts,
    /// Differences. Empty if the reports agree.
    pub differences: Vec<ReportDifference>,
    /// Parts that only one of the platforms ran, with permission.
    pub left_out: Vec<LeftOut>,
}

/// Number of labs, steps and checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Number of labs.
    pub labs: usize,
    /// Number of steps.
    pub steps: usize,
    /// Number of checks, including those of gates.
    pub checks: usize,
}

/// ReportDifference between two reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportDifference {
    /// Lab, step and check that differ.
    pub path: CheckPath,
    /// Value in each report.
    pub sides: [String; 2],
    /// Reason, as the reports state it.
    pub reasons: [String; 2],
}

/// Location in a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckPath {
    /// Name of the lab.
    pub lab: String,
    /// Title of the step.
    pub step: String,
    /// Name of the check, or of another part of the step.
    pub check: String,
}

/// Lab or step that a lab excludes on one of the platforms, or a check that may be skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Location of the skipped part.
    pub path: CheckPath,
    /// Report in which the part was skipped.
    pub by: String,
    /// Reason for skipping the part.
    pub reason: String,
}

/// Compares two reports, check by check. Checks with a name in `may_skip` may be missing in one of them.
#[must_use]
pub fn compare(reports: [&SavedReport; 2], names: [String; 2], may_skip: &[String]) -> Comparison {
    let mut found = Comparison { names, may_skip: may_skip.to_vec(), ..Comparison::default() };
    let interrupted = reports.map(|report| report.interrupted);
    found.equal(&CheckPath::default(), interrupted.map(|wish| if wish { "interrupted" } else { "not interrupted" }));
    for (name, labs) in paired(reports.map(|report| &report.labs[..]), |lab| lab.lab.clone()) {
        let path = CheckPath { lab: name, ..CheckPath::default() };
        let Some(labs) = found.both(&path, "lab", labs) else { continue };
        found.compared.labs += 1;
        found.labs(&path, labs);
    }
    found
}

impl Comparison {
    /// Returns true if the reports agree.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.differences.is_empty()
    }

    fn labs(&mut self, path: &CheckPath, labs: [&ReportedLab; 2]) {
        if self.is_left_out(path, labs.map(|lab| (lab.status, lab.reason.as_deref()))) {
            return;
        }
        self.statuses(path, labs.map(|lab| (lab.status, lab.reason.clone().unwrap_or_default())));
        self.equal(&path.of_check("restored"), labs.map(|lab| restored(lab.restored)));
        // A step that a lab excludes was not reached by a run that ended early either.
        let whole = labs.iter().all(|lab| lab.status != Status::Failed);
        for (title, steps) in paired(labs.map(|lab| &lab.steps[..]), |step| step.title.clone()) {
            let path = CheckPath { step: title, ..path.clone() };
            let Some(steps) = self.both(&path, "step", steps) else { continue };
            self.compared.steps += 1;
            if whole && self.is_left_out(&path, steps.map(|step| (step.status, step.reason.as_deref()))) {
                continue;
            }
            self.steps(&path, steps);
        }
    }

    fn steps(&mut self, path: &CheckPath, steps: [&ReportedStep; 2]) {
        self.statuses(path, steps.map(|step| (step.status, step.reason.clone().unwrap_or_default())));
        let gates = steps.map(|step| step.gate.as_ref().map_or("no gate", |gate| gate.outcome.as_str()));
        self.equal(&path.of_check("gate"), gates);
        let gates = steps.map(|step| step.gate.as_ref().map_or(&[][..], |gate| &gate.checks));
        self.checks(path, "gate: ", gates);
        self.checks(path, "", steps.map(|step| &step.checks[..]));
    }

    fn checks(&mut self, path: &CheckPath, front: &str, checks: [&[ReportedCheck]; 2]) {
        // Two checks with the same name differ in what they expect.
        for (name, checks) in paired(checks, |check| format!("{} {}", check.name, check.expected)) {
            let path = path.of_check(&format!("{front}{}", name.trim()));
            let Some(checks) = self.both(&path, "check", checks) else { continue };
            self.compared.checks += 1;
            if self.may_skip.contains(&checks[0].name)
                && self.is_left_out(&path, checks.map(|check| (check.status, Some(check.reason.as_str()))))
            {
                continue;
            }
            self.statuses(&path, checks.map(|check| (check.status, check.why())));
        }
    }

    /// Returns the items that both have. An item that only one has is a difference.
    fn both<'a, T>(&mut self, path: &CheckPath, what: &str, sides: [Option<&'a T>; 2]) -> Option<[&'a T; 2]> {
        if let [Some(one), Some(other)] = sides {
            return Some([one, other]);
        }
        let sides = sides.map(|side| if side.is_some() { "there".to_owned() } else { format!("no such {what}") });
        self.differences.push(ReportDifference { path: path.clone(), sides, reasons: Default::default() });
        None
    }

    /// Returns true if one of the platforms skipped the part and the other ran it.
    fn is_left_out(&mut self, path: &CheckPath, sides: [(Status, Option<&str>); 2]) -> bool {
        let skipped = sides.map(|(status, _)| status == Status::Skipped);
        let Some(which) = skipped.iter().position(|skipped| *skipped).filter(|_| skipped[0] != skipped[1]) else {
            return false;
        };
        if sides[1 - which].0 == Status::Failed {
            return false;
        }
        let reason = sides[which].1.unwrap_or("without a reason").to_owned();
        self.left_out.push(LeftOut { path: path.clone(), by: self.names[which].clone(), reason });
        true
    }

    fn statuses(&mut self, path: &CheckPath, sides: [(Status, String); 2]) {
        if sides[0].0 != sides[1].0 {
            let [one, other] = sides;
            self.differences.push(ReportDifference {
                path: path.clone(),
                sides: [one.0, other.0].map(|status| status.word().to_owned()),
                reasons: [one.1, other.1],
            });
        }
    }

    fn equal(&mut self, path: &CheckPath, sides: [&str; 2]) {
        if sides[0] != sides[1] {
            let sides = sides.map(str::to_owned);
            self.differences.push(ReportDifference { path: path.clone(), sides, reasons: Default::default() });
        }
    }
}

impl CheckPath {
    fn of_check(&self, check: &str) -> Self {
        Self { check: check.to_owned(), ..self.clone() }
    }
}

fn restored(restored: Option<bool>) -> &'static str {
    match restored {
        Some(true) => "as it was before",
        Some(false) => "not as it was before",
        None => "nothing had changed",
    }
}

/// Pairs the items of two lists by name, in the order of the first. Items with the same name are paired in order.
fn paired<'a, T>(lists: [&'a [T]; 2], name: impl Fn(&T) -> String) -> Vec<(String, [Option<&'a T>; 2])> {
    let mut pairs: Vec<(String, [Option<&'a T>; 2])> = Vec::new();
    for item in lists[0] {
        pairs.push((name(item), [Some(item), None]));
    }
    for item in lists[1] {
        let name = name(item);
        match pairs.iter_mut().find(|(known, [_, other])| *known == name && other.is_none()) {
            Some((_, [_, other])) => *other = Some(item),
            None => pairs.push((name, [None, Some(item)])),
        }
    }
    pairs
}
