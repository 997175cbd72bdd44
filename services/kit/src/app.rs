//! State that the application's handlers share.

use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{
    attempts::Attempts,
    body::BodyLimits,
    config::{Config, Lines, OnUpstreamError},
    hop_start::HopStart,
    identity::Identity,
    telemetry::Traces,
    upstream::Client,
};

/// What the application's handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) identity: Identity,
    /// What the service says in an answer without failures.
    pub(crate) message: String,
    /// Part of every answer.
    pub(crate) identity_headers: HeaderMap,
    /// Headers of the call tree's answers.
    pub(crate) hello_headers: HeaderMap,
    /// First members of an answer without failures.
    pub(crate) hello_start: HopStart,
    pub(crate) traces: Traces,
    pub(crate) client: Client,
    pub(crate) on_upstream_error: OnUpstreamError,
    /// Headers that are passed on besides those of the trace.
    pub(crate) forward: Vec<HeaderName>,
    pub(crate) trust_xfcc: bool,
    pub(crate) hop_limit: u32,
    pub(crate) body_limits: BodyLimits,
    /// How many requests came, and how many attempts at them.
    pub(crate) attempts: Attempts,
    ending: AtomicBool,
}

impl App {
    /// The application, with at most `upstream_connections` connections to its upstreams.
    pub(crate) fn new(config: &Config, identity: Identity, traces: Traces, upstream_connections: usize) -> Self {
        let message = identity.release.message(&identity.service);
        let mut hello_headers = identity.headers();
        hello_headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self {
            hello_start: HopStart::new(&identity, &message),
            hello_headers,
            message,
            identity_headers: identity.headers(),
            identity,
            client: Client::new(&config.upstreams, upstream_connections, traces.clone()),
            traces,
            on_upstream_error: config.upstreams.on_upstream_error,
            forward: Lines::flat(&config.upstreams.forward_header).map(|header| header.0.clone()).collect(),
            trust_xfcc: config.trust_xfcc,
            hop_limit: config.upstreams.hop_limit,
            body_limits: config.limits.body_limits(),
            attempts: Attempts::new(),
            ending: AtomicBool::new(false),
        }
    }

    /// From now on, connections are asked to close and requests are counted as late.
    pub(crate) fn begin_end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }
}
