use serde::Deserialize;

/// A ServiceAccount (v1). Its name and namespace make the identity of the pods that run under it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceAccount {}
