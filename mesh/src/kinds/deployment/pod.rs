use serde::Deserialize;

use crate::kinds::PortReference;

/// Specification of a pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodSpec {
    /// Service account, the source of the identity; `default` if absent.
    #[serde(default = "default_account")]
    pub service_account_name: String,
    /// Seconds between SIGTERM and SIGKILL.
    #[serde(default = "thirty")]
    pub termination_grace_period_seconds: u32,
    /// Containers of the pod.
    pub containers: Vec<Container>,
}

fn default_account() -> String {
    "default".to_owned()
}

fn thirty() -> u32 {
    30
}

/// A container: one program of a pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Container {
    /// Name for messages.
    pub name: String,
    /// Image. `meshwalk/NAME:TAG` is the program NAME in the release of the TAG.
    pub image: String,
    /// Program that replaces the image's.
    #[serde(default)]
    pub command: Vec<String>,
    /// Arguments with `$(VAR)`.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment variables in order. A later one may use an earlier one as `$(VAR)`.
    #[serde(default)]
    pub env: Vec<EnvVar>,
    /// Declared ports.
    #[serde(default)]
    pub ports: Vec<ContainerPort>,
    /// Readiness probe.
    #[serde(default)]
    pub readiness_probe: Option<ReadinessProbe>,
}

/// An environment variable.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvVar {
    /// Name of the variable.
    pub name: String,
    /// Value with `$(VAR)`. `$$(VAR)` is an escaped `$(VAR)`.
    #[serde(default)]
    pub value: Option<String>,
    /// Source of the value, if it is not given directly.
    #[serde(default)]
    pub value_from: Option<EnvSource>,
}

/// Source of an environment variable's value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvSource {
    /// A field of the pod.
    pub field_ref: FieldRef,
}

/// Reference to a field of the pod (downward API).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldRef {
    /// Path, as `metadata.name` or `metadata.labels['version']`.
    pub field_path: String,
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerPort {
    /// Name, to which a Service's `targetPort` may refer.
    #[serde(default)]
    pub name: Option<String>,
    /// Port number.
    pub container_port: u16,
}

/// Readiness probe of a container.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadinessProbe {
    /// HTTP request of the probe.
    pub http_get: HttpGet,
    /// Seconds between two probes.
    #[serde(default = "ten")]
    pub period_seconds: u32,
    /// Number of consecutive failures that make a ready pod unready.
    #[serde(default = "three")]
    pub failure_threshold: u32,
}

fn ten() -> u32 {
    10
}

fn three() -> u32 {
    3
}

/// HTTP request of a probe, successful with a status of 200 to 399.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpGet {
    /// Path of the request.
    #[serde(default = "root")]
    pub path: String,
    /// Port of the container.
    pub port: PortReference,
}

fn root() -> String {
    "/".to_owned()
}
