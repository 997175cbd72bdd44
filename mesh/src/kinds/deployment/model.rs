use std::collections::BTreeMap;

use serde::Deserialize;

pub use super::pod::*;

/// A Deployment (apps/v1): which program to start, how often, and with what.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    /// How many pods.
    #[serde(default = "one")]
    pub replicas: u32,
    /// Which labels belong to it; the template's must agree.
    pub selector: LabelSelector,
    /// What its pods look like.
    pub template: PodTemplate,
}

fn one() -> u32 {
    1
}

/// Labels that must be there with exactly these values.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    /// Name and value of each label.
    pub match_labels: BTreeMap<String, String>,
}

/// What the pods of a Deployment look like.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodTemplate {
    /// Their labels and annotations.
    #[serde(default)]
    pub metadata: PodMetadata,
    /// Their containers.
    pub spec: PodSpec,
}

/// The labels and annotations of a Deployment's pods.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodMetadata {
    /// Labels: selectors, subsets and policies match them, and `sidecar.istio.io/inject` may stand here.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations; `sidecar.istio.io/inject` may stand here too.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}
