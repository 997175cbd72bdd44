//! Envoy judges a whole configuration before a running proxy sees it.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

/// A validation takes a fraction of a second; on an overloaded machine some seconds.
const DEADLINE: Duration = Duration::from_secs(60);

/// Why a configuration is not known to be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Envoy refuses it, for this reason.
    #[error("{0}")]
    Refused(String),
    /// Envoy did not get to judge it.
    #[error("{0}")]
    Unjudged(String),
}

/// Lets `envoy --mode validate` read a static bootstrap.
///
/// # Errors
/// If Envoy refuses it, or cannot be started.
pub async fn validate(envoy: &Path, bootstrap: &Path) -> Result<(), Invalid> {
    let mut command = Command::new(envoy);
    command
        .args(["--mode", "validate", "--concurrency", "1", "--disable-hot-restart", "-l", "warning", "-c"])
        .arg(bootstrap)
        .stdin(Stdio::null())
        .process_group(0)
        .kill_on_drop(true);
    let output = match tokio::time::timeout(DEADLINE, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => {
            return Err(Invalid::Unjudged(format!("{} cannot be started: {error}", envoy.display())));
        }
        Err(_) => return Err(Invalid::Unjudged(format!("envoy --mode validate did not end within {DEADLINE:?}"))),
    };
    if output.status.success() {
        return Ok(());
    }
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Invalid::Refused(words(&said)))
}

/// The lines that say why, without time stamps and thread numbers.
fn words(output: &str) -> String {
    let lines: Vec<&str> = output
        .lines()
        .filter(|line| !line.contains("[warning]"))
        .map(|line| line.rsplit_once("] ").map_or(line, |(_, words)| words).trim())
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() { output.trim().to_owned() } else { reason(&lines.join("\n")) }
}

/// The reason in Envoy's words, in one line: without the message that it is about, printed in full, and without the
/// messages around the one at fault.
pub(crate) fn reason(words: &str) -> String {
    if let Some((_, constraint)) = words.rsplit_once("Proto constraint validation failed (") {
        let line = constraint.lines().next().unwrap_or_default();
        let line = line.strip_suffix(')').unwrap_or(line);
        return line.rsplit_once(" | caused by ").map_or(line, |(_, inner)| inner).to_owned();
    }
    let mut lines: Vec<&str> = Vec::new();
    for line in words.lines() {
        let file = line.strip_prefix("error initializing configuration '");
        let line = file.and_then(|rest| rest.split_once("': ")).map_or(line, |(_, reason)| reason);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_refusal_by_a_constraint_the_innermost_reason_is_kept() {
        let output = "[2026-01-01 10:00:00.000][7][critical][main] [source/server/server.cc:422] error initializing \
                      configuration '/tmp/a/validate-b.json': goo.gle/debugproto\nabort {\n  http_status: 600\n}\n: Proto \
                      constraint validation failed (HTTPFaultValidationError.Abort: embedded message failed validation | \
                      caused by FaultAbortValidationError.HttpStatus: value must be inside range [200, 600))\n";
        assert_eq!(words(output), "FaultAbortValidationError.HttpStatus: value must be inside range [200, 600)");
    }

    #[test]
    fn of_another_refusal_the_reason_is_kept_without_the_temporary_file() {
        let output = "[2026-01-01 10:00:00.000][7][warning][misc] old field\n[2026-01-01 10:00:00.000][7][critical][main] \
                      [source/server/server.cc:422] error initializing configuration '/tmp/a/validate-b.json': invalid \
                      character class range: z-a\nerror initializing configuration '/tmp/a/validate-b.json': invalid \
                      character class range: z-a\n";
        assert_eq!(words(output), "invalid character class range: z-a");
    }
}
