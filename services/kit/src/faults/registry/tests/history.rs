//! Modes whose effect depends on the requests before, or on the time. The clock is stopped unless a test moves it.

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// The status that is injected into a request with these headers; 200 if none is.
fn status(registry: &Registry, headers: &[(&'static str, &str)]) -> u16 {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    let injected = registry.plan(view(&Method::GET, "/", &headers), &[]).injected;
    injected.status.map_or(200, |status| status.as_u16())
}

fn statuses(registry: &Registry, requests: usize) -> Vec<u16> {
    (0..requests).map(|_| status(registry, &[])).collect()
}

/// Time after which a rejected client may try again.
fn come_again(registry: &Registry) -> Option<Duration> {
    use crate::faults::modes::Effect;
    let plan = registry.plan(view(&Method::GET, "/", &HEADERS()), &[]);
    match planned_verdict(&plan) {
        Some(Effect::Answer { retry_after, .. }) => retry_after,
        other => panic!("{other:?} is no answer"),
    }
}

#[test]
fn the_first_tries_fail_by_the_proxys_count_on_whichever_replica() {
    let replicas = [registry("fail-first=2;id=flaky"), registry("fail-first=2;id=flaky")];
    let tries = [(0, "1"), (1, "2"), (0, "3"), (1, "4"), (1, "1")];
    let seen = tries.map(|(replica, attempt)| {
        status(&replicas[replica], &[("x-envoy-attempt-count", attempt), ("x-request-id", "a")])
    });
    assert_eq!(seen, [503, 503, 200, 200, 503]);
    let state = replicas[1].list().remove(0);
    assert_eq!((state.mode, state.matched, state.fired), ("fail-first", 3, 2));
}

#[test]
fn without_the_proxys_count_the_tries_of_each_request_are_counted_here() {
    let registry = registry("fail-first=2:500");
    let seen: Vec<u16> =
        ["a", "b", "a", "a", "b", "b"].map(|id| status(&registry, &[("x-request-id", id)])).into_iter().collect();
    assert_eq!(seen, [500, 500, 500, 200, 500, 200]);
    for nonsense in ["", "x", "-1", "99999999999"] {
        let headers = [("x-envoy-attempt-count", nonsense), ("x-request-id", nonsense)];
        assert_eq!([(); 3].map(|()| status(&registry, &headers)), [500, 500, 200], "{nonsense:?}");
    }
}

#[test]
fn a_request_without_an_id_is_taken_for_the_one_before() {
    assert_eq!(statuses(&registry("fail-first=2"), 7), [503, 503, 200, 503, 503, 200, 503]);
    assert_eq!(come_again(&registry("fail-first=2;ttl=1h")), Some(Duration::ZERO));
}

#[test]
fn a_latch_holds_until_nobody_has_asked_for_so_long_and_then_is_well_for_good() {
    clock::hold();
    let registry = registry("latch=10s:599");
    for _ in 0..5 {
        assert_eq!(status(&registry, &[]), 599);
        clock::advance(10 * SECOND - Duration::from_nanos(1));
    }
    assert_eq!(status(&registry, &[]), 599);
    clock::advance(10 * SECOND);
    assert_eq!(statuses(&registry, 1000), [200; 1000]);
}

#[test]
fn a_latch_with_a_percentage_begins_by_chance_and_then_fails_every_request() {
    clock::hold();
    let registry = registry("latch=10s@10%;seed=1");
    let (mut begun, asked) = (0_u64, 20_000_u64);
    for _ in 0..asked {
        if status(&registry, &[]) == 503 {
            begun += 1;
            assert_eq!(statuses(&registry, 20), [503; 20]);
            assert_eq!(come_again(&registry), Some(10 * SECOND));
        }
        clock::advance(10 * SECOND);
    }
    rates::assert_share(begun, asked, 0.1, "requests that make it begin");
}

#[test]
fn a_flapping_service_is_well_and_sick_in_turn_whether_or_not_anybody_asks() {
    clock::hold();
    let registry = registry("flap=10s/5s");
    let mut seen = String::new();
    for second in 0..45 {
        let sick = status(&registry, &[]) == 503;
        seen.push(if sick { '!' } else { '.' });
        if sick {
            assert_eq!(come_again(&registry), Some(SECOND * (15 - second % 15)));
        }
        clock::advance(SECOND);
    }
    assert_eq!(seen, "..........!!!!!".repeat(3));
    clock::advance(1_000_000 * 15 * SECOND + 9 * SECOND);
    assert_eq!(status(&registry, &[]), 200);
    clock::advance(SECOND);
    assert_eq!(status(&registry, &[]), 503);
}

#[test]
fn a_percentage_of_a_flapping_service_is_of_the_requests_while_it_is_sick() {
    clock::hold();
    let registry = registry("flap=10s/10s@30%;seed=2");
    assert_eq!(statuses(&registry, 10_000), [200; 10_000]);
    clock::advance(10 * SECOND);
    let failed = statuses(&registry, 100_000).into_iter().filter(|status| *status == 503).count();
    rates::assert_share(failed as u64, 100_000, 0.3, "failed while sick");
}

#[test]
fn a_rate_limit_lets_its_rate_through_and_tells_the_others_when_to_come() {
    clock::hold();
    let registry = registry("rate-limit=10/s");
    assert_eq!(statuses(&registry, 12), [[200; 10].as_slice(), &[429, 429]].concat());
    assert_eq!(come_again(&registry), Some(SECOND / 10));
    let mut passed = 0;
    for _ in 0..60_000 {
        clock::advance(Duration::from_millis(1));
        passed += usize::from(status(&registry, &[]) == 200);
    }
    assert_eq!(passed, 600);
}

#[test]
fn modes_with_a_memory_have_a_sequence_of_their_own() {
    clock::hold();
    const RULES: &str = "flap=1s/1h@50%;seed=3;id=a|latch=1h@3%;seed=3;id=b";
    let fired = |rules: &str| -> Vec<String> {
        let registry = registry(rules);
        clock::advance(SECOND);
        let named = |(_, injected): (Duration, Injected)| {
            let ids = injected.faults.iter().map(|fault| fault.id.clone()).filter(|id| id == "a" || id == "b");
            ids.collect::<String>()
        };
        (0..300).map(|_| named(hit(&registry, "/"))).collect()
    };
    let alone = fired(RULES);
    assert_eq!(fired(RULES), alone);
    assert_eq!(fired(&format!("latency=1us@50%;seed=3|{RULES}|error=500@50%;seed=3")), alone);
    assert!(["a", "b", ""].iter().all(|id| alone.iter().any(|ids| ids == id)), "{alone:?}");
    assert_ne!(fired(&RULES.replace("seed=3", "seed=4")), alone);
}

#[test]
fn a_request_brings_along_what_is_about_itself_alone() {
    let registry = registry("latency=1us");
    for rule in ["latch=10s", "flap=10s/5s", "rate-limit=10/s"] {
        let error = inline(&registry, rule).unwrap_err();
        assert!(error.contains("is about many requests, and not about one; set it by flag or at /faults"), "{error}");
    }
    let seen = [(); 4].map(|()| {
        let rules = inline(&registry, "fail-first=2").unwrap();
        asked(&registry, "/", &rules).1.status.is_some()
    });
    assert_eq!(seen, [true, true, false, true]);
}
