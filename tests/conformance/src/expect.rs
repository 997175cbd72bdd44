//! Expected results of probes.

use std::collections::{BTreeMap, BTreeSet};

use meshwalk::traffic::FailureKind;
use serde::Deserialize;

use crate::{names, observation::Observation};

/// Milliseconds by which a proxy's timer may end early: it counts whole milliseconds, from a clock that a worker thread
/// reads once per iteration of its loop. A response that waited for no timer is earlier by far more.
const EARLY: f64 = 5.0;

/// Expected result of a probe. A field that is `None` is not checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expectation {
    /// Status of each response.
    pub status: Option<u16>,
    /// Failure of each request without a response.
    pub error: Option<FailureKind>,
    /// Service that responded; `none` for a proxy.
    pub service: Option<String>,
    /// Version of every response.
    pub version: Option<String>,
    /// Versions that each responded at least once, and no other version.
    pub versions: Option<BTreeSet<String>>,
    /// Number of instances that responded.
    pub instances: Option<usize>,
    /// Short name of the caller's identity; `none` for no identity.
    pub peer: Option<String>,
    /// Number of the attempt that got the response.
    pub attempt: Option<u64>,
    /// Method of the request as received.
    pub method: Option<String>,
    /// Path of the request as received, with the query.
    pub path: Option<String>,
    /// Host of the request as received.
    pub host: Option<String>,
    /// Headers of the request as received; null for one that must be absent.
    #[serde(default)]
    pub received: BTreeMap<String, Option<String>>,
    /// Headers of the response; null for one that must be absent.
    #[serde(default)]
    pub answered: BTreeMap<String, Option<String>>,
    /// Part of the body of a proxy's response.
    pub body: Option<String>,
    /// Maximum duration of a response, in milliseconds.
    pub at_most_ms: Option<f64>,
    /// Minimum duration of a response, in milliseconds.
    pub at_least_ms: Option<f64>,
}

impl Expectation {
    /// Returns the expectations that were not met, one per line. Empty if all were met.
    #[must_use]
    pub fn unmet(&self, observed: &Observation, namespace: &str) -> Vec<String> {
        let mut unmet = Vec::new();
        let mut one = |what: &str, expected: Option<String>, seen: Vec<String>| {
            if let Some(expected) = expected
                && seen != [expected.as_str()]
            {
                unmet.push(format!("{what}: expected {expected}, saw {}", list(&seen)));
            }
        };
        let strings = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        let outcome = self.status.map(|status| status.to_string()).or(self.error.map(|kind| kind.to_string()));
        one("outcome", outcome, strings(&observed.outcomes));
        let services = if observed.services.is_empty() { vec!["none".to_owned()] } else { strings(&observed.services) };
        one("service", self.service.clone(), services);
        one("version", self.version.clone(), strings(&observed.versions));
        let wanted = |versions: &BTreeSet<String>| strings(versions).join(", ");
        one("versions", self.versions.as_ref().map(wanted), vec![wanted(&observed.versions)]);
        let count = |count: usize| count.to_string();
        one("instances", self.instances.map(count), vec![count(observed.instances.len())]);
        let peer = |name: &String| names::identity(name, namespace).unwrap_or_else(|| "none".to_owned());
        one("peer", self.peer.as_ref().map(peer), strings(&observed.peers));
        let attempts = observed.attempts.iter().map(u64::to_string).collect();
        one("attempt", self.attempt.map(|attempt| attempt.to_string()), attempts);
        let of_request = |field: fn(&crate::observation::Request) -> &String| {
            observed.request.iter().map(|request| field(request).clone()).collect::<Vec<_>>()
        };
        one("method", self.method.clone(), of_request(|request| &request.method));
        one("path", self.path.clone(), of_request(|request| &request.path));
        one("host", self.host.clone(), of_request(|request| &request.host));
        let received = observed.request.as_ref().map(|request| &request.headers);
        for (name, expected) in &self.received {
            let seen = received.and_then(|headers| headers.get(name));
            unmet.extend(header("received", name, expected.as_deref(), seen));
        }
        if received.is_none() && !self.received.is_empty() {
            unmet.push("received: no service told how the request arrived".to_owned());
        }
        for (name, expected) in &self.answered {
            unmet.extend(header("answered", name, expected.as_deref(), observed.answered.get(name)));
        }
        if let Some(part) = &self.body
            && !observed.body.as_ref().is_some_and(|body| body.contains(part))
        {
            unmet.push(format!("body: expected {part:?}, saw {:?}", observed.body));
        }
        let took = observed.longest_ms;
        if self.at_most_ms.is_some_and(|most| took > most) || self.at_least_ms.is_some_and(|least| took < least - EARLY)
        {
            unmet.push(format!("it took {took:.0} ms"));
        }
        unmet
    }
}

/// Several values of a header are joined by commas, as in HTTP.
fn header(side: &str, name: &str, expected: Option<&str>, seen: Option<&Vec<String>>) -> Option<String> {
    let seen = seen.map(|values| values.join(","));
    (seen.as_deref() != expected).then(|| {
        let word =
            |value: Option<&str>| value.map_or_else(|| "no such header".to_owned(), |value| format!("{value:?}"));
        format!("{side} {name}: expected {}, saw {}", word(expected), word(seen.as_deref()))
    })
}

fn list(seen: &[String]) -> String {
    if seen.is_empty() { "nothing".to_owned() } else { seen.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> Observation {
        Observation {
            outcomes: BTreeSet::from(["200".to_owned()]),
            services: BTreeSet::from(["echo".to_owned()]),
            versions: BTreeSet::from(["v1".to_owned(), "v2".to_owned()]),
            peers: BTreeSet::from(["spiffe://cluster.local/ns/c/sa/client".to_owned()]),
            answered: BTreeMap::from([("x-a".to_owned(), vec!["1".to_owned(), "2".to_owned()])]),
            longest_ms: 40.0,
            ..Observation::default()
        }
    }

    fn unmet(expected: &Expectation) -> Vec<String> {
        expected.unmet(&seen(), "c")
    }

    #[test]
    fn what_was_seen_as_expected_leaves_nothing_to_say() {
        let header = BTreeMap::from([("x-a".to_owned(), Some("1,2".to_owned())), ("x-b".to_owned(), None)]);
        let expected = Expectation {
            status: Some(200),
            versions: Some(BTreeSet::from(["v1".to_owned(), "v2".to_owned()])),
            peer: Some("client".to_owned()),
            answered: header,
            at_most_ms: Some(50.0),
            ..Expectation::default()
        };
        assert_eq!(unmet(&expected), Vec::<String>::new());
    }

    #[test]
    fn whatever_is_otherwise_is_named() {
        let none = Expectation::default;
        for (expected, word) in [
            (Expectation { status: Some(403), ..none() }, "outcome: expected 403, saw 200"),
            (Expectation { error: Some(FailureKind::Reset), ..none() }, "outcome: expected reset"),
            (Expectation { service: Some("none".into()), ..none() }, "service: expected none, saw echo"),
            (Expectation { version: Some("v1".into()), ..none() }, "version: expected v1, saw v1, v2"),
            (Expectation { peer: Some("none".into()), ..none() }, "peer: expected none"),
            (Expectation { path: Some("/".into()), ..none() }, "path: expected /, saw nothing"),
            (Expectation { received: BTreeMap::from([("x".into(), None)]), ..none() }, "no service told"),
            (Expectation { answered: BTreeMap::from([("x-a".into(), None)]), ..none() }, "expected no such header"),
            (Expectation { body: Some("RBAC".into()), ..none() }, "body"),
            (Expectation { at_least_ms: Some(50.0), ..none() }, "it took 40 ms"),
        ] {
            let unmet = unmet(&expected).join("; ");
            assert!(unmet.contains(word), "{unmet:?} does not say {word:?}");
        }
    }
}
