//! Validity of names of headers, domains and labels.

/// Maximum length of a domain's label and of a label key's name (RFC 1035, section 2.3.4).
const LONGEST: usize = 63;

/// True if a text is a valid header name for a match: a token of HTTP (RFC 9110, section 5.6.2), or one with a comma,
/// which Istio accepts too.
pub(crate) fn is_header(name: &str) -> bool {
    const PSEUDO: [&str; 4] = [":authority", ":method", ":path", ":scheme"];
    let may_stand = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+,-.^_`|~".contains(&c);
    PSEUDO.contains(&name) || (!name.is_empty() && name.bytes().all(may_stand))
}

/// True if a text is one label of a domain (RFC 1123), in any case.
pub(crate) fn is_domain_label(text: &str) -> bool {
    text.len() <= LONGEST && is_bounded(text) && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

/// True if a text is a domain, `*`, or a domain with a leading wildcard.
pub(crate) fn is_domain(text: &str) -> bool {
    let rest = text.strip_prefix('*').map_or(text, |rest| rest.strip_prefix(['.', '-']).unwrap_or(rest));
    let rest = rest.strip_suffix('.').unwrap_or(rest);
    if rest.is_empty() {
        return text.starts_with('*');
    }
    text.len() <= 255 && rest.split('.').all(is_domain_label)
}

/// True if a text is a valid key of a Kubernetes label, with an optional domain.
pub(crate) fn is_label(name: &str) -> bool {
    let (domain, word) = name.rsplit_once('/').map_or((None, name), |(domain, word)| (Some(domain), word));
    let is_domain = |domain: &str| !domain.starts_with('*') && is_domain(domain);
    domain.is_none_or(is_domain) && !word.is_empty() && word.len() <= LONGEST && is_label_value(word)
}

/// True if a text is a valid value of a Kubernetes label. Istio accepts longer ones than Kubernetes.
pub(crate) fn is_label_value(value: &str) -> bool {
    let may_stand = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    value.is_empty() || (is_bounded(value) && value.bytes().all(may_stand))
}

/// True if a text begins and ends with a letter or a digit.
fn is_bounded(text: &str) -> bool {
    let is_word = |c: Option<&u8>| c.is_some_and(u8::is_ascii_alphanumeric);
    is_word(text.as_bytes().first()) && is_word(text.as_bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validates_domains() {
        for name in ["a", "A", "a.b", "1.2.3.4", "a.b.", "*", "*.a", "*a.b", "a-b.c"] {
            assert!(is_domain(name), "{name}");
        }
        for name in ["", "a b", "a_b.c", "a..b", "-a.b", "a-.b", "a:80", "n/a", "a.*.b", "*.*.a", &"a".repeat(64)] {
            assert!(!is_domain(name), "{name}");
        }
    }

    #[test]
    fn validates_names_of_labels_and_headers() {
        assert!(["a", "a/b", "a.b/c_d.e"].into_iter().all(is_label));
        assert!(!["", "a b", "a/b/c", "-a", "/a", "a/"].into_iter().any(is_label));
        assert!(["", "a", "x_y.z-1"].into_iter().all(is_label_value));
        assert!(!["-x", "x y", "x/y"].into_iter().any(is_label_value));
        assert!(["a", "X-User", "a.b", ":path"].into_iter().all(is_header));
        assert!(!["", "a b", "a:b", ":a", "ä", "a/b", "a@b"].into_iter().any(is_header));
    }
}
