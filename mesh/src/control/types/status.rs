//! Status of a running mesh.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::manifest::WithoutEffect;

/// Status of a running mesh, as `meshwalk status` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Name given with `--name`.
    pub name: String,
    /// Network of the mesh, as `127.77.3.0/24`.
    pub network: String,
    /// Runtime folder of the mesh.
    pub folder: PathBuf,
    /// Version that Envoy reports, as `1.40.0`.
    pub envoy_version: String,
    /// Number of configurations that every proxy has loaded.
    pub config_version: u64,
    /// Addresses for the user.
    pub addresses: Addresses,
    /// All pods: the ingress gateway (workload `istio-ingressgateway`), then the others by name.
    pub instances: Vec<InstanceStatus>,
    /// Fields of active resources that have no effect on one machine, with the reason.
    pub without_effect: Vec<WithoutEffect>,
}

/// Addresses for the user. URLs have no trailing slash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// URL of the page, as `http://meshwalk.localhost:8080`.
    pub page: String,
    /// Address of the ingress gateway for server port 80, as `127.77.3.2:8080`.
    pub gateway: String,
    /// URL of the ingress gateway's merged metrics. Every pod serves its own on port 15020.
    pub metrics: String,
    /// URL of the OTLP/HTTP receiver of spans.
    pub collector: String,
    /// Folder of all logs.
    pub logs: PathBuf,
}

/// Status of one pod: an application, a sidecar, or both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceStatus {
    /// Name of the pod, as `backend-v1-1`.
    pub name: String,
    /// Name of the Deployment.
    pub workload: String,
    /// Namespace of the pod.
    pub namespace: String,
    /// Service account of the pod.
    pub service_account: String,
    /// Labels of the pod.
    pub labels: BTreeMap<String, String>,
    /// Label `version` of the pod, if set.
    pub version: Option<String>,
    /// IP address of the pod.
    pub address: Ipv4Addr,
    /// True if the pod has a sidecar or is the gateway.
    pub sidecar: bool,
    /// True if the application and the proxy are ready.
    pub ready: bool,
    /// Number of unexpected exits of the pod's processes, each followed by a restart.
    pub restarts: u32,
    /// Process ID of the application. `None` for the gateway.
    pub pid: Option<u32>,
    /// Process ID of Envoy.
    pub envoy_pid: Option<u32>,
    /// Configuration version that the proxy has loaded.
    pub config_version: Option<u64>,
    /// Expiry of the certificate (RFC 3339, UTC).
    pub certificate_expires: Option<String>,
    /// Unix socket of the application behind a sidecar. Does not exist without a sidecar.
    pub app_socket: PathBuf,
    /// Unix socket of the application's admin port (`/readyz`, `/metrics`): HTTP.
    pub admin_socket: PathBuf,
    /// Unix socket of the application's control port (`/faults`): HTTP.
    pub control_socket: PathBuf,
    /// Unix socket of Envoy's admin interface: HTTP.
    pub envoy_admin_socket: PathBuf,
    /// Log file of the application.
    pub app_log: PathBuf,
    /// Log file of Envoy.
    pub envoy_log: PathBuf,
    /// Access log of the proxy.
    pub access_log: PathBuf,
    /// URL of the proxy's and the application's metrics, merged as Istio does.
    pub metrics_url: String,
}
