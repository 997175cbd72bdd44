//! Reports two PeerAuthentications of one scope. Istio would use the older one.

use std::collections::BTreeMap;

use meshwalk_yaml::Diagnostic;

use crate::{
    kinds::{PeerAuthentication, Resources},
    manifest::{Object, ROOT_NAMESPACE, has_labels},
};

pub(super) fn check(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    let mut whole: BTreeMap<&str, &Object<PeerAuthentication>> = BTreeMap::new();
    for policy in set.peer_authentications.values() {
        if labels(policy).is_some() {
            continue;
        }
        if !policy.spec.port_level_mtls.is_empty() {
            diagnostics.push(
                policy
                    .diagnostic("spec.portLevelMtls", "portLevelMtls needs a selector")
                    .help("write spec.selector.matchLabels"),
            );
        }
        let namespace = policy.key.namespace.as_str();
        if let Some(other) = whole.insert(namespace, policy) {
            let scope = if namespace == ROOT_NAMESPACE { "mesh" } else { "namespace" };
            diagnostics.push(second(policy, other, &format!("the whole {scope}")));
        }
    }
    selected(set, diagnostics);
}

/// Labels of a selector; `None` if it selects everything.
fn labels(policy: &Object<PeerAuthentication>) -> Option<&BTreeMap<String, String>> {
    policy.spec.selector.as_ref().map(|selector| &selector.match_labels).filter(|labels| !labels.is_empty())
}

fn selected(set: &Resources, diagnostics: &mut Vec<Diagnostic>) {
    for deployment in set.deployments.values() {
        let pods = &deployment.spec.template.metadata.labels;
        let mut matching = set.peer_authentications.values().filter(|policy| {
            policy.key.namespace == deployment.key.namespace
                && labels(policy).is_some_and(|labels| has_labels(pods, labels))
        });
        if let (Some(first), Some(next)) = (matching.next(), matching.next()) {
            diagnostics.push(second(next, first, &format!("the pods of {}", deployment.identity())));
        }
    }
    diagnostics.dedup();
}

fn second(policy: &Object<PeerAuthentication>, other: &Object<PeerAuthentication>, scope: &str) -> Diagnostic {
    policy
        .diagnostic("spec.selector", format!("{} selects {scope} too", other.identity()))
        .help("keep one of them; Istio would use the older one")
}
