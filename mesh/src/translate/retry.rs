//! Retry policies.

use serde_json::{Value, json};

use super::message::{extension, set};
use crate::kinds::Retries;

/// Istio's default retry conditions. A 503 response is not retried.
const DEFAULT_CONDITIONS: &str = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes";

/// Istio's default policy: two retries, on other hosts.
pub(crate) fn default_policy() -> Value {
    let mut policy = json!({
        "num_retries": 2,
        "retry_on": DEFAULT_CONDITIONS,
        "host_selection_retry_max_attempts": 5,
    });
    avoid_previous_hosts(&mut policy);
    policy
}

fn avoid_previous_hosts(policy: &mut Value) {
    let predicate = extension(
        "envoy.retry_host_predicates.previous_hosts",
        "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        json!({}),
    );
    set(policy, "retry_host_predicate", json!([predicate]));
}

/// Retry policy of a route, or `None` if retries are disabled. Absent fields have Istio's defaults. With consistent
/// hashing, retries use the same host.
pub(crate) fn policy(retries: Option<&Retries>, by_hash: bool) -> Option<Value> {
    let mut policy = default_policy();
    let remove_predicate = |policy: &mut Value| {
        if let Some(fields) = policy.as_object_mut() {
            fields.remove("retry_host_predicate");
        }
    };
    if by_hash {
        remove_predicate(&mut policy);
    }
    let Some(retries) = retries else { return Some(policy) };
    if retries.attempts == 0 {
        return None;
    }
    set(&mut policy, "num_retries", retries.attempts);
    if let Some(retry_on) = retries.retry_on.as_deref().filter(|text| !text.is_empty()) {
        let (conditions, statuses) = parse(retry_on);
        set(&mut policy, "retry_on", conditions);
        if !statuses.is_empty() {
            set(&mut policy, "retriable_status_codes", statuses);
        }
    }
    if let Some(timeout) = retries.per_try_timeout {
        set(&mut policy, "per_try_timeout", timeout.to_string());
    }
    match retries.retry_ignore_previous_hosts {
        Some(true) => avoid_previous_hosts(&mut policy),
        Some(false) => remove_predicate(&mut policy),
        None => {}
    }
    if let Some(backoff) = retries.backoff {
        set(&mut policy, "retry_back_off", json!({ "base_interval": backoff.to_string() }));
    }
    Some(policy)
}

/// Splits the conditions into names and numeric statuses, which are separate fields in Envoy.
fn parse(retry_on: &str) -> (String, Vec<u16>) {
    let mut conditions = Vec::new();
    let mut statuses = Vec::new();
    for part in retry_on.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.parse::<u16>() {
            Ok(status) if (100..600).contains(&status) => statuses.push(status),
            _ => conditions.push(part),
        }
    }
    if !statuses.is_empty() && !conditions.contains(&"retriable-status-codes") {
        conditions.push("retriable-status-codes");
    }
    (conditions.join(","), statuses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_statuses_from_retry_conditions() {
        assert_eq!(
            parse("connect-failure, 503,429"),
            ("connect-failure,retriable-status-codes".to_owned(), vec![503, 429])
        );
        assert_eq!(parse("5xx,reset"), ("5xx,reset".to_owned(), vec![]));
    }

    #[test]
    fn zero_attempts_disable_retries() {
        assert_eq!(policy(Some(&Retries::default()), false), None);
        assert_eq!(policy(None, false), Some(default_policy()));
    }

    #[test]
    fn retries_on_the_same_host_with_consistent_hashing() {
        assert!(policy(None, true).unwrap().get("retry_host_predicate").is_none());
        let retries = Retries { attempts: 1, retry_ignore_previous_hosts: Some(true), ..Retries::default() };
        assert!(policy(Some(&retries), true).unwrap().get("retry_host_predicate").is_some());
    }
}
