//! Whether rates and distributions are what the rules say. Every test has a fixed seed, so it never fails by chance;
//! over the choice of seeds, a right implementation fails one check with a probability of at most [`ERROR`].

use meshwalk_faults::{MODES, Mode, Rule};

use super::*;
use crate::faults::injection_log::InjectedFault;

/// The probability at which a right implementation fails one check.
pub(super) const ERROR: f64 = 1e-6;

/// How many requests are drawn for: enough that 0.1 % is told from 0.08 % and 99.9 % from 99.92 %.
pub(super) const REQUESTS: u64 = 1_000_000;

/// Fails if `hits` of `total` cannot have the probability `p`. The Chernoff bound says that a count so far away has at
/// most the probability exp(-total * divergence) on either side, for any number of requests and any p.
pub(super) fn assert_share(hits: u64, total: u64, p: f64, what: &str) {
    assert!(is_share(hits, total, p), "{what}: {hits} of {total}, and {p} was asked for");
}

pub(super) fn is_share(hits: u64, total: u64, p: f64) -> bool {
    let seen = hits as f64 / total as f64;
    let term = |a: f64, b: f64| if a == 0.0 { 0.0 } else { a * (a / b).ln() };
    let divergence = term(seen, p) + term(1.0 - seen, 1.0 - p);
    total as f64 * divergence <= (2.0 / ERROR).ln()
}

/// How often each status came, over many requests.
fn statuses(rules: &str) -> impl Fn(u16) -> u64 + use<> {
    let registry = registry(rules);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..REQUESTS {
        let status = hit(&registry, "/").1.status.map_or(200, |status| status.as_u16());
        *counts.entry(status).or_insert(0) += 1;
    }
    move |status| counts.get(&status).copied().unwrap_or(0)
}

#[test]
fn the_check_itself_refuses_a_rate_that_is_slightly_wrong() {
    for (asked, got) in [(0.001, 0.0012), (0.001, 0.0008), (0.3, 1.0 / 3.0), (0.6, 1.0), (0.2, 0.21), (0.999, 0.9992)] {
        assert!(!is_share((got * REQUESTS as f64) as u64, REQUESTS, asked), "{got} passed for {asked}");
        assert!(is_share((asked * REQUESTS as f64) as u64, REQUESTS, asked));
    }
}

#[test]
fn a_percentage_is_the_share_of_matching_requests() {
    for (percent, p) in [("0.1", 0.001), ("1", 0.01), ("30", 0.3), ("33", 0.33), ("60", 0.6), ("99.9", 0.999)] {
        let count = statuses(&format!("error=503@{percent}%;seed=1"));
        assert_share(count(503), REQUESTS, p, percent);
        assert_eq!(count(200) + count(503), REQUESTS);
    }
}

#[test]
fn a_percentage_is_of_every_mode_about_requests() {
    for spec in MODES.iter().filter(|spec| spec.is_about_requests()) {
        // The example's mode and argument, with a rate and a seed instead of its own.
        let example = Rule::parse_all(spec.example.split(", ").next().unwrap()).unwrap().remove(0);
        if matches!(example.mode, Mode::History(_)) {
            // What such a rule does depends on more than the draw.
            continue;
        }
        let rule = Rule::of(example.mode);
        let registry = registry(&format!("{rule}@33%;seed=9;id=x"));
        let requests = 100_000;
        for _ in 0..requests {
            hit(&registry, "/");
        }
        let state = registry.list().remove(0);
        assert_eq!(state.matched, requests, "{rule}");
        assert_share(state.fired, requests, 0.33, spec.name);
    }
}

#[test]
fn nought_never_fires_and_a_hundred_always_does() {
    assert_eq!(statuses("error=503@0%")(503), 0);
    assert_eq!(statuses("error=503@100%")(503), REQUESTS);
    assert_eq!(statuses("error=500:50,503:50")(200), 0);
}

#[test]
fn each_entry_of_a_weighted_list_has_its_share_of_all_requests() {
    let count = statuses("error=500:5,503:10,429:0.1,599:60;seed=2");
    for (status, p) in [(500, 0.05), (503, 0.1), (429, 0.001), (599, 0.6), (200, 0.249)] {
        assert_share(count(status), REQUESTS, p, &status.to_string());
    }
}

#[test]
fn a_percentage_does_not_depend_on_the_delay_drawn_with_it() {
    let registry = registry("latency=uniform(0ms,2ms)@30%;seed=4");
    let delays: Vec<Duration> = (0..REQUESTS)
        .map(|_| hit(&registry, "/"))
        .filter(|(_, injected)| !injected.faults.is_empty())
        .map(|(delay, _)| delay)
        .collect();
    assert_share(delays.len() as u64, REQUESTS, 0.3, "the percentage");
    let short = delays.iter().filter(|delay| **delay <= Duration::from_millis(1)).count();
    assert_share(short as u64, delays.len() as u64, 0.5, "the shorter half");
}

#[test]
fn rules_of_one_seed_are_independent() {
    let registry = registry("latency=1us@50%;seed=5|latency=1us@50%;seed=5|latency=2us@50%;seed=5");
    let mut counts = [0; 8];
    for _ in 0..REQUESTS {
        let (_, injected) = hit(&registry, "/");
        let fired = |id: &str| usize::from(injected.faults.iter().any(|fault| fault.id == id));
        counts[fired("r1") * 4 + fired("r2") * 2 + fired("r3")] += 1;
    }
    for count in counts {
        assert_share(count, REQUESTS, 0.125, "one combination of three rules");
    }
}

#[test]
fn draws_one_after_the_other_are_independent() {
    let registry = registry("error=503@50%;seed=6");
    let drawn: Vec<bool> = (0..REQUESTS).map(|_| hit(&registry, "/").1.status.is_some()).collect();
    for lag in 1..=5 {
        let pairs = drawn.len() - lag;
        let same = (0..pairs).filter(|&at| drawn[at] == drawn[at + lag]).count();
        assert_share(same as u64, pairs as u64, 0.5, "equal draws");
    }
}

#[test]
fn a_seed_gives_the_same_sequence_whatever_other_rules_do() {
    let sequence = |registry: &Registry| -> Vec<Vec<InjectedFault>> {
        let of_slow = |(_, injected): (_, Injected)| {
            injected.faults.into_iter().filter(|fault| fault.mode == "latency").collect()
        };
        (0..200).map(|_| of_slow(hit(registry, "/"))).collect()
    };
    const RULE: &str = "latency=uniform(1ms,9ms)@40%;seed=7;id=slow";
    let alone = sequence(&registry(RULE));
    assert_eq!(sequence(&registry(RULE)), alone);
    assert_eq!(sequence(&registry(&format!("error=500:20,503:30|{RULE}|error=404@9%"))), alone);
    assert_ne!(sequence(&registry(&RULE.replace("seed=7", "seed=8"))), alone);
    assert_ne!(sequence(&registry(&RULE.replace(";seed=7", ""))), alone);
}

#[test]
fn a_seed_gives_the_sequence_that_it_always_gave() {
    // A change of the generator would change what every seeded experiment sees.
    let registry = registry("error=503@50%;seed=42");
    let drawn: String = (0..32).map(|_| if hit(&registry, "/").1.status.is_some() { '1' } else { '0' }).collect();
    assert_eq!(drawn, "11010011010110101111000101001011");
}
