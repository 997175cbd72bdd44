//! What the counted service says of its caller and of the attempt, and whether instances are ready.

use std::collections::BTreeMap;

use super::Finding;
use crate::{
    target::Instance,
    traffic::{Outcome, Sample},
};

/// Every request reached the counted service under this identity, or under none.
pub(super) fn decide<'a>(wanted: Option<&str>, samples: impl Iterator<Item = &'a Sample>) -> Finding {
    let (mut seen, mut silent, mut total) = (BTreeMap::<Option<&str>, u64>::new(), 0_u64, 0_u64);
    for sample in samples {
        total += 1;
        match &sample.outcome {
            // Only an answer that tells of the service can tell of its caller.
            Outcome::Answer(answer) if answer.instance.is_some() => {
                *seen.entry(answer.peer.as_deref()).or_default() += 1;
            }
            _ => silent += 1,
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
pub(super) fn decide_attempts<'a>(limit: u32, samples: impl Iterator<Item = &'a Sample>) -> Finding {
    let attempts: Vec<u32> = samples
        .filter_map(|sample| if let Outcome::Answer(answer) = &sample.outcome { answer.attempt } else { None })
        .collect();
    let Some(most) = attempts.iter().max() else {
        return Finding::fails("no answer that tells", "no answer carries the number of its attempt");
    };
    let observed = format!("at most {most}, over {} answers", attempts.len());
    if *most <= limit {
        return Finding::holds(observed, "no request took more");
    }
    let more = attempts.iter().filter(|attempt| **attempt > limit).count();
    Finding::fails(observed, format!("{more} of {} requests took more than {limit} attempts", attempts.len()))
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
