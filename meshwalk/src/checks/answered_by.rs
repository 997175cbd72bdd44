//! From how many instances the answers came: load is balanced by more than chance, so their shares are only bounded.

use std::collections::BTreeMap;

use super::Finding;
use crate::{
    quantity::{Op, percent},
    traffic::{Observation, Outcome},
};

/// What is expected, in words.
pub(super) fn expected(count: u32, each: Option<(Op, f64)>) -> String {
    let instances = if count == 1 { "one instance".to_owned() } else { format!("{count} instances") };
    each.map_or_else(|| instances.clone(), |(op, share)| format!("{instances}, each with {op} {}", percent(share)))
}

/// Compares the instances of the counted service that the answers tell of with what is expected.
#[allow(clippy::cast_precision_loss)]
pub(super) fn decide<'a>(
    count: u32,
    each: Option<(Op, f64)>,
    requests: impl Iterator<Item = Observation<'a>>,
) -> Finding {
    let mut answers = BTreeMap::<&str, u64>::new();
    for request in requests {
        if let Outcome::Answer(answer) = request.outcome
            && let Some(instance) = &answer.instance
        {
            *answers.entry(instance).or_default() += request.count;
        }
    }
    let total: u64 = answers.values().sum();
    if total == 0 {
        return Finding::fails("no answer that tells", "no answer names the instance that it came from");
    }
    let share = |count: u64| count as f64 / total as f64;
    let observed: Vec<_> = answers.iter().map(|(name, n)| format!("{name} {} ({n})", percent(share(*n)))).collect();
    let observed = observed.join(", ");
    let mut why = Vec::new();
    if u32::try_from(answers.len()).ok() != Some(count) {
        why.push(format!("{} instances answered, {count} were expected", answers.len()));
    }
    if let Some((op, limit)) = each {
        let beyond = answers.iter().filter(|(_, n)| !op.holds(share(**n), limit, 0.0));
        why.extend(
            beyond.map(|(name, n)| format!("{name} gave {n} of {total} answers, {op} {} was expected", percent(limit))),
        );
    }
    if why.is_empty() {
        return Finding::holds(observed, format!("over {total} answers that name their instance"));
    }
    Finding::fails(observed, why.join("; "))
}
