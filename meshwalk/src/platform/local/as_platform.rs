//! Implements `Platform` for a local mesh.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use meshwalk_mesh::control::{client::Error, types::Snapshot as Documents};

use super::{APP_PORT, GATEWAY_HOST, LocalPlatform, PAGE, apps, change_error, pages};
use crate::{
    evidence::Scrape,
    platform::{
        Action, Description, Entrance, Entry, FaultChange, FaultRule, Instance, Platform, PlatformError, PlatformKind,
        Reply, Snapshot, Span,
    },
    traffic::Address,
};

impl Platform for LocalPlatform {
    fn kind(&self) -> PlatformKind {
        PlatformKind::Local
    }

    fn describe(&self) -> Reply<'_, Description> {
        Box::pin(async {
            let status = self.status("reading the status of the mesh").await?;
            let versions = BTreeMap::from([
                ("envoy".to_owned(), status.envoy_version),
                ("meshwalk".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            ]);
            Ok(Description { platform: PlatformKind::Local, name: status.name, versions })
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
            let what = "taking a snapshot";
            let documents =
                self.client.resources().await.map_err(|error| PlatformError::failed(what, error))?.documents;
            let mut faults = BTreeMap::new();
            for instance in apps(&self.status(what).await?) {
                let rules = self.control(instance).rules().await?;
                let rules: Vec<_> = rules.into_iter().map(|rule| rule.rule).collect();
                faults.insert(instance.name.clone(), rules.join("\n"));
            }
            // `documents` contains the Deployments.
            Ok(Snapshot { documents, faults, replicas: BTreeMap::new(), workloads: None, of: None })
        })
    }

    fn restore<'a>(&'a self, snapshot: &'a Snapshot) -> Reply<'a, ()> {
        Box::pin(async {
            let what = "restoring the snapshot";
            // Restore the faults first, because they must be removed even if the resources cannot be restored.
            let mut failed = None;
            for instance in apps(&self.status(what).await?) {
                let rules = snapshot.faults.get(&instance.name).map_or("", String::as_str);
                if let Err(error) = self.control(instance).change(FaultChange::Replace(rules)).await {
                    failed = Some(error);
                }
            }
            let documents = Documents { documents: snapshot.documents.clone() };
            self.client.put_resources(&documents).await.map_err(|error| change_error(what, &error))?;
            failed.map_or(Ok(()), Err)
        })
    }

    fn restart<'a>(&'a self, deployment: &'a str) -> Reply<'a, ()> {
        Box::pin(async move {
            let change = self.client.restart(&[deployment.to_owned()]).await;
            change.map(drop).map_err(|error| change_error(&format!("restarting {deployment}"), &error))
        })
    }

    fn scale<'a>(&'a self, deployment: &'a str, replicas: u32) -> Reply<'a, ()> {
        Box::pin(async move {
            let change = self.client.scale(deployment, replicas).await;
            change.map(drop).map_err(|error| change_error(&format!("scaling {deployment}"), &error))
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

    fn change_faults<'a>(&'a self, instance: &'a str, change: FaultChange<'a>) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            let instance = self.instance("setting faults", instance).await?;
            self.control(&instance).change(change).await
        })
    }

    fn faults<'a>(&'a self, instance: &'a str) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            let what = format!("asking {instance} for its faults");
            let instance = self.instance(&what, instance).await?;
            self.control(&instance).rules().await
        })
    }

    fn entry(&self, from: Entrance) -> Reply<'_, Entry> {
        Box::pin(async move {
            let what = format!("finding the address of the entrance {}", from.word());
            let status = self.status(&what).await?;
            if from == Entrance::Gateway {
                let address = status.addresses.gateway.parse().map_err(|error| {
                    PlatformError::failed(
                        &what,
                        format!("the gateway's address {:?}: {error}", status.addresses.gateway),
                    )
                })?;
                return Ok(Entry { address: Address::Tcp(address), authority: GATEWAY_HOST.to_owned(), caveat: None });
            }
            let instance = apps(&status)
                .find(|instance| instance.labels.get("app").is_some_and(|app| app == from.word()))
                .ok_or_else(|| PlatformError::failed(&what, "no instance of it runs"))?;
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
                    return Err(PlatformError::failed(format!("reading the metrics of {workload}"), why));
                }
            }
            let asked = status.instances.iter().filter(|instance| workloads.contains(&instance.workload));
            let platforms: Vec<_> = asked.flat_map(pages).collect();
            Ok(Scrape::take(&platforms, PAGE).await)
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
                // A trace without spans so far is empty.
                Err(Error::Refused(_)) => Ok(Vec::new()),
                Err(error) => Err(PlatformError::failed(format!("reading the trace {id}"), error)),
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
                Action::Restart(deployment) => format!("meshwalk restart{} {deployment}", self.name_flag()),
                Action::Scale(deployment, replicas) => {
                    format!("meshwalk scale{} {deployment} --replicas {replicas}", self.name_flag())
                }
                Action::Faults(instance, change) => {
                    let instance = self.instance("setting faults", instance).await?;
                    self.fault_command(&instance, *change)
                }
            })
        })
    }

    fn outlives(&self) -> bool {
        self.outlives
    }

    fn restore_command(&self) -> String {
        // `restore` calls the flag --mesh, and the other commands call it --name.
        format!("meshwalk restore{}", self.name_flag().replace("--name", "--mesh"))
    }
}
