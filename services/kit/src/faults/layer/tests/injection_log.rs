//! The ground truth outside of the response: the counter and the log.

use crate::telemetry::SeriesRegistry as Series;

use super::*;

#[test]
fn faults_are_counted_by_rule_and_mode() {
    let series = Series::default();
    metrics::with_local_recorder(&series, || {
        block_on(async {
            let app = app("error=503;id=sick;path=/plain|latency=1us;id=slow", true);
            for path in ["/plain", "/plain", "/api/hello"] {
                ask(&app, path, None).await;
            }
            ask(&app, "/api/hello", Some("latency=1us;id=any-name-of-a-caller")).await;
        });
    });
    let page = series.text();
    for line in [
        r#"meshwalk_faults_injected_total{rule="sick",mode="error"} 2"#,
        r#"meshwalk_faults_injected_total{rule="slow",mode="latency"} 4"#,
        r#"meshwalk_faults_injected_total{rule="inject",mode="latency"} 1"#,
    ] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
    assert!(!page.contains("any-name-of-a-caller"), "callers can grow the metrics:\n{page}");
}

#[test]
fn the_log_knows_of_a_fault_whose_answer_the_client_did_not_wait_for() {
    let log = InjectionLog::default();
    block_on(async {
        let app = app("latency=50s;id=slow", false);
        let request = Request::builder().uri("/plain").extension(log.clone()).body(Body::empty()).unwrap();
        let answer = tokio::time::timeout(Duration::from_millis(1), app.oneshot(request)).await;
        assert!(answer.is_err(), "the delay was over at once");
    });
    assert_eq!(log.injected().to_string(), "slow;mode=latency;delay_ms=50000");
}
