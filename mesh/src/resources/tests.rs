mod routing;
mod security;

use super::{ParsedManifests, Resources};

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

fn read(text: &str) -> ParsedManifests {
    ParsedManifests::parse(text, "a.yaml".as_ref()).unwrap()
}

/// Error of a base set with one more object.
fn refusal(api_version: &str, kind: &str, name: &str, spec: &str) -> String {
    let text =
        format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: {name}, namespace: shop}}\nspec: {spec}\n");
    base().with(&read(&text)).unwrap_err().to_string()
}

fn istio(kind: &str, name: &str, spec: &str) -> String {
    let group = if kind.ends_with("Policy") || kind.starts_with("Peer") { "security" } else { "networking" };
    refusal(&format!("{group}.istio.io/v1"), kind, name, spec)
}

#[test]
fn rejects_deletion_of_missing_resources() {
    let rule = "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: card, namespace: shop}\nspec: {host: cart}\n";
    assert_eq!(
        base().without(&read(rule)).unwrap_err().to_string(),
        "a.yaml:1:1: DestinationRule shop/card: cannot delete it: it does not exist; apply it first, or remove it from the files"
    );
}

#[test]
fn requires_a_protocol_for_each_port() {
    let ports = |ports: &str| refusal("v1", "Service", "cart", &format!("{{selector: {{app: cart}}, ports: {ports}}}"));
    assert!(ports("[{name: web, port: 8080}]").starts_with(
        "a.yaml:4:39: Service shop/cart: spec.ports[0]: cannot determine the protocol of port 8080; write \
         appProtocol: http (or http2, grpc), or begin the port's name with it, as http-api"
    ));
    assert!(
        ports("[{name: tcp-db, port: 8080}]")
            .contains("the local mesh does not support the protocol tcp; remove the port")
    );
    assert!(ports("[{name: http, port: 8080, appProtocol: mongo}]").contains("does not support the protocol mongo"));
    assert!(ports("[{name: http-a, port: 8080}, {name: http-b, port: 8080}]").contains("duplicate port 8080"));
    assert!(
        ports("[{name: http, port: 8080, targetPort: wbe}]")
            .contains("spec.ports[0].targetPort: no container of this Service declares the port wbe; existing: web")
    );
}

#[test]
fn checks_account_and_selector_of_a_deployment() {
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
        "spec.template.spec.serviceAccountName: ServiceAccount shop/card does not exist; apply it with the Deployment; \
         existing: cart"
    ));
    assert!(deployment("other", "{app: x}", "").contains("the pod template does not have the label app: other"));
    assert!(
        deployment("other", "{app: cart}", "").contains("the selector of Deployment shop/cart matches these pods too")
    );
}

#[test]
fn requires_namespaces_of_resources() {
    let text = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: ship}\n";
    assert_eq!(
        base().with(&read(text)).unwrap_err().to_string(),
        "a.yaml:1:1: ServiceAccount ship/a: metadata.namespace: Namespace ship does not exist; apply the Namespace with it \
         or before it, or delete its resources first"
    );
    assert!(base().without(&read("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")).is_err());
}

#[test]
fn replaces_a_resource_with_its_fields_without_effect() {
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
