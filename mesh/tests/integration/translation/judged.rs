//! Envoy's validation sees a mistake in each kind of resource: that it accepts ours says something.

use meshwalk_mesh::translate::{ProxyConfig, translate};
use serde_json::{Value, json};

use super::{
    envoy,
    pods::{resources, topology},
};

/// A caller's configuration with a mistake in it.
fn refused(make: impl FnOnce(&mut ProxyConfig)) -> String {
    let resources = resources(&[]);
    let topology = topology(&resources);
    let mut config = translate(&resources, &topology).unwrap().remove("frontend-1").unwrap();
    make(&mut config);
    envoy::judge("frontend-1", &config, &topology).expect_err("Envoy accepts a field that does not exist")
}

fn misspell(message: &mut Value) {
    message["conect_timeout"] = json!("1s");
}

#[test]
fn a_misspelt_field_of_a_listener_is_refused() {
    let words = refused(|config| misspell(config.listeners.values_mut().next().unwrap()));
    assert!(words.contains("conect_timeout"), "{words}");
}

#[test]
fn a_misspelt_field_of_a_filter_is_refused() {
    let words = refused(|config| {
        let listener = config.listeners.values_mut().next().unwrap();
        misspell(&mut listener["filter_chains"][0]["filters"][0]["typed_config"]);
    });
    assert!(words.contains("conect_timeout"), "{words}");
}

#[test]
fn a_misspelt_field_of_a_route_is_refused() {
    let words =
        refused(|config| misspell(&mut config.routes.get_mut("8080").unwrap()["virtual_hosts"][0]["routes"][0]));
    assert!(words.contains("conect_timeout"), "{words}");
}

#[test]
fn a_misspelt_field_of_a_cluster_is_refused() {
    let words = refused(|config| misspell(config.clusters.values_mut().next().unwrap()));
    assert!(words.contains("conect_timeout"), "{words}");
}

#[test]
fn a_misspelt_field_of_an_endpoint_is_refused() {
    let words = refused(|config| {
        let endpoints = config.endpoints.values_mut().next().unwrap();
        misspell(&mut endpoints["endpoints"][0]["lb_endpoints"][0]["endpoint"]);
    });
    assert!(words.contains("conect_timeout"), "{words}");
}

#[test]
fn a_route_to_a_cluster_that_does_not_exist_is_refused() {
    let words = refused(|config| {
        config.routes.get_mut("8080").unwrap()["virtual_hosts"][0]["routes"][0]["route"]["cluster"] = json!("nowhere");
    });
    assert!(words.contains("nowhere"), "{words}");
}

#[test]
fn a_regular_expression_that_is_none_is_refused() {
    let words = refused(|config| {
        config.routes.get_mut("8080").unwrap()["virtual_hosts"][0]["routes"][0]["match"] =
            json!({ "safe_regex": { "regex": "(" } });
    });
    assert!(words.contains("missing )"), "{words}");
}
