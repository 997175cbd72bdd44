//! Queries of Envoy's admin socket.

use std::{collections::BTreeMap, path::Path, time::Duration};

use crate::control::unix_http;

/// Deadline of a query. Envoy answers from memory; it exceeds the deadline only if it hangs or the machine is
/// overloaded.
const DEADLINE: Duration = Duration::from_secs(5);

/// True if the proxy has loaded its configuration and listens.
pub async fn is_ready(socket: &Path) -> bool {
    matches!(unix_http::get(socket, "/ready", DEADLINE).await, Ok((status, _)) if status.is_success())
}

/// Metrics of Envoy in Prometheus text.
///
/// # Errors
/// If Envoy does not respond.
pub async fn prometheus(socket: &Path) -> Result<bytes::Bytes, unix_http::Error> {
    Ok(unix_http::get(socket, "/stats/prometheus", DEADLINE).await?.1)
}

/// Values of all statistics, numbers and texts, whose names match the regular expression `pattern`.
///
/// # Errors
/// If Envoy does not respond.
pub async fn stats(socket: &Path, pattern: &str) -> Result<BTreeMap<String, String>, unix_http::Error> {
    let target = format!("/stats?filter={}", escape(pattern));
    let (_, body) = unix_http::get(socket, &target, DEADLINE).await?;
    let lines = String::from_utf8_lossy(&body);
    Ok(lines
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

/// Reasons for which Envoy rejected updates of listeners and clusters.
pub async fn rejection_reasons(socket: &Path) -> Vec<String> {
    let Ok((_, body)) = unix_http::get(socket, "/config_dump", DEADLINE).await else { return Vec::new() };
    let Ok(dump) = serde_json::from_slice::<serde_json::Value>(&body) else { return Vec::new() };
    let mut found = Vec::new();
    collect_details(&dump, &mut found);
    found
}

/// Collects every `error_state.details`, which listeners, clusters and routes have at different depths.
fn collect_details(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            if let Some(details) = fields.get("error_state").and_then(|state| state.get("details")) {
                found.extend(details.as_str().map(str::to_owned));
            }
            fields.values().for_each(|value| collect_details(value, found));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| collect_details(value, found)),
        _ => {}
    }
}

fn escape(pattern: &str) -> String {
    let mut escaped = String::new();
    for byte in pattern.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
