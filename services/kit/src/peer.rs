//! Who called, as the sidecar in front says: `x-forwarded-client-cert`.
//!
//! The header's elements are separated by commas, the oldest proxy's first; an element's `Key=value` pairs by semicolons;
//! a value may be quoted, with `\"` inside (Envoy's documentation, "x-forwarded-client-cert"). The sidecar appends its
//! own element, so only the last one tells of the peer that it has authenticated itself.

use http::{HeaderMap, HeaderName};

const XFCC: HeaderName = HeaderName::from_static("x-forwarded-client-cert");

/// The URI of the caller's certificate.
pub(crate) fn identity(headers: &HeaderMap) -> Option<String> {
    // Several headers of the name are one list.
    let last = headers.get_all(XFCC).iter().next_back()?.to_str().ok()?;
    let element = split(last, ',').pop()?;
    split(element, ';').into_iter().find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case("uri").then(|| unquoted(value.trim())).filter(|uri| !uri.is_empty())
    })
}

/// Splits at a character outside of quotes.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == at && !quoted => {
                parts.push(&text[start..index]);
                start = index + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\\\"", "\""),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<String> {
        identity(&values.iter().map(|value| (XFCC, value.parse().unwrap())).collect())
    }

    #[test]
    fn the_last_element_counts_because_the_sidecar_wrote_it() {
        let forged = "By=spiffe://a;URI=spiffe://admin";
        let real = "By=spiffe://b;Hash=ab12;Subject=\"\";URI=spiffe://cluster.local/ns/meshwalk/sa/frontend";
        let expected = Some("spiffe://cluster.local/ns/meshwalk/sa/frontend".to_owned());
        assert_eq!(of(&[&format!("{forged},{real}")]), expected);
        assert_eq!(of(&[forged, real]), expected);
    }

    #[test]
    fn separators_and_quotes_inside_of_quotes_are_text() {
        let tricky = r#"Subject="CN=a,O=\"x;URI=spiffe://fake\"";URI="spiffe://real";DNS=a"#;
        assert_eq!(of(&[tricky]), Some("spiffe://real".to_owned()));
    }

    #[test]
    fn a_plaintext_caller_has_no_identity() {
        for values in [&[][..], &[""], &["By=spiffe://b;Hash=1"], &["URI="], &["URI=spiffe://a,By=spiffe://b"]] {
            assert_eq!(of(values), None, "{values:?}");
        }
    }
}
