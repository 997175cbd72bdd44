//! Connecting elsewhere than the URL says: `--connect [HOST]:[PORT]=ADDR:PORT`.

use std::str::FromStr;

use rand::seq::IndexedRandom;

use super::{Address, host::is_host};
use crate::net::AddressError;

/// One `--connect`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectRule {
    /// The URL's host, without brackets; `None` matches every host.
    host: Option<String>,
    /// The URL's port; `None` matches every port.
    port: Option<u16>,
    /// Where to connect.
    target: Address,
}

/// Error of a text that is not a `--connect` rule.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not of the form at all.
    #[error("expected [HOST]:[PORT]=ADDR:PORT, such as :8080=127.0.0.1:15001; an empty HOST or PORT matches all")]
    Form,
    /// Not the host of a URL.
    #[error(
        "the host '{0}' is not a name or an address, such as backend, 10.0.0.7 or [::1]; leave it empty to match every \
         host"
    )]
    Host(String),
    /// The port is not a number.
    #[error("the port '{0}' is not a number from 1 to 65535; leave it empty to match every port")]
    Port(String),
    /// The target is not an address.
    #[error("the target '{0}' is wrong: {1}")]
    Target(String, AddressError),
    /// A port to listen on, not one to connect to.
    #[error("the target '{0}' has no port to connect to; right would be one from 1 to 65535")]
    TargetPort(String),
}

impl FromStr for ConnectRule {
    type Err = ConnectError;

    fn from_str(text: &str) -> Result<Self, ConnectError> {
        let (from, target) = text.split_once('=').ok_or(ConnectError::Form)?;
        let (host, port) = from.rsplit_once(':').ok_or(ConnectError::Form)?;
        if !host.is_empty() && !is_host(host) {
            return Err(ConnectError::Host(host.into()));
        }
        let host = host.trim_matches(['[', ']']);
        let port = match port {
            "" => None,
            port => Some(port.parse().ok().filter(|p| *p != 0).ok_or_else(|| ConnectError::Port(port.into()))?),
        };
        let target = match target.parse().map_err(|error| ConnectError::Target(target.into(), error))? {
            Address::Tcp(address) if address.port() == 0 => return Err(ConnectError::TargetPort(target.into())),
            target => target,
        };
        Ok(Self { host: (!host.is_empty()).then(|| host.to_ascii_lowercase()), port, target })
    }
}

impl ConnectRule {
    fn matches(&self, host: &str, port: u16) -> bool {
        self.host.as_deref().is_none_or(|h| h.eq_ignore_ascii_case(host)) && self.port.is_none_or(|p| p == port)
    }

    /// Higher is more specific; a host says more than a port.
    fn specificity(&self) -> u8 {
        u8::from(self.host.is_some()) * 2 + u8::from(self.port.is_some())
    }
}

/// All `--connect` rules.
///
/// The most specific rule counts: host and port, then host, then port, then neither. Among rules that are equally
/// specific, each new connection takes one at random, as kube-proxy spreads the connections of a Service over its pods.
#[derive(Debug, Clone, Default)]
pub struct Connects(Vec<ConnectRule>);

impl Connects {
    /// From the rules, in any order.
    pub fn new(rules: impl IntoIterator<Item = ConnectRule>) -> Self {
        Self(rules.into_iter().collect())
    }

    /// Target of a new connection for this host (no brackets) and port; `None` for the one in the URL.
    pub fn target(&self, host: &str, port: u16) -> Option<&Address> {
        self.candidates(host, port).choose(&mut rand::rng()).map(|rule| &rule.target)
    }

    fn candidates(&self, host: &str, port: u16) -> Vec<&ConnectRule> {
        let matching = || self.0.iter().filter(|rule| rule.matches(host, port));
        let best = matching().map(ConnectRule::specificity).max();
        matching().filter(|rule| Some(rule.specificity()) == best).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(rules: &[&str], host: &str, port: u16) -> Vec<String> {
        let connects = Connects::new(rules.iter().map(|rule| rule.parse().unwrap()));
        connects.candidates(host, port).iter().map(|rule| rule.target.to_string()).collect()
    }

    #[test]
    fn an_empty_part_matches_everything() {
        assert_eq!(candidates(&[":8080=1.1.1.1:1"], "backend", 8080), ["1.1.1.1:1"]);
        assert_eq!(candidates(&["backend:=1.1.1.1:1"], "BACKEND", 99), ["1.1.1.1:1"]);
        assert_eq!(candidates(&[":=unix:/s"], "any", 1), ["unix:/s"]);
        assert!(candidates(&[":8080=1.1.1.1:1"], "backend", 80).is_empty());
    }

    #[test]
    fn the_most_specific_rule_counts_and_equals_are_all_candidates() {
        let rules = [":=1.1.1.1:1", ":80=1.1.1.1:2", "b:=1.1.1.1:3", "b:80=1.1.1.1:4", "b:80=1.1.1.1:5"];
        assert_eq!(candidates(&rules, "b", 80), ["1.1.1.1:4", "1.1.1.1:5"]);
        assert_eq!(candidates(&rules, "b", 81), ["1.1.1.1:3"]);
        assert_eq!(candidates(&rules, "c", 80), ["1.1.1.1:2"]);
        assert_eq!(candidates(&rules, "c", 81), ["1.1.1.1:1"]);
    }

    #[test]
    fn an_ipv6_host_is_written_in_brackets() {
        assert_eq!(candidates(&["[::1]:80=1.1.1.1:1"], "::1", 80), ["1.1.1.1:1"]);
    }

    #[test]
    fn a_wrong_rule_says_what_would_be_right() {
        for (text, part) in [
            ("backend", "expected [HOST]:[PORT]"),
            ("backend=1.1.1.1:1", "expected [HOST]:[PORT]"),
            ("b:x=1.1.1.1:1", "the port 'x'"),
            ("b:0=1.1.1.1:1", "the port '0'"),
            ("b:80=other:80", "the target 'other:80'"),
            ("b:80=127.0.0.1:0", "the target '127.0.0.1:0' has no port"),
            ("http://b:80=1.1.1.1:1", "the host 'http://b'"),
            ("::1:80=1.1.1.1:1", "the host '::1'"),
            ("", "expected [HOST]:[PORT]"),
        ] {
            let error = text.parse::<ConnectRule>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
