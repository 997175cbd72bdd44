//! Resources that cannot be translated are rejected once, with location and help.

use meshwalk_mesh::{resources::Resources, topology::OutboundPolicy, translate::translate};
use meshwalk_yaml::Diagnostics;

use super::pods::{resources, topology};

fn refused(yaml: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.yaml");
    std::fs::write(&path, yaml).unwrap();
    let reading = Resources::read_in(&[path], "shop");
    let set = reading.and_then(|reading| resources(&[]).with(&reading));
    let result = set.and_then(|set| translate(&set, &topology(&set)).map(drop));
    let diagnostics: Diagnostics = result.expect_err("it is accepted");
    assert_eq!(diagnostics.0.len(), 1, "{diagnostics}");
    assert!(diagnostics.0[0].location.is_some() && diagnostics.0[0].help.is_some(), "{diagnostics}");
    diagnostics.to_string()
}

fn virtual_service(spec: &str) -> String {
    format!("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: backend}}\nspec: {spec}\n")
}

#[test]
fn a_path_template_in_a_policy_is_refused() {
    let words = refused(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec:\n  rules: [{to: [{operation: {paths: ['/a/{*}']}}]}]\n",
    );
    assert!(words.contains("{*}"), "{words}");
}

#[test]
fn a_condition_that_one_machine_cannot_judge_is_refused() {
    let words = refused(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a}\nspec:\n  rules: [{when: [{key: source.ip, values: ['10.0.0.1']}]}]\n",
    );
    assert!(words.contains("source.ip"), "{words}");
}

#[test]
fn a_rule_on_ports_at_the_gateway_is_refused() {
    let words = refused(
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: a, namespace: istio-system}\nspec:\n  selector: {matchLabels: {istio: ingressgateway}}\n  rules: [{to: [{operation: {ports: ['80']}}]}]\n---\napiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: g}\nspec:\n  selector: {istio: ingressgateway}\n  servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.localhost]}]\n",
    );
    assert!(words.contains("other ports"), "{words}");
}

#[test]
fn a_route_to_a_subset_that_no_rule_defines_is_refused() {
    let words =
        refused(&virtual_service("{hosts: [backend], http: [{route: [{destination: {host: backend, subset: v9}}]}]}"));
    assert!(words.contains("v9"), "{words}");
}

#[test]
fn a_route_to_a_service_that_does_not_exist_is_refused() {
    let words = refused(&virtual_service("{hosts: [backend], http: [{route: [{destination: {host: nobody}}]}]}"));
    assert!(words.contains("nobody"), "{words}");
}

#[test]
fn weights_that_add_up_to_nothing_are_refused() {
    let words = refused(&virtual_service(
        "{hosts: [backend], http: [{route: [{destination: {host: backend}, weight: 0}, {destination: {host: frontend}, weight: 0}]}]}",
    ));
    assert!(words.contains("weight"), "{words}");
}

#[test]
fn an_unknown_grpc_status_is_refused() {
    let words = refused(&virtual_service(
        "{hosts: [backend], http: [{fault: {abort: {grpcStatus: BROKEN}}, route: [{destination: {host: backend}}]}]}",
    ));
    assert!(words.contains("grpcStatus"), "{words}");
}

#[test]
fn unknown_hosts_are_answered_with_502_if_the_mesh_lets_nobody_out() {
    let resources = resources(&[]);
    let mut topology = topology(&resources);
    topology.outbound_policy = OutboundPolicy::RegistryOnly;
    let translation = translate(&resources, &topology).unwrap();
    let config = &translation["frontend-1"];
    let any = config.listeners.iter().find(|(name, _)| name.ends_with("_any")).unwrap().1;
    let manager = &any["filter_chains"][0]["filters"].as_array().unwrap().last().unwrap()["typed_config"];
    for routes in [&config.routes["8080"], &manager["route_config"]] {
        let hosts = routes["virtual_hosts"].as_array().unwrap();
        let last = hosts.last().unwrap();
        assert_eq!(last["domains"][0], "*");
        assert_eq!(last["routes"][0]["direct_response"]["status"], 502);
    }
}

#[test]
fn an_unready_pod_is_not_an_endpoint_but_its_account_is_accepted() {
    let resources = resources(&[]);
    let mut topology = topology(&resources);
    let before = translate(&resources, &topology).unwrap();
    for instance in topology.instances.iter_mut().filter(|instance| instance.workload == "backend-v1") {
        instance.ready = false;
    }
    let after = translate(&resources, &topology).unwrap();
    let (before, after) = (&before["frontend-1"], &after["frontend-1"]);
    assert_eq!(before.clusters, after.clusters, "readiness must not replace clusters");
    assert_eq!(before.listeners, after.listeners, "readiness must not replace listeners");
    let endpoints = |config: &meshwalk_mesh::translate::ProxyConfig| {
        config.endpoints["outbound|8080||backend.shop.svc.cluster.local"]["endpoints"][0]["lb_endpoints"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((endpoints(before), endpoints(after)), (3, 1));
}
