//! The members of the call tree that no request changes.

use serde::Serialize;

use crate::identity::Identity;

/// The first members of a hop, which no request changes: JSON without the closing brace.
#[derive(Debug)]
pub(crate) struct HopStart(Vec<u8>);

#[derive(Serialize)]
struct Start<'a> {
    service: &'a str,
    version: &'a str,
    instance: &'a str,
    namespace: Option<&'a str>,
    message: &'a str,
    color: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature: Option<&'a str>,
}

impl HopStart {
    /// The JSON so far, without the closing brace.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Members of this process, with what it says.
    pub(crate) fn new(identity: &Identity, message: &str) -> Self {
        let release = identity.release;
        let start = Start {
            service: &identity.service,
            version: release.as_str(),
            instance: &identity.instance,
            namespace: identity.namespace.as_deref(),
            message,
            color: release.color(),
            feature: release.feature(),
        };
        // Text always serializes.
        let mut json = serde_json::to_vec(&start).unwrap_or_default();
        json.pop();
        Self(json)
    }
}
