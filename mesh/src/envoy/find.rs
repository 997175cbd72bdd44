//! Finds the Envoy to run: the user's, or the pinned one.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::{fetch, pin};
use crate::progress::Progress;

/// An Envoy program and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envoy {
    /// Path of the program.
    pub program: PathBuf,
    /// Version that the program reports.
    pub version: String,
}

/// Error of finding Envoy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The pinned Envoy could not be fetched.
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    /// A named program cannot be started.
    #[error("{origin} names {program}, which cannot be started: {source}")]
    NotStarted {
        /// Flag or variable that named it.
        origin: &'static str,
        /// Path of the program.
        program: PathBuf,
        /// Reason of the operating system.
        source: io::Error,
    },
    /// A named program is not Envoy.
    #[error("{origin} names {program}, which is not Envoy: it {}", first_line(output_text))]
    NoEnvoy {
        /// Flag or variable that named it.
        origin: &'static str,
        /// Path of the program.
        program: PathBuf,
        /// Output of the program.
        output_text: String,
    },
}

/// Finds Envoy: `named` by `--envoy`, then `$ENVOY`, then the PATH if it has the pinned version, then the cache.
/// Fetches it if the cache is empty. Reports a version that differs from the pinned one.
///
/// # Errors
/// If a named program is not Envoy, or Envoy cannot be fetched.
pub async fn find(named: Option<&Path>, progress: &Progress) -> Result<Envoy, Error> {
    let variable = std::env::var_os("ENVOY").filter(|value| !value.is_empty()).map(PathBuf::from);
    let requested = named
        .map(|path| ("--envoy", path.to_owned()))
        .or_else(|| variable.map(|path| ("the environment variable ENVOY", path)));
    if let Some((origin, program)) = requested {
        let program = std::path::absolute(&program).unwrap_or(program);
        let version = version_of(&program, origin).await?;
        if version != pin::VERSION {
            progress.report(format!(
                "note: {} is Envoy {version}; Meshwalk was tested with {}",
                program.display(),
                pin::VERSION
            ));
        }
        return Ok(Envoy { program, version });
    }
    let cached = fetch::cached()?;
    if !cached.is_file()
        && let Some(program) = on_path()
    {
        match version_of(&program, "the PATH").await {
            Ok(version) if version == pin::VERSION => return Ok(Envoy { program, version }),
            Ok(version) => progress.report(format!(
                "note: the PATH has Envoy {version}; the pinned {} is used (--envoy {} forces the other)",
                pin::VERSION,
                program.display()
            )),
            Err(error) => progress.report(format!("note: {error}")),
        }
    }
    fetch::fetch(&cached, progress).await?;
    let version = version_of(&cached, "the cache").await?;
    Ok(Envoy { program: cached, version })
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("envoy")).find(|program| program.is_file())
}

/// Version of a program that prints `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`.
async fn version_of(program: &Path, origin: &'static str) -> Result<String, Error> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| Error::NotStarted { origin, program: program.to_owned(), source })?;
    let output_text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    parse_version(&output_text).ok_or_else(|| Error::NoEnvoy { origin, program: program.to_owned(), output_text })
}

/// First line of a program's output, for an error.
fn first_line(output_text: &str) -> String {
    const LONGEST: usize = 80;
    let line = output_text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let more = if output_text.lines().nth(1).is_some() || line.chars().count() > LONGEST { "…" } else { "" };
    match line.chars().take(LONGEST).collect::<String>() {
        none if none.is_empty() => "says nothing".to_owned(),
        start => format!("says `{start}{more}`"),
    }
}

fn parse_version(output_text: &str) -> Option<String> {
    let (_, build) = output_text.split_once("version: ")?;
    let version = build.split('/').nth(1)?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_that_envoy_reports() {
        let output_text = "envoy  version: 8f1c0d/1.40.0/Clean/RELEASE/BoringSSL";
        assert_eq!(parse_version(output_text).as_deref(), Some("1.40.0"));
        assert_eq!(parse_version("ls (GNU coreutils) 9.1"), None);
    }

    #[test]
    fn quotes_the_first_line_of_a_wrong_program() {
        assert_eq!(first_line(""), "says nothing");
        assert_eq!(first_line("ls (GNU coreutils) 9.1"), "says `ls (GNU coreutils) 9.1`");
        assert_eq!(first_line("ls 9.1\nCopyright\nLicense"), "says `ls 9.1…`");
        assert_eq!(first_line(&"x".repeat(200)), format!("says `{}…`", "x".repeat(80)));
    }

    #[tokio::test]
    async fn rejects_a_program_that_is_not_envoy_and_quotes_its_output() {
        let error = find(Some(Path::new("/bin/echo")), &Progress::silent()).await.unwrap_err().to_string();
        assert!(error.contains("--envoy names /bin/echo"), "{error}");
        let error = find(Some(Path::new("/nowhere/envoy")), &Progress::silent()).await.unwrap_err().to_string();
        assert!(error.contains("cannot be started"), "{error}");
    }
}
