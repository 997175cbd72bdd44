//! `meshwalk idle`: waits until it is stopped, which keeps a pod alive for other commands.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

/// Arguments of `meshwalk idle`: none.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Waits for SIGINT or SIGTERM.
///
/// # Errors
/// Fails if the signal handlers cannot be installed.
pub async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    // The kernel delivers a signal to the first process of a container only if it has a handler.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(ExitCode::SUCCESS)
}
