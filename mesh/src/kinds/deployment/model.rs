use std::collections::BTreeMap;

use serde::Deserialize;

pub use super::pod::*;

/// A Deployment (apps/v1).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    /// Number of pods.
    #[serde(default = "one")]
    pub replicas: u32,
    /// Labels of the Deployment's pods; the template must have them.
    pub selector: LabelSelector,
    /// Template of the pods.
    pub template: PodTemplate,
}

fn one() -> u32 {
    1
}

/// Matches labels with exact values.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LabelSelector {
    /// Required labels.
    pub match_labels: BTreeMap<String, String>,
}

/// Template of a Deployment's pods.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodTemplate {
    /// Labels and annotations of the pods.
    #[serde(default)]
    pub metadata: PodMetadata,
    /// Specification of the pods.
    pub spec: PodSpec,
}

/// Labels and annotations of a Deployment's pods.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodMetadata {
    /// Labels. `sidecar.istio.io/inject` is allowed.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Annotations. `sidecar.istio.io/inject` is allowed.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
}
