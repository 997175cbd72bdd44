//! Identity of this process in answers, metrics and spans.

mod release;

use http::{HeaderMap, HeaderName, HeaderValue};

pub use release::Release;

/// Response headers of every answer.
const SERVICE: HeaderName = HeaderName::from_static("x-meshwalk-service");
const VERSION: HeaderName = HeaderName::from_static("x-meshwalk-version");
const INSTANCE: HeaderName = HeaderName::from_static("x-meshwalk-instance");

/// Who this process is.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The service's name.
    pub service: String,
    /// The release.
    pub release: Release,
    /// The pod's name, or one made of service and process id.
    pub instance: String,
    /// The pod's namespace, where it is known.
    pub namespace: Option<String>,
}

impl Identity {
    /// The headers that say who answered.
    pub(crate) fn headers(&self) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unprintable"));
        HeaderMap::from_iter([
            (SERVICE, value(&self.service)),
            (VERSION, HeaderValue::from_static(self.release.as_str())),
            (INSTANCE, value(&self.instance)),
        ])
    }
}
