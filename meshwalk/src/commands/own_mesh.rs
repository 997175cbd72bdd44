//! A mesh for one run: started before the first lab, stopped after the last one, also after a failure.

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

/// Validity of the mesh's certificates, longer than any lab takes.
const CERTIFICATES: Duration = Duration::from_secs(3600);

/// Flags that select the programs of a mesh.
#[derive(Debug, clap::Args)]
pub struct Programs {
    /// Envoy binary [default: $ENVOY, or the pinned version, downloaded to the cache if missing].
    #[arg(long, value_name = "PATH")]
    envoy: Option<PathBuf>,
    /// Folder with the programs of the images [default: the folder of meshwalk].
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

/// Starts a mesh with the same resources as `meshwalk up`. Returns `None` if a stop was requested before it was ready.
///
/// # Errors
/// Fails if a part of the mesh does not start. The parts that started are stopped.
pub(super) async fn start(root: &Path, programs: &Programs, interrupt: &Interrupt) -> anyhow::Result<Option<Mesh>> {
    let launcher = std::env::current_exe().context("cannot find the meshwalk program itself")?;
    let beside = launcher.parent().unwrap_or(Path::new("/")).to_owned();
    let options = Options {
        // Two runs at the same time need two names.
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
        () = interrupt.wait() => return Ok(None),
    };
    let mut mesh = claimed.map_err(explain)?;
    let started = tokio::select! {
        started = mesh.start() => started,
        () = interrupt.wait() => {
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

/// Marks errors caused by invalid input, which have an exit code of their own.
fn explain(error: Error) -> anyhow::Error {
    if error.is_input() { WrongInput(error.to_string()).into() } else { error.into() }
}
