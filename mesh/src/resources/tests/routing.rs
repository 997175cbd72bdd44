use super::{base, istio, read};

fn route(route: &str) -> String {
    istio("VirtualService", "cart", &format!("{{hosts: [cart], http: [{route}]}}"))
}

#[test]
fn a_route_to_what_is_not_there_is_refused() {
    assert_eq!(
        route("{route: [{destination: {host: card}}]}"),
        "a.yaml:4:54: VirtualService shop/cart: spec.http[0].route[0].destination.host: there is no Service \
         card.shop.svc.cluster.local; name one that is there: cart.shop.svc.cluster.local"
    );
    assert_eq!(
        route("{route: [{destination: {host: cart, subset: v2}}]}"),
        "a.yaml:4:66: VirtualService shop/cart: spec.http[0].route[0].destination.subset: no DestinationRule defines \
         the subset v2 of cart.shop.svc.cluster.local; define it, or change this route first, or name a subset that \
         is defined: v1"
    );
    assert_eq!(
        route("{route: [{destination: {host: cart, port: {number: 80}}}]}"),
        "a.yaml:4:73: VirtualService shop/cart: spec.http[0].route[0].destination.port.number: Service shop/cart has \
         no port 80; name one that it has: 8080"
    );
    assert!(
        route("{route: [{destination: {host: cart}}], mirror: {host: x}}")
            .contains("spec.http[0].mirror.host: there is no Service x.shop")
    );
    assert!(
        route("{route: [{destination: {host: cart.shop}}]}")
            .contains("there is no Service cart.shop; name one that is there: cart.shop.svc.cluster.local")
    );
}

#[test]
fn a_route_has_one_answer_and_weights_that_add_up_to_something() {
    assert_eq!(
        route("{name: empty}"),
        "a.yaml:4:30: VirtualService shop/cart: spec.http[0]: this route leads nowhere; write exactly one of route, \
         redirect and directResponse"
    );
    assert!(route("{route: [{destination: {host: cart}}], redirect: {uri: /}}").contains("more than one answer"));
    assert!(
        route("{route: [{destination: {host: cart}}, {destination: {host: cart}}]}")
            .contains("the weights add up to 0")
    );
}

#[test]
fn a_destination_rule_that_a_route_needs_is_not_deleted() {
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, namespace: shop}\nspec: {host: cart}\n";
    let refused = base().without(&read(rule)).unwrap_err().to_string();
    assert!(refused.contains("VirtualService shop/cart: spec.http[0].route[0].destination.subset: no DestinationRule defines the subset v1"), "{refused}");
    assert!(
        refused.ends_with("define it, or change this route first, or name a subset that is defined: none"),
        "{refused}"
    );
    let virtual_service = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart, namespace: shop}\nspec: {hosts: [a], http: []}\n";
    let without_route = base().without(&read(virtual_service)).unwrap();
    assert!(without_route.without(&read(rule)).unwrap().destination_rules.is_empty());
}

#[test]
fn a_virtual_service_for_the_gateway_and_the_sidecars_has_a_host_for_each() {
    let with = |gateways: &str, hosts: &str| {
        let spec = format!("{{hosts: {hosts}, gateways: {gateways}, http: [{{directResponse: {{status: 200}}}}]}}");
        let meta = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: cart, namespace: shop}";
        base().with(&read(&format!("{meta}\nspec: {spec}\n"))).map(drop).map_err(|diagnostics| diagnostics.to_string())
    };
    assert_eq!(with("[door, mesh]", "[shop.example, cart]"), Ok(()));
    assert_eq!(with("[mesh]", "[shop.test, cart]"), Ok(()), "beside a Service's host any other one is routed");
    assert!(with("[door, mesh]", "[cart]").unwrap_err().contains("Gateway shop/door does not open the host cart.shop"));
    assert!(with("[door]", "[shop.example, shop.test]").unwrap_err().contains("hosts[1]: Gateway shop/door does not"));
}

#[test]
fn rules_of_two_namespaces_for_one_host_are_no_matter_of_age() {
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: cart, namespace: default}\nspec: {host: cart.shop.svc.cluster.local}\n";
    assert_eq!(base().with(&read(rule)).map(drop), Ok(()));
}

#[test]
fn what_istio_would_decide_by_age_is_refused() {
    assert_eq!(
        istio(
            "VirtualService",
            "other",
            "{hosts: [cart.shop.svc.cluster.local], http: [{directResponse: {status: 200}}]}"
        ),
        "a.yaml:4:16: VirtualService shop/other: spec.hosts[0]: VirtualService shop/cart routes \
         cart.shop.svc.cluster.local in the sidecars too; put the routes of one host into one VirtualService: Istio \
         would order them by age"
    );
    assert_eq!(
        istio("DestinationRule", "other", "{host: cart}"),
        "a.yaml:4:8: DestinationRule shop/other: spec.host: DestinationRule shop/cart is for the host \
         cart.shop.svc.cluster.local too; put what both say into one of them: Istio would merge them by age"
    );
    assert!(
        istio("Gateway", "other", "{selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [Shop.example]}]}")
            .contains("Gateway shop/door opens the host Shop.example at port 80 too")
    );
}

#[test]
fn a_gateway_that_is_not_there_or_does_not_open_the_host_is_refused() {
    let at = |gateways: &str, hosts: &str| {
        istio(
            "VirtualService",
            "door",
            &format!("{{hosts: {hosts}, gateways: {gateways}, http: [{{directResponse: {{status: 200}}}}]}}"),
        )
    };
    assert_eq!(
        at("[gate]", "[shop.example]"),
        "a.yaml:4:31: VirtualService shop/door: spec.gateways: there is no Gateway shop/gate; apply it first, or name \
         one that is there: mesh, shop/door"
    );
    assert_eq!(
        at("[door]", "[shop.test]"),
        "a.yaml:4:16: VirtualService shop/door: spec.hosts[0]: Gateway shop/door does not open the host shop.test; \
         open it there, or name one that is open: shop.example"
    );
    assert!(
        at("[door, mesh]", "[shop.example]").contains("there is no Service shop.example, so no sidecar would route it")
    );
    assert!(
        istio("VirtualService", "door", "{hosts: [shop.example], gateways: [door], http: [{match: [{gateways: [mesh]}], directResponse: {status: 200}}]}")
            .contains("spec.http[0].match[0].gateways: mesh is not one of this resource's gateways")
    );
    assert!(
        istio("Gateway", "door", "{selector: {app: mine}, servers: []}").contains("it selects no gateway that is here")
    );
}
