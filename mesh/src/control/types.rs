//! What the control socket says and hears: the seam between a running mesh and the other commands.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{problem::Problem, resources::WithoutEffect};

/// A running mesh, as `meshwalk status` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The name that `--name` gave it.
    pub name: String,
    /// Its network, as `127.77.3.0/24`.
    pub network: String,
    /// The runtime folder.
    pub folder: PathBuf,
    /// The version that the Envoy program itself states, as `1.40.0`.
    pub envoy_version: String,
    /// Counts up by one with each configuration that every proxy has taken.
    pub config_version: u64,
    /// Where to look.
    pub addresses: Addresses,
    /// Every pod, the ingress gateway (workload `istio-ingressgateway`) first, then by name.
    pub instances: Vec<InstanceStatus>,
    /// Fields of the resources in force that do nothing on one machine, with the reason.
    pub without_effect: Vec<WithoutEffect>,
}

/// Where to look. URLs have no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// The page for a browser, as `http://meshwalk.localhost:8080`.
    pub page: String,
    /// The ingress gateway's own address for server port 80, as `127.77.3.2:8080`.
    pub gateway: String,
    /// The ingress gateway's merged metrics; every pod has its own at port 15020 of its address.
    pub metrics: String,
    /// Where spans are received, OTLP over HTTP.
    pub collector: String,
    /// The folder of all logs.
    pub logs: PathBuf,
}

/// One pod: an application, its sidecar, or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceStatus {
    /// The pod's name, as `backend-v1-1`.
    pub name: String,
    /// The Deployment's name.
    pub workload: String,
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's service account.
    pub service_account: String,
    /// The pod's labels.
    pub labels: BTreeMap<String, String>,
    /// The label `version`, if the pod has it.
    pub version: Option<String>,
    /// The pod's address.
    pub address: Ipv4Addr,
    /// Whether Envoy stands in front of it.
    pub sidecar: bool,
    /// Whether every part of it is ready: the application and the proxy.
    pub ready: bool,
    /// How often a part of it ended unasked and was started again.
    pub restarts: u32,
    /// The application's process. The gateway has none.
    pub pid: Option<u32>,
    /// Envoy's process.
    pub envoy_pid: Option<u32>,
    /// The configuration that its proxy has taken.
    pub config_version: Option<u64>,
    /// When its certificate ends (RFC 3339, UTC).
    pub certificate_expires: Option<String>,
    /// Where the application listens: behind a sidecar this socket; without one it does not exist.
    pub app_socket: PathBuf,
    /// The application's admin socket (`/readyz`, `/metrics`): HTTP.
    pub admin_socket: PathBuf,
    /// The application's control socket (`/faults`): HTTP.
    pub control_socket: PathBuf,
    /// Envoy's admin socket: HTTP.
    pub envoy_admin_socket: PathBuf,
    /// The application's log.
    pub app_log: PathBuf,
    /// Envoy's log.
    pub envoy_log: PathBuf,
    /// The proxy's access log.
    pub access_log: PathBuf,
    /// The proxy's and the application's metrics on one page, as Istio merges them.
    pub metrics_url: String,
}

/// Which files to apply or delete. Paths are absolute: the mesh has another working folder than its caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Files {
    /// YAML files or folders of them.
    pub paths: Vec<PathBuf>,
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
pub struct Refusal {
    /// Whose fault it is.
    pub kind: RefusalKind,
    /// In words.
    pub message: String,
    /// One by one, for an input that has problems.
    pub problems: Vec<Problem>,
}

impl Refusal {
    pub(crate) fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), problems: Vec::new() }
    }

    fn problem_lines(&self) -> String {
        self.problems.iter().map(|problem| format!("\n  {problem}")).collect()
    }
}

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// The input is wrong: the command's exit code is 2.
    Input,
    /// An Envoy refused the configuration; its words are in the message.
    Envoy,
    /// There is no such workload, trace or resource.
    NotFound,
    /// A process or the machine failed.
    Failed,
}

/// A proxy's configuration files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProxyFiles {
    /// The pod.
    pub instance: String,
    /// The files, in the order in which a request meets them: listeners, routes, clusters, endpoints.
    pub files: Vec<ProxyFile>,
}

/// One configuration file of a proxy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProxyFile {
    /// Which part of the configuration it holds.
    pub section: Section,
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub content: serde_json::Value,
}

/// A part of a proxy's configuration, in Envoy's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Section {
    /// What it starts with.
    Bootstrap,
    /// Where it listens.
    Listeners,
    /// Which request goes where.
    Routes,
    /// Which groups of endpoints it knows, and who is in them.
    Clusters,
}

/// A trace: every span that was received of it so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The trace's id, 32 hexadecimal digits.
    pub id: String,
    /// Its spans, by start.
    pub spans: Vec<Span>,
}

/// One span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The span's id, 16 hexadecimal digits.
    pub id: String,
    /// The parent's id, if it has a parent.
    pub parent: Option<String>,
    /// The resource's `service.name`.
    pub service: String,
    /// The span's name.
    pub operation: String,
    /// `internal`, `server`, `client`, `producer`, `consumer` or `unspecified`.
    pub kind: String,
    /// Nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// How long it took, in nanoseconds.
    pub duration_ns: u64,
    /// Whether its status is an error.
    pub error: bool,
    /// The span's attributes as text.
    pub attributes: BTreeMap<String, String>,
    /// The resource's attributes as text.
    pub resource: BTreeMap<String, String>,
    /// The names of its events, with their attributes.
    pub events: Vec<SpanEvent>,
}

/// Something that happened in a span, as an injected fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanEvent {
    /// The event's name.
    pub name: String,
    /// The event's attributes as text.
    pub attributes: BTreeMap<String, String>,
}

/// One line of the list of recent traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// The trace's id.
    pub id: String,
    /// How many spans of it were received.
    pub spans: usize,
    /// The services in it, in order of their first span.
    pub services: Vec<String>,
    /// Start of its first span, nanoseconds since the Unix epoch.
    pub start_unix_ns: u64,
    /// From the first span's start to the last one's end, in nanoseconds.
    pub duration_ns: u64,
    /// Whether a span of it has an error.
    pub error: bool,
}
