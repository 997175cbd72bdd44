//! Changes to a running mesh: all of it or nothing of it, and no request is lost.

use std::io::Write;

use meshwalk_mesh::control::types::Section;

use super::{
    bed::{Bed, eventually, lives, project},
    requests::{self, HOST, Load},
};

pub(super) fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// The version of the backend that answers, and whether the answer is whole.
pub(super) async fn version(bed: &Bed) -> Option<String> {
    let (status, tree) = requests::hello(bed.gateway().await, HOST, &[]).await.ok()?;
    let version = tree["upstreams"][0]["hop"]["version"].as_str()?.to_owned();
    (status == 200).then_some(version)
}

#[tokio::test(flavor = "multi_thread")]
async fn while_routes_policies_and_endpoints_change_no_request_fails() {
    let bed = Bed::up(&["istio/routes/all-to-v1.yaml"]).await;
    let load = Load::start(bed.gateway().await);
    for file in [
        "istio/routes/90-10.yaml",
        "istio/security/strict.yaml",
        "istio/routes/50-50.yaml",
        "istio/security/permissive.yaml",
        "istio/routes/all-to-v2.yaml",
        "istio/security/only-frontend-to-backend.yaml",
    ] {
        bed.apply(file).await;
    }
    // The change is active when `apply` returns, so do not wait.
    for _ in 0..20 {
        assert_eq!(version(&bed).await.as_deref(), Some("v2"));
    }
    bed.client.delete(&[project().join("istio/routes/all-to-v2.yaml")]).await.unwrap();
    load.finish_without_a_failure().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_changes_gets_its_new_pods_before_the_old_ones_go() {
    let bed = Bed::up(&["istio/routes/all-to-v1.yaml"]).await;
    let before = bed.pod("backend-v1-1").await;
    let load = Load::start(bed.gateway().await);
    let text = std::fs::read_to_string(project().join("k8s/base/backend-v1.yaml")).unwrap();
    let changed = text
        .replacen("  name: backend-v1\n", "  name: backend-v1\n  namespace: meshwalk\n", 1)
        .replace("replicas: 2", "replicas: 1")
        .replace(
            "          env:\n",
            "          env:\n            - name: MESHWALK_DRAIN_DELAY\n              value: 1s\n",
        );
    assert_ne!(text, changed);
    let change = bed.client.apply(&[file(&changed).path().to_owned()]).await.unwrap();
    assert_eq!(change.configured, ["Deployment meshwalk/backend-v1"]);
    let names: Vec<String> = bed.status().await.instances.into_iter().map(|instance| instance.name).collect();
    assert!(names.contains(&"backend-v1-3".to_owned()) && !names.contains(&"backend-v1-1".to_owned()), "{names:?}");
    eventually("the old pod ends", || async { !lives(before.pid.unwrap()) && !lives(before.envoy_pid.unwrap()) }).await;
    load.finish_without_a_failure().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restart_and_scale_down_lose_no_request_and_wait_for_old_pods() {
    let bed = Bed::up(&["istio/routes/50-50.yaml"]).await;
    let before = [bed.pod("backend-v2-1").await, bed.pod("backend-v1-2").await];
    let load = Load::start(bed.gateway().await);
    let change = bed.client.restart(&["backend-v2".to_owned()]).await.unwrap();
    assert!(change.notes.contains(&"pod backend-v2-2 was started".to_owned()), "{:?}", change.notes);
    assert!(!lives(before[0].pid.unwrap()) && !lives(before[0].envoy_pid.unwrap()));
    let change = bed.client.scale("backend-v1", 1).await.unwrap();
    assert_eq!(change.configured, ["Deployment meshwalk/backend-v1"]);
    assert!(!lives(before[1].pid.unwrap()) && !lives(before[1].envoy_pid.unwrap()));
    let names: Vec<String> = bed.status().await.instances.into_iter().map(|instance| instance.name).collect();
    let backends: Vec<_> = names.iter().filter(|name| name.starts_with("backend-")).collect();
    assert_eq!(backends, ["backend-v1-1", "backend-v2-2"]);
    load.finish_without_a_failure().await;

    let unknown = bed.client.restart(&["backend-v3".to_owned()]).await.unwrap_err();
    assert!(unknown.is_input() && unknown.to_string().contains("existing: backend-v1, backend-v2"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_file_changes_nothing() {
    let bed = Bed::up(&["istio/routes/all-to-v1.yaml"]).await;
    let (version_before, snapshot) = (bed.status().await.config_version, bed.client.resources().await.unwrap());
    let config = bed.client.config("frontend").await.unwrap();
    let text = std::fs::read_to_string(project().join("istio/routes/90-10.yaml")).unwrap();
    for (broken, expected) in [
        (text.replace("weight: 10", "wieght: 10"), "wieght"),
        (text.replace("subset: v2", "subset: v9"), "v9"),
        (text.replace("spec:", "spec: {"), ":"),
        ("# nothing but a comment\n".to_owned(), "no resource in"),
    ] {
        let file = file(&broken);
        let error = bed.client.apply(&[file.path().to_owned()]).await.unwrap_err();
        assert!(error.is_input(), "{error}");
        let words = error.to_string();
        assert!(words.contains(expected) && words.contains(&*file.path().to_string_lossy()), "{words}");
    }
    assert_eq!(bed.status().await.config_version, version_before);
    assert_eq!(bed.client.resources().await.unwrap(), snapshot);
    assert_eq!(bed.client.config("frontend").await.unwrap(), config);
    assert_eq!(version(&bed).await.as_deref(), Some("v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_does_nothing_here_is_named_when_it_is_applied() {
    let bed = Bed::up(&[]).await;
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: meshwalk}\ndata: {a: b}\n";
    let change = bed.client.apply(&[file(text).path().to_owned()]).await.unwrap();
    let [note] = change.notes.as_slice() else { panic!("{change:?}") };
    assert!(note.starts_with("ConfigMap meshwalk/settings has no effect here: "), "{note}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_scale_releases_addresses_and_replaced_pods_have_a_reason() {
    let bed = Bed::up(&[]).await;
    let error = bed.client.scale("backend-v1", 1000).await.unwrap_err();
    assert!(error.to_string().contains("use fewer replicas"), "{error}");
    let change = bed.client.scale("backend-v1", 3).await.unwrap();
    let has = |words: &str| change.notes.iter().any(|note| note == words);
    assert!(has("pod backend-v1-3 was started"), "{change:?}");
    assert!(
        has("pod outsider-2 was started: it has no sidecar and reads the addresses of other pods only at start"),
        "{change:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_service_port_replaces_pods_with_a_reason_and_loses_no_request() {
    let bed = Bed::up(&[]).await;
    let load = Load::start(bed.gateway().await);
    let text = "apiVersion: v1\nkind: Service\nmetadata: {name: extra, namespace: meshwalk}\n\
                spec: {selector: {app: frontend}, ports: [{name: http, port: 9000, targetPort: http}]}\n";
    let change = bed.client.apply(&[file(text).path().to_owned()]).await.unwrap();
    let note = change.notes.iter().find(|note| note.starts_with("pod frontend-2 was started")).unwrap();
    assert!(note.contains("only at start") && note.ends_with("the port 9000 is new"), "{note}");
    let change = bed.client.delete(&[file(text).path().to_owned()]).await.unwrap();
    assert!(!change.notes.iter().any(|note| note.contains("frontend")), "a port that was told of stays: {change:?}");
    load.finish_without_a_failure().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_put_back_wholesale() {
    let bed = Bed::up(&["istio/routes/all-to-v1.yaml"]).await;
    let snapshot = bed.client.resources().await.unwrap();
    bed.apply("istio/routes/all-to-v2.yaml").await;
    bed.apply("istio/security/strict.yaml").await;
    assert_eq!(version(&bed).await.as_deref(), Some("v2"));
    let change = bed.client.put_resources(&snapshot).await.unwrap();
    assert_eq!(change.deleted, ["PeerAuthentication meshwalk/default"]);
    assert_eq!(change.configured, ["VirtualService meshwalk/backend"]);
    assert_eq!(bed.client.resources().await.unwrap(), snapshot);
    assert_eq!(version(&bed).await.as_deref(), Some("v1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_shown_with_its_files_and_without_keys() {
    let bed = Bed::up(&[]).await;
    let proxies = bed.client.config("backend-v1").await.unwrap();
    assert_eq!(proxies.len(), 2);
    for proxy in &proxies {
        let has = |section| proxy.files.iter().any(|file| file.section == section && file.path.is_file());
        assert!([Section::Bootstrap, Section::Listeners, Section::Clusters].into_iter().all(has));
        assert!(!serde_json::to_string(&proxy.files).unwrap().contains("PRIVATE KEY"));
    }
}
