use serde::Deserialize;

/// A Namespace (v1). Only its labels matter here: `istio-injection: enabled` gives its pods sidecars.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {}
