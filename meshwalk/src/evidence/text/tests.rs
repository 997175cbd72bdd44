use proptest::{collection::btree_map, prelude::*};

use super::*;

fn series(name: &str, labels: &[(&str, &str)]) -> Series {
    let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Series { name: name.to_owned(), labels }
}

#[test]
fn a_page_of_envoy_is_read() {
    let page = "# TYPE istio_requests_total counter\n\
        istio_requests_total{reporter=\"source\",response_code=\"200\",response_flags=\"-\"} 17\n\
        istio_requests_total{reporter=\"source\",response_code=\"503\",response_flags=\"UF,URX\"} 2\n\
        # TYPE envoy_cluster_upstream_cx_active gauge\n\
        envoy_cluster_upstream_cx_active{envoy_cluster_name=\"outbound|8080||backend\"} 3\n\n\
        # TYPE istio_request_duration_milliseconds histogram\n\
        istio_request_duration_milliseconds_bucket{le=\"0.5\"} 0\n\
        istio_request_duration_milliseconds_bucket{le=\"+Inf\"} 19\n\
        istio_request_duration_milliseconds_sum{} 35.35\n\
        istio_request_duration_milliseconds_count{} 19\n";
    let snapshot = MetricsPage::parse(page).unwrap();
    let ok = [("reporter", "source"), ("response_code", "200"), ("response_flags", "-")];
    assert_eq!(snapshot.values[&series("istio_requests_total", &ok)], 17.0);
    assert_eq!(snapshot.values[&series("istio_request_duration_milliseconds_sum", &[])], 35.35);
    assert_eq!(snapshot.values[&series("istio_request_duration_milliseconds_bucket", &[("le", "+Inf")])], 19.0);
    assert_eq!(snapshot.kind("istio_request_duration_milliseconds_bucket"), MetricKind::Histogram);
    assert!(snapshot.is_cumulative("istio_requests_total"));
    assert!(!snapshot.is_cumulative("envoy_cluster_upstream_cx_active"));
}

#[test]
fn everything_that_the_format_allows_is_read() {
    let page = "# HELP a What \\n it { says }\n  # TYPE  a  summary \r\n\
        a{ quantile = \"0.5\" , } NaN 1395066363000\r\n\ta_sum 1e3\n a_count\t+4 -5\n\
        b{path=\"C:\\\\DIR\\\"\\n\\t\",x=\"{},=é\"} -Inf\nns:c:total 1.5 # {trace_id=\"x\"} 0.1\n# EOF";
    let snapshot = MetricsPage::parse(page).unwrap();
    assert!(snapshot.values[&series("a", &[("quantile", "0.5")])].is_nan());
    assert_eq!(snapshot.values[&series("a_sum", &[])], 1000.0);
    assert_eq!(snapshot.values[&series("a_count", &[])], 4.0);
    assert_eq!(snapshot.values[&series("b", &[("path", "C:\\DIR\"\n\\t"), ("x", "{},=é")])], f64::NEG_INFINITY);
    assert_eq!(snapshot.values[&series("ns:c:total", &[])], 1.5);
    assert!(snapshot.is_cumulative("a_count") && !snapshot.is_cumulative("a"));
    assert!(snapshot.is_cumulative("ns:c_total") && !snapshot.is_cumulative("b"));
}

#[test]
fn a_series_that_is_printed_twice_has_the_sum() {
    let snapshot = MetricsPage::parse("a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\n").unwrap();
    assert_eq!(snapshot.values, [(series("a", &[("x", "1"), ("y", "2")]), 3.0)].into());
}

#[test]
fn a_broken_line_names_its_place_and_what_would_be_right() {
    for (page, message) in [
        ("ok 1\n<html>\n", "line 2, column 1: a metric's name was expected, found \"<html>\""),
        ("a{x=\"é\" y=\"\"} 1", "line 1, column 9: a comma or } was expected, found \"y=\\\"\\\"} 1\""),
        ("a{x=1} 1", "line 1, column 5: a value in quotes was expected, found \"1} 1\""),
        ("a{x=\"1} 1", "line 1, column 10: a closing quote was expected, found \"\""),
        ("a{x} 1", "line 1, column 4: = was expected, found \"} 1\""),
        ("  a one", "line 1, column 5: a number was expected, found \"one\""),
        ("a", "line 1, column 2: a number was expected, found \"\""),
        ("a 1 2 3", "line 1, column 5: a time stamp or the end of the line was expected, found \"2 3\""),
    ] {
        assert_eq!(MetricsPage::parse(page).unwrap_err().to_string(), message);
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        metrics in btree_map(("[a-zA-Z_:][a-zA-Z0-9_:]{0,8}", btree_map("[a-zA-Z_][a-z0-9_]{0,8}", any::<String>(), 0..4)),
            -1e300_f64..1e300, 0..20),
    ) {
        let mut page = String::new();
        let mut values = BTreeMap::new();
        for ((name, labels), value) in metrics {
            // Only a line feed ends a line, so a carriage return may occur within a value, but not before the end.
            let escape = |v: &String| v.replace('\\', "\\\\").replace('\n', "\\n").replace('"', "\\\"");
            let list: Vec<_> = labels.iter().map(|(key, v)| format!("{key}=\"{}\"", escape(v))).collect();
            page.push_str(&format!("{name}{{{}}} {value}\n", list.join(",")));
            values.insert(Series { name, labels }, value);
        }
        prop_assert_eq!(MetricsPage::parse(&page).unwrap().values, values);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), almost in "[a-z]{1,2}[{ ]([a-z=\", \\\\}é]{0,12})[}]? ?[0-9]?") {
        let _ = MetricsPage::parse(&text);
        let _ = MetricsPage::parse(&almost);
    }
}
