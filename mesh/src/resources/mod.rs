//! The resources that the local mesh understands, and the set of them that is in force.

pub mod model;

use std::collections::BTreeMap;

use crate::problem::Place;
use model::{
    AuthorizationPolicy, Deployment, DestinationRule, Gateway, Namespace, PeerAuthentication, Service, ServiceAccount,
    VirtualService,
};

/// A resource's name in its namespace. Resources without a namespace have an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace, or nothing for a [`Namespace`] itself.
    pub namespace: String,
    /// The name.
    pub name: String,
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
    pub place: Place,
    /// Its specification.
    pub spec: S,
    /// The whole document as it was read, for showing and for putting back.
    pub document: serde_json::Value,
}

/// A field that was read and does nothing on one machine, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct WithoutEffect {
    /// The resource, as `Deployment meshwalk/frontend`.
    pub resource: String,
    /// The field, as `spec.template.spec.containers[].resources`.
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
