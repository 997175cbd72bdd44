//! Caps that protect the host from faults, and where they are reported.

use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use super::{
    client::{Client, get, hello},
    service::{DEADLINE, Service},
};

async fn rules(service: &Service) -> Value {
    get(&service.control, "/faults", &[]).await.json()["rules"].clone()
}

#[tokio::test]
async fn a_hang_that_the_cap_ends_is_counted_as_capped() {
    let service = Service::start("backend", &["--fault-max-hang=50ms", "--fault=hang;id=stuck"]).await;
    let asked = Client::http1();
    let answer = tokio::time::timeout(DEADLINE, asked.get(&service.address, "/api/hello", &[])).await;
    assert!(answer.expect("the connection is closed").is_err());
    let rule = rules(&service).await[0].clone();
    assert_eq!((&rule["fired"], &rule["capped"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_hang_that_its_rule_ends_is_not() {
    let service = Service::start("backend", &["--fault=hang;id=stuck;ttl=300ms"]).await;
    let answer = hello(&service.address, &[]).await;
    assert_eq!((answer.status, answer.header("x-meshwalk-fault")), (StatusCode::OK, "stuck;mode=hang"));
}

#[tokio::test]
async fn a_call_that_hangs_up_to_the_cap_says_so_in_the_call_tree() {
    let inventory = Service::start("backend", &[]).await;
    let url = format!("--upstream=inventory=http://{}", inventory.address);
    let flags = [url.as_str(), "--fault-max-hang=50ms", "--fault=hang;upstream=inventory;id=stuck"];
    let service = Service::start("frontend", &flags).await;
    let answer = hello(&service.address, &[]).await;
    let tree = answer.json();
    assert_eq!(tree["faults"], json!([{"id": "stuck", "mode": "hang", "capped": true, "upstream": "inventory"}]));
    assert_eq!(answer.header("x-meshwalk-fault"), "stuck;mode=hang;upstream=\"inventory\";capped");
    assert_eq!(rules(&service).await[0]["capped"], 1);
}

#[tokio::test]
async fn a_body_that_drips_for_too_long_comes_at_once_then_and_is_counted_as_capped() {
    let service = Service::start("backend", &["--fault-max-hang=50ms", "--fault=drip=1B/s;id=leaky"]).await;
    let answer = tokio::time::timeout(DEADLINE, hello(&service.address, &[])).await.expect("the rest comes");
    assert_eq!(answer.json()["status"], 200);
    let rule = rules(&service).await[0].clone();
    assert_eq!((&rule["fired"], &rule["capped"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn memory_that_cannot_be_had_is_told_to_who_asked_for_it_and_to_who_looks() {
    // More than there are addresses: no machine has it, and asking for it costs nothing.
    let service = Service::start("backend", &["--fault-max-memory=17179869183GiB"]).await;
    let request = Request::builder().method(Method::POST).uri(format!("http://{}/faults", service.control));
    let request = request.body(Full::from("leak=1B/s;id=greedy")).unwrap();
    let added = Client::http1().send(request).await.unwrap();
    assert_eq!(added.status, StatusCode::OK, "the rule is in force, whatever the host gives");
    for rule in [added.json()[0].clone(), rules(&service).await[0].clone()] {
        let why = rule["failed"].as_str().unwrap();
        assert!(why.contains("cannot be had") && why.ends_with("lower --fault-max-memory"), "{why}");
        assert_eq!((&rule["matched"], &rule["fired"]), (&json!(1), &json!(0)), "{rule}");
    }
    assert_eq!(hello(&service.address, &[]).await.status, StatusCode::OK);
}
