//! Missing parts of a cluster are reported before any lab begins, with a command that installs them.

use meshwalk::{
    namespace::Namespace,
    platform::{AccessOptions, ClusterPlatform, Kubectl, Platform},
};
use serde_json::json;

use super::stand_in::{StandIn, pod, pods};

/// Error on a cluster where labs cannot run.
async fn told(stand_in: &StandIn) -> String {
    stand_in.platform(AccessOptions::default()).describe().await.unwrap_err().to_string()
}

fn assert_says(told: &str, all: &[&str]) {
    for words in all {
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
}

#[tokio::test]
async fn a_cluster_on_which_all_is_there_tells_its_versions() {
    let description = StandIn::healthy().platform(AccessOptions::default()).describe().await.unwrap();
    assert_eq!(description.versions["kubernetes"], "v1.34.0");
    assert_eq!(description.name, "namespace meshwalk");
}

#[tokio::test]
async fn a_kubectl_that_is_missing_is_told() {
    let kubectl = Kubectl::new(None, Namespace::default(), ".".into(), Box::new(|_| {}));
    let nowhere = ClusterPlatform::new(kubectl.with_program("/nowhere/kubectl".into()), AccessOptions::default());
    let told = nowhere.describe().await.unwrap_err().to_string();
    assert_says(&told, &["kubectl is not on the PATH", "https://kubernetes.io/docs/tasks/tools"]);
}

#[tokio::test]
async fn a_kubectl_that_is_too_old_is_told_with_the_version_that_is_needed() {
    let mut old = StandIn::healthy();
    old.answers("*version --client*", &json!({"clientVersion": {"gitVersion": "v1.24.3"}}));
    assert_says(&told(&old).await, &["it is v1.24.3 and has to be 1.31 or newer"]);
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_told_with_kubectls_own_words() {
    let mut away = StandIn::healthy();
    away.fails("*version -o json", "The connection to the server 10.0.0.1:6443 was refused");
    let words = ["10.0.0.1:6443 was refused", "no cluster answers", "scripts/cluster-up.sh"];
    assert_says(&told(&away).await, &words);
}

#[tokio::test]
async fn a_context_that_is_not_there_is_told_as_such() {
    let mut nowhere = StandIn::healthy();
    nowhere.fails("--context prod *version -o json", r#"error: context "prod" does not exist"#);
    let kubectl = nowhere.kubectl(Some("prod"), Namespace::default());
    let told = ClusterPlatform::new(kubectl, AccessOptions::default()).describe().await.unwrap_err().to_string();
    assert_says(&told, &["there is no context prod", "kubectl config get-contexts"]);
}

#[tokio::test]
async fn a_cluster_without_istio_is_told_from_one_whose_control_plane_is_down() {
    let mut without = StandIn::healthy();
    without.says("*api-resources*", "");
    assert_says(&told(&without).await, &["looking for Istio", "istioctl install -f istio/install/default.yaml"]);
    let mut down = StandIn::healthy();
    down.answers("*get deployments -A*", &json!({"items": [{"status": {}}]}));
    assert_says(&told(&down).await, &["its control plane is not ready", "kubectl get pods -A -l app=istiod"]);
}

#[tokio::test]
async fn a_namespace_that_is_missing_is_told_with_the_command_that_makes_it() {
    let mut empty = StandIn::healthy();
    empty.fails("*get namespace two*", "Error from server (NotFound): namespaces \"two\" not found");
    let kubectl = empty.kubectl(Some("mine"), Namespace::named("two").unwrap());
    let told = ClusterPlatform::new(kubectl, AccessOptions::default()).describe().await.unwrap_err().to_string();
    let deploy = "`scripts/deploy.sh --context mine --namespace two` makes it";
    assert_says(&told, &["looking for the namespace two failed", deploy]);
}

#[tokio::test]
async fn every_right_that_is_missing_is_told_before_anything_is_changed() {
    let mut bound = StandIn::healthy();
    bound.runs("-n meshwalk auth can-i create virtualservices*", "echo no; exit 1");
    bound.runs("-n meshwalk auth can-i delete virtualservices*", "echo no; exit 1");
    bound.runs("-n meshwalk auth can-i patch authorizationpolicies*", "echo no; exit 1");
    let told = told(&bound).await;
    let missing = "you may not: patch authorizationpolicies.security.istio.io in meshwalk, create/delete \
                   virtualservices.networking.istio.io in meshwalk";
    assert_says(&told, &[missing, "ask the cluster's administrator for a Role"]);
}

#[tokio::test]
async fn a_right_to_a_part_of_an_object_is_not_taken_for_one_to_an_object_of_that_name() {
    let mut bound = StandIn::healthy();
    bound.runs("-n meshwalk auth can-i create pods --subresource=portforward", "echo no; exit 1");
    bound.runs("-n meshwalk auth can-i patch deployments.apps --subresource=scale", "echo no; exit 1");
    let missing = "you may not: patch deployments.apps/scale in meshwalk, create pods/portforward in meshwalk";
    assert_says(&told(&bound).await, &[missing]);
}

#[tokio::test]
async fn beside_istio_nothing_has_to_be_allowed_where_the_gateway_is_named() {
    let mut bound = StandIn::healthy();
    bound.runs("-n istio-system *", "echo no; exit 1");
    assert_says(
        &told(&bound).await,
        &["you may not: list pods in istio-system", "with --gateway URL, nothing is needed"],
    );
    let named = AccessOptions { gateway: Some("http://203.0.113.7".to_owned()), ..AccessOptions::default() };
    assert!(bound.platform(named).describe().await.is_ok());
}

#[tokio::test]
async fn a_pod_that_is_not_as_labs_need_it_is_told_with_the_remedy() {
    let with = |changed: serde_json::Value| {
        let mut stand_in = StandIn::healthy();
        let name = changed["metadata"]["name"].clone();
        let others = pods().into_iter().filter(|pod| pod["metadata"]["name"] != name);
        stand_in.answers("*get pods -o json", &json!({"items": others.chain([changed]).collect::<Vec<_>>()}));
        stand_in
    };
    let told_of = async |changed| told(&with(changed)).await;

    let injection = told_of(pod("backend-v2", false)).await;
    assert_says(
        &injection,
        &["backend-v2-1 has no sidecar", "kubectl label namespace meshwalk istio-injection=enabled"],
    );
    assert_says(&told_of(pod("outsider", true)).await, &["outsider-1 has a sidecar", "sidecar.istio.io/inject"]);
    let mut unready = pod("frontend", true);
    unready["status"]["initContainerStatuses"][0]["ready"] = json!(false);
    assert_says(&told_of(unready).await, &["the sidecar of the pod frontend-1 is not ready", "-c istio-proxy"]);
    let mut unready = pod("frontend", true);
    unready["status"]["conditions"][0]["status"] = json!("False");
    assert_says(&told_of(unready).await, &["the pod frontend-1 is not ready", "describe pod frontend-1"]);
    let mut ending = pod("unauthorized", true);
    ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_says(&told_of(ending).await, &["unauthorized has no pod; `scripts/deploy.sh` deploys it"]);
}

#[tokio::test]
async fn pods_without_sidecars_are_no_wonder_where_no_istio_runs() {
    let mut leftover = StandIn::healthy();
    leftover.answers("*get deployments -A*", &json!({"items": []}));
    let bare: Vec<_> = pods().iter().map(|pod| pod["metadata"]["ownerReferences"][0]["name"].clone()).collect();
    let bare: Vec<_> = bare.iter().map(|workload| pod(workload.as_str().unwrap(), false)).collect();
    leftover.answers("*get pods -o json", &json!({"items": bare}));
    assert_says(&told(&leftover).await, &["has no sidecar", "Istio does not run here: `istioctl install"]);
}

#[tokio::test]
async fn a_cluster_without_an_ingress_gateway_is_told_unless_one_is_named() {
    let mut none = StandIn::healthy();
    none.says("*get pods -l istio=ingressgateway*", "");
    assert_says(&told(&none).await, &["no pod with the label istio=ingressgateway", "--gateway URL"]);
    let named = AccessOptions { gateway: Some("http://203.0.113.7".to_owned()), ..AccessOptions::default() };
    assert!(none.platform(named).describe().await.is_ok());
}

#[tokio::test]
async fn a_gateway_that_cannot_be_one_is_told_before_any_lab() {
    let named = AccessOptions { gateway: Some("meshwalk.example".to_owned()), ..AccessOptions::default() };
    let told = StandIn::healthy().platform(named).describe().await.unwrap_err().to_string();
    assert_says(&told, &["--gateway meshwalk.example failed: a URL such as http://203.0.113.7:8080 is needed"]);
}

#[tokio::test]
async fn a_named_gateway_that_has_a_port_to_open_is_asked_before_any_lab() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut deployed = StandIn::healthy();
    deployed.says("*get gateways.networking.istio.io -o name", "gateway.networking.istio.io/meshwalk");
    let platform = deployed.platform(AccessOptions { gateway: Some(url), ..AccessOptions::default() });
    tokio::select! {
        described = platform.describe() => panic!("nobody asked the gateway: {:?}", described.map(drop)),
        asked = listener.accept() => drop(asked.unwrap()),
    }
}
