//! Flags that select where the applications run: on a local mesh or on a cluster.

use std::path::PathBuf;

use anyhow::bail;

use super::{cluster::ClusterFlags, mesh_name::MeshName};
use crate::{
    cli::{self, WrongInput},
    lab::PlatformKind,
    platform::{Instance, LocalPlatform, Platform, Token},
};

/// Flags that select the platform and the token of its control ports.
#[derive(Debug, clap::Args)]
pub struct PlatformFlags {
    /// Where the applications run.
    #[arg(long, value_enum, default_value = "local")]
    on: PlatformKind,
    #[command(flatten)]
    mesh: MeshName,
    #[command(flatten)]
    cluster: ClusterFlags,
    /// File with the bearer token that the control ports of the applications require.
    #[arg(long, value_name = "FILE", env = "MESHWALK_CONTROL_TOKEN_FILE")]
    control_token_file: Option<PathBuf>,
}

impl PlatformFlags {
    /// Returns the platform. On a cluster, each command is printed to standard error before it runs.
    ///
    /// # Errors
    /// Fails if flags contradict each other or the file holds no token.
    pub(super) fn platform(&self) -> anyhow::Result<Box<dyn Platform>> {
        let token = self.control_token_file.as_deref().map(Token::read).transpose();
        let token = token.map_err(|why| WrongInput(format!("--control-token-file: {why}")))?;
        self.cluster.fits(self.on)?;
        Ok(match self.on {
            PlatformKind::Local => {
                Box::new(LocalPlatform::new(self.mesh.client(), PathBuf::new(), true).with_token(token))
            }
            PlatformKind::Cluster => {
                Box::new(self.cluster.platform(PathBuf::new(), Box::new(shown))?.with_token(token))
            }
        })
    }

    /// Returns all applications of the platform, at least one.
    ///
    /// # Errors
    /// Fails if the applications cannot be listed or there are none.
    pub(super) async fn instances(&self, platform: &dyn Platform) -> anyhow::Result<Vec<Instance>> {
        let all = platform.instances().await?;
        if all.is_empty() && self.on == PlatformKind::Cluster {
            bail!(
                "no application of the workload runs in the namespace {}; `scripts/deploy.sh{}` deploys it, and \
                 --namespace names another one",
                self.cluster.namespace()?,
                self.cluster.words()
            );
        }
        Ok(all)
    }

    /// Returns the flags that select the same platform in another command, each preceded by a space.
    pub(super) fn flags(&self) -> String {
        match self.on {
            PlatformKind::Local => meshwalk_mesh::run_folder::name_flag(&self.mesh.name),
            PlatformKind::Cluster => format!(" --on cluster{}", self.cluster.words()),
        }
    }
}

/// Prints a command before it runs.
pub(super) fn shown(line: &str) {
    cli::eprint_progress(&format!("$ {line}"));
}
