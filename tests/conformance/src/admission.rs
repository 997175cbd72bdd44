//! Admission tests: resources that Istio's schemas and its webhook accept or reject, and the local mesh must too.
//!
//! Each file of `tests/conformance/admission` is a list of questions. A question is a fragment of an otherwise valid
//! resource. `refused` is text of the API server's rejection, and `field` is the field that the local mesh rejects. A
//! question without them is accepted by both.

use std::path::Path;

use anyhow::Context;
use meshwalk_mesh::resources::{ParsedManifests, Resources};
use meshwalk_yaml::{self as yaml, Diagnostics, Location};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{project, test_mesh};

/// Fragment of a resource, and whether it is accepted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdmissionCase {
    /// Resource that contains the fragment.
    pub of: Frame,
    /// Fragment of the resource.
    pub is: Value,
    /// Text of the API server's rejection, or `None` if it accepts the fragment.
    #[serde(default)]
    pub refused: Option<String>,
    /// Field that the local mesh rejects.
    #[serde(default)]
    pub field: Option<String>,
    /// Location of the question.
    #[serde(skip)]
    pub location: Option<Location>,
}

/// Valid resource to which a fragment is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // Each is the part of a resource that it is called.
pub enum Frame {
    VirtualService,
    Route,
    Match,
    DestinationRule,
    TrafficPolicy,
    Gateway,
    Server,
    AuthorizationPolicy,
    Source,
    Operation,
    Condition,
    PeerAuthentication,
}

impl AdmissionCase {
    /// Returns the whole resource.
    #[must_use]
    pub fn resource(&self, name: &str, namespace: &str) -> Value {
        let is = &self.is;
        let to = json!([{"destination": {"host": "echo", "port": {"number": 8080}}}]);
        let routed = |routes: Value| ("VirtualService", json!({"hosts": ["echo"], "http": routes}));
        let (kind, spec) = match self.of {
            Frame::VirtualService => ("VirtualService", is.clone()),
            Frame::Route if ["route", "redirect", "directResponse"].iter().any(|answer| is.get(answer).is_some()) => {
                routed(json!([is]))
            }
            Frame::Route => routed(json!([joined(is, json!({"route": to}))])),
            Frame::Match => routed(json!([{"match": [is], "route": to}])),
            Frame::DestinationRule => ("DestinationRule", is.clone()),
            Frame::TrafficPolicy => ("DestinationRule", json!({"host": "echo", "trafficPolicy": is})),
            Frame::Gateway => ("Gateway", is.clone()),
            Frame::Server => {
                let right =
                    json!({"hosts": ["a.localhost"], "port": {"number": 80, "name": "http", "protocol": "HTTP"}});
                ("Gateway", json!({"selector": {"istio": "ingressgateway"}, "servers": [joined(&right, is.clone())]}))
            }
            Frame::AuthorizationPolicy => ("AuthorizationPolicy", is.clone()),
            Frame::Source => ("AuthorizationPolicy", json!({"rules": [{"from": [{"source": is}]}]})),
            Frame::Operation => ("AuthorizationPolicy", json!({"rules": [{"to": [{"operation": is}]}]})),
            Frame::Condition => ("AuthorizationPolicy", json!({"rules": [{"when": [is]}]})),
            Frame::PeerAuthentication => ("PeerAuthentication", is.clone()),
        };
        let group = if kind.ends_with("Policy") || kind.starts_with("Peer") { "security" } else { "networking" };
        json!({
            "apiVersion": format!("{group}.istio.io/v1"),
            "kind": kind,
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        })
    }
}

/// Merges the fields of both; those of `over` take precedence.
fn joined(under: &Value, over: Value) -> Value {
    let (mut all, Value::Object(over)) = (under.clone(), over) else { return under.clone() };
    if let Some(fields) = all.as_object_mut() {
        fields.extend(over);
    }
    all
}

/// Reads all questions, in the order of the files.
///
/// # Errors
/// Returns all problems of a file, with their locations.
pub fn read_all() -> anyhow::Result<Vec<AdmissionCase>> {
    let folder = project().join("tests/conformance/admission");
    let entries = folder.read_dir().with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut questions = Vec::new();
    for file in files {
        questions.extend(read(&file)?);
    }
    Ok(questions)
}

fn read(file: &Path) -> anyhow::Result<Vec<AdmissionCase>> {
    let mut questions = Vec::new();
    for document in yaml::read(file).map_err(Diagnostics::from)? {
        for node in document.root.elements() {
            let question: AdmissionCase = node.deserialize().map_err(Diagnostics::from)?;
            questions.push(AdmissionCase { location: Some(node.location.clone()), ..question });
        }
    }
    Ok(questions)
}

/// Validation of the local mesh, with the workload of the cases applied.
pub struct LocalAdmission(Resources);

impl LocalAdmission {
    /// Creates the validation with the workload.
    ///
    /// # Errors
    /// Fails if the workload is invalid.
    pub fn new() -> anyhow::Result<Self> {
        let reading = Resources::read(&test_mesh::workload("local"))?;
        Ok(Self(Resources::default().with(&reading)?))
    }

    /// Returns the problems of a resource, or `None`.
    #[must_use]
    pub fn refuses(&self, resource: &Value) -> Option<Diagnostics> {
        let text = format!("{resource:#}\n");
        ParsedManifests::parse(&text, "resource.json".as_ref()).and_then(|reading| self.0.with(&reading)).err()
    }
}
