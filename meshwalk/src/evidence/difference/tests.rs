use super::*;
use crate::evidence::{MetricsPage, ScrapeFailure, ScrapedInstance};

const TYPES: &str = "# TYPE hits_total counter\n# TYPE open gauge\n# TYPE ms histogram\n";

fn scrape(instances: &[(&str, &str, &str)]) -> Scrape {
    let parse = |page: &str| MetricsPage::parse(&format!("{TYPES}{page}")).unwrap();
    let entry = |(workload, name, page): &(&str, &str, &str)| {
        let instance = ScrapedInstance { workload: (*workload).to_owned(), snapshot: parse(page) };
        (((*name).to_owned(), "/metrics".to_owned()), instance)
    };
    Scrape { instances: instances.iter().map(entry).collect(), missing: Vec::new() }
}

fn hits(before: &[(&str, &str, &str)], after: &[(&str, &str, &str)]) -> f64 {
    MetricsDifference::between(&scrape(before), &scrape(after)).sum(&Selector::named("hits_total"))
}

#[test]
fn counters_are_subtracted_and_summed_over_instances_and_labels() {
    let before = [("b-v1", "b-v1-0", "hits_total{c=\"200\"} 5"), ("b-v1", "b-v1-1", "hits_total{c=\"200\"} 7")];
    let after = [
        ("b-v1", "b-v1-0", "hits_total{c=\"200\"} 8\nhits_total{c=\"503\"} 2"),
        ("b-v1", "b-v1-1", "hits_total{c=\"200\"} 8"),
        ("b-v2", "b-v2-0", "hits_total{c=\"200\"} 100"),
    ];
    let difference = MetricsDifference::between(&scrape(&before), &scrape(&after));
    let sum = |selector: Selector| difference.sum(&selector);
    assert_eq!(sum(Selector::named("hits_total")), 106.0);
    assert_eq!(sum(Selector::named("hits_total").of("b-v1")), 6.0);
    assert_eq!(sum(Selector::named("hits_total").with("c", "5*")), 2.0);
    assert_eq!(sum(Selector::named("hits_total").with("c", "200").of("b-v1")), 4.0);
    assert_eq!(sum(Selector::named("nothing_total")), 0.0);
    let selector = Selector::named("hits_total").with("c", "503");
    let changes: Vec<_> = difference.changes(&selector).map(|(name, _, change)| (name, change)).collect();
    assert_eq!(changes, [("b-v1-0", 2.0)]);
}

#[test]
fn a_vanished_series_is_no_negative_count() {
    assert_eq!(hits(&[("b", "b-0", "hits_total{c=\"1\"} 50")], &[("b", "b-0", "hits_total{c=\"2\"} 3")]), 3.0);
}

#[test]
fn a_new_series_counts_from_nothing() {
    assert_eq!(hits(&[("b", "b-0", "")], &[("b", "b-0", "hits_total 4")]), 4.0);
}

#[test]
fn a_counter_that_starts_again_counts_from_nothing() {
    assert_eq!(hits(&[("b", "b-0", "hits_total 50")], &[("b", "b-0", "hits_total 3")]), 3.0);
}

#[test]
fn an_instance_that_is_gone_says_nothing() {
    assert_eq!(hits(&[("b", "b-0", "hits_total 50")], &[("b", "b-1", "hits_total 2")]), 2.0);
}

#[test]
fn an_instance_that_did_not_answer_the_first_time_is_missing_and_not_new() {
    let mut before = scrape(&[]);
    let (instance, path) = ("b-0".to_owned(), "/metrics".to_owned());
    before.missing.push(ScrapeFailure { instance, address: "unix:/x".into(), path, reason: "timeout".into() });
    let difference = MetricsDifference::between(&before, &scrape(&[("b", "b-0", "hits_total 50")]));
    assert_eq!(difference.sum(&Selector::named("hits_total")), 0.0);
    assert_eq!(difference.missing, ["metrics of b-0 (unix:/x/metrics): timeout"]);
}

#[test]
fn gauges_go_down_and_histograms_only_up() {
    let before = scrape(&[("b", "b-0", "open 5\nms_bucket{le=\"1\"} 5\nms_count 9\nms_sum 10")]);
    let after = scrape(&[("b", "b-0", "open 2\nms_bucket{le=\"1\"} 7\nms_count 12\nms_sum 2")]);
    let difference = MetricsDifference::between(&before, &after);
    assert_eq!(difference.sum(&Selector::named("open")), -3.0);
    assert_eq!(difference.sum(&Selector::named("ms_bucket")), 2.0);
    assert_eq!(difference.sum(&Selector::named("ms_count")), 3.0);
    assert_eq!(difference.sum(&Selector::named("ms_sum")), 2.0);
    assert_eq!(after.sum(&Selector::named("open")), 2.0);
}
