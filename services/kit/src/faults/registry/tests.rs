use std::time::Duration;

use http::{HeaderMap, Method};
use proptest::prelude::*;

use super::*;
use crate::faults::{
    Probe,
    injection_log::Injected,
    modes::{Effect, Phase},
};

mod distributions;
mod history;
mod load;
mod mistakes;
mod plans;
mod rates;
mod windows;

const HEADERS: fn() -> HeaderMap = HeaderMap::new;

fn registry(rules: &str) -> Registry {
    let registry = Registry::new(FaultSettings::default());
    registry.add(rules, Origin::Control).unwrap();
    registry
}

fn view<'a>(method: &'a Method, path: &'a str, headers: &'a HeaderMap) -> RequestView<'a> {
    RequestView { method, path, headers, route: None, upstream: None, caller: None, address: None }
}

/// What is injected into a request for a path, and how long it is delayed by it in all.
fn hit(registry: &Registry, path: &str) -> (Duration, Injected) {
    asked(registry, path, &[])
}

/// The same for a request that brings rules along.
fn asked(registry: &Registry, path: &str, inline: &[ActiveRule]) -> (Duration, Injected) {
    let injected = registry.plan(view(&Method::GET, path, &HEADERS()), inline).injected;
    let delay: f64 = injected.faults.iter().filter_map(|fault| fault.delay_ms).sum();
    (Duration::from_secs_f64(delay / 1000.0), injected)
}

/// Effect that takes the place of the work.
fn planned_verdict(plan: &Plan) -> Option<Effect> {
    plan.faults.iter().map(|fault| fault.effect).find(|effect| effect.phase() == Phase::Verdict)
}

fn ids(injected: &Injected) -> Vec<&str> {
    injected.faults.iter().map(|fault| fault.id.as_str()).collect()
}

#[test]
fn without_rules_nothing_is_asked_and_nothing_happens() {
    let registry = Registry::new(FaultSettings::default());
    assert!(registry.is_quiet());
    assert_eq!(hit(&registry, "/"), (Duration::ZERO, Injected::default()));
    assert_eq!(registry.fails(Probe::Ready), None);
}

#[test]
fn delays_add_up_and_the_first_error_wins() {
    let registry = registry("error=503;id=b|latency=20ms;id=a|error=500;id=c|latency=5ms;id=d");
    let (delay, injected) = hit(&registry, "/");
    assert_eq!(delay, Duration::from_millis(25));
    assert_eq!(injected.status.map(|status| status.as_u16()), Some(503));
    assert_eq!(injected.to_string(), "a;mode=latency;delay_ms=20, d;mode=latency;delay_ms=5, b;mode=error;status=503");
    let counts: Vec<_> = registry.list().into_iter().map(|state| (state.id, state.matched, state.fired)).collect();
    let expected = [("b", 1, 1), ("a", 1, 1), ("c", 1, 0), ("d", 1, 1)];
    assert_eq!(counts, expected.map(|(id, matched, fired)| (id.to_owned(), matched, fired)));
}

#[test]
fn the_sum_of_delays_has_a_cap_that_shows() {
    let registry = registry("latency=40s;id=a|latency=40s;id=b|latency=1s;id=c");
    let (delay, injected) = hit(&registry, "/");
    assert_eq!(delay, Duration::from_secs(60));
    assert_eq!(
        injected.to_string(),
        "a;mode=latency;delay_ms=40000, b;mode=latency;delay_ms=20000;capped, c;mode=latency;delay_ms=0;capped"
    );
    let capped: Vec<u64> = registry.list().iter().map(|state| state.capped).collect();
    assert_eq!(capped, [0, 1, 1]);
}

#[test]
fn a_rule_is_about_its_scope_only() {
    let registry = registry(
        "latency=1ms;path=/api/*;id=path|latency=1ms;method=post;id=method|latency=1ms;header=x-user:al*;id=header",
    );
    let mut alice = HeaderMap::new();
    alice.append("x-user", "bob".parse().unwrap());
    alice.append("x-user", "alice".parse().unwrap());
    let ask = |method: Method, path: &str, headers: &HeaderMap| {
        ids(&registry.plan(view(&method, path, headers), &[]).injected).join(",")
    };
    assert_eq!(ask(Method::GET, "/", &HEADERS()), "");
    assert_eq!(ask(Method::GET, "/api/hello", &HEADERS()), "path");
    assert_eq!(ask(Method::POST, "/", &HEADERS()), "method");
    assert_eq!(ask(Method::GET, "/", &alice), "header");
    assert_eq!(ask(Method::POST, "/api/", &alice), "path,method,header");
    assert_eq!(registry.list().iter().map(|state| state.matched).collect::<Vec<_>>(), [2, 2, 2]);
}

#[test]
fn ids_are_given_or_generated_and_never_used_twice() {
    let registry = registry("latency=1ms|latency=1ms;id=r2|latency=1ms");
    let names = |registry: &Registry| registry.list().into_iter().map(|state| state.id).collect::<Vec<_>>();
    assert_eq!(names(&registry), ["r1", "r2", "r3"]);
    let error = registry.add("error=500|latency=1ms;id=r2", Origin::Control).unwrap_err();
    assert!(error.to_string().contains("the id `r2` is taken by the rule latency=1ms;id=r2"), "{error}");
    assert!(registry.add("error=500;id=x|error=501;id=x", Origin::Control).is_err());
    assert_eq!(names(&registry), ["r1", "r2", "r3"], "part of a refused text was added");
    assert_eq!(registry.remove("r9"), Err(names(&registry)));
    assert_eq!(registry.remove("r1"), Ok(()));
    assert_eq!(registry.clear(), ["r2", "r3"]);
    assert!(registry.is_quiet());
    let added = registry.add("latency=1ms", Origin::Flag).unwrap();
    assert!(!["r1", "r2", "r3"].contains(&added[0].id.as_str()), "{added:?}");
}

#[test]
fn caps_say_so() {
    let registry = Registry::new(FaultSettings::default());
    let error = registry.add(&"error=503\n".repeat(10_000), Origin::Control).unwrap_err();
    assert_eq!(error, AddError::TooMany { rules: 10_000, limit: 256 });
    let error = registry.add("error=503|latency=uniform(1s,61s)", Origin::Control).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the rule latency=uniform(1s,61s) delays by up to 61s, and 60s is the most; shorten it"
    );
    let error = registry.add("size=17MiB", Origin::Control).unwrap_err();
    assert!(
        error.to_string().starts_with("the rule size=17MiB makes answers larger than 16MiB (--fault-max-size)"),
        "{error}"
    );
    assert_eq!(registry.add(" \n", Origin::Control), Err(AddError::Empty));
    assert_eq!(registry.list(), []);
}

#[test]
fn a_rule_goes_when_its_time_to_live_is_over() {
    let registry = registry("latency=1ms;ttl=20ms|unready;ttl=20ms");
    assert!(registry.list().iter().all(|state| state.expires_in_ms.is_some_and(|left| left <= 20)));
    let deadline = Instant::now() + Duration::from_secs(20);
    while hit(&registry, "/").1 != Injected::default() || registry.fails(Probe::Ready).is_some() {
        assert!(Instant::now() < deadline, "the rule is still in force");
        std::thread::yield_now();
    }
    assert_eq!(registry.list(), []);
    hit(&registry, "/");
    assert!(registry.is_quiet(), "requests still pay for a rule that has expired");
}

#[test]
fn unready_is_about_the_process_and_not_about_requests() {
    let registry = registry("unready;id=sick");
    assert!(registry.is_quiet());
    assert_eq!(hit(&registry, "/readyz").1, Injected::default());
    assert_eq!(registry.fails(Probe::Ready).as_deref(), Some("sick"));
    let state = registry.list().remove(0);
    assert_eq!((state.matched, state.fired, state.last_fired_unix_ms.is_some()), (1, 1, true));
}

fn inline(registry: &Registry, text: &str) -> Result<Arc<[ActiveRule]>, String> {
    let headers = text.split('\n').map(|line| ("x-meshwalk-inject".parse().unwrap(), line.parse().unwrap())).collect();
    registry.inline_rules(&headers).map_err(|error| error.to_string())
}

#[test]
fn a_request_brings_rules_of_its_own() {
    let registry = registry("error=500;id=mine");
    let rules = inline(&registry, "error=503\nlatency=5ms;id=slow").unwrap();
    let (delay, injected) = asked(&registry, "/", &rules);
    assert_eq!(delay, Duration::from_millis(5));
    assert_eq!(injected.to_string(), "slow;mode=latency;delay_ms=5, inject-1;mode=error;status=503");
    for (text, message) in [
        ("unready", "the rule unready is about the whole process"),
        ("error=503;ttl=5s", "would outlive its request"),
        ("error=5o3", "`5o3` is not a valid error status"),
        ("latency=90s", "60s is the most"),
        ("latency=2m", "delays by up to 120s, and 60s is the most"),
        ("latency=lognormal(2m,1)", "delays by about 120s, and 60s is the most"),
        ("latency=quantiles(p50:1s,p99:59.5s)", "delays by up to 60694ms, and 60s is the most"),
        ("error=503;id=a|error=500;id=a", "the id `a` appears twice"),
        (&"error=503|".repeat(17)[..169], "17 rules in one request"),
        (&"x".repeat(4097), "4097 bytes long"),
    ] {
        let error = inline(&registry, text).unwrap_err();
        assert!(error.contains(message), "{text}: {error}");
    }
}

#[test]
fn a_seed_counts_on_over_requests_with_the_same_header() {
    let registry = Registry::new(FaultSettings::default());
    let fired = (0..1000).filter(|_| {
        let rules = inline(&registry, "error=503@30%;seed=7").unwrap();
        asked(&registry, "/", &rules).1.status.is_some()
    });
    let fired = fired.count();
    assert!((200..400).contains(&fired), "{fired} of 1000 requests at 30 %");
}

#[test]
fn many_different_headers_do_not_grow_the_memory() {
    let registry = Registry::new(FaultSettings::default());
    for number in 0..2000 {
        inline(&registry, &format!("error=503;seed={number}")).unwrap();
    }
    assert!(registry.shared.injected.len() <= 256);
}

#[test]
fn rules_change_under_load_without_a_trace() {
    let registry = registry("latency=1us;id=always");
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| (0..20_000).filter(|_| hit(&registry, "/").1.faults.is_empty()).count()))
            .collect();
        for round in 0..500 {
            let id = format!("x{round}");
            registry.add(&format!("error=503;id={id}\nunready"), Origin::Control).unwrap();
            registry.remove(&id).unwrap();
            let last = registry.list().pop().unwrap();
            registry.remove(&last.id).unwrap();
        }
        assert_eq!(readers.into_iter().map(|reader| reader.join().unwrap()).sum::<usize>(), 0);
    });
    assert_eq!(registry.list().len(), 1);
    assert_eq!(registry.list()[0].matched, 60_000);
    assert_eq!(registry.list()[0].fired, 60_000);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text: String) {
        let registry = Registry::new(FaultSettings::default());
        let _ = registry.add(&text, Origin::Control);
        let _ = hit(&registry, "/");
    }
}
