//! Envoy judges a whole configuration before a running proxy sees it.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

/// A validation takes a fraction of a second; on an overloaded machine some seconds.
const DEADLINE: Duration = Duration::from_secs(60);

/// Lets `envoy --mode validate` read a static bootstrap; `Err` holds Envoy's own words.
///
/// # Errors
/// If Envoy refuses it, or cannot be started.
pub async fn validate(envoy: &Path, bootstrap: &Path) -> Result<(), String> {
    let mut command = Command::new(envoy);
    command
        .args(["--mode", "validate", "--concurrency", "1", "--disable-hot-restart", "-l", "warning", "-c"])
        .arg(bootstrap)
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    let output = match tokio::time::timeout(DEADLINE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(format!("{} cannot be started: {error}", envoy.display())),
        Err(_) => return Err(format!("envoy --mode validate did not end within {DEADLINE:?}")),
    };
    if output.status.success() {
        return Ok(());
    }
    Err(words(&format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))))
}

/// The lines that say why, without time stamps and thread numbers.
fn words(output: &str) -> String {
    let lines: Vec<&str> = output
        .lines()
        .filter(|line| !line.contains("[warning]"))
        .map(|line| line.rsplit_once("] ").map_or(line, |(_, words)| words).trim())
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() { output.trim().to_owned() } else { lines.join("; ") }
}
