//! Outlier detection of clusters.

use serde_json::{Value, json};

use super::message::set;
use crate::kinds::OutlierDetection;

/// Applies outlier detection to a cluster. Envoy's defaults apply as in Istio (5 consecutive errors, 10 s, 30 s, 10 %).
/// Ejection by success rate and the panic threshold are disabled.
pub(crate) fn apply(cluster: &mut Value, detection: Option<&OutlierDetection>) {
    let Some(detection) = detection else { return };
    let mut message = json!({ "enforcing_success_rate": 0 });
    let mut consecutive = |field: &str, enforcing: &str, errors: Option<u32>| {
        if let Some(errors) = errors {
            set(&mut message, field, errors);
            set(&mut message, enforcing, if errors > 0 { 100 } else { 0 });
        }
    };
    consecutive("consecutive_5xx", "enforcing_consecutive_5xx", detection.consecutive_5xx_errors);
    consecutive(
        "consecutive_gateway_failure",
        "enforcing_consecutive_gateway_failure",
        detection.consecutive_gateway_errors,
    );
    if detection.split_external_local_origin_errors {
        consecutive(
            "consecutive_local_origin_failure",
            "enforcing_consecutive_local_origin_failure",
            detection.consecutive_local_origin_failures.filter(|failures| *failures > 0),
        );
        set(&mut message, "split_external_local_origin_errors", true);
        set(&mut message, "enforcing_local_origin_success_rate", 0);
    }
    if let Some(interval) = detection.interval {
        set(&mut message, "interval", interval.to_string());
    }
    if let Some(time) = detection.base_ejection_time {
        set(&mut message, "base_ejection_time", time.to_string());
    }
    if let Some(percent) = detection.max_ejection_percent.filter(|percent| *percent > 0) {
        set(&mut message, "max_ejection_percent", percent);
    }
    set(cluster, "outlier_detection", message);
    let threshold = f64::from(detection.min_health_percent.unwrap_or(0));
    set(cluster, "common_lb_config", json!({ "healthy_panic_threshold": { "value": threshold } }));
}
