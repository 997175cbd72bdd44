use serde::Deserialize;

/// A Namespace (v1). The label `istio-injection: enabled` gives its pods sidecars.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {}
