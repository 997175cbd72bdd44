//! Admission of DestinationRules.

mod load_balancing;

use std::collections::BTreeSet;

use crate::{
    kinds::{
        ConnectionPool, DestinationRule, H2UpgradePolicy, HttpConnections, OutlierDetection, PortTrafficPolicy,
        TrafficPolicy, virtual_service::SUBSET_HELP,
    },
    manifest::{Checker, Object, label_names},
};

pub(super) fn check(rule: &Object<DestinationRule>, checker: &mut Checker) {
    checker.check_exports(rule);
    if let Some(whole) = &rule.spec.traffic_policy {
        policy(whole, "spec.trafficPolicy", checker);
    }
    for (index, subset) in rule.spec.subsets.iter().enumerate() {
        let at = format!("spec.subsets[{index}]");
        if !label_names::is_domain_label(&subset.name) {
            checker.reject(&format!("{at}.name"), format!("invalid subset name {:?}", subset.name), SUBSET_HELP);
        }
        checker.check_labels(&format!("{at}.labels"), &subset.labels);
        if let Some(of_subset) = &subset.traffic_policy {
            policy(of_subset, &format!("{at}.trafficPolicy"), checker);
        }
    }
}

const EMPTY: &str = "write loadBalancer, connectionPool, outlierDetection or tls, or remove it";

fn policy(policy: &TrafficPolicy, at: &str, checker: &mut Checker) {
    let TrafficPolicy { load_balancer, connection_pool, outlier_detection, tls, port_level_settings } = policy;
    if *policy == TrafficPolicy::default() {
        checker.reject(at, "the traffic policy is empty", EMPTY);
    }
    // The settings that a policy and a port's policy share.
    let shared = PortTrafficPolicy {
        load_balancer: load_balancer.clone(),
        connection_pool: connection_pool.clone(),
        outlier_detection: outlier_detection.clone(),
        tls: tls.clone(),
        ..PortTrafficPolicy::default()
    };
    settings(&shared, at, checker);
    let mut ports = BTreeSet::new();
    for (index, of_port) in port_level_settings.iter().enumerate() {
        let at = format!("{at}.portLevelSettings[{index}]");
        let PortTrafficPolicy { port, .. } = of_port;
        if *of_port == (PortTrafficPolicy { port: *port, ..PortTrafficPolicy::default() }) {
            checker.reject(&at, "the traffic policy of the port is empty", EMPTY);
        }
        // Istio accepts duplicates and silently uses one of them.
        if !ports.insert(port.number) {
            let message = format!("duplicate port {}", port.number);
            checker.reject(&format!("{at}.port"), message, "merge the settings of the port");
        }
        settings(of_port, &at, checker);
    }
}

fn settings(of_port: &PortTrafficPolicy, at: &str, checker: &mut Checker) {
    if let Some(balancer) = &of_port.load_balancer {
        load_balancing::check(balancer, &format!("{at}.loadBalancer"), checker);
    }
    if let Some(pool) = &of_port.connection_pool {
        connections(pool, &format!("{at}.connectionPool"), checker);
    }
    if let Some(detection) = &of_port.outlier_detection {
        outliers(detection, &format!("{at}.outlierDetection"), checker);
    }
}

fn connections(pool: &ConnectionPool, at: &str, checker: &mut Checker) {
    if pool.tcp.is_none() && pool.http.is_none() {
        checker.reject(at, "the connection pool has no limit", "write tcp or http, or remove it");
    }
    if let Some(tcp) = &pool.tcp {
        checker.check_int32(&format!("{at}.tcp.maxConnections"), tcp.max_connections);
    }
    let Some(http) = &pool.http else { return };
    let HttpConnections { http1_max_pending_requests, http2_max_requests, max_requests_per_connection, .. } = http;
    for (name, number) in [
        ("http1MaxPendingRequests", http1_max_pending_requests),
        ("http2MaxRequests", http2_max_requests),
        ("maxRequestsPerConnection", max_requests_per_connection),
        ("maxRetries", &http.max_retries),
        ("maxConcurrentStreams", &http.max_concurrent_streams),
    ] {
        checker.check_int32(&format!("{at}.http.{name}"), *number);
    }
    if http.use_client_protocol && http.h2_upgrade_policy == H2UpgradePolicy::Upgrade {
        let message = "useClientProtocol and h2UpgradePolicy: UPGRADE exclude each other";
        checker.reject(&format!("{at}.http.useClientProtocol"), message, "remove one of them");
    }
}

fn outliers(detection: &OutlierDetection, at: &str, checker: &mut Checker) {
    checker.check_range(&format!("{at}.maxEjectionPercent"), detection.max_ejection_percent, 0, 100);
    checker.check_range(&format!("{at}.minHealthPercent"), detection.min_health_percent, 0, 100);
    let of_local_origin = detection.consecutive_local_origin_failures.is_some_and(|failures| failures > 0);
    if of_local_origin && !detection.split_external_local_origin_errors {
        let message = "local errors are not counted separately";
        let help = "write splitExternalLocalOriginErrors: true too";
        checker.reject(&format!("{at}.consecutiveLocalOriginFailures"), message, help);
    }
}
