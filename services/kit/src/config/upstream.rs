//! The services to call: `--upstream NAME=URL` and how to call them.

use std::{collections::BTreeSet, net::IpAddr, str::FromStr, time::Duration};

use clap::{Args, ValueEnum};
use http::Uri;

use super::{ConnectRule, Connects, ForwardHeader, Lines, WrongValue, duration, host::is_host, number};

/// The path that a URL without one means.
pub(crate) const HELLO_PATH: &str = "/api/hello";

/// No chain is longer, and a loop of more hops is hardly better than one without end.
const MOST_HOPS: u64 = 1000;

/// The services to call, and how.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Upstreams")]
pub struct Upstreams {
    /// A service to call for each request (repeatable; all at once). A URL without a path calls /api/hello.
    #[arg(long, env = "MESHWALK_UPSTREAM", value_name = "NAME=URL")]
    pub upstream: Vec<Lines<Upstream>>,

    /// Connect to another address for a URL's host and port (repeatable; an empty part matches all). The most specific
    /// rule counts; among equals each new connection takes one at random. The Host header stays that of the URL.
    #[arg(long, env = "MESHWALK_CONNECT", value_name = "[HOST]:[PORT]=ADDR:PORT")]
    pub connect: Vec<Lines<ConnectRule>>,

    /// The local address from which connections to upstreams leave.
    #[arg(long, env = "MESHWALK_SOURCE_ADDRESS", value_name = "IP", value_parser = ip_address)]
    pub source_address: Option<IpAddr>,

    /// Whether connections to upstreams are used again; with false, each call makes a new one.
    #[arg(long, env = "MESHWALK_UPSTREAM_KEEP_ALIVE", value_name = "BOOL", num_args = 0..=1, default_value = "true",
          default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set)]
    pub upstream_keep_alive: bool,

    /// What to answer when an upstream failed: its status (pass), or 200 with a fallback (degrade).
    #[arg(long, env = "MESHWALK_ON_UPSTREAM_ERROR", value_enum, default_value = "pass")]
    pub on_upstream_error: OnUpstreamError,

    /// How long to wait for an upstream's whole answer. Longer than the mesh's timeouts, so that those act first.
    #[arg(long, env = "MESHWALK_UPSTREAM_TIMEOUT", value_name = "DURATION", default_value = "15s",
          value_parser = duration::at_least_1ms)]
    pub upstream_timeout: Duration,

    /// A request header that travels on to the upstreams, such as x-canary (repeatable). The trace headers and
    /// x-request-id always do; cookie and authorization only if named here.
    #[arg(long, env = "MESHWALK_FORWARD_HEADER", value_name = "NAME")]
    pub forward_header: Vec<Lines<ForwardHeader>>,

    /// How many services a request may have come through before it is answered with 508 instead of going on.
    #[arg(long, env = "MESHWALK_HOP_LIMIT", value_name = "COUNT", default_value = "16",
          value_parser = number::within::<u32>(1..=MOST_HOPS))]
    pub hop_limit: u32,
}

impl Upstreams {
    /// The services to call, in the order of the flags.
    pub fn list(&self) -> impl Iterator<Item = &Upstream> {
        Lines::flat(&self.upstream)
    }

    /// Where connections go instead.
    pub fn connects(&self) -> Connects {
        Connects::new(Lines::flat(&self.connect).cloned())
    }

    pub(super) fn check(&self) -> Result<(), WrongValue> {
        let mut names = BTreeSet::new();
        match Lines::with_text(&self.upstream).find(|(upstream, _)| !names.insert(&upstream.name)) {
            Some((Upstream { name, .. }, written)) => {
                let why = format!("the name '{name}' is taken; give each upstream one of its own");
                Err(WrongValue::new("upstream", written, why))
            }
            None => Ok(()),
        }
    }
}

/// What to answer when an upstream failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnUpstreamError {
    /// The status of the first upstream, in the order of the flags, that failed.
    Pass,
    /// 200 with a fallback.
    Degrade,
}

/// A service to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// Its name in the call tree.
    pub name: String,
    /// What to call.
    pub url: Uri,
}

/// A text that names no upstream.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamParseError {
    /// No `NAME=`.
    #[error("expected NAME=URL, such as backend=http://backend:8080")]
    Form,
    /// A name that would not be readable in a call tree or as a metric's label.
    #[error("the name '{0}' may have letters, digits, '-', '_' and '.' only")]
    Name(String),
    /// The URL is none.
    #[error("'{0}' is not a valid URL: {1}; right would be http://HOST:PORT or http://HOST:PORT/PATH")]
    Url(String, http::uri::InvalidUri),
    /// Not plain HTTP.
    #[error("'{0}' does not start with http://; between the pods it is the sidecar that encrypts")]
    Scheme(String),
    /// No host, or one that nothing resolves.
    #[error("'{0}' names no host; right would be http://HOST:PORT, with a name, an IPv4 address or [IPv6]")]
    Host(String),
    /// A port that there is not.
    #[error("'{0}' has a port that there is not; right would be one from 1 to 65535, or none for 80")]
    Port(String),
    /// A user name, which would be dropped without a word.
    #[error("'{0}' has a user name, which is not sent; leave out what ends with the @")]
    User(String),
    /// A fragment, which would be dropped without a word.
    #[error("'{0}' has a fragment, which no server gets to see; leave out what begins with the #")]
    Fragment(String),
}

impl FromStr for Upstream {
    type Err = UpstreamParseError;

    fn from_str(text: &str) -> Result<Self, UpstreamParseError> {
        let (name, url) = text.split_once('=').ok_or(UpstreamParseError::Form)?;
        let readable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.is_empty() || !name.chars().all(readable) {
            return Err(UpstreamParseError::Name(name.into()));
        }
        let Some(rest) = url.strip_prefix("http://") else {
            return Err(UpstreamParseError::Scheme(url.into()));
        };
        if url.contains('#') {
            return Err(UpstreamParseError::Fragment(url.into()));
        }
        let whole = if rest.contains(['/', '?']) { url.to_owned() } else { format!("{url}{HELLO_PATH}") };
        let whole: Uri = whole.parse().map_err(|error| UpstreamParseError::Url(url.into(), error))?;
        check_authority(&whole).map_err(|wrong| wrong(url.into()))?;
        Ok(Self { name: name.into(), url: whole })
    }
}

/// Checks the part between `http://` and the path: a host, and a port if there is one. The URL's grammar allows more, and
/// drops a port that is out of range.
fn check_authority(url: &Uri) -> Result<(), fn(String) -> UpstreamParseError> {
    let authority = url.authority().ok_or(UpstreamParseError::Host as fn(_) -> _)?;
    if authority.as_str().contains('@') {
        return Err(UpstreamParseError::User);
    }
    if !is_host(authority.host()) {
        return Err(UpstreamParseError::Host);
    }
    match (authority.port_u16(), &authority.as_str()[authority.host().len()..]) {
        (Some(1..), _) | (None, "" | ":") => Ok(()),
        _ => Err(UpstreamParseError::Port),
    }
}

fn ip_address(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address without a port, such as 10.0.0.7 or fd00::7")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_path_calls_the_hello_path() {
        let url = |text: &str| text.parse::<Upstream>().unwrap().url.to_string();
        assert_eq!(url("b=http://backend:8080"), "http://backend:8080/api/hello");
        assert_eq!(url("b=http://backend:8080/"), "http://backend:8080/");
        assert_eq!(url("b=http://inventory/items?of=1"), "http://inventory/items?of=1");
        assert_eq!(url("b=http://[::1]:8080/u@x"), "http://[::1]:8080/u@x");
    }

    #[test]
    fn a_wrong_upstream_says_what_would_be_right() {
        for (text, part) in [
            ("http://backend", "expected NAME=URL"),
            ("=http://backend", "the name ''"),
            ("a b=http://backend", "the name 'a b'"),
            ("b=https://backend", "does not start with http://"),
            ("b=http://", "is not a valid URL"),
            ("b=http://127.0.0.1:99999", "from 1 to 65535"),
            ("b=http://x:0/", "from 1 to 65535"),
            ("b=http://x:080808/", "from 1 to 65535"),
            ("b=http://:8080", "names no host"),
            ("b=http://[x]:80", "names no host"),
            ("b=http://a*b/", "names no host"),
            ("b=http://u:p@x/", "leave out what ends with the @"),
            ("b=http://u@x:80", "leave out what ends with the @"),
            ("b=http://x/#frag", "leave out what begins with the #"),
            ("b=http://x#frag", "leave out what begins with the #"),
            ("", "expected NAME=URL"),
        ] {
            let error = text.parse::<Upstream>().map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
