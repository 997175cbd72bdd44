//! Accepted connections of a pod: plaintext, mutual TLS, or both.

use super::{mesh_view::MeshView, names::ROOT_NAMESPACE};
use crate::{
    kinds::{MutualTlsMode, PeerAuthentication},
    manifest::has_labels,
    topology::Instance,
};

/// Active mode of a pod's port. The narrowest scope wins: port, workload, namespace, mesh. The default is to accept
/// both. A policy with a selector applies to its own namespace, also in the root namespace (seen on Istio 1.31).
pub(crate) fn mode(mesh: &MeshView<'_>, instance: &Instance, port: u16) -> MutualTlsMode {
    let policies = |namespace: &str, selecting: bool| -> Vec<&PeerAuthentication> {
        mesh.resources
            .peer_authentications
            .iter()
            .filter(|(key, _)| key.namespace == namespace)
            .map(|(_, object)| &object.spec)
            .filter(|policy| match &policy.selector {
                Some(selector) if !selector.match_labels.is_empty() => {
                    selecting && has_labels(&instance.labels, &selector.match_labels)
                }
                _ => !selecting,
            })
            .collect()
    };
    let of_workload = policies(&instance.namespace, true);
    let of_port = of_workload.iter().filter_map(|policy| policy.port_level_mtls.get(&port)).map(|mtls| mtls.mode);
    of_port
        .chain(of_workload.iter().map(|policy| policy.mtls.mode))
        .chain(policies(&instance.namespace, false).iter().map(|policy| policy.mtls.mode))
        .chain(policies(ROOT_NAMESPACE, false).iter().map(|policy| policy.mtls.mode))
        .find(|mode| *mode != MutualTlsMode::Unset)
        .unwrap_or(MutualTlsMode::Permissive)
}
