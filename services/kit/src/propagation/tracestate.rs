//! The `tracestate` header (W3C Trace Context level 2, section 3.3).
//!
//! OpenTelemetry's `TraceState` follows the grammar of level 1: it rejects `foo@@bar` and any key with more than 13
//! characters after an `@`, and accepts empty values. Therefore the header is validated and kept here.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::trace::TraceState;

pub(super) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Maximum number of list members that are not empty.
const MAX_MEMBERS: usize = 32;

/// Maximum length of a key, and of a value, in bytes.
const MAX_LENGTH: usize = 256;

/// Reads all `tracestate` headers as one list, in their order, without optional whitespace and empty members.
///
/// Returns `None` if there is no member, if one is invalid, or if there are more than [`MAX_MEMBERS`]. The specification's
/// test suite expects that an invalid list is discarded as a whole.
pub(super) fn read(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut list = Vec::new();
    let mut count = 0;
    for value in headers.get_all(TRACESTATE) {
        for member in
            value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|member| !member.is_empty())
        {
            count += 1;
            if count > MAX_MEMBERS || !is_valid_member(member) {
                return None;
            }
            if !list.is_empty() {
                list.push(b',');
            }
            list.extend_from_slice(member);
        }
    }
    if list.is_empty() { None } else { HeaderValue::from_bytes(&list).ok() }
}

/// Converts a list that [`read`] accepted for an exported span. Members that OpenTelemetry rejects are left out there.
pub(super) fn for_export(list: &HeaderValue) -> TraceState {
    let members = list.to_str().unwrap_or_default().split(',').filter_map(|member| member.split_once('='));
    let accepted = members.filter(|member| TraceState::from_key_value([*member]).is_ok());
    TraceState::from_key_value(accepted).unwrap_or_default()
}

/// `list-member` of the grammar. The value may begin with spaces, but has no trailing whitespace here.
fn is_valid_member(member: &[u8]) -> bool {
    let Some(equals) = member.iter().position(|byte| *byte == b'=') else { return false };
    let (key, value) = (&member[..equals], &member[equals + 1..]);
    let starts_well = key.first().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    starts_well
        && key.len() <= MAX_LENGTH
        && key.iter().all(|byte| is_key_character(*byte))
        && (1..=MAX_LENGTH).contains(&value.len())
        && value.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'=')
}

/// `keychar` of the grammar.
fn is_key_character(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads these headers; the empty text stands for `None`.
    fn read_all(values: &[&str]) -> String {
        let values = values.iter().map(|value| HeaderValue::from_bytes(value.as_bytes()).unwrap());
        let headers: HeaderMap = values.map(|value| (TRACESTATE, value)).collect();
        read(&headers).map_or_else(String::new, |list| list.to_str().unwrap().to_owned())
    }

    fn numbered(count: usize) -> String {
        (0..count).map(|number| format!("v{number}=1")).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn reads_several_headers_as_one_list_in_order() {
        assert_eq!(read_all(&["a=1,b=2", "", "c=3"]), "a=1,b=2,c=3");
        assert_eq!(read_all(&["", "a=1"]), "a=1");
        assert_eq!(read_all(&["a=1", "a=2", "a=1"]), "a=1,a=2,a=1", "duplicates may be kept");
        for empty in [&[][..], &[""], &[" , \t,", ""]] {
            assert_eq!(read_all(empty), "", "{empty:?}");
        }
    }

    #[test]
    fn removes_whitespace_around_members_but_not_before_values() {
        assert_eq!(read_all(&[" \ta=1 \t ,\t b=2", "  c=3\t"]), "a=1,b=2,c=3");
        assert_eq!(read_all(&["a=  1 2 ,b= x"]), "a=  1 2,b= x");
    }

    #[test]
    fn accepts_all_keys_and_values_of_the_level_2_grammar() {
        let printable: String = (' '..='~').filter(|char| !",=".contains(*char)).collect();
        for member in [
            "foo@=1".to_owned(),
            "foo@@bar=1".to_owned(),
            "foo@bar@baz=1".to_owned(),
            "0_-*/@=1".to_owned(),
            format!("{}=1", "z".repeat(256)),
            format!("{}@{}=1", "t".repeat(241), "v".repeat(14)),
            format!("{}@v=1", "t".repeat(242)),
            format!("t@{}=1", "v".repeat(15)),
            format!("a={printable}"),
            format!("a={}", "v".repeat(256)),
        ] {
            assert_eq!(read_all(&[&member, "bar=2"]), format!("{member},bar=2"));
        }
    }

    #[test]
    fn discards_the_whole_list_if_one_member_is_invalid() {
        for member in [
            "no-equals-sign",
            "=1",
            "foo=",
            "foo= ",
            "foo=bar=baz",
            "foo =1",
            "@foo=1",
            "_foo=1",
            "FOO=1",
            "foo.bar=1",
            "foo=a\tb",
            "foo=é",
            &format!("{}=1", "z".repeat(257)),
            &format!("foo={}", "v".repeat(257)),
        ] {
            assert_eq!(read_all(&[&format!("bar=2,{member}")]), "", "{member}");
            assert_eq!(read_all(&[member, "bar=2"]), "", "{member}");
        }
    }

    #[test]
    fn counts_at_most_32_members_that_are_not_empty() {
        assert_eq!(read_all(&[&numbered(32)]), numbered(32));
        assert_eq!(read_all(&[&numbered(32), ",,"]), numbered(32));
        assert_eq!(read_all(&[&numbered(33)]), "");
        assert_eq!(read_all(&[&numbered(20), &numbered(13)]), "");
    }

    #[test]
    fn keeps_the_longest_valid_list_whole() {
        let member = format!("{}={}", "k".repeat(256), "v".repeat(256));
        let list = vec![member; 32].join(",");
        assert_eq!(read_all(&[&list]), list);
    }

    #[test]
    fn exports_the_members_that_opentelemetry_accepts() {
        let list = HeaderValue::from_static("a=1,foo@@bar=1,b=2");
        assert_eq!(for_export(&list).header(), "a=1,b=2");
    }
}
