//! Observations of a probe's responses, without values that vary between requests.

use std::collections::{BTreeMap, BTreeSet};

use meshwalk::traffic::SingleResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Headers whose values contain times, durations or IDs, and not the mesh's behaviour. Only their presence is compared.
const VOLATILE: [&str; 14] = [
    "b3",
    "content-length",
    "date",
    "traceparent",
    "tracestate",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-envoy-peer-metadata",
    "x-envoy-peer-metadata-id",
    "x-envoy-upstream-service-time",
    "x-meshwalk-instance",
    "x-request-id",
];

/// Placeholder for a value that varies between requests.
const SOME: &str = "…";

/// Observation of a probe's responses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// Statuses, and the failures of requests without a response.
    pub outcomes: BTreeSet<String>,
    /// Services that responded; empty for a proxy.
    pub services: BTreeSet<String>,
    /// Versions of the services.
    pub versions: BTreeSet<String>,
    /// Number of instances that responded.
    pub instances: BTreeSet<String>,
    /// Identity of the caller, as the services received it; `none` without one.
    pub peers: BTreeSet<String>,
    /// Numbers of the attempts that got a response.
    pub attempts: BTreeSet<u64>,
    /// Longest duration, in milliseconds.
    pub longest_ms: f64,
    /// Last request, as received by the service.
    pub request: Option<Request>,
    /// Headers of the last response.
    pub answered: BTreeMap<String, Vec<String>>,
    /// Body of the last response, if a proxy sent it.
    pub body: Option<String>,
}

/// Request as received by a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Method of the request.
    pub method: String,
    /// Path with the query.
    pub path: String,
    /// Host of the request.
    pub host: String,
    /// Headers of the request.
    pub headers: BTreeMap<String, Vec<String>>,
}

impl Observation {
    /// Combines the responses to an observation.
    #[must_use]
    pub fn of(answers: &[SingleResponse]) -> Self {
        let mut observed = Self::default();
        answers.iter().for_each(|answer| observed.add(answer));
        observed
    }

    fn add(&mut self, answer: &SingleResponse) {
        let failed = answer.error.as_ref().map(|error| error.kind.to_string());
        self.outcomes.insert(failed.or(answer.status.map(|status| status.to_string())).unwrap_or_default());
        self.longest_ms = self.longest_ms.max(answer.took_ms);
        self.answered = BTreeMap::new();
        for (name, value) in &answer.headers {
            match name.as_str() {
                "x-meshwalk-service" => drop(self.services.insert(value.clone())),
                "x-meshwalk-version" => drop(self.versions.insert(value.clone())),
                "x-meshwalk-instance" => drop(self.instances.insert(value.clone())),
                _ => {}
            }
            self.answered.entry(name.clone()).or_default().push(steady(name, value));
        }
        let json = serde_json::from_str::<Value>(&answer.body).unwrap_or_default();
        self.request = None;
        self.body = None;
        if json["headers"].is_object() {
            self.peers.insert(json["peer"].as_str().unwrap_or("none").to_owned());
            self.attempts.extend(json["attempt"].as_u64());
            self.request = Some(request(&json));
        } else if !answer.headers.iter().any(|(name, _)| name == "x-meshwalk-service") {
            self.body = answer.status.map(|_| answer.body.clone());
        }
    }
}

fn request(echo: &Value) -> Request {
    let text = |field: &str| echo[field].as_str().unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    for (name, values) in echo["headers"].as_object().into_iter().flatten() {
        let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        headers.insert(name.clone(), values.map(|value| steady(name, value)).collect());
    }
    Request { method: text("method"), path: text("path"), host: text("host"), headers }
}

/// Returns a header's value, or the placeholder if it varies between requests.
fn steady(name: &str, value: &str) -> String {
    let parts: Vec<&str> = value.split(',').map(str::trim).collect();
    if parts.iter().all(|part| part.parse::<std::net::IpAddr>().is_ok()) {
        return vec!["an address"; parts.len()].join(",");
    }
    if name == "set-cookie"
        && let Some((cookie, attributes)) = value.split_once(';')
    {
        let name = cookie.split('=').next().unwrap_or_default();
        return format!("{name}={SOME};{attributes}");
    }
    if VOLATILE.contains(&name) {
        return SOME.to_owned();
    }
    if name == "x-forwarded-client-cert" {
        let parts = value.split(';').map(|part| if part.starts_with("Hash=") { "Hash=…" } else { part });
        return parts.collect::<Vec<_>>().join(";");
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use meshwalk::traffic::{FailureKind, SingleError};

    use super::*;

    fn answer(headers: &[(&str, &str)], body: &str) -> SingleResponse {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SingleResponse { status: Some(200), headers, body: body.to_owned(), error: None, took_ms: 3.0 }
    }

    #[test]
    fn a_service_tells_how_the_request_arrived() {
        let body = r#"{"service":"echo","peer":"spiffe://a","attempt":2,"method":"GET","path":"/x","host":"h",
            "headers":{"x-request-id":["17"],"x-a":["1","2"],"x-forwarded-client-cert":["By=a;Hash=0f;URI=b"]}}"#;
        let observed = Observation::of(&[answer(&[("x-meshwalk-version", "v1"), ("date", "today")], body)]);
        let request = observed.request.unwrap();
        assert_eq!(request.headers["x-request-id"], ["…"]);
        assert_eq!(request.headers["x-forwarded-client-cert"], ["By=a;Hash=…;URI=b"]);
        assert_eq!(request.headers["x-a"], ["1", "2"]);
        assert_eq!((observed.attempts, observed.body), (BTreeSet::from([2]), None));
        assert_eq!(observed.answered["date"], ["…"]);
        assert_eq!(steady("set-cookie", "a=17; Path=/"), "a=…; Path=/");
        assert_eq!(steady("x-forwarded-for", "192.0.2.7,127.0.0.1"), "an address,an address");
    }

    #[test]
    fn what_a_proxy_answers_is_kept_and_a_failure_has_no_status() {
        let refused = answer(&[], "RBAC: access denied");
        let error = SingleError { kind: FailureKind::Reset, detail: String::new() };
        let reset = SingleResponse { status: None, error: Some(error), ..answer(&[], "") };
        let observed = Observation::of(&[reset, refused]);
        assert_eq!(observed.body.as_deref(), Some("RBAC: access denied"));
        assert_eq!(observed.outcomes, BTreeSet::from(["200".to_owned(), "reset".to_owned()]));
    }
}
