//! Which cluster a command is about, by the flags that all commands on clusters have.

use std::path::PathBuf;

use crate::{
    cli::WrongInput,
    engine::Keeper,
    lab::TargetKind,
    target::{ClusterTarget, Kubectl, Show},
};

/// The namespace that the project's files name.
const NAMESPACE: &str = "meshwalk";

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
}

impl ClusterFlags {
    /// Whether the flags are about the place that is meant.
    ///
    /// # Errors
    /// If they are about a cluster and no cluster is meant, or if labs cannot run in that namespace.
    pub(super) fn fits(&self, on: TargetKind) -> Result<(), WrongInput> {
        let set = [("context", &self.context), ("namespace", &self.namespace), ("gateway", &self.gateway)];
        match (on, set.iter().find(|(_, value)| value.is_some())) {
            (TargetKind::Local, Some((flag, _))) => {
                Err(WrongInput(format!("--{flag} is about a cluster: add --on cluster, or leave it out")))
            }
            (TargetKind::Cluster, _) if self.namespace() != NAMESPACE => Err(WrongInput(format!(
                "--namespace {}: the labs and the files that they apply name the namespace {NAMESPACE}, in objects and \
                 in identities; deploy the workload there",
                self.namespace()
            ))),
            _ => Ok(()),
        }
    }

    fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or(NAMESPACE)
    }

    /// The target; files are relative to `root`.
    pub(super) fn target(&self, root: PathBuf, show: Show) -> ClusterTarget {
        let kubectl = Kubectl::new(self.context.clone(), self.namespace().to_owned(), root, show);
        ClusterTarget::new(kubectl, self.gateway.clone())
    }

    /// Where the namespace's snapshot is kept: one file for each namespace of each context.
    ///
    /// # Errors
    /// If kubectl cannot say which context is the current one.
    pub(super) async fn keeper(&self) -> anyhow::Result<Keeper> {
        let context = match &self.context {
            Some(context) => context.clone(),
            None => {
                let kubectl = Kubectl::new(None, self.namespace().to_owned(), PathBuf::from("."), Box::new(|_| {}));
                let arguments = ["config", "current-context"].map(str::to_owned);
                kubectl.run(&arguments, None).await?.trim().to_owned()
            }
        };
        // Names of contexts may hold slashes and colons, as those of cloud providers do.
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        let context: String = context.chars().map(plain).collect();
        Ok(Keeper::for_mesh(&format!("cluster-{context}-{}", self.namespace())))
    }
}
