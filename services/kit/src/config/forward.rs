//! Request headers that travel on by configuration.

use std::str::FromStr;

use http::HeaderName;

/// Headers that belong to one connection or one message (RFC 9110 section 7.6.1), and those with which a caller could
/// claim to be someone else behind us.
const NEVER: [&str; 13] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
    "expect",
    "x-forwarded-client-cert",
];

/// The name of a header that travels on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardHeader(pub HeaderName);

/// A header that cannot travel on.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// No header name.
    #[error("expected the name of a header, such as x-canary")]
    Name,
    /// A header that must not.
    #[error("the header belongs to one connection or one caller and never travels on; leave it out")]
    Never,
}

impl FromStr for ForwardHeader {
    type Err = ForwardError;

    fn from_str(text: &str) -> Result<Self, ForwardError> {
        let name = HeaderName::from_str(text).map_err(|_| ForwardError::Name)?;
        if NEVER.contains(&name.as_str()) { Err(ForwardError::Never) } else { Ok(Self(name)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_a_connection_and_the_callers_identity_are_refused() {
        for name in NEVER.iter().copied().chain(["Connection", "X-Forwarded-Client-Cert"]) {
            assert!(matches!(name.parse::<ForwardHeader>(), Err(ForwardError::Never)), "{name}");
        }
        assert!("x canary".parse::<ForwardHeader>().is_err());
        assert!("Authorization".parse::<ForwardHeader>().is_ok());
    }
}
