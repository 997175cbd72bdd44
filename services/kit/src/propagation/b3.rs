//! B3, as one header and as several (the B3 specification of OpenZipkin).

use http::{HeaderMap, HeaderName};
use opentelemetry::trace::SpanContext;

use super::ids::{Ids, Malformed, Reading, Sampling, hex, single, span_id, trace_id};

pub(super) const SINGLE: HeaderName = HeaderName::from_static("b3");
pub(super) const TRACE_ID: HeaderName = HeaderName::from_static("x-b3-traceid");
pub(super) const SPAN_ID: HeaderName = HeaderName::from_static("x-b3-spanid");
pub(super) const PARENT_SPAN_ID: HeaderName = HeaderName::from_static("x-b3-parentspanid");
pub(super) const SAMPLED: HeaderName = HeaderName::from_static("x-b3-sampled");
pub(super) const FLAGS: HeaderName = HeaderName::from_static("x-b3-flags");

pub(super) fn read_single(headers: &HeaderMap) -> Result<Option<Reading>, Malformed> {
    single(headers, &SINGLE)?.map(parse_single).transpose()
}

/// `{trace}-{span}-{sampling}-{parent}`, the last two optional; or the sampling alone.
fn parse_single(text: &str) -> Result<Reading, Malformed> {
    let fields: Vec<&str> = text.split('-').collect();
    match fields[..] {
        [state] => Ok(Reading { ids: None, sampling: sampling(state)? }),
        [trace, span] => Ok(Reading { ids: Some(ids(trace, span)?), sampling: Sampling::Defer }),
        [trace, span, state] => Ok(Reading { ids: Some(ids(trace, span)?), sampling: sampling(state)? }),
        [trace, span, state, parent] => {
            span_id(parent)?;
            Ok(Reading { ids: Some(ids(trace, span)?), sampling: sampling(state)? })
        }
        _ => Err(Malformed),
    }
}

fn sampling(state: &str) -> Result<Sampling, Malformed> {
    match state {
        "0" => Ok(Sampling::Deny),
        "1" => Ok(Sampling::Accept),
        "d" => Ok(Sampling::Debug),
        _ => Err(Malformed),
    }
}

pub(super) fn read_multi(headers: &HeaderMap) -> Result<Option<Reading>, Malformed> {
    if let Some(parent) = single(headers, &PARENT_SPAN_ID)? {
        span_id(parent)?;
    }
    let sampled = match single(headers, &SAMPLED)? {
        // Old tracers write words; the specification asks receivers for leniency.
        Some("1" | "true") => Some(Sampling::Accept),
        Some("0" | "false") => Some(Sampling::Deny),
        Some(_) => return Err(Malformed),
        None => None,
    };
    // Debug implies that the trace is accepted, whatever else was sent.
    let sampling = if single(headers, &FLAGS)? == Some("1") { Some(Sampling::Debug) } else { sampled };
    match (single(headers, &TRACE_ID)?, single(headers, &SPAN_ID)?) {
        (Some(trace), Some(span)) => {
            Ok(Some(Reading { ids: Some(ids(trace, span)?), sampling: sampling.unwrap_or(Sampling::Defer) }))
        }
        (None, None) => Ok(sampling.map(|sampling| Reading { ids: None, sampling })),
        _ => Err(Malformed),
    }
}

fn ids(trace: &str, span: &str) -> Result<Ids, Malformed> {
    let short = trace.len() == 16;
    let number = if short { hex(trace, 16)? } else { hex(trace, 32)? };
    Ok(Ids { trace: trace_id(number)?, span: span_id(span)?, short, random: false })
}

/// The trace id as B3 writes it: 64 bits where it came so, because some receivers know no longer ones.
fn written_trace_id(span: &SpanContext, came: &Reading) -> String {
    let id = span.trace_id().to_string();
    let short = came.ids.is_some_and(|ids| ids.short) && id.starts_with("0000000000000000");
    if short { id[16..].to_owned() } else { id }
}

fn debug(span: &SpanContext, came: &Reading) -> bool {
    came.sampling == Sampling::Debug && span.is_sampled()
}

/// The `b3` header of a span whose trace came as told.
pub(super) fn write_single(span: &SpanContext, came: &Reading) -> String {
    let state = match (debug(span, came), span.is_sampled()) {
        (true, _) => 'd',
        (false, true) => '1',
        (false, false) => '0',
    };
    format!("{}-{}-{state}", written_trace_id(span, came), span.span_id())
}

/// The `x-b3-*` headers of a span whose trace came as told.
pub(super) fn write_multi(span: &SpanContext, came: &Reading) -> [(HeaderName, String); 3] {
    let sampling = match (debug(span, came), span.is_sampled()) {
        (true, _) => (FLAGS, "1".to_owned()),
        (false, sampled) => (SAMPLED, u8::from(sampled).to_string()),
    };
    [(TRACE_ID, written_trace_id(span, came)), (SPAN_ID, span.span_id().to_string()), sampling]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
    const SPAN: &str = "e457b5a2e4d86bd1";

    fn multi(pairs: &[(HeaderName, &str)]) -> Result<Option<Reading>, Malformed> {
        read_multi(&pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect())
    }

    #[test]
    fn the_single_header_may_be_the_decision_alone() {
        assert_eq!(parse_single("0"), Ok(Reading { ids: None, sampling: Sampling::Deny }));
        assert_eq!(parse_single("d"), Ok(Reading { ids: None, sampling: Sampling::Debug }));
    }

    #[test]
    fn without_a_decision_it_is_left_to_the_receiver() {
        assert_eq!(parse_single(&format!("{TRACE}-{SPAN}")).unwrap().sampling, Sampling::Defer);
        assert_eq!(multi(&[(TRACE_ID, TRACE), (SPAN_ID, SPAN)]).unwrap().unwrap().sampling, Sampling::Defer);
    }

    #[test]
    fn a_short_trace_id_is_padded_on_the_left() {
        let ids = parse_single(&format!("{SPAN}-{SPAN}-1-05e3ac9a4f6e3b90")).unwrap().ids.unwrap();
        assert!(ids.short);
        assert_eq!(ids.trace.to_string(), format!("0000000000000000{SPAN}"));
    }

    #[test]
    fn debug_counts_more_than_sampled() {
        let reading = multi(&[(TRACE_ID, TRACE), (SPAN_ID, SPAN), (SAMPLED, "0"), (FLAGS, "1")]).unwrap().unwrap();
        assert_eq!(reading.sampling, Sampling::Debug);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for text in ["", "2", "1-", &format!("{TRACE}-{SPAN}-1-{SPAN}-x"), &format!("{TRACE}-{SPAN}-x"), "a-b-1"] {
            assert_eq!(parse_single(text), Err(Malformed), "{text}");
        }
        assert_eq!(multi(&[(TRACE_ID, TRACE)]), Err(Malformed));
        assert_eq!(multi(&[(SAMPLED, "yes")]), Err(Malformed));
        assert_eq!(multi(&[(TRACE_ID, &TRACE[1..]), (SPAN_ID, SPAN)]), Err(Malformed));
    }
}
