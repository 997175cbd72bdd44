//! The own hop of the call tree, as JSON. Its schema is `docs/hello.schema.json`.
//!
//! It is written member by member. Half of its text is the same in every response, and a serializer of the whole costs
//! more than the rest of a request.

use serde::Serialize;

use crate::{
    faults::InjectedFault,
    hop_start::HopStart,
    propagation::Family,
    upstream::{Called, HopJson},
};

/// Size of the members after [`HopStart`] without faults and upstreams, in bytes, with room for a caller's identity.
const REST_BYTES: usize = 320;

/// Size of a call to an upstream without its hop, in bytes.
const CALL_BYTES: usize = 64;

/// The own part of an answer, from what its request changes.
#[derive(Debug)]
pub(crate) struct Hop<'a> {
    pub(crate) start: &'a HopStart,
    /// The caller's identity, where a sidecar vouches for it.
    pub(crate) peer: Option<&'a str>,
    /// The trace's id, 32 hexadecimal digits.
    pub(crate) trace_id: Option<&'a str>,
    /// Whether the trace is sampled.
    pub(crate) sampled: bool,
    /// The families of trace headers that came in and could be read.
    pub(crate) families: Vec<Family>,
    /// Whether all that came in tell of the same trace and sampling.
    pub(crate) agree: bool,
    /// Attempt number that the proxy in front gave the request.
    pub(crate) attempt: u32,
    /// The faults that were injected.
    pub(crate) faults: &'a [InjectedFault],
    /// How long the answer took, in milliseconds.
    pub(crate) took_ms: f64,
    /// The answer's HTTP status.
    pub(crate) status: u16,
    /// Whether an upstream failed and this is the fallback. Absent if not.
    pub(crate) degraded: bool,
    /// The upstreams that were called, in the order of the flags.
    pub(crate) upstreams: &'a [Called<'a>],
}

impl Hop<'_> {
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let hops =
            self.upstreams.iter().map(|call| CALL_BYTES + call.hop.as_ref().map_or(0, |hop| hop.as_bytes().len()));
        let mut json = Vec::with_capacity(self.start.as_bytes().len() + REST_BYTES + hops.sum::<usize>());
        json.extend_from_slice(self.start.as_bytes());
        push(&mut json, ",\"peer\":", &self.peer);
        push(&mut json, ",\"trace\":{\"id\":", &self.trace_id);
        push(&mut json, ",\"sampled\":", &self.sampled);
        push(&mut json, ",\"families\":", &self.families);
        push(&mut json, ",\"agree\":", &self.agree);
        push(&mut json, "},\"attempt\":", &self.attempt);
        push(&mut json, ",\"faults\":", &self.faults);
        push(&mut json, ",\"took_ms\":", &self.took_ms);
        push(&mut json, ",\"status\":", &self.status);
        if self.degraded {
            push(&mut json, ",\"degraded\":", &true);
        }
        json.extend_from_slice(b",\"upstreams\":[");
        for (index, call) in self.upstreams.iter().enumerate() {
            if index > 0 {
                json.push(b',');
            }
            push_call(&mut json, call);
        }
        json.extend_from_slice(b"]}");
        json
    }
}

fn push_call(json: &mut Vec<u8>, call: &Called<'_>) {
    push(json, "{\"name\":", &call.name);
    push(json, ",\"status\":", &call.status);
    push(json, ",\"took_ms\":", &call.took_ms);
    if let Some(error) = &call.error {
        push(json, ",\"error\":", error);
    }
    json.extend_from_slice(b",\"hop\":");
    json.extend_from_slice(call.hop.as_ref().map_or(b"null", HopJson::as_bytes));
    json.push(b'}');
}

fn push(json: &mut Vec<u8>, name: &str, value: &impl Serialize) {
    json.extend_from_slice(name.as_bytes());
    // Writing to a vector cannot fail, and these values always serialize.
    let _ = serde_json::to_writer(json, value);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        call_failure::{Failure, FailureKind},
        identity::{Identity, Release},
        upstream::read_hop,
    };

    /// A hop without calls.
    fn minimal_hop() -> Value {
        serde_json::from_slice(&hop(&start(None, "Hello"), &[]).to_json()).unwrap()
    }

    fn start(namespace: Option<&str>, message: &str) -> HopStart {
        let identity = Identity {
            service: "backend".into(),
            release: Release::V1,
            instance: "backend-1".into(),
            namespace: namespace.map(str::to_owned),
        };
        HopStart::new(&identity, message)
    }

    fn hop<'a>(start: &'a HopStart, upstreams: &'a [Called<'a>]) -> Hop<'a> {
        Hop {
            start,
            peer: None,
            trace_id: None,
            sampled: false,
            families: Vec::new(),
            agree: true,
            attempt: 1,
            faults: &[],
            took_ms: 1.5,
            status: 200,
            degraded: false,
            upstreams,
        }
    }

    #[test]
    fn hop_without_calls_has_all_members_in_order() {
        let color = Release::V1.color();
        let expected = format!(
            "{{\"service\":\"backend\",\"version\":\"v1\",\"instance\":\"backend-1\",\"namespace\":null,\
             \"message\":\"Hello\",\"color\":\"{color}\",\"peer\":null,\"trace\":{{\"id\":null,\"sampled\":false,\
             \"families\":[],\"agree\":true}},\"attempt\":1,\"faults\":[],\"took_ms\":1.5,\"status\":200,\
             \"upstreams\":[]}}"
        );
        assert_eq!(String::from_utf8(hop(&start(None, "Hello"), &[]).to_json()).unwrap(), expected);
    }

    #[test]
    fn hop_with_calls_and_text_to_escape_is_json() {
        let inner = minimal_hop();
        let inner_json = read_hop(&inner.to_string().into()).unwrap();
        let error = Failure { kind: FailureKind::Timeout, detail: "a \"slow\" one".into() };
        let calls = [
            Called { name: "x", status: 200, took_ms: 0.25, error: None, hop: Some(inner_json) },
            Called { name: "y", status: 504, took_ms: 12.0, error: Some(error), hop: None },
        ];
        let start = start(Some("mesh\"walk"), "back\\slash");
        let full = Hop {
            peer: Some("spiffe://a\"b"),
            trace_id: Some("0af7651916cd43dd8448eb211c80319c"),
            sampled: true,
            families: vec![Family::W3c, Family::B3Multi],
            agree: false,
            attempt: 3,
            degraded: true,
            ..hop(&start, &calls)
        };
        let value: Value = serde_json::from_slice(&full.to_json()).unwrap();
        assert_eq!(
            value,
            json!({
                "service": "backend", "version": "v1", "instance": "backend-1", "namespace": "mesh\"walk",
                "message": "back\\slash", "color": Release::V1.color(), "peer": "spiffe://a\"b",
                "trace": {"id": "0af7651916cd43dd8448eb211c80319c", "sampled": true, "families": ["w3c", "b3multi"],
                    "agree": false},
                "attempt": 3, "faults": [], "took_ms": 1.5, "status": 200, "degraded": true,
                "upstreams": [
                    {"name": "x", "status": 200, "took_ms": 0.25, "hop": inner},
                    {"name": "y", "status": 504, "took_ms": 12.0,
                        "error": {"kind": "timeout", "detail": "a \"slow\" one"}, "hop": null},
                ],
            })
        );
    }
}
