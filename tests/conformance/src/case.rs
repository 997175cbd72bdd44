//! A case: resources, probes, and what they must show. Its file holds the case as the first YAML document, and the
//! resources as the others.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use meshwalk_yaml::{self as yaml, Diagnostics};
use serde::Deserialize;

use crate::{expect::Expected, names};

/// A case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// Its name, which is its file's.
    pub case: String,
    /// What it shows, one line.
    pub title: String,
    /// Where Istio's documentation says so.
    pub source: String,
    /// Whether it changes the mesh's root namespace, and so every workload of a cluster.
    #[serde(default)]
    pub mesh_wide: bool,
    /// What the local mesh says when it refuses the resources, if it does.
    #[serde(default)]
    pub refused_locally: Option<String>,
    /// What is asked.
    #[serde(default)]
    pub probes: Vec<Probe>,
    /// The resources, as text.
    #[serde(skip)]
    pub resources: String,
}

/// A question and what its answers must show.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Probe {
    /// Its name, one in its case.
    pub name: String,
    /// Who asks.
    #[serde(default)]
    pub from: Client,
    /// The service to whose port the client connects: `NAME` or `NAME.NAMESPACE`.
    #[serde(default = "echo")]
    pub to: String,
    /// Its port.
    #[serde(default = "port")]
    pub port: u16,
    /// The Host header; without it, the service's name with the port.
    #[serde(default)]
    pub host: Option<String>,
    /// The path with the query.
    #[serde(default = "path")]
    pub path: String,
    /// The method.
    #[serde(default = "method")]
    pub method: String,
    /// The headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How many times, each on a connection of its own.
    #[serde(default = "once")]
    pub times: u32,
    /// What the answers must show.
    pub expect: Expected,
}

/// Who asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// A pod with a sidecar in the services' namespace, account `client`.
    #[default]
    Client,
    /// A pod with a sidecar in the other namespace, account `visitor`.
    Visitor,
    /// A pod without a sidecar.
    Outside,
    /// Somebody before the ingress gateway.
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
    /// The Host header that is sent.
    #[must_use]
    pub fn host(&self, namespace: &str) -> String {
        match (&self.host, self.from) {
            (Some(host), _) => host.clone(),
            (None, Client::Gateway) => format!("{namespace}.localhost"),
            (None, _) => format!("{}:{}", self.to, self.port),
        }
    }

    /// The name and the namespace of the service that is connected to.
    #[must_use]
    pub fn service<'a>(&'a self, namespace: &'a str) -> (&'a str, &'a str) {
        self.to.split_once('.').unwrap_or((&self.to, namespace))
    }
}

/// Reads every case of a folder, in the order of their names, for a namespace.
///
/// # Errors
/// Everything that is wrong with one of them, with its place.
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
/// What is wrong with it, with its place.
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
