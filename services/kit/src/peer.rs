//! Who called, as the sidecar in front says: `x-forwarded-client-cert`.
//!
//! The header's elements are separated by commas, the oldest proxy's first; an element's `Key=value` pairs by semicolons;
//! a value may be quoted, with `\"` inside (Envoy's documentation, "x-forwarded-client-cert"). The sidecar appends its
//! own element, so only the last one names the peer that it has authenticated itself. The elements before it are the
//! caller's own word: a quote that it leaves open could hide where the sidecar's element begins, so a header that is not
//! well-formed from its beginning to its end has no peer.

use http::{HeaderMap, HeaderName};

const XFCC: HeaderName = HeaderName::from_static("x-forwarded-client-cert");

/// The URI of the caller's certificate.
pub(crate) fn identity(headers: &HeaderMap) -> Option<String> {
    // Several headers of the name are one list.
    let last = headers.get_all(XFCC).iter().next_back()?.to_str().ok()?;
    let pairs = last_element(last)?;
    let uri = pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case("uri"))?.1;
    (!uri.is_empty()).then_some(uri)
}

/// The keys and values of the last element, if all elements are well-formed.
fn last_element(header: &str) -> Option<Vec<(&str, String)>> {
    let (mut element, mut rest) = (Vec::new(), header);
    loop {
        let (key, from_value) = rest.trim_start().split_once('=')?;
        if key.contains([',', ';', '"']) {
            return None;
        }
        let (value, after) = value(from_value)?;
        element.push((key.trim_end(), value));
        let Some(separator) = after.chars().next() else { return Some(element) };
        if separator == ',' {
            element.clear();
        }
        rest = &after[1..];
    }
}

/// A value, and what follows: a separator, or nothing at the end of the header.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ';']).unwrap_or(text.len());
        let (value, after) = text.split_at(end);
        return (!value.contains('"')).then(|| (value.trim_end().to_owned(), after));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next()?.1 {
                '"' => value.push('"'),
                other => value.extend(['\\', other]),
            },
            '"' => {
                let after = quoted[at + 1..].trim_start();
                return (after.is_empty() || after.starts_with([',', ';'])).then_some((value, after));
            }
            other => value.push(other),
        }
    }
    None
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
    fn what_a_caller_says_before_the_sidecars_word_cannot_hide_it() {
        let real = r#"By=spiffe://b;Hash=ab12;Subject="";URI=spiffe://real"#;
        let subject = r#"By=spiffe://b;Hash=ab12;Subject="CN=\"a\",O=b";URI=spiffe://real"#;
        let open =
            [r#"Subject=""#, r#"Subject="x"#, r#"Subject="x\"#, r#"Subject="a"b"#, r#"Subject=a"b"#, r#"Subject"#];
        for left_open in open {
            for real in [real, subject, "By=spiffe://b;URI=spiffe://real"] {
                let forged = format!("URI=spiffe://admin;{left_open}");
                assert_eq!(of(&[&format!("{forged},{real}")]), None, "{forged}");
                let closed = format!("{forged},By=spiffe://c;Subject=\"\";URI=spiffe://admin,{real}");
                assert_eq!(of(&[&closed]), None, "{closed}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_caller_brings_along_it_is_itself_or_nobody(forged in r#"(URI=spiffe://admin|[;,="\\a ]){0,12}"#) {
            for real in [r#"By=spiffe://b;Subject="CN=\"a\",O=b";URI=spiffe://real"#, "By=spiffe://b;URI=spiffe://real"] {
                let peer = of(&[&format!("{forged},{real}")]);
                proptest::prop_assert!(peer.is_none() || peer.as_deref() == Some("spiffe://real"), "{forged}: {peer:?}");
            }
        }
    }

    #[test]
    fn a_plaintext_caller_has_no_identity() {
        for values in [&[][..], &[""], &["By=spiffe://b;Hash=1"], &["URI="], &["URI=spiffe://a,By=spiffe://b"]] {
            assert_eq!(of(values), None, "{values:?}");
        }
    }
}
