//! Which Envoy runs: the one that the user names, or the pinned one.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use super::{fetch, pin};
use crate::progress::Progress;

/// An Envoy that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envoy {
    /// The program.
    pub program: PathBuf,
    /// The version that it states itself.
    pub version: String,
}

/// Why there is no Envoy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] fetch::Error),
    /// A program that was named cannot be started.
    #[error("{origin} names {program}, which cannot be started: {source}")]
    NotStarted {
        /// Who named it.
        origin: &'static str,
        /// The program.
        program: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// A program that was named is something else.
    #[error("{origin} names {program}, which does not state a version as Envoy does, but {}", said(words))]
    NoEnvoy {
        /// Who named it.
        origin: &'static str,
        /// The program.
        program: PathBuf,
        /// What it said.
        words: String,
    },
}

/// Finds Envoy: `named` by `--envoy`, then `$ENVOY`, then the PATH if it has the pinned version, then the cache,
/// into which it is fetched if need be. A version that differs from the pinned one is said plainly.
///
/// # Errors
/// If a named program is no Envoy, or none can be fetched.
pub async fn find(named: Option<&Path>, progress: &Progress) -> Result<Envoy, Error> {
    let variable = std::env::var_os("ENVOY").filter(|value| !value.is_empty()).map(PathBuf::from);
    let asked_for = named
        .map(|path| ("--envoy", path.to_owned()))
        .or_else(|| variable.map(|path| ("the environment variable ENVOY", path)));
    if let Some((origin, program)) = asked_for {
        let program = std::path::absolute(&program).unwrap_or(program);
        let version = version_of(&program, origin).await?;
        if version != pin::VERSION {
            progress.say(format!(
                "note: {} is Envoy {version}; what Meshwalk configures was tried with {}",
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
            Ok(version) => progress.say(format!(
                "note: the PATH has Envoy {version}; the pinned {} is used (--envoy {} forces the other)",
                pin::VERSION,
                program.display()
            )),
            Err(error) => progress.say(format!("note: {error}")),
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

/// Envoy says `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`.
async fn version_of(program: &Path, origin: &'static str) -> Result<String, Error> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| Error::NotStarted { origin, program: program.to_owned(), source })?;
    let words = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    parse_version(&words).ok_or_else(|| Error::NoEnvoy { origin, program: program.to_owned(), words })
}

/// The first line of what a wrong program said; a usage text of many lines tells no more.
fn said(words: &str) -> String {
    const LONGEST: usize = 80;
    let line = words.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
    let more = if words.lines().nth(1).is_some() || line.chars().count() > LONGEST { "…" } else { "" };
    match line.chars().take(LONGEST).collect::<String>() {
        none if none.is_empty() => "says nothing".to_owned(),
        start => format!("says `{start}{more}`"),
    }
}

fn parse_version(words: &str) -> Option<String> {
    let (_, build) = words.split_once("version: ")?;
    let version = build.split('/').nth(1)?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_envoys_own_words() {
        let words = "envoy  version: 8f1c0d/1.40.0/Clean/RELEASE/BoringSSL";
        assert_eq!(parse_version(words).as_deref(), Some("1.40.0"));
        assert_eq!(parse_version("ls (GNU coreutils) 9.1"), None);
    }

    #[test]
    fn a_wrong_program_is_quoted_in_one_line() {
        assert_eq!(said(""), "says nothing");
        assert_eq!(said("ls (GNU coreutils) 9.1"), "says `ls (GNU coreutils) 9.1`");
        assert_eq!(said("ls 9.1\nCopyright\nLicense"), "says `ls 9.1…`");
        assert_eq!(said(&"x".repeat(200)), format!("says `{}…`", "x".repeat(80)));
    }

    #[tokio::test]
    async fn a_named_program_that_is_no_envoy_is_refused_with_its_words() {
        let error = find(Some(Path::new("/bin/echo")), &Progress::silent()).await.unwrap_err().to_string();
        assert!(error.contains("--envoy names /bin/echo"), "{error}");
        let error = find(Some(Path::new("/nowhere/envoy")), &Progress::silent()).await.unwrap_err().to_string();
        assert!(error.contains("cannot be started"), "{error}");
    }
}
