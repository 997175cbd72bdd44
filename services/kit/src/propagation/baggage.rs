//! The `baggage` header (W3C Baggage): which list members travel on.
//!
//! Baggage that is valid and within the limits travels on byte by byte. Otherwise invalid members and members above the
//! limits are removed whole, and the rest travels on as one header, in its order.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The application's own values that are passed on with the trace.
pub(super) const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// Number of list members that a platform must propagate at least (section 3.3.2, "Limits").
const MAX_MEMBERS: usize = 64;

/// Size of all headers together that a platform must propagate at least, in bytes (section 3.3.2, "Limits").
const MAX_BYTES: usize = 8192;

/// Baggage that differs from what came in.
#[derive(Debug, PartialEq)]
pub(super) struct Reduced {
    /// The members that travel on, or `None` if no member does.
    pub(super) value: Option<HeaderValue>,
    /// True if a valid member was removed because of the limits.
    pub(super) above_limits: bool,
}

/// Checks all `baggage` headers of a request. Returns `None` if they may travel on unchanged.
pub(super) fn reduce(headers: &HeaderMap) -> Option<Reduced> {
    let values = || headers.get_all(BAGGAGE).iter().map(HeaderValue::as_bytes);
    // Each header but the first costs a comma when they are combined.
    let combined: usize = values().map(|value| value.len() + 1).sum();
    if combined <= MAX_BYTES + 1 && members(values()).all(is_valid_member) && members(values()).count() <= MAX_MEMBERS {
        return None;
    }
    let (mut list, mut count, mut above_limits) = (Vec::new(), 0, false);
    for member in members(values()).filter(|member| is_valid_member(member)) {
        let size = list.len() + usize::from(count > 0) + member.len();
        if count == MAX_MEMBERS || size > MAX_BYTES {
            above_limits = true;
            continue;
        }
        if count > 0 {
            list.push(b',');
        }
        list.extend_from_slice(member);
        count += 1;
    }
    let value = if list.is_empty() { None } else { HeaderValue::from_bytes(&list).ok() };
    Some(Reduced { value, above_limits })
}

/// The list members that are not empty, without whitespace around them.
fn members<'a>(values: impl Iterator<Item = &'a [u8]>) -> impl Iterator<Item = &'a [u8]> {
    let members = values.flat_map(|value| value.split(|byte| *byte == b','));
    members.map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
}

/// `list-member` of the grammar: `key=value;property;key=value`.
fn is_valid_member(member: &[u8]) -> bool {
    let mut parts = member.split(|byte| *byte == b';');
    let pair = parts.next().unwrap_or_default();
    pair.contains(&b'=') && is_valid_property(pair) && parts.all(is_valid_property)
}

/// `property` of the grammar: a key, or a key and a value, with optional whitespace around each.
fn is_valid_property(property: &[u8]) -> bool {
    let mut sides = property.splitn(2, |byte| *byte == b'=');
    let key = sides.next().unwrap_or_default().trim_ascii();
    let value = sides.next().unwrap_or_default().trim_ascii();
    !key.is_empty() && key.iter().all(|byte| is_token_character(*byte)) && value.iter().all(|byte| is_octet(*byte))
}

/// `tchar` of RFC 9110, section 5.6.2.
fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// `baggage-octet` of the grammar.
fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\",;\\".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(values: &[&str]) -> Option<Reduced> {
        let values = values.iter().map(|value| HeaderValue::from_bytes(value.as_bytes()).unwrap());
        reduce(&values.map(|value| (BAGGAGE, value)).collect())
    }

    fn expected(value: &str, above_limits: bool) -> Option<Reduced> {
        let value = (!value.is_empty()).then(|| value.parse().unwrap());
        Some(Reduced { value, above_limits })
    }

    fn numbered(count: usize) -> String {
        (0..count).map(|number| format!("k{number}=1")).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn valid_baggage_is_unchanged() {
        for values in [
            &[][..],
            &["key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue"],
            &["userId =   alice", "serverNode = DF%2028, isProduction = false"],
            &["a=", "b==c=d", ",,", "", "a=1,a=2"],
            &["!#$%&'*+-.^_`|~=!#$%&'()*+-./:<=>?@[]^_`{|}~"],
        ] {
            assert_eq!(reduced(values), None, "{values:?}");
        }
    }

    #[test]
    fn invalid_members_are_removed_and_the_rest_travels_on() {
        for member in
            ["key", "=1", "k@y=1", "k=a b", "k=\"a\"", "k=a\\b", "k=é", "k=1;", "k=1;=2", "k=1;p=a b", "k;p=1"]
        {
            assert_eq!(reduced(&[&format!("a=1, {member} ,b=2")]), expected("a=1,b=2", false), "{member}");
            assert_eq!(reduced(&["a=1", member, "b=2"]), expected("a=1,b=2", false), "{member}");
            assert_eq!(reduced(&[member]), expected("", false), "{member}");
        }
    }

    #[test]
    fn at_most_64_members_travel_on() {
        assert_eq!(reduced(&[&numbered(64)]), None);
        assert_eq!(reduced(&[&numbered(65)]), expected(&numbered(64), true));
        assert_eq!(reduced(&[&numbered(64), "z=1"]), expected(&numbered(64), true));
    }

    #[test]
    fn at_most_8192_bytes_of_all_headers_together_travel_on() {
        let whole = format!("a={}", "v".repeat(8190));
        assert_eq!(reduced(&[&whole]), None);
        assert_eq!(reduced(&[&format!("{whole}v")]), expected("", true));
        let (half, other) = (format!("a={}", "v".repeat(4094)), format!("b={}", "v".repeat(4093)));
        assert_eq!(reduced(&[&half, &other]), None, "8192 bytes with the comma");
        assert_eq!(reduced(&[&half, &format!("{other}v")]), expected(&half, true));
        assert_eq!(reduced(&[&half, &format!("{other}v"), "c=3"]), expected(&format!("{half},c=3"), true));
    }

    #[test]
    fn whitespace_counts_before_it_is_removed() {
        let padded = format!("a=1,{}b=2", " ".repeat(8192));
        assert_eq!(reduced(&[&padded]), expected("a=1,b=2", false));
    }
}
