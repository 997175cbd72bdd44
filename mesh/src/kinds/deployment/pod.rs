use serde::Deserialize;

use crate::kinds::PortReference;

/// A pod's specification: the programs and the account that they run under.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodSpec {
    /// The account, from which the identity is made; `default` if it is absent.
    #[serde(default = "default_account")]
    pub service_account_name: String,
    /// Seconds between the signal to end and the end by force.
    #[serde(default = "thirty")]
    pub termination_grace_period_seconds: u32,
    /// The programs.
    pub containers: Vec<Container>,
}

fn default_account() -> String {
    "default".to_owned()
}

fn thirty() -> u32 {
    30
}

/// One program of a pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Container {
    /// Its name, for messages.
    pub name: String,
    /// The image; `meshwalk/NAME:TAG` is the program NAME in the release that TAG names.
    pub image: String,
    /// Replaces the image's program.
    #[serde(default)]
    pub command: Vec<String>,
    /// Arguments; `$(VAR)` is replaced.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment variables, in order: a later one may name an earlier one as `$(VAR)`.
    #[serde(default)]
    pub env: Vec<EnvVar>,
    /// The ports that it declares.
    #[serde(default)]
    pub ports: Vec<ContainerPort>,
    /// When the pod may get requests.
    #[serde(default)]
    pub readiness_probe: Option<ReadinessProbe>,
}

/// An environment variable.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its value; `$(VAR)` is replaced, `$$(VAR)` stands for itself.
    #[serde(default)]
    pub value: Option<String>,
    /// Where else its value comes from.
    #[serde(default)]
    pub value_from: Option<EnvSource>,
}

/// Where the value of an environment variable comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvSource {
    /// A field of the pod.
    pub field_ref: FieldRef,
}

/// A field of the pod (the downward API).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldRef {
    /// As `metadata.name` or `metadata.labels['version']`.
    pub field_path: String,
}

/// A port that a container declares.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerPort {
    /// Its name, to which a Service's `targetPort` may refer.
    #[serde(default)]
    pub name: Option<String>,
    /// Its number.
    pub container_port: u16,
}

/// How it is found out whether a pod may get requests.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadinessProbe {
    /// The request to make.
    pub http_get: HttpGet,
    /// Seconds from one try to the next.
    #[serde(default = "ten")]
    pub period_seconds: u32,
    /// How many failures in a row make a ready pod unready.
    #[serde(default = "three")]
    pub failure_threshold: u32,
}

fn ten() -> u32 {
    10
}

fn three() -> u32 {
    3
}

/// A request that tells by its answer (200 to 399) that all is well.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpGet {
    /// The path.
    #[serde(default = "root")]
    pub path: String,
    /// The container's port.
    pub port: PortReference,
}

fn root() -> String {
    "/".to_owned()
}
