//! Recognizes the kind of a document: supported, without local effect, or rejected.

use meshwalk_yaml::{Diagnostic, nearest};

use super::Kind;

/// Kind of a document, by its `apiVersion` and `kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentKind {
    /// A supported kind.
    Kind(Kind),
    /// A kind without effect on one machine, for this reason.
    WithoutEffect(&'static str),
}

const SCALING: &str = "the local mesh neither scales nor evicts pods";
const ACCESS: &str = "the local mesh has no Kubernetes API to protect";
const UNREAD: &str = "local programs are configured only by args and env";
const LIMITS: &str = "processes share the machine without limits";

/// Kinds without effect on one machine: API group, name, reason.
const WITHOUT_EFFECT: &[(&str, &str, &str)] = &[
    ("policy", "PodDisruptionBudget", SCALING),
    ("autoscaling", "HorizontalPodAutoscaler", SCALING),
    ("networking.k8s.io", "NetworkPolicy", "processes of one user on one machine have no network to close"),
    ("rbac.authorization.k8s.io", "Role", ACCESS),
    ("rbac.authorization.k8s.io", "RoleBinding", ACCESS),
    ("rbac.authorization.k8s.io", "ClusterRole", ACCESS),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", ACCESS),
    ("", "ConfigMap", UNREAD),
    ("", "Secret", UNREAD),
    ("", "ResourceQuota", LIMITS),
    ("", "LimitRange", LIMITS),
    ("scheduling.k8s.io", "PriorityClass", "the local mesh runs on one machine, without scheduling"),
    ("monitoring.coreos.com", "ServiceMonitor", "the local mesh has no Prometheus operator"),
    ("monitoring.coreos.com", "PodMonitor", "the local mesh has no Prometheus operator"),
    ("monitoring.coreos.com", "PrometheusRule", "the local mesh has no Prometheus operator"),
];

/// Cluster-scoped kinds without effect.
const CLUSTER_SCOPED: [&str; 3] = ["ClusterRole", "ClusterRoleBinding", "PriorityClass"];

/// True if the kind is namespaced.
pub(super) fn is_namespaced(kind: &str) -> bool {
    match Kind::ALL.into_iter().find(|known| known.name() == kind) {
        Some(known) => known.is_namespaced(),
        None => !CLUSTER_SCOPED.contains(&kind),
    }
}

/// Recognizes the kind of a document.
///
/// # Errors
/// If the kind or version is not supported. The diagnostic has no location and no resource.
pub(super) fn recognize(api_version: &str, kind: &str) -> Result<DocumentKind, Diagnostic> {
    if let Some(found) = Kind::ALL.into_iter().find(|known| known.name() == kind) {
        if found.api_versions().contains(&api_version) {
            return Ok(DocumentKind::Kind(found));
        }
        if api_version.starts_with("gateway.networking.k8s.io/") {
            return Err(Diagnostic::new("the local mesh does not support the Gateway API")
                .field("apiVersion")
                .help("write Istio's Gateway (networking.istio.io/v1) and a VirtualService"));
        }
        return Err(Diagnostic::new(format!("the local mesh does not support {kind} of `{api_version}`"))
            .field("apiVersion")
            .help(format!("write {}", found.api_versions().join(" or "))));
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let without = WITHOUT_EFFECT.iter().find(|(of, name, _)| *of == group && *name == kind);
    if let Some((_, _, reason)) = without {
        return Ok(DocumentKind::WithoutEffect(reason));
    }
    let help = nearest(kind, Kind::ALL.map(Kind::name)).map_or_else(
        || format!("supported are {}", Kind::ALL.map(Kind::name).join(", ")),
        |meant| format!("did you mean `{meant}`?"),
    );
    Err(Diagnostic::new(format!("the local mesh does not support the kind `{kind}` of `{api_version}`"))
        .field("kind")
        .help(help))
}
