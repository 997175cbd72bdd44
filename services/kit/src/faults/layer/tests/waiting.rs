//! Requests that wait because of a rule, and what ends their waiting.

use tokio::task::JoinHandle;

use super::*;

/// Asks for `/plain` in the background, and returns when a rule has fired for it.
async fn waiting(rules: &str) -> (Registry, JoinHandle<Answer>) {
    let registry = Registry::new(FaultSettings::default());
    registry.add(rules, Origin::Control).unwrap();
    let app = Router::new().route("/plain", get(async || "fine")).layer(FaultLayer::new(registry.clone()));
    let answer = tokio::spawn(async move { ask(&app, "/plain", None).await });
    while registry.list().iter().all(|state| state.fired == 0) {
        tokio::task::yield_now().await;
    }
    (registry, answer)
}

#[test]
fn a_rule_that_is_removed_lets_go_of_the_requests_it_delays() {
    block_on(async {
        let (registry, answer) = waiting("latency=50s;id=slow").await;
        registry.remove("slow").unwrap();
        let answer = tokio::time::timeout(DEADLINE, answer).await.expect("the request goes on").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "fine"));
        let told = answer.header(FAULT_HEADER).unwrap();
        let waited: f64 = told.strip_prefix("slow;mode=latency;delay_ms=").unwrap().parse().unwrap();
        assert!(waited < 50_000.0, "{told}");
    });
}

#[test]
fn a_request_that_hangs_is_handled_when_the_rules_are_cleared() {
    block_on(async {
        let (registry, answer) = waiting("hang;id=stuck|latency=50s;id=late|latency=50s;id=later").await;
        assert_eq!(registry.clear(), ["stuck", "late", "later"]);
        let answer = tokio::time::timeout(DEADLINE, answer).await.expect("the request goes on").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "fine"));
        assert!(answer.header(FAULT_HEADER).unwrap().ends_with(", stuck;mode=hang"), "{:?}", answer.headers);
    });
}

#[test]
fn a_request_hangs_no_longer_than_its_rule_lives() {
    block_on(async {
        let (_, answer) = waiting("hang;ttl=20ms").await;
        let answer = tokio::time::timeout(DEADLINE, answer).await.expect("the request goes on").unwrap();
        assert_eq!(answer.status, 200);
    });
}

#[test]
fn a_delay_that_has_begun_outlasts_the_expiry_of_its_rule() {
    block_on(async {
        let (registry, answer) = waiting("latency=400ms;id=slow;ttl=20ms").await;
        while !registry.list().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // Any change drops the expired rule.
        registry.add("unready", Origin::Control).unwrap();
        let answer = tokio::time::timeout(DEADLINE, answer).await.expect("the request goes on").unwrap();
        assert_eq!(answer.header(FAULT_HEADER), Some("slow;mode=latency;delay_ms=400"));
    });
}

#[test]
fn clearing_wakes_a_request_that_hangs_by_its_own_wish() {
    block_on(async {
        let registry = Registry::new(FaultSettings {
            trust: Trust { allow_inject: true, peers: Vec::new() },
            ..FaultSettings::default()
        });
        let app = Router::new().route("/plain", get(async || "fine")).layer(FaultLayer::new(registry.clone()));
        let log = InjectionLog::default();
        let request = Request::builder().uri("/plain").header(INJECT_HEADER, "hang").extension(log.clone());
        let asked = tokio::spawn(app.oneshot(request.body(Body::empty()).unwrap()));
        while log.injected().faults.is_empty() {
            tokio::task::yield_now().await;
        }
        registry.clear();
        let response = tokio::time::timeout(DEADLINE, asked).await.expect("the request goes on").unwrap().unwrap();
        assert_eq!(response.status(), 200);
    });
}
