//! One service's part of an answer, of the same shape and size as the workload's.

use serde::Serialize;
use serde_json::value::RawValue;

/// What a service answers.
#[derive(Debug, Serialize)]
pub(crate) struct Hop<'a> {
    service: &'a str,
    version: &'a str,
    instance: &'a str,
    namespace: Option<&'a str>,
    message: &'a str,
    color: &'a str,
    peer: Option<&'a str>,
    trace: Trace<'a>,
    attempt: u32,
    faults: [u8; 0],
    took_ms: f64,
    status: u16,
    upstreams: &'a [Upstream<'a>],
}

#[derive(Debug, Serialize)]
struct Trace<'a> {
    id: Option<&'a str>,
    sampled: bool,
    families: [u8; 0],
    agree: bool,
}

/// A call to an upstream.
#[derive(Debug, Serialize)]
pub(crate) struct Upstream<'a> {
    pub(crate) name: &'a str,
    pub(crate) status: u16,
    pub(crate) took_ms: f64,
    pub(crate) hop: &'a RawValue,
}

/// The part of the service of this name.
pub(crate) fn of<'a>(service: &'a str, message: &'a str, took_ms: f64, upstreams: &'a [Upstream<'a>]) -> Hop<'a> {
    Hop {
        service,
        version: "v1",
        instance: "backend-7f8c9d5b6-x2x4z",
        namespace: Some("meshwalk"),
        message,
        color: "#2a78d6",
        peer: None,
        trace: Trace { id: None, sampled: false, families: [], agree: true },
        attempt: 1,
        faults: [],
        took_ms,
        status: 200,
        upstreams,
    }
}
