//! Requests that change a mesh, and their results.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use meshwalk_yaml::{Diagnostic, Diagnostics};

/// Files to apply or delete. Paths are absolute, because the mesh has another working directory than the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// YAML files, or folders that contain them.
    pub paths: Vec<PathBuf>,
    /// Content of the caller's standard input, if it is one of the files.
    #[serde(default)]
    pub standard_input: Option<String>,
}

/// Request to replace the pods of Deployments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// Names of the Deployments.
    pub deployments: Vec<String>,
}

/// Request to set the number of pods of a Deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// Name of the Deployment.
    pub deployment: String,
    /// Number of pods.
    pub replicas: u32,
}

/// Result of a change. Resources are named as `VirtualService meshwalk/backend`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Configuration version after the change, loaded by every proxy.
    pub config_version: u64,
    /// Resources that did not exist before.
    pub created: Vec<String>,
    /// Resources that existed and were changed.
    pub configured: Vec<String>,
    /// Resources that already existed with the same content.
    pub unchanged: Vec<String>,
    /// Resources that were removed.
    pub deleted: Vec<String>,
    /// Remarks for the user, such as a field without local effect or a replaced pod.
    pub notes: Vec<String>,
}

/// All active resources, to be restored later.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Documents as they were read.
    pub documents: Vec<serde_json::Value>,
}

/// Error of a change. The previous configuration remains active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}{}", self.problem_lines())]
pub struct ApplyError {
    /// Cause of the error.
    pub kind: ApplyErrorKind,
    /// Message for the user.
    pub message: String,
    /// Problems of the input, one by one.
    pub diagnostics: Vec<Diagnostic>,
}

impl ApplyError {
    pub(crate) fn new(kind: ApplyErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), diagnostics: Vec::new() }
    }

    fn problem_lines(&self) -> String {
        self.diagnostics.iter().map(|diagnostic| format!("\n  {diagnostic}")).collect()
    }
}

impl From<Diagnostics> for ApplyError {
    fn from(diagnostics: Diagnostics) -> Self {
        let message = match diagnostics.0.len() {
            1 => "the input has a problem; no changes were applied".to_owned(),
            count => format!("the input has {count} problems; no changes were applied"),
        };
        Self { diagnostics: diagnostics.0, ..Self::new(ApplyErrorKind::Input, message) }
    }
}

/// Cause of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplyErrorKind {
    /// The input is invalid; the command exits with 2.
    Input,
    /// Envoy rejected the configuration; the message has its reason.
    Envoy,
    /// The workload, trace or resource does not exist.
    NotFound,
    /// A process or the machine failed.
    Failed,
}

impl ApplyErrorKind {
    /// True if the input is invalid; the command then exits with 2.
    #[must_use]
    pub fn is_input(self) -> bool {
        matches!(self, Self::Input | Self::NotFound | Self::Envoy)
    }
}
