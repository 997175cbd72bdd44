//! Many rules, huge ones, and changes while requests come.

use crate::telemetry::SeriesRegistry as Series;

use super::*;
use crate::faults::series::OWN;

#[test]
fn thousands_of_rules_are_held_against_a_request_where_they_are_allowed() {
    let limits = FaultLimits { rules: 5000, ..FaultLimits::default() };
    let registry = Registry::new(FaultSettings { limits, ..FaultSettings::default() });
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
    let registry = Registry::new(FaultSettings::default());
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

/// The series of the counter of faults in a page of metrics.
fn counted(page: &str) -> Vec<&str> {
    page.lines().filter(|line| line.starts_with("meshwalk_faults_injected_total{")).collect()
}

#[test]
fn rules_that_come_and_go_do_not_make_the_metrics_grow_without_end() {
    let series = Series::default();
    metrics::with_local_recorder(&series, || {
        let registry = Registry::new(FaultSettings::default());
        registry.add("error=500;path=/kept;id=kept", Origin::Control).unwrap();
        hit(&registry, "/kept");
        let rounds = 2 * OWN;
        for round in 0..rounds {
            // One with an id of its own, and one without.
            registry.add(&format!("error=503;id=n{round}|latency=1ms"), Origin::Control).unwrap();
            hit(&registry, "/");
            assert_eq!(registry.list().iter().map(|state| state.fired).collect::<Vec<_>>(), [1, 1, 1], "each is shown");
            let keep = registry.list()[0].id.clone();
            registry
                .list()
                .iter()
                .filter(|state| state.id != keep)
                .for_each(|state| registry.remove(&state.id).unwrap());
        }
        hit(&registry, "/kept");
        // All that have a series, and the others of each mode.
        let page = series.text();
        assert_eq!(counted(&page).len(), 2 * OWN + 2);
        for line in [
            r#"{rule="kept",mode="error"} 2"#.to_owned(),
            r#"{rule="n0",mode="error"} 1"#.to_owned(),
            format!(r#"{{rule="r{OWN}",mode="latency"}} 1"#),
            format!(r#"{{rule="other",mode="error"}} {}"#, rounds + 1 - OWN),
            format!(r#"{{rule="other",mode="latency"}} {}"#, rounds - OWN),
        ] {
            assert!(
                counted(&page).iter().any(|counter| counter.ends_with(&line)),
                "{line}: {:?}",
                &counted(&page)[..9]
            );
        }
    });
}

#[test]
fn a_rule_that_never_fires_takes_no_series() {
    let series = Series::default();
    metrics::with_local_recorder(&series, || {
        let registry = Registry::new(FaultSettings::default());
        for round in 0..2 * OWN {
            registry.add(&format!("error=503;path=/nobody;id=n{round}"), Origin::Control).unwrap();
            registry.clear();
        }
        registry.add("error=503;id=last", Origin::Control).unwrap();
        hit(&registry, "/");
        assert_eq!(counted(&series.text()).len(), 1);
        assert!(series.text().contains(r#"rule="last""#));
    });
}
