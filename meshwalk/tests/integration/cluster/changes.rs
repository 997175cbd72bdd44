//! Changes go to the namespace of the workload, whatever the files name.

use std::{fs, path::PathBuf};

use meshwalk::{
    namespace::Namespace,
    platform::{AccessOptions, Action, ClusterPlatform, Platform},
};
use serde_json::{Value, json};

use super::stand_in::StandIn;

/// A cluster without a proxy, whose commands on files are noted.
fn noting() -> StandIn {
    let mut stand_in = StandIn::healthy();
    stand_in.answers("*get pods -o json", &json!({"items": []}));
    stand_in.says("*get pods -l istio=ingressgateway*", "");
    stand_in.answers("*get virtualservices*", &json!({"items": []}));
    let input = stand_in.file("input");
    stand_in.runs("*apply*", &format!("cat >'{}'", input.display()));
    fs::write(
        stand_in.file("route.yaml"),
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a, namespace: meshwalk}\n",
    )
    .unwrap();
    stand_in
}

#[tokio::test]
async fn files_for_the_usual_namespace_are_applied_as_they_are() {
    let stand_in = noting();
    let (platform, files) = (stand_in.platform(AccessOptions::default()), [PathBuf::from("route.yaml")]);
    assert_eq!(platform.command(&Action::Apply(&files)).await.unwrap(), "kubectl -n meshwalk apply -f route.yaml");
    platform.apply(&files).await.unwrap();
    assert!(stand_in.calls().contains(&"-n meshwalk apply -f route.yaml".to_owned()), "{:?}", stand_in.calls());
}

#[tokio::test]
async fn files_for_another_namespace_are_applied_with_its_name_put_in() {
    let stand_in = noting();
    let kubectl = stand_in.kubectl(Some("mine"), Namespace::named("two").unwrap());
    let (platform, files) = (ClusterPlatform::new(kubectl, AccessOptions::default()), [PathBuf::from("route.yaml")]);
    assert_eq!(
        platform.command(&Action::Apply(&files)).await.unwrap(),
        "awk -v namespace=two -f scripts/namespace.awk route.yaml | kubectl --context mine -n two apply -f -"
    );
    platform.apply(&files).await.unwrap();
    let applied: Value = serde_json::from_slice(&fs::read(stand_in.file("input")).unwrap()).unwrap();
    assert_eq!(applied["items"][0]["metadata"], json!({"name": "a", "namespace": "two"}));
    assert_eq!(platform.restore_command(), "meshwalk restore --on cluster --context mine --namespace two");
}

#[tokio::test]
async fn a_file_that_lies_outside_is_refused_before_anything_is_run() {
    let stand_in = noting();
    let outside = "kind: PeerAuthentication\nmetadata: {name: default, namespace: istio-system}\n";
    fs::write(stand_in.file("outside.yaml"), outside).unwrap();
    let platform =
        ClusterPlatform::new(stand_in.kubectl(None, Namespace::named("two").unwrap()), AccessOptions::default());
    let told = platform.apply(&[PathBuf::from("outside.yaml")]).await.unwrap_err().to_string();
    assert!(told.contains("PeerAuthentication default in istio-system is not in the namespace two"), "{told}");
    assert_eq!(stand_in.calls(), [""; 0]);
}
