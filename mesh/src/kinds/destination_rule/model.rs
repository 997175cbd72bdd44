use std::collections::BTreeMap;

use serde::Deserialize;

pub use super::{load_balancer::*, traffic_policy::*};

/// A DestinationRule: how callers treat a service, and which subsets it has.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DestinationRule {
    /// The service; a short name is completed with the resource's namespace.
    pub host: String,
    /// For the whole service.
    #[serde(default)]
    pub traffic_policy: Option<TrafficPolicy>,
    /// Parts of the service by labels.
    #[serde(default)]
    pub subsets: Vec<Subset>,
}

/// The pods of a service that have some labels.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subset {
    /// Its name, which routes refer to.
    pub name: String,
    /// The labels, beside those of the service's selector.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What goes before the service's policy, field by field.
    #[serde(default)]
    pub traffic_policy: Option<TrafficPolicy>,
}
