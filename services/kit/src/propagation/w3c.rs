//! `traceparent` and `tracestate`, as W3C Trace Context has them (level 1, sections 3.2 and 3.3).

use http::HeaderMap;
use opentelemetry::trace::{SpanContext, TraceState};

use super::ids::{Ids, Malformed, Reading, Sampling, hex, single, span_id, trace_id};

pub(super) const TRACEPARENT: &str = "traceparent";
pub(super) const TRACESTATE: &str = "tracestate";

/// How many vendors a `tracestate` may name (section 3.3.1.1).
const MOST_VENDORS: usize = 32;

/// The length of version 00: `00-<32>-<16>-<2>`.
const LENGTH: usize = 55;

pub(super) fn read(headers: &HeaderMap) -> Result<Option<Reading>, Malformed> {
    single(headers, TRACEPARENT)?.map(parse).transpose()
}

fn parse(text: &str) -> Result<Reading, Malformed> {
    let version = text.get(..2).ok_or(Malformed)?;
    // A later version may have more after the flags, but begins as version 00 does (section 3.2.4). Only lower case is
    // allowed in all of it.
    let longer = text.as_bytes().get(LENGTH).is_some_and(|byte| *byte == b'-');
    let length_fits = text.len() == LENGTH || (version != "00" && longer);
    let known = text.get(..LENGTH).ok_or(Malformed)?;
    if version == "ff" || !length_fits || known.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(Malformed);
    }
    hex(version, 2)?;
    let mut fields = known.split('-').skip(1);
    let mut field = || fields.next().ok_or(Malformed);
    let ids = Ids { trace: trace_id(hex(field()?, 32)?)?, span: span_id(field()?)?, short: false };
    let sampled = hex(field()?, 2)? & 1 == 1;
    Ok(Reading { ids: Some(ids), sampling: if sampled { Sampling::Accept } else { Sampling::Deny } })
}

/// The vendors' part. Several headers are one list, in order (section 3.3.1); one that is wrong counts as none, without
/// harm to `traceparent` (section 3.3.1.5).
pub(super) fn read_tracestate(headers: &HeaderMap) -> TraceState {
    let values: Result<Vec<&str>, _> = headers.get_all(TRACESTATE).iter().map(|value| value.to_str()).collect();
    let Ok(values) = values else { return TraceState::default() };
    let joined = values.join(",");
    let members: Vec<&str> = joined.split(',').map(str::trim).filter(|member| !member.is_empty()).collect();
    if members.len() > MOST_VENDORS {
        return TraceState::default();
    }
    members.join(",").parse().unwrap_or_default()
}

/// The `traceparent` of a span.
pub(super) fn write(span: &SpanContext) -> String {
    format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), u8::from(span.is_sampled()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_later_version_may_be_longer_but_version_00_may_not() {
        assert!(parse(&format!("00-{TRACE}-b7ad6b7169203331-01")).is_ok());
        assert!(parse(&format!("cc-{TRACE}-b7ad6b7169203331-01-more")).is_ok());
        assert!(parse(&format!("cc-{TRACE}-b7ad6b7169203331-01more")).is_err());
        assert!(parse(&format!("00-{TRACE}-b7ad6b7169203331-01-more")).is_err());
    }

    #[test]
    fn only_the_last_bit_of_the_flags_is_about_sampling() {
        let sampling = |flags: &str| parse(&format!("00-{TRACE}-b7ad6b7169203331-{flags}")).unwrap().sampling;
        assert_eq!(sampling("03"), Sampling::Accept);
        assert_eq!(sampling("02"), Sampling::Deny);
    }

    #[test]
    fn a_malformed_traceparent_is_refused() {
        for text in [
            "",
            "00",
            &format!("ff-{TRACE}-b7ad6b7169203331-01"),
            &format!("0x-{TRACE}-b7ad6b7169203331-01"),
            &format!("00-{}-b7ad6b7169203331-01", TRACE.to_ascii_uppercase()),
            &format!("00-{TRACE}-0000000000000000-01"),
            &format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            &format!("00-{TRACE}-b7ad6b7169203331-1"),
            &format!("00-{TRACE}-b7ad6b716920333--01"),
            &format!("00_{TRACE}_b7ad6b7169203331_01"),
            "00-0af7651916cd43dd8448eb211c80319é-b7ad6b7169203331-01",
        ] {
            assert_eq!(parse(text), Err(Malformed), "{text}");
        }
    }

    #[test]
    fn several_tracestates_are_one_list_and_a_wrong_one_is_none() {
        let read = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(TRACESTATE, value.parse().unwrap());
            }
            read_tracestate(&headers).header()
        };
        assert_eq!(read(&["a=1, b=2", "", "c=3"]), "a=1,b=2,c=3");
        assert_eq!(read(&["no equals sign"]), "");
        let many: Vec<String> = (0..33).map(|n| format!("v{n}=1")).collect();
        assert_eq!(read(&[&many.join(",")]), "");
    }
}
