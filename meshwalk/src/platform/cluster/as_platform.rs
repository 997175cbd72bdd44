//! Implements `Platform` for a cluster.

use std::{path::PathBuf, time::Duration};

use super::{APP, ClusterPlatform, FORWARDED, Kubectl, PAGE, files::Verb};
use crate::{
    evidence::Scrape,
    platform::{
        Action, Description, Entrance, Entry, FaultChange, FaultRule, Instance, Platform, PlatformError, PlatformKind,
        Reply, Settle, Snapshot, Span,
    },
    traffic::Address,
};

impl Platform for ClusterPlatform {
    fn kind(&self) -> PlatformKind {
        PlatformKind::Cluster
    }

    fn describe(&self) -> Reply<'_, Description> {
        Box::pin(async {
            let versions = self.preflight().await?;
            let traces = self.find_traces().await?;
            let _ = self.traces.set(traces);
            let name = format!("namespace {}", self.kubectl.namespace());
            Ok(Description { platform: PlatformKind::Cluster, name, versions })
        })
    }

    fn apply<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()> {
        Box::pin(self.change(Verb::Apply, files))
    }

    fn delete<'a>(&'a self, files: &'a [PathBuf]) -> Reply<'a, ()> {
        Box::pin(self.change(Verb::Delete, files))
    }

    fn snapshot(&self) -> Reply<'_, Snapshot> {
        Box::pin(async {
            // A lab starts here, and a workload may be ready before all proxies know its endpoints.
            self.wait_for_endpoints().await?;
            self.take_snapshot().await
        })
    }

    fn is_of<'a>(&'a self, snapshot: &'a Snapshot) -> Reply<'a, bool> {
        Box::pin(self.snapshot_applies(snapshot))
    }

    fn restore<'a>(&'a self, snapshot: &'a Snapshot) -> Reply<'a, ()> {
        Box::pin(self.restore_snapshot(snapshot))
    }

    fn restart<'a>(&'a self, deployment: &'a str) -> Reply<'a, ()> {
        Box::pin(async move { self.roll(&self.restarting(deployment), deployment).await })
    }

    fn scale<'a>(&'a self, deployment: &'a str, replicas: u32) -> Reply<'a, ()> {
        Box::pin(async move { self.roll(&self.scaling(deployment, replicas), deployment).await })
    }

    fn instances(&self) -> Reply<'_, Vec<Instance>> {
        Box::pin(async { Ok(self.pods().await?.into_iter().map(|pod| pod.instance).collect()) })
    }

    fn change_faults<'a>(&'a self, instance: &'a str, change: FaultChange<'a>) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            let pod = self.pod("setting faults", instance).await?;
            self.control(&pod).await?.change(change).await
        })
    }

    fn faults<'a>(&'a self, instance: &'a str) -> Reply<'a, Vec<FaultRule>> {
        Box::pin(async move {
            let pod = self.pod(&format!("asking {instance} for its faults"), instance).await?;
            self.control(&pod).await?.rules().await
        })
    }

    fn entry(&self, from: Entrance) -> Reply<'_, Entry> {
        Box::pin(async move {
            if from == Entrance::Gateway {
                return self.gateway_entry().await;
            }
            let pods = self.pods().await?;
            let pod = pods.iter().find(|pod| pod.instance.service == from.word() && pod.instance.ready);
            let what = format!("finding the address of the entrance {}", from.word());
            let pod = pod.ok_or_else(|| PlatformError::failed(what, "no pod of it is ready"))?;
            let namespace = self.kubectl.namespace().name();
            let address = self.forwards.reach(&self.kubectl, namespace, &pod.path(), APP, APP[0]).await?;
            let authority = format!("{}:{}", from.word(), APP[0]);
            Ok(Entry { address: Address::Tcp(address), authority, caveat: Some(FORWARDED.to_owned()) })
        })
    }

    fn scrape<'a>(&'a self, workloads: &'a [String]) -> Reply<'a, Scrape> {
        Box::pin(async move {
            let scrape = Scrape::take(&self.pages(workloads).await?, PAGE).await;
            if scrape.missing.is_empty() {
                return Ok(scrape);
            }
            // A port-forward may have ended during the scrape. The second attempt uses a new one.
            tokio::time::sleep(Duration::from_millis(500)).await;
            Ok(Scrape::take(&self.pages(workloads).await?, PAGE).await)
        })
    }

    fn trace<'a>(&'a self, id: &'a str) -> Reply<'a, Vec<Span>> {
        Box::pin(self.spans(id))
    }

    fn untraced(&self) -> Option<&str> {
        self.traces.get()?.as_ref().err().map(String::as_str)
    }

    fn settle(&self) -> Option<Settle> {
        Some(Settle { burst: 20, times: 2 })
    }

    fn command<'a>(&'a self, action: &'a Action<'a>) -> Reply<'a, String> {
        Box::pin(async move {
            Ok(match action {
                Action::Apply(files) => self.line_on(Verb::Apply, files)?,
                Action::Delete(files) => self.line_on(Verb::Delete, files)?,
                Action::Restart(deployment) => Kubectl::line(&self.restarting(deployment)),
                Action::Scale(deployment, replicas) => Kubectl::line(&self.scaling(deployment, *replicas)),
                Action::Faults(instance, change) => {
                    let pod = self.pod("setting faults", instance).await?;
                    self.control(&pod).await?.command(*change)
                }
            })
        })
    }

    fn outlives(&self) -> bool {
        true
    }

    fn restore_command(&self) -> String {
        self.with_flags("meshwalk restore --on cluster")
    }
}
