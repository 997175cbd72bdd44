//! Real answers against the schema that is published for them.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    client::hello,
    service::{Nobody, Service},
};

/// The violations of the published schema, each with a JSON pointer to the value.
fn violations(tree: &Value) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/hello.schema.json");
    let schema = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    validator.iter_errors(tree).map(|error| (error.instance_path().to_string(), error.to_string())).collect()
}

/// An answer with this status, which must be as the schema says.
async fn checked(service: &Service, headers: &[(&str, &str)], status: u16) -> Value {
    let answer = hello(&service.address, headers).await;
    let tree = answer.json();
    assert_eq!(answer.status.as_u16(), status, "{tree:#}");
    assert_eq!(violations(&tree), [], "{tree:#}");
    tree
}

#[tokio::test]
async fn every_kind_of_answer_is_as_the_schema_says() {
    let v1 = Service::start("backend", &["--trust-xfcc", "--fault=error=503:100;path=/never"]).await;
    let v2 = Service::start("inventory", &["--release=v2", "--fault=latency=uniform(1us,2us);header=x-slow:*"]).await;
    let nobody = Nobody::new();
    let (first, second) =
        (format!("--upstream=backend=http://{}", v1.address), format!("--upstream=inventory=http://{}", v2.address));
    let gone = format!("--upstream=gone=http://{}", nobody.address());
    let foreign = format!("--upstream=foreign=http://{}/livez", v1.admin);
    let forward = "--forward-header=x-slow";

    checked(&v1, &[], 200).await;
    let peer = "By=spiffe://a;URI=spiffe://cluster.local/ns/meshwalk/sa/frontend";
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers =
        [("x-forwarded-client-cert", peer), ("traceparent", trace), ("b3", "0"), ("x-envoy-attempt-count", "3")];
    let tree = checked(&v1, &headers, 200).await;
    assert_eq!(tree["peer"], "spiffe://cluster.local/ns/meshwalk/sa/frontend");

    let front = Service::start("frontend", &[&first, &second, &foreign, forward]).await;
    let tree = checked(&front, &[("x-slow", "please"), ("traceparent", trace)], 200).await;
    assert_eq!(tree["upstreams"][1]["hop"]["faults"][0]["mode"], "latency");
    assert_eq!(tree["upstreams"][2]["hop"], Value::Null);

    let failing = Service::start("frontend", &[&gone, &first]).await;
    let tree = checked(&failing, &[], 502).await;
    assert_eq!(tree["upstreams"][0]["error"]["kind"], "refused");

    let degrading = Service::start("frontend", &[&gone, "--on-upstream-error=degrade"]).await;
    assert_eq!(checked(&degrading, &[], 200).await["degraded"], true);

    let injected = Service::start("frontend", &[&first, "--allow-inject"]).await;
    let tree = checked(&injected, &[("x-meshwalk-inject", "error=503|latency=1ms")], 503).await;
    assert_eq!(tree["upstreams"], json!([]));

    let rules = "--fault=latency=1ms;upstream=*|size=9kB|drip=1MB/s|drop-headers|cpu=1ms";
    let shaped = Service::start("frontend", &[&first, rules]).await;
    assert_eq!(checked(&shaped, &[], 200).await["faults"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn the_schema_refuses_what_is_not_a_call_tree() {
    let service = Service::start("backend", &[]).await;
    let upstream = format!("--upstream=backend=http://{}", service.address);
    let front = Service::start("frontend", &[&upstream]).await;
    let right = checked(&front, &[], 200).await;
    for (pointer, wrong) in [
        ("/service", json!("")),
        ("/version", json!("v3")),
        ("/color", json!("red")),
        ("/attempt", json!(0)),
        ("/peer", json!(7)),
        ("/trace/sampled", json!("yes")),
        ("/trace/families", json!(["w4c"])),
        ("/faults", json!([{"id": "a b", "mode": "error"}])),
        ("/took_ms", json!(-1)),
        ("/upstreams/0/status", json!(600)),
        ("/upstreams/0/hop", json!({})),
        ("/upstreams/0/hop/message", Value::Null),
    ] {
        let mut tree = right.clone();
        *tree.pointer_mut(pointer).unwrap() = wrong;
        let violations = violations(&tree);
        assert!(!violations.is_empty(), "{pointer} passed");
        // A hop may be null, too: of such alternatives the validator names the whole value.
        let expected = if pointer.starts_with("/upstreams/0/hop") { "/upstreams/0/hop" } else { pointer };
        let (location, _) = &violations[0];
        assert!(location.starts_with(expected), "{pointer}: {violations:?}");
    }
    for member in right.as_object().unwrap().keys().filter(|member| *member != "feature") {
        let mut tree = right.clone();
        tree.as_object_mut().unwrap().remove(member);
        assert!(!violations(&tree).is_empty(), "{member} is not required");
    }
    let mut tree = right;
    tree["upstreams"][0]["cause"] = json!("unknown");
    assert!(!violations(&tree).is_empty());
}
