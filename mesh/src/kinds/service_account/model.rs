use serde::Deserialize;

/// A ServiceAccount (v1). Its name and namespace are the identity of its pods.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceAccount {}
