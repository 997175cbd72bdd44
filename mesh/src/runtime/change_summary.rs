//! Remarks for the user about a change.

use std::collections::BTreeSet;

use meshwalk_yaml::Diagnostic;

use super::desired::DesiredPod;
use crate::{
    control::types::{ApplyError, ApplyErrorKind},
    manifest::{Key, WithoutEffect},
    resources::{Kind, Resource, Resources},
};

/// One line for each started or terminated pod. Explains pods replaced by a change to another Deployment.
pub(super) fn pod_changes(
    running: &[DesiredPod],
    new: &[&DesiredPod],
    terminating: &BTreeSet<String>,
    restarted: &BTreeSet<Key>,
) -> Vec<String> {
    let start = |pod: &&DesiredPod| {
        let same = |old: &&DesiredPod| terminating.contains(&old.name) && old.plan.is_same_pod(&pod.plan);
        let before = running.iter().find(same).filter(|_| !restarted.contains(&pod.plan.workload));
        match before.and_then(|old| replacement_reason(old, pod)) {
            Some(reason) => format!("pod {} was started: {reason}", pod.name),
            None => format!("pod {} was started", pod.name),
        }
    };
    let end = terminating.iter().map(|pod| format!("pod {pod} is terminating"));
    new.iter().map(start).chain(end).collect()
}

/// Why a pod of an unchanged Deployment is replaced: its `--connect` arguments changed.
fn replacement_reason(old: &DesiredPod, new: &DesiredPod) -> Option<String> {
    if !new.plan.sidecar {
        let reason = "it has no sidecar and reads the addresses of other pods only at start";
        return (old.connect != new.connect).then(|| reason.to_owned());
    }
    // For example `:8080=127.64.0.11:15101`. The address differs between pods.
    let ports = |pod: &DesiredPod| -> BTreeSet<String> {
        let ports = pod.connect.iter().filter_map(|connect| connect.strip_prefix(':')?.split_once('='));
        ports.map(|(port, _)| port.to_owned()).filter(|port| !port.is_empty()).collect()
    };
    let added: Vec<String> = ports(new).difference(&ports(old)).cloned().collect();
    let (noun, verb) = if added.len() == 1 { ("port", "is") } else { ("ports", "are") };
    (!added.is_empty()).then(|| {
        format!(
            "its program reads its sidecar's port for each Service port only at start, and the {noun} {} {verb} new",
            added.join(", ")
        )
    })
}

/// Resources that a change adds, changes or removes. If Istio's kinds are among them, only these: Envoy does not see
/// the content of Kubernetes' own kinds.
pub(super) fn changed_resources(before: &Resources, after: &Resources) -> Vec<Diagnostic> {
    let located = |resource: &Resource, what: &str| {
        let diagnostic = Diagnostic::new(format!("{what} by this change")).resource(resource.identity());
        if resource.location().is_in_file() { diagnostic.at(resource.location()) } else { diagnostic }
    };
    let changed = after.all().into_iter().filter_map(|resource| match before.get(&resource) {
        None => Some((resource.kind(), located(&resource, "added"))),
        Some(old) if old.document() != resource.document() => Some((resource.kind(), located(&resource, "changed"))),
        Some(_) => None,
    });
    let removed = before.all().into_iter().filter(|resource| after.get(resource).is_none());
    let unlocated = |resource: &Resource| Diagnostic::new("removed by this change").resource(resource.identity());
    let all: Vec<_> = changed.chain(removed.map(|resource| (resource.kind(), unlocated(&resource)))).collect();
    let of_kubernetes = [Kind::Namespace, Kind::ServiceAccount, Kind::Service, Kind::Deployment];
    let is_of_istio = |(kind, _): &&(Kind, Diagnostic)| !of_kubernetes.contains(kind);
    let any = all.iter().any(|change| is_of_istio(&change));
    all.iter().filter(|change| !any || is_of_istio(change)).map(|(_, diagnostic)| diagnostic.clone()).collect()
}

/// Adds the changed resources to an error of Envoy, which does not know the resource at fault.
pub(super) fn with_possible_causes(apply_error: ApplyError, causes: &[Diagnostic]) -> ApplyError {
    if apply_error.kind != ApplyErrorKind::Envoy {
        return apply_error;
    }
    let message = match causes {
        [] => apply_error.message,
        [_] => format!("{}. Probable cause:", apply_error.message),
        _ => format!("{}. Probable causes, to be applied one by one:", apply_error.message),
    };
    ApplyError { message, diagnostics: causes.to_vec(), ..apply_error }
}

/// One line for each resource without effect.
pub(super) fn ignored_resources(without_effect: &[WithoutEffect]) -> Vec<String> {
    let whole = without_effect.iter().filter(|ignored| ignored.field == "*");
    whole.map(|ignored| format!("{} has no effect here: {}", ignored.resource, ignored.reason)).collect()
}
