//! Validates configurations with the real Envoy.

use std::{path::PathBuf, process::Command, sync::LazyLock};

use meshwalk_mesh::{
    envoy::find,
    progress::Progress,
    topology::Topology,
    translate::{
        ProxyConfig,
        bootstrap::{Identity, static_for_validation},
    },
};
use serde_json::Value;

/// The program: the pinned one, fetched if it is not there, unless the environment names another.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(find::find(None, &Progress::silent()));
    found.unwrap_or_else(|error| panic!("{error}")).program
});

/// Validates a proxy's configuration with Envoy; `Err` has its output.
pub(super) fn judge(name: &str, config: &ProxyConfig, topology: &Topology) -> Result<(), String> {
    let instance = topology.instances.iter().chain([&topology.gateway]).find(|instance| instance.name == name).unwrap();
    judge_bootstrap(&static_for_validation(&Identity::of(instance, topology), config))
}

/// Validates a bootstrap with Envoy.
pub(super) fn judge_bootstrap(bootstrap: &Value) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bootstrap.json");
    std::fs::write(&path, bootstrap.to_string()).unwrap();
    let output = Command::new(&*PROGRAM)
        .args(["--mode", "validate", "--concurrency", "1", "--disable-hot-restart", "-l", "warning", "-c"])
        .arg(&path)
        .output()
        .unwrap();
    let words = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(words) }
}
