//! A local mesh as a target: everything goes through the mesh's control socket and the sockets of its applications.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use http::{Method, StatusCode};
use meshwalk_mesh::control::{
    Client,
    client::Error,
    types::{InstanceStatus, Snapshot as Documents, Status},
    unix_http,
};

use super::{Action, Description, Entry, FaultRule, Instance, Reply, Snapshot, Span, Target, TargetError};
use crate::{
    evidence::{self, Scrape},
    lab::{Entrance, TargetKind},
    traffic::Address,
};

/// Applications answer their control and admin sockets from memory.
const QUESTION_DEADLINE: Duration = Duration::from_secs(5);
/// The host that the ingress gateway serves.
const GATEWAY_HOST: &str = "meshwalk.localhost";
/// The port on which an application without a sidecar listens at its pod's address.
const APP_PORT: u16 = 8080;

/// A local mesh that runs already.
#[derive(Debug)]
pub struct LocalTarget {
    client: Client,
    root: PathBuf,
    outlives: bool,
}

impl LocalTarget {
    /// The mesh behind `client`. Files are relative to `root`; `outlives` says whether the mesh goes on after this run.
    #[must_use]
    pub fn new(client: Client, root: PathBuf, outlives: bool) -> Self {
        Self { client, root, outlives }
    }

    fn rooted(&self, files: &[PathBuf]) -> Vec<PathBuf> {
        files.iter().map(|file| self.root.join(file)).collect()
    }

    async fn status(&self, what: &str) -> Result<Status, TargetError> {
        self.client.status().await.map_err(|error| TargetError::failed(what, error))
    }

    async fn instance(&self, what: &str, name: &str) -> Result<InstanceStatus, TargetError> {
        let status = self.status(what).await?;
        let names: Vec<_> = status.instances.iter().map(|instance| instance.name.clone()).collect();
        status.instances.into_iter().find(|instance| instance.name == name).ok_or_else(|| {
            TargetError::failed(what, format!("there is no instance {name:?}; there are {}", names.join(", ")))
        })
    }

    /// One question to an application's control socket.
    async fn ask(&self, what: &str, socket: &Path, method: Method, body: &str) -> Result<String, TargetError> {
        let (status, answer) = unix_http::request(socket, method, "/faults", body.to_owned().into(), QUESTION_DEADLINE)
            .await
            .map_err(|error| TargetError::failed(what, error))?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        match status {
            status if status.is_success() => Ok(answer),
            StatusCode::BAD_REQUEST => Err(TargetError::Refused { what: what.to_owned(), why: answer }),
            status => Err(TargetError::failed(what, format!("{status}: {answer}"))),
        }
    }

    async fn rules(&self, what: &str, instance: &InstanceStatus) -> Result<Vec<FaultRule>, TargetError> {
        #[derive(serde::Deserialize)]
        struct Listing {
            rules: Vec<FaultRule>,
        }
        let answer = self.ask(what, &instance.control_socket, Method::GET, "").await?;
        serde_json::from_str::<Listing>(&answer)
            .map(|listing| listing.rules)
            .map_err(|error| TargetError::failed(what, format!("its answer cannot be read ({error}): {answer}")))
    }

    async fn set(&self, instance: &InstanceStatus, rules: &str) -> Result<(), TargetError> {
        let what = format!("setting the faults of {}", instance.name);
        self.ask(&what, &instance.control_socket, Method::DELETE, "").await?;
        if !rules.trim().is_empty() {
            self.ask(&what, &instance.control_socket, Method::POST, rules).await?;
        }
        Ok(())
    }

    /// The flag that names this mesh to other commands, with a space before it; nothing for the usual name.
    fn name_flag(&self) -> String {
        meshwalk_mesh::runtime::folder::name_flag(self.client.name())
    }
}

/// The applications; the ingress gateway's pod has none.
fn apps(status: &Status) -> impl Iterator<Item = &InstanceStatus> {
    status.instances.iter().filter(|instance| instance.labels.contains_key("app") && instance.pid.is_some())
}

/// Where an instance publishes metrics: its proxy and its application, as far as it has them.
fn pages(instance: &InstanceStatus) -> Vec<evidence::Target> {
    let proxy = (instance.envoy_pid.is_some(), &instance.envoy_admin_socket, "/stats/prometheus");
    let app = (instance.pid.is_some(), &instance.admin_socket, "/metrics");
    let there = [proxy, app].into_iter().filter(|(there, _, _)| *there);
    let page = |(_, socket, path): (bool, &PathBuf, &str)| evidence::Target {
        workload: instance.workload.clone(),
        instance: instance.name.clone(),
        address: Address::Unix(socket.clone()),
        path: path.to_owned(),
    };
    there.map(page).collect()
}

/// A refusal of the input and a breakdown are told apart.
fn change_error(what: &str, error: &Error) -> TargetError {
    match error {
        Error::Refused(refusal) => TargetError::Refused { what: what.to_owned(), why: refusal.to_string() },
        other => TargetError::failed(what, other),
    }
}

impl Target for LocalTarget {
    fn kind(&self) -> TargetKind {
        TargetKind::Local
    }

    fn describe(&self) -> Reply<'_, Description> {
        Box::pin(async {
            let status = self.status("asking the mesh what it is").await?;
            let versions = BTreeMap::from([
                ("envoy".to_owned(), status.envoy_version),
                ("meshwalk".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ]);
            Ok(Description { target: TargetKind::Local, name: status.name, versions })
        })
    }

    fn apply<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()> {
        Box::pin(async {
            let change = self.client.apply(&self.rooted(files)).await;
            change.map(drop).map_err(|error| change_error("applying the files", &error))
        })
    }

    fn delete<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()> {
        Box::pin(async {
            let change = self.client.delete(&self.rooted(files)).await;
            change.map(drop).map_err(|error| change_error("deleting the files' resources", &error))
        })
    }

    fn snapshot(&self) -> Reply<'_, Snapshot> {
        Box::pin(async {
            let what = "noting what is in force";
            let documents = self.client.resources().await.map_err(|error| TargetError::failed(what, error))?.documents;
            let mut faults = BTreeMap::new();
            for instance in apps(&self.status(what).await?) {
                let rules = self.rules(what, instance).await?;
                let rules: Vec<_> = rules.into_iter().map(|rule| rule.rule).collect();
                faults.insert(instance.name.clone(), rules.join("\n"));
            }
            Ok(Snapshot { documents, faults })
        })
    }

    fn restore<'a>(&'a self, snapshot: &'a Snapshot) -> Reply<'a, ()> {
        Box::pin(async {
            let what = "putting back what was in force";
            // The faults first: they must go even if the resources cannot be put back.
            let mut failed = None;
            for instance in apps(&self.status(what).await?) {
                let rules = snapshot.faults.get(&instance.name).map_or("", String::as_str);
                if let Err(error) = self.set(instance, rules).await {
                    failed = Some(error);
                }
            }
            let documents = Documents { documents: snapshot.documents.clone() };
            self.client.put_resources(&documents).await.map_err(|error| change_error(what, &error))?;
            failed.map_or(Ok(()), Err)
        })
    }

    fn instances(&self) -> Reply<'_, Vec<Instance>> {
        Box::pin(async {
            let status = self.status("listing the instances").await?;
            Ok(apps(&status)
                .map(|instance| Instance {
                    name: instance.name.clone(),
                    workload: instance.workload.clone(),
                    service: instance.labels.get("app").cloned().unwrap_or_default(),
                    version: instance.version.clone(),
                    ready: instance.ready,
                })
                .collect())
        })
    }

    fn set_faults<'a>(&'a self, instance: &'a str, rules: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            let instance = self.instance("setting faults", instance).await?;
            self.set(&instance, rules).await
        })
    }

    fn faults<'a>(&'a self, instance: &'a str) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            let what = format!("asking {instance} for its faults");
            let instance = self.instance(&what, instance).await?;
            self.rules(&what, &instance).await
        })
    }

    fn entry(&self, from: Entrance) -> Reply<'_, Entry> {
        Box::pin(async move {
            let what = format!("finding the way in from {}", from.word());
            let status = self.status(&what).await?;
            if from == Entrance::Gateway {
                let address = status.addresses.gateway.parse().map_err(|error| {
                    TargetError::failed(&what, format!("the gateway's address {:?}: {error}", status.addresses.gateway))
                })?;
                return Ok(Entry { address: Address::Tcp(address), authority: GATEWAY_HOST.to_owned(), caveat: None });
            }
            let instance = apps(&status)
                .find(|instance| instance.labels.get("app").is_some_and(|app| app == from.word()))
                .ok_or_else(|| TargetError::failed(&what, "no instance of it runs"))?;
            let address = if instance.sidecar {
                Address::Unix(instance.app_socket.clone())
            } else {
                Address::Tcp((instance.address, APP_PORT).into())
            };
            Ok(Entry { address, authority: format!("{}:{APP_PORT}", from.word()), caveat: None })
        })
    }

    fn scrape<'a>(&'a self, workloads: &'a [String]) -> Reply<'a, Scrape> {
        Box::pin(async move {
            let status = self.status("reading metrics").await?;
            for workload in workloads {
                if !status.instances.iter().any(|instance| instance.workload == *workload) {
                    let there: BTreeSet<_> = status.instances.iter().map(|i| i.workload.as_str()).collect();
                    let there: Vec<_> = there.into_iter().collect();
                    let why = format!("there is no such workload; there are {}", there.join(", "));
                    return Err(TargetError::failed(format!("reading the metrics of {workload}"), why));
                }
            }
            let asked = status.instances.iter().filter(|instance| workloads.contains(&instance.workload));
            let targets: Vec<_> = asked.flat_map(pages).collect();
            Ok(Scrape::take(&targets, QUESTION_DEADLINE).await)
        })
    }

    fn trace<'a>(&'a self, id: &'a str) -> Reply<'a, Vec<Span>> {
        Box::pin(async move {
            match self.client.trace(id).await {
                Ok(trace) => Ok(trace
                    .spans
                    .into_iter()
                    .map(|span| Span {
                        id: span.id,
                        parent: span.parent,
                        service: span.service,
                        start: span.start_unix_ns,
                    })
                    .collect()),
                // A trace of which nothing has come in yet is an empty one.
                Err(Error::Refused(_)) => Ok(Vec::new()),
                Err(error) => Err(TargetError::failed(format!("reading the trace {id}"), error)),
            }
        })
    }

    fn command<'a>(&'a self, action: &'a Action<'a>) -> Reply<'a, String> {
        Box::pin(async move {
            let files = |files: &[PathBuf]| {
                files.iter().map(|file| format!(" -f {}", file.display())).collect::<Vec<_>>().concat()
            };
            Ok(match action {
                Action::Apply(paths) => format!("meshwalk apply{}{}", self.name_flag(), files(paths)),
                Action::Delete(paths) => format!("meshwalk delete{}{}", self.name_flag(), files(paths)),
                Action::SetFaults(instance, rules) => {
                    let socket = self.instance("setting faults", instance).await?.control_socket;
                    let curl = format!("curl --unix-socket {} http://localhost/faults", socket.display());
                    let quoted = rules.trim().replace('\'', r"'\''");
                    let clear = format!("{curl} -X DELETE");
                    if quoted.is_empty() { clear } else { format!("{clear} && {curl} --data-binary '{quoted}'") }
                }
            })
        })
    }

    fn outlives(&self) -> bool {
        self.outlives
    }
}
