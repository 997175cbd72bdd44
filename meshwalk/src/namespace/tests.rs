use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::*;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn two() -> Namespace {
    Namespace::named("two").unwrap()
}

/// Input with all patterns that the rules cover, and similar ones.
const TRICKY: &str = r#"
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: meshwalk
  namespace: "meshwalk"
  labels: {app.kubernetes.io/part-of: meshwalk, host: meshwalk.localhost}
spec:
  gateways: [meshwalk, meshwalk/meshwalk, mesh]
  hosts:
    - meshwalk/backend.meshwalk.svc.cluster.local
    - "*.meshwalk.svc.cluster.local"
    - backend.meshwalk
    - backend.meshwalk:8080
    - v2.meshwalk.localhost
    - not-meshwalk.localhost
    - meshwalk.localhost.example
    - api.meshwalk.example
    - api.meshwalk-two
  exportTo: [".", meshwalk]
  image: meshwalk/frontend:v1
  rules:
    - from:
        - source:
            namespaces: [meshwalk, other]
            notNamespaces:
              - meshwalk
            principals: [cluster.local/ns/meshwalk/sa/frontend, "*/ns/meshwalk/*", cluster.local/ns/meshwalk-two/sa/a]
      when:
        - key: source.namespace
          values: [meshwalk]
        - key: request.headers[x-tenant]
          values: [meshwalk]
"#;

#[test]
fn the_namespace_is_put_in_where_it_is_meant_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tricky.yaml");
    std::fs::write(&file, TRICKY).unwrap();
    let object = two().objects_of(&file).unwrap().remove(0);
    assert_eq!(object["metadata"]["name"], "meshwalk");
    assert_eq!(object["metadata"]["namespace"], "two");
    assert_eq!(object["metadata"]["labels"]["app.kubernetes.io/part-of"], "meshwalk");
    assert_eq!(object["spec"]["gateways"], serde_json::json!(["meshwalk", "two/meshwalk", "mesh"]));
    let hosts = [
        "two/backend.two.svc.cluster.local",
        "*.two.svc.cluster.local",
        "backend.two",
        "backend.two:8080",
        "v2.two.localhost",
        "not-meshwalk.localhost",
        "meshwalk.localhost.example",
        "api.meshwalk.example",
        "api.meshwalk-two",
    ];
    assert_eq!(object["spec"]["hosts"], serde_json::json!(hosts));
    assert_eq!(object["spec"]["exportTo"], serde_json::json!([".", "two"]));
    assert_eq!(object["spec"]["image"], "meshwalk/frontend:v1");
    let rule = &object["spec"]["rules"][0];
    let source = &rule["from"][0]["source"];
    assert_eq!(source["namespaces"], serde_json::json!(["two", "other"]));
    assert_eq!(source["notNamespaces"], serde_json::json!(["two"]));
    let principals = ["cluster.local/ns/two/sa/frontend", "*/ns/two/*", "cluster.local/ns/meshwalk-two/sa/a"];
    assert_eq!(source["principals"], serde_json::json!(principals));
    assert_eq!(rule["when"][0]["values"], serde_json::json!(["two"]));
    assert_eq!(rule["when"][1]["values"], serde_json::json!(["meshwalk"]));
}

/// Applies the rules of the script.
fn by_script(file: &Path) -> Vec<Value> {
    let script = project().join("scripts/namespace.awk");
    let output = Command::new("awk").args(["-v", "namespace=two", "-f"]).arg(script).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let documents = meshwalk_yaml::parse(&String::from_utf8(output.stdout).unwrap(), file).unwrap();
    documents.iter().map(meshwalk_yaml::Document::to_json).collect()
}

#[test]
fn the_scripts_put_the_namespace_into_every_file_as_the_program_does() {
    let folder = tempfile::tempdir().unwrap();
    let tricky = folder.path().join("tricky.yaml");
    std::fs::write(&tricky, TRICKY).unwrap();
    let (mut files, mut ahead) = (vec![tricky], vec![project().join("istio")]);
    while let Some(folder) = ahead.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                ahead.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 20, "{files:?}");
    for file in files {
        let changed = two().objects_of(&file);
        // Rust rejects objects outside of the workload's namespace, which the script reads too.
        if let Ok(changed) = changed {
            assert_eq!(changed, by_script(&file), "{}", file.display());
        }
    }
}

#[test]
fn what_lies_outside_of_the_namespace_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |text: &str| {
        let file = folder.path().join("outside.yaml");
        std::fs::write(&file, text).unwrap();
        two().objects_of(&file).unwrap_err().to_string()
    };
    let mesh_wide = "kind: PeerAuthentication\nmetadata: {name: default, namespace: istio-system}\n";
    let told = refused(mesh_wide);
    assert!(told.contains("PeerAuthentication default in istio-system is not in the namespace two"), "{told}");
    let told = refused("kind: Namespace\nmetadata: {name: other}\n");
    assert!(told.contains("Namespace other is not in the namespace two"), "{told}");
}

#[test]
fn the_usual_namespace_changes_nothing() {
    let usual = Namespace::default();
    let file = project().join("istio/gateway/http.yaml");
    let documents = meshwalk_yaml::read(&file).unwrap();
    let as_written: Vec<_> = documents.iter().map(meshwalk_yaml::Document::to_json).collect();
    assert_eq!(usual.objects_of(&file).unwrap(), as_written);
}

#[test]
fn a_name_that_kubernetes_would_not_take_is_refused() {
    for name in ["two", "2", "a-b", &"a".repeat(63)] {
        assert_eq!(Namespace::named(name).unwrap().name(), name);
    }
    for name in ["", "Two", "a_b", "-a", "a-", "a.b", "ä", &"a".repeat(64)] {
        let told = Namespace::named(name).unwrap_err().to_string();
        assert!(told.starts_with(&format!("`{name}` is not a valid namespace name")), "{told}");
    }
}
