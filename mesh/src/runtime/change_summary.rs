//! What a change did, in words that say why.

use std::collections::BTreeSet;

use meshwalk_yaml::Diagnostic;

use super::desired::DesiredPod;
use crate::{
    control::types::{ApplyError, ApplyErrorKind},
    manifest::{Key, WithoutEffect},
    resources::{Kind, Resource, Resources},
};

/// A line for each pod that came or goes. Whoever changed one Deployment and sees a pod of another one replaced is
/// told why.
pub(super) fn of_pods(
    running: &[DesiredPod],
    new: &[&DesiredPod],
    going: &BTreeSet<String>,
    restarted: &BTreeSet<Key>,
) -> Vec<String> {
    let start = |pod: &&DesiredPod| {
        let same = |old: &&DesiredPod| going.contains(&old.name) && old.plan.is_same_pod(&pod.plan);
        let before = running.iter().find(same).filter(|_| !restarted.contains(&pod.plan.workload));
        match before.and_then(|old| told_anew(old, pod)) {
            Some(reason) => format!("pod {} was started: {reason}", pod.name),
            None => format!("pod {} was started", pod.name),
        }
    };
    let end = going.iter().map(|pod| format!("pod {pod} gets no more requests and ends"));
    new.iter().map(start).chain(end).collect()
}

/// Why a pod takes the place of one that is the same but for what it is told of others.
fn told_anew(old: &DesiredPod, new: &DesiredPod) -> Option<String> {
    if !new.plan.sidecar {
        let reason = "without a sidecar, it has to be told of the other pods";
        return (old.connect != new.connect).then(|| reason.to_owned());
    }
    // As `:8080=127.64.0.11:15101`; the address is another one for each pod.
    let ports = |pod: &DesiredPod| -> BTreeSet<String> {
        let ports = pod.connect.iter().filter_map(|told| told.strip_prefix(':')?.split_once('='));
        ports.map(|(port, _)| port.to_owned()).filter(|port| !port.is_empty()).collect()
    };
    let added: Vec<String> = ports(new).difference(&ports(old)).cloned().collect();
    let (noun, verb) = if added.len() == 1 { ("port", "is") } else { ("ports", "are") };
    (!added.is_empty()).then(|| {
        format!(
            "its program is told once, at its start, where its sidecar takes calls to each port of the Services, and \
             the {noun} {} {verb} new",
            added.join(", ")
        )
    })
}

/// What a change adds, alters or takes away, as problems without a fault yet. Where routes, policies or Gateways are
/// among it, only these: of the other kinds Envoy gets names and addresses, which the mesh has judged itself.
pub(super) fn suspects(before: &Resources, after: &Resources) -> Vec<Diagnostic> {
    let read = |resource: &Resource, what: &str| {
        let diagnostic = Diagnostic::new(format!("this change {what} it")).of(resource.identity());
        if resource.location().is_of_a_file() { diagnostic.at(resource.location()) } else { diagnostic }
    };
    let brought = after.all().into_iter().filter_map(|resource| match before.get(&resource) {
        None => Some((resource.kind(), read(&resource, "adds"))),
        Some(old) if old.document() != resource.document() => Some((resource.kind(), read(&resource, "alters"))),
        Some(_) => None,
    });
    let gone = before.all().into_iter().filter(|resource| after.get(resource).is_none());
    let taken = |resource: &Resource| Diagnostic::new("this change takes it away").of(resource.identity());
    let all: Vec<_> = brought.chain(gone.map(|resource| (resource.kind(), taken(&resource)))).collect();
    let of_kubernetes = [Kind::Namespace, Kind::ServiceAccount, Kind::Service, Kind::Deployment];
    let of_istio = |(kind, _): &&(Kind, Diagnostic)| !of_kubernetes.contains(kind);
    let any = all.iter().any(|suspect| of_istio(&suspect));
    all.iter().filter(|suspect| !any || of_istio(suspect)).map(|(_, diagnostic)| diagnostic.clone()).collect()
}

/// Envoy knows nothing of resources: what it refuses is in one that the change brought.
pub(super) fn with_suspects(apply_error: ApplyError, suspects: &[Diagnostic]) -> ApplyError {
    if apply_error.kind != ApplyErrorKind::Envoy {
        return apply_error;
    }
    let message = match suspects {
        [] => apply_error.message,
        [_] => format!("{}. What it is about:", apply_error.message),
        _ => format!("{}. It is about one of these; applied one by one, it shows which:", apply_error.message),
    };
    ApplyError { message, diagnostics: suspects.to_vec(), ..apply_error }
}

/// A line for each resource that was read and does nothing here.
pub(super) fn of_ignored(without_effect: &[WithoutEffect]) -> Vec<String> {
    let whole = without_effect.iter().filter(|ignored| ignored.field == "*");
    whole.map(|ignored| format!("{} has no effect here: {}", ignored.resource, ignored.reason)).collect()
}
