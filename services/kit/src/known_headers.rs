//! The headers that the application looks for in every request.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use meshwalk_faults::INJECT_HEADER;

use crate::propagation::REQUEST_ID;

/// How many services a request has come through.
pub(crate) const HOPS: HeaderName = HeaderName::from_static("x-meshwalk-hops");

/// Attempt number of the proxy in front.
pub(crate) const ATTEMPT: HeaderName = HeaderName::from_static("x-envoy-attempt-count");

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A header of [`KnownHeaders`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum Known {
    /// `x-envoy-attempt-count`
    Attempt,
    /// `x-meshwalk-hops`
    Hops,
    /// `x-request-id`
    RequestId,
    /// `forwarded`
    Forwarded,
    /// `x-forwarded-proto`
    XForwardedProto,
    /// `x-meshwalk-inject`
    Inject,
}

/// Names in the order of [`Known`].
static NAMES: [HeaderName; 6] =
    [ATTEMPT, HOPS, REQUEST_ID, header::FORWARDED, X_FORWARDED_PROTO, HeaderName::from_static(INJECT_HEADER)];

/// First value of each known header. Found in one pass, because a search for each name costs a hash.
#[derive(Debug)]
pub(crate) struct KnownHeaders<'a>([Option<&'a HeaderValue>; NAMES.len()]);

impl<'a> KnownHeaders<'a> {
    /// Looks through a request's headers.
    pub(crate) fn read(headers: &'a HeaderMap) -> Self {
        let mut found = [None; NAMES.len()];
        for (name, value) in headers {
            if let Some(index) = NAMES.iter().position(|known| known == name) {
                found[index].get_or_insert(value);
            }
        }
        Self(found)
    }

    /// True if the request has the header.
    pub(crate) fn has(&self, known: Known) -> bool {
        self.0[known as usize].is_some()
    }

    /// Value of the header, if it is text.
    pub(crate) fn text(&self, known: Known) -> Option<&'a str> {
        self.0[known as usize]?.to_str().ok()
    }

    /// Value of the header, if it is a number.
    pub(crate) fn number(&self, known: Known) -> Option<u32> {
        self.text(known)?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_first_value_of_each_header() {
        let pairs =
            [("host", "a"), ("x-envoy-attempt-count", "2"), ("x-envoy-attempt-count", "3"), ("x-request-id", "x")];
        let headers: HeaderMap =
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let known = KnownHeaders::read(&headers);
        assert_eq!(known.number(Known::Attempt), Some(2));
        assert_eq!((known.text(Known::RequestId), known.number(Known::RequestId)), (Some("x"), None));
        assert!(!known.has(Known::Inject) && !known.has(Known::Hops));
    }

    #[test]
    fn each_header_is_found_by_its_name() {
        for (known, name) in [
            (Known::Attempt, "x-envoy-attempt-count"),
            (Known::Hops, "x-meshwalk-hops"),
            (Known::RequestId, "x-request-id"),
            (Known::Forwarded, "forwarded"),
            (Known::XForwardedProto, "x-forwarded-proto"),
            (Known::Inject, "x-meshwalk-inject"),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static("1"))]);
            assert!(KnownHeaders::read(&headers).has(known), "{name}");
        }
    }
}
