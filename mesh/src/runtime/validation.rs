//! Validates configurations with Envoy, before a change and after the first start.

use futures_util::{StreamExt, stream};

use super::{handle::MeshHandle, network, state::MeshState};
use crate::{
    control::types::{ApplyError, ApplyErrorKind},
    envoy::validate::{self, ValidationError},
    topology::Topology,
    translate::{ProxyConfig, Translation, bootstrap},
};

/// Number of validations at the same time.
const CONCURRENCY: usize = 2;

/// Validates every configuration that differs from the active one.
pub(super) async fn validate_changed(
    shared: &MeshHandle,
    state: &MeshState,
    topology: &Topology,
    draft: &Translation,
) -> Result<(), ApplyError> {
    // Endpoints need no validation: the mesh chose their addresses.
    let is_same = |old: &ProxyConfig, new: &ProxyConfig| {
        old.listeners == new.listeners && old.routes == new.routes && old.clusters == new.clusters
    };
    let changed =
        draft.iter().filter(|(pod, config)| !state.running.get(*pod).is_some_and(|running| is_same(running, config)));
    let bootstraps: Vec<_> = changed.filter_map(|(pod, config)| static_bootstrap(topology, pod, config)).collect();
    let validations = bootstraps.into_iter().map(|(pod, bootstrap)| validate(shared, pod, bootstrap));
    let mut results = stream::iter(validations).buffer_unordered(CONCURRENCY);
    while let Some(result) = results.next().await {
        result?;
    }
    Ok(())
}

async fn validate(shared: &MeshHandle, pod: String, bootstrap: String) -> Result<(), ApplyError> {
    let file = tempfile::Builder::new().prefix("validate-").suffix(".json").tempfile_in(&shared.folder);
    let file = file.map_err(|error| failed(&format!("cannot write in {}: {error}", shared.folder.display())))?;
    std::fs::write(file.path(), bootstrap).map_err(|error| failed(&error.to_string()))?;
    validate::validate(&shared.launcher.envoy.program, file.path()).await.map_err(|error| match error {
        ValidationError::Rejected(reason) => apply_error(&pod, &reason),
        ValidationError::NotRun(reason) => failed(&format!("{reason}; no changes were applied")),
    })
}

/// Whole configuration of a pod as one static bootstrap.
fn static_bootstrap(topology: &Topology, pod: &str, config: &ProxyConfig) -> Option<(String, String)> {
    let instance = topology.instances.iter().chain([&topology.gateway]).find(|instance| instance.name == pod)?;
    let identity = bootstrap::Identity::of(instance, topology);
    Some((pod.to_owned(), bootstrap::static_for_validation(&identity, config).to_string()))
}

/// Checks that every proxy accepted its initial files. Envoy reports a rejection only in its statistics and log, and
/// becomes ready without the rejected part.
pub(super) async fn check_after_start(
    shared: &MeshHandle,
    state: &MeshState,
    topology: &Topology,
    draft: &Translation,
) -> Result<(), ApplyError> {
    for (pod, config_push) in &state.config_pushes {
        let Some(reason) = config_push.rejection_at_start().await else { continue };
        // A validation of the whole configuration gives a clearer reason.
        if let Some((pod, bootstrap)) = draft.get(pod).and_then(|config| static_bootstrap(topology, pod, config)) {
            validate(shared, pod, bootstrap).await?;
        }
        return Err(apply_error(pod, &reason));
    }
    Ok(())
}

fn failed(reason: &str) -> ApplyError {
    ApplyError::new(ApplyErrorKind::Failed, reason)
}

/// Error for a rejected configuration. A port used by another program is not an error of the input.
pub(super) fn apply_error(pod: &str, reason: &str) -> ApplyError {
    if let Some(in_use) = port_in_use(reason) {
        return failed(&format!("{in_use}, or choose another port; no changes were applied"));
    }
    ApplyError::new(
        ApplyErrorKind::Envoy,
        format!("Envoy rejected the configuration of {pod}: {reason}; no changes were applied"),
    )
}

/// Explains Envoy's "cannot bind '127.64.0.2:8081': Address already in use".
fn port_in_use(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once("cannot bind '")?;
    let (address, reason) = rest.split_once("': ")?;
    let (_, port) = address.rsplit_once(':')?;
    let reason = reason.split([';', '(']).next().unwrap_or_default().trim();
    Some(format!("port {port} is in use at {address}: {reason}; {}", network::port_in_use_help(port)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_the_owner_of_a_port_in_use() {
        let reason = "error adding listener '127.85.24.2_8081': cannot bind '127.85.24.2:8081': Address already in use";
        let apply_error = apply_error("istio-ingressgateway", reason);
        assert_eq!(apply_error.kind, ApplyErrorKind::Failed);
        assert_eq!(
            apply_error.message,
            "port 8081 is in use at 127.85.24.2:8081: Address already in use; most likely a program listens on \
             0.0.0.0:8081 (`ss -ltnp sport = :8081` shows it): stop it, or let it listen on 127.0.0.1 only, or choose \
             another port; no changes were applied"
        );
    }

    #[test]
    fn reports_other_rejections_as_input_errors() {
        let apply_error = apply_error("frontend-1", "invalid character class range: z-a");
        assert_eq!(apply_error.kind, ApplyErrorKind::Envoy);
        assert!(apply_error.message.contains("the configuration of frontend-1"), "{}", apply_error.message);
    }
}
