//! Envoy judges what proxies shall run, or says afterwards that it does not.

use futures_util::{StreamExt, stream};

use super::{handle::MeshHandle, network, state::MeshState};
use crate::{
    control::types::{ApplyError, ApplyErrorKind},
    envoy::validate::{self, Invalid},
    topology::Topology,
    translate::{ProxyConfig, Translation, bootstrap},
};

/// As many judgements at once as the small machine has cores.
const VALIDATIONS: usize = 2;

/// Lets Envoy judge every configuration that differs from what runs.
pub(super) async fn of_changed(
    shared: &MeshHandle,
    state: &MeshState,
    topology: &Topology,
    draft: &Translation,
) -> Result<(), ApplyError> {
    // Endpoints are addresses that the mesh has chosen itself.
    let same = |old: &ProxyConfig, new: &ProxyConfig| {
        old.listeners == new.listeners && old.routes == new.routes && old.clusters == new.clusters
    };
    let changed =
        draft.iter().filter(|(pod, config)| !state.running.get(*pod).is_some_and(|running| same(running, config)));
    let judged: Vec<_> = changed.filter_map(|(pod, config)| to_be_judged(topology, pod, config)).collect();
    let judgements = judged.into_iter().map(|(pod, bootstrap)| judge(shared, pod, bootstrap));
    let mut results = stream::iter(judgements).buffer_unordered(VALIDATIONS);
    while let Some(result) = results.next().await {
        result?;
    }
    Ok(())
}

async fn judge(shared: &MeshHandle, pod: String, bootstrap: String) -> Result<(), ApplyError> {
    let file = tempfile::Builder::new().prefix("validate-").suffix(".json").tempfile_in(&shared.folder);
    let file = file.map_err(|error| failed(&format!("cannot write in {}: {error}", shared.folder.display())))?;
    std::fs::write(file.path(), bootstrap).map_err(|error| failed(&error.to_string()))?;
    validate::validate(&shared.launcher.envoy.program, file.path()).await.map_err(|invalid| match invalid {
        Invalid::Refused(words) => apply_error(&pod, &words),
        Invalid::Unjudged(words) => failed(&format!("{words}; nothing has changed")),
    })
}

/// A pod's whole configuration as one bootstrap.
fn to_be_judged(topology: &Topology, pod: &str, config: &ProxyConfig) -> Option<(String, String)> {
    let instance = topology.instances.iter().chain([&topology.gateway]).find(|instance| instance.name == pod)?;
    let identity = bootstrap::Identity::of(instance, topology);
    Some((pod.to_owned(), bootstrap::static_for_validation(&identity, config).to_string()))
}

/// Whether every proxy took what it found at its start: of what Envoy refuses then, it says nothing but in its
/// statistics and its log, and becomes ready without it.
pub(super) async fn at_start(
    shared: &MeshHandle,
    state: &MeshState,
    topology: &Topology,
    draft: &Translation,
) -> Result<(), ApplyError> {
    for (pod, config_push) in &state.config_pushes {
        let Some(words) = config_push.refused_at_start().await else { continue };
        // Said of the whole configuration, the reason is plainer.
        if let Some((pod, bootstrap)) = draft.get(pod).and_then(|config| to_be_judged(topology, pod, config)) {
            judge(shared, pod, bootstrap).await?;
        }
        return Err(apply_error(pod, &words));
    }
    Ok(())
}

fn failed(words: &str) -> ApplyError {
    ApplyError::new(ApplyErrorKind::Failed, words)
}

/// What is said of a configuration that Envoy does not take. A port that somebody else has is no fault of the input.
pub(super) fn apply_error(pod: &str, words: &str) -> ApplyError {
    if let Some(taken) = taken_port(words) {
        return failed(&format!("{taken}, or choose another port; nothing has changed"));
    }
    ApplyError::new(
        ApplyErrorKind::Envoy,
        format!("Envoy, as the proxy of {pod}, refuses what is asked for: {words}; nothing has changed"),
    )
}

/// Envoy's "cannot bind '127.64.0.2:8081': Address already in use" in words that say who has the port.
fn taken_port(words: &str) -> Option<String> {
    let (_, rest) = words.split_once("cannot bind '")?;
    let (address, reason) = rest.split_once("': ")?;
    let (_, port) = address.rsplit_once(':')?;
    let reason = reason.split([';', '(']).next().unwrap_or_default().trim();
    Some(format!("port {port} is taken at {address}: {reason}; {}", network::who_has(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_somebody_else_has_is_told_with_who_has_it() {
        let words = "error adding listener '127.85.24.2_8081': cannot bind '127.85.24.2:8081': Address already in use";
        let apply_error = apply_error("istio-ingressgateway", words);
        assert_eq!(apply_error.kind, ApplyErrorKind::Failed);
        assert_eq!(
            apply_error.message,
            "port 8081 is taken at 127.85.24.2:8081: Address already in use; most likely a program listens on \
             0.0.0.0:8081 (`ss -ltnp sport = :8081` names it): stop it, or let it listen on 127.0.0.1 only, or choose \
             another port; nothing has changed"
        );
    }

    #[test]
    fn what_else_envoy_says_is_said_of_the_input() {
        let apply_error = apply_error("frontend-1", "invalid character class range: z-a");
        assert_eq!(apply_error.kind, ApplyErrorKind::Envoy);
        assert!(apply_error.message.contains("the proxy of frontend-1"), "{}", apply_error.message);
    }
}
