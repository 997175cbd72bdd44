//! Checks a step as a whole: references between its parts, checks without traffic, samples that are too small.

use std::collections::BTreeSet;

use crate::{
    checks::{Check, Reference, Scope, StepFacts},
    lab::{Lab, Step, Traffic},
    reader::{Reader, below, did_you_mean, listed},
};

/// Checks each step of a lab as a whole.
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
        reader.wrong(&step.location, field, "`local-only` and `cluster-only` together exclude every platform", help);
    }
    let traffic = (!unread).then_some(&names);
    for check in &step.expect {
        check_in_step(reader, step, check, traffic, &below(field, "expect"), false);
    }
    for check in step.gate.iter().flat_map(|gate| &gate.checks) {
        check_in_step(reader, step, check, traffic, &below(field, "gate.checks"), true);
    }
}

/// Checks that a check can be decided in its step, which must contain what the check refers to. `traffic` has the names
/// of the step's traffic, or is `None` if it could not be read, which has been reported.
fn check_in_step(
    reader: &mut Reader,
    step: &Step,
    check: &Check,
    traffic: Option<&BTreeSet<&str>>,
    field: &str,
    in_gate: bool,
) {
    let of = check.of.as_deref();
    let meant = step.traffic.iter().filter(|traffic| of.is_none_or(|of| of == traffic.name));
    let facts = StepFacts { requests: meant.map(Traffic::requests).sum(), has_gate: step.gate.is_some(), in_gate };
    let check_facts = |reader: &mut Reader| {
        if let Err((message, help)) = check.kind.check_step(&facts) {
            reader.wrong(&check.location, field, message, Some(help.to_owned()));
        }
    };
    let needs_traffic = check.kind.scope() < Scope::Step;
    if !needs_traffic {
        check_facts(reader);
    }
    let Some(names) = traffic else { return };
    let references = check.kind.references().into_iter();
    let named = references.filter_map(|name| if let Reference::Traffic(name) = name { Some(name) } else { None });
    for of in of.into_iter().chain(named).filter(|of| !names.contains(of)) {
        let known: Vec<_> = names.iter().copied().collect();
        let listed = || if known.is_empty() { "none".to_owned() } else { listed(&known) };
        let help = did_you_mean(of, &known, || format!("the step's traffic has the names {}", listed()));
        reader.wrong(&check.location, field, format!("no traffic of this step has the name `{of}`"), Some(help));
    }
    if !needs_traffic {
        return;
    }
    if step.traffic.is_empty() {
        let help = Some("add `traffic: {from: gateway, rate: 100/s, for: 2s}`".to_owned());
        reader.wrong(&check.location, field, "this check needs traffic, and the step sends none", help);
        return;
    }
    check_facts(reader);
}
