//! What a client may demand of the application port.

use std::time::Duration;

use clap::Args;

use http::HeaderMap;

use super::{duration, number};
use crate::{
    body::BodyLimits,
    net::{self, Timeouts},
};

/// The smallest buffer that the HTTP library takes.
const LEAST_HEADER_BYTES: u64 = 8192;

/// More than any head has, and little enough for every connection to have it.
const MOST_HEADER_BYTES: u64 = 16 << 20;

/// More than a service that keeps no body has a use for.
const MOST_BODY_BYTES: u64 = 1 << 30;

/// What a client may demand of the application port.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// The largest request head in bytes, from 8192 to 16777216; a larger one is answered with 431, as is one of more
    /// than 100 header fields over HTTP/1.1.
    #[arg(long, env = "MESHWALK_MAX_HEADER_BYTES", value_name = "BYTES", default_value = "65536",
          value_parser = number::within::<u32>(LEAST_HEADER_BYTES..=MOST_HEADER_BYTES))]
    pub max_header_bytes: u32,

    /// The largest request body in bytes, up to 1073741824; a larger one is answered with 413. With 0, none is taken.
    #[arg(long, env = "MESHWALK_MAX_BODY_BYTES", value_name = "BYTES", default_value = "1048576",
          value_parser = number::within::<u64>(0..=MOST_BODY_BYTES))]
    pub max_body_bytes: u64,

    /// Limit for a request head, from its first byte on, and for every other part of the protocol that has begun, such
    /// as an HTTP/2 frame; then the connection is closed. The time between requests does not count.
    #[arg(long, env = "MESHWALK_HEADER_READ_TIMEOUT", value_name = "DURATION", default_value = "10s",
          value_parser = duration::at_least_1ms)]
    pub header_read_timeout: Duration,

    /// How long a connection may stay open without a request in flight. Longer than the idle timeout of a proxy in
    /// front, 1h in Envoy, so that the proxy closes first; otherwise it may send a request while the service closes.
    #[arg(long, env = "MESHWALK_IDLE_TIMEOUT", value_name = "DURATION", default_value = "65m",
          value_parser = duration::at_least_1ms)]
    pub idle_timeout: Duration,

    /// Time for a request's whole body, from the end of its head; a slower one is answered with 408.
    #[arg(long, env = "MESHWALK_BODY_READ_TIMEOUT", value_name = "DURATION", default_value = "30s",
          value_parser = duration::at_least_1ms)]
    pub body_read_timeout: Duration,

    /// How long a client may take no part of a response that waits for it; then the connection is closed. Each part that
    /// the client takes starts the time again, as nginx's `send_timeout` does.
    #[arg(long, env = "MESHWALK_SEND_TIMEOUT", value_name = "DURATION", default_value = "60s",
          value_parser = duration::at_least_1ms)]
    pub send_timeout: Duration,

    /// How many connections the application port may have, at most 1000000. For one more, the longest idle one is closed;
    /// if none is idle, the new one is answered with 503. Default: as many as the limit of open files allows, at most
    /// 2048, divided by one more than the number of upstreams.
    #[arg(long, env = "MESHWALK_MAX_CONNECTIONS", value_name = "COUNT",
          value_parser = number::within::<u32>(1..=1_000_000))]
    pub max_connections: Option<u32>,
}

impl Limits {
    /// Settings of a port with these limits. Rejections have `identity_headers`.
    pub(crate) fn port_settings(&self, identity_headers: HeaderMap) -> net::PortSettings {
        let timeouts = Timeouts { head: self.header_read_timeout, idle: self.idle_timeout, send: self.send_timeout };
        net::PortSettings::new(self.max_header_bytes, timeouts, identity_headers)
    }

    /// Limits on one request's body.
    pub(crate) fn body_limits(&self) -> BodyLimits {
        BodyLimits { max_bytes: self.max_body_bytes, read_timeout: self.body_read_timeout }
    }
}
