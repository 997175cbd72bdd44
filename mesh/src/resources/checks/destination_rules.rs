//! DestinationRules.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Object, Resources, hosts, model::DestinationRule};
use crate::problem::Problem;

pub(super) fn check(set: &Resources, problems: &mut Vec<Problem>) {
    let services = super::services(set);
    // Of rules in different namespaces, the caller's goes first, and then the service's: nothing depends on age there.
    let mut seen: BTreeMap<(String, &str), String> = BTreeMap::new();
    for rule in set.destination_rules.values() {
        let host = hosts::full(&rule.spec.host, &rule.key.namespace);
        if let Some(other) = seen.insert((host.clone(), &rule.key.namespace), rule.identity()) {
            problems.push(
                rule.problem("spec.host", format!("{other} is for the host {host} too"))
                    .remedy("put what both say into one of them: Istio would merge them by age"),
            );
        }
        if !services.keys().any(|service| hosts::matches(&host, service)) {
            problems.push(
                rule.problem("spec.host", format!("there is no Service {host}"))
                    .remedy(format!("name one that is there: {}", super::known(services.keys().map(String::as_str)))),
            );
        }
        subsets(rule, problems);
    }
}

fn subsets(rule: &Object<DestinationRule>, problems: &mut Vec<Problem>) {
    let mut names = BTreeSet::new();
    for (index, subset) in rule.spec.subsets.iter().enumerate() {
        if !names.insert(&subset.name) {
            problems.push(
                rule.problem(
                    &format!("spec.subsets[{index}].name"),
                    format!("the subset {} stands here twice", subset.name),
                )
                .remedy("give every subset a name of its own"),
            );
        }
    }
}
