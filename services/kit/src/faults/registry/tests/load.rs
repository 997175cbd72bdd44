//! Many rules, huge ones, and changes while requests come.

use super::*;

#[test]
fn thousands_of_rules_are_held_against_a_request_where_they_are_allowed() {
    let limits = Limits { rules: 5000, ..Limits::default() };
    let registry = Registry::new(Settings { limits, ..Settings::default() });
    let rules: Vec<String> = (0..4999).map(|at| format!("latency=1us;path=/{at};seed={at}")).collect();
    registry.add(&rules.join("\n"), Origin::Control).unwrap();
    registry.add("error=503;path=/4998", Origin::Control).unwrap();
    assert_eq!(hit(&registry, "/4998").1.to_string(), "r4999;mode=latency;delay_ms=0.001, r5000;mode=error;status=503");
    assert_eq!(registry.list().iter().map(|state| state.matched).sum::<u64>(), 2);
    let error = registry.add("error=503", Origin::Control).unwrap_err();
    assert_eq!(error, AddError::TooMany { rules: 5001, limit: 5000 });
    assert_eq!(registry.clear().len(), 5000);
    assert!(registry.is_quiet());
}

#[test]
fn a_huge_rule_is_refused_before_it_costs_anything() {
    let registry = Registry::new(Settings::default());
    let points: Vec<String> = (1..=100).map(|at| format!("p{at}:{at}ms")).collect();
    let headers = ";header=x:*".repeat(20_000);
    for (rule, message) in [
        (format!("latency=quantiles({})", points.join(",")), "more than 32 points"),
        (format!("error={}", "500:0,".repeat(1000)), "2048"),
        (format!("latency=quantiles({})", "p1:1ms,".repeat(10_000)), "2048"),
        (format!("error=503;path=/{}", "*".repeat(10_000)), "2048"),
        (format!("error=503{}", headers.repeat(2)), "at most 262144 bytes are read"),
    ] {
        let error = registry.add(&rule, Origin::Control).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert!(error.len() < 2000, "an error of {} bytes", error.len());
    }
    registry.add(&format!("latency=1us{headers}"), Origin::Control).unwrap();
    assert_eq!(hit(&registry, "/").1, Injected::default());
}

#[test]
fn a_request_sees_all_of_a_change_or_none() {
    let registry = registry("latency=1us;id=a1|error=503;id=a2");
    let changed = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while changed.load(Ordering::Relaxed) < 1000 {
                    let seen = hit(&registry, "/").1;
                    let whole = matches!(ids(&seen).as_slice(), ["a1", "a2"] | ["b1", "b3", "b2"]);
                    assert!(whole, "part of a change: {seen}");
                }
            });
        }
        for _ in 0..1000 {
            registry.replace("latency=1us;id=b1|latch=1h;id=b2|latency=1us;id=b3", Origin::Control).unwrap();
            registry.replace("latency=1us;id=a1|error=503;id=a2", Origin::Control).unwrap();
            changed.fetch_add(1, Ordering::Relaxed);
        }
    });
}

#[test]
fn a_counted_rule_that_is_replaced_under_load_starts_anew_and_never_fires_too_often() {
    let registry = registry("latency=1us;id=always");
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| (0..5000).filter(|_| ids(&hit(&registry, "/").1).contains(&"few")).count()))
            .collect();
        let mut allowed = 0;
        for _ in 0..200 {
            registry.add("error=503;times=5;id=few", Origin::Control).unwrap();
            allowed += 5;
            registry.remove("few").unwrap();
        }
        let fired: usize = asking.into_iter().map(|asking| asking.join().unwrap()).sum();
        assert!(fired <= allowed, "{fired} of {allowed}");
    });
}
