//! Settings of every proxy that do not depend on resources, as observed in Istio's proxies.

use meshwalk_mesh::translate::{Translation, bootstrap, names, translate};
use serde_json::Value;

use super::pods::{golden, resources, topology};

fn translation() -> Translation {
    let resources = resources(&[]);
    translate(&resources, &topology(&resources)).unwrap()
}

/// Every connection manager with its listener.
fn managers(translation: &Translation) -> Vec<(&Value, &Value)> {
    let listeners = translation.values().flat_map(|config| config.listeners.values());
    let chains = listeners
        .flat_map(|listener| listener["filter_chains"].as_array().unwrap().iter().map(move |chain| (listener, chain)));
    chains.map(|(listener, chain)| (listener, &chain["filters"][0]["typed_config"])).collect()
}

#[test]
fn a_receivers_sidecar_and_the_gateway_name_themselves_in_their_answers() {
    let translation = translation();
    for (listener, manager) in managers(&translation) {
        let name = listener["name"].as_str().unwrap();
        let before_an_app = name.starts_with("inbound") || name.starts_with("gateway");
        assert_eq!(manager["server_name"] == "istio-envoy", before_an_app, "{name}");
        assert!(manager.get("server_header_transformation").is_none(), "{name}: the app's own name would stay");
    }
}

#[test]
fn the_limits_of_a_service_hold_at_each_of_its_pods_too() {
    let resources = resources(&[golden().join("connection_pools/input.yaml")]);
    let translation = translate(&resources, &topology(&resources)).unwrap();
    let limits = |pod: &str| {
        let cluster = &translation[pod].clusters["inbound|8080||"];
        (cluster["circuit_breakers"]["thresholds"][0]["max_connections"].clone(), cluster["connect_timeout"].clone())
    };
    assert_eq!(limits("backend-v1-1"), (100.into(), "0.03s".into()));
    assert_eq!(limits("frontend-1"), (u32::MAX.into(), "10s".into()), "no rule is for this service");
}

#[test]
fn a_wait_for_100_continue_is_left_to_the_app() {
    let translation = translation();
    assert!(managers(&translation).iter().all(|(_, manager)| manager["proxy_100_continue"] == true));
}

#[test]
fn a_connection_on_which_nothing_was_sent_yet_is_kept() {
    let translation = translation();
    let mut listeners = translation.values().flat_map(|config| config.listeners.values());
    assert!(listeners.all(|listener| listener.get("listener_filters").is_none()
        || (listener["listener_filters_timeout"] == "0s" && listener["continue_on_listener_filters_timeout"] == true)));
}

#[test]
fn what_leaves_the_mesh_keeps_the_callers_protocol() {
    let translation = translation();
    let options = &translation["frontend-1"].clusters[names::PASSTHROUGH_CLUSTER]["typed_extension_protocol_options"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
    let kept = options["use_downstream_protocol_config"].as_object().unwrap();
    assert!(kept.contains_key("http_protocol_options") && kept.contains_key("http2_protocol_options"), "{options}");
    assert_eq!(options["common_http_protocol_options"]["idle_timeout"], "300s");
}

#[test]
fn a_regular_expression_may_be_as_long_as_istio_allows() {
    let resources = resources(&[]);
    let topology = topology(&resources);
    let identity = bootstrap::Identity::of(&topology.gateway, &topology);
    let bootstrap = bootstrap::dynamic(&identity, "/run".as_ref(), "/run/admin.sock".as_ref());
    let layer = &bootstrap["layered_runtime"]["layers"][0]["static_layer"];
    assert_eq!(layer["re2.max_program_size.error_level"], 32_768);
}
