//! The `traceparent` header (W3C Trace Context level 2, section 3.2).

use http::{HeaderMap, HeaderName};
use opentelemetry::trace::SpanContext;

use super::HexId;
use super::ids::{Ids, Malformed, Reading, Sampling, hex, single, span_id, trace_id};

pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Flag of the caller that recorded the trace (section 3.2.2.5.1).
const SAMPLED: u8 = 1;

/// Flag of a trace whose id has at least 7 random bytes on the right (section 3.2.2.5.2).
pub(super) const RANDOM: u8 = 2;

/// The length of version 00: `00-<32>-<16>-<2>`.
const LENGTH: usize = 55;

pub(super) fn read(headers: &HeaderMap) -> Result<Option<Reading>, Malformed> {
    single(headers, &TRACEPARENT)?.map(parse).transpose()
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
    let (trace, span) = (trace_id(hex(field()?, 32)?)?, span_id(field()?)?);
    let flags = hex(field()?, 2)?;
    let is_set = |flag: u8| flags & u128::from(flag) != 0;
    let ids = Ids { trace, span, short: false, random: is_set(RANDOM) };
    Ok(Reading { ids: Some(ids), sampling: if is_set(SAMPLED) { Sampling::Accept } else { Sampling::Deny } })
}

/// Writes the `traceparent` of a span. `random` says that the low 7 bytes of the trace id are random.
///
/// Level 2 defines these two flags and demands zeros for all others.
pub(super) fn write(span: &SpanContext, random: bool) -> String {
    let flags = match (span.is_sampled(), random) {
        (false, false) => "-00",
        (true, false) => "-01",
        (false, true) => "-02",
        (true, true) => "-03",
    };
    // Formatting the ids as numbers costs several times as much.
    ["00-", HexId::from(span.trace_id()).as_str(), "-", HexId::from(span.span_id()).as_str(), flags].concat()
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
    fn flags_are_read_bit_by_bit() {
        let sampling = |flags: &str| parse(&format!("00-{TRACE}-b7ad6b7169203331-{flags}")).unwrap().sampling;
        let random = |flags: &str| parse(&format!("00-{TRACE}-b7ad6b7169203331-{flags}")).unwrap().ids.unwrap().random;
        for (flags, sampled, is_random) in
            [("00", false, false), ("01", true, false), ("02", false, true), ("03", true, true), ("fd", true, false)]
        {
            let expected = if sampled { Sampling::Accept } else { Sampling::Deny };
            assert_eq!((sampling(flags), random(flags)), (expected, is_random), "{flags}");
        }
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
}
