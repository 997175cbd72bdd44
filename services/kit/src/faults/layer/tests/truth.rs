//! The ground truth outside of the response: the span and the counter.

use std::sync::{Arc, Mutex};

use metrics_exporter_prometheus::PrometheusBuilder;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{SdkTracerProvider, SpanData, SpanExporter},
};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

#[test]
fn faults_are_counted_by_rule_and_mode() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let page = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        block_on(async {
            let app = app("error=503;id=sick;path=/plain|latency=1us;id=slow", true);
            for path in ["/plain", "/plain", "/api/hello"] {
                ask(&app, path, None).await;
            }
            ask(&app, "/api/hello", Some("latency=1us;id=any-name-of-a-caller")).await;
        });
    });
    let page = page.render();
    for line in [
        r#"meshwalk_faults_injected_total{rule="sick",mode="error"} 2"#,
        r#"meshwalk_faults_injected_total{rule="slow",mode="latency"} 4"#,
        r#"meshwalk_faults_injected_total{rule="inject",mode="latency"} 1"#,
    ] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
    assert!(!page.contains("any-name-of-a-caller"), "callers can grow the metrics:\n{page}");
}

#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

#[test]
fn the_requests_span_carries_the_rule() {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
    let traced = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(traced), || {
        let app = app("latency=2ms;id=slow|error=503;id=sick", false);
        block_on(async { ask(&app, "/plain", None).await }.instrument(tracing::info_span!("request")));
    });
    let spans = kept.0.lock().unwrap();
    let attribute = |name: &str| {
        spans[0].attributes.iter().find(|pair| pair.key.as_str() == name).map(|pair| pair.value.to_string())
    };
    assert_eq!(attribute("meshwalk.fault.rule").as_deref(), Some("slow,sick"));
    assert_eq!(attribute("meshwalk.fault.mode").as_deref(), Some("latency,error"));
    assert_eq!(attribute("meshwalk.fault.delay_ms").as_deref(), Some("2"));
}
