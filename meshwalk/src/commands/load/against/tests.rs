use super::{latencies::smallest_p, *};

fn figures(successes: u64, v2: u64, latency_ms: f64) -> SavedFigures {
    let interval = |index: u32| {
        let latency = latency_ms + f64::from(index % 7) * 0.01;
        let start_ms = f64::from(index) * 100.0;
        SavedInterval { start_ms, requests: 100, p50_ms: Some(latency), p99_ms: Some(latency * 3.0) }
    };
    SavedFigures {
        requests: 1000,
        planned_rate: 1000.0,
        successes,
        failures: BTreeMap::new(),
        statuses: BTreeMap::from([("200".to_owned(), successes), ("503".to_owned(), 1000 - successes)]),
        versions: BTreeMap::from([
            ("v1".to_owned(), SavedCount { count: 1000 - v2 }),
            ("v2".to_owned(), SavedCount { count: v2 }),
        ]),
        services: BTreeMap::new(),
        timeline: (0..21).map(interval).collect(),
    }
}

fn reported(base: &SavedFigures, now: &SavedFigures) -> Vec<String> {
    let found = compare(base, now).differences.into_iter();
    found.filter(|difference| difference.more_than_chance).map(|difference| difference.what).collect()
}

#[test]
fn only_differences_beyond_chance_are_reported() {
    let base = figures(990, 100, 1.0);
    assert_eq!(reported(&base, &base), Vec::<String>::new());
    assert_eq!(reported(&base, &figures(985, 110, 1.0)), Vec::<String>::new());
    assert_eq!(reported(&base, &figures(990, 200, 1.0)), ["version v1", "version v2"]);
    assert_eq!(reported(&base, &figures(900, 100, 1.0)), ["status 200", "status 503", "success"]);
    let slower = reported(&base, &figures(990, 100, 1.2));
    assert_eq!(slower, ["p50 in ms, median of the intervals", "p99 in ms, median of the intervals"]);
}

#[test]
fn what_occurs_in_one_run_only_is_compared_with_none() {
    let (mut base, now) = (figures(1000, 0, 1.0), figures(1000, 300, 1.0));
    base.versions.remove("v2");
    assert_eq!(reported(&base, &now), ["version v1", "version v2"]);
}

#[test]
fn runs_of_another_shape_are_not_compared_by_latency_and_the_reason_is_given() {
    let (base, mut short) = (figures(990, 100, 1.0), figures(990, 100, 9.0));
    short.timeline.truncate(3);
    let comparison = compare(&base, &short);
    assert!(comparison.differences.iter().all(|difference| difference.test == "Fisher"));
    let text = show(&comparison);
    assert!(text.contains("20 and 2 whole intervals with a latency are too few"), "{text}");
    assert!(text.contains("assumes intervals that are independent of each other"), "{text}");
    let mut sparse = figures(990, 100, 9.0);
    sparse.timeline.iter_mut().for_each(|interval| interval.requests = 10);
    assert!(show(&compare(&base, &sparse)).contains("at the same rate"));
    let faster = SavedFigures { planned_rate: 1100.0, ..base.clone() };
    assert!(show(&compare(&base, &faster)).contains("the planned rates 1000.0/s and 1100.0/s differ"));
    let mut wider = base.clone();
    wider.timeline.iter_mut().for_each(|interval| interval.start_ms *= 2.0);
    assert!(show(&compare(&base, &wider)).contains("the intervals of 100 ms and 200 ms differ"));
}

#[test]
fn latencies_are_compared_only_where_holm_can_find_a_difference() {
    let of_length = |intervals: usize, latency_ms: f64| {
        let mut figures = figures(990, 100, latency_ms);
        // The last interval is cut short and does not count.
        figures.timeline.truncate(intervals + 1);
        figures
    };
    // Seven comparisons need 0.01 / 7 = 0.00143. The extreme of 6 against 6 is 2 of 924 ways, of 7 against 7 2 of 3432.
    assert!((smallest_p((6, 6)) - 2.0 / 924.0).abs() < 1e-12 && (smallest_p((7, 7)) - 2.0 / 3432.0).abs() < 1e-12);
    let comparison = compare(&of_length(6, 1.0), &of_length(6, 9.0));
    let reason = comparison.not_compared.unwrap();
    assert!(reason.contains("6 and 6 whole intervals with a latency") && reason.contains("7 comparisons"), "{reason}");
    let comparison = compare(&of_length(7, 1.0), &of_length(7, 9.0));
    assert_eq!(comparison.not_compared, None);
    assert!(
        comparison.differences.iter().any(|difference| difference.test == "rank sum" && difference.more_than_chance)
    );
}
