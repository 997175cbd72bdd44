//! Parts that end unasked come back, are reported, and get no requests meanwhile.

use meshwalk_mesh::control::types::Section;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    bed::{Bed, eventually},
    requests::{self, HOST},
};

fn kill(pid: Option<u32>) {
    kill_process(Pid::from_raw(i32::try_from(pid.unwrap()).unwrap()).unwrap(), Signal::KILL).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_and_an_application_that_are_killed_come_back_and_are_reported() {
    let bed = Bed::up(&["istio/routes/all-to-v2.yaml"]).await;
    let before = bed.pod("backend-v2-1").await;
    for (round, pid) in [before.envoy_pid, before.pid].into_iter().enumerate() {
        kill(pid);
        eventually("it is started again and ready", || async {
            let now = bed.pod("backend-v2-1").await;
            now.ready && usize::try_from(now.restarts).unwrap() == round + 1
        })
        .await;
        eventually("it answers", || async {
            matches!(requests::hello(bed.gateway().await, HOST, &[]).await, Ok((200, _)))
        })
        .await;
    }
    let after = bed.pod("backend-v2-1").await;
    assert_ne!(after.pid, before.pid);
    assert_ne!(after.envoy_pid, before.envoy_pid);
    assert_eq!(after.address, before.address);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unready_pod_gets_no_requests_until_it_is_ready_again() {
    let bed = Bed::up(&["istio/routes/all-to-v1.yaml"]).await;
    let sick = bed.pod("backend-v1-1").await;
    bed.faults("backend-v1-1", http::Method::POST, "unready").await;
    eventually("it is unready", || async { !bed.pod("backend-v1-1").await.ready }).await;
    eventually("its address is gone from the frontend's endpoints", || async {
        let mut files = bed.client.config("frontend").await.unwrap().remove(0).files;
        files.retain(|file| file.section == Section::Clusters);
        assert!(!files.is_empty());
        !serde_json::to_string(&files).unwrap().contains(&format!("\"{}\"", sick.address))
    })
    .await;
    eventually("the other one answers alone", || async {
        let (_, tree) = requests::hello(bed.gateway().await, HOST, &[]).await.unwrap();
        tree["upstreams"][0]["hop"]["instance"] == "backend-v1-2"
    })
    .await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..30 {
        let (_, tree) = requests::hello(bed.gateway().await, HOST, &[]).await.unwrap();
        seen.insert(tree["upstreams"][0]["hop"]["instance"].as_str().unwrap_or_default().to_owned());
    }
    bed.faults("backend-v1-1", http::Method::DELETE, "").await;
    eventually("it is ready again and answers", || async {
        let (_, tree) = requests::hello(bed.gateway().await, HOST, &[]).await.unwrap();
        tree["upstreams"][0]["hop"]["instance"] == "backend-v1-1"
    })
    .await;
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["backend-v1-2"]);
}
