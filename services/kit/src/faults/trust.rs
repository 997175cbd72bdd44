//! Callers whose requests may carry inline rules.

use std::str::FromStr;

use meshwalk_faults::Glob;

/// A pattern for the identities of trusted callers, as in `spiffe://cluster.local/ns/tests/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedPeer(Glob);

impl FromStr for TrustedPeer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("spiffe://") || text.starts_with('*') {
            return Ok(Self(Glob::new(text)));
        }
        Err("an identity begins with spiffe://, as in spiffe://cluster.local/ns/tests/sa/*; * stands for any characters"
            .into())
    }
}

/// Callers whose requests may carry inline rules. The default trusts no caller.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// True if inline rules are allowed (`--allow-inject`).
    pub allow_inject: bool,
    /// Trusted identities (`--inject-trusted-peer`). Empty trusts every caller.
    pub peers: Vec<TrustedPeer>,
}

impl Trust {
    /// Value of the response header that reports ignored rules, or `None` if the caller is trusted. A sidecar vouches for
    /// the identity.
    pub(super) fn refuses(&self, caller: Option<&str>) -> Option<&'static str> {
        match caller {
            _ if !self.allow_inject => Some("ignored;reason=\"this service was started without --allow-inject\""),
            _ if self.peers.is_empty() => None,
            None => Some("ignored;reason=\"the caller has no identity, and --inject-trusted-peer asks for one\""),
            Some(caller) if self.peers.iter().any(|TrustedPeer(glob)| glob.matches(caller.as_bytes())) => None,
            Some(_) => Some("ignored;reason=\"no --inject-trusted-peer covers the caller's identity\""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_those_are_trusted_whose_identity_matches() {
        let trust = |allow_inject, peers: &[&str]| Trust {
            allow_inject,
            peers: peers.iter().map(|peer| peer.parse().unwrap()).collect(),
        };
        const TESTER: Option<&str> = Some("spiffe://cluster.local/ns/tests/sa/tester");
        let tests = trust(true, &["spiffe://a/*", "spiffe://cluster.local/ns/tests/*"]);
        assert_eq!(tests.refuses(TESTER), None);
        assert!(tests.refuses(Some("spiffe://cluster.local/ns/tests2/sa/tester")).unwrap().contains("covers"));
        assert!(tests.refuses(None).unwrap().contains("no identity"));
        assert_eq!(trust(true, &[]).refuses(None), None, "without a list, everybody is trusted");
        assert!(trust(false, &["*"]).refuses(TESTER).unwrap().contains("--allow-inject"));
        assert!("cluster.local/ns/tests".parse::<TrustedPeer>().is_err());
    }
}
