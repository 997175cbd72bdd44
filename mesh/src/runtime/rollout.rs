//! A translation goes into force at every proxy, or at none.

use futures_util::future::join_all;
use std::{collections::BTreeMap, time::Instant};

use super::{
    config_push::{Refused, drained},
    phases,
    state::MeshState,
    validation,
};
use crate::{
    control::types::{ApplyError, ApplyErrorKind},
    translate::{ProxyConfig, Translation},
};

/// Brings every proxy to `target`, step by step, all of them through one step before any begins the next. Returns
/// whether anything changed. If one refuses, all go back to what they ran.
///
/// # Errors
/// If a proxy refuses a part; then the translation before is in force.
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
        let delivered = deliver(state, &configs, version).await;
        tracing::debug!("{name}: done {:?} after the change began", began.elapsed());
        if let Err(apply_error) = delivered {
            roll_back(state, &changed, step).await;
            tracing::warn!("{name}: {}", apply_error.message);
            return Err(apply_error);
        }
    }
    let mut draining = Vec::new();
    for (pod, (old, new)) in changed {
        if let Some(config_push) = state.config_pushes.get_mut(&pod) {
            config_push.prune(&new);
            // A proxy's first listeners replace none.
            if !old.listeners.is_empty() && old.listeners != new.listeners {
                draining.push(config_push.folder());
            }
        }
        state.running.insert(pod, new);
    }
    join_all(draining.iter().map(|folder| drained(folder))).await;
    state.version = version;
    Ok(true)
}

/// The way back through the same steps, in the other direction.
async fn roll_back(state: &mut MeshState, changed: &BTreeMap<String, (ProxyConfig, ProxyConfig)>, from: usize) {
    let version = state.next_version();
    for step in (0..=from).rev() {
        // What a step undoes is the step before it; before the first one, the old configuration is whole.
        let before = |old: &ProxyConfig, new: &ProxyConfig| match step {
            0 => old.clone(),
            _ => phases::step(step - 1, old, new),
        };
        let configs = changed.iter().map(|(pod, (old, new))| (pod, before(old, new)));
        let configs: BTreeMap<&String, ProxyConfig> = configs.collect();
        if let Err(apply_error) = deliver(state, &configs, version).await {
            // Each proxy ran it before, so this is a proxy that died, and it reads the files when it starts again.
            tracing::warn!("on the way back: {}", apply_error.message);
        }
    }
    for (pod, (old, _)) in changed {
        if let Some(config_push) = state.config_pushes.get_mut(pod) {
            config_push.prune(old);
        }
    }
}

/// Writes each proxy's files, and waits until all have taken them.
async fn deliver(
    state: &mut MeshState,
    configs: &BTreeMap<&String, ProxyConfig>,
    version: u64,
) -> Result<(), ApplyError> {
    let mut awaited = Vec::new();
    for (pod, config) in configs {
        let Some(config_push) = state.config_pushes.get_mut(*pod) else { continue };
        let written = config_push.write(config, version, true).await;
        let written = written.map_err(|error| ApplyError::new(ApplyErrorKind::Failed, error.to_string()))?;
        awaited.extend(written.map(|awaited| (*pod, awaited)));
    }
    let waiting = awaited.into_iter().map(|(pod, awaited)| async move { (pod, awaited.wait().await) });
    for (pod, taken) in join_all(waiting).await {
        taken.map_err(|error| match &error {
            Refused::Words { words } => validation::apply_error(pod, words),
            Refused::Silence { .. } => {
                ApplyError::new(ApplyErrorKind::Failed, format!("{pod}: {error}; nothing has changed"))
            }
        })?;
    }
    Ok(())
}
