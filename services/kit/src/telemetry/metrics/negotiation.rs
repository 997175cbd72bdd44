//! Which format and which coding of the metrics page a client accepts (RFC 9110, sections 12.5.1 and 12.5.3).

use http::{HeaderMap, HeaderName, header};

use super::page::Format;

const OPEN_METRICS: &str = "application/openmetrics-text";

/// The format for a request with these headers.
///
/// OpenMetrics is sent only to a client that names it; wildcards and clients without `accept` get the text format, which
/// every reader of metrics understands. A client that accepts neither gets the text format too.
pub(crate) fn format(headers: &HeaderMap) -> Format {
    let ranges: Vec<_> = elements(headers, header::ACCEPT).collect();
    let open_metrics = best(&ranges, |range| u8::from(range.is(OPEN_METRICS) && range.allows_version("1.0.0")));
    let text = best(&ranges, |range| match range.value {
        value if value.eq_ignore_ascii_case("text/plain") && range.allows_version("0.0.4") => 3,
        value if value.eq_ignore_ascii_case("text/*") => 2,
        "*/*" => 1,
        _ => 0,
    });
    match open_metrics {
        Some(quality) if quality > 0 && quality >= text.unwrap_or(0) => Format::OpenMetrics,
        _ => Format::Text,
    }
}

/// True if the client accepts gzip, and does not prefer a page that is not compressed.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let codings: Vec<_> = elements(headers, header::ACCEPT_ENCODING).collect();
    let gzip = best(&codings, |coding| match coding.value {
        value if value.eq_ignore_ascii_case("gzip") || value.eq_ignore_ascii_case("x-gzip") => 2,
        "*" => 1,
        _ => 0,
    });
    let identity = best(&codings, |coding| u8::from(coding.is("identity")));
    gzip.is_some_and(|quality| quality > 0 && quality >= identity.unwrap_or(0))
}

/// One element of such a list: a value, its parameters, and its quality in thousandths.
#[derive(Debug)]
struct Element<'a> {
    value: &'a str,
    version: Option<&'a str>,
    quality: u16,
}

impl Element<'_> {
    fn is(&self, value: &str) -> bool {
        self.value.eq_ignore_ascii_case(value)
    }

    fn allows_version(&self, version: &str) -> bool {
        self.version.is_none_or(|wanted| wanted == version)
    }
}

fn elements(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Element<'_>> {
    let lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(|element| {
        let mut parts = element.split(';').map(str::trim);
        let mut found =
            Element { value: parts.next().filter(|value| !value.is_empty())?, version: None, quality: 1000 };
        for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim() {
                name if name.eq_ignore_ascii_case("q") => found.quality = quality(value)?,
                name if name.eq_ignore_ascii_case("version") => found.version = Some(value),
                _ => {}
            }
        }
        Some(found)
    })
}

/// A quality in thousandths; `None` if it is not a number from 0 to 1.
fn quality(text: &str) -> Option<u16> {
    let quality: f64 = text.parse().ok()?;
    // The cast is exact: the value is between 0 and 1000.
    (0.0..=1.0).contains(&quality).then(|| (quality * 1000.0).round() as u16)
}

/// Quality of the element that matches most specifically; 0 stands for an element that does not match.
fn best(elements: &[Element<'_>], specificity: impl Fn(&Element<'_>) -> u8) -> Option<u16> {
    let matching = elements.iter().map(|element| (specificity(element), element.quality));
    matching.filter(|(specificity, _)| *specificity > 0).max().map(|(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), http::HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn format_follows_accept() {
        let prometheus_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                            text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                            application/openmetrics-text;version=0.0.1;q=0.4,\
                            text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
        for (accept, expected) in [
            (&[][..], Format::Text),
            (&["*/*"], Format::Text),
            (&["text/html, */*;q=0.8"], Format::Text),
            (&[prometheus_2], Format::OpenMetrics),
            (&[prometheus_3], Format::OpenMetrics),
            (
                &["text/plain;version=0.0.4;q=0.5", "Application/OpenMetrics-Text; Version=\"1.0.0\""],
                Format::OpenMetrics,
            ),
            (&["application/openmetrics-text"], Format::OpenMetrics),
            (&["application/openmetrics-text;q=0.4, text/plain"], Format::Text),
            (&["application/openmetrics-text;q=0.4, text/plain;q=0.3, */*"], Format::OpenMetrics),
            (&["application/openmetrics-text;q=0, */*;q=0.1"], Format::Text),
            (&["application/openmetrics-text;version=2.0.0"], Format::Text),
            (&["application/openmetrics-text;version=0.0.1"], Format::Text),
            (&["application/openmetrics-text;q=high"], Format::Text),
            (&["image/png"], Format::Text),
            (&["", ",", ";q=1"], Format::Text),
        ] {
            assert_eq!(format(&headers(header::ACCEPT, accept)), expected, "{accept:?}");
        }
    }

    #[test]
    fn coding_follows_accept_encoding() {
        for (accept, expected) in [
            (&[][..], false),
            (&["gzip"], true),
            (&["GZIP;q=0.001"], true),
            (&["x-gzip"], true),
            (&["deflate, br"], false),
            (&["deflate", "gzip"], true),
            (&["*"], true),
            (&["gzip;q=0, *"], false),
            (&["gzip;q=0"], false),
            (&["gzip;q=0.5, identity"], false),
            (&["gzip, identity;q=0.5"], true),
            (&["gzip;q=2"], false),
        ] {
            assert_eq!(accepts_gzip(&headers(header::ACCEPT_ENCODING, accept)), expected, "{accept:?}");
        }
    }
}
