//! Local mesh for a run of the cases.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use meshwalk::traffic::{self, Address, SingleResponse};
use meshwalk_mesh::control::{
    Client as Control,
    client::Error,
    types::{ProxyFiles, Section, Snapshot, Status},
};
use meshwalk_yaml::{self as yaml, Diagnostics};
use serde_json::Value;
use tokio::process::{Child, Command};

use super::{ApplyResult, question, workload};
use crate::{
    case::{Client, Probe},
    configuration::Proxy,
    names::NAMESPACE,
};

/// Time limit for a mesh to start on a busy machine.
const UP: Duration = Duration::from_secs(90);

/// Running mesh, which ends when dropped at the latest.
pub struct Local {
    control: Control,
    process: Child,
    status: Status,
    /// Resources that are always applied, without those of a case.
    ground: Snapshot,
    /// Address at which each client's sidecar listens for each service port.
    outbound: BTreeMap<(String, u16), SocketAddr>,
}

impl Local {
    /// Starts a mesh with the workload. `programs` is the folder with `meshwalk` and the programs of the images.
    ///
    /// # Errors
    /// Fails if the mesh does not start.
    pub async fn up(programs: &std::path::Path) -> anyhow::Result<Self> {
        let program = programs.join("meshwalk");
        let name = format!("conformance-{}", std::process::id());
        let log = tempfile::NamedTempFile::new()?;
        let mut command = Command::new(&program);
        command.args(["up", "--name", &name]).kill_on_drop(true);
        for file in workload("local") {
            command.arg("-f").arg(file);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.reopen()?);
        let mut process = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let control = Control::new(&name);
        let end = Instant::now() + UP;
        let status = loop {
            if let Ok(status) = control.status().await {
                break status;
            }
            if process.try_wait()?.is_some() || Instant::now() > end {
                bail!("the local mesh did not come up: {}", std::fs::read_to_string(log.path())?);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        let mut outbound = BTreeMap::new();
        for client in ["client", "visitor"] {
            for proxy in control.config(client).await? {
                outbound.extend(listeners(&proxy).into_iter().map(|(port, at)| ((client.to_owned(), port), at)));
            }
        }
        let ground = control.resources().await?;
        Ok(Self { control, process, status, ground, outbound })
    }

    /// Returns a client for the mesh.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Returns the status of the mesh.
    #[must_use]
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Applies the workload and these resources, and deletes those of an earlier case in the same change. One change
    /// takes half the time of two.
    pub(super) async fn apply(&self, resources: &str) -> anyhow::Result<ApplyResult> {
        let documents = yaml::parse(resources, "resources".as_ref()).map_err(Diagnostics::from)?;
        let mut wanted = self.ground.clone();
        wanted.documents.extend(documents.iter().map(yaml::Document::to_json));
        match self.control.put_resources(&wanted).await {
            Ok(_) => Ok(ApplyResult::Taken),
            Err(Error::Refused(refusal)) => Ok(ApplyResult::Refused(refusal.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn ask(&self, probe: &Probe) -> anyhow::Result<SingleResponse> {
        let address = self.address(probe)?;
        let question = question(probe, NAMESPACE, "unused")?;
        let host = question.host.clone().unwrap_or_default();
        traffic::ask(&Address::Tcp(address), &host, &probe.path, &question).await.map_err(anyhow::Error::msg)
    }

    fn address(&self, probe: &Probe) -> anyhow::Result<SocketAddr> {
        let client = match probe.from {
            Client::Gateway => return Ok(self.status.addresses.gateway.parse()?),
            Client::Outside => return self.pod(probe).map(|address| (address, 8080).into()),
            Client::Client => "client",
            Client::Visitor => "visitor",
        };
        let key = (client.to_owned(), probe.port);
        self.outbound.get(&key).copied().with_context(|| format!("no service has the port {}", probe.port))
    }

    /// Returns a pod behind a service, which is the pods' label.
    fn pod(&self, probe: &Probe) -> anyhow::Result<Ipv4Addr> {
        let (service, namespace) = probe.service(NAMESPACE);
        let mut pods = self.status.instances.iter();
        let pod =
            pods.find(|pod| pod.namespace == namespace && pod.labels.get("app").is_some_and(|app| app == service));
        pod.map(|pod| pod.address).with_context(|| format!("no pod stands behind {}", probe.to))
    }

    pub(super) async fn dump(&self, proxy: Proxy) -> anyhow::Result<Value> {
        let workload = match proxy {
            Proxy::Client => "client",
            Proxy::Server => "echo-v1",
            Proxy::Gateway => "istio-ingressgateway",
        };
        let pod = self.status.instances.iter().find(|pod| pod.workload == workload);
        let pod = pod.with_context(|| format!("there is no pod of {workload}"))?;
        let admin = Address::Unix(pod.envoy_admin_socket.clone());
        let page = traffic::get(&admin, "localhost", "/config_dump", Duration::from_secs(10)).await?;
        Ok(serde_json::from_slice(&page.body)?)
    }

    pub(super) async fn end(mut self) -> anyhow::Result<()> {
        self.control.down().await?;
        self.process.wait().await?;
        Ok(())
    }
}

/// Returns where a sidecar listens for each service port, by the names of its listeners: `outbound_ADDRESS_PORT`.
fn listeners(proxy: &ProxyFiles) -> Vec<(u16, SocketAddr)> {
    let files = proxy.files.iter().filter(|file| file.section == Section::Listeners);
    let listeners = files.flat_map(|file| file.content["resources"].as_array().into_iter().flatten());
    listeners
        .filter_map(|listener| {
            let (_, port) = listener["name"].as_str()?.strip_prefix("outbound_")?.rsplit_once('_')?;
            let at = &listener["address"]["socket_address"];
            let address: Ipv4Addr = at["address"].as_str()?.parse().ok()?;
            Some((port.parse().ok()?, (address, u16::try_from(at["port_value"].as_u64()?).ok()?).into()))
        })
        .collect()
}
