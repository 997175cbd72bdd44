//! A mesh for one run only: up before the first lab, down after the last one, whatever happens between.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use meshwalk_mesh::{
    progress::Progress,
    runtime::{Error, Mesh, Options},
    topology::OutboundPolicy,
};

use crate::{
    cli::{self, WrongInput},
    engine::Interrupt,
};

/// How long its certificates are valid: no lab takes so long.
const CERTIFICATES: Duration = Duration::from_secs(3600);

/// Which programs a mesh consists of.
#[derive(Debug, clap::Args)]
pub struct Programs {
    /// The Envoy to use; without it, $ENVOY, or the pinned version, fetched into the cache if need be.
    #[arg(long, value_name = "PATH")]
    envoy: Option<PathBuf>,
    /// The folder with the programs of the images; without it, the one in which meshwalk itself is.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

/// Starts a mesh with what `meshwalk up` starts with; None if somebody wished to stop before it was up.
///
/// # Errors
/// If a part of it does not come up. Nothing is left of it then.
pub(super) async fn start(root: &Path, programs: &Programs, interrupt: &Interrupt) -> anyhow::Result<Option<Mesh>> {
    let launcher = std::env::current_exe().context("cannot find the meshwalk program itself")?;
    let beside = launcher.parent().unwrap_or(Path::new("/")).to_owned();
    let options = Options {
        // Two runs side by side have two names.
        name: format!("run-{}", std::process::id()),
        files: super::up::standing_files(root),
        envoy: programs.envoy.clone(),
        launcher,
        programs: match &programs.programs {
            Some(folder) => std::path::absolute(folder).with_context(|| format!("cannot find {}", folder.display()))?,
            None => beside,
        },
        page_port: None,
        certificate_lifetime: CERTIFICATES,
        outbound_policy: OutboundPolicy::AllowAny,
        progress: Progress::new(cli::eprint_progress),
    };
    let claimed = tokio::select! {
        claimed = Mesh::prepare(options) => claimed,
        () = interrupt.wished() => return Ok(None),
    };
    let mut mesh = claimed.map_err(explain)?;
    let started = tokio::select! {
        started = mesh.start() => started,
        () = interrupt.wished() => {
            mesh.down().await;
            return Ok(None);
        }
    };
    if let Err(error) = started {
        mesh.down().await;
        return Err(explain(error));
    }
    Ok(Some(mesh))
}

/// A wrong input ends the command with another exit code than a failure.
fn explain(error: Error) -> anyhow::Error {
    if error.is_input() { WrongInput(error.to_string()).into() } else { error.into() }
}
