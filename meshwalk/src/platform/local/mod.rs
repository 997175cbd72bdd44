//! A local mesh as a target: everything goes through the mesh's control socket and the sockets of its applications.

mod as_platform;

use std::{path::PathBuf, time::Duration};

use meshwalk_mesh::control::{
    Client,
    client::Error,
    types::{InstanceStatus, Status},
};

use super::{Control, PlatformError, Token};
use crate::{evidence, traffic::Address};

/// How long an application or a proxy may take for a page of metrics.
const PAGE: Duration = Duration::from_secs(5);
/// The host that the ingress gateway serves.
const GATEWAY_HOST: &str = "meshwalk.localhost";
/// The port on which an application without a sidecar listens at its pod's address.
const APP_PORT: u16 = 8080;

/// A local mesh that runs already.
#[derive(Debug)]
pub struct LocalPlatform {
    client: Client,
    root: PathBuf,
    outlives: bool,
    token: Option<Token>,
}

impl LocalPlatform {
    /// The mesh behind `client`. Files are relative to `root`; `outlives` says whether the mesh goes on after this run.
    #[must_use]
    pub fn new(client: Client, root: PathBuf, outlives: bool) -> Self {
        Self { client, root, outlives, token: None }
    }

    /// The same, with what the control ports ask for.
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

    /// The way to an application's control port.
    fn control<'a>(&'a self, instance: &'a InstanceStatus) -> Control<'a> {
        let address = Address::Unix(instance.control_socket.clone());
        Control { instance: &instance.name, address, token: self.token.as_ref() }
    }

    /// The flag that names this mesh to other commands, with a space before it; nothing for the usual name.
    fn name_flag(&self) -> String {
        meshwalk_mesh::run_folder::name_flag(self.client.name())
    }
}

/// The applications; the ingress gateway's pod has none.
fn apps(status: &Status) -> impl Iterator<Item = &InstanceStatus> {
    status.instances.iter().filter(|instance| instance.labels.contains_key("app") && instance.pid.is_some())
}

/// Where an instance publishes metrics: its proxy and its application, as far as it has them.
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

/// A refusal of the input and a breakdown are told apart.
fn change_error(what: &str, error: &Error) -> PlatformError {
    match error {
        Error::Refused(refusal) => PlatformError::Refused { what: what.to_owned(), why: refusal.to_string() },
        other => PlatformError::failed(what, other),
    }
}
