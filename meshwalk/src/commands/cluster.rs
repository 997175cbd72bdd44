//! Flags that select a cluster, shared by all commands on clusters.

use std::path::PathBuf;

use crate::{
    cli::WrongInput,
    engine::SnapshotStore,
    lab::PlatformKind,
    namespace::Namespace,
    platform::{AccessOptions, ClusterPlatform, Kubectl, Show},
};

/// Flags that select a cluster and the addresses of its gateway and Jaeger.
#[derive(Debug, clap::Args)]
pub(super) struct ClusterFlags {
    /// With --on cluster: context of the kubeconfig [default: the current context].
    #[arg(long, value_name = "NAME")]
    context: Option<String>,
    /// With --on cluster: namespace of the workload [default: meshwalk].
    #[arg(long, value_name = "NAME")]
    namespace: Option<String>,
    /// With --on cluster: URL of the ingress gateway [default: detected].
    #[arg(long, value_name = "URL")]
    gateway: Option<String>,
    /// With --on cluster: URL of Jaeger's query API [default: detected].
    #[arg(long, value_name = "URL")]
    traces: Option<String>,
}

impl ClusterFlags {
    /// Checks that the flags fit the selected platform.
    ///
    /// # Errors
    /// Fails if a flag for clusters is set for a local mesh, or the namespace name is invalid.
    pub(super) fn fits(&self, on: PlatformKind) -> Result<(), WrongInput> {
        let set = [
            ("context", &self.context),
            ("namespace", &self.namespace),
            ("gateway", &self.gateway),
            ("traces", &self.traces),
        ];
        if let (PlatformKind::Local, Some((flag, _))) = (on, set.iter().find(|(_, value)| value.is_some())) {
            return Err(WrongInput(format!("--{flag} applies only to a cluster: add --on cluster, or omit it")));
        }
        self.namespace().map(drop)
    }

    /// Returns the namespace of the workload.
    ///
    /// # Errors
    /// Fails if the namespace name is invalid.
    pub(super) fn namespace(&self) -> Result<Namespace, WrongInput> {
        let named = self.namespace.as_deref().map_or_else(|| Ok(Namespace::default()), Namespace::named);
        named.map_err(|error| WrongInput(format!("--namespace: {error}")))
    }

    /// Returns the cluster. Paths of files are relative to `root`.
    ///
    /// # Errors
    /// Fails if the namespace name is invalid.
    pub(super) fn platform(&self, root: PathBuf, show: Show) -> Result<ClusterPlatform, WrongInput> {
        let mut kubectl = Kubectl::new(self.context.clone(), self.namespace()?, root, show);
        if let Ok(launcher) = std::env::current_exe() {
            kubectl = kubectl.launched_by(launcher);
        }
        let ways = AccessOptions { gateway: self.gateway.clone(), traces: self.traces.clone() };
        Ok(ClusterPlatform::new(kubectl, ways))
    }

    /// Returns the flags as the user set them, each preceded by a space.
    pub(super) fn words(&self) -> String {
        let set = [("context", &self.context), ("namespace", &self.namespace), ("gateway", &self.gateway)];
        let given = set.iter().filter_map(|(flag, value)| value.as_ref().map(|value| format!(" --{flag} {value}")));
        given.collect()
    }

    /// Describes the context, if one was set, and the namespace, as the end of a sentence.
    ///
    /// # Errors
    /// Fails if the namespace name is invalid.
    pub(super) fn in_words(&self) -> Result<String, WrongInput> {
        let context = self.context.as_ref().map(|context| format!(" of the context {context}")).unwrap_or_default();
        Ok(format!("{context}, namespace {},", self.namespace()?))
    }

    /// Returns the path of the namespace's snapshot: one file for each namespace of each context.
    ///
    /// # Errors
    /// Fails if the namespace name is invalid.
    pub(super) async fn snapshot_store(&self) -> Result<SnapshotStore, WrongInput> {
        let namespace = self.namespace()?;
        let context = match &self.context {
            Some(context) => context.clone(),
            None => {
                let kubectl = Kubectl::new(None, namespace.clone(), PathBuf::from("."), Box::new(|_| {}));
                let arguments = ["config", "current-context"].map(str::to_owned);
                // A pod has no kubeconfig and exactly one cluster. Elsewhere, the first command on the cluster reports
                // the cause.
                kubectl.run(&arguments, None).await.unwrap_or_default().trim().to_owned()
            }
        };
        // Names of contexts may contain slashes and colons, as those of cloud providers do.
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let context: String = context.chars().map(plain).collect();
        Ok(SnapshotStore::for_mesh(&format!("cluster-{context}-{namespace}")))
    }
}
