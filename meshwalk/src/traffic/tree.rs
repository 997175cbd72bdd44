//! What a call tree says of the service whose versions are counted.

use std::collections::BTreeMap;

use http::HeaderMap;
use serde::Deserialize;

use super::{Answer, Response};

/// The fields of a hop that the evidence needs. Unknown ones are left to the services; absent ones are not an error,
/// because an answer may come from a proxy or from another application.
#[derive(Debug, Deserialize)]
struct Hop {
    service: String,
    version: Option<String>,
    instance: Option<String>,
    peer: Option<String>,
    attempt: Option<u32>,
    trace: Option<TraceEntry>,
    #[serde(default)]
    faults: Vec<Fault>,
    #[serde(default)]
    upstreams: Vec<Call>,
}

#[derive(Debug, Deserialize)]
struct TraceEntry {
    id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Fault {
    mode: String,
}

#[derive(Debug, Deserialize)]
struct Call {
    name: String,
    status: Option<u16>,
    error: Option<CallError>,
    hop: Option<Hop>,
}

#[derive(Debug, Deserialize)]
struct CallError {
    kind: String,
}

/// Reads an answer. The first call to `service` in the tree's order counts, by the upstream's name or by what the hop
/// calls itself; without a service, the answering one does. Where there is no tree, the `x-meshwalk-*` headers speak.
pub(super) fn read(reply: &Response, service: Option<&str>) -> Answer {
    let mut answer = Answer { status: reply.status.as_u16(), ..Answer::default() };
    let Ok(root) = serde_json::from_slice::<Hop>(&reply.body) else {
        read_headers(&reply.headers, service, &mut answer);
        return answer;
    };
    count_faults(&root, &mut answer.faults);
    answer.one_trace = hops(&root) > 1 && trace_of(&root).is_some_and(|id| all_of(&root, id));
    answer.trace_id = root.trace.as_ref().and_then(|trace| trace.id.clone());
    if service.is_none() {
        list_services(&root, &mut answer.services);
    }
    if service.is_none_or(|service| service == root.service) {
        answer.upstream_status = Some(answer.status);
        describe(&root, &mut answer);
    } else if let Some(call) = service.and_then(|service| find(&root, service)) {
        answer.upstream_status = call.status;
        answer.upstream_error = call.error.as_ref().map(|error| error.kind.clone());
        if let Some(hop) = &call.hop {
            describe(hop, &mut answer);
        }
    }
    answer
}

fn describe(hop: &Hop, answer: &mut Answer) {
    answer.version.clone_from(&hop.version);
    answer.instance.clone_from(&hop.instance);
    answer.peer.clone_from(&hop.peer);
    answer.attempt = hop.attempt;
}

fn find<'a>(hop: &'a Hop, service: &str) -> Option<&'a Call> {
    hop.upstreams.iter().find_map(|call| {
        let is_it = call.hop.as_ref().map_or(call.name == service, |hop| hop.service == service);
        if is_it { Some(call) } else { call.hop.as_ref().and_then(|hop| find(hop, service)) }
    })
}

/// The first call to a service in the tree's order counts, as for a service that is asked for by name.
fn list_services(hop: &Hop, services: &mut Vec<(String, String)>) {
    if let Some(version) = hop.version.as_ref().filter(|_| services.iter().all(|(name, _)| *name != hop.service)) {
        services.push((hop.service.clone(), version.clone()));
    }
    for hop in below(hop) {
        list_services(hop, services);
    }
}

fn trace_of(hop: &Hop) -> Option<&str> {
    hop.trace.as_ref()?.id.as_deref()
}

fn below(hop: &Hop) -> impl Iterator<Item = &Hop> {
    hop.upstreams.iter().filter_map(|call| call.hop.as_ref())
}

fn hops(hop: &Hop) -> usize {
    1 + below(hop).map(hops).sum::<usize>()
}

/// Whether a hop and all below it were told of this trace.
fn all_of(hop: &Hop, id: &str) -> bool {
    trace_of(hop) == Some(id) && below(hop).all(|hop| all_of(hop, id))
}

fn count_faults(hop: &Hop, faults: &mut BTreeMap<String, u32>) {
    for fault in &hop.faults {
        *faults.entry(fault.mode.clone()).or_default() += 1;
    }
    for call in &hop.upstreams {
        if let Some(hop) = &call.hop {
            count_faults(hop, faults);
        }
    }
}

fn read_headers(headers: &HeaderMap, service: Option<&str>, answer: &mut Answer) {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let Some(answering) = text("x-meshwalk-service") else { return };
    if service.is_none_or(|service| service == answering) {
        answer.upstream_status = Some(answer.status);
        answer.version = text("x-meshwalk-version");
        answer.instance = text("x-meshwalk-instance");
        if let Some(version) = answer.version.clone().filter(|_| service.is_none()) {
            answer.services.push((answering, version));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> Response {
        let status = http::StatusCode::from_u16(status).unwrap();
        Response { status, headers: HeaderMap::new(), body: bytes::Bytes::copy_from_slice(body.as_bytes()) }
    }

    const TREE: &str = r#"{"service": "frontend", "version": "v1", "instance": "frontend-1", "namespace": "meshwalk",
        "message": "hello", "color": "green", "peer": null, "status": 200, "took_ms": 3.2, "attempt": null,
        "trace": {"id": "4bf92f3577b34da6a3ce929d0e0e4736", "sampled": true, "families": ["w3c"], "agree": true},
        "faults": [{"id": "slow", "mode": "latency", "delay_ms": 200}],
        "upstreams": [
          {"name": "inventory", "status": 504, "took_ms": 9, "error": {"kind": "timeout", "detail": "…"}, "hop": null},
          {"name": "cart", "status": 200, "took_ms": 9, "hop": {"service": "cart", "version": "v7", "upstreams": [
            {"name": "back", "status": 503, "took_ms": 1.1, "error": {"kind": "http", "detail": "503"},
             "hop": {"service": "backend", "version": "v2", "instance": "backend-v2-1", "attempt": 3,
                     "peer": "spiffe://cluster.local/ns/meshwalk/sa/cart",
                     "faults": [{"id": "a", "mode": "error"}, {"id": "b", "mode": "latency"}], "upstreams": []}}]}}]}"#;

    #[test]
    fn the_counted_service_is_found_at_any_depth() {
        let answer = read(&reply(504, TREE), Some("backend"));
        assert_eq!(answer.status, 504);
        assert_eq!(answer.version.as_deref(), Some("v2"));
        assert_eq!(answer.instance.as_deref(), Some("backend-v2-1"));
        assert_eq!(answer.peer.as_deref(), Some("spiffe://cluster.local/ns/meshwalk/sa/cart"));
        assert_eq!(answer.upstream_status, Some(503));
        assert_eq!(answer.upstream_error.as_deref(), Some("http"));
        assert_eq!(answer.attempt, Some(3));
        assert_eq!(answer.faults, BTreeMap::from([("latency".to_owned(), 2), ("error".to_owned(), 1)]));
        assert_eq!(answer.trace_id.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    }

    #[test]
    fn a_tree_is_of_one_trace_only_if_every_hop_was_told_of_it() {
        let tree = |first: &str, second: &str| {
            let hop = format!(r#"{{"service": "backend", "trace": {second}}}"#);
            format!(r#"{{"service": "frontend", "trace": {first}, "upstreams": [{{"name": "b", "hop": {hop}}}]}}"#)
        };
        let one = |body: &str| read(&reply(200, body), Some("backend")).one_trace;
        assert!(one(&tree(r#"{"id": "4b"}"#, r#"{"id": "4b"}"#)));
        for (first, second) in
            [(r#"{"id": "4b"}"#, r#"{"id": "4c"}"#), (r#"{"id": "4b"}"#, r#"{"id": null}"#), ("null", "null")]
        {
            assert!(!one(&tree(first, second)), "{first} {second}");
        }
        assert!(!one(r#"{"service": "frontend", "trace": {"id": "4b"}}"#));
    }

    #[test]
    fn a_call_that_failed_has_no_version_but_a_status_and_an_error() {
        let answer = read(&reply(504, TREE), Some("inventory"));
        assert_eq!((answer.version, answer.upstream_status), (None, Some(504)));
        assert_eq!(answer.upstream_error.as_deref(), Some("timeout"));
    }

    #[test]
    fn without_a_service_the_answering_one_is_counted() {
        for service in [None, Some("frontend")] {
            let answer = read(&reply(504, TREE), service);
            assert_eq!((answer.version.as_deref(), answer.upstream_status), (Some("v1"), Some(504)));
        }
        let services = [("frontend", "v1"), ("cart", "v7"), ("backend", "v2")];
        let services = services.map(|(name, version)| (name.to_owned(), version.to_owned()));
        assert_eq!(read(&reply(504, TREE), None).services, services);
        assert_eq!(read(&reply(504, TREE), Some("frontend")).services, []);
    }

    #[test]
    fn a_service_that_took_no_part_leaves_the_fields_empty() {
        let answer = read(&reply(200, TREE), Some("nobody"));
        assert_eq!((answer.version, answer.upstream_status, answer.upstream_error), (None, None, None));
    }

    #[test]
    fn an_answer_of_a_proxy_has_a_status_and_nothing_else() {
        for body in ["RBAC: access denied", "", "{}", "[1]", "{\"service\": 3}"] {
            let answer = read(&reply(403, body), Some("backend"));
            assert_eq!(answer, Answer { status: 403, ..Answer::default() }, "{body}");
        }
    }

    #[test]
    fn headers_name_the_version_where_the_body_is_no_tree() {
        let mut reply = reply(200, "<html>");
        reply.headers.insert("x-meshwalk-service", "backend".parse().unwrap());
        reply.headers.insert("x-meshwalk-version", "v2".parse().unwrap());
        assert_eq!(read(&reply, Some("backend")).version.as_deref(), Some("v2"));
        assert_eq!(read(&reply, None).version.as_deref(), Some("v2"));
        assert_eq!(read(&reply, None).services, [("backend".to_owned(), "v2".to_owned())]);
        assert_eq!(read(&reply, Some("frontend")).version, None);
    }
}
