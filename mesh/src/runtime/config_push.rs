//! One proxy's files: written by rename, and whether Envoy has taken them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::Instant;

use super::{pod::Paths, supervise};
use crate::{
    envoy::{admin, validate},
    identity::secrets::{self, WriteError},
    pods::command::ENVOY_SOCKET,
    translate::{
        ProxyConfig,
        files::{self, FileKind},
    },
};

/// Envoy takes a file within some 50 ms; a machine at its limit gets a lot more.
const DEADLINE: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(8);
/// The statistics that tell which configuration is in force, and whether one was refused.
const STATS: &str = r"(\.version_text|\.update_rejected|_warming|\.warming_clusters)$";

/// What a proxy was given so far.
#[derive(Debug, Default)]
pub(super) struct ConfigPush {
    folder: PathBuf,
    access_log: PathBuf,
    log: PathBuf,
    /// What the files say; nothing while they are written.
    config: Option<ProxyConfig>,
    /// By file name: what stands in it but for the version.
    written: BTreeMap<String, String>,
}

/// What has to be seen in Envoy's statistics before a step is done.
#[derive(Debug)]
pub(super) struct PendingAck {
    socket: PathBuf,
    log: PathBuf,
    log_length: u64,
    /// Ends of the names of `version_text` statistics.
    names: Vec<String>,
    version: String,
    /// How often Envoy had refused something before.
    refused_before: u64,
}

/// Why a proxy does not run what it was given.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// Envoy said no.
    #[error("Envoy refuses it: {words}")]
    Words {
        /// Its words.
        words: String,
    },
    /// Envoy said nothing.
    #[error("its Envoy did not take the configuration within {DEADLINE:?}; its log: {log}")]
    Silence { log: PathBuf },
}

impl ConfigPush {
    pub(super) fn new(paths: &Paths) -> Self {
        let Paths { folder, access_log, envoy_log, .. } = paths.clone();
        Self { folder, access_log, log: envoy_log, ..Self::default() }
    }

    /// Where the proxy's files lie.
    pub(super) fn paths(&self) -> files::ConfigPaths<'_> {
        files::ConfigPaths { folder: &self.folder, access_log: &self.access_log }
    }

    /// Writes the files that differ from what stands there; nothing if none does. `running` is whether Envoy runs
    /// already, or else reads the files when it starts.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub(super) async fn write(
        &mut self,
        config: &ProxyConfig,
        version: u64,
        running: bool,
    ) -> Result<Option<PendingAck>, WriteError> {
        // Most steps change nothing at most proxies, and a configuration is long to write.
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
        let refused_before = if running { refused(&stats(&socket).await.unwrap_or_default()) } else { 0 };
        let log_length = std::fs::metadata(&self.log).map_or(0, |found| found.len());
        let mut names = Vec::new();
        let versioned = files::render(config, self.paths(), &version);
        for ((plain, versioned), _) in plain.into_iter().zip(versioned).zip(changed).filter(|(_, changed)| *changed) {
            secrets::replace(&self.folder.join(&versioned.name), versioned.content.as_bytes())?;
            names.extend(awaited_name(&plain.name, plain.kind, config));
            self.written.insert(plain.name, plain.content);
        }
        self.config = Some(config.clone());
        Ok(Some(PendingAck { socket, log: self.log.clone(), log_length, names, version, refused_before }))
    }

    /// Envoy's words, if it refused a part of what it found at its start.
    pub(super) async fn refused_at_start(&self) -> Option<String> {
        let socket = self.folder.join(ENVOY_SOCKET);
        if refused(&stats(&socket).await?) == 0 {
            return None;
        }
        Some(words(&socket, &self.log, 0).await)
    }

    /// Where Envoy's files and its admin socket are.
    pub(super) fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    /// Removes the files that no part of `config` names any more.
    pub(super) fn prune(&mut self, config: &ProxyConfig) {
        let routes = config.routes.keys().map(|name| files::routes_file(name));
        let fixed = [files::LISTENERS, files::CLUSTERS].map(str::to_owned);
        let named: BTreeSet<String> = routes.chain(fixed).collect();
        let folder = &self.folder;
        self.written.retain(|name, _| {
            let stays = named.contains(name);
            if !stays && let Err(error) = std::fs::remove_file(folder.join(name)) {
                tracing::warn!("cannot remove {name} of {}: {error}", folder.display());
            }
            stays
        });
    }
}

/// The end of the name of the statistic that tells a file's version.
fn awaited_name(file: &str, kind: FileKind, config: &ProxyConfig) -> Option<String> {
    // Envoy puts an underscore where a name in a statistic has a colon.
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
    /// Waits until Envoy runs all of it, and nothing is warming.
    ///
    /// # Errors
    /// If Envoy refuses a part, with its words, or the deadline passes.
    pub(super) async fn wait(self) -> Result<(), Refused> {
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if let Some(stats) = stats(&self.socket).await {
                if refused(&stats) > self.refused_before {
                    return Err(Refused::Words { words: words(&self.socket, &self.log, self.log_length).await });
                }
                if self.is_taken(&stats) {
                    return Ok(());
                }
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Err(Refused::Silence { log: self.log })
    }

    fn is_taken(&self, stats: &BTreeMap<String, String>) -> bool {
        let warming = stats
            .iter()
            .any(|(name, value)| (name.ends_with("_warming") || name.ends_with("warming_clusters")) && value != "0");
        let taken = |name: &String| {
            stats.iter().any(|(found, value)| found.ends_with(name.as_str()) && value.trim_matches('"') == self.version)
        };
        !warming && self.names.iter().all(taken)
    }
}

/// Why Envoy refused something. Listeners and clusters remember; for routes it is in the log only, behind `after`.
async fn words(socket: &Path, log: &Path, after: u64) -> String {
    let mut words = admin::refusals(socket).await;
    // The log is written by another thread of Envoy's; the words come within a moment.
    for _ in 0..50 {
        if !words.is_empty() {
            break;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        words = supervise::lines_after(log, after)
            .into_iter()
            .filter(|line| line.contains("reject") || line.contains("rror"))
            .map(|line| line.rsplit_once("] ").map_or(line.clone(), |(_, words)| words.to_owned()))
            .collect();
    }
    words.dedup();
    if words.is_empty() { format!("its words are in {}", log.display()) } else { validate::reason(&words.join("\n")) }
}

/// Waits until the connections of replaced listeners are gone: until then they are served as before the change.
///
/// Gives up after the deadline, since the change itself is in force; says so in the log.
pub(super) async fn drained(folder: &Path) {
    const DRAINING: &str = r"^listener_manager\.total_(listeners|filter_chains)_draining$";
    let socket = folder.join(ENVOY_SOCKET);
    let end = Instant::now() + DEADLINE;
    while Instant::now() < end {
        match admin::stats(&socket, DRAINING).await {
            Ok(stats) if stats.values().any(|count| count != "0") => tokio::time::sleep(POLL_INTERVAL * 4).await,
            // Whoever does not answer has no connections either.
            _ => return,
        }
    }
    tracing::warn!("connections of replaced listeners go on at {}", folder.display());
}

async fn stats(socket: &Path) -> Option<BTreeMap<String, String>> {
    admin::stats(socket, STATS).await.ok()
}

fn refused(stats: &BTreeMap<String, String>) -> u64 {
    let rejected = stats.iter().filter(|(name, _)| name.ends_with(".update_rejected"));
    rejected.filter_map(|(_, value)| value.parse::<u64>().ok()).sum()
}
