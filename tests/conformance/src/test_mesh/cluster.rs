//! Cluster with Istio, controlled by `kubectl`. Its clients are pods that send requests read from `kubectl exec`.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use meshwalk::{namespace::Namespace, platform::Kubectl, traffic::SingleResponse};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
};

use super::{ApplyResult, question, workload};
use crate::{
    case::{Client, Probe},
    configuration::Proxy,
    names,
};

/// Namespace of the ingress gateway, as Istio's installation names it.
const GATEWAY_NAMESPACE: &str = "istio-system";
/// Time limit for a client, including the request's own timeout.
const ANSWER: Duration = Duration::from_secs(30);

/// Workload in two namespaces of a cluster, with its clients.
pub struct Cluster {
    kubectl: Kubectl,
    namespace: String,
    sessions: BTreeMap<Client, Session>,
    /// Addresses of the services, so that a slow DNS of the cluster has no effect.
    addresses: BTreeMap<String, String>,
}

impl Cluster {
    /// Deploys the workload. `show` receives each command.
    ///
    /// # Errors
    /// Fails if a namespace is in use, or the workload does not become ready.
    pub async fn up(
        context: Option<String>,
        namespace: String,
        show: meshwalk::platform::Show,
    ) -> anyhow::Result<Self> {
        let named = Namespace::named(&namespace)?;
        let kubectl = Kubectl::new(context, named, crate::project(), show);
        let mut cluster = Self { kubectl, namespace, sessions: BTreeMap::new(), addresses: BTreeMap::new() };
        cluster.claim().await?;
        match cluster.deploy().await {
            Ok(addresses) => {
                cluster.addresses = addresses;
                Ok(cluster)
            }
            Err(error) => {
                let _ = cluster.end().await;
                Err(error)
            }
        }
    }

    /// Waits until the namespaces of an earlier run are deleted, and rejects those in use.
    async fn claim(&self) -> anyhow::Result<()> {
        let [own, other] = self.namespaces();
        let phases = "jsonpath={range .items[*]}{.metadata.name} {.status.phase}{\"\\n\"}{end}";
        let there = self.run(&["get", "namespace", "-o", phases], None).await?;
        let of_ours = |line: &&str| line.split(' ').next().is_some_and(|name| name == own || name == other);
        for line in there.lines().filter(of_ours) {
            let (name, phase) = line.split_once(' ').unwrap_or((line, ""));
            if phase != "Terminating" {
                bail!(
                    "the namespace {name} is in use: `kubectl delete namespace {name}`, or another one by --namespace"
                );
            }
            let namespace = format!("namespace/{name}");
            self.run(&["wait", &namespace, "--for=delete", "--timeout=55s"], None).await?;
        }
        Ok(())
    }

    /// Deploys the workload, and resolves the addresses of its services.
    async fn deploy(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let mut text = String::new();
        for folder in workload("cluster") {
            let mut files: Vec<_> = folder.read_dir()?.flatten().map(|entry| entry.path()).collect();
            files.sort();
            for file in files {
                text.push_str(&format!("---\n{}", std::fs::read_to_string(file)?));
            }
        }
        let text = names::in_namespace(&text, self.namespace());
        self.run(&["apply", "-f", "-"], Some(&text)).await?;
        for namespace in self.namespaces() {
            let wait = ["-n", &namespace, "wait", "deployment", "--all", "--for=condition=Available", "--timeout=55s"];
            // A busy cluster may need two attempts.
            if self.run(&wait, None).await.is_err() {
                self.run(&wait, None).await.context("the workload does not become ready")?;
            }
        }
        let mut addresses = BTreeMap::new();
        for namespace in self.namespaces().iter().map(String::as_str).chain([GATEWAY_NAMESPACE]) {
            let template = "jsonpath={range .items[*]}{.metadata.name} {.spec.clusterIP}{\"\\n\"}{end}";
            let list = self.run(&["-n", namespace, "get", "services", "-o", template], None).await?;
            let pairs = list.lines().filter_map(|line| line.split_once(' '));
            addresses.extend(pairs.map(|(name, address)| (format!("{name}.{namespace}"), address.to_owned())));
        }
        Ok(addresses)
    }

    /// Returns the namespace of the services.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    fn namespaces(&self) -> [String; 2] {
        [self.namespace().to_owned(), format!("{}-other", self.namespace())]
    }

    /// Runs a command whose arguments contain the namespace.
    ///
    /// # Errors
    /// Returns kubectl's message if the command fails.
    pub async fn run(&self, words: &[&str], input: Option<&str>) -> anyhow::Result<String> {
        let arguments = self.arguments(words);
        self.kubectl.show(&Kubectl::line(&arguments));
        Ok(self.kubectl.run(&arguments, input).await?)
    }

    fn arguments(&self, words: &[&str]) -> Vec<String> {
        let all = self.kubectl.arguments(words);
        let flag = all.iter().position(|word| word == "-n").unwrap_or(all.len());
        [&all[..flag], &all[(flag + 2).min(all.len())..]].concat()
    }

    pub(super) async fn apply(&self, resources: &str) -> anyhow::Result<ApplyResult> {
        match self.run(&["apply", "-f", "-"], Some(resources)).await {
            Ok(_) => Ok(ApplyResult::Taken),
            Err(error) => Ok(ApplyResult::Refused(format!("{error:#}"))),
        }
    }

    pub(super) async fn delete(&self, resources: &str) -> anyhow::Result<()> {
        self.run(&["delete", "--ignore-not-found", "--wait=false", "-f", "-"], Some(resources)).await.map(drop)
    }

    pub(super) async fn ask(&mut self, probe: &Probe) -> anyhow::Result<SingleResponse> {
        let namespace = self.namespace().to_owned();
        let (service, of) = probe.service(&namespace);
        let (service, port) = match probe.from {
            Client::Gateway => (format!("istio-ingressgateway.{GATEWAY_NAMESPACE}"), 80),
            _ => (format!("{service}.{of}"), probe.port),
        };
        let address = self.addresses.get(&service).with_context(|| format!("there is no service {service}"))?;
        let authority = format!("{address}:{port}");
        let question = serde_json::to_string(&question(probe, &namespace, &authority)?)?;
        // A client outside the gateway is not part of the mesh.
        let client = if probe.from == Client::Gateway { Client::Outside } else { probe.from };
        if !self.sessions.contains_key(&client) {
            let session = self.session(client)?;
            self.sessions.insert(client, session);
        }
        let session = self.sessions.get_mut(&client).context("the client has gone")?;
        session.ask(&question).await
    }

    fn session(&self, client: Client) -> anyhow::Result<Session> {
        let [own, other] = self.namespaces();
        let (namespace, name) = match client {
            Client::Visitor => (other, "visitor"),
            Client::Outside | Client::Gateway => (own, "outside"),
            Client::Client => (own, "client"),
        };
        let deployment = format!("deployment/{name}");
        let words = ["-n", &namespace, "exec", "-i", &deployment, "-c", "app", "--", "/meshwalk", "call", "--batch"];
        let arguments = self.arguments(&words);
        self.kubectl.show(&Kubectl::line(&arguments));
        let mut command = self.kubectl.command(&arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn()?;
        let input = process.stdin.take().context("the client has no input")?;
        let output = process.stdout.take().context("the client has no output")?;
        Ok(Session { _process: process, input, output: BufReader::new(output).lines() })
    }

    pub(super) async fn dump(&self, proxy: Proxy) -> anyhow::Result<Value> {
        let (namespace, deployment) = match proxy {
            Proxy::Client => (self.namespace(), "deployment/client"),
            Proxy::Server => (self.namespace(), "deployment/echo-v1"),
            Proxy::Gateway => (GATEWAY_NAMESPACE, "deployment/istio-ingressgateway"),
        };
        let words = ["-n", namespace, "exec", deployment, "-c", "istio-proxy", "--", "pilot-agent", "request", "GET"];
        let dump = self.run(&[&words[..], &["config_dump"]].concat(), None).await?;
        Ok(serde_json::from_str(&dump)?)
    }

    pub(super) async fn end(self) -> anyhow::Result<()> {
        let [own, other] = self.namespaces();
        self.run(&["delete", "namespace", "--ignore-not-found", "--wait=false", &own, &other], None).await.map(drop)
    }
}

/// Client process that sends requests, one per line.
struct Session {
    _process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Session {
    async fn ask(&mut self, question: &str) -> anyhow::Result<SingleResponse> {
        self.input
            .write_all(format!("{question}\n").as_bytes())
            .await
            .context("the client does not listen any more")?;
        let line =
            tokio::time::timeout(ANSWER, self.output.next_line()).await.context("the client does not answer")??;
        let line = line.context("the client has ended; its words stand above")?;
        serde_json::from_str(&line).with_context(|| format!("the client answered {line:?}"))
    }
}
