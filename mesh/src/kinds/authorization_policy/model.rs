use serde::Deserialize;

use crate::kinds::WorkloadSelector;

/// An AuthorizationPolicy: who may ask for what.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuthorizationPolicy {
    /// Which pods; all of the namespace, or of the mesh in the root namespace, if it is absent.
    #[serde(default)]
    pub selector: Option<WorkloadSelector>,
    /// What becomes of a request that a rule matches.
    #[serde(default)]
    pub action: AuthorizationAction,
    /// The policy matches if one of these does; without any it never matches, so an ALLOW policy denies all.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// What becomes of a request that a rule matches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthorizationAction {
    /// It is let in; with such a policy in force, no other request is.
    #[default]
    Allow,
    /// It is refused, before any ALLOW is looked at.
    Deny,
}

/// Requests from one of some callers, for one of some operations, under all of some conditions.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// Callers; any if it is absent.
    #[serde(default)]
    pub from: Vec<From>,
    /// Operations; any if it is absent.
    #[serde(default)]
    pub to: Vec<To>,
    /// Conditions.
    #[serde(default)]
    pub when: Vec<Condition>,
}

/// One kind of callers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct From {
    /// Who they are.
    pub source: Source,
}

/// Who callers are. All that is given must hold. Values are exact, `prefix*`, `*suffix`, or `*` for any that is there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Identities as `cluster.local/ns/NAMESPACE/sa/SERVICEACCOUNT`.
    #[serde(default)]
    pub principals: Vec<String>,
    /// Not these identities.
    #[serde(default)]
    pub not_principals: Vec<String>,
    /// Namespaces of the identity.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Not these namespaces.
    #[serde(default)]
    pub not_namespaces: Vec<String>,
}

/// One kind of operations.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct To {
    /// Which ones.
    pub operation: Operation,
}

/// What is asked for. All that is given must hold. Values are exact, `prefix*`, `*suffix`, or `*` for any.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Operation {
    /// Hosts, in any case of letters.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Not these hosts.
    #[serde(default)]
    pub not_hosts: Vec<String>,
    /// Ports of the pod.
    #[serde(default)]
    pub ports: Vec<String>,
    /// Not these ports.
    #[serde(default)]
    pub not_ports: Vec<String>,
    /// Methods.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Not these methods.
    #[serde(default)]
    pub not_methods: Vec<String>,
    /// Paths.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Not these paths.
    #[serde(default)]
    pub not_paths: Vec<String>,
}

/// A further condition.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// `request.headers[NAME]`, `source.principal`, `source.namespace` or `destination.port`.
    pub key: String,
    /// Values, of which one must hold.
    #[serde(default)]
    pub values: Vec<String>,
    /// Values, of which none may hold.
    #[serde(default)]
    pub not_values: Vec<String>,
}
