use super::{base, istio, read};

#[test]
fn rejects_two_peer_authentications_of_one_scope() {
    let policy = |name: &str, namespace: &str, spec: &str| {
        format!(
            "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {spec}\n---\n"
        )
    };
    let error = |texts: &[String]| base().with(&read(&texts.concat())).unwrap_err().to_string();
    assert_eq!(
        error(&[policy("a", "shop", "{mtls: {mode: STRICT}}"), policy("b", "shop", "{}")]),
        "a.yaml:9:1: PeerAuthentication shop/b: spec.selector: PeerAuthentication shop/a selects the whole \
         namespace too; keep one of them; Istio would use the older one"
    );
    assert!(error(&[policy("a", "istio-system", "{}"), policy("b", "istio-system", "{}")]).contains("the whole mesh"));
    let by = |name: &str, labels: &str| policy(name, "shop", &format!("{{selector: {{matchLabels: {labels}}}}}"));
    assert!(
        error(&[by("a", "{app: cart}"), by("b", "{version: v1}")])
            .contains("selects the pods of Deployment shop/cart too")
    );
    assert!(
        error(&[policy("a", "shop", "{portLevelMtls: {8080: {mode: DISABLE}}}")])
            .contains("portLevelMtls needs a selector")
    );
    let scopes = [policy("a", "shop", "{}"), policy("b", "istio-system", "{}"), by("c", "{app: cart}")].concat();
    assert!(base().with(&read(&scopes)).is_ok());
}

#[test]
fn rejects_policies_that_istio_rejects() {
    let rule = |rule: &str| istio("AuthorizationPolicy", "a", &format!("{{rules: [{rule}]}}"));
    assert!(rule("{from: [{source: {principals: [\"spiffe://cluster.local/ns/a/sa/b\"]}}]}").ends_with(
        "spec.rules[0].from[0].source.principals[0]: a principal is written without spiffe://; write cluster.local/ns/a/sa/b"
    ));
    assert!(rule("{from: [{source: {}}]}").contains("the source is empty"));
    assert!(rule("{to: [{operation: {}}]}").contains("the operation is empty"));
    assert!(rule("{to: [{operation: {ports: [\"http\"]}}]}").contains("invalid port \"http\""));
    assert!(istio("AuthorizationPolicy", "a", "{action: DENY}").contains("a DENY policy without rules denies nothing"));
    assert!(rule("{when: [{key: \"request.headers[a]\"}]}").contains("the condition has no value"));
}
