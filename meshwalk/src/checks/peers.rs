//! What the counted service says of its caller and of the attempt, and whether instances are ready.

use std::collections::BTreeMap;

use super::Finding;
use crate::{
    platform::Instance,
    traffic::{Observation, Outcome},
};

/// Every request reached the counted service under this identity, or under none.
pub(super) fn decide<'a>(wanted: Option<&str>, requests: impl Iterator<Item = Observation<'a>>) -> Finding {
    let (mut seen, mut silent, mut total) = (BTreeMap::<Option<&str>, u64>::new(), 0_u64, 0_u64);
    for request in requests {
        total += request.count;
        match request.outcome {
            // Only an answer that tells of the service can tell of its caller.
            Outcome::Answer(answer) if answer.instance.is_some() => {
                *seen.entry(answer.peer.as_deref()).or_default() += request.count;
            }
            _ => silent += request.count,
        }
    }
    let name = |peer: Option<&str>| peer.unwrap_or("no identity").to_owned();
    let observed: Vec<_> = seen.iter().map(|(peer, count)| format!("{} ({count})", name(*peer))).collect();
    let observed = if observed.is_empty() { "no answer that tells".to_owned() } else { observed.join(", ") };
    let as_wanted = seen.get(&wanted).copied().unwrap_or_default();
    if as_wanted == total && total > 0 {
        return Finding::holds(observed, format!("all {total} requests arrived so"));
    }
    let mut why = vec![format!("{as_wanted} of {total} requests arrived as {}", name(wanted))];
    why.extend(seen.iter().filter(|(peer, _)| **peer != wanted).map(|(peer, n)| format!("{n} as {}", name(*peer))));
    if silent > 0 {
        why.push(format!("{silent} did not reach the service or got no answer from it"));
    }
    Finding::fails(observed, why.join(", "))
}

/// No request took more attempts than this.
pub(super) fn decide_attempts<'a>(limit: u32, requests: impl Iterator<Item = Observation<'a>>) -> Finding {
    let mut attempts = BTreeMap::<u32, u64>::new();
    for request in requests {
        if let Some(attempt) = request.outcome.answer().and_then(|answer| answer.attempt) {
            *attempts.entry(attempt).or_default() += request.count;
        }
    }
    let total: u64 = attempts.values().sum();
    let Some(most) = attempts.keys().max() else {
        return Finding::fails("no answer that tells", "no answer carries the number of its attempt");
    };
    let observed = format!("at most {most}, over {total} answers");
    if *most <= limit {
        return Finding::holds(observed, "no request took more");
    }
    let more: u64 = attempts.iter().filter(|(attempt, _)| **attempt > limit).map(|(_, count)| count).sum();
    Finding::fails(observed, format!("{more} of {total} requests took more than {limit} attempts"))
}

/// Every instance is ready.
pub(super) fn decide_probes(instances: &[Instance]) -> Finding {
    let unready: Vec<_> =
        instances.iter().filter(|instance| !instance.ready).map(|instance| instance.name.as_str()).collect();
    let observed = format!("{} of {} instances are ready", instances.len() - unready.len(), instances.len());
    if instances.is_empty() {
        return Finding::fails(observed, "there is no instance at all");
    }
    if unready.is_empty() {
        let names: Vec<_> = instances.iter().map(|instance| instance.name.as_str()).collect();
        return Finding::holds(observed, names.join(", "));
    }
    Finding::fails(observed, format!("not ready: {}", unready.join(", ")))
}
