//! The resources that the local mesh understands, and the set of them that is in force.
//!
//! The way of a file: [`read`](Resources::read) finds the documents of files, folders and kustomizations; `object`
//! reads each of them, after [`fields`] has judged every field of it; [`with`](Resources::with) puts the objects into
//! a set, on the whole of which `checks` look.

mod annotations;
mod checks;
pub mod fields;
pub mod hosts;
mod kind;
mod kustomize;
pub mod model;
mod name;
mod object;
mod read;
mod set;

use std::{collections::BTreeMap, fmt};

pub use kind::{Kind, Spec};
use meshwalk_yaml::{Diagnostic, FieldPath, Location, Node};
use model::{
    AuthorizationPolicy, Deployment, DestinationRule, Gateway, Namespace, PeerAuthentication, Service, ServiceAccount,
    VirtualService,
};
pub use read::ParsedManifests;
pub use set::Resource;

/// The namespace of the mesh itself: policies in it hold for every namespace, and the ingress gateway lives in it.
pub const ROOT_NAMESPACE: &str = "istio-system";

/// A resource's name in its namespace. Resources without a namespace have an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace, or nothing for a [`Namespace`] itself.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Key {
    /// A resource's name in a namespace.
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

/// As messages name it: `meshwalk/backend`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() { f.write_str(&self.name) } else { write!(f, "{}/{}", self.namespace, self.name) }
    }
}

/// A resource with what every kind has, and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<S> {
    /// Its namespace and name.
    pub key: Key,
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
    /// Where it was read.
    pub location: Location,
    /// Its specification.
    pub spec: S,
    /// The whole document as it was read, for showing and for putting back. Two objects that say the same have the
    /// same document, wherever they were read.
    pub document: serde_json::Value,
    /// The same with the place of every field.
    pub source: Node,
}

impl<S: Spec> Object<S> {
    /// As messages name it: `VirtualService meshwalk/backend`.
    pub fn identity(&self) -> String {
        format!("{} {}", S::KIND, self.key)
    }

    /// A problem of one of its fields, as `spec.http[0].route`, where this stands in the file.
    pub fn diagnostic(&self, field: &str, message: impl Into<String>) -> Diagnostic {
        let location = self.source.location_of(&FieldPath::parse(field));
        Diagnostic::new(message).at(location).of(self.identity()).field(field)
    }
}

/// A field that was read and does nothing on one machine, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct WithoutEffect {
    /// The resource, as `Deployment meshwalk/frontend`.
    pub resource: String,
    /// The field, as `spec.template.spec.containers[].resources`; `*` if the whole resource does nothing.
    pub field: String,
    /// Why it has no effect here.
    pub reason: String,
}

/// A set of resources whose references have been checked against each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resources {
    /// By name.
    pub namespaces: BTreeMap<Key, Object<Namespace>>,
    /// By name.
    pub service_accounts: BTreeMap<Key, Object<ServiceAccount>>,
    /// By name.
    pub services: BTreeMap<Key, Object<Service>>,
    /// By name.
    pub deployments: BTreeMap<Key, Object<Deployment>>,
    /// By name.
    pub gateways: BTreeMap<Key, Object<Gateway>>,
    /// By name.
    pub virtual_services: BTreeMap<Key, Object<VirtualService>>,
    /// By name.
    pub destination_rules: BTreeMap<Key, Object<DestinationRule>>,
    /// By name.
    pub peer_authentications: BTreeMap<Key, Object<PeerAuthentication>>,
    /// By name.
    pub authorization_policies: BTreeMap<Key, Object<AuthorizationPolicy>>,
    /// Which fields of them have no effect on one machine.
    pub without_effect: Vec<WithoutEffect>,
}
