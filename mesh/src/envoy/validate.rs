//! Validates a whole configuration with Envoy before a proxy loads it.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::process::Command;

/// Deadline of a validation, which takes some seconds on an overloaded machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Error of a validation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValidationError {
    /// Envoy rejected the configuration for this reason.
    #[error("{0}")]
    Rejected(String),
    /// Envoy could not validate the configuration.
    #[error("{0}")]
    NotRun(String),
}

/// Runs `envoy --mode validate` on a static bootstrap.
///
/// # Errors
/// If Envoy rejects it or cannot be started.
pub async fn validate(envoy: &Path, bootstrap: &Path) -> Result<(), ValidationError> {
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
            return Err(ValidationError::NotRun(format!("cannot start {}: {error}", envoy.display())));
        }
        Err(_) => {
            return Err(ValidationError::NotRun(format!("envoy --mode validate did not end within {DEADLINE:?}")));
        }
    };
    if output.status.success() {
        return Ok(());
    }
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(ValidationError::Rejected(error_lines(&text)))
}

/// Lines with the reason, without time stamps and thread numbers.
fn error_lines(output: &str) -> String {
    let lines: Vec<&str> = output
        .lines()
        .filter(|line| !line.contains("[warning]"))
        .map(|line| line.rsplit_once("] ").map_or(line, |(_, message)| message).trim())
        .filter(|line| !line.is_empty())
        .collect();
    if lines.is_empty() { output.trim().to_owned() } else { reason(&lines.join("\n")) }
}

/// Reason of a rejection in one line, without the printed message and without the messages around the field at fault.
pub(crate) fn reason(text: &str) -> String {
    if let Some((_, constraint)) = text.rsplit_once("Proto constraint validation failed (") {
        let line = constraint.lines().next().unwrap_or_default();
        let line = line.strip_suffix(')').unwrap_or(line);
        return line.rsplit_once(" | caused by ").map_or(line, |(_, inner)| inner).to_owned();
    }
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
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
    fn keeps_the_innermost_reason_of_a_constraint() {
        let output = "[2026-01-01 10:00:00.000][7][critical][main] [source/server/server.cc:422] error initializing \
                      configuration '/tmp/a/validate-b.json': goo.gle/debugproto\nabort {\n  http_status: 600\n}\n: Proto \
                      constraint validation failed (HTTPFaultValidationError.Abort: embedded message failed validation | \
                      caused by FaultAbortValidationError.HttpStatus: value must be inside range [200, 600))\n";
        assert_eq!(error_lines(output), "FaultAbortValidationError.HttpStatus: value must be inside range [200, 600)");
    }

    #[test]
    fn keeps_other_reasons_without_the_temporary_file() {
        let output = "[2026-01-01 10:00:00.000][7][warning][misc] old field\n[2026-01-01 10:00:00.000][7][critical][main] \
                      [source/server/server.cc:422] error initializing configuration '/tmp/a/validate-b.json': invalid \
                      character class range: z-a\nerror initializing configuration '/tmp/a/validate-b.json': invalid \
                      character class range: z-a\n";
        assert_eq!(error_lines(output), "invalid character class range: z-a");
    }
}
