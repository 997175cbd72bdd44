//! What the answers to a probe showed, without what is another one each time.

use std::collections::{BTreeMap, BTreeSet};

use meshwalk::traffic::Answered;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Headers whose values say when, how long or which one, and nothing about the mesh's behaviour. That they are there is
/// looked at all the same.
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

/// What stands for a value that is another one each time.
const SOME: &str = "…";

/// What the answers to a probe showed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// The statuses, and how requests without an answer failed.
    pub outcomes: BTreeSet<String>,
    /// The services that answered; empty where a proxy did.
    pub services: BTreeSet<String>,
    /// Their versions.
    pub versions: BTreeSet<String>,
    /// How many instances they were.
    pub instances: BTreeSet<String>,
    /// Who called, as the services saw it; `none` for nobody.
    pub peers: BTreeSet<String>,
    /// Which tries were answered.
    pub attempts: BTreeSet<u64>,
    /// The longest time, in milliseconds.
    pub longest_ms: f64,
    /// How the last request arrived.
    pub request: Option<Request>,
    /// The last answer's headers.
    pub answered: BTreeMap<String, Vec<String>>,
    /// The last answer's body, where it is no service's.
    pub body: Option<String>,
}

/// A request as it arrived at a service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path with the query.
    pub path: String,
    /// Its host.
    pub host: String,
    /// Its headers.
    pub headers: BTreeMap<String, Vec<String>>,
}

impl Observed {
    /// All of what the answers showed.
    #[must_use]
    pub fn of(answers: &[Answered]) -> Self {
        let mut observed = Self::default();
        answers.iter().for_each(|answer| observed.add(answer));
        observed
    }

    fn add(&mut self, answer: &Answered) {
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

/// A header's value, as far as it is the same each time.
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
    use meshwalk::traffic::{FailureKind, Unanswered};

    use super::*;

    fn answer(headers: &[(&str, &str)], body: &str) -> Answered {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Answered { status: Some(200), headers, body: body.to_owned(), error: None, took_ms: 3.0 }
    }

    #[test]
    fn a_service_tells_how_the_request_arrived() {
        let body = r#"{"service":"echo","peer":"spiffe://a","attempt":2,"method":"GET","path":"/x","host":"h",
            "headers":{"x-request-id":["17"],"x-a":["1","2"],"x-forwarded-client-cert":["By=a;Hash=0f;URI=b"]}}"#;
        let observed = Observed::of(&[answer(&[("x-meshwalk-version", "v1"), ("date", "today")], body)]);
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
        let error = Unanswered { kind: FailureKind::Reset, detail: String::new() };
        let reset = Answered { status: None, error: Some(error), ..answer(&[], "") };
        let observed = Observed::of(&[reset, refused]);
        assert_eq!(observed.body.as_deref(), Some("RBAC: access denied"));
        assert_eq!(observed.outcomes, BTreeSet::from(["200".to_owned(), "reset".to_owned()]));
    }
}
