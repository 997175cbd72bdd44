//! Which kinds there are: understood, without local effect, or rejected.

use meshwalk_yaml::{Diagnostic, nearest};

use super::Kind;

/// What a document's `apiVersion` and `kind` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentKind {
    /// It is understood.
    Kind(Kind),
    /// It does nothing on one machine, for this reason.
    WithoutEffect(&'static str),
}

const SCALING: &str = "a Deployment has the replicas that it states; nothing scales or evicts them here";
const ACCESS: &str = "there is no Kubernetes API here to which it would open or close a way";
const UNREAD: &str = "programs here get their configuration from args and env alone";
const LIMITS: &str = "processes share the machine without limits";

/// Kinds that do nothing on one machine.
const WITHOUT_EFFECT: &[(&str, &str, &str)] = &[
    ("policy", "PodDisruptionBudget", SCALING),
    ("autoscaling", "HorizontalPodAutoscaler", SCALING),
    ("networking.k8s.io", "NetworkPolicy", "one user's processes on one machine have no network between them to close"),
    ("rbac.authorization.k8s.io", "Role", ACCESS),
    ("rbac.authorization.k8s.io", "RoleBinding", ACCESS),
    ("rbac.authorization.k8s.io", "ClusterRole", ACCESS),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", ACCESS),
    ("", "ConfigMap", UNREAD),
    ("", "Secret", UNREAD),
    ("", "ResourceQuota", LIMITS),
    ("", "LimitRange", LIMITS),
    ("scheduling.k8s.io", "PriorityClass", "there is one machine, so nothing is to be placed"),
    ("monitoring.coreos.com", "ServiceMonitor", "there is no Prometheus operator here"),
    ("monitoring.coreos.com", "PodMonitor", "there is no Prometheus operator here"),
    ("monitoring.coreos.com", "PrometheusRule", "there is no Prometheus operator here"),
];

/// Cluster-scoped kinds among those without effect.
const CLUSTER_SCOPED: [&str; 3] = ["ClusterRole", "ClusterRoleBinding", "PriorityClass"];

/// True if objects of the kind belong to a namespace.
pub(super) fn is_namespaced(kind: &str) -> bool {
    match Kind::ALL.into_iter().find(|known| known.name() == kind) {
        Some(known) => known.is_namespaced(),
        None => !CLUSTER_SCOPED.contains(&kind),
    }
}

/// Finds out what a document is.
///
/// # Errors
/// For a kind or version that is not understood, without place and resource.
pub(super) fn recognize(api_version: &str, kind: &str) -> Result<DocumentKind, Diagnostic> {
    if let Some(found) = Kind::ALL.into_iter().find(|known| known.name() == kind) {
        if found.api_versions().contains(&api_version) {
            return Ok(DocumentKind::Kind(found));
        }
        return Err(Diagnostic::new(format!("the local mesh does not understand a {kind} of `{api_version}`"))
            .field("apiVersion")
            .help(format!("write {}", found.api_versions().join(" or "))));
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let without = WITHOUT_EFFECT.iter().find(|(of, name, _)| *of == group && *name == kind);
    if let Some((_, _, reason)) = without {
        return Ok(DocumentKind::WithoutEffect(reason));
    }
    let help = nearest(kind, Kind::ALL.map(Kind::name)).map_or_else(
        || format!("it understands {}", Kind::ALL.map(Kind::name).join(", ")),
        |meant| format!("did you mean `{meant}`?"),
    );
    Err(Diagnostic::new(format!("the local mesh does not understand the kind `{kind}` of `{api_version}`"))
        .field("kind")
        .help(help))
}
