//! What upstreams answered: the hops below the own one.

use bytes::Bytes;
use serde::{Deserialize, de::IgnoredAny};

use crate::call_failure::Failure;

/// A call to an upstream.
#[derive(Debug)]
pub(crate) struct Called<'a> {
    /// The upstream's name.
    pub(crate) name: &'a str,
    /// Its status, or the one that a gateway would give for the failure.
    pub(crate) status: u16,
    /// How long the call took, in milliseconds.
    pub(crate) took_ms: f64,
    /// Why it failed, if it did.
    pub(crate) error: Option<Failure>,
    /// The upstream's own hop as it sent it, or `None` if it is not a Meshwalk service or did not answer.
    pub(crate) hop: Option<HopJson>,
}

/// A hop as an upstream sent it: valid JSON, as its bytes arrived.
#[derive(Debug)]
pub(crate) struct HopJson(Bytes);

impl HopJson {
    /// The JSON, in UTF-8.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What every hop has, for telling one from other JSON. A hop of a later version may have more.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only their presence and their types count")]
struct HopShape {
    service: Text,
    version: Text,
    instance: Text,
    namespace: Option<Text>,
    message: Text,
    color: Text,
    peer: Option<Text>,
    trace: TraceShape,
    attempt: u32,
    faults: Vec<IgnoredAny>,
    took_ms: f64,
    status: u16,
    upstreams: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only their presence and their types count")]
struct TraceShape {
    id: Option<Text>,
    sampled: bool,
    families: Vec<IgnoredAny>,
    agree: bool,
}

/// Some text, which is not kept.
#[derive(Debug)]
struct Text;

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Text;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E>(self, _: &str) -> Result<Text, E> {
                Ok(Text)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// The hop in an upstream's answer, or `None` if the answer is not one of a Meshwalk service.
///
/// It is part of the own answer, unchanged. Of the hops below it, the upstream has looked at the nearest ones.
pub(crate) fn read_hop(body: &Bytes) -> Option<HopJson> {
    // One check of the whole text costs less than one for each string, and it includes strings that are skipped.
    let text = str::from_utf8(body).ok()?;
    serde_json::from_str::<HopShape>(text).ok()?;
    let json = text.trim_matches([' ', '\t', '\r', '\n']);
    Some(HopJson(body.slice_ref(json.as_bytes())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hop() -> serde_json::Value {
        json!({
            "service": "backend", "version": "v1", "instance": "backend-1", "namespace": null, "message": "Hello",
            "color": "#2a78d6", "peer": null, "attempt": 1, "faults": [], "took_ms": 0.5, "status": 200,
            "trace": {"id": null, "sampled": false, "families": [], "agree": true}, "upstreams": [],
        })
    }

    fn read(body: &str) -> Option<HopJson> {
        read_hop(&Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn rejects_hop_with_invalid_utf8_in_a_skipped_member() {
        let mut later = hop();
        later["more"] = json!("text");
        let mut body = later.to_string().into_bytes();
        let at = body.windows(6).position(|bytes| bytes == b"\"text\"").unwrap();
        assert!(read_hop(&body.clone().into()).is_some());
        body[at + 1] = 0xff;
        assert!(read_hop(&body.into()).is_none());
    }

    #[test]
    fn hop_of_a_later_version_is_passed_on_as_it_is() {
        let mut later = hop();
        later["more"] = json!({"than": ["today"]});
        let text = format!(" {later:#}");
        assert_eq!(read(&text).unwrap().as_bytes(), text.trim().as_bytes());
    }

    #[test]
    fn json_without_a_member_of_a_hop_or_of_another_type_is_not_a_hop() {
        for name in hop().as_object().unwrap().keys() {
            let mut other = hop();
            other[name] = json!({"of": "another type"});
            assert!(read(&other.to_string()).is_none(), "{name}");
            other.as_object_mut().unwrap().remove(name);
            // A member that may be null may be absent, too.
            let optional = ["namespace", "peer"].contains(&name.as_str());
            assert_eq!(read(&other.to_string()).is_some(), optional, "{name}");
        }
        assert!(read("[]").is_none() && read("").is_none());
        assert!(read(&format!("{} {}", hop(), hop())).is_none());
    }
}
