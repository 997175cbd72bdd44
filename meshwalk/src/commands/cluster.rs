//! Which cluster a command is about, by the flags that all commands on clusters have.

use std::path::PathBuf;

use crate::{
    cli::WrongInput,
    engine::SnapshotStore,
    lab::PlatformKind,
    namespace::Namespace,
    platform::{AccessOptions, ClusterPlatform, Kubectl, Show},
};

/// Which cluster, and the way into it.
#[derive(Debug, clap::Args)]
pub(super) struct ClusterFlags {
    /// With --on cluster: the context of the kubeconfig [default: the current one].
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// With --on cluster: the namespace of the workload [default: meshwalk].
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// With --on cluster: where the ingress gateway is reached from here [default: found out].
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// With --on cluster: where Jaeger's query API is reached from here [default: found out].
    #[arg(long, value_name = "URL")]
    traces: Option<String>,
}

impl ClusterFlags {
    /// Whether the flags are about the place that is meant.
    ///
    /// # Errors
    /// If they are about a cluster and no cluster is meant, or if no namespace can have that name.
    pub(super) fn fits(&self, on: PlatformKind) -> Result<(), WrongInput> {
        let set = [
            ("context", &self.context),
            ("namespace", &self.namespace),
            ("gateway", &self.gateway),
            ("traces", &self.traces),
        ];
        if let (PlatformKind::Local, Some((flag, _))) = (on, set.iter().find(|(_, value)| value.is_some())) {
            return Err(WrongInput(format!("--{flag} is about a cluster: add --on cluster, or leave it out")));
        }
        self.namespace().map(drop)
    }

    /// The namespace of the workload.
    ///
    /// # Errors
    /// If no namespace can have the name that was given.
    pub(super) fn namespace(&self) -> Result<Namespace, WrongInput> {
        let named = self.namespace.as_deref().map_or_else(|| Ok(Namespace::default()), Namespace::named);
        named.map_err(|error| WrongInput(format!("--namespace: {error}")))
    }

    /// The target; files are relative to `root`.
    ///
    /// # Errors
    /// If no namespace can have the name that was given.
    pub(super) fn platform(&self, root: PathBuf, show: Show) -> Result<ClusterPlatform, WrongInput> {
        let mut kubectl = Kubectl::new(self.context.clone(), self.namespace()?, root, show);
        if let Ok(launcher) = std::env::current_exe() {
            kubectl = kubectl.launched_by(launcher);
        }
        let ways = AccessOptions { gateway: self.gateway.clone(), traces: self.traces.clone() };
        Ok(ClusterPlatform::new(kubectl, ways))
    }

    /// The flags as they were given, each with a space before it.
    pub(super) fn words(&self) -> String {
        let set = [("context", &self.context), ("namespace", &self.namespace), ("gateway", &self.gateway)];
        let given = set.iter().filter_map(|(flag, value)| value.as_ref().map(|value| format!(" --{flag} {value}")));
        given.collect()
    }

    /// The context, where one was given, and the namespace, to stand in a sentence after what they are of.
    ///
    /// # Errors
    /// If no namespace can have the name that was given.
    pub(super) fn in_words(&self) -> Result<String, WrongInput> {
        let context = self.context.as_ref().map(|context| format!(" of the context {context}")).unwrap_or_default();
        Ok(format!("{context}, namespace {},", self.namespace()?))
    }

    /// Where the namespace's snapshot is kept: one file for each namespace of each context.
    ///
    /// # Errors
    /// If no namespace can have the name that was given.
    pub(super) async fn snapshot_store(&self) -> Result<SnapshotStore, WrongInput> {
        let namespace = self.namespace()?;
        let context = match &self.context {
            Some(context) => context.clone(),
            None => {
                let kubectl = Kubectl::new(None, namespace.clone(), PathBuf::from("."), Box::new(|_| {}));
                let arguments = ["config", "current-context"].map(str::to_owned);
                // A pod has no kubeconfig, and one cluster only. What is wrong elsewhere is told by the first command
                // that asks the cluster something.
                kubectl.run(&arguments, None).await.unwrap_or_default().trim().to_owned()
            }
        };
        // Names of contexts may hold slashes and colons, as those of cloud providers do.
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let context: String = context.chars().map(plain).collect();
        Ok(SnapshotStore::for_mesh(&format!("cluster-{context}-{namespace}")))
    }
}
