use super::*;

fn figures(successes: u64, v2: u64, latency_ms: f64) -> Figures {
    let interval = |index: u32| {
        let latency = latency_ms + f64::from(index % 7) * 0.01;
        Interval { requests: 100, p50_ms: Some(latency), p99_ms: Some(latency * 3.0) }
    };
    Figures {
        requests: 1000,
        successes,
        failures: BTreeMap::new(),
        statuses: BTreeMap::from([("200".to_owned(), successes), ("503".to_owned(), 1000 - successes)]),
        versions: BTreeMap::from([
            ("v1".to_owned(), Count { count: 1000 - v2 }),
            ("v2".to_owned(), Count { count: v2 }),
        ]),
        services: BTreeMap::new(),
        timeline: (0..21).map(interval).collect(),
    }
}

fn reported(base: &Figures, now: &Figures) -> Vec<String> {
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
    short.timeline.truncate(4);
    let comparison = compare(&base, &short);
    assert!(comparison.differences.iter().all(|difference| difference.test == "Fisher"));
    assert!(show(&comparison).contains("only 3 whole intervals"), "{}", show(&comparison));
    let mut sparse = figures(990, 100, 9.0);
    sparse.timeline.iter_mut().for_each(|interval| interval.requests = 10);
    assert!(show(&compare(&base, &sparse)).contains("at the same rate"));
}
