//! What runs, and where to look.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::manifest::WithoutEffect;

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
