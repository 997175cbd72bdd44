use std::collections::BTreeMap;

use serde::Deserialize;

pub use super::{load_balancer::*, traffic_policy::*};

/// A DestinationRule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DestinationRule {
    /// Service of the rule. A short name is in the resource's namespace.
    pub host: String,
    /// Traffic policy of the service.
    #[serde(default)]
    pub traffic_policy: Option<TrafficPolicy>,
    /// Subsets of the service, by labels.
    #[serde(default)]
    pub subsets: Vec<Subset>,
}

/// A subset of a service's pods.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subset {
    /// Name, to which routes refer.
    pub name: String,
    /// Labels in addition to the service's selector.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Traffic policy of the subset, which overrides the service's field by field.
    #[serde(default)]
    pub traffic_policy: Option<TrafficPolicy>,
}
