//! What a mesh is asked to change, and what comes of it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use meshwalk_yaml::{Diagnostic, Diagnostics};

/// Which files to apply or delete. Paths are absolute: the mesh has another working folder than its caller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// YAML files or folders of them.
    pub paths: Vec<PathBuf>,
    /// What the caller's standard input holds, if that is one of the files.
    #[serde(default)]
    pub standard_input: Option<String>,
}

/// Deployments that shall have new pods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// Their names.
    pub deployments: Vec<String>,
}

/// How many pods a Deployment shall have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scale {
    /// Its name.
    pub deployment: String,
    /// How many.
    pub replicas: u32,
}

/// What a change did. Resources are named as `VirtualService meshwalk/backend`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The configuration version in force afterwards, taken by every proxy.
    pub config_version: u64,
    /// Resources that were not there before.
    pub created: Vec<String>,
    /// Resources that were there and changed.
    pub configured: Vec<String>,
    /// Resources that were there already, just so.
    pub unchanged: Vec<String>,
    /// Resources that are gone.
    pub deleted: Vec<String>,
    /// What to know about it (a field without local effect, a pod that was replaced).
    pub notes: Vec<String>,
}

/// Every document in force, to be put back wholesale later.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The documents as they were read.
    pub documents: Vec<serde_json::Value>,
}

/// Why the mesh did not do as asked. The configuration before is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}{}", self.problem_lines())]
pub struct ApplyError {
    /// Whose fault it is.
    pub kind: ApplyErrorKind,
    /// In words.
    pub message: String,
    /// One by one, for an input that has problems.
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
            1 => "there is a problem; nothing has changed".to_owned(),
            count => format!("there are {count} problems; nothing has changed"),
        };
        Self { diagnostics: diagnostics.0, ..Self::new(ApplyErrorKind::Input, message) }
    }
}

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplyErrorKind {
    /// The input is wrong: the command's exit code is 2.
    Input,
    /// An Envoy refused the configuration; its words are in the message.
    Envoy,
    /// There is no such workload, trace or resource.
    NotFound,
    /// A process or the machine failed.
    Failed,
}

impl ApplyErrorKind {
    /// Whether the input was at fault, so that the command exits with 2.
    #[must_use]
    pub fn is_input(self) -> bool {
        matches!(self, Self::Input | Self::NotFound | Self::Envoy)
    }
}
