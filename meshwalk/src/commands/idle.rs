//! `meshwalk idle`: nothing, so that there is a pod to run other commands in.

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

/// Nothing is to be said about it.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Waits until somebody wishes an end.
///
/// # Errors
/// If signals cannot be listened for.
pub async fn run(_args: Args) -> anyhow::Result<ExitCode> {
    // The first process of a container gets no signal that it does not listen for.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(ExitCode::SUCCESS)
}
