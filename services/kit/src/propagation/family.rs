//! The families of trace headers, and which one is believed when they differ.

use http::HeaderName;
use serde::{Deserialize, Serialize};

use super::{b3, tracestate::TRACESTATE, w3c};

/// All headers of the three families.
static TRACE_HEADERS: [HeaderName; 8] =
    [w3c::TRACEPARENT, TRACESTATE, b3::SINGLE, b3::TRACE_ID, b3::SPAN_ID, b3::PARENT_SPAN_ID, b3::SAMPLED, b3::FLAGS];

/// True if the header belongs to one of the families.
pub(super) fn is_trace_header(name: &HeaderName) -> bool {
    TRACE_HEADERS.contains(name)
}

/// A family of headers that carry a trace on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// `traceparent` and `tracestate` (W3C Trace Context).
    W3c,
    /// `b3` (B3 single).
    B3,
    /// `x-b3-traceid` and its siblings (B3 multi).
    B3Multi,
}

/// The order in which families are believed. All of them are read in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order([Family; 3]);

impl Default for Order {
    fn default() -> Self {
        Self([Family::W3c, Family::B3, Family::B3Multi])
    }
}

impl Order {
    /// From the value of `OTEL_PROPAGATORS`, with the names in it that mean nothing here. What it does not name comes
    /// last, in the default order.
    pub fn from_propagators(text: &str) -> (Self, Vec<String>) {
        let mut families = Vec::new();
        let mut unknown = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name {
                "tracecontext" => families.push(Family::W3c),
                "b3" => families.push(Family::B3),
                "b3multi" => families.push(Family::B3Multi),
                // Baggage always travels on, and conflicts with nothing.
                "baggage" => {}
                other => unknown.push(other.to_owned()),
            }
        }
        families.extend(Self::default().0);
        let rank = |family: Family| families.iter().position(|f| *f == family);
        let mut order = Self::default().0;
        order.sort_by_key(|family| rank(*family));
        (Self(order), unknown)
    }

    pub(super) fn families(self) -> [Family; 3] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Family::{B3, B3Multi, W3c};

    #[test]
    fn families_are_believed_in_the_order_in_which_they_are_named() {
        for (text, order) in [
            ("", [W3c, B3, B3Multi]),
            ("tracecontext,baggage", [W3c, B3, B3Multi]),
            ("b3multi, tracecontext", [B3Multi, W3c, B3]),
            ("b3,b3,b3multi", [B3, B3Multi, W3c]),
        ] {
            assert_eq!(Order::from_propagators(text), (Order(order), vec![]), "{text}");
        }
    }

    #[test]
    fn unknown_names_are_handed_back() {
        assert_eq!(Order::from_propagators("xray,b3").1, ["xray"]);
    }
}
