//! Conformance cases: resources, probes, and their expected results. In a file, the first YAML document is the case,
//! and the others are the resources.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use meshwalk_yaml::{self as yaml, Diagnostics};
use serde::Deserialize;

use crate::{expect::Expectation, names};

/// Conformance case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// Name of the case, which is that of its file.
    pub case: String,
    /// Title, one line.
    pub title: String,
    /// Page of Istio's documentation that describes the behaviour.
    pub source: String,
    /// True if the case changes the mesh's root namespace, and so every workload of a cluster.
    #[serde(default)]
    pub mesh_wide: bool,
    /// Message with which the local mesh rejects the resources, if it does.
    #[serde(default)]
    pub refused_locally: Option<String>,
    /// Probes of the case.
    #[serde(default)]
    pub probes: Vec<Probe>,
    /// Resources, as text.
    #[serde(skip)]
    pub resources: String,
}

/// Request of a client, with its expected result.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// Name of the probe, unique in its case.
    pub name: String,
    /// Client that sends the request.
    #[serde(default)]
    pub from: Client,
    /// Service to whose port the client connects: `NAME` or `NAME.NAMESPACE`.
    #[serde(default = "echo")]
    pub to: String,
    /// Port of the service.
    #[serde(default = "port")]
    pub port: u16,
    /// Host header, or `None` for the service's name with the port.
    #[serde(default)]
    pub host: Option<String>,
    /// Path with the query.
    #[serde(default = "path")]
    pub path: String,
    /// Method of the request.
    #[serde(default = "method")]
    pub method: String,
    /// Headers of the request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Number of requests, each on its own connection.
    #[serde(default = "once")]
    pub times: u32,
    /// Expected result.
    pub expect: Expectation,
}

/// Client of a probe.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// Pod with a sidecar in the services' namespace, account `client`.
    #[default]
    Client,
    /// Pod with a sidecar in the other namespace, account `visitor`.
    Visitor,
    /// Pod without a sidecar.
    Outside,
    /// Client outside the mesh, before the ingress gateway.
    Gateway,
}

fn echo() -> String {
    "echo".to_owned()
}

fn port() -> u16 {
    8080
}

fn path() -> String {
    "/api/echo".to_owned()
}

fn method() -> String {
    "GET".to_owned()
}

fn once() -> u32 {
    1
}

impl Probe {
    /// Returns the Host header to send.
    #[must_use]
    pub fn host(&self, namespace: &str) -> String {
        match (&self.host, self.from) {
            (Some(host), _) => host.clone(),
            (None, Client::Gateway) => format!("{namespace}.localhost"),
            (None, _) => format!("{}:{}", self.to, self.port),
        }
    }

    /// Returns the name and the namespace of the service to connect to.
    #[must_use]
    pub fn service<'a>(&'a self, namespace: &'a str) -> (&'a str, &'a str) {
        self.to.split_once('.').unwrap_or((&self.to, namespace))
    }
}

/// Reads every case of a folder, in the order of their names, for a namespace.
///
/// # Errors
/// Returns all problems of the cases, with their locations.
pub fn read_all(folder: &Path, namespace: &str) -> anyhow::Result<Vec<Case>> {
    let entries = folder.read_dir().with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files.iter().map(|file| read(file, namespace)).collect()
}

/// Reads a case.
///
/// # Errors
/// Returns the problem of the case, with its location.
pub fn read(file: &Path, namespace: &str) -> anyhow::Result<Case> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse(&names::in_namespace(&text, namespace), file)
}

fn parse(text: &str, file: &Path) -> anyhow::Result<Case> {
    let (head, resources) = text.split_once("\n---\n").unwrap_or((text, ""));
    let documents = yaml::parse(head, file).map_err(Diagnostics::from)?;
    let [document] = documents.as_slice() else {
        bail!("{}: the case stands before the first `---`, and is one document", file.display());
    };
    let mut case: Case = document.deserialize().map_err(Diagnostics::from)?;
    case.resources = resources.to_owned();
    if file.file_stem().is_none_or(|stem| stem != case.case.as_str()) {
        bail!("{}: the case {:?} has to be in a file of its name", file.display(), case.case);
    }
    for (index, probe) in case.probes.iter().enumerate() {
        if case.probes[..index].iter().any(|other| other.name == probe.name) {
            bail!("{}: two probes are called {:?}", file.display(), probe.name);
        }
    }
    if case.probes.is_empty() {
        bail!("{}: a case without probes shows nothing", file.display());
    }
    Ok(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "case: a\ntitle: A\nsource: there\nprobes:\n  - {name: one, expect: {status: 200}}\n---\nkind: X\n---\nkind: Y\n";

    #[test]
    fn the_first_document_is_the_case_and_the_others_are_its_resources() {
        let case = parse(TEXT, "cases/a.yaml".as_ref()).unwrap();
        assert_eq!(case.resources, "kind: X\n---\nkind: Y\n");
        assert_eq!((case.probes[0].host("c"), case.probes[0].service("c")), ("echo:8080".to_owned(), ("echo", "c")));
    }

    #[test]
    fn a_wrong_case_is_named_with_its_place() {
        for (wrong, part) in [
            (TEXT.replace("expect: {status: 200}", "expect: {stats: 200}"), "did you mean `status`?"),
            (TEXT.replace("case: a", "case: b"), "in a file of its name"),
            (TEXT.replace("    - {", "  - {").replace("name: one, ", ""), "required"),
        ] {
            let error = format!("{:#}", parse(&wrong, "cases/a.yaml".as_ref()).unwrap_err());
            assert!(error.contains("cases/a.yaml") && error.contains(part), "{error}");
        }
    }
}
