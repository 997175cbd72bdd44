//! Which kinds there are: understood, without local effect, or refused.

use std::fmt;

use super::model;
use meshwalk_yaml::{Diagnostic, nearest};

/// A kind that the local mesh understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // Each is the kind of its name.
pub enum Kind {
    Namespace,
    ServiceAccount,
    Service,
    Deployment,
    Gateway,
    VirtualService,
    DestinationRule,
    PeerAuthentication,
    AuthorizationPolicy,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Namespace,
        Self::ServiceAccount,
        Self::Service,
        Self::Deployment,
        Self::Gateway,
        Self::VirtualService,
        Self::DestinationRule,
        Self::PeerAuthentication,
        Self::AuthorizationPolicy,
    ];

    /// The name, as `kind` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::ServiceAccount => "ServiceAccount",
            Self::Service => "Service",
            Self::Deployment => "Deployment",
            Self::Gateway => "Gateway",
            Self::VirtualService => "VirtualService",
            Self::DestinationRule => "DestinationRule",
            Self::PeerAuthentication => "PeerAuthentication",
            Self::AuthorizationPolicy => "AuthorizationPolicy",
        }
    }

    /// The values of `apiVersion` under which it is understood. Istio serves v1beta1 with the same fields as v1.
    pub fn api_versions(self) -> &'static [&'static str] {
        match self {
            Self::Namespace | Self::ServiceAccount | Self::Service => &["v1"],
            Self::Deployment => &["apps/v1"],
            Self::Gateway | Self::VirtualService | Self::DestinationRule => {
                &["networking.istio.io/v1", "networking.istio.io/v1beta1"]
            }
            Self::PeerAuthentication | Self::AuthorizationPolicy => {
                &["security.istio.io/v1", "security.istio.io/v1beta1"]
            }
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The specification of a kind.
pub trait Spec {
    /// The kind.
    const KIND: Kind;
}

macro_rules! specs {
    ($($kind:ident),*) => {
        $(impl Spec for model::$kind {
            const KIND: Kind = Kind::$kind;
        })*
    };
}
specs!(
    Namespace,
    ServiceAccount,
    Service,
    Deployment,
    Gateway,
    VirtualService,
    DestinationRule,
    PeerAuthentication,
    AuthorizationPolicy
);

/// What a document's `apiVersion` and `kind` say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recognised {
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

/// Finds out what a document is.
///
/// # Errors
/// For a kind or version that is not understood, without place and resource.
pub(super) fn recognise(api_version: &str, kind: &str) -> Result<Recognised, Diagnostic> {
    if let Some(found) = Kind::ALL.into_iter().find(|known| known.name() == kind) {
        if found.api_versions().contains(&api_version) {
            return Ok(Recognised::Kind(found));
        }
        return Err(Diagnostic::new(format!("the local mesh does not understand a {kind} of `{api_version}`"))
            .field("apiVersion")
            .help(format!("write {}", found.api_versions().join(" or "))));
    }
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let without = WITHOUT_EFFECT.iter().find(|(of, name, _)| *of == group && *name == kind);
    if let Some((_, _, reason)) = without {
        return Ok(Recognised::WithoutEffect(reason));
    }
    let help = nearest(kind, Kind::ALL.map(Kind::name)).map_or_else(
        || format!("it understands {}", Kind::ALL.map(Kind::name).join(", ")),
        |meant| format!("did you mean `{meant}`?"),
    );
    Err(Diagnostic::new(format!("the local mesh does not understand the kind `{kind}` of `{api_version}`"))
        .field("kind")
        .help(help))
}
