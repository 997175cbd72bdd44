//! What several rules do together.

use super::*;
use crate::faults::modes::Effect;

fn plan(rules: &str) -> (Plan, String) {
    let registry = registry(rules);
    let plan = registry.plan(view(&Method::GET, "/", &HEADERS()), &[]);
    let fired = registry.list().iter().map(|state| state.fired.to_string()).collect();
    (plan, fired)
}

#[test]
fn the_first_rule_that_decides_wins_whatever_it_decides() {
    for (rules, verdict, fired) in [
        ("reset|error=500|hang", Some(Effect::Reset), "100"),
        ("hang|reset", Some(Effect::Hang), "10"),
        ("error=404@0%|hang@0%|reset", Some(Effect::Reset), "001"),
        ("latency=1ms|error=500:0", None, "10"),
    ] {
        let (plan, counts) = plan(rules);
        assert_eq!(planned_verdict(&plan), verdict, "{rules}");
        assert_eq!(counts, fired, "{rules}");
    }
}

#[test]
fn a_delay_comes_before_a_reset_wherever_its_rule_stands() {
    let (plan, fired) = plan("reset;id=cut|latency=5ms;id=slow");
    assert_eq!(plan.injected.to_string(), "slow;mode=latency;delay_ms=5, cut;mode=reset");
    assert_eq!(fired, "11");
}

#[test]
fn headers_are_dropped_from_calls_only_where_calls_are_made() {
    let (kept, fired) = plan("error=503|drop-headers");
    assert!(kept.call_effects().next().is_none());
    assert_eq!(fired, "10");
    let (dropped, fired) = plan("drop-headers;id=a|latency=1ms;id=b|drop-headers;id=c");
    assert!(dropped.call_effects().eq([Effect::DropHeaders]));
    assert_eq!(dropped.injected.to_string(), "b;mode=latency;delay_ms=1, a;mode=drop-headers");
    assert_eq!(fired, "110");
}

#[test]
fn a_rule_about_calls_leaves_the_request_alone_and_the_other_way_round() {
    let settings = FaultSettings { upstreams: vec!["inventory".into(), "prices".into()], ..FaultSettings::default() };
    let registry = Registry::new(settings);
    registry
        .add("latency=1ms;id=own|latency=1ms;upstream=inv*;id=inventory|latency=1ms;upstream=*;id=all", Origin::Flag)
        .unwrap();
    let of = |upstream| {
        let headers = HEADERS();
        let view = RequestView { upstream, ..view(&Method::GET, "/", &headers) };
        registry.plan(view, &[]).injected.to_string()
    };
    assert_eq!(of(None), "own;mode=latency;delay_ms=1");
    assert_eq!(
        of(Some("inventory")),
        r#"inventory;mode=latency;upstream="inventory";delay_ms=1, all;mode=latency;upstream="inventory";delay_ms=1"#
    );
    assert_eq!(of(Some("prices")), r#"all;mode=latency;upstream="prices";delay_ms=1"#);
    assert_eq!(registry.list().iter().map(|state| state.matched).collect::<Vec<_>>(), [1, 1, 2]);
}

#[test]
fn a_rule_about_calls_that_are_never_made_is_refused() {
    let settings = FaultSettings { upstreams: vec!["inventory".into(), "prices".into()], ..FaultSettings::default() };
    let error = Registry::new(settings).add("reset;upstream=backend", Origin::Control).unwrap_err();
    let text = "the rule reset;upstream=backend is about calls that this service does not make; its upstreams: inventory, prices";
    assert_eq!(error.to_string(), text);
    let error = Registry::new(FaultSettings::default()).add("reset;upstream=*", Origin::Control).unwrap_err();
    assert!(error.to_string().ends_with("it has no upstream"), "{error}");
}

#[test]
fn who_is_turned_away_for_now_is_told_when_to_come_again() {
    let told = |rule: &str| match planned_verdict(&plan(rule).0) {
        Some(Effect::Answer { retry_after, .. }) => retry_after,
        other => panic!("{other:?}"),
    };
    assert_eq!(told("error=503"), Some(Duration::from_secs(1)));
    assert_eq!(told("error=429:100"), Some(Duration::from_secs(1)));
    assert_eq!(told("error=500"), None);
    let left = told("error=503;ttl=30s").unwrap();
    assert!(left > Duration::from_secs(20) && left <= Duration::from_secs(30), "{left:?}");
}
