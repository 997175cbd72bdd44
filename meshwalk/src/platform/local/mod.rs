//! A local mesh as a platform, through the mesh's control socket and the sockets of its applications.

mod as_platform;

use std::{path::PathBuf, time::Duration};

use meshwalk_mesh::control::{
    Client,
    client::Error,
    types::{InstanceStatus, Status},
};

use super::{Control, FaultChange, PlatformError, Token};
use crate::{evidence, traffic::Address};

/// Time limit for an application or a proxy to return a page of metrics.
const PAGE: Duration = Duration::from_secs(5);
/// Host that the ingress gateway serves.
const GATEWAY_HOST: &str = "meshwalk.localhost";
/// Port on which an application without a sidecar listens at its pod's address.
const APP_PORT: u16 = 8080;

/// Running local mesh.
#[derive(Debug)]
pub struct LocalPlatform {
    client: Client,
    root: PathBuf,
    outlives: bool,
    token: Option<Token>,
}

impl LocalPlatform {
    /// Creates a platform for the mesh of `client`. Files are relative to `root`. `outlives` is true if the mesh
    /// continues after this run.
    #[must_use]
    pub fn new(client: Client, root: PathBuf, outlives: bool) -> Self {
        Self { client, root, outlives, token: None }
    }

    /// Sets the token that control ports require.
    #[must_use]
    pub fn with_token(self, token: Option<Token>) -> Self {
        Self { token, ..self }
    }

    fn rooted(&self, files: &[PathBuf]) -> Vec<PathBuf> {
        files.iter().map(|file| self.root.join(file)).collect()
    }

    async fn status(&self, what: &str) -> Result<Status, PlatformError> {
        self.client.status().await.map_err(|error| PlatformError::failed(what, error))
    }

    async fn instance(&self, what: &str, name: &str) -> Result<InstanceStatus, PlatformError> {
        let status = self.status(what).await?;
        let names: Vec<_> = status.instances.iter().map(|instance| instance.name.clone()).collect();
        status.instances.into_iter().find(|instance| instance.name == name).ok_or_else(|| {
            PlatformError::failed(what, format!("there is no instance {name:?}; there are {}", names.join(", ")))
        })
    }

    /// Returns the control port of an application.
    fn control<'a>(&'a self, instance: &'a InstanceStatus) -> Control<'a> {
        let address = Address::Unix(instance.control_socket.clone());
        Control { instance: &instance.name, address, token: self.token.as_ref() }
    }

    /// Returns the commands for a change of faults. Those of labs name the mesh, not a socket that ends with it.
    fn fault_command(&self, instance: &InstanceStatus, change: FaultChange<'_>) -> String {
        let FaultChange::Replace(rules) = change else { return self.control(instance).command(change) };
        let service = instance.labels.get("app").map_or(instance.workload.as_str(), String::as_str);
        let flags = format!("{} --instance {}", self.name_flag(), instance.name);
        let clear = format!("meshwalk fault {service} --clear{flags}");
        let rules: Vec<_> = rules.lines().map(str::trim).filter(|rule| !rule.is_empty()).collect();
        if rules.is_empty() {
            return clear;
        }
        let quoted = rules.join(" | ").replace('\'', r"'\''");
        format!("{clear}\nmeshwalk fault {service} '{quoted}'{flags}")
    }

    /// Returns the flag that selects this mesh in other commands, preceded by a space, or empty for the default name.
    fn name_flag(&self) -> String {
        meshwalk_mesh::run_folder::name_flag(self.client.name())
    }
}

/// Returns the pods with an application, which excludes the ingress gateway.
fn apps(status: &Status) -> impl Iterator<Item = &InstanceStatus> {
    status.instances.iter().filter(|instance| instance.labels.contains_key("app") && instance.pid.is_some())
}

/// Returns the metrics endpoints of an instance: of its proxy and its application, if it has them.
fn pages(instance: &InstanceStatus) -> Vec<evidence::ScrapeTarget> {
    let proxy = (instance.envoy_pid.is_some(), &instance.envoy_admin_socket, "/stats/prometheus");
    let app = (instance.pid.is_some(), &instance.admin_socket, "/metrics");
    let there = [proxy, app].into_iter().filter(|(there, _, _)| *there);
    let page = |(_, socket, path): (bool, &PathBuf, &str)| evidence::ScrapeTarget {
        workload: instance.workload.clone(),
        instance: instance.name.clone(),
        address: Address::Unix(socket.clone()),
        path: path.to_owned(),
    };
    there.map(page).collect()
}

/// Distinguishes invalid input from other failures.
fn change_error(what: &str, error: &Error) -> PlatformError {
    match error {
        Error::Refused(refusal) => PlatformError::Refused { what: what.to_owned(), why: refusal.to_string() },
        other => PlatformError::failed(what, other),
    }
}
