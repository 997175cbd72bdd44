//! What several rules do together.

use super::*;
use crate::faults::{effect::Verdict, plan::Plan};

fn plan(rules: &str) -> (Plan, String) {
    let registry = registry(rules);
    let plan = registry.plan(subject(&Method::GET, "/", &HEADERS()), &[]);
    let fired = registry.list().iter().map(|state| state.fired.to_string()).collect();
    (plan, fired)
}

#[test]
fn the_first_rule_that_decides_wins_whatever_it_decides() {
    for (rules, verdict, fired) in [
        ("reset|error=500|hang", Some(Verdict::Reset), "100"),
        ("hang|reset", Some(Verdict::Hang), "10"),
        ("error=404@0%|hang@0%|reset", Some(Verdict::Reset), "001"),
        ("latency=1ms|error=500:0", None, "10"),
    ] {
        let (plan, counts) = plan(rules);
        assert_eq!(plan.verdict.map(|decided| decided.verdict), verdict, "{rules}");
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
fn who_is_turned_away_for_now_is_told_when_to_come_again() {
    let told = |rule: &str| match plan(rule).0.verdict.map(|decided| decided.verdict) {
        Some(Verdict::Answer { retry_after, .. }) => retry_after,
        other => panic!("{other:?}"),
    };
    assert_eq!(told("error=503"), Some(Duration::from_secs(1)));
    assert_eq!(told("error=429:100"), Some(Duration::from_secs(1)));
    assert_eq!(told("error=500"), None);
    let left = told("error=503;ttl=30s").unwrap();
    assert!(left > Duration::from_secs(20) && left <= Duration::from_secs(30), "{left:?}");
}
