//! What only the whole of a step shows: names that refer to each other, checks without traffic, samples too small.

use std::collections::BTreeSet;

use crate::reader::{Reader, below, listed};
use crate::{
    checks::power,
    lab::{Check, GateOutcome, Kind, Lab, Step, Term},
};

/// Checks the steps of a lab as wholes.
pub(super) fn check(reader: &mut Reader, lab: &Lab) {
    for (index, step) in lab.steps.iter().enumerate() {
        step_as_a_whole(reader, step, &format!("steps[{index}]"));
    }
}

fn step_as_a_whole(reader: &mut Reader, step: &Step, field: &str) {
    let mut names = BTreeSet::new();
    for traffic in &step.traffic {
        if !names.insert(traffic.name.as_str()) {
            let message = format!("a second traffic has the name `{}`", traffic.name);
            let help = Some("give each a `name` of its own".to_owned());
            reader.wrong(&traffic.location, &below(field, "traffic"), message, help);
        }
    }
    let unread = reader.unread_traffic.contains(&step.location);
    if step.during.is_some() && step.traffic.is_empty() && !unread {
        let help = Some("add `traffic`, or make the changes part of the step itself".to_owned());
        reader.wrong(&step.location, &below(field, "during"), "there is no traffic during which it could happen", help);
    }
    if step.local_only.is_some() && step.cluster_only.is_some() {
        let help = Some("keep one of them".to_owned());
        reader.wrong(&step.location, field, "`local-only` and `cluster-only` together leave no place to run", help);
    }
    for check in &step.expect {
        if matches!(check.kind, Kind::Gate(_)) && step.gate.is_none() {
            let help = Some("add a `gate` with `checks` and a `rollback`".to_owned());
            reader.wrong(&check.location, &below(field, "expect"), "the step has no gate", help);
        }
        if unread {
            continue;
        }
        referring(reader, step, check, &names, &below(field, "expect"));
    }
    for check in step.gate.iter().flat_map(|gate| &gate.checks) {
        if matches!(check.kind, Kind::Gate(GateOutcome::Held | GateOutcome::Breached)) {
            let help = Some("move it to `expect`".to_owned());
            reader.wrong(&check.location, &below(field, "gate.checks"), "a gate cannot look at itself", help);
        }
        if unread {
            continue;
        }
        referring(reader, step, check, &names, &below(field, "gate.checks"));
    }
}

/// What a check refers to is there, and is enough.
fn referring(reader: &mut Reader, step: &Step, check: &Check, names: &BTreeSet<&str>, field: &str) {
    let terms = match &check.kind {
        Kind::AddsUp(sums) => sums.left.iter().chain(&sums.right).collect(),
        _ => Vec::new(),
    };
    let of_terms = terms.iter().filter_map(|term| if let Term::Client(_, Some(of)) = term { Some(of) } else { None });
    for of in check.of.iter().chain(of_terms).filter(|of| !names.contains(of.as_str())) {
        let known: Vec<_> = names.iter().copied().collect();
        let help = meshwalk_yaml::nearest(of, known.iter().copied()).map_or_else(
            || {
                format!(
                    "the step's traffic has the names {}",
                    if known.is_empty() { "none".to_owned() } else { listed(&known) }
                )
            },
            |word| format!("did you mean `{word}`?"),
        );
        reader.wrong(&check.location, field, format!("no traffic of this step has the name `{of}`"), Some(help));
    }
    if matches!(check.kind, Kind::Probes | Kind::Instances(_) | Kind::Gate(_)) {
        return;
    }
    if step.traffic.is_empty() {
        let help = Some("add `traffic: {from: gateway, rate: 100/s, for: 2s}`".to_owned());
        reader.wrong(&check.location, field, "this check needs traffic, and the step sends none", help);
        return;
    }
    let Kind::Shares { wanted, notice, .. } = &check.kind else { return };
    let requests = step
        .traffic
        .iter()
        .filter(|traffic| check.of.as_ref().is_none_or(|of| *of == traffic.name))
        .map(crate::lab::Traffic::requests)
        .sum();
    if let Err(why) = power::enough(requests, wanted, *notice) {
        reader.wrong(
            &check.location,
            field,
            why,
            Some("raise `rate` or `for`, or let `notice` say what must be noticed".to_owned()),
        );
    }
}
