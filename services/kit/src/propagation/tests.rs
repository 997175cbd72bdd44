//! The families together, with generated inputs.

use opentelemetry::trace::{SpanId, TraceState};
use proptest::prelude::*;

use super::*;

fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn onward(headers: &HeaderMap) -> Onward {
    Onward::new(Received::read(headers, &Order::default()), headers, &[])
}

fn own_span(received: &Received) -> SpanContext {
    let parent = received.parent();
    let trace = parent.span.as_ref().map_or(TraceId::from_bytes([9; 16]), SpanContext::trace_id);
    let flags = TraceFlags::default().with_sampled(parent.decision == Decision::Sample);
    SpanContext::new(trace, SpanId::from_bytes([7; 8]), flags, false, TraceState::default())
}

/// One caller's trace in any set of families.
#[derive(Debug, Clone)]
struct Caller {
    trace: u128,
    span: u64,
    sampled: bool,
    short: bool,
    families: Vec<Family>,
}

impl Caller {
    fn headers(&self) -> HeaderMap {
        let id = if self.short { format!("{:016x}", self.trace) } else { format!("{:032x}", self.trace) };
        let (span, sampled) = (format!("{:016x}", self.span), u8::from(self.sampled));
        let mut pairs = Vec::new();
        for family in &self.families {
            match family {
                Family::W3c => pairs.push(("traceparent", format!("00-{:032x}-{span}-0{sampled}", self.trace))),
                Family::B3 => pairs.push(("b3", format!("{id}-{span}-{sampled}"))),
                Family::B3Multi => pairs.extend([
                    ("x-b3-traceid", id.clone()),
                    ("x-b3-spanid", span.clone()),
                    ("x-b3-sampled", sampled.to_string()),
                ]),
            }
        }
        headers(&pairs)
    }
}

fn callers() -> impl Strategy<Value = Caller> {
    let families = proptest::sample::subsequence(vec![Family::W3c, Family::B3, Family::B3Multi], 0..=3);
    (1..=u128::MAX, 1..=u64::MAX, any::<bool>(), any::<bool>(), families).prop_map(
        |(trace, span, sampled, short, families)| {
            let trace = if short { u128::from(trace as u64 | 1) } else { trace };
            Caller { trace, span, sampled, short, families }
        },
    )
}

proptest! {
    #[test]
    fn a_consistent_caller_is_read_whole_and_agrees(caller in callers()) {
        let received = Received::read(&caller.headers(), &Order::default());
        prop_assert_eq!(received.families(), caller.families.clone());
        prop_assert!(received.agree());
        let parent = received.parent();
        prop_assert_eq!(parent.span.is_some(), !caller.families.is_empty());
        if let Some(span) = parent.span {
            prop_assert_eq!(span.trace_id().to_string(), format!("{:032x}", caller.trace));
            prop_assert_eq!(span.span_id().to_string(), format!("{:016x}", caller.span));
            prop_assert_eq!(span.is_sampled(), caller.sampled);
        }
    }

    #[test]
    fn without_an_own_span_everything_goes_on_unchanged(caller in callers()) {
        prop_assert_eq!(onward(&caller.headers()).headers(None), caller.headers());
    }

    #[test]
    fn with_an_own_span_the_next_hop_reads_the_same_trace_in_each_family(caller in callers()) {
        let here = onward(&caller.headers());
        let own = own_span(here.received());
        let next = Received::read(&here.headers(Some(&own)), &Order::default());
        for family in &caller.families {
            prop_assert!(next.families().contains(family));
        }
        prop_assert!(next.families().contains(&Family::W3c));
        prop_assert!(next.agree());
        let parent = next.parent().span.unwrap();
        prop_assert_eq!(parent.trace_id(), own.trace_id());
        prop_assert_eq!(parent.span_id(), own.span_id());
        prop_assert_eq!(parent.is_sampled(), own.is_sampled());
    }

    #[test]
    fn a_short_id_stays_short_in_b3(caller in callers()) {
        let here = onward(&caller.headers());
        let out = here.headers(Some(&own_span(here.received())));
        if let Some(b3) = out.get("b3") {
            let digits = b3.to_str().unwrap().split('-').next().unwrap().len();
            // W3C decides about the trace, B3 about its own form.
            prop_assert_eq!(digits, if caller.short { 16 } else { 32 });
        }
    }

    #[test]
    fn no_header_value_makes_reading_or_writing_fail(
        pairs in proptest::collection::vec((0..8usize, "[ -~]{0,60}"), 0..12)
    ) {
        let names = ["traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-sampled", "x-b3-flags",
            "baggage"];
        let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| (names[name], value)).collect();
        let here = onward(&headers(&pairs));
        let own = own_span(here.received());
        prop_assert!(Received::read(&here.headers(Some(&own)), &Order::default()).families().contains(&Family::W3c));
        // Baggage alone is checked without an own span, and what is left of it is valid.
        let (mut out, mut came) = (here.headers(None), headers(&pairs));
        prop_assert_eq!(baggage::reduce(&out), None);
        out.remove("baggage");
        came.remove("baggage");
        prop_assert_eq!(out, came);
    }

    #[test]
    fn a_sampling_decision_is_never_turned_round(caller in callers()) {
        let here = onward(&caller.headers());
        let next = Received::read(&here.headers(Some(&own_span(here.received()))), &Order::default());
        if !caller.families.is_empty() {
            prop_assert_eq!(next.decision(), if caller.sampled { Decision::Sample } else { Decision::Drop });
        }
    }
}

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const OTHER: &str = "1af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

#[test]
fn on_conflict_the_order_decides_and_the_hop_says_that_they_differ() {
    let headers = headers(&[("traceparent", format!("00-{TRACE}-{SPAN}-01")), ("b3", format!("{OTHER}-{SPAN}-0"))]);
    for (propagators, trace, sampled) in [("", TRACE, true), ("b3,tracecontext", OTHER, false)] {
        let received = Received::read(&headers, &Order::from_propagators(propagators).0);
        assert!(!received.agree());
        let span = received.parent().span.unwrap();
        assert_eq!((span.trace_id().to_string().as_str(), span.is_sampled()), (trace, sampled));
    }
}

#[test]
fn a_repeated_or_malformed_family_is_not_believed_and_the_others_are() {
    let parent = format!("00-{TRACE}-{SPAN}-01");
    for broken in [
        vec![("traceparent", parent.clone()), ("traceparent", parent.clone())],
        vec![("traceparent", parent.replace('a', "A"))],
    ] {
        let mut pairs = broken;
        pairs.push(("b3", format!("{OTHER}-{SPAN}-1")));
        let received = Received::read(&headers(&pairs), &Order::default());
        assert_eq!(received.families(), [Family::B3]);
        assert!(!received.agree());
        assert_eq!(received.trace_id().unwrap().to_string(), OTHER);
    }
}

#[test]
fn parent_has_the_random_flag_of_its_traceparent() {
    for (flags, expected) in [("00", 0), ("02", 2), ("03", 3), ("ff", 3)] {
        let headers = headers(&[("traceparent", format!("00-{TRACE}-{SPAN}-{flags}"))]);
        let parent = Received::read(&headers, &Order::default()).parent();
        assert_eq!(parent.span.unwrap().trace_flags().to_u8(), expected, "{flags}");
    }
}

#[test]
fn a_bare_deny_stays_a_deny() {
    let received = Received::read(&headers(&[("b3", "0".into())]), &Order::default());
    assert_eq!(received.parent(), Parent { span: None, decision: Decision::Drop });
}

#[test]
fn a_tracestate_of_another_trace_does_not_travel_with_ours() {
    let headers = headers(&[
        ("traceparent", format!("00-{TRACE}-{SPAN}-01")),
        ("tracestate", "vendor=1".into()),
        ("b3", format!("{OTHER}-{SPAN}-1")),
    ]);
    for (propagators, exported, written) in [("tracecontext", "vendor=1", Some("vendor=1")), ("b3", "", None)] {
        let received = Received::read(&headers, &Order::from_propagators(propagators).0);
        assert_eq!(received.parent().span.unwrap().trace_state().header(), exported);
        let own = own_span(&received);
        let out = Onward::new(received, &headers, &[]).headers(Some(&own));
        assert_eq!(out.get("tracestate").map(|state| state.to_str().unwrap()), written);
    }
}

#[test]
fn only_what_is_meant_to_travels_on() {
    let headers = headers(&[
        ("x-request-id", "r1".into()),
        ("baggage", "a=1".into()),
        ("baggage", "b=2".into()),
        ("x-canary", "true".into()),
        ("cookie", "secret".into()),
        ("authorization", "secret".into()),
        ("connection", "keep-alive".into()),
        ("x-forwarded-client-cert", "URI=spiffe://me".into()),
    ]);
    let received = Received::read(&headers, &Order::default());
    let list = [HeaderName::from_static("x-canary"), HeaderName::from_static("baggage")];
    let out = Onward::new(received, &headers, &list).headers(None);
    let mut names: Vec<&str> = out.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["baggage", "x-canary", "x-request-id"]);
    assert_eq!(out.get_all("baggage").iter().count(), 2);
}
