//! A program in the place of kubectl that gives the answers of a healthy cluster, but for those that a test changes.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use meshwalk::{
    namespace::Namespace,
    platform::{AccessOptions, ClusterPlatform, Kubectl},
};
use serde_json::{Value, json};

/// The stand-in, in a folder of its own.
pub(super) struct StandIn {
    folder: tempfile::TempDir,
    /// Patterns of arguments as a shell's `case` has them, with what is run for each; the last one that fits holds.
    cases: Vec<(String, String)>,
}

/// A pod of a workload, ready, with a sidecar that is ready unless `sidecar` says that there is none.
pub(super) fn pod(workload: &str, sidecar: bool) -> Value {
    let app = workload.split('-').next().unwrap();
    let init = if sidecar { json!([{"name": "istio-proxy"}]) } else { json!([]) };
    json!({
        "metadata": {"name": format!("{workload}-1"), "labels": {"app": app}, "ownerReferences": [{"name": workload}]},
        "spec": {"containers": [{"name": "app"}], "initContainers": init},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "initContainerStatuses": [{"name": "istio-proxy", "ready": true}],
        },
    })
}

/// The pods that scripts/deploy.sh brings.
pub(super) fn pods() -> Vec<Value> {
    let meshed = ["frontend", "backend-v1", "backend-v2", "unauthorized"].map(|workload| pod(workload, true));
    meshed.into_iter().chain([pod("outsider", false)]).collect()
}

impl StandIn {
    /// A cluster on which labs can run.
    pub(super) fn healthy() -> Self {
        let mut this = Self { folder: tempfile::tempdir().unwrap(), cases: Vec::new() };
        this.answers("*version*", &json!({"serverVersion": {"gitVersion": "v1.34.0"}}));
        this.answers("*version --client*", &json!({"clientVersion": {"gitVersion": "v1.34.0"}}));
        this.says("*api-resources*", "virtualservices.networking.istio.io");
        this.says("*get namespace *", "namespace/meshwalk");
        this.answers("*get deployments -A*", &json!({"items": [{"status": {"readyReplicas": 1}}]}));
        this.says("*auth can-i*", "yes");
        this.answers("*get pods -o json", &json!({"items": pods()}));
        this.says("*get gateways.networking.istio.io -o name", "");
        this.says("*get pods -l istio=ingressgateway*", "pod/istio-ingressgateway-1");
        this
    }

    /// Lets commands that fit the pattern answer with a document.
    pub(super) fn answers(&mut self, pattern: &str, answer: &Value) {
        self.says(pattern, &answer.to_string());
    }

    /// Lets them say something.
    pub(super) fn says(&mut self, pattern: &str, answer: &str) {
        let file = self.folder.path().join(format!("answer-{}", self.cases.len()));
        fs::write(&file, answer).unwrap();
        self.runs(pattern, &format!("cat '{}'", file.display()));
    }

    /// Lets them fail with some words.
    pub(super) fn fails(&mut self, pattern: &str, words: &str) {
        self.runs(pattern, &format!("echo '{words}' >&2; exit 1"));
    }

    /// Lets them run something else.
    pub(super) fn runs(&mut self, pattern: &str, body: &str) {
        self.cases.push((pattern.replace(' ', r"\ "), body.to_owned()));
    }

    /// Folder with the record of the commands and other files of a test.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The commands that have been run.
    pub(super) fn calls(&self) -> Vec<String> {
        fs::read_to_string(self.file("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// The program, with all that it was taught until now.
    pub(super) fn program(&self) -> PathBuf {
        let cases = self.cases.iter().rev().map(|(pattern, body)| format!("{pattern}) {body} ;;\n"));
        let calls = self.file("calls");
        let text = format!(
            "#!/bin/sh\necho \"$*\" >>'{}'\ncase \"$*\" in\n{}*) echo \"nobody taught: $*\" >&2; exit 1 ;;\nesac\n",
            calls.display(),
            cases.collect::<String>()
        );
        // A program that another thread has open for writing while it forks could not be started.
        let (file, written) = (self.file("kubectl"), self.file("kubectl.new"));
        fs::write(&written, text).unwrap();
        fs::set_permissions(&written, fs::Permissions::from_mode(0o755)).unwrap();
        let copied = std::process::Command::new("cp").arg(&written).arg(&file).status().unwrap();
        assert!(copied.success());
        file
    }

    /// The cluster in its usual namespace.
    pub(super) fn platform(&self, ways: AccessOptions) -> ClusterPlatform {
        ClusterPlatform::new(self.kubectl(None, Namespace::default()), ways)
    }

    /// The same commands as for a user who names context and namespace.
    pub(super) fn kubectl(&self, context: Option<&str>, namespace: Namespace) -> Kubectl {
        let root = self.folder.path().to_owned();
        Kubectl::new(context.map(str::to_owned), namespace, root, Box::new(|_| {})).with_program(self.program())
    }
}
