use serde::Deserialize;

use crate::kinds::WorkloadSelector;

/// An AuthorizationPolicy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorizationPolicy {
    /// Pods of the policy. If absent, all of the namespace; in the root namespace, all of the mesh.
    #[serde(default)]
    pub selector: Option<WorkloadSelector>,
    /// Action for requests that match a rule.
    #[serde(default)]
    pub action: AuthorizationAction,
    /// Rules; the policy matches if one of them does. Without rules it never matches, so an ALLOW policy denies
    /// everything.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// Action for requests that match an AuthorizationPolicy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorizationAction {
    /// Allows the request. If a pod has ALLOW policies, requests that match none of them are denied.
    #[default]
    Allow,
    /// Denies the request, before ALLOW policies are checked.
    Deny,
}

/// Matches requests from one of the sources, to one of the operations, under all conditions.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Sources; all if absent.
    #[serde(default)]
    pub from: Vec<From>,
    /// Operations; all if absent.
    #[serde(default)]
    pub to: Vec<To>,
    /// Conditions that must all match.
    #[serde(default)]
    pub when: Vec<Condition>,
}

/// Wrapper of a source.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct From {
    /// Source of the request.
    pub source: Source,
}

/// Matches the caller. All given fields must match. Values are exact, `prefix*`, `*suffix`, or `*` for any value.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Identities, as `cluster.local/ns/NAMESPACE/sa/SERVICEACCOUNT`.
    #[serde(default)]
    pub principals: Vec<String>,
    /// Excluded identities.
    #[serde(default)]
    pub not_principals: Vec<String>,
    /// Namespaces of the identity.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Excluded namespaces.
    #[serde(default)]
    pub not_namespaces: Vec<String>,
}

/// Wrapper of an operation.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct To {
    /// Requested operation.
    pub operation: Operation,
}

/// Matches the request. All given fields must match. Values are exact, `prefix*`, `*suffix`, or `*` for any value.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operation {
    /// Hosts, case-insensitive.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Excluded hosts.
    #[serde(default)]
    pub not_hosts: Vec<String>,
    /// Ports of the pod.
    #[serde(default)]
    pub ports: Vec<String>,
    /// Excluded ports.
    #[serde(default)]
    pub not_ports: Vec<String>,
    /// Methods.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Excluded methods.
    #[serde(default)]
    pub not_methods: Vec<String>,
    /// Paths.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Excluded paths.
    #[serde(default)]
    pub not_paths: Vec<String>,
}

/// A condition on an attribute of the request.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// Attribute: `request.headers[NAME]`, `source.principal`, `source.namespace` or `destination.port`.
    pub key: String,
    /// Values; one must match.
    #[serde(default)]
    pub values: Vec<String>,
    /// Excluded values.
    #[serde(default)]
    pub not_values: Vec<String>,
}
