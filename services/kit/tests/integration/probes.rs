//! What faults make the probes say.

use http::StatusCode;
use meshwalk_kit::faults::Origin;

use super::{
    client::{get, hello},
    service::Service,
};

#[tokio::test]
async fn a_process_that_is_not_alive_says_so_at_livez_alone() {
    let service = Service::start("backend", &[]).await;
    service.faults.add("not-live;id=dead", Origin::Control).unwrap();
    let answer = get(&service.admin, "/livez", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "not alive: fault dead\n"));
    for path in ["/readyz", "/startupz", "/metrics", "/version"] {
        assert_eq!(get(&service.admin, path, &[]).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(hello(&service.address, &[]).await.status, StatusCode::OK);
    let state = &service.faults.list()[0];
    assert_eq!((state.matched, state.fired), (1, 1), "each answer that said so is counted");
    service.faults.clear();
    assert_eq!(get(&service.admin, "/livez", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn processor_time_of_a_request_is_used_up_and_said() {
    let service = Service::start("backend", &["--fault=cpu=3ms;id=a\ncpu=2ms@100%;id=b"]).await;
    let answer = hello(&service.address, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let truth = answer.header("x-meshwalk-fault");
    assert!(truth.starts_with("a;mode=cpu;cpu_ms=3") && truth.contains("b;mode=cpu;cpu_ms=2"), "{truth}");
    assert!(answer.json()["faults"][0]["cpu_ms"].as_f64().unwrap() >= 3.0);
}
