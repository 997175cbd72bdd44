//! The host of a URL.

use std::net::Ipv6Addr;

/// Whether this is a name, an IPv4 address, or an IPv6 address in brackets: what can be resolved, or matched against
/// what a URL says.
pub(super) fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        // An underscore is in no host name of the DNS's own rules (RFC 1123 section 2.1), but in those of some resolvers.
        None => {
            let of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            !text.is_empty() && text.bytes().all(of_a_name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_host;

    #[test]
    fn names_and_addresses_are_hosts() {
        for text in ["backend", "backend.meshwalk.svc.cluster.local", "my_host", "127.0.0.1", "[::1]", "B2"] {
            assert!(is_host(text), "{text}");
        }
    }

    #[test]
    fn nothing_else_is() {
        for text in ["", "[]", "[b]", "[::1", "::1", "a b", "http://b", "u@b", "b:80", "b/", "*"] {
            assert!(!is_host(text), "{text}");
        }
    }
}
