use super::{base, istio, read};

fn route(route: &str) -> String {
    istio("VirtualService", "cart", &format!("{{hosts: [cart], http: [{route}]}}"))
}

#[test]
fn rejects_a_route_to_a_missing_destination() {
    assert_eq!(
        route("{route: [{destination: {host: card}}]}"),
        "a.yaml:4:54: VirtualService shop/cart: spec.http[0].route[0].destination.host: Service \
         card.shop.svc.cluster.local does not exist; existing: cart.shop.svc.cluster.local"
    );
    assert_eq!(
        route("{route: [{destination: {host: cart, subset: v2}}]}"),
        "a.yaml:4:66: VirtualService shop/cart: spec.http[0].route[0].destination.subset: no DestinationRule defines \
         the subset v2 of cart.shop.svc.cluster.local; define it, or change this route first; existing: v1"
    );
    assert_eq!(
        route("{route: [{destination: {host: cart, port: {number: 80}}}]}"),
        "a.yaml:4:73: VirtualService shop/cart: spec.http[0].route[0].destination.port.number: Service shop/cart has \
         no port 80; existing: 8080"
    );
    assert!(
        route("{route: [{destination: {host: cart}}], mirror: {host: x}}")
            .contains("spec.http[0].mirror.host: Service x.shop.svc.cluster.local does not exist")
    );
    assert!(
        route("{route: [{destination: {host: cart.shop}}]}")
            .contains("Service cart.shop does not exist; existing: cart.shop.svc.cluster.local")
    );
}

#[test]
fn requires_one_action_and_weights_above_zero() {
    assert_eq!(
        route("{name: empty}"),
        "a.yaml:4:30: VirtualService shop/cart: spec.http[0]: the route has no action; write exactly one of route, \
         redirect and directResponse"
    );
    assert!(route("{route: [{destination: {host: cart}}], redirect: {uri: /}}").contains("several actions"));
    assert!(
        route("{route: [{destination: {host: cart}}, {destination: {host: cart}}]}")
            .contains("the weights add up to 0")
    );
}

#[test]
fn rejects_deletion_of_a_subset_in_use() {
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, namespace: shop}\nspec: {host: cart}\n";
    let error = base().without(&read(rule)).unwrap_err().to_string();
    assert!(error.contains("VirtualService shop/cart: spec.http[0].route[0].destination.subset: no DestinationRule defines the subset v1"), "{error}");
    assert!(error.ends_with("define it, or change this route first; existing: none"), "{error}");
    let virtual_service = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart, namespace: shop}\nspec: {hosts: [a], http: []}\n";
    let without_route = base().without(&read(virtual_service)).unwrap();
    assert!(without_route.without(&read(rule)).unwrap().destination_rules.is_empty());
}

#[test]
fn requires_a_host_for_each_gateway_and_the_sidecars() {
    let with = |gateways: &str, hosts: &str| {
        let spec = format!("{{hosts: {hosts}, gateways: {gateways}, http: [{{directResponse: {{status: 200}}}}]}}");
        let meta = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart, namespace: shop}";
        base().with(&read(&format!("{meta}\nspec: {spec}\n"))).map(drop).map_err(|diagnostics| diagnostics.to_string())
    };
    assert_eq!(with("[door, mesh]", "[shop.example, cart]"), Ok(()));
    assert_eq!(with("[mesh]", "[shop.test, cart]"), Ok(()), "a sidecar also routes hosts that are not Services");
    assert!(with("[door, mesh]", "[cart]").unwrap_err().contains("Gateway shop/door does not have the host cart.shop"));
    assert!(with("[door]", "[shop.example, shop.test]").unwrap_err().contains("hosts[1]: Gateway shop/door does not"));
}

#[test]
fn accepts_rules_of_two_namespaces_for_one_host() {
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, namespace: default}\nspec: {host: cart.shop.svc.cluster.local}\n";
    assert_eq!(base().with(&read(rule)).map(drop), Ok(()));
}

#[test]
fn rejects_conflicts_that_istio_resolves_by_age() {
    assert_eq!(
        istio(
            "VirtualService",
            "other",
            "{hosts: [cart.shop.svc.cluster.local], http: [{directResponse: {status: 200}}]}"
        ),
        "a.yaml:4:16: VirtualService shop/other: spec.hosts[0]: VirtualService shop/cart routes \
         cart.shop.svc.cluster.local in the sidecars too; merge their routes; Istio \
         would order them by age"
    );
    assert_eq!(
        istio("DestinationRule", "other", "{host: cart}"),
        "a.yaml:4:8: DestinationRule shop/other: spec.host: DestinationRule shop/cart has the host \
         cart.shop.svc.cluster.local too; merge them; Istio would merge them by age"
    );
    assert!(
        istio("Gateway", "other", "{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [Shop.example]}]}")
            .contains("Gateway shop/door has the host Shop.example at port 80 too")
    );
}

#[test]
fn rejects_a_missing_gateway_or_host() {
    let at = |gateways: &str, hosts: &str| {
        istio(
            "VirtualService",
            "door",
            &format!("{{hosts: {hosts}, gateways: {gateways}, http: [{{directResponse: {{status: 200}}}}]}}"),
        )
    };
    assert_eq!(
        at("[gate]", "[shop.example]"),
        "a.yaml:4:31: VirtualService shop/door: spec.gateways: Gateway shop/gate does not exist; apply it first; \
         existing: mesh, shop/door"
    );
    assert!(at("[./door]", "[shop.example]").ends_with("write door for a Gateway of the same namespace"));
    assert_eq!(
        at("[door]", "[shop.test]"),
        "a.yaml:4:16: VirtualService shop/door: spec.hosts[0]: Gateway shop/door does not have the host shop.test; \
         add it there; existing: shop.example"
    );
    assert!(
        at("[door, mesh]", "[shop.example]").contains("Service shop.example does not exist, so no sidecar routes it")
    );
    assert!(
        istio("VirtualService", "door", "{hosts: [shop.example], gateways: [door], http: [{match: [{gateways: [mesh]}], directResponse: {status: 200}}]}")
            .contains("spec.http[0].match[0].gateways: mesh is not one of this resource's gateways")
    );
    assert!(
        istio("Gateway", "door", "{selector: {app: mine}, servers: []}").contains("the selector matches no gateway")
    );
}
