//! Envoy judges what proxies shall run, or says afterwards that it does not.

use futures_util::{StreamExt, stream};

use super::{network, shared::Shared, state::State};
use crate::{
    control::types::{Refusal, RefusalKind},
    envoy::validate::{self, Invalid},
    topology::Topology,
    translate::{ProxyConfig, Translation, bootstrap},
};

/// As many judgements at once as the small machine has cores.
const VALIDATIONS: usize = 2;

/// Lets Envoy judge every configuration that differs from what runs.
pub(super) async fn of_changed(
    shared: &Shared,
    state: &State,
    topology: &Topology,
    draft: &Translation,
) -> Result<(), Refusal> {
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

async fn judge(shared: &Shared, pod: String, bootstrap: String) -> Result<(), Refusal> {
    let file = tempfile::Builder::new().prefix("validate-").suffix(".json").tempfile_in(&shared.folder);
    let file = file.map_err(|error| failed(&format!("cannot write in {}: {error}", shared.folder.display())))?;
    std::fs::write(file.path(), bootstrap).map_err(|error| failed(&error.to_string()))?;
    validate::validate(&shared.tools.envoy.program, file.path()).await.map_err(|invalid| match invalid {
        Invalid::Refused(words) => refusal(&pod, &words),
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
    shared: &Shared,
    state: &State,
    topology: &Topology,
    draft: &Translation,
) -> Result<(), Refusal> {
    for (pod, delivery) in &state.deliveries {
        let Some(words) = delivery.refused_at_start().await else { continue };
        // Said of the whole configuration, the reason is plainer.
        if let Some((pod, bootstrap)) = draft.get(pod).and_then(|config| to_be_judged(topology, pod, config)) {
            judge(shared, pod, bootstrap).await?;
        }
        return Err(refusal(pod, &words));
    }
    Ok(())
}

fn failed(words: &str) -> Refusal {
    Refusal::new(RefusalKind::Failed, words)
}

/// What is said of a configuration that Envoy does not take. A port that somebody else has is no fault of the input.
pub(super) fn refusal(pod: &str, words: &str) -> Refusal {
    if let Some(taken) = taken_port(words) {
        return failed(&format!("{taken}, or choose another port; nothing has changed"));
    }
    Refusal::new(
        RefusalKind::Envoy,
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
        let refusal = refusal("istio-ingressgateway", words);
        assert_eq!(refusal.kind, RefusalKind::Failed);
        assert_eq!(
            refusal.message,
            "port 8081 is taken at 127.85.24.2:8081: Address already in use; most likely a program listens on \
             0.0.0.0:8081 (`ss -ltnp sport = :8081` names it): stop it, or let it listen on 127.0.0.1 only, or choose \
             another port; nothing has changed"
        );
    }

    #[test]
    fn what_else_envoy_says_is_said_of_the_input() {
        let refusal = refusal("frontend-1", "invalid character class range: z-a");
        assert_eq!(refusal.kind, RefusalKind::Envoy);
        assert!(refusal.message.contains("the proxy of frontend-1"), "{}", refusal.message);
    }
}
