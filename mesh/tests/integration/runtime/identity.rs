//! Certificates: whose they are is checked, and they are renewed while requests flow.

use std::collections::BTreeSet;

use meshwalk_mesh::{control::types::InstanceStatus, control::unix_http};
use rustix::process::{Pid, Signal, kill_process};

use super::{
    bed::{Bed, DEADLINE, eventually},
    requests::{self, HOST, Load},
};

/// The serial numbers of the certificates that a proxy shows.
async fn serials(instance: &InstanceStatus) -> BTreeSet<String> {
    let (_, body) = unix_http::get(&instance.envoy_admin_socket, "/certs", DEADLINE).await.unwrap();
    let certificates: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let chains = certificates["certificates"].as_array().into_iter().flatten();
    chains
        .flat_map(|certificate| certificate["cert_chain"].as_array().into_iter().flatten())
        .filter_map(|link| link["serial_number"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_another_service_account_is_refused_by_its_callers() {
    let bed = Bed::up(&["istio/routes/all-to-v2.yaml"]).await;
    assert_eq!(requests::hello(bed.gateway().await, HOST, &[]).await.unwrap().0, 200);
    let (server, unauthorized) = (bed.pod("backend-v2-1").await, bed.pod("unauthorized-1").await);
    let before = serials(&server).await;
    let secret = |instance: &InstanceStatus| instance.envoy_admin_socket.with_file_name("sds-default.json");
    // The mesh's own CA has certified it, for another account: it is moved in as a renewed one would be.
    let beside = secret(&server).with_extension("stolen");
    std::fs::copy(secret(&unauthorized), &beside).unwrap();
    std::fs::rename(&beside, secret(&server)).unwrap();
    eventually("the server shows the unauthorized client's certificate", || async { serials(&server).await != before })
        .await;
    // The caller's open connections were made to the server as it was; with a new proxy it makes new ones.
    let caller = bed.pod("frontend-1").await;
    let pid = i32::try_from(caller.envoy_pid.unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    eventually("the caller's proxy is back", || async {
        let now = bed.pod("frontend-1").await;
        now.ready && now.restarts == 1
    })
    .await;
    eventually("the caller refuses the server", || async {
        let Ok((_, tree)) = requests::hello_behind(&caller.app_socket).await else { return false };
        tree["upstreams"][0]["status"] == 503
    })
    .await;
    let (_, stats) =
        unix_http::get(&caller.envoy_admin_socket, "/stats?filter=fail_verify_san", DEADLINE).await.unwrap();
    let refused = String::from_utf8_lossy(&stats).lines().any(|line| !line.ends_with(": 0"));
    assert!(refused, "{}", String::from_utf8_lossy(&stats));
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_while_requests_flow_and_none_is_lost() {
    let bed = Bed::up_with(&["istio/security/strict.yaml"], &["--certificate-lifetime", "10"]).await;
    let server = bed.pod("backend-v2-1").await;
    let load = Load::start(bed.gateway().await);
    let mut seen = serials(&server).await;
    let expires = server.certificate_expires.clone();
    let end = std::time::Instant::now() + DEADLINE;
    while seen.len() < 3 {
        assert!(std::time::Instant::now() < end, "not two renewals within {DEADLINE:?}: {seen:?}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        seen.extend(serials(&server).await);
    }
    assert_ne!(bed.pod("backend-v2-1").await.certificate_expires, expires);
    load.finish_without_a_failure().await;
}
