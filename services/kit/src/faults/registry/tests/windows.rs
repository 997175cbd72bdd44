//! When a rule has effect, how often and in which process.

use super::*;
use crate::faults::Probe;

fn unready(registry: &Registry) -> bool {
    registry.fails(Probe::Ready).is_some()
}

fn fired(registry: &Registry) -> Vec<u64> {
    registry.list().iter().map(|state| state.fired).collect()
}

#[test]
fn a_rule_begins_after_its_time_and_ends_when_both_have_begun_to_count() {
    clock::hold();
    let registry = registry("error=503;after=10s;ttl=30s;id=window|unready;after=5s");
    let is_hit = |registry: &Registry| hit(registry, "/").1.status.is_some();
    let state = registry.list().remove(0);
    assert_eq!((state.begins_in_ms, state.expires_in_ms, state.matched), (Some(10_000), Some(30_000), 0));
    assert!(!is_hit(&registry) && !unready(&registry));
    clock::advance(Duration::from_secs(5));
    assert!(!is_hit(&registry) && unready(&registry));
    clock::advance(Duration::from_secs(5) - Duration::from_nanos(1));
    assert!(!is_hit(&registry));
    assert_eq!(registry.list()[0].matched, 0, "a rule that has not begun is about no request");
    clock::advance(Duration::from_nanos(1));
    assert!(is_hit(&registry));
    assert_eq!(registry.list()[0].begins_in_ms, None);
    clock::advance(Duration::from_secs(20) - Duration::from_nanos(1));
    assert!(is_hit(&registry));
    clock::advance(Duration::from_nanos(1));
    assert!(!is_hit(&registry));
    assert_eq!(registry.list().len(), 1);
}

#[test]
fn a_clock_of_a_mode_starts_when_its_rule_begins() {
    clock::hold();
    let registry = registry("flap=10s/5s;after=7s");
    let sick = |registry: &Registry| hit(registry, "/").1.status.is_some();
    clock::advance(Duration::from_secs(16));
    assert!(!sick(&registry));
    clock::advance(Duration::from_secs(1));
    assert!(sick(&registry));
}

#[test]
fn whoever_waits_for_a_beginning_is_told_the_next_one() {
    clock::hold();
    let registry = registry("unready;after=20s|unready;after=10s|unready|unready;after=5s;instance=another");
    let now = clock::now();
    assert_eq!(registry.next_beginning(now), Some(now + Duration::from_secs(10)));
    assert_eq!(registry.in_force(now).len(), 1);
    clock::advance(Duration::from_secs(10));
    assert_eq!(registry.next_beginning(clock::now()), Some(now + Duration::from_secs(20)));
    assert_eq!(registry.in_force(clock::now()).len(), 2);
}

#[test]
fn a_rule_fires_so_often_and_then_lets_the_next_one_decide() {
    let registry = registry("error=500;times=3;id=few|error=503;id=rest|latency=1us;times=2");
    let statuses: Vec<u16> = (0..5).filter_map(|_| hit(&registry, "/").1.status).map(|s| s.as_u16()).collect();
    assert_eq!(statuses, [500, 500, 500, 503, 503]);
    assert_eq!(fired(&registry), [3, 2, 2]);
    let left: Vec<_> = registry.list().iter().map(|state| (state.matched, state.times_left)).collect();
    assert_eq!(left, [(5, Some(0)), (5, None), (5, Some(0))]);
}

#[test]
fn a_fault_that_did_not_come_is_not_counted_against_its_rule() {
    let registry = registry("reset;times=2;id=cut|error=503;times=2;id=no|latency=1us;at=after;times=2;id=late");
    for _ in 0..2 {
        assert_eq!(ids(&hit(&registry, "/").1), ["cut"]);
    }
    for _ in 0..2 {
        assert_eq!(ids(&hit(&registry, "/").1), ["no", "late"]);
    }
    assert_eq!(ids(&hit(&registry, "/").1), [""; 0]);
}

#[test]
fn threads_together_make_a_rule_fire_no_more_and_no_less_often() {
    let registry = registry("error=503@50%;times=1000;id=few|latency=1us;times=1500;id=slow");
    std::thread::scope(|scope| {
        (0..4).for_each(|_| {
            scope.spawn(|| (0..2000).for_each(|_| drop(hit(&registry, "/"))));
        });
    });
    assert_eq!(fired(&registry), [1000, 1500]);
}

#[test]
fn a_rule_for_some_instances_does_nothing_in_the_others_and_says_so() {
    let on = |instance: &str| {
        let settings = FaultSettings {
            instance: instance.to_owned(),
            trust: Trust { allow_inject: true, peers: Vec::new() },
            ..FaultSettings::default()
        };
        let registry = Registry::new(settings);
        registry
            .add("error=503;instance=backend-v1-*;id=sick|unready;instance=backend-?|latency=1us", Origin::Flag)
            .unwrap();
        let rules = inline(&registry, "error=500;instance=*-2;id=mine").unwrap();
        let seen = asked(&registry, "/", &rules).1;
        let here: Vec<_> = registry.list().iter().map(|state| state.here).collect();
        (ids(&seen).join(","), here, unready(&registry), registry.is_quiet())
    };
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(on("backend-v1-1"), ("r2,sick".into(), vec![yes, no, None], false, false));
    assert_eq!(on("backend-2"), ("r2,mine".into(), vec![no, yes, None], true, false));
    assert_eq!(on("frontend"), ("r2".into(), vec![no, no, None], false, false));
}

#[test]
fn a_rule_for_another_instance_costs_requests_nothing() {
    let registry = Registry::new(FaultSettings { instance: "backend-1".into(), ..FaultSettings::default() });
    registry.add("error=503;instance=backend-2", Origin::Control).unwrap();
    assert!(registry.is_quiet());
    assert_eq!(registry.list()[0].matched, 0);
}

#[test]
fn rule_concerns_only_requests_in_its_scope() {
    clock::hold();
    let concerns = |rule: &str, later: Duration| {
        let (instance, upstreams) = ("backend-1".into(), vec!["b".into()]);
        let registry = Registry::new(FaultSettings { instance, upstreams, ..FaultSettings::default() });
        registry.add(rule, Origin::Control).unwrap();
        clock::advance(later);
        let request = http::Request::get("/api/hello?x=1").header("x-user", "ann").body(()).unwrap();
        registry.concerns(&request.into_parts().0)
    };
    for rule in ["error=503", "flap=1h/1s", "error=503;path=/api/*;method=GET", "error=503;upstream=b;header=x-user:a*"]
    {
        assert!(concerns(rule, Duration::ZERO), "{rule}");
    }
    for rule in
        ["error=503;path=/x", "error=503;method=PUT", "error=503;header=x-user:b", "error=503;instance=b", "unready"]
    {
        assert!(!concerns(rule, Duration::ZERO), "{rule}");
    }
    assert!(!concerns("error=503;after=2s", Duration::from_secs(1)));
    assert!(concerns("error=503;after=2s", Duration::from_secs(3)));
    // The layer drops an expired rule.
    assert!(concerns("error=503;path=/x;ttl=2s", Duration::from_secs(3)));
}

#[test]
fn a_request_brings_no_keys_that_are_about_many() {
    let registry = registry("latency=1us");
    for (rule, key) in [("error=503;after=5s", "after"), ("error=503;times=2", "times"), ("error=503;ttl=5s", "ttl")] {
        let error = inline(&registry, rule).unwrap_err();
        assert!(error.contains(&format!("would outlive its request, because of the key `{key}`")), "{error}");
    }
}
