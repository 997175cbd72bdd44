use serde_json::json;

use super::*;

fn dump(cluster: Value, filters: &[&str]) -> Value {
    let filters: Vec<Value> = filters.iter().map(|name| json!({ "name": name, "typed_config": {} })).collect();
    let manager = json!({ "stat_prefix": "a", "http_filters": filters, "stream_idle_timeout": "0s" });
    json!({ "configs": [
        { "dynamic_active_clusters": [{ "cluster": cluster }] },
        { "dynamic_route_configs": [{ "route_config": { "name": "8080", "virtual_hosts": [
            { "name": "echo.c:8080", "domains": ["10.0.0.1", "echo"], "routes": [{ "route": {
                "timeout": "1s", "max_stream_duration": { "grpc_timeout_header_max": "1s" } } }] } ] } }] },
        { "dynamic_listeners": [{ "active_state": { "listener": { "name": "0.0.0.0_8080", "filter_chains": [
            { "filters": [{ "typed_config": manager }] } ] } } }] },
    ] })
}

fn cluster(timeout: &str) -> Value {
    json!({ "name": "outbound|8080||echo.c.svc", "connect_timeout": timeout, "type": "EDS" })
}

#[test]
fn what_counts_is_found_by_its_path() {
    let found = fields(&dump(cluster("3s"), &["a", "b"]), Proxy::Client, "c");
    let wanted = [
        ("client.clusters.outbound|8080||echo.c.svc.connect_timeout", "3s"),
        ("client.hosts.echo.c:8080.domains", "echo"),
        ("client.hosts.echo.c:8080.routes[0].route.max_grpc_timeout", "1s"),
        ("client.hosts.echo.c:8080.routes[0].route.timeout", "1s"),
        ("client.outbound.filters", "a, b"),
        ("client.outbound.manager.stream_idle_timeout", "0s"),
    ];
    assert_eq!(found, wanted.map(|(path, value)| (path.to_owned(), value.to_owned())).into());
}

#[test]
fn another_value_is_a_difference_unless_it_is_intended() {
    let none = IntendedDifferences::default();
    let of = |timeout: &str, filters: &[&str]| fields(&dump(cluster(timeout), filters), Proxy::Client, "c");
    let one = of("3s", &["a", "b"]);
    assert_eq!(compare([&one, &of("3s", &["a", "b"])], &none).unintended, []);
    assert_eq!(compare([&one, &of("4s", &["a", "b"])], &none).unintended.len(), 1);
    assert_eq!(compare([&one, &of("3s", &["b", "a"])], &none).unintended.len(), 1, "the order counts");
    let row = |configuration: &str, filter: &str| crate::intended_differences::Row {
        what: "it".to_owned(),
        behaviour: Vec::new(),
        configuration: vec![configuration.to_owned()],
        filters: vec![filter.to_owned()],
        unseen: None,
    };
    let intended = IntendedDifferences { differences: vec![row("*.connect_timeout", "*.filters c")] };
    let parted = compare([&one, &of("4s", &["a", "c", "b"])], &intended);
    assert_eq!((parted.unintended, parted.intended.get("it")), (Vec::new(), Some(&2)));
}
