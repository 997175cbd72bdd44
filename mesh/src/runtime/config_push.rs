//! Configuration files of one proxy: written by rename, acknowledged through Envoy's statistics.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::Instant;

use super::{pod::PodPaths, supervise};
use crate::{
    envoy::{admin, validate},
    identity::secrets::{self, WriteError},
    pods::command::ENVOY_SOCKET,
    translate::{
        ProxyConfig,
        files::{self, FileKind},
    },
};

/// Deadline of an acknowledgement. Envoy usually needs 50 ms.
const DEADLINE: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(8);
/// Statistics with the active version, rejections and warming.
const STATS: &str = r"(\.version_text|\.update_rejected|_warming|\.warming_clusters)$";

/// Files written for a proxy.
#[derive(Debug, Default)]
pub(super) struct ConfigPush {
    folder: PathBuf,
    access_log: PathBuf,
    log: PathBuf,
    /// Configuration in the files; `None` while they are written.
    config: Option<ProxyConfig>,
    /// Content by file name, without the version.
    written: BTreeMap<String, String>,
}

/// Versions that Envoy's statistics must show before a step is done.
#[derive(Debug)]
pub(super) struct PendingAck {
    socket: PathBuf,
    log: PathBuf,
    log_length: u64,
    /// Suffixes of the names of `version_text` statistics.
    names: Vec<String>,
    version: String,
    /// Number of rejections before the push.
    rejections_before: u64,
}

/// Error of a pushed configuration.
#[derive(Debug, thiserror::Error)]
pub(super) enum PushError {
    /// Envoy rejected it.
    #[error("Envoy rejected it: {reason}")]
    Rejected {
        /// Reason of Envoy.
        reason: String,
    },
    /// Envoy neither accepted nor rejected it.
    #[error("Envoy did not acknowledge the configuration within {DEADLINE:?}; see its log {log}")]
    Timeout { log: PathBuf },
}

impl ConfigPush {
    pub(super) fn new(paths: &PodPaths) -> Self {
        let PodPaths { folder, access_log, envoy_log, .. } = paths.clone();
        Self { folder, access_log, log: envoy_log, ..Self::default() }
    }

    pub(super) fn paths(&self) -> files::ConfigPaths<'_> {
        files::ConfigPaths { folder: &self.folder, access_log: &self.access_log }
    }

    /// Writes the files that differ from the current ones. Returns `None` if none differs. `running` is true if Envoy
    /// runs.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(super) async fn write(
        &mut self,
        config: &ProxyConfig,
        version: u64,
        running: bool,
    ) -> Result<Option<PendingAck>, WriteError> {
        // Most steps change nothing for most proxies, and rendering is slow.
        if self.config.as_ref() == Some(config) {
            return Ok(None);
        }
        let version = version.to_string();
        let plain = files::render(config, self.paths(), "");
        let changed: Vec<bool> = plain.iter().map(|file| self.written.get(&file.name) != Some(&file.content)).collect();
        self.config = None;
        if !changed.contains(&true) {
            self.config = Some(config.clone());
            return Ok(None);
        }
        let socket = self.folder.join(ENVOY_SOCKET);
        let rejections_before = if running { rejections(&stats(&socket).await.unwrap_or_default()) } else { 0 };
        let log_length = std::fs::metadata(&self.log).map_or(0, |found| found.len());
        let mut names = Vec::new();
        let versioned = files::render(config, self.paths(), &version);
        for ((plain, versioned), _) in plain.into_iter().zip(versioned).zip(changed).filter(|(_, changed)| *changed) {
            secrets::replace(&self.folder.join(&versioned.name), versioned.content.as_bytes())?;
            names.extend(version_stat(&plain.name, plain.kind, config));
            self.written.insert(plain.name, plain.content);
        }
        self.config = Some(config.clone());
        Ok(Some(PendingAck { socket, log: self.log.clone(), log_length, names, version, rejections_before }))
    }

    /// Envoy's reason, if it rejected a part of its initial files.
    pub(super) async fn rejection_at_start(&self) -> Option<String> {
        let socket = self.folder.join(ENVOY_SOCKET);
        if rejections(&stats(&socket).await?) == 0 {
            return None;
        }
        Some(rejection_reason(&socket, &self.log, 0).await)
    }

    /// Folder of Envoy's files and its admin socket.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Removes files that `config` does not use.
    pub(super) fn prune(&mut self, config: &ProxyConfig) {
        let routes = config.routes.keys().map(|name| files::routes_file(name));
        let fixed = [files::LISTENERS, files::CLUSTERS].map(str::to_owned);
        let named: BTreeSet<String> = routes.chain(fixed).collect();
        let folder = &self.folder;
        self.written.retain(|name, _| {
            let is_used = named.contains(name);
            if !is_used && let Err(error) = std::fs::remove_file(folder.join(name)) {
                tracing::warn!("cannot remove {name} of {}: {error}", folder.display());
            }
            is_used
        });
    }
}

/// Suffix of the statistic with a file's version.
fn version_stat(file: &str, kind: FileKind, config: &ProxyConfig) -> Option<String> {
    // Envoy replaces a colon in a statistic's name by an underscore.
    let in_statistics = |name: &String| name.replace(':', "_");
    match kind {
        FileKind::Listeners => Some("listener_manager.lds.version_text".to_owned()),
        FileKind::Clusters => Some("cluster_manager.cds.version_text".to_owned()),
        FileKind::Routes => config
            .routes
            .keys()
            .find(|name| files::routes_file(name) == file)
            .map(|name| format!(".rds.{}.version_text", in_statistics(name))),
    }
}

impl PendingAck {
    /// Waits until Envoy runs the version and nothing is warming.
    ///
    /// # Errors
    /// If Envoy rejects a part, or the deadline passes.
    pub(super) async fn wait(self) -> Result<(), PushError> {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if let Some(stats) = stats(&self.socket).await {
                if rejections(&stats) > self.rejections_before {
                    return Err(PushError::Rejected {
                        reason: rejection_reason(&self.socket, &self.log, self.log_length).await,
                    });
                }
                if self.is_active(&stats) {
                    return Ok(());
                }
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Err(PushError::Timeout { log: self.log })
    }

    fn is_active(&self, stats: &BTreeMap<String, String>) -> bool {
        let warming = stats
            .iter()
            .any(|(name, value)| (name.ends_with("_warming") || name.ends_with("warming_clusters")) && value != "0");
        let has_version = |name: &String| {
            stats.iter().any(|(found, value)| found.ends_with(name.as_str()) && value.trim_matches('"') == self.version)
        };
        !warming && self.names.iter().all(has_version)
    }
}

/// Reason of a rejection. Envoy's admin interface has it for listeners and clusters. For routes it is only in the log,
/// after `after`.
async fn rejection_reason(socket: &Path, log: &Path, after: u64) -> String {
    let mut lines = admin::rejection_reasons(socket).await;
    // Another thread of Envoy writes the log, so the reason may be delayed.
    for _ in 0..50 {
        if !lines.is_empty() {
            break;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        lines = supervise::lines_after(log, after)
            .into_iter()
            .filter(|line| line.contains("reject") || line.contains("rror"))
            .map(|line| line.rsplit_once("] ").map_or(line.clone(), |(_, message)| message.to_owned()))
            .collect();
    }
    lines.dedup();
    if lines.is_empty() { format!("see {}", log.display()) } else { validate::reason(&lines.join("\n")) }
}

/// Waits until the connections of replaced listeners are closed. They follow the previous configuration until then.
///
/// After the deadline it only logs a warning, because the change itself is active.
pub(super) async fn wait_until_drained(folder: &Path) {
    const DRAINING: &str = r"^listener_manager\.total_(listeners|filter_chains)_draining$";
    let socket = folder.join(ENVOY_SOCKET);
    let end = Instant::now() + DEADLINE;
    while Instant::now() < end {
        match admin::stats(&socket, DRAINING).await {
            Ok(stats) if stats.values().any(|count| count != "0") => tokio::time::sleep(POLL_INTERVAL * 4).await,
            // A proxy that does not respond has no connections.
            _ => return,
        }
    }
    tracing::warn!("connections of replaced listeners are still open: {}", folder.display());
}

async fn stats(socket: &Path) -> Option<BTreeMap<String, String>> {
    admin::stats(socket, STATS).await.ok()
}

fn rejections(stats: &BTreeMap<String, String>) -> u64 {
    let counts = stats.iter().filter(|(name, _)| name.ends_with(".update_rejected"));
    counts.filter_map(|(_, value)| value.parse::<u64>().ok()).sum()
}
