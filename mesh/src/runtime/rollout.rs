//! Rolls out a translation to all proxies, or to none.

use futures_util::future::join_all;
use std::{collections::BTreeMap, time::Instant};

use super::{
    config_push::{PushError, wait_until_drained},
    phases,
    state::MeshState,
    validation,
};
use crate::{
    control::types::{ApplyError, ApplyErrorKind},
    translate::{ProxyConfig, Translation},
};

/// Leads every proxy to `target`. All proxies finish one step before any begins the next. Returns whether anything
/// changed. If a proxy rejects a step, all are rolled back.
///
/// # Errors
/// If a proxy rejects a part. The previous translation then stays active.
pub(super) async fn roll_out(state: &mut MeshState, target: &Translation) -> Result<bool, ApplyError> {
    let changed: BTreeMap<String, (ProxyConfig, ProxyConfig)> = target
        .iter()
        .filter_map(|(name, new)| {
            let old = state.running.get(name).cloned().unwrap_or_default();
            (old != *new).then(|| (name.clone(), (old, new.clone())))
        })
        .collect();
    if changed.is_empty() {
        return Ok(false);
    }
    let version = state.next_version();
    let began = Instant::now();
    for (step, name) in phases::NAMES.iter().enumerate() {
        let configs = changed.iter().map(|(pod, (old, new))| (pod, phases::step(step, old, new)));
        let configs: BTreeMap<&String, ProxyConfig> = configs.collect();
        let pushed = push(state, &configs, version).await;
        tracing::debug!("{name}: done {:?} after the change began", began.elapsed());
        if let Err(apply_error) = pushed {
            roll_back(state, &changed, step).await;
            tracing::warn!("{name}: {}", apply_error.message);
            return Err(apply_error);
        }
    }
    let mut draining = Vec::new();
    for (pod, (old, new)) in changed {
        if let Some(config_push) = state.config_pushes.get_mut(&pod) {
            config_push.prune(&new);
            // The first listeners of a proxy replace none.
            if !old.listeners.is_empty() && old.listeners != new.listeners {
                draining.push(config_push.folder());
            }
        }
        state.running.insert(pod, new);
    }
    join_all(draining.iter().map(|folder| wait_until_drained(folder))).await;
    state.version = version;
    Ok(true)
}

/// Rolls proxies back through the steps in reverse order.
async fn roll_back(state: &mut MeshState, changed: &BTreeMap<String, (ProxyConfig, ProxyConfig)>, from: usize) {
    let version = state.next_version();
    for step in (0..=from).rev() {
        // Undoing a step leads to the step before it. Before step 0 there is the old configuration.
        let before = |old: &ProxyConfig, new: &ProxyConfig| match step {
            0 => old.clone(),
            _ => phases::step(step - 1, old, new),
        };
        let configs = changed.iter().map(|(pod, (old, new))| (pod, before(old, new)));
        let configs: BTreeMap<&String, ProxyConfig> = configs.collect();
        if let Err(apply_error) = push(state, &configs, version).await {
            // Each proxy ran this configuration before, so this one has died. It reads the files when it restarts.
            tracing::warn!("rollback: {}", apply_error.message);
        }
    }
    for (pod, (old, _)) in changed {
        if let Some(config_push) = state.config_pushes.get_mut(pod) {
            config_push.prune(old);
        }
    }
}

/// Writes each proxy's files and waits until all proxies have acknowledged them.
async fn push(state: &mut MeshState, configs: &BTreeMap<&String, ProxyConfig>, version: u64) -> Result<(), ApplyError> {
    let mut pending = Vec::new();
    for (pod, config) in configs {
        let Some(config_push) = state.config_pushes.get_mut(*pod) else { continue };
        let written = config_push.write(config, version, true).await;
        let written = written.map_err(|error| ApplyError::new(ApplyErrorKind::Failed, error.to_string()))?;
        pending.extend(written.map(|ack| (*pod, ack)));
    }
    let waiting = pending.into_iter().map(|(pod, ack)| async move { (pod, ack.wait().await) });
    for (pod, result) in join_all(waiting).await {
        result.map_err(|error| match &error {
            PushError::Rejected { reason } => validation::apply_error(pod, reason),
            PushError::Timeout { .. } => {
                ApplyError::new(ApplyErrorKind::Failed, format!("{pod}: {error}; no changes were applied"))
            }
        })?;
    }
    Ok(())
}
