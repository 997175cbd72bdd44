//! Sidecars cannot be bypassed, and identities need certificates.

use std::{collections::BTreeSet, net::SocketAddr, os::unix::fs::PermissionsExt};

use super::{
    bed::{Bed, eventually},
    requests::{self, HOST},
};

const FRONTEND: &str = "spiffe://cluster.local/ns/meshwalk/sa/frontend";
const GATEWAY: &str = "spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account";

async fn address_of(bed: &Bed, pod: &str) -> SocketAddr {
    (bed.pod(pod).await.address, 8080).into()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_behind_a_sidecar_listens_on_no_network() {
    let bed = Bed::up(&[]).await;
    let listening: BTreeSet<String> = ["tcp", "tcp6"]
        .iter()
        .flat_map(|table| {
            std::fs::read_to_string(format!("/proc/net/{table}"))
                .unwrap_or_default()
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        // Columns of proc_net_tcp: state 0A is LISTEN, the tenth is the socket's inode.
        .filter_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            (columns.get(3) == Some(&"0A")).then(|| format!("socket:[{}]", columns[9]))
        })
        .collect();
    let listens = |pid: u32| {
        let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
        descriptors
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .any(|link| listening.contains(&*link.to_string_lossy()))
    };
    let status = bed.status().await;
    for instance in &status.instances {
        let Some(pid) = instance.pid else { continue };
        // The outsider has no sidecar, and shows that this looks at the right thing.
        assert_eq!(listens(pid), !instance.sidecar, "{}", instance.name);
    }
    let mode = std::fs::metadata(&status.folder).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let key = status.folder.join("frontend-1/sds-default.json");
    assert_eq!(std::fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn strict_refuses_plaintext_without_an_http_answer_and_the_mesh_goes_on() {
    let bed = Bed::up(&[]).await;
    let backend = address_of(&bed, "backend-v1-1").await;
    let outsider = address_of(&bed, "outsider-1").await;
    assert_eq!(requests::hello(backend, "backend:8080", &[]).await.unwrap().0, 200);
    assert_eq!(requests::hello(outsider, "outsider", &[]).await.unwrap().0, 200);

    bed.apply("istio/security/strict.yaml").await;
    eventually("plaintext is refused", || async { requests::hello(backend, "backend:8080", &[]).await.is_err() }).await;
    let (status, tree) = requests::hello(outsider, "outsider", &[]).await.unwrap();
    assert_eq!((status, &tree["upstreams"][0]["error"]["kind"]), (502, &"reset".into()), "{tree}");
    assert_eq!(requests::hello(bed.gateway().await, HOST, &[]).await.unwrap().0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_identity_is_not_believed() {
    let bed = Bed::up(&[]).await;
    let forged = format!("By=spiffe://x;Hash=00;Subject=\"\";URI={FRONTEND}");
    let headers = [("x-forwarded-client-cert", forged.as_str())];
    // In plaintext, past the frontend.
    let (status, tree) =
        requests::hello(address_of(&bed, "backend-v1-1").await, "backend:8080", &headers).await.unwrap();
    assert_eq!((status, &tree["peer"]), (200, &serde_json::Value::Null), "{tree}");
    // Through the gateway: who called is the gateway, whatever its caller says.
    let (_, tree) = requests::hello(bed.gateway().await, HOST, &headers).await.unwrap();
    assert_eq!(tree["peer"], GATEWAY);
    assert_eq!(tree["upstreams"][0]["hop"]["peer"], FRONTEND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_tells_callers_apart_by_their_accounts() {
    let bed = Bed::up(&["istio/security/only-frontend-to-backend.yaml"]).await;
    for (pod, expected) in [("frontend-1", 200), ("unauthorized-1", 403)] {
        let (_, tree) = requests::hello_behind(&bed.pod(pod).await.app_socket).await.unwrap();
        assert_eq!(tree["upstreams"][0]["status"], expected, "{pod}: {tree}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_default_deny_a_new_service_answers_only_allowed_callers() {
    let policies = ["default-deny", "allow-ingress-to-frontend", "allow-frontend-to-backend"];
    let policies = policies.map(|name| format!("istio/security/{name}.yaml"));
    let files: Vec<&str> = ["k8s/chain"].into_iter().chain(policies.iter().map(String::as_str)).collect();
    let bed = Bed::up(&files).await;
    for file in ["istio/chain/subset.yaml", "istio/chain/no-retries.yaml"] {
        bed.apply(file).await;
    }
    // The frontend, the backend that calls the inventory, and what the inventory answers it.
    let through_the_chain = async || {
        let (_, tree) = requests::hello(bed.gateway().await, HOST, &[]).await.unwrap();
        let backend = &tree["upstreams"][0]["hop"];
        assert_eq!(backend["service"], "backend", "{tree}");
        backend["upstreams"][0].clone()
    };
    let inventory = (bed.pod("inventory-1").await.address, 8080).into();
    let (unauthorized, frontend) = (bed.pod("unauthorized-1").await.address, bed.pod("frontend-1").await.address);
    let refused_to_everybody_else = async || {
        for (who, to) in [
            ("plaintext", inventory),
            ("unauthorized", (unauthorized, 15101).into()),
            ("frontend", (frontend, 15101).into()),
        ] {
            assert_eq!(requests::hello(to, "inventory:8080", &[]).await.unwrap().0, 403, "{who}");
        }
    };
    assert_eq!(through_the_chain().await["status"], 403);
    refused_to_everybody_else().await;

    bed.apply("istio/security/allow-backend-to-inventory.yaml").await;
    let answered = through_the_chain().await;
    assert_eq!(answered["status"], 200, "{answered}");
    assert_eq!(answered["hop"]["peer"], "spiffe://cluster.local/ns/meshwalk/sa/backend");
    refused_to_everybody_else().await;
}
