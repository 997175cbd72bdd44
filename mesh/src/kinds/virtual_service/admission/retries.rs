//! Admission of retries.

use crate::{kinds::Retries, manifest::Checker};

/// Envoy's retry conditions, including those for gRPC, that Istio accepts.
const CONDITIONS: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "envoy-ratelimited",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

pub(super) fn check(retries: &Retries, at: &str, checker: &mut Checker) {
    if retries.attempts == 0 {
        // `attempts: 0` disables retries, but these fields show that retries are wanted.
        let written = [("retryOn", retries.retry_on.as_ref().is_some_and(|text| !text.is_empty()))];
        for (name, _) in
            written.into_iter().chain([("perTryTimeout", retries.per_try_timeout.is_some())]).filter(|(_, is)| *is)
        {
            let field = format!("{at}.{name}");
            checker.reject(&field, "it has no effect without attempts", "write attempts, or remove it");
        }
    }
    checker.check_int32(&format!("{at}.attempts"), Some(retries.attempts));
    let retry_on = retries.retry_on.as_deref().unwrap_or_default();
    for condition in retry_on.split(',').filter(|_| !retry_on.is_empty()) {
        if CONDITIONS.contains(&condition) || is_known_status(condition) {
            continue;
        }
        let field = format!("{at}.retryOn");
        let message = format!("invalid retry condition {condition:?}");
        if condition.trim() != condition {
            checker.reject(&field, message, "remove the spaces");
        } else {
            let help = "use HTTP statuses, as 503, and Envoy's conditions, separated by commas";
            checker.reject(&field, message, format!("{help}: {}", CONDITIONS.join(", ")));
        }
    }
}

/// True for a status that Go's library names; Istio rejects others.
fn is_known_status(text: &str) -> bool {
    let status = text.strip_prefix('+').unwrap_or(text);
    let is_number = !status.is_empty() && status.bytes().all(|c| c.is_ascii_digit());
    let status = if is_number { status.parse().unwrap_or(0) } else { 0 };
    matches!(status, 100..=103 | 200..=208 | 226 | 300..=305 | 307 | 308)
        || matches!(status, 400..=418 | 421..=426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognizes_statuses_that_http_defines() {
        assert!(["100", "0503", "+503", "418", "511"].into_iter().all(is_known_status));
        assert!(!["99", "306", "499", "520", "599", "999", "-503", "5xx", "", "+"].into_iter().any(is_known_status));
    }
}
