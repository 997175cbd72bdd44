//! References of Deployments.

use meshwalk_yaml::Diagnostic;

use crate::{
    kinds::{Deployment, Resources, references::known},
    manifest::{Key, Object, has_labels},
};

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    for deployment in set.deployments.values() {
        diagnostics.extend(own_selector(deployment));
        diagnostics.extend(conflicting_selector(set, deployment));
        diagnostics.extend(account(set, deployment));
    }
}

fn own_selector(deployment: &Object<Deployment>) -> Option<Diagnostic> {
    let labels = &deployment.spec.template.metadata.labels;
    let selector = &deployment.spec.selector.match_labels;
    if selector.is_empty() {
        let diagnostic = deployment.diagnostic("spec.selector.matchLabels", "the selector is empty");
        return Some(diagnostic.help("write labels that only this Deployment's pods have"));
    }
    let (name, value) = selector.iter().find(|(name, value)| labels.get(*name) != Some(value))?;
    Some(
        deployment
            .diagnostic(
                "spec.selector.matchLabels",
                format!("the pod template does not have the label {name}: {value}"),
            )
            .help("write the same labels into spec.template.metadata.labels"),
    )
}

/// Reports two Deployments whose selectors match the same pods: their controllers would fight over them.
fn conflicting_selector(set: &Resources, deployment: &Object<Deployment>) -> Option<Diagnostic> {
    let labels = &deployment.spec.template.metadata.labels;
    let other = set.deployments.values().find(|other| {
        other.key != deployment.key
            && other.key.namespace == deployment.key.namespace
            && !other.spec.selector.match_labels.is_empty()
            && has_labels(labels, &other.spec.selector.match_labels)
    })?;
    let message = format!("the selector of {} matches these pods too", other.identity());
    Some(
        deployment
            .diagnostic("spec.template.metadata.labels", message)
            .help("give each Deployment a label in its selector that the other's pods do not have"),
    )
}

fn account(set: &Resources, deployment: &Object<Deployment>) -> Option<Diagnostic> {
    let name = &deployment.spec.template.spec.service_account_name;
    let namespace = &deployment.key.namespace;
    // Every namespace has the account `default`.
    if name == "default" || set.service_accounts.contains_key(&Key::new(namespace, name)) {
        return None;
    }
    let there = set.service_accounts.keys().filter(|key| key.namespace == *namespace).map(|key| key.name.as_str());
    Some(
        deployment
            .diagnostic(
                "spec.template.spec.serviceAccountName",
                format!("ServiceAccount {namespace}/{name} does not exist"),
            )
            .help(format!("apply it with the Deployment; existing: {}", known(there))),
    )
}
