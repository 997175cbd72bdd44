use super::super::{Reading, Resources};

const BASE: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: cart, namespace: shop}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{name: http, port: 8080, targetPort: web}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart, version: v1}}
    spec:
      serviceAccountName: cart
      containers: [{name: app, image: meshwalk/backend:v1, ports: [{name: web, containerPort: 8080}]}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec: {host: cart, subsets: [{name: v1, labels: {version: v1}}]}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: door, namespace: shop}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart, namespace: shop}
spec:
  hosts: [cart]
  http: [{route: [{destination: {host: cart, subset: v1}}]}]
";

fn base() -> Resources {
    Resources::default().with(&read(BASE)).unwrap()
}

fn read(text: &str) -> Reading {
    Reading::parse(text, "a.yaml".as_ref()).unwrap()
}

/// The refusal of an object of a kind and name with this specification, added to the base.
fn refusal(api_version: &str, kind: &str, name: &str, spec: &str) -> String {
    let text =
        format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n");
    base().with(&read(&text)).unwrap_err().to_string()
}

fn istio(kind: &str, name: &str, spec: &str) -> String {
    let group = if kind.ends_with("Policy") || kind.starts_with("Peer") { "security" } else { "networking" };
    refusal(&format!("{group}.istio.io/v1"), kind, name, spec)
}

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
fn what_is_not_there_cannot_be_deleted() {
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: card, namespace: shop}\nspec: {host: cart}\n";
    assert_eq!(
        base().without(&read(rule)).unwrap_err().to_string(),
        "a.yaml:1:1: DestinationRule shop/card: it is not there, so it cannot be deleted; apply it first, or leave it out"
    );
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
         cart.shop.svc.cluster.local too; put what both say into one of them: Istio would decide by namespace and age"
    );
    assert!(
        istio("Gateway", "other", "{selector: {istio: ingressgateway}, servers: [{port: {number: 80, protocol: HTTP}, hosts: [Shop.example]}]}")
            .contains("Gateway shop/door opens the host Shop.example at port 80 too")
    );
}

#[test]
fn two_peer_authentications_of_one_scope_are_refused() {
    let policy = |name: &str, namespace: &str, spec: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n---\n"
        )
    };
    let refused = |texts: &[String]| base().with(&read(&texts.concat())).unwrap_err().to_string();
    assert_eq!(
        refused(&[policy("a", "shop", "{mtls: {mode: STRICT}}"), policy("b", "shop", "{}")]),
        "a.yaml:9:1: PeerAuthentication shop/b: spec.selector: PeerAuthentication shop/a is for the whole of the \
         namespace too; keep one of them: Istio would take the older one"
    );
    assert!(
        refused(&[policy("a", "istio-system", "{}"), policy("b", "istio-system", "{}")])
            .contains("the whole of the mesh")
    );
    let by = |name: &str, labels: &str| policy(name, "shop", &format!("{{selector: {{matchLabels: {labels}}}}}"));
    assert!(
        refused(&[by("a", "{app: cart}"), by("b", "{version: v1}")])
            .contains("is for the pods of Deployment shop/cart too")
    );
    assert!(
        refused(&[policy("a", "shop", "{portLevelMtls: {8080: {mode: DISABLE}}}")])
            .contains("modes of single ports need a selector")
    );
    let scopes = [policy("a", "shop", "{}"), policy("b", "istio-system", "{}"), by("c", "{app: cart}")].concat();
    assert!(base().with(&read(&scopes)).is_ok());
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

#[test]
fn a_port_says_its_protocol() {
    let ports = |ports: &str| refusal("v1", "Service", "cart", &format!("{{selector: {{app: cart}}, ports: {ports}}}"));
    assert!(ports("[{name: web, port: 8080}]").starts_with(
        "a.yaml:4:39: Service shop/cart: spec.ports[0]: the protocol of port 8080 would have to be guessed; write \
         appProtocol: http (or http2, grpc), or begin the port's name with it, as http-api"
    ));
    assert!(ports("[{name: tcp-db, port: 8080}]").contains("the local mesh does not carry tcp; take the port out"));
    assert!(ports("[{name: http, port: 8080, appProtocol: mongo}]").contains("does not carry mongo"));
    assert!(
        ports("[{name: http-a, port: 8080}, {name: http-b, port: 8080}]").contains("the port 8080 stands here twice")
    );
    assert!(ports("[{name: http, port: 8080, targetPort: wbe}]").contains(
        "spec.ports[0].targetPort: no container behind this Service declares a port wbe; name one that is declared: web"
    ));
}

#[test]
fn a_workload_has_its_account_its_labels_and_its_pods_to_itself() {
    let deployment = |name: &str, labels: &str, account: &str| {
        let pod = format!("{{metadata: {{labels: {labels}}}, spec: {{{account}containers: [{{name: a, image: b}}]}}}}");
        refusal(
            "apps/v1",
            "Deployment",
            name,
            &format!("{{selector: {{matchLabels: {{app: {name}}}}}, template: {pod}}}"),
        )
    };
    assert!(deployment("other", "{app: other}", "serviceAccountName: card, ").ends_with(
        "spec.template.spec.serviceAccountName: there is no ServiceAccount shop/card; apply it with the Deployment, or \
         name one that is there: cart"
    ));
    assert!(deployment("other", "{app: x}", "").contains("the pods do not have the label app: other"));
    assert!(
        deployment("other", "{app: cart}", "")
            .contains("the selector of Deployment shop/cart takes these pods for its own")
    );
}

#[test]
fn a_policy_that_istio_would_refuse_is_refused() {
    let rule = |rule: &str| istio("AuthorizationPolicy", "a", &format!("{{rules: [{rule}]}}"));
    assert!(rule("{from: [{source: {principals: [\"spiffe://cluster.local/ns/a/sa/b\"]}}]}").ends_with(
        "spec.rules[0].from[0].source.principals[0]: a principal is written without spiffe://; write cluster.local/ns/a/sa/b"
    ));
    assert!(rule("{from: [{source: {}}]}").contains("the source is empty"));
    assert!(rule("{to: [{operation: {}}]}").contains("the operation is empty"));
    assert!(rule("{to: [{operation: {ports: [\"http\"]}}]}").contains("\"http\" is no port"));
    assert!(rule("{when: [{key: \"request.headers[a]\"}]}").contains("the condition has no value"));
}

#[test]
fn a_namespace_that_is_not_there_is_refused_and_a_full_one_is_not_deleted() {
    let text = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: ship}\n";
    assert_eq!(
        base().with(&read(text)).unwrap_err().to_string(),
        "a.yaml:1:1: ServiceAccount ship/a: metadata.namespace: there is no Namespace ship; apply the Namespace with it \
         or before it, or delete what is in it first"
    );
    assert!(base().without(&read("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")).is_err());
}

#[test]
fn applying_replaces_what_has_the_same_name_and_forgets_what_was_said_of_it() {
    let service = |more: &str| {
        format!(
            "apiVersion: v1\nkind: Service\nmetadata: {{name: cart, namespace: shop}}\nspec: {{selector: {{app: cart}}, ports: [{{name: http, port: 8080}}]{more}}}\n"
        )
    };
    let with_field = base().with(&read(&service(", ipFamilyPolicy: SingleStack"))).unwrap();
    let of_cart = |set: &Resources| -> Vec<String> {
        let fields = set.without_effect.iter().filter(|field| field.resource == "Service shop/cart");
        fields.map(|field| field.field.clone()).collect()
    };
    assert_eq!(of_cart(&with_field), ["spec.ipFamilyPolicy"]);
    let without_field = with_field.with(&read(&service(""))).unwrap();
    assert_eq!(of_cart(&without_field), Vec::<String>::new());
    assert_eq!(without_field.services.len(), 1);
}
